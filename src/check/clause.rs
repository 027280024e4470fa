//! Clauses of a transition: what is asked, computed, set, required; and each line.
//!
//! Must not know how states lead to one another. Tests: `check::tests`.

use super::declared::name;
use super::findings::{clauses as say, names as say_name, states as say_state};
use super::typer::{Local, Typer, field_path, line_path};
use crate::base::{Name, Span};
use crate::model::{Ask, Clause, ClauseKind, EachLine, Field, Guard, Template, Type};
use crate::syntax::ast::{self, ClauseKind as Written, Goal, Ident};

/// Reads the body of one transition.
pub(super) struct Body<'t, 'a> {
    pub(super) typer: &'t mut Typer<'a>,
    pub(super) transition: &'a ast::Transition,
}

impl Body<'_, '_> {
    /// Clauses in their order. Those that could not be read are left out; their mistakes have been reported.
    pub(super) fn clauses(&mut self, written: &[ast::Clause]) -> Vec<Clause> {
        written.iter().filter_map(|clause| self.clause(clause)).collect()
    }

    fn clause(&mut self, written: &ast::Clause) -> Option<Clause> {
        let span = written.span;
        let Some(test) = &written.when else {
            return self.kind(&written.kind, span, false).map(|kind| Clause { kind, when: None, span });
        };
        let facts = self.typer.facts(test, true);
        let when = self.typer.truth(test);
        let before = self.typer.given.clone();
        self.typer.given.extend(facts);
        let kind = self.kind(&written.kind, span, true);
        // What the clause gave is given only sometimes; what it took away may be gone.
        let after = std::mem::replace(&mut self.typer.given, before);
        self.typer.given.retain(|path| after.contains(path));
        kind.map(|kind| Clause { kind, when: Some(when), span })
    }

    fn kind(&mut self, written: &Written, span: Span, conditional: bool) -> Option<ClauseKind> {
        Some(match written {
            Written::Broken => return None,
            Written::Ask { fields, optional } => ClauseKind::Ask(self.ask(fields, *optional)),
            Written::AskLines => {
                self.ask_lines(span);
                ClauseKind::AskLines
            }
            Written::Let(id, value) => self.computed(id, value),
            Written::Set(id, value) => self.set(id, value, conditional)?,
            Written::Require { test, otherwise, code } => self.require(test, otherwise.as_ref(), code.as_ref()),
            Written::EachLine(each) => self.each_line(each, span)?,
            Written::Move(spec) => ClauseKind::Move(Box::new(self.movement(spec, span)?)),
            Written::Obligation(spec) => ClauseKind::Obligation(Box::new(self.obligation(spec, span)?)),
            Written::Issue { document, from, to, at, with_reverse } => self.issue(document, from.as_ref().or(at.as_ref()), to.as_ref(), *with_reverse)?,
            Written::CloseReverse(document) => ClauseKind::CloseReverse(self.paper(document, true)?),
            Written::CloseBooks(through) => {
                if self.typer.in_line {
                    self.typer.reports.add(say::not_in_each_line(span, "close books"));
                }
                ClauseKind::CloseBooks(self.typer.expect(through, &Type::Date))
            }
            Written::Start(spec) => ClauseKind::Start(Box::new(self.start(spec, span)?)),
            Written::Notify { whom, text } => {
                let text = self.typer.template(text);
                ClauseKind::Notify { whom: self.whom(whom)?, text }
            }
            Written::Emit { event, with } => self.emit(event, with, span)?,
            Written::Claim { key, released, otherwise, code } => {
                let key = self.typer.template(key);
                let otherwise = self.sentence(otherwise.as_ref(), span);
                ClauseKind::Claim { key, released: released.iter().filter_map(|s| self.state(s)).collect(), otherwise, code: code.as_ref().map(name) }
            }
            Written::Become(state) => self.become_state(state, conditional)?,
        })
    }

