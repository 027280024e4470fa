//! Workflows: every transition with its head and its body, and those that nobody needs to write.
//!
//! Must not know how names are declared. Tests: `check::tests`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::clause::Body;
use super::deadlines;
use super::declared::{Declared, Outline, name};
use super::findings::{names as say_name, pairs as say_pair, states as say, types as say_type};
use super::known::{Known, Paths};
use super::needs::needs;
use super::reports::Reports;
use super::typer::{Typer, field_path};
use super::words::SYSTEM;
use crate::base::Name;
use crate::domain::Needs;
use crate::model::{Arrival, ClauseKind, Goal, InboundSpec, Transition, Trigger, Type, Workflow};
use crate::syntax::ast::{self, ClauseKind as Written, Ident, TransitionTrigger};

/// The opening that is meant where none is named; implied where nobody wrote one.
pub(super) const OPEN: &str = "open";

/// Reads the transitions of a workflow.
pub(super) fn workflow(book: &Declared<'_>, outline: &Outline<'_>, reports: &Reports) -> Workflow {
    let read = RefCell::default();
    let known = Known::of(outline, |transition, before| fields_after(book, outline, transition, before));
    let reader = Reader { book, outline, reports, read: &read, known };
    let mut model = outline.model.clone();
    model.inbound = reader.inbound();
    deadlines::computed(book, outline, reports, &read, &mut model);
    for written in &outline.written.transitions {
        if let Some(first) = model.transitions.iter().find(|t| t.name == *written.name.text) {
            reports.add(say_name::twice("transition", &written.name.text, written.name.span, first.head));
            continue;
        }
        let transition = reader.transition(written);
        if let Some(approval) = reader.approval(written, &transition) {
            model.transitions.push(approval);
        }
        model.transitions.push(transition);
    }
    if !outline.has_opening()
        && let Some(opening) = reader.opening(&model)
    {
        if let Some(other) = outline.written.transitions.iter().find(|t| t.name.text == OPEN) {
            reports.add(say::open_opens_nothing(&other.name, opening.to.first().map_or("", Name::as_str)));
        }
        model.transitions.insert(0, opening);
    }
    deadlines::needed(book, &mut model);
    reader.asked_and_unused(&model);
    model
}

/// Reads a body for what is there afterwards; what is wrong with it is reported when it is read for good.
fn fields_after(book: &Declared<'_>, outline: &Outline<'_>, transition: &ast::Transition, before: Paths) -> Paths {
    let (reports, read) = (Reports::default(), RefCell::default());
    let mut typer = Typer::new(book, outline, &reports, &read);
    typer.given = before;
    Body { typer: &mut typer, transition }.clauses(&transition.body);
    typer.given.retain(|path| path.split_once('.').is_some_and(|(level, field)| matches!(level, "document" | "line") && !field.contains('.')));
    typer.given
}

struct Reader<'a> {
    book: &'a Declared<'a>,
    outline: &'a Outline<'a>,
    reports: &'a Reports,
    read: &'a RefCell<BTreeSet<String>>,
    known: Known,
}

