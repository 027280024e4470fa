//! Master data: a folder of YAML and CSV files, read into one checked [`MasterData`], or into all that is wrong with it.
//!
//! A folder is a whole network. A CSV file holds the rows of one kind, named by the file (`parts.csv`, `parts-wm.csv`); a YAML file
//! names the kinds in it (`parts:` and a list of rows). Kinds: `business_units`, `parties`, `people`, `parts`, `rates`, `contracts`,
//! `limits`, `supersessions`. Both forms mean the same. Everything wrong in all files is reported at once, with its place, and
//! nothing is loaded in part. `bu` may be left out where there is one business unit, or where a person's parties tell it.
//!
//! Pure but for `folder.rs`. Must not know SQL or the flows beyond the names they declare ([`Known`]). Tests: `tests.rs`.

mod csv_file;
mod diff;
mod folder;
mod formats;
mod meaning;
mod names;
mod outline;
mod over;
mod raw;
mod row;
#[cfg(test)]
mod tests;
mod whole;
mod yaml_file;
mod yaml_places;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::suggest::did_you_mean;
use crate::base::{Bu, Diagnostic, FileId, Name, Severity, SourceMap, Span};
use crate::domain::MasterData;
use crate::model::{Named, Vocabulary};

use names::Names;
use raw::{Kind, RawRow};
use row::{Read, Row};

pub use diff::{Change, Changes, FieldChange, KindChanges, diff};
pub use folder::{FolderError, read_folder};
pub use outline::{outline, outline_of};
pub use raw::Item;
pub use yaml_file::{once, tree};
pub use yaml_places::Found;

/// The names that the book declares and master data uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Kinds of parties.
    pub party_kinds: BTreeSet<Name>,
    /// Roles, each with the kind of party at which it is held; nothing for roles that are not held at a party.
    pub roles: BTreeMap<Name, Option<Name>>,
    /// Pools.
    pub pools: BTreeSet<Name>,
    /// Calendars.
    pub calendars: BTreeSet<Name>,
}

impl Known {
    /// The names of a checked book.
    #[must_use]
    pub fn of(vocabulary: &Vocabulary) -> Self {
        let names = |all: &[Named]| all.iter().map(|n| n.name.clone()).collect();
        Self {
            party_kinds: names(&vocabulary.party_kinds),
            roles: vocabulary.roles.iter().map(|(name, role)| (name.clone(), role.at.clone())).collect(),
            pools: names(&vocabulary.pools),
            calendars: vocabulary.calendars.keys().cloned().collect(),
        }
    }
}

/// A network without errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The network.
    pub data: MasterData,
    /// What probably was not meant so.
    pub warnings: Vec<Diagnostic>,
}

/// Reads and checks all CSV and YAML files of a source map.
///
/// # Errors
/// Everything that is wrong, warnings included, in the order of files and places.
pub fn check(sources: &SourceMap, known: &Known) -> Result<Checked, Vec<Diagnostic>> {
    check_over(sources, known, &MasterData::default())
}

/// The same, where the files may be a part of a network: without a business unit of their own, their rows are added to those
/// that are there, or stand in their place, and may name what is there.
///
/// # Errors
/// Everything that is wrong, warnings included, in the order of files and places.
pub fn check_over(sources: &SourceMap, known: &Known, there: &MasterData) -> Result<Checked, Vec<Diagnostic>> {
    let mut out = Vec::new();
    let (rows, complete) = read(sources, &mut out);
    let mut names = Names::gather(&rows, complete);
    let part = names.business_units.is_empty() && !there.business_units.is_empty();
    if part {
        names.also(there);
    }
    if let Some(row) = rows.first().filter(|_| complete && names.business_units.is_empty()) {
        out.push(Diagnostic::error("missing-value", row.span, "the network has no business unit").help("add `business_units` with a `code` and a `name`"));
    }
    let data = understand(&rows, &names, known, &mut out);
    out.sort_by_key(Diagnostic::span);
    if out.iter().any(|d| d.severity == Severity::Error) {
        return Err(out);
    }
    Ok(Checked { data: if part { over::laid_over(there, data) } else { data }, warnings: out })
}

/// All rows of all files, and whether all files could be read.
fn read(sources: &SourceMap, out: &mut Vec<Diagnostic>) -> (Vec<RawRow>, bool) {
    let mut rows = Vec::new();
    let mut complete = true;
    for (id, file) in sources.files() {
        let (stem, extension) = file_name(&file.name);
        let (more, whole) = match extension.as_str() {
            "csv" => match Kind::named(stem.split(['-', '.']).next().unwrap_or_default()) {
                Some(kind) => csv_file::read(id, &file.text, kind, out),
                None => {
                    out.push(unknown_file(id, stem));
                    (Vec::new(), false)
                }
            },
            "yaml" | "yml" => yaml_file::read(id, &file.text, out),
            _ => (Vec::new(), true),
        };
        rows.extend(more);
        complete &= whole;
    }
    (rows, complete)
}

