//! A first story for a workflow that no scenario opens: parties and parts of the master data, some stock, a document.
//!
//! Must not know whether the story works: it is played before anyone sees it. Tests: `tests/it/suggest.rs`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::{Name, Quantity, Timestamp};
use crate::domain::{InputLine, MasterData, Part, Tracking, Value};
use crate::model::{Book, Field, FieldKind, GivenUnit, Named, Scenario, ScenarioActor, ScenarioStep, StepKind, Transition, Type, Workflow};

use super::inputs;

/// How much is given of each part.
const GIVEN: i64 = 20;
/// How many are given of a part whose units are numbered.
const NUMBERED: u32 = 3;
/// How much of it a first document is about.
pub(super) const ABOUT: &str = "2";
/// How much of it others are about: nothing, and more than there is.
pub(super) const OTHERS: [&str; 2] = ["0", "99999"];

/// Stories that open a document of a workflow, one for each way in which people open it.
pub(super) fn seeds(book: &Book, master: &MasterData, workflow: &Workflow, amount: &str) -> Vec<Scenario> {
    let openings = workflow.transitions.iter().filter(|t| t.opens() && t.by.iter().any(|r| *r != "system"));
    openings.map(|opening| Seed { book, master, workflow, amount }.story(opening)).collect()
}

struct Seed<'a> {
    book: &'a Book,
    master: &'a MasterData,
    workflow: &'a Workflow,
    amount: &'a str,
}

