//! Scenarios: every step gets its meaning. Parties, parts and people are not looked up: each scenario brings its own.
//!
//! Must not know how scenarios are run. Tests: `check::tests`.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::{Declared, Outline, name};
use super::findings::{names as say_name, scenarios as say};
use super::reports::Reports;
use super::words::SYSTEM;
use crate::base::{Name, Timestamp};
use crate::domain::{ReasonCode, Value};
use crate::model::{ClauseKind, FieldKind, Scenario, ScenarioActor, ScenarioStep, StepKind, Workflow};
use crate::syntax::ast::{self, Given, Ident, RowWord, StepKind as Written, Then, ThenKind, When, WhenAction};

/// Kinds of master data that a scenario can give.
const FACTS: [&str; 7] = ["part", "party", "person", "rate", "limit", "contract", "supersession"];

/// Reads one scenario.
pub(super) struct Teller<'a> {
    pub(super) book: &'a Declared<'a>,
    pub(super) zone: &'a jiff::tz::TimeZone,
    /// Codes that guards and claims of this book answer.
    pub(super) codes: &'a BTreeSet<Name>,
    pub(super) reports: &'a Reports,
    /// Documents by the name that the scenario gives them, with their workflow where it is known.
    documents: BTreeMap<String, Option<Name>>,
    /// A step could not be read.
    unread: bool,
}

/// Codes that the guards and claims of all workflows answer.
pub(super) fn codes<'w>(workflows: impl Iterator<Item = &'w Workflow>) -> BTreeSet<Name> {
    let mut codes = BTreeSet::new();
    for transition in workflows.flat_map(|w| &w.transitions) {
        super::walk::clauses(&transition.body, &mut |clause| match &clause.kind {
            ClauseKind::Require(guard) => codes.extend(guard.code.clone()),
            ClauseKind::Claim { code, .. } => codes.extend(code.clone()),
            _ => {}
        });
    }
    codes
}

impl<'a> Teller<'a> {
    pub(super) const fn new(book: &'a Declared<'a>, zone: &'a jiff::tz::TimeZone, codes: &'a BTreeSet<Name>, reports: &'a Reports) -> Self {
        Self { book, zone, codes, reports, documents: BTreeMap::new(), unread: false }
    }

    /// The whole scenario.
    pub(super) fn scenario(mut self, written: &ast::Scenario) -> Scenario {
        let mut steps = Vec::new();
        for step in &written.steps {
            if let Some(kind) = self.step(&step.kind) {
                steps.push(ScenarioStep { kind, span: step.span });
            }
        }
        Scenario { title: written.title.text.clone(), steps, span: written.title.span }
    }

    fn step(&mut self, written: &Written) -> Option<StepKind> {
        match written {
            Written::Broken => {
                self.unread = true;
                None
            }
            Written::Given(given) => self.given(given),
            Written::On { date, time } => self.moment(date, time.as_ref()),
            Written::When(when) => self.action(when),
            Written::Then(then) => self.expectation(then),
        }
    }

    fn given(&mut self, given: &Given) -> Option<StepKind> {
        Some(match given {
            Given::Master(folder) => StepKind::Master(folder.text.clone()),
            Given::Stock(stock) => {
                StepKind::Stock { party: stock.party.text.clone(), units: stock.rows.iter().filter_map(|row| self.given_unit(row)).collect() }
            }
            Given::Fact { kind, row } => {
                if !FACTS.contains(&kind.text.as_str()) {
                    self.reports.add(say_name::unknown(kind, "something that a scenario can give", FACTS.into_iter().chain(["stock", "master"])));
                    return None;
                }
                let columns = row.words.iter().map(|w| (name(&w.word), w.values.iter().map(|v| Value::text(&self.raw(v))).collect())).collect();
                StepKind::Fact { kind: name(kind), subject: row.subject.text.clone(), columns }
            }
        })
    }

    fn moment(&self, date: &Ident, time: Option<&Ident>) -> Option<StepKind> {
        let written = time.map_or_else(|| date.text.clone(), |t| format!("{} {}", date.text, t.text));
        let at = Timestamp::parse_local(&written, self.zone);
        if at.is_none() {
            let span = time.map_or(date.span, |t| date.span.to(t.span));
            self.reports.add(say::not_a_moment(span, &written));
        }
        at.map(StepKind::On)
    }

