//! All names a network gives, gathered before any row is read for its meaning, so that rows may stand in any order and a row with a
//! mistake still gives its name: one mistake, one report.
//!
//! Must not know what a row means beyond its names. Tests: the spoiled network of `tests.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::suggest::did_you_mean;
use crate::base::{Bu, Diagnostic, Name, Span};
use crate::domain::MasterData;

use super::raw::{Item, Kind, RawRow};

/// What other rows may ask of a named row.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The kind of a party.
    pub kind: Option<Name>,
    /// The class of a part.
    pub class: Option<String>,
    /// The decimals of a part's unit.
    pub decimals: Option<u32>,
}

type Named = BTreeMap<Bu, BTreeMap<String, Facts>>;

/// The names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub business_units: BTreeSet<Bu>,
    pub parties: Named,
    pub parts: Named,
    /// False when a file could not be read: a name that is not known may then stand there.
    pub complete: bool,
}

impl Names {
    pub fn gather(rows: &[RawRow], complete: bool) -> Self {
        let mut names = Self { complete, ..Self::default() };
        let of_kind = |kind| rows.iter().filter(move |r: &&RawRow| r.kind == kind);
        names.business_units = of_kind(Kind::BusinessUnits).filter_map(|r| r.text("code")).map(Bu::from).collect();
        for row in of_kind(Kind::Parties) {
            let facts = Facts { kind: row.text("kind").map(Name::from), ..Facts::default() };
            names.add(row, facts, |n| &mut n.parties);
        }
        for row in of_kind(Kind::Parts) {
            let decimals = row.text("decimals").map_or(Some(0), |d| d.parse().ok());
            let facts = Facts { class: row.text("class").map(str::to_owned), decimals, ..Facts::default() };
            names.add(row, facts, |n| &mut n.parts);
        }
        names
    }

    /// The names of a network that is there already; those of the files come first.
    pub fn also(&mut self, there: &MasterData) {
        self.business_units.extend(there.business_units.iter().map(|u| u.code.clone()));
        for party in &there.parties {
            let facts = Facts { kind: Some(party.kind.clone()), ..Facts::default() };
            self.parties.entry(party.bu.clone()).or_default().entry(party.code.to_string()).or_insert(facts);
        }
        for part in &there.parts {
            let facts = Facts { class: Some(part.class.clone()), decimals: Some(part.decimals), ..Facts::default() };
            self.parts.entry(part.bu.clone()).or_default().entry(part.code.to_string()).or_insert(facts);
        }
    }

    fn add(&mut self, row: &RawRow, facts: Facts, into: impl Fn(&mut Self) -> &mut Named) {
        let bu = row.text("bu").map(Bu::from).or_else(|| self.only_bu());
        if let (Some(bu), Some(code)) = (bu, row.text("code")) {
            into(self).entry(bu).or_default().entry(code.to_owned()).or_insert(facts);
        }
    }

    /// The business unit, where the network has just one.
    pub fn only_bu(&self) -> Option<Bu> {
        self.business_units.first().filter(|_| self.business_units.len() == 1).cloned()
    }

    /// Business units that have a party of this code.
    pub fn bus_of_party(&self, code: &str) -> BTreeSet<Bu> {
        self.parties.iter().filter(|(_, parties)| parties.contains_key(code)).map(|(bu, _)| bu.clone()).collect()
    }

    pub fn party(&self, bu: &Bu, code: &str) -> Option<&Facts> {
        self.parties.get(bu)?.get(code)
    }

    pub fn part(&self, bu: &Bu, code: &str) -> Option<&Facts> {
        self.parts.get(bu)?.get(code)
    }

    pub fn classes(&self, bu: &Bu) -> BTreeSet<&str> {
        self.parts.get(bu).into_iter().flatten().filter_map(|(_, facts)| facts.class.as_deref()).collect()
    }

    pub fn unknown_party(&self, bu: &Bu, item: &Item) -> Option<Diagnostic> {
        self.unknown(&self.parties, "party", bu, item)
    }

    pub fn unknown_part(&self, bu: &Bu, item: &Item) -> Option<Diagnostic> {
        self.unknown(&self.parts, "part", bu, item)
    }

    /// What to say when a business unit has nothing of this name; nothing when it has, or when it could stand in a file that was not read.
    fn unknown(&self, named: &Named, what: &'static str, bu: &Bu, item: &Item) -> Option<Diagnostic> {
        let here = named.get(bu);
        if !self.complete || here.is_some_and(|names| names.contains_key(&item.text)) {
            return None;
        }
        let code = if what == "part" { "unknown-part" } else { "unknown-party" };
        let said = Diagnostic::error(code, item.span, format!("business unit `{bu}` has no {what} `{}`", item.text));
        let elsewhere = named.iter().find(|(_, names)| names.contains_key(&item.text)).map(|(other, _)| format!("`{}` is a {what} of `{other}`", item.text));
        let help = elsewhere.or_else(|| did_you_mean(&item.text, here.into_iter().flatten().map(|(name, _)| name.as_str())));
        Some(match help {
            Some(help) => said.help(help),
            None => said,
        })
    }

    /// What to say when no business unit at all has a party of this name.
    pub fn party_nowhere(&self, item: &Item) -> Option<Diagnostic> {
        if !self.complete || self.parties.values().any(|names| names.contains_key(&item.text)) {
            return None;
        }
        let said = Diagnostic::error("unknown-party", item.span, format!("no business unit has a party `{}`", item.text));
        let meant = did_you_mean(&item.text, self.parties.values().flatten().map(|(name, _)| name.as_str()));
        Some(match meant {
            Some(help) => said.help(help),
            None => said,
        })
    }

    /// What to say when there is no such business unit.
    pub fn unknown_bu(&self, item: &Item) -> Option<Diagnostic> {
        if !self.complete || self.business_units.is_empty() || self.business_units.contains(item.text.as_str()) {
            return None;
        }
        let said = Diagnostic::error("unknown-business-unit", item.span, format!("there is no business unit `{}`", item.text));
        Some(match did_you_mean(&item.text, self.business_units.iter().map(Bu::as_str)) {
            Some(help) => said.help(help),
            None => said,
        })
    }

    /// What to say when a declared name (party kind, role, pool, calendar, class) is not among those known.
    pub fn unknown_name<'a>(what: &str, text: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Option<Diagnostic> {
        let known: Vec<&str> = known.into_iter().collect();
        if known.contains(&text) {
            return None;
        }
        let said = Diagnostic::error("unknown-name", span, format!("there is no {what} `{text}`"));
        Some(match did_you_mean(text, known) {
            Some(help) => said.help(help),
            None => said,
        })
    }
}