fn file_name(path: &str) -> (&str, String) {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    (stem, extension.to_lowercase())
}

fn unknown_file(id: FileId, stem: &str) -> Diagnostic {
    let said = Diagnostic::error("unknown-kind", Span::new(id, 0, 0), format!("master data has no `{stem}`"));
    match did_you_mean(stem, Kind::ALL.map(Kind::name)) {
        Some(help) => said.help(format!("a CSV file is named by its kind; {help}")),
        None => said,
    }
}

fn understand(rows: &[RawRow], names: &Names, known: &Known, out: &mut Vec<Diagnostic>) -> MasterData {
    let mut each = Each { rows, names, known, out };
    let units = each.of(Kind::BusinessUnits, |_, _| Some(Bu::from("")), meaning::business_unit);
    let parties = each.of(Kind::Parties, meaning::untold, meaning::party);
    let people = each.of(Kind::People, meaning::bu_of_person, meaning::person);
    let parts = each.of(Kind::Parts, meaning::untold, meaning::part);
    let rates = each.of(Kind::Rates, meaning::untold, meaning::rate);
    let contracts = each.of(Kind::Contracts, meaning::untold, meaning::contract);
    let limits = each.of(Kind::Limits, meaning::untold, meaning::limit);
    let steps = each.of(Kind::Supersessions, meaning::untold, meaning::supersession);
    whole::once(&units, "code", |u| u.code.clone(), |u| format!("business unit `{}`", u.code), out);
    whole::once(&parties, "code", |p| (p.bu.clone(), p.code.clone()), |p| format!("party `{}` of `{}`", p.code, p.bu), out);
    whole::once(&people, "code", |p| (p.bu.clone(), p.code.clone()), |p| format!("person `{}` of `{}`", p.code, p.bu), out);
    whole::once(&parts, "code", |p| (p.bu.clone(), p.code.clone()), |p| format!("part `{}` of `{}`", p.code, p.bu), out);
    whole::once(&rates, "from", |r| (r.bu.clone(), r.part.clone(), r.from), |r| format!("the rate of `{}` from {}", r.part, r.from), out);
    whole::once(&contracts, "code", |c| (c.bu.clone(), c.code.clone()), |c| format!("contract `{}` of `{}`", c.code, c.bu), out);
    whole::once(&limits, "part", |l| (l.bu.clone(), l.scope.clone()), |_| "the limit for this scope".to_owned(), out);
    let step = |s: &crate::domain::Supersession| format!("the step from `{}` to `{}`", s.old, s.new);
    whole::once(&steps, "new", |s| (s.bu.clone(), s.old.clone(), s.new.clone()), step, out);
    whole::supersession_cycles(&steps, out);
    whole::parent_cycles(&parties, out);
    whole::one_registration(&parties, out);
    MasterData {
        business_units: sorted(units, |u| u.code.clone()),
        parties: sorted(parties, |p| (p.bu.clone(), p.code.clone())),
        people: sorted(people, |p| (p.bu.clone(), p.code.clone())),
        parts: sorted(parts, |p| (p.bu.clone(), p.code.clone())),
        rates: sorted(rates, |r| (r.bu.clone(), r.part.clone(), r.from)),
        contracts: sorted(contracts, |c| (c.bu.clone(), c.code.clone())),
        limits: sorted(limits, |l| (l.bu.clone(), l.scope.clone())),
        supersessions: sorted(steps, |s| (s.bu.clone(), s.old.clone(), s.new.clone())),
    }
}

struct Each<'a, 'o> {
    rows: &'a [RawRow],
    names: &'a Names,
    known: &'a Known,
    out: &'o mut Vec<Diagnostic>,
}

impl<'a> Each<'a, '_> {
    /// The meaning of all rows of a kind that have one.
    fn of<T>(&mut self, kind: Kind, told: fn(&RawRow, &Names) -> Option<Bu>, meaning: fn(&mut Row<'_>) -> Option<T>) -> Vec<Read<'a, T>> {
        let rows: &'a [RawRow] = self.rows;
        let mut found = Vec::new();
        for raw in rows.iter().filter(|r| r.kind == kind) {
            let mut row = Row::open(raw, self.names, self.known, self.out, told);
            found.extend(meaning(&mut row).map(|value| Read { value, row: raw }));
        }
        found
    }
}

fn sorted<T, K: Ord>(rows: Vec<Read<'_, T>>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut values: Vec<T> = rows.into_iter().map(|r| r.value).collect();
    values.sort_by_key(key);
    values
}