    /// A field of the level at hand.
    fn own_field(&mut self, id: &Ident) -> Option<Field> {
        let of_line = self.typer.in_line;
        if let Some(field) = self.typer.outline.find(&id.text, of_line) {
            return Some(field.clone());
        }
        if let Some(other) = self.typer.outline.find(&id.text, !of_line) {
            self.typer.reports.add(say_name::other_level(id, other.span, !of_line));
        } else if !self.typer.outline.written.broken {
            let what = if of_line { "a field of lines" } else { "a field of this workflow" };
            let known = self.typer.outline.fields(of_line).iter().map(|f| f.name.as_str());
            let report = match crate::base::suggest::nearest(&id.text, known) {
                Some(near) => say_name::unknown(id, what, [near]),
                None => say::undeclared_field(id, what),
            };
            self.typer.reports.add(report);
        }
        None
    }

    /// The path by which a field of the level at hand is known.
    fn path(&self, field: &str) -> String {
        if self.typer.in_line { line_path(field) } else { field_path(field) }
    }

    fn ask(&mut self, fields: &[Ident], optional: bool) -> Vec<Ask> {
        let mut asks: Vec<Ask> = Vec::new();
        for id in fields {
            let Some(field) = self.own_field(id) else { continue };
            let path = self.path(&id.text);
            if asks.iter().any(|a| a.field == field.name) || self.typer.asked.contains(&path) {
                self.typer.reports.add(say::asked_twice(id));
                continue;
            }
            // In a line, a field that may be absent may be left out for this line.
            let optional = optional || self.typer.in_line && field.ty.is_optional();
            if !optional {
                self.typer.given.insert(path.clone());
                self.typer.asked.insert(path);
            }
            asks.push(Ask { field: field.name, ty: field.ty.required().clone(), optional });
        }
        asks
    }

    fn ask_lines(&mut self, span: Span) {
        self.typer.needs_lines(span);
        if self.typer.in_line {
            self.typer.reports.add(say::not_in_each_line(span, "ask lines"));
        }
        if self.transition.from.is_empty() {
            self.typer.reports.add(say::lines_when_opening(span));
        }
        self.typer.given.retain(|path| !path.starts_with("line."));
    }

    fn computed(&mut self, id: &Ident, value: &ast::Expr) -> ClauseKind {
        let value = self.typer.expr(value, None);
        let mut used = true;
        if let Some(local) = self.typer.locals.iter_mut().find(|l| l.name == *id.text) {
            local.used = true;
            let first = local.span;
            self.typer.reports.add(say_name::twice("the name", &id.text, id.span, first));
        } else if let Some(binding) = self.typer.binding(&id.text) {
            let of_line = matches!(binding, super::typer::Binding::LineField(_));
            let declared = self.typer.outline.find(&id.text, of_line).map(|f| f.span);
            self.typer.reports.add(say_name::taken(id, "a field", declared));
        } else {
            used = false;
        }
        self.typer.locals.push(Local { name: name(id), ty: value.ty.clone(), span: id.span, used });
        ClauseKind::Let(name(id), value)
    }

    fn set(&mut self, id: &Ident, value: &ast::Expr, conditional: bool) -> Option<ClauseKind> {
        let Some(field) = self.own_field(id) else {
            self.typer.expr(value, Some(&Type::Unknown));
            return None;
        };
        let value = self.typer.expect(value, &field.ty);
        let path = self.path(&id.text);
        if value.ty.is_optional() {
            self.typer.given.remove(&path);
        } else if !conditional {
            self.typer.given.insert(path);
        }
        Some(ClauseKind::Set(field.name, value))
    }

    /// A sentence; an empty one where its absence has been reported.
    fn sentence(&mut self, written: Option<&ast::TextTemplate>, span: Span) -> Template {
        written.map_or_else(|| Template { parts: Vec::new(), span }, |text| self.typer.template(text))
    }