impl Seed<'_> {
    fn story(&self, opening: &Transition) -> Scenario {
        let parties = self.parties();
        let part = self.part();
        let mut kinds: Vec<StepKind> = self.book.manifest.master.iter().map(|folder| StepKind::Master(folder.clone())).collect();
        if self.book.manifest.master.is_none() {
            kinds.push(StepKind::Fact { kind: "part".into(), subject: part.clone(), columns: BTreeMap::new() });
        }
        let made_up = parties.iter().filter(|(_, _, code)| !self.master.parties.iter().any(|p| p.code == *code.as_str()));
        kinds.extend(made_up.map(|(_, kind, code)| StepKind::Fact {
            kind: "party".into(),
            subject: code.clone(),
            columns: BTreeMap::from([(Name::from("kind"), vec![Value::text(kind.as_str())])]),
        }));
        kinds.extend(parties.iter().filter_map(|(_, kind, party)| self.stock(kind, party, &part)));
        kinds.extend(Timestamp::parse_local("2026-05-04 10:00", &self.book.manifest.zone).map(StepKind::On));
        let mut fields: BTreeMap<Name, Json> = parties.iter().map(|(field, _, party)| (field.clone(), json!(party))).collect();
        for field in self.workflow.fields.iter().filter(|f| f.kind == FieldKind::Plain && needed(f)) {
            fields.extend(self.value(&field.ty).map(|value| (field.name.clone(), value)));
        }
        let name = "D1".to_owned();
        kinds.push(StepKind::Opens {
            actor: self.actor(opening, &parties),
            workflow: self.workflow.name.clone(),
            transition: (opening.name != "open").then(|| opening.name.clone()),
            name: name.clone(),
            fields,
            lines: self.lines(&part),
            key: None,
        });
        let begun = self.workflow.states.iter().find(|s| s.initial).map_or_else(|| Name::from(""), |s| s.name.clone());
        kinds.push(StepKind::StateIs(name, begun));
        let span = self.workflow.span;
        let title = format!("{} is opened", self.workflow.title.to_lowercase());
        let title = if opening.name == "open" { title } else { format!("{title} by {}", opening.name) };
        Scenario { title, steps: kinds.into_iter().map(|kind| ScenarioStep { kind, span }).collect(), span }
    }

    /// A party for each field that needs one: of its kind, of one business unit, no two fields the same.
    fn parties(&self) -> Vec<(Name, Name, String)> {
        let mut found: Vec<(Name, Name, String)> = Vec::new();
        let bu = self.master.business_units.first().map(|b| b.code.clone());
        for field in self.workflow.fields.iter().filter(|f| f.kind == FieldKind::Party && needed(f)) {
            let Some(kind) = field.kinds.first() else { continue };
            let fits =
                |p: &&crate::domain::Party| p.kind == *kind && Some(&p.bu) == bu.as_ref() && !found.iter().any(|(_, _, taken)| p.code == *taken.as_str());
            let known = self.master.parties.iter().find(fits).map(|p| p.code.to_string());
            let code = known.unwrap_or_else(|| format!("{kind}_{}", found.len() + 1));
            found.push((field.name.clone(), kind.clone(), code));
        }
        found
    }

    /// The first part that needs no serial and no lot numbers; where all need some, the first that needs the least.
    fn known_part(&self) -> Option<&Part> {
        let bu = self.master.business_units.first().map(|b| b.code.clone());
        let parts = || self.master.parts.iter().filter(|p| Some(&p.bu) == bu.as_ref());
        [Tracking::None, Tracking::Lot, Tracking::Serial].into_iter().find_map(|tracking| parts().find(|p| p.tracking == tracking))
    }

    fn part(&self) -> String {
        self.known_part().map_or_else(|| "PART".to_owned(), |p| p.code.to_string())
    }

    fn stock(&self, kind: &Name, party: &str, part: &str) -> Option<StepKind> {
        let words = &self.book.vocabulary;
        let of_kind = |name: &&Name| words.bins.get(*name).is_some_and(|b| b.at.contains(kind) && !b.clearing);
        let bin = words.on_hand_bins.iter().find(of_kind).or_else(|| words.bins.keys().find(of_kind))?;
        let first = |named: &[Named]| named.first().map(|n| n.name.clone());
        let tracking = self.known_part().map_or(Tracking::None, |p| p.tracking);
        let unit = GivenUnit {
            part: part.to_owned(),
            lot: if tracking == Tracking::Lot { "L1".to_owned() } else { String::new() },
            serial: None,
            quantity: Quantity::units(GIVEN),
            bin: bin.clone(),
            condition: first(&words.conditions)?,
            owner: first(&words.owners)?,
            pool: first(&words.pools)?,
            received: None,
            expires: None,
            sodo: None,
            rate: None,
        };
        let units = match tracking {
            Tracking::Serial => (1..=NUMBERED).map(|n| GivenUnit { serial: Some(format!("{party}-{n}")), quantity: Quantity::ONE, ..unit.clone() }).collect(),
            _ => vec![unit],
        };
        Some(StepKind::Stock { party: party.to_owned(), units })
    }

    fn actor(&self, opening: &Transition, parties: &[(Name, Name, String)]) -> ScenarioActor {
        let roles = opening.by.iter().filter(|r| **r != "system");
        let at = |role: &Name| {
            let kind = self.book.vocabulary.roles.get(role).and_then(|r| r.at.clone());
            kind.map(|kind| parties.iter().find(|(_, k, _)| *k == kind).map(|(_, _, code)| code.clone()))
        };
        let held = roles.clone().find(|role| at(role).is_none_or(|party| party.is_some())).or_else(|| roles.clone().next());
        let role = held.cloned().unwrap_or_else(|| Name::from("system"));
        ScenarioActor { at: at(&role).flatten(), role, person: None }
    }

    fn lines(&self, part: &str) -> Vec<InputLine> {
        if self.workflow.line_fields.is_empty() {
            return Vec::new();
        }
        let mut values = BTreeMap::from([(Name::from("part"), json!(part))]);
        for field in self.workflow.line_fields.iter().filter(|f| f.name != "part" && needed(f)) {
            let value = if *field.ty.required() == Type::Quantity { Some(json!(self.amount)) } else { self.value(&field.ty) };
            values.extend(value.map(|value| (field.name.clone(), value)));
        }
        vec![InputLine { line: None, values }]
    }

    fn value(&self, ty: &Type) -> Option<Json> {
        let bu = self.master.business_units.first().map(|b| b.code.clone());
        match ty.required() {
            Type::Contract => {
                let known = self.master.contracts.iter().find(|c| Some(&c.bu) == bu.as_ref());
                Some(json!(known.map_or_else(|| "CONTRACT".to_owned(), |c| c.code.to_string())))
            }
            Type::Part => Some(json!(self.part())),
            other => inputs::values(self.book, other).into_iter().next(),
        }
    }
}

/// A field that a new document must be given.
fn needed(field: &Field) -> bool {
    !field.ty.is_optional() && field.default.is_none() && !matches!(field.ty, Type::List(_))
}
