//! Names in scenarios: roles, workflows, transitions, fields, bins, and the documents that a scenario names itself.
//!
//! Must not know how scenarios are run. Tests: `tests/it/editor_names.rs`.

use std::collections::BTreeMap;

use super::flow::Walk;
use super::{Local, Part, Symbol, WordKind};
use crate::base::{FileId, Span};
use crate::model::{FieldKind, Type};
use crate::syntax::ast::{Expr, ExprKind, Given, Ident, Row, RowWord, Scenario, StepKind, Then, ThenKind, When, WhenAction};

/// What a scenario has named so far.
struct Told {
    file: FileId,
    start: u32,
    /// Documents and their workflows.
    documents: BTreeMap<String, String>,
}

impl Told {
    fn symbol(&self, name: &str) -> Symbol {
        Symbol::Local(Local::Document, self.file, self.start, name.to_owned())
    }
}

impl Walk<'_> {
    pub(super) fn scenario(&mut self, scenario: &Scenario) {
        let mut told = Told { file: scenario.span.file, start: scenario.span.start, documents: BTreeMap::new() };
        for step in &scenario.steps {
            match &step.kind {
                StepKind::Given(Given::Stock(stock)) => stock.rows.iter().for_each(|row| self.stock(row)),
                StepKind::When(when) => self.action(when, step.span, &mut told),
                StepKind::Then(then) => self.expectation(then, step.span, &mut told),
                StepKind::Given(Given::Master(_) | Given::Fact { .. }) | StepKind::On { .. } | StepKind::Broken => {}
            }
        }
    }

    fn named_document(&mut self, id: &Ident, workflow: &Ident, step: Span, told: &mut Told) {
        told.documents.insert(id.text.clone(), workflow.text.clone());
        self.declare(id, told.symbol(&id.text), step, None, &[]);
    }

    /// A document that the scenario has named; its workflow.
    fn document(&mut self, id: &Ident, told: &Told) -> Option<String> {
        let workflow = told.documents.get(&id.text)?.clone();
        self.uses(id, told.symbol(&id.text));
        Some(workflow)
    }

    fn action(&mut self, when: &When, step: Span, told: &mut Told) {
        self.word(&when.role, WordKind::Role);
        match &when.action {
            WhenAction::Opens { workflow, name, transition, with, lines } => {
                self.word(workflow, WordKind::Workflow);
                self.named_document(name, workflow, step, told);
                transition.iter().for_each(|t| self.fired(&workflow.text, t));
                self.input(&workflow.text, with, lines);
            }
            WhenAction::Fires { transition, document, with, lines } => {
                let Some(workflow) = self.document(document, told) else { return };
                self.fired(&workflow, transition);
                self.input(&workflow, with, lines);
            }
        }
    }

    fn input(&mut self, workflow: &str, with: &[RowWord], lines: &[Row]) {
        self.fields(workflow, Part::Field, with);
        lines.iter().for_each(|row| self.fields(workflow, Part::LineField, &row.words));
    }

    fn fields(&mut self, workflow: &str, part: Part, words: &[RowWord]) {
        for word in words.iter().filter(|w| !w.word.text.is_empty()) {
            let found = self.checked.draft.workflows.get(workflow).and_then(|w| match part {
                Part::LineField => w.line_field(&word.word.text),
                _ => w.field(&word.word.text),
            });
            let Some(field) = found else { continue };
            let (ty, party) = (field.ty.clone(), field.kind == FieldKind::Party);
            self.uses(&word.word, Symbol::Of(part, workflow.to_owned(), word.word.text.clone()));
            if !party {
                word.values.iter().for_each(|value| self.value(value, &ty));
            }
        }
    }

    /// A value that may be a declared word.
    fn value(&mut self, value: &Expr, ty: &Type) {
        let kind = match ty.required() {
            Type::Condition => WordKind::Condition,
            Type::Owner => WordKind::Owner,
            Type::Pool => WordKind::Pool,
            Type::Role => WordKind::Role,
            Type::List(inner) => return self.value(value, inner),
            _ => return,
        };
        self.value_of(value, kind);
    }

    fn value_of(&mut self, value: &Expr, kind: WordKind) {
        if let ExprKind::Name(id) = &value.kind {
            self.word(id, kind);
        }
    }

    /// A row of stock.
    fn stock(&mut self, row: &Row) {
        for word in &row.words {
            let kind = match word.word.text.as_str() {
                "in" => WordKind::Bin,
                "condition" => WordKind::Condition,
                "owner" => WordKind::Owner,
                "pool" => WordKind::Pool,
                _ => continue,
            };
            word.values.iter().for_each(|value| self.value_of(value, kind));
        }
    }

    fn expectation(&mut self, then: &Then, step: Span, told: &mut Told) {
        match &then.kind {
            ThenKind::StateIs { document, state } => {
                let Some(workflow) = self.document(document, told) else { return };
                self.uses(state, Symbol::Of(Part::State, workflow, state.text.clone()));
            }
            ThenKind::Stock { place, document, rows } => {
                self.word(&place.bin, WordKind::Bin);
                document.iter().for_each(|id| drop(self.document(id, told)));
                rows.iter().for_each(|row| self.stock(row));
            }
            ThenKind::LineHas { document, words, .. } => {
                let Some(workflow) = self.document(document, told) else { return };
                self.fields(&workflow, Part::LineField, words);
            }
            ThenKind::DocumentHas { document, words } => {
                let Some(workflow) = self.document(document, told) else { return };
                self.fields(&workflow, Part::Field, words);
            }
            ThenKind::Paper { document, kind, .. } => {
                self.document(document, told);
                self.word(kind, WordKind::Paper);
            }
            ThenKind::Obligations { rows, .. } => {
                for word in rows.iter().filter_map(|row| row.words.iter().find(|w| !w.word.text.is_empty())) {
                    self.word(&word.word, WordKind::Obligation);
                }
            }
            ThenKind::Started { document, workflow, name, with } => {
                self.document(document, told);
                self.word(workflow, WordKind::Workflow);
                self.named_document(name, workflow, step, told);
                self.fields(&workflow.text, Part::Field, with);
            }
            ThenKind::Refused { .. } | ThenKind::NothingChanged | ThenKind::BooksBalance => {}
        }
    }
}