    fn actor(&self, when: &When) -> ScenarioActor {
        let roles = &self.book.vocabulary.roles;
        if !roles.contains_key(when.role.text.as_str()) && when.role.text != SYSTEM && !self.book.incomplete {
            self.reports.add(say_name::unknown(&when.role, "a role", roles.keys().map(Name::as_str).chain([SYSTEM])));
        }
        ScenarioActor { role: name(&when.role), at: when.at.as_ref().map(|p| p.text.clone()), person: when.person.as_ref().map(|p| p.text.clone()) }
    }

    fn action(&mut self, when: &When) -> Option<StepKind> {
        let actor = self.actor(when);
        let key = when.key.as_ref().map(|k| k.text.clone());
        match &when.action {
            WhenAction::Opens { workflow, name: document, transition, with, lines } => {
                let outline = self.workflow(workflow);
                self.documents.insert(document.text.clone(), outline.map(|o| o.model.name.clone()));
                let outline = outline?;
                let transition = transition.as_ref().and_then(|t| self.transition(t, outline));
                let fields = self.fields(with, outline);
                let lines = self.lines(lines, outline, true);
                Some(StepKind::Opens { actor, workflow: name(workflow), transition, name: document.text.clone(), fields, lines, key })
            }
            WhenAction::Fires { transition, document, with, lines } => {
                let outline = self.document(document)?;
                let transition = self.transition(transition, outline)?;
                let fields = self.fields(with, outline);
                let lines = self.lines(lines, outline, asks_lines(outline, &transition));
                Some(StepKind::Fires { actor, transition, document: document.text.clone(), fields, lines, key })
            }
        }
    }

    fn workflow(&self, id: &Ident) -> Option<&'a Outline<'a>> {
        let found = self.book.outlines.get(id.text.as_str());
        if found.is_none() && !self.book.incomplete {
            self.reports.add(say_name::unknown(id, "a workflow", self.book.outlines.keys().map(Name::as_str)));
        }
        found
    }

    /// The workflow of a document that the scenario has opened or named before.
    fn document(&self, id: &Ident) -> Option<&'a Outline<'a>> {
        match self.documents.get(&id.text) {
            Some(workflow) => self.book.outlines.get(workflow.as_ref()?.as_str()),
            // It may have been opened by a step that cannot be read.
            None if self.unread => None,
            None => {
                self.reports.add(say::unknown_document(id, self.documents.keys().map(String::as_str)));
                None
            }
        }
    }

    fn transition(&self, id: &Ident, outline: &Outline<'_>) -> Option<Name> {
        let known = outline.transitions();
        if known.contains(&id.text) {
            return Some(name(id));
        }
        if !outline.written.broken {
            let what = format!("a transition of `{}`", outline.model.name);
            self.reports.add(say_name::unknown(id, &what, known.iter().map(String::as_str)));
        }
        None
    }

    /// Raw input of the document. `for` means the first party.
    fn fields(&self, with: &[RowWord], outline: &Outline<'_>) -> BTreeMap<Name, serde_json::Value> {
        let mut fields = BTreeMap::new();
        for word in with {
            let first_party = || outline.model.fields.iter().find(|f| f.kind == FieldKind::Party);
            let field = if word.word.text == "for" { first_party() } else { outline.find(&word.word.text, false) };
            let Some(field) = field else {
                self.unknown_field(&word.word, outline, false);
                continue;
            };
            if let Some(value) = self.value(word, &field.ty)
                && fields.insert(field.name.clone(), super::scenario_values::json(&value)).is_some()
            {
                self.reports.add(say::given_twice(&word.word));
            }
        }
        fields
    }

    pub(super) fn unknown_field(&self, id: &Ident, outline: &Outline<'_>, of_line: bool) {
        if outline.written.broken {
            return;
        }
        let what = if of_line { format!("a field of lines of `{}`", outline.model.name) } else { format!("a field of `{}`", outline.model.name) };
        self.reports.add(say_name::unknown(id, &what, outline.fields(of_line).iter().map(|f| f.name.as_str())));
    }

