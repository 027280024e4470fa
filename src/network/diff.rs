//! What a new reading of master data changes in what is already loaded, row by row and field by field.
//!
//! Rows that are loaded and no longer stand in the files are reported and kept: history refers to them. Pure. Tests: `tests.rs`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::base::Bu;
use crate::domain::{LimitScope, MasterData};

use super::raw::Kind;

/// One field of a row that is no longer as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The column.
    pub field: String,
    /// What it was, as text.
    pub old: String,
    /// What it becomes, as text.
    pub new: String,
}

/// One row that is no longer as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The row's key: business unit and code, or what stands for a code.
    pub row: String,
    /// Its changed fields.
    pub fields: Vec<FieldChange>,
}

/// What changes in one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindChanges {
    /// The kind, as files are named.
    pub kind: String,
    /// New rows.
    pub added: Vec<String>,
    /// Changed rows.
    pub changed: Vec<Change>,
    /// Rows that are loaded, and kept, and no longer stand in the files.
    pub absent: Vec<String>,
    /// How many rows stay as they are.
    pub unchanged: usize,
}

/// What a new reading changes, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// All kinds, also those in which nothing changes.
    pub kinds: Vec<KindChanges>,
}

impl Changes {
    /// True when loading would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.iter().all(|k| k.added.is_empty() && k.changed.is_empty())
    }
}

impl fmt::Display for Changes {
    /// One line for each kind that has rows, and under it what is new, changed or no longer in the files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for k in &self.kinds {
            let counts = [(k.added.len(), "new"), (k.changed.len(), "changed"), (k.unchanged, "as before"), (k.absent.len(), "no longer in the files, kept")];
            let said: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
            if said.is_empty() {
                continue;
            }
            writeln!(f, "{}: {}", k.kind, said.join(", "))?;
            for change in &k.changed {
                let fields: Vec<String> = change.fields.iter().map(|c| format!("{} `{}` -> `{}`", c.field, c.old, c.new)).collect();
                writeln!(f, "    {}: {}", change.row, fields.join(", "))?;
            }
            for row in &k.absent {
                writeln!(f, "    {row}: no longer in the files")?;
            }
        }
        Ok(())
    }
}

/// Compares what is loaded with what was read.
#[must_use]
pub fn diff(old: &MasterData, new: &MasterData) -> Changes {
    let key = |bu: &Bu, code: &dyn std::fmt::Display| format!("{bu} {code}");
    let kinds = vec![
        kind(Kind::BusinessUnits, &old.business_units, &new.business_units, |u| u.code.to_string()),
        kind(Kind::Parties, &old.parties, &new.parties, |p| key(&p.bu, &p.code)),
        kind(Kind::People, &old.people, &new.people, |p| key(&p.bu, &p.code)),
        kind(Kind::Parts, &old.parts, &new.parts, |p| key(&p.bu, &p.code)),
        kind(Kind::Rates, &old.rates, &new.rates, |r| format!("{} {} from {}", r.bu, r.part, r.from)),
        kind(Kind::Contracts, &old.contracts, &new.contracts, |c| key(&c.bu, &c.code)),
        kind(Kind::Limits, &old.limits, &new.limits, |l| key(&l.bu, &scope(&l.scope))),
        kind(Kind::Supersessions, &old.supersessions, &new.supersessions, |s| format!("{} {} by {}", s.bu, s.old, s.new)),
    ];
    Changes { kinds }
}

fn scope(scope: &LimitScope) -> String {
    let named = [
        scope.part.as_ref().map(|p| format!("part {p}")),
        scope.class.as_ref().map(|c| format!("class {c}")),
        scope.party.as_ref().map(|p| format!("at {p}")),
        scope.pool.as_ref().map(|p| format!("in {p}")),
    ];
    let words: Vec<String> = named.into_iter().flatten().collect();
    if words.is_empty() { "everything".to_owned() } else { words.join(" ") }
}

fn kind<T: Serialize + PartialEq>(kind: Kind, old: &[T], new: &[T], key: impl Fn(&T) -> String) -> KindChanges {
    let before: BTreeMap<String, &T> = old.iter().map(|row| (key(row), row)).collect();
    let after: BTreeMap<String, &T> = new.iter().map(|row| (key(row), row)).collect();
    let absent = before.keys().filter(|k| !after.contains_key(*k)).cloned().collect();
    let mut changes = KindChanges { kind: kind.name().to_owned(), added: Vec::new(), changed: Vec::new(), absent, unchanged: 0 };
    for (name, row) in after {
        match before.get(&name) {
            None => changes.added.push(name),
            Some(same) if *same == row => changes.unchanged += 1,
            Some(other) => changes.changed.push(Change { row: name, fields: fields(*other, row) }),
        }
    }
    changes
}

fn fields<T: Serialize>(old: &T, new: &T) -> Vec<FieldChange> {
    let (Ok(Json::Object(old)), Ok(Json::Object(new))) = (serde_json::to_value(old), serde_json::to_value(new)) else {
        return Vec::new();
    };
    let changed = new.into_iter().filter_map(|(field, new)| {
        let old = old.get(&field).cloned().unwrap_or_default();
        (old != new).then(|| FieldChange { field, old: words(&old), new: words(&new) })
    });
    changed.collect()
}

fn words(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_owned(),
        Json::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Json::Object(fields) => fields.iter().filter(|(_, v)| !v.is_null()).map(|(name, v)| format!("{name} {}", words(v))).collect::<Vec<_>>().join(" "),
        Json::Number(number) => number.to_string(),
    }
}