impl Reader<'_> {
    fn inbound(&self) -> Option<InboundSpec> {
        let written = self.outline.written.lines.as_ref()?.inbound.as_ref()?;
        let mut typer = Typer::new(self.book, self.outline, self.reports, self.read);
        let party = typer.party_field(&written.party);
        let quantity = typer.about_a_line(|t| t.expect(&written.quantity, &Type::Quantity));
        Some(InboundSpec { party: party?, quantity })
    }

    fn transition(&self, written: &ast::Transition) -> Transition {
        let mut typer = Typer::new(self.book, self.outline, self.reports, self.read);
        typer.given = self.known.before(written);
        let body = {
            let mut body = Body { typer: &mut typer, transition: written };
            let clauses = body.clauses(&written.body);
            body.unused_lets(0);
            clauses
        };
        let triggers = self.triggers(written);
        let by = self.roles(&written.by);
        let nobody = written.by.is_empty() && written.triggers.is_empty() && !written.broken;
        if nobody {
            self.reports.add(say::nobody_fires(written.head, &written.name.text));
        }
        let needs = needs(&body, &self.book.vocabulary);
        Transition {
            name: name(&written.name),
            doc: written.doc.join("\n"),
            from: self.states(&written.from),
            anywhere: written.any.is_some(),
            to: self.states(&written.to),
            goal: match written.goal {
                ast::Goal::States => Goal::States,
                ast::Goal::Same(_) => Goal::Same,
                ast::Goal::Back(_) => Goal::Back,
            },
            by: if written.by.is_empty() { vec![Name::from(SYSTEM)] } else { by },
            not_by: written.not_by.iter().filter_map(|t| typer.transition_name(t)).collect(),
            approval: written.approval.as_ref().and_then(|role| self.roles(std::slice::from_ref(role)).pop()),
            approves: None,
            triggers,
            body,
            needs,
            head: written.head,
            span: written.span,
        }
    }

    fn roles(&self, ids: &[Ident]) -> Vec<Name> {
        let mut found = Vec::new();
        for id in ids {
            let roles = &self.book.vocabulary.roles;
            if roles.contains_key(id.text.as_str()) || id.text == SYSTEM {
                self.role_here(id);
                found.push(name(id));
            } else if !self.book.incomplete {
                self.reports.add(say_name::unknown(id, "a role", roles.keys().map(Name::as_str).chain([SYSTEM])));
            }
        }
        found
    }

    /// A role that is held at a kind of party counts only where the document has such a party.
    fn role_here(&self, id: &Ident) {
        let Some(kind) = self.book.vocabulary.roles.get(id.text.as_str()).and_then(|r| r.at.as_ref()) else { return };
        if !self.outline.model.fields.iter().any(|f| f.kinds.contains(kind)) && !self.outline.written.broken {
            self.reports.add(say_pair::role_not_here(id.span, &id.text, kind.as_str()));
        }
    }

    fn states(&self, ids: &[Ident]) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        for id in ids {
            if found.iter().any(|s| *s == *id.text) {
                self.reports.add(say::target_twice(id));
            } else if self.outline.model.state(&id.text).is_some() {
                found.push(name(id));
            } else if matches!(id.text.as_str(), "any" | "same" | "back") {
                self.reports.add(say::word_not_alone(id));
            } else if !self.outline.written.broken {
                self.reports.add(say_name::unknown(id, "a state of this workflow", self.outline.states()));
            }
        }
        found
    }

    fn triggers(&self, written: &ast::Transition) -> Vec<Trigger> {
        let opening = written.from.is_empty();
        let transition = &written.name.text;
        let mut found = Vec::new();
        for trigger in &written.triggers {
            match trigger {
                TransitionTrigger::After(duration, state) => {
                    let from: Vec<&str> = written.from.iter().map(|f| f.text.as_str()).collect();
                    if opening {
                        self.reports.add(say::trigger_on_opening(duration.span, transition));
                    } else if self.states(std::slice::from_ref(state)).is_empty() {
                        continue;
                    } else if !from.contains(&state.text.as_str()) {
                        self.reports.add(say::timer_elsewhere(state, transition, &from));
                    }
                    found.push(Trigger::After(duration.value, name(state)));
                }
                TransitionTrigger::Moment(moment) => {
                    let mut typer = Typer::new(self.book, self.outline, self.reports, self.read);
                    found.extend(typer.moment(moment, written).map(|moment| Trigger::Moment(Box::new(moment))));
                }
                TransitionTrigger::AtOnce(span) => {
                    if opening {
                        self.reports.add(say::trigger_on_opening(*span, transition));
                    }
                    match (written.goal, written.to.as_slice()) {
                        (ast::Goal::Same(_), [_, ..]) => self.reports.add(say::never_by_itself(*span, "same")),
                        (_, [to]) if written.from.iter().any(|f| f.text == to.text) => self.reports.add(say::never_by_itself(*span, &to.text)),
                        _ => {}
                    }
                    found.push(Trigger::AtOnce);
                }
                TransitionTrigger::OnEvent(event) => found.extend(self.event(event, opening, transition)),
                TransitionTrigger::OnArrival { place, .. } if opening => self.reports.add(say::trigger_on_opening(place.span, transition)),
                TransitionTrigger::OnArrival { place, first_by } => found.extend(self.arrival(place, first_by.as_ref())),
            }
        }
        found
    }

    fn arrival(&self, written: &ast::PlaceRef, first_by: Option<&Ident>) -> Option<Trigger> {
        let mut typer = Typer::new(self.book, self.outline, self.reports, self.read);
        let place = typer.place(written)?;
        if self.outline.written.lines.is_none() {
            self.reports.add(say_type::lines_missing(written.span));
        }
        if place.clearing || place.outside {
            self.reports.add(say::nobody_waits_there(&written.bin, place.outside));
        }
        let first_by = first_by.and_then(|id| self.order(id));
        Some(Trigger::OnArrival(Arrival { party: place.party?, bin: place.bin, first_by }))
    }

    /// The choice by which those who wait are served.
    fn order(&self, id: &Ident) -> Option<Name> {
        let Some(field) = self.outline.find(&id.text, false) else {
            if !self.outline.written.broken {
                let choices = self.outline.fields(false).iter().filter(|f| matches!(f.ty.required(), Type::Choice(_)));
                self.reports.add(say_name::unknown(id, "a field of this workflow", choices.map(|f| f.name.as_str())));
            }
            return None;
        };
        if !matches!(field.ty.required(), Type::Choice(_)) {
            self.reports.add(say::not_an_order(id, &field.ty, field.span));
        }
        self.read.borrow_mut().insert(field_path(&id.text));
        Some(field.name.clone())
    }

    fn event(&self, id: &Ident, opening: bool, transition: &str) -> Option<Trigger> {
        if !opening {
            self.reports.add(say::event_not_opening(id, transition));
        }
        let events = &self.book.vocabulary.events;
        if events.contains_key(id.text.as_str()) {
            return Some(Trigger::OnEvent(name(id)));
        }
        if !self.book.incomplete {
            self.reports.add(say_name::unknown(id, "a declared event", events.keys().map(Name::as_str)));
        }
        None
    }

    /// The approval that a transition waits for: an event of the same state that changes nothing else.
    fn approval(&self, written: &ast::Transition, of: &Transition) -> Option<Transition> {
        let role = of.approval.clone()?;
        let id = written.approval.as_ref()?;
        if of.opens() {
            self.reports.add(say::approval_of_opening(id, &written.name.text));
            return None;
        }
        let implied = format!("approve_{}", written.name.text);
        if let Some(other) = self.outline.written.transitions.iter().find(|t| t.name.text == implied) {
            self.reports.add(say_name::taken(&other.name, &format!("the approval of `{}`", written.name.text), Some(written.head)));
            return None;
        }
        let mut typer = Typer::new(self.book, self.outline, self.reports, self.read);
        Some(Transition {
            name: Name::from(implied),
            doc: String::new(),
            from: of.from.clone(),
            anywhere: of.anywhere,
            to: of.from.clone(),
            goal: Goal::Same,
            by: vec![role],
            not_by: written.approval_not_by.iter().filter_map(|t| typer.transition_name(t)).collect(),
            approval: None,
            approves: Some(of.name.clone()),
            triggers: Vec::new(),
            body: Vec::new(),
            needs: Needs::default(),
            head: written.head,
            span: written.span,
        })
    }

    /// Without an opening of its own, a workflow is opened by whoever may take the first step.
    fn opening(&self, model: &Workflow) -> Option<Transition> {
        let initial = model.states.iter().find(|s| s.initial)?;
        let mut by: Vec<Name> = Vec::new();
        for role in model.transitions.iter().filter(|t| t.from.contains(&initial.name) && !t.anywhere).flat_map(|t| &t.by) {
            if !by.contains(role) {
                by.push(role.clone());
            }
        }
        Some(Transition {
            name: Name::from(OPEN),
            doc: String::new(),
            from: Vec::new(),
            anywhere: false,
            to: vec![initial.name.clone()],
            goal: Goal::States,
            by,
            not_by: Vec::new(),
            approval: None,
            approves: None,
            triggers: Vec::new(),
            body: Vec::new(),
            needs: Needs::default(),
            head: initial.span,
            span: initial.span,
        })
    }

    /// Fields that people must fill in for a decision that nothing takes. Texts are for people to read, and count as used.
    fn asked_and_unused(&self, model: &Workflow) {
        if self.outline.written.broken {
            return;
        }
        let read = self.read.borrow();
        for transition in &self.outline.written.transitions {
            for (id, of_line) in asks(&transition.body, false) {
                let Some(field) = self.outline.find(&id.text, of_line) else { continue };
                let decides = matches!(field.ty.required(), Type::Quantity | Type::Money | Type::YesNo | Type::Choice(_) | Type::List(_));
                let path = if of_line { super::typer::line_path(&id.text) } else { field_path(&id.text) };
                if decides && !read.contains(&path) && !counted(model, &id.text) {
                    self.reports.add(say_name::asked_unused(id, field.span));
                }
            }
        }
    }
}

/// Whether a move counts into a field: then asking for it only presets it.
fn counted(model: &Workflow, field: &str) -> bool {
    let mut found = false;
    for transition in &model.transitions {
        super::walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Move(spec) = &clause.kind {
                found |= spec.counting.as_ref().is_some_and(|c| *c == *field);
            }
        });
    }
    found
}

/// All fields asked for, and whether they are fields of lines.
fn asks(body: &[ast::Clause], of_line: bool) -> Vec<(&Ident, bool)> {
    let mut found = Vec::new();
    for clause in body {
        match &clause.kind {
            Written::Ask { fields, .. } => found.extend(fields.iter().map(|id| (id, of_line))),
            Written::EachLine(each) => found.extend(asks(&each.body, true)),
            _ => {}
        }
    }
    found
}