    fn require(&mut self, test: &ast::Expr, otherwise: Option<&ast::TextTemplate>, code: Option<&Ident>) -> ClauseKind {
        let facts = self.typer.facts(test, true);
        let refused = self.typer.facts(test, false);
        let checked = self.typer.truth(test);
        let before = self.typer.given.clone();
        self.typer.given.extend(refused);
        let otherwise = self.sentence(otherwise, test.span);
        self.typer.given = before;
        self.typer.given.extend(facts);
        ClauseKind::Require(Guard { test: checked, written: self.typer.book.written(test.span), otherwise, code: code.map(name) })
    }

    fn each_line(&mut self, each: &ast::EachLine, span: Span) -> Option<ClauseKind> {
        self.typer.needs_lines(span);
        // Inside another one it has been reported where it was read.
        if self.typer.in_line {
            return None;
        }
        let depth = self.typer.locals.len();
        let before = self.typer.given.clone();
        self.typer.in_line = true;
        self.typer.of_all_lines.clone_from(&before);
        let filter = each.filter.as_ref().map(|f| {
            let facts = self.typer.facts(f, true);
            let filter = self.typer.truth(f);
            self.typer.given.extend(facts);
            filter
        });
        let body = self.clauses(&each.body);
        self.typer.in_line = false;
        self.unused_lets(depth);
        if filter.is_some() {
            let after = std::mem::replace(&mut self.typer.given, before);
            self.typer.given.retain(|path| after.contains(path));
        } else {
            // Line fields that were given to every line stay given; what a `let` of the block was, is gone.
            self.typer.given.retain(|path| path.starts_with("line.") || before.contains(path));
        }
        Some(ClauseKind::EachLine(EachLine { filter, body }))
    }

    /// Ends the names given since a depth, and reports those that nobody used. A clause that could not be read may use any.
    pub(super) fn unused_lets(&mut self, depth: usize) {
        let ended = self.typer.locals.split_off(depth.min(self.typer.locals.len()));
        if self.transition.broken {
            return;
        }
        for local in ended.iter().filter(|l| !l.used) {
            self.typer.reports.add(say_name::unused_let(local.span, local.name.as_str()));
        }
    }

    /// A state of this workflow.
    fn state(&mut self, id: &Ident) -> Option<Name> {
        if self.typer.outline.model.state(&id.text).is_some() {
            return Some(name(id));
        }
        if !self.typer.outline.written.broken {
            self.typer.reports.add(say_name::unknown(id, "a state of this workflow", self.typer.outline.states()));
        }
        None
    }

    fn become_state(&mut self, id: &Ident, conditional: bool) -> Option<ClauseKind> {
        let state = self.state(id)?;
        if let Goal::Same(_) | Goal::Back(_) = self.transition.goal {
            let goal = if matches!(self.transition.goal, Goal::Same(_)) { "same" } else { "back" };
            self.typer.reports.add(say_state::become_without_choice(id, goal));
            return None;
        }
        let targets: Vec<&str> = self.transition.to.iter().map(|t| t.text.as_str()).collect();
        if !targets.contains(&id.text.as_str()) {
            if !targets.is_empty() {
                self.typer.reports.add(say_state::become_elsewhere(id, &targets, self.transition.head));
            }
            return None;
        }
        if self.typer.in_line {
            self.typer.reports.add(say::become_in_line(id));
        } else if !conditional {
            self.typer.reports.add(say_state::become_always(id.span, &id.text));
        }
        Some(ClauseKind::Become(state))
    }

    /// A role or a party field that is told something.
    fn whom(&mut self, id: &Ident) -> Option<Name> {
        let roles = &self.typer.book.vocabulary.roles;
        if self.typer.outline.find(&id.text, false).is_some() && !roles.contains_key(id.text.as_str()) {
            return self.typer.party_field(id);
        }
        if roles.contains_key(id.text.as_str()) {
            return Some(name(id));
        }
        if !self.typer.book.incomplete && !self.typer.outline.written.broken {
            let parties = self.typer.outline.fields(false).iter().filter(|f| matches!(f.ty.required(), Type::Party(_)));
            let known = roles.keys().map(Name::as_str).chain(parties.map(|f| f.name.as_str()));
            self.typer.reports.add(say_name::unknown(id, "a role or a party of this workflow", known));
        }
        None
    }
}