    fn expectation(&mut self, then: &Then) -> Option<StepKind> {
        Some(match &then.kind {
            ThenKind::NothingChanged => StepKind::NothingChanged,
            ThenKind::BooksBalance => StepKind::BooksBalance,
            ThenKind::StateIs { document, state } => {
                let outline = self.document(document)?;
                if outline.model.state(&state.text).is_none() {
                    if !outline.written.broken {
                        self.reports.add(say_name::unknown(state, &format!("a state of `{}`", outline.model.name), outline.states()));
                    }
                    return None;
                }
                StepKind::StateIs(document.text.clone(), name(state))
            }
            ThenKind::Refused { code, sentence } => {
                self.known_code(code);
                StepKind::Refused { code: name(code), sentence: sentence.as_ref().map(|s| s.text.clone()) }
            }
            ThenKind::Stock { place, document, rows } => {
                if let Some(document) = document {
                    self.document(document);
                }
                let outside = place.party.is_none();
                let bin = self.bin(&place.bin, outside)?;
                let units = rows.iter().filter_map(|row| self.expected_unit(row)).collect();
                StepKind::StockIs { party: place.party.as_ref().map(|p| p.text.clone()), bin, document: document.as_ref().map(|d| d.text.clone()), units }
            }
            ThenKind::LineHas { document, line, words } => {
                let outline = self.document(document)?;
                StepKind::LineHas { document: document.text.clone(), line: line.text.clone(), fields: self.values(words, outline, true) }
            }
            ThenKind::DocumentHas { document, words } => {
                let outline = self.document(document)?;
                StepKind::DocumentHas { document: document.text.clone(), fields: self.values(words, outline, false) }
            }
            ThenKind::Paper { document, kind, number, state } => self.paper(document, kind, number.as_ref(), state.as_ref())?,
            ThenKind::Obligations { party, rows } => {
                StepKind::Obligations { party: party.text.clone(), rows: rows.iter().filter_map(|row| self.owed(row)).collect() }
            }
            ThenKind::Started { document, workflow, name: new, with } => {
                self.document(document);
                let outline = self.workflow(workflow);
                self.documents.insert(new.text.clone(), outline.map(|o| o.model.name.clone()));
                let fields = self.values(with, outline?, false);
                StepKind::Started { document: document.text.clone(), workflow: name(workflow), name: new.text.clone(), fields }
            }
        })
    }

    fn paper(&self, document: &Ident, kind: &Ident, number: Option<&ast::Text>, state: Option<&Ident>) -> Option<StepKind> {
        self.document(document)?;
        let papers = &self.book.vocabulary.documents;
        if !papers.contains_key(kind.text.as_str()) {
            if !self.book.incomplete {
                self.reports.add(say_name::unknown(kind, "a declared document", papers.keys().map(Name::as_str)));
            }
            return None;
        }
        let reverse_open = state.map(|s| s.text == "open");
        Some(StepKind::Paper { document: document.text.clone(), kind: name(kind), number: number.map(|n| n.text.clone()), reverse_open })
    }

    fn known_code(&self, code: &Ident) {
        let reason = serde_json::from_value::<ReasonCode>(serde_json::Value::String(code.text.clone()));
        let unheard = self.book.incomplete || self.book.has_broken_clauses();
        if reason.is_err() && !self.codes.contains(code.text.as_str()) && !unheard {
            self.reports.add(say::unknown_code(code, self.codes.iter().map(Name::as_str)));
        }
    }

    /// A declared bin; in the outside world or at parties.
    pub(super) fn bin(&self, id: &Ident, outside: bool) -> Option<Name> {
        let bins = &self.book.vocabulary.bins;
        if bins.get(id.text.as_str()).is_some_and(|b| b.outside == outside) {
            return Some(name(id));
        }
        if !self.book.incomplete {
            let what = if outside { "a bin of the outside world" } else { "a bin of parties" };
            self.reports.add(say_name::unknown(id, what, bins.values().filter(|b| b.outside == outside).map(|b| b.named.name.as_str())));
        }
        None
    }
}

/// Whether a transition asks for all lines anew.
fn asks_lines(outline: &Outline<'_>, transition: &Name) -> bool {
    let written = outline.written.transitions.iter().find(|t| *transition == *t.name.text);
    written.is_some_and(|t| t.body.iter().any(|c| matches!(c.kind, ast::ClauseKind::AskLines)))
}
