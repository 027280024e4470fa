//! A part of a network laid over a whole one: rows of the same key stand in the place of those that are there.
//!
//! Must not know files. Tests: `tests.rs`.

use std::collections::BTreeMap;

use crate::domain::MasterData;

/// The whole network with the rows of the part.
pub(super) fn laid_over(there: &MasterData, part: MasterData) -> MasterData {
    MasterData {
        business_units: rows(&there.business_units, part.business_units, |u| u.code.clone()),
        parties: rows(&there.parties, part.parties, |p| (p.bu.clone(), p.code.clone())),
        people: rows(&there.people, part.people, |p| (p.bu.clone(), p.code.clone())),
        parts: rows(&there.parts, part.parts, |p| (p.bu.clone(), p.code.clone())),
        rates: rows(&there.rates, part.rates, |r| (r.bu.clone(), r.part.clone(), r.from)),
        contracts: rows(&there.contracts, part.contracts, |c| (c.bu.clone(), c.code.clone())),
        limits: rows(&there.limits, part.limits, |l| (l.bu.clone(), l.scope.clone())),
        supersessions: rows(&there.supersessions, part.supersessions, |s| (s.bu.clone(), s.old.clone(), s.new.clone())),
    }
}

/// Rows by key, in its order.
fn rows<T: Clone, K: Ord>(there: &[T], part: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut all: BTreeMap<K, T> = there.iter().map(|row| (key(row), row.clone())).collect();
    all.extend(part.into_iter().map(|row| (key(&row), row)));
    all.into_values().collect()
}
