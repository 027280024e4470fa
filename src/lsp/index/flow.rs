//! Names of the vocabulary and of workflows: declarations, types, states, transitions.
//!
//! Must not know clauses. Tests: `tests/it/editor_names.rs`.

use super::{Fact, Index, Inner, Occurrence, Part, Role, Symbol, Types, WordKind};
use crate::base::Span;
use crate::check::Checked;
use crate::syntax::ast::{self, Ident, Item, Named, Text, TypeExpr, TypeKind, TypedName, VocabItem, Workflow};

/// Walks trees and fills an index.
pub(super) struct Walk<'a> {
    pub(super) checked: &'a Checked,
    pub(super) types: &'a Types,
    pub(super) index: &'a mut Index,
}

impl Walk<'_> {
    /// Notes a name, unless something else is written there: `any` stands for states, and is none.
    pub(super) fn note(&mut self, id: &Ident, symbol: Symbol, role: Role) {
        if self.checked.sources.text(id.span) == id.text {
            self.index.places.push(Occurrence { span: id.span, symbol, role });
        }
    }

    pub(super) fn uses(&mut self, id: &Ident, symbol: Symbol) {
        self.note(id, symbol, Role::Uses);
    }

    pub(super) fn word(&mut self, id: &Ident, kind: WordKind) {
        self.uses(id, Symbol::Word(kind, id.text.clone()));
    }

    pub(super) fn declare(&mut self, id: &Ident, symbol: Symbol, whole: Span, label: Option<&Text>, doc: &[String]) {
        self.note(id, symbol.clone(), Role::Declares);
        let fact = Fact { whole, label: label.map(|l| l.text.clone()).unwrap_or_default(), doc: doc.join("\n") };
        self.index.facts.entry(symbol).or_insert(fact);
    }

    fn named(&mut self, named: &Named, kind: WordKind) {
        self.declare(&named.name, Symbol::Word(kind, named.name.text.clone()), named.span, named.label.as_ref(), &named.doc);
    }

    /// A whole file.
    pub(super) fn file(&mut self, file: &ast::File) {
        for item in &file.items {
            match item {
                Item::Vocab(item) => self.vocabulary(item),
                Item::Workflow(workflow) => self.workflow(workflow),
                Item::Scenario(scenario) => self.scenario(scenario),
                Item::Broken(_) => {}
            }
        }
    }

    fn vocabulary(&mut self, item: &VocabItem) {
        match item {
            VocabItem::Condition(named) => self.named(named, WordKind::Condition),
            VocabItem::Owner(named) => self.named(named, WordKind::Owner),
            VocabItem::Pool(named) => self.named(named, WordKind::Pool),
            VocabItem::Obligation(named) => self.named(named, WordKind::Obligation),
            VocabItem::PartyKind(named) => self.named(named, WordKind::PartyKind),
            VocabItem::Bin(bin) => {
                self.named(&bin.named, WordKind::Bin);
                bin.at.iter().for_each(|id| self.word(id, WordKind::PartyKind));
            }
            VocabItem::Role(role) => {
                self.named(&role.named, WordKind::Role);
                role.at.iter().for_each(|id| self.word(id, WordKind::PartyKind));
            }
            VocabItem::Calendar(calendar) => self.named(&calendar.named, WordKind::Calendar),
            VocabItem::Document(paper) => self.named(&paper.named, WordKind::Paper),
            VocabItem::Rule(rule) => self.rule(rule),
            VocabItem::Event(event) => {
                self.named(&event.named, WordKind::Event);
                self.inner(Inner::EventField, &event.named.name.text, &event.fields);
            }
            VocabItem::OnHand { bins, conditions, .. } => {
                bins.iter().for_each(|id| self.word(id, WordKind::Bin));
                conditions.iter().for_each(|id| self.word(id, WordKind::Condition));
            }
            VocabItem::Shared(_) => {}
        }
    }

    fn rule(&mut self, rule: &ast::RuleDef) {
        self.named(&rule.named, WordKind::Rule);
        let name = &rule.named.name.text;
        self.inner(Inner::Parameter, name, &rule.params);
        if let TypeKind::Record(fields) = &rule.answer.kind {
            self.inner(Inner::Answer, name, fields);
        } else {
            self.of_type(&rule.answer, name);
        }
    }

    fn inner(&mut self, kind: Inner, owner: &str, fields: &[TypedName]) {
        for field in fields {
            let symbol = Symbol::Inner(kind, owner.to_owned(), field.name.text.clone());
            self.declare(&field.name, symbol, field.name.span.to(field.ty.span), None, &[]);
            self.of_type(&field.ty, owner);
        }
    }

    fn of_type(&mut self, ty: &TypeExpr, owner: &str) {
        match &ty.kind {
            TypeKind::Name(id) => {
                let vocabulary = &self.checked.draft.vocabulary;
                if vocabulary.party_kinds.iter().any(|k| k.name == *id.text) {
                    self.word(id, WordKind::PartyKind);
                } else if vocabulary.rules.contains_key(id.text.as_str()) {
                    self.word(id, WordKind::Rule);
                }
            }
            TypeKind::List(inner) => self.of_type(inner, owner),
            TypeKind::Record(fields) => self.inner(Inner::Answer, owner, fields),
            TypeKind::YesNo | TypeKind::Choice(_) | TypeKind::Broken => {}
        }
    }

    fn workflow(&mut self, workflow: &Workflow) {
        let name = &workflow.name.text;
        let head = Span { end: workflow.title.as_ref().map_or(workflow.name.span.end, |t| t.span.end), ..workflow.span };
        let symbol = Symbol::Word(WordKind::Workflow, name.clone());
        self.declare(&workflow.name, symbol, head, workflow.title.as_ref(), &workflow.doc);
        for party in &workflow.parties {
            let last = party.label.as_ref().map(|l| l.span).or_else(|| party.kinds.last().map(|k| k.span));
            let whole = party.name.span.to(last.unwrap_or(party.name.span));
            self.declare(&party.name, Symbol::Of(Part::Field, name.clone(), party.name.text.clone()), whole, party.label.as_ref(), &party.doc);
            party.kinds.iter().for_each(|kind| self.word(kind, WordKind::PartyKind));
        }
        self.declared_fields(workflow, Part::Field, &workflow.fields);
        if let Some(lines) = &workflow.lines {
            self.declared_fields(workflow, Part::LineField, &lines.fields);
            if let Some(inbound) = &lines.inbound {
                self.uses(&inbound.party, Symbol::Of(Part::Field, name.clone(), inbound.party.text.clone()));
            }
        }
        self.outside_transitions(workflow);
        for state in &workflow.states {
            let symbol = Symbol::Of(Part::State, name.clone(), state.name.text.clone());
            self.declare(&state.name, symbol, state.span, state.label.as_ref(), &state.doc);
        }
        workflow.transitions.iter().for_each(|transition| self.transition(workflow, transition));
        for (_, new, _) in workflow.migrations.iter().flat_map(|m| &m.states) {
            self.uses(new, Symbol::Of(Part::State, name.clone(), new.text.clone()));
        }
    }

    fn declared_fields(&mut self, workflow: &Workflow, part: Part, fields: &[ast::FieldDef]) {
        for field in fields {
            let symbol = Symbol::Of(part, workflow.name.text.clone(), field.name.text.clone());
            self.declare(&field.name, symbol, field.span, field.label.as_ref(), &field.doc);
            self.of_type(&field.ty, "");
        }
    }

    /// A role, or a party of the workflow: whom to notify.
    pub(super) fn whom(&mut self, workflow: &Workflow, id: &Ident) {
        if workflow.parties.iter().any(|p| p.name.text == id.text) {
            self.uses(id, Symbol::Of(Part::Field, workflow.name.text.clone(), id.text.clone()));
        } else {
            self.word(id, WordKind::Role);
        }
    }

    /// A transition, by its name or by that of its approval.
    pub(super) fn fired(&mut self, workflow: &str, id: &Ident) {
        let transitions = self.checked.draft.workflows.get(workflow).map(|w| w.transitions.as_slice()).unwrap_or_default();
        let approves = transitions.iter().find(|t| t.name == *id.text).and_then(|t| t.approves.as_ref());
        match approves {
            Some(approved) => {
                let start = id.span.start + super::super::text::number(id.text.len().saturating_sub(approved.as_str().len()));
                let inner = Ident { text: approved.to_string(), span: Span { start, ..id.span } };
                self.uses(&inner, Symbol::Of(Part::Transition, workflow.to_owned(), approved.to_string()));
            }
            None => self.uses(id, Symbol::Of(Part::Transition, workflow.to_owned(), id.text.clone())),
        }
    }

    fn transition(&mut self, workflow: &Workflow, transition: &ast::Transition) {
        let name = &workflow.name.text;
        let symbol = Symbol::Of(Part::Transition, name.clone(), transition.name.text.clone());
        self.declare(&transition.name, symbol, transition.head, None, &transition.doc);
        for state in transition.from.iter().chain(&transition.to) {
            self.uses(state, Symbol::Of(Part::State, name.clone(), state.text.clone()));
        }
        transition.by.iter().chain(&transition.approval).for_each(|role| self.word(role, WordKind::Role));
        transition.not_by.iter().chain(&transition.approval_not_by).for_each(|done| self.fired(name, done));
        for trigger in &transition.triggers {
            match trigger {
                ast::TransitionTrigger::After(_, state) => self.uses(state, Symbol::Of(Part::State, name.clone(), state.text.clone())),
                ast::TransitionTrigger::OnEvent(event) => self.word(event, WordKind::Event),
                ast::TransitionTrigger::OnArrival { place, first_by } => {
                    let scope = super::exprs::Scope::of(workflow);
                    self.place(place, &scope);
                    first_by.iter().for_each(|field| self.document_field(field, &scope));
                }
                ast::TransitionTrigger::Moment(moment) => {
                    moment.state.iter().for_each(|state| self.uses(state, Symbol::Of(Part::State, name.clone(), state.text.clone())));
                    self.expr(&moment.when.value, &mut super::exprs::Scope::of(workflow));
                }
                ast::TransitionTrigger::AtOnce(_) => {}
            }
        }
        self.body(workflow, transition);
    }
}
