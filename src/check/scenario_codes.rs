//! Codes of master data in scenarios: parties, parts, contracts and people that neither the scenario nor the network that it names has.
//!
//! A scenario without `given master` brings its own codes by naming them; one that names another folder than the book's is
//! not looked at. Must not know how scenarios are run. Tests: `check::tests`.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::Declared;
use super::findings::scenarios as say;
use super::network::Network;
use super::reports::Reports;
use crate::model::{FieldKind, Type};
use crate::syntax::ast::{Expr, ExprKind, Given, Ident, Row, RowWord, Scenario, StepKind, Then, ThenKind, When, WhenAction};

/// What a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Party,
    Part,
    Contract,
    Person,
}

impl Sort {
    const fn word(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Part => "part",
            Self::Contract => "contract",
            Self::Person => "person",
        }
    }

    fn of(ty: &Type) -> Option<Self> {
        match ty.required() {
            Type::Party(_) => Some(Self::Party),
            Type::Part => Some(Self::Part),
            Type::Contract => Some(Self::Contract),
            Type::List(inner) => Self::of(inner),
            _ => None,
        }
    }
}

/// Looks up the codes of one scenario.
pub(super) fn codes(book: &Declared<'_>, network: &Network, folder: &str, written: &Scenario, reports: &Reports) {
    let same = |named: &str| named.trim_end_matches('/') == folder.trim_end_matches('/');
    let mut masters = written.steps.iter().filter_map(|s| if let StepKind::Given(Given::Master(named)) = &s.kind { Some(&named.text) } else { None });
    if !masters.next().is_some_and(|named| same(named)) || !masters.all(|named| same(named)) {
        return;
    }
    let parties = network.units.values().flatten().map(|(code, _)| code.to_string());
    let mut known: BTreeMap<Sort, BTreeSet<String>> = BTreeMap::from([(Sort::Party, parties.collect())]);
    known.insert(Sort::Part, network.parts.clone());
    known.insert(Sort::Contract, network.contracts.clone());
    known.insert(Sort::Person, network.people.clone());
    for step in &written.steps {
        if let StepKind::Given(Given::Fact { kind, row }) = &step.kind {
            let sort = [Sort::Party, Sort::Part, Sort::Contract, Sort::Person].into_iter().find(|sort| sort.word() == kind.text);
            if let Some(codes) = sort.and_then(|sort| known.get_mut(&sort)) {
                codes.insert(row.subject.text.clone());
            }
        }
    }
    let mut reader = Reader { book, known, folder, reports, documents: BTreeMap::new() };
    written.steps.iter().for_each(|step| reader.step(&step.kind));
}

struct Reader<'a> {
    book: &'a Declared<'a>,
    known: BTreeMap<Sort, BTreeSet<String>>,
    folder: &'a str,
    reports: &'a Reports,
    /// Documents by the name that the scenario gives them, with their workflow.
    documents: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn step(&mut self, step: &StepKind) {
        match step {
            StepKind::Given(Given::Stock(stock)) => {
                self.code(Sort::Party, &stock.party);
                self.parts(&stock.rows);
            }
            StepKind::When(when) => self.action(when),
            StepKind::Then(then) => self.expectation(then),
            StepKind::Given(_) | StepKind::On { .. } | StepKind::Broken => {}
        }
    }

    fn action(&mut self, when: &When) {
        when.at.iter().for_each(|at| self.code(Sort::Party, at));
        when.person.iter().for_each(|person| self.code(Sort::Person, person));
        let (document, with, lines) = match &when.action {
            WhenAction::Opens { workflow, name, with, lines, .. } => {
                self.documents.insert(name.text.clone(), workflow.text.clone());
                (name, with, lines)
            }
            WhenAction::Fires { document, with, lines, .. } => (document, with, lines),
        };
        self.words(document, with, false);
        for row in lines {
            self.part(&row.subject);
            self.words(document, &row.words, true);
        }
    }

    fn expectation(&mut self, then: &Then) {
        match &then.kind {
            ThenKind::Stock { place, rows, .. } => {
                place.party.iter().for_each(|party| self.code(Sort::Party, party));
                self.parts(rows);
            }
            ThenKind::Obligations { party, rows } => {
                self.code(Sort::Party, party);
                self.parts(rows);
            }
            ThenKind::LineHas { document, line, words } => {
                self.part(line);
                self.words(document, words, true);
            }
            ThenKind::DocumentHas { document, words } => self.words(document, words, false),
            ThenKind::Started { workflow, name, with, .. } => {
                self.documents.insert(name.text.clone(), workflow.text.clone());
                self.words(name, with, false);
            }
            _ => {}
        }
    }

    fn parts(&self, rows: &[Row]) {
        rows.iter().for_each(|row| self.part(&row.subject));
    }

    /// The part of a line, which may be named by its number.
    fn part(&self, subject: &Ident) {
        if subject.text.parse::<u32>().is_err() || self.is_known(Sort::Part, &subject.text) {
            self.code(Sort::Part, subject);
        }
    }

    /// Fields that take codes.
    fn words(&self, document: &Ident, words: &[RowWord], of_line: bool) {
        let outline = self.documents.get(&document.text).and_then(|workflow| self.book.outlines.get(workflow.as_str()));
        let Some(outline) = outline else { return };
        for word in words {
            let first_party = || outline.model.fields.iter().find(|f| f.kind == FieldKind::Party);
            let field = if word.word.text == "for" && !of_line { first_party() } else { outline.find(&word.word.text, of_line) };
            let Some(sort) = field.and_then(|f| Sort::of(&f.ty)) else { continue };
            word.values.iter().filter_map(named).for_each(|id| self.code(sort, id));
        }
    }

    fn is_known(&self, sort: Sort, code: &str) -> bool {
        self.known.get(&sort).is_some_and(|codes| codes.contains(code))
    }

    fn code(&self, sort: Sort, id: &Ident) {
        let Some(known) = self.known.get(&sort).filter(|known| !known.is_empty()) else { return };
        if !known.contains(&id.text) {
            self.reports.add(say::not_in_master(id, sort.word(), self.folder, known.iter().map(String::as_str)));
        }
    }
}

fn named(value: &Expr) -> Option<&Ident> {
    if let ExprKind::Name(id) = &value.kind { Some(id) } else { None }
}
