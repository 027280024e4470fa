//! The vocabulary: every declared word once, with its label and its place.
//!
//! Must not know workflows. Tests: `check::tests`.

use std::collections::BTreeMap;

use super::calendars;
use super::declared::name;
use super::findings::{names as say, rules as say_rule};
use super::numbers;
use super::reports::Reports;
use super::types::{Place, TypeWords, is_type_word, resolve};
use crate::base::{Name, Span};
use crate::model::{Bin, DocumentKind, EventKind, Named, Role, RuleParam, RuleSig, Type, Vocabulary};
use crate::syntax::ast::{self, Ident, RuleDef, TypedName, VocabItem};

/// Functions that are built in, and cannot be declared as rules.
pub(super) const BUILTIN_FUNCTIONS: [&str; 4] = ["min", "max", "floor", "round"];
/// What fires the engine's own transitions.
pub(super) const SYSTEM: &str = "system";

/// Resolves all declared words.
pub(super) fn vocabulary(items: &[&VocabItem], zone: &jiff::tz::TimeZone, incomplete: bool, reports: &Reports) -> (Vocabulary, TypeWords) {
    let mut words = Words { items, zone, incomplete, reports, out: Vocabulary::default(), types: TypeWords::default() };
    words.plain_words();
    words.bins_and_roles();
    words.calendars();
    words.signatures();
    words.papers();
    words.on_hand();
    (words.out, words.types)
}

/// A declared word of the model.
pub(super) fn named(written: &ast::Named) -> Named {
    Named {
        name: name(&written.name),
        label: written.label.as_ref().map_or_else(|| written.name.text.replace('_', " "), |l| l.text.clone()),
        doc: written.doc.join("\n"),
        span: written.name.span,
    }
}

struct Words<'a> {
    items: &'a [&'a VocabItem],
    zone: &'a jiff::tz::TimeZone,
    incomplete: bool,
    reports: &'a Reports,
    out: Vocabulary,
    types: TypeWords,
}

/// Adds a word to a list, unless it stands there already.
fn push(list: &mut Vec<Named>, what: &str, written: &ast::Named, reports: &Reports) {
    match list.iter().find(|n| n.name == *written.name.text) {
        Some(first) => reports.add(say::twice(what, &written.name.text, written.name.span, first.span)),
        None => list.push(named(written)),
    }
}

/// Adds a word to a table, unless it stands there already.
fn insert<T>(table: &mut BTreeMap<Name, T>, what: &str, id: &Ident, value: T, place: impl Fn(&T) -> Span, reports: &Reports) {
    match table.get(id.text.as_str()) {
        Some(first) => reports.add(say::twice(what, &id.text, id.span, place(first))),
        None => {
            table.insert(name(id), value);
        }
    }
}

