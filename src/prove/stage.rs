//! The small network that proofs play in: two parties of each kind, a few parts, full shelves. Told as the givens of a
//! scenario, so that every story found in it can be told and played again.
//!
//! Must not know what is played. Tests: `prove::tests`.

use std::collections::BTreeMap;

use crate::base::{Name, Quantity, Span, Timestamp};
use crate::domain::Value;
use crate::model::{Book, GivenUnit, Scenario, ScenarioActor, ScenarioStep, StepKind, Workflow};

/// The part that everything is about.
pub const PART: &str = "P1";
/// Another part, for second lines and for what nobody sent.
pub const OTHER: &str = "P2";
/// A part whose units have serial numbers.
pub const UNIT: &str = "U1";
/// The contract.
pub const CONTRACT: &str = "C1";
/// When stories begin: a working day.
const BEGIN: &str = "2026-01-05 10:00";
/// A maximum that no story comes near to.
const ROOM: &str = "1000";

/// What a story is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Lines of the document.
    pub lines: usize,
    /// The quantity of each.
    pub quantity: u32,
    /// What lies on each shelf.
    pub shelf: u32,
    /// Whether the part has serial numbers.
    pub serial: bool,
}

impl Size {
    /// The parts of the lines.
    #[must_use]
    pub fn parts(self) -> Vec<&'static str> {
        match (self.serial, self.lines) {
            (true, _) => vec![UNIT],
            (false, 1) => vec![PART],
            (false, _) => vec![PART, OTHER],
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        let lines = if self.lines == 1 { "one line".to_owned() } else { format!("{} lines", self.lines) };
        let unit = if self.serial { " with serial numbers" } else { "" };
        let shelf = if self.shelf < self.quantity { ", short shelves" } else { "" };
        format!("{lines} of {}{unit}{shelf}", self.quantity)
    }
}

/// A party of a kind: the first plays the part, the second is there to be named instead.
#[must_use]
pub fn party(kind: &Name, second: bool) -> String {
    format!("{kind}_{}", if second { "b" } else { "a" })
}

/// The kind of a party of the stage.
#[must_use]
pub fn kind_of(code: &str) -> &str {
    code.rsplit_once('_').map_or(code, |(kind, _)| kind)
}

/// The serial numbers that lie on a shelf.
#[must_use]
pub fn serials(party: &str, bin: &Name, shelf: u32) -> Vec<String> {
    (1..=shelf).map(|n| format!("{party}-{bin}-{n}")).collect()
}

/// When stories begin.
#[must_use]
pub fn begin(book: &Book) -> Timestamp {
    Timestamp::parse_local(BEGIN, &book.manifest.zone).unwrap_or_default()
}

/// The givens of every story of a workflow.
#[must_use]
pub fn givens(book: &Book, workflows: &[&Workflow], size: Size) -> Vec<StepKind> {
    let mut steps = vec![StepKind::On(begin(book))];
    let kinds = &book.vocabulary.party_kinds;
    for (kind, above) in kinds.iter().zip(std::iter::once(None).chain(kinds.iter().map(Some))) {
        for second in [false, true] {
            let mut columns = vec![("kind", kind.name.to_string())];
            columns.extend(above.map(|k| ("parent", party(&k.name, false))));
            steps.push(fact("party", &party(&kind.name, second), &columns));
        }
    }
    let pool = book.vocabulary.pools.first().map_or("", |p| p.name.as_str());
    steps.push(fact("contract", CONTRACT, &[("kind", pool.to_owned())]));
    for part in [PART, OTHER, UNIT] {
        let tracking = if part == UNIT { "serial" } else { "none" };
        steps.push(fact("part", part, &[("tracking", tracking.to_owned())]));
        steps.push(fact("rate", part, &[("rate", "100".to_owned())]));
        for kind in kinds {
            for second in [false, true] {
                let columns = [("party", party(&kind.name, second)), ("maximum", ROOM.to_owned()), ("trigger", "0".to_owned())];
                steps.push(fact("limit", part, &columns));
            }
        }
    }
    for kind in kinds {
        for second in [false, true] {
            let party = party(&kind.name, second);
            let units = shelves(book, workflows, &kind.name, &party, size);
            if !units.is_empty() {
                steps.push(StepKind::Stock { party, units });
            }
        }
    }
    steps
}

/// What lies on the shelves of a party that these workflows take from.
fn shelves(book: &Book, workflows: &[&Workflow], kind: &Name, party: &str, size: Size) -> Vec<GivenUnit> {
    let mut taken: BTreeMap<Name, ()> = BTreeMap::new();
    for transition in workflows.iter().flat_map(|w| &w.transitions) {
        crate::check::walk::clauses(&transition.body, &mut |clause| {
            if let crate::model::ClauseKind::Move(spec) = &clause.kind
                && !spec.from.clearing
                && !spec.from.outside
            {
                taken.insert(spec.from.bin.clone(), ());
            }
        });
    }
    let mut units = Vec::new();
    for bin in book.vocabulary.bins.values().filter(|b| b.at.contains(kind) && taken.contains_key(&b.named.name)) {
        let name = &bin.named.name;
        for part in size.parts() {
            if part == UNIT {
                units.extend(serials(party, name, size.shelf).into_iter().map(|s| unit(book, part, name, Some(s), Quantity::ONE)));
            } else {
                units.push(unit(book, part, name, None, Quantity::units(size.shelf.into())));
            }
        }
    }
    units
}

fn unit(book: &Book, part: &str, bin: &Name, serial: Option<String>, quantity: Quantity) -> GivenUnit {
    let first = |named: &[crate::model::Named]| named.first().map_or_else(|| Name::from(""), |n| n.name.clone());
    let words = &book.vocabulary;
    GivenUnit {
        part: part.to_owned(),
        lot: String::new(),
        serial,
        quantity,
        bin: bin.clone(),
        condition: first(&words.conditions),
        owner: first(&words.owners),
        pool: first(&words.pools),
        received: None,
        expires: None,
        sodo: None,
        rate: None,
    }
}

fn fact(kind: &str, subject: &str, columns: &[(&str, String)]) -> StepKind {
    let columns = columns.iter().map(|(name, value)| (Name::from(*name), vec![Value::text(value)])).collect();
    StepKind::Fact { kind: kind.into(), subject: subject.to_owned(), columns }
}

/// Everybody who may act: for each role and place, one person who does what comes, and others for four eyes.
#[must_use]
pub fn people(book: &Book) -> Vec<ScenarioActor> {
    let mut people = Vec::new();
    for role in book.vocabulary.roles.values() {
        let name = &role.named.name;
        let places: Vec<Option<String>> = match &role.at {
            None => vec![None],
            Some(kind) => vec![Some(party(kind, false)), Some(party(kind, true))],
        };
        for at in places {
            people.extend((0..=3).map(|n| person(name, at.clone(), n)));
        }
    }
    people
}

/// The n-th person in a role at a place.
#[must_use]
pub fn person(role: &Name, at: Option<String>, n: usize) -> ScenarioActor {
    let person = (n > 0).then(|| match &at {
        Some(at) => format!("{role}_{}_{at}", n + 1),
        None => format!("{role}_{}", n + 1),
    });
    ScenarioActor { role: role.clone(), at, person }
}

/// A scenario of these steps.
#[must_use]
pub fn scenario(title: String, steps: Vec<StepKind>) -> Scenario {
    let span = Span::default();
    Scenario { title, steps: steps.into_iter().map(|kind| ScenarioStep { kind, span }).collect(), span }
}
