//! Master data as they were before the change, kept by what a decision looks up, so that an old decision can be made again
//! in the world as it has become.
//!
//! Must not know what is decided. Tests: `tests/it/change_whatif.rs`.

use std::collections::HashMap;

use crate::base::{Bu, ContractCode, PartCode, PartyCode, PersonCode};
use crate::domain::{Contract, Limit, MasterData, Part, Party, Person, Rate, Snapshot, Supersession};

/// Rows by business unit and code.
type By<K, V> = HashMap<(Bu, K), V>;

/// Master data of before the change.
#[derive(Default)]
pub(super) struct Old {
    parts: By<PartCode, Part>,
    parties: By<PartyCode, Party>,
    people: By<PersonCode, Person>,
    contracts: By<ContractCode, Contract>,
    rates: By<PartCode, Vec<Rate>>,
    /// By part; those of all parts stand under none.
    limits: By<Option<PartCode>, Vec<Limit>>,
    supersessions: HashMap<Bu, Vec<Supersession>>,
}

impl Old {
    pub fn of(data: &MasterData) -> Self {
        let mut old = Self {
            parts: data.parts.iter().map(|p| ((p.bu.clone(), p.code.clone()), p.clone())).collect(),
            parties: data.parties.iter().map(|p| ((p.bu.clone(), p.code.clone()), p.clone())).collect(),
            people: data.people.iter().map(|p| ((p.bu.clone(), p.code.clone()), p.clone())).collect(),
            contracts: data.contracts.iter().map(|c| ((c.bu.clone(), c.code.clone()), c.clone())).collect(),
            ..Self::default()
        };
        for rate in &data.rates {
            old.rates.entry((rate.bu.clone(), rate.part.clone())).or_default().push(rate.clone());
        }
        for limit in &data.limits {
            old.limits.entry((limit.bu.clone(), limit.scope.part.clone())).or_default().push(limit.clone());
        }
        for row in &data.supersessions {
            old.supersessions.entry(row.bu.clone()).or_default().push(row.clone());
        }
        old
    }

    /// Puts what was in place of what is, wherever the snapshot has it.
    pub fn put_back(&self, bu: &Bu, snapshot: &mut Snapshot) {
        let under = || bu.clone();
        let parts: Vec<PartCode> = snapshot.parts.iter().map(|p| p.code.clone()).collect();
        let parties: Vec<PartyCode> = snapshot.parties.iter().map(|p| p.code.clone()).collect();
        let of_part = |part: &PartCode| (under(), part.clone());
        let scopes = std::iter::once(None).chain(parts.iter().cloned().map(Some));
        let here = |limit: &&Limit| limit.scope.party.as_ref().is_none_or(|p| parties.contains(p));
        snapshot.limits = scopes.filter_map(|part| self.limits.get(&(under(), part))).flatten().filter(here).cloned().collect();
        snapshot.rates = parts.iter().filter_map(|part| self.rates.get(&of_part(part))).flatten().cloned().collect();
        snapshot.parts = parts.iter().filter_map(|part| self.parts.get(&of_part(part))).cloned().collect();
        snapshot.parties = parties.into_iter().filter_map(|code| self.parties.get(&(under(), code))).cloned().collect();
        let contracts = std::mem::take(&mut snapshot.contracts);
        snapshot.contracts = contracts.into_iter().filter_map(|c| self.contracts.get(&(under(), c.code))).cloned().collect();
        let chains = self.supersessions.get(bu).into_iter().flatten();
        snapshot.supersessions = chains.filter(|x| parts.contains(&x.old) || parts.contains(&x.new)).cloned().collect();
        if let Some(person) = &snapshot.person {
            snapshot.person = self.people.get(&(under(), person.code.clone())).cloned();
        }
    }
}