impl Words<'_> {
    fn plain_words(&mut self) {
        let reports = self.reports;
        for item in self.items {
            match item {
                VocabItem::Condition(w) => push(&mut self.out.conditions, "condition", w, reports),
                VocabItem::Owner(w) => push(&mut self.out.owners, "owner", w, reports),
                VocabItem::Pool(w) => push(&mut self.out.pools, "pool", w, reports),
                VocabItem::Obligation(w) => push(&mut self.out.obligations, "obligation", w, reports),
                VocabItem::PartyKind(w) => {
                    if is_type_word(&w.name.text) {
                        reports.add(say::taken(&w.name, "a type", None));
                    }
                    push(&mut self.out.party_kinds, "party kind", w, reports);
                }
                _ => {}
            }
        }
        self.types.party_kinds = self.out.party_kinds.iter().map(|k| k.name.clone()).collect();
        self.of_one_file("condition", &self.out.conditions);
        self.of_one_file("owner", &self.out.owners);
    }

    /// The first word of a list is the default of new lots. Where the words stand in several files, which is the first would
    /// depend on the names of the files.
    fn of_one_file(&self, what: &str, list: &[Named]) {
        let Some(first) = list.first() else { return };
        let mut files = vec![first.span.file];
        for word in list {
            if !files.contains(&word.span.file) {
                files.push(word.span.file);
                self.reports.add(say::declared_apart(what, word.span, first));
            }
        }
    }

    /// Names that must be declared in a list; those that are.
    fn known(&self, ids: &[Ident], what: &str, list: &[Named]) -> Vec<Name> {
        let mut found = Vec::new();
        for id in ids {
            if list.iter().any(|n| n.name == *id.text) {
                found.push(name(id));
            } else if !self.incomplete {
                self.reports.add(say::unknown(id, what, list.iter().map(|n| n.name.as_str())));
            }
        }
        found
    }

    fn bins_and_roles(&mut self) {
        for item in self.items {
            match item {
                VocabItem::Bin(w) => {
                    let at = self.known(&w.at, "a kind of party", &self.out.party_kinds);
                    let bin = Bin { named: named(&w.named), at, clearing: w.clearing, outside: w.outside };
                    insert(&mut self.out.bins, "bin", &w.named.name, bin, |b| b.named.span, self.reports);
                }
                VocabItem::Role(w) => {
                    if w.named.name.text == SYSTEM {
                        self.reports.add(say::taken(&w.named.name, "the role of the engine itself", None));
                    }
                    let at = self.known(w.at.as_slice(), "a kind of party", &self.out.party_kinds).pop();
                    let role = Role { named: named(&w.named), at };
                    insert(&mut self.out.roles, "role", &w.named.name, role, |r| r.named.span, self.reports);
                }
                _ => {}
            }
        }
    }

    fn calendars(&mut self) {
        let mut places: BTreeMap<Name, Span> = BTreeMap::new();
        for item in self.items {
            let VocabItem::Calendar(w) = item else { continue };
            insert(&mut places, "calendar", &w.named.name, w.named.name.span, |s| *s, self.reports);
            let calendar = calendars::calendar(w, self.zone, self.reports);
            self.out.calendars.entry(name(&w.named.name)).or_insert(calendar);
        }
    }

    fn typed(&self, fields: &[TypedName], what: &str, place: Place) -> Vec<(Name, Type)> {
        let mut found: Vec<(Name, Type)> = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            if let Some(first) = fields.iter().take(i).find(|f| f.name.text == field.name.text) {
                self.reports.add(say::twice(what, &field.name.text, field.name.span, first.name.span));
                continue;
            }
            found.push((name(&field.name), resolve(&field.ty, place, &self.types, self.reports)));
        }
        found
    }

    fn signatures(&mut self) {
        for item in self.items {
            let VocabItem::Rule(w) = item else { continue };
            let id = &w.named.name;
            if BUILTIN_FUNCTIONS.contains(&id.text.as_str()) {
                self.reports.add(say::taken(id, "a built-in function", None));
                continue;
            } else if is_type_word(&id.text) {
                self.reports.add(say::taken(id, "a type", None));
                continue;
            } else if self.types.party_kinds.contains(id.text.as_str()) {
                self.reports.add(say::taken(id, "a kind of party", None));
                continue;
            }
            self.types.rules.insert(name(id));
        }
        for item in self.items {
            match item {
                VocabItem::Rule(w) if self.types.rules.contains(w.named.name.text.as_str()) => self.rule(w),
                VocabItem::Event(w) => {
                    let fields = self.typed(&w.fields, "field", Place::Field);
                    let event = EventKind { named: named(&w.named), fields };
                    insert(&mut self.out.events, "event", &w.named.name, event, |e| e.named.span, self.reports);
                }
                _ => {}
            }
        }
    }

    fn rule(&mut self, w: &RuleDef) {
        let params = self.typed(&w.params, "parameter", Place::RuleParam).into_iter().map(|(name, ty)| RuleParam { name, ty }).collect();
        if let ast::TypeKind::Record(fields) = &w.answer.kind {
            self.typed_names_once(fields);
        }
        let answer = resolve(&w.answer, Place::RuleAnswer, &self.types, self.reports);
        if matches!(answer, Type::Optional(_)) {
            self.reports.add(say_rule::optional_answer(w.answer.span));
        }
        let rule = RuleSig { named: named(&w.named), params, answer };
        insert(&mut self.out.rules, "rule", &w.named.name, rule, |r| r.named.span, self.reports);
    }

    fn typed_names_once(&self, fields: &[TypedName]) {
        for (i, field) in fields.iter().enumerate() {
            if let Some(first) = fields.iter().take(i).find(|f| f.name.text == field.name.text) {
                self.reports.add(say::twice("property", &field.name.text, field.name.span, first.name.span));
            }
        }
    }

    fn papers(&mut self) {
        for item in self.items {
            let VocabItem::Document(w) = item else { continue };
            let number = numbers::paper(&w.number, self.reports);
            let reverse = w.reverse.as_ref().map(|r| numbers::paper(r, self.reports));
            let paper = DocumentKind { named: named(&w.named), number, reverse };
            insert(&mut self.out.documents, "document", &w.named.name, paper, |d| d.named.span, self.reports);
        }
    }

    fn on_hand(&mut self) {
        let mut first: Option<Span> = None;
        for item in self.items {
            let VocabItem::OnHand { bins, conditions, span } = item else { continue };
            if let Some(first) = first {
                self.reports.add(say_rule::on_hand_twice(*span, first));
                continue;
            }
            first = Some(*span);
            self.out.on_hand_conditions = self.known(conditions, "a condition", &self.out.conditions);
            for id in bins {
                match self.out.bins.get(id.text.as_str()) {
                    Some(bin) if bin.outside => self.reports.add(say_rule::on_hand_outside(id, bin.named.span)),
                    Some(_) => self.out.on_hand_bins.push(name(id)),
                    None if self.incomplete => {}
                    None => self.reports.add(say::unknown(id, "a bin", self.out.bins.keys().map(Name::as_str))),
                }
            }
        }
    }
}
