//! The outline of a workflow: its fields, lines and states, before its transitions are read.
//!
//! Must not know expressions. Tests: `check::tests`.

use super::constants;
use super::declared::{Outline, name};
use super::findings::{names as say, states as say_state};
use super::numbers;
use super::reports::Reports;
use super::types::{Place, TypeWords, resolve};
use crate::base::{Duration, DurationUnit, Name, Span};
use crate::domain::Value;
use crate::model::{Deadline, Field, FieldKind, Migration, State, Template, Type, Vocabulary, Within, Workflow};
use crate::syntax::ast::{self, FieldDef, Ident, PartyDef};

/// Words that mean something in every expression.
const RESERVED: [(&str, &str); 2] = [("line", "the line at hand"), ("document", "the document itself")];

/// Words that stand for states.
const STATE_WORDS: [(&str, &str); 3] =
    [("any", "every state that does not end"), ("same", "the state in which a document is"), ("back", "the state from which a document came")];

/// What outlines are made from.
pub(super) struct Outliner<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) types: &'a TypeWords,
    pub(super) incomplete: bool,
    pub(super) reports: &'a Reports,
}

impl Outliner<'_> {
    /// The outline of a workflow.
    pub(super) fn outline<'w>(&self, written: &'w ast::Workflow) -> Outline<'w> {
        let mut fields: Vec<Field> = Vec::new();
        for party in &written.parties {
            self.add(&mut fields, &party.name, self.party(party));
        }
        for field in &written.fields {
            self.add(&mut fields, &field.name, self.field(field));
        }
        let mut line_fields: Vec<Field> = Vec::new();
        for field in written.lines.iter().flat_map(|l| &l.fields) {
            self.add(&mut line_fields, &field.name, self.field(field));
        }
        let model = Workflow {
            name: name(&written.name),
            title: label(written.title.as_ref(), &written.name),
            doc: written.doc.join("\n"),
            version: written.version.unwrap_or(1),
            number: Template { parts: Vec::new(), span: written.name.span },
            fields,
            line_fields,
            inbound: None,
            states: self.states(written),
            transitions: Vec::new(),
            migrations: Vec::new(),
            span: written.name.span,
        };
        let mut outline = Outline { model, written };
        self.requirements(&outline);
        self.migrations(&mut outline);
        if let Some(number) = &written.number {
            outline.model.number = numbers::document(number, &outline, self.reports);
        }
        outline
    }

    fn add(&self, fields: &mut Vec<Field>, id: &Ident, field: Field) {
        if let Some((_, meaning)) = RESERVED.iter().find(|(word, _)| *word == id.text) {
            self.reports.add(say::taken(id, meaning, None));
        }
        match fields.iter().find(|f| f.name == field.name) {
            Some(first) => self.reports.add(say::twice("field", &id.text, id.span, first.span)),
            None => fields.push(field),
        }
    }

    fn party(&self, written: &PartyDef) -> Field {
        let declared = &self.vocabulary.party_kinds;
        let mut kinds: Vec<Name> = Vec::new();
        for kind in &written.kinds {
            if declared.iter().any(|k| k.name == *kind.text) {
                kinds.push(name(kind));
            } else if !self.incomplete {
                self.reports.add(say::unknown(kind, "a kind of party", declared.iter().map(|k| k.name.as_str())));
            }
        }
        let ty = Type::Party(if let [only] = kinds.as_slice() { Some(only.clone()) } else { None });
        let ty = if written.optional { Type::Optional(Box::new(ty)) } else { ty };
        let label = label(written.label.as_ref(), &written.name);
        Field { name: name(&written.name), kind: FieldKind::Party, ty, kinds, default: None, label, span: written.name.span }
    }

    fn field(&self, written: &FieldDef) -> Field {
        let ty = resolve(&written.ty, Place::Field, self.types, self.reports);
        let default = match &written.default {
            Some(value) => constants::default_value(value, &ty, self.vocabulary, self.incomplete, self.reports),
            // A list that nobody has filled is an empty list.
            None if matches!(ty, Type::List(_)) => Some(Value::List(Vec::new())),
            None => None,
        };
        let label = label(written.label.as_ref(), &written.name);
        Field { name: name(&written.name), kind: FieldKind::Plain, ty, kinds: Vec::new(), default, label, span: written.name.span }
    }

    fn states(&self, written: &ast::Workflow) -> Vec<State> {
        let mut states: Vec<State> = Vec::new();
        for state in &written.states {
            if let Some(first) = states.iter().find(|s| s.name == *state.name.text) {
                self.reports.add(say::twice("state", &state.name.text, state.name.span, first.span));
                continue;
            }
            if let Some((_, meaning)) = STATE_WORDS.iter().find(|(word, _)| *word == state.name.text) {
                self.reports.add(say::taken(&state.name, meaning, None));
            }
            if state.initial && state.is_final {
                self.reports.add(say_state::initial_and_final(state.span));
            }
            let deadline = state.deadline.as_ref().map(|d| Deadline {
                // One that is computed is read with the transitions, when rules are known.
                within: Within::Fixed(d.within.as_ref().map_or(Duration { count: 0, unit: DurationUnit::Days }, |within| within.value)),
                notify: d.notify.as_ref().and_then(|whom| self.whom(whom, written)),
            });
            if let Some(deadline) = state.deadline.as_ref().filter(|_| state.is_final) {
                self.reports.add(say_state::deadline_of_final(deadline.span, &state.name.text));
            }
            states.push(State {
                name: name(&state.name),
                label: label(state.label.as_ref(), &state.name),
                doc: state.doc.join("\n"),
                initial: state.initial,
                is_final: state.is_final,
                deadline,
                span: state.name.span,
            });
        }
        states
    }

    /// A role or a party field to be told.
    fn whom(&self, id: &Ident, written: &ast::Workflow) -> Option<Name> {
        let parties = written.parties.iter().map(|p| p.name.text.as_str());
        let roles = self.vocabulary.roles.keys().map(Name::as_str);
        if parties.clone().chain(roles.clone()).any(|known| known == id.text) {
            return Some(name(id));
        }
        if !self.incomplete && !written.broken {
            self.reports.add(say::unknown(id, "a role or a party of this workflow", parties.chain(roles)));
        }
        None
    }

    fn requirements(&self, outline: &Outline<'_>) {
        let written = outline.written;
        if written.broken {
            return;
        }
        if written.number.is_none() {
            self.reports.add(say_state::no_number(written.name.span, &written.name.text));
        }
        if outline.model.first_party().is_none_or(|f| f.ty.is_optional()) {
            self.reports.add(say_state::no_party(written.name.span));
        }
        if let Some(lines) = &written.lines
            && outline.find("part", true).is_none_or(|f| !matches!(f.ty, Type::Part | Type::Unknown))
        {
            self.reports.add(say_state::lines_without_part(first_line(lines.span, lines)));
        }
    }

    fn migrations(&self, outline: &mut Outline<'_>) {
        let mut migrations = Vec::new();
        for written in &outline.written.migrations {
            if written.from >= outline.model.version {
                self.reports.add(say_state::migrate_from_later(written.span, written.from, outline.model.version));
            }
            let mut states = Vec::new();
            for (old, new, keep) in &written.states {
                if outline.model.state(&new.text).is_some() {
                    states.push((name(old), name(new), *keep));
                } else if !outline.written.broken {
                    self.reports.add(say::unknown(new, "a state of this workflow", outline.states()));
                }
            }
            migrations.push(Migration { from: written.from, states });
        }
        outline.model.migrations = migrations;
    }
}

/// The word `lines` of a block of lines.
fn first_line(span: Span, lines: &ast::LinesDef) -> Span {
    let end = lines.fields.first().map_or(span.end, |f| f.name.span.start).min(span.start + 5).max(span.start);
    Span { end, ..span }
}

/// What people read: the label, or the name in words.
fn label(written: Option<&ast::Text>, id: &Ident) -> String {
    written.map_or_else(|| id.text.replace('_', " "), |l| l.text.clone())
}
