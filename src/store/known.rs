//! Master data that this process has read, by business unit, as long as the unit still has the version it was read at.
//!
//! Every writing of master data gives its unit another version in the same transaction, and each load tells the version
//! beside what it reads: so what is taken from here is what the load itself would have read. Nothing of the ledger is kept,
//! and not more than [`MOST`]. Must not know SQL. Tests: below, `tests/it/store_known.rs`.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Bu, ContractCode, PartCode, PartyCode, PersonCode};
use crate::domain::{Contract, Limit, LoadRequest, Part, Party, Person, Rate, Snapshot, Supersession};

use super::shape;

/// How much is kept of all business units together, a row counting four times what an empty answer does; then it starts over.
/// That is some tens of megabytes.
const MOST: usize = 400_000;
const ROW: usize = 4;

/// What is known of a business unit at one version. An empty answer is known too.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    people: HashMap<PersonCode, Option<Person>>,
    parts: HashMap<PartCode, (Option<Part>, Vec<Rate>)>,
    /// The supersessions from and to a part.
    chains: HashMap<PartCode, Vec<Supersession>>,
    parties: HashMap<PartyCode, Option<Party>>,
    children: HashMap<PartyCode, Vec<PartyCode>>,
    contracts: HashMap<ContractCode, Option<Contract>>,
    /// The limits of a party, or of all, for a part, or for all, whatever their class and pool.
    limits: HashMap<PartyCode, HashMap<PartCode, Vec<Limit>>>,
    size: usize,
}

/// The keys that a load asks for.
pub(super) struct Wanted<'r> {
    request: &'r LoadRequest,
    parts: BTreeSet<PartCode>,
    parties: BTreeSet<PartyCode>,
    contracts: BTreeSet<ContractCode>,
    /// Parties that only offer something.
    offering: BTreeSet<PartyCode>,
}

/// The keys of which nothing is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    pub person: Option<PersonCode>,
    pub parts: BTreeSet<PartCode>,
    pub chains: BTreeSet<PartCode>,
    /// Parties with their parents and children.
    pub parties: BTreeSet<PartyCode>,
    /// Parties without.
    pub alone: BTreeSet<PartyCode>,
    pub contracts: BTreeSet<ContractCode>,
    /// Of each of these parties, the limits for each of these parts.
    pub limits: (BTreeSet<PartyCode>, BTreeSet<PartCode>),
}

/// What was read for missing keys, in any order.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub person: Option<Person>,
    pub parts: Vec<Part>,
    pub rates: Vec<Rate>,
    pub supersessions: Vec<Supersession>,
    pub parties: Vec<Party>,
    pub contracts: Vec<Contract>,
    pub limits: Vec<Limit>,
}

impl<'r> Wanted<'r> {
    /// What a request and the ledger's part of its answer name.
    pub(super) fn new(request: &'r LoadRequest, s: &Snapshot) -> Self {
        let mut wanted = Self {
            request,
            parts: request.parts.iter().cloned().collect(),
            parties: request.parties.iter().cloned().collect(),
            contracts: request.contracts.iter().cloned().collect(),
            offering: BTreeSet::new(),
        };
        for mention in s.document.iter().flat_map(shape::mentions) {
            match mention.kind {
                "part" => drop(wanted.parts.insert(mention.code.into())),
                "party" => drop(wanted.parties.insert(mention.code.into())),
                _ => drop(wanted.contracts.insert(mention.code.into())),
            }
        }
        if request.needs.network {
            wanted.offering = s.balances.iter().filter_map(|b| b.position.party.clone()).collect();
        }
        wanted
    }
}

impl Missing {
    /// True where everything is known.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What one load has read itself, over what the process knows.
struct Layers<'f>([&'f Facts; 2]);

impl<'f> Layers<'f> {
    fn get<K: Eq + Hash + 'f, V: 'f>(&self, of: impl Fn(&'f Facts) -> &'f HashMap<K, V>, key: &K) -> Option<&'f V> {
        self.0.iter().find_map(|facts| of(facts).get(key))
    }

    /// Puts all that is wanted into a snapshot, and tells what is not known.
    fn fill(&self, wanted: &Wanted<'_>, s: &mut Snapshot) -> Missing {
        let mut missing = Missing::default();
        s.person = None;
        if let Some(code) = &wanted.request.person {
            match self.get(|f| &f.people, code) {
                Some(person) => s.person.clone_from(person),
                None => missing.person = Some(code.clone()),
            }
        }
        s.contracts.clear();
        for code in &wanted.contracts {
            match self.get(|f| &f.contracts, code) {
                Some(contract) => s.contracts.extend(contract.clone()),
                None => drop(missing.contracts.insert(code.clone())),
            }
        }
        let closed = wanted.request.needs.network.then(|| self.close_over_supersessions(wanted, s, &mut missing));
        let parts = closed.as_ref().unwrap_or(&wanted.parts);
        self.fill_parts(parts, s, &mut missing);
        self.fill_parties(wanted, s, &mut missing);
        s.limits.clear();
        if wanted.request.needs.limits {
            self.fill_limits((&wanted.parties, parts), s, &mut missing);
        }
        missing
    }

    /// The wanted parts and all that supersede them or are superseded by them, however far.
    fn close_over_supersessions(&self, wanted: &Wanted<'_>, s: &mut Snapshot, missing: &mut Missing) -> BTreeSet<PartCode> {
        s.supersessions.clear();
        let mut parts = wanted.parts.clone();
        let mut open: Vec<PartCode> = parts.iter().cloned().collect();
        while let Some(part) = open.pop() {
            let Some(chain) = self.get(|f| &f.chains, &part) else {
                missing.chains.insert(part);
                continue;
            };
            for x in chain {
                // From the part that goes, each is met once.
                if x.old == part {
                    s.supersessions.push(x.clone());
                }
                let other = if x.old == part { &x.new } else { &x.old };
                if parts.insert(other.clone()) {
                    open.push(other.clone());
                }
            }
        }
        parts
    }

    fn fill_parts(&self, parts: &BTreeSet<PartCode>, s: &mut Snapshot, missing: &mut Missing) {
        s.parts.clear();
        s.rates.clear();
        for code in parts {
            match self.get(|f| &f.parts, code) {
                Some((part, rates)) => {
                    s.parts.extend(part.clone());
                    s.rates.extend(rates.iter().cloned());
                }
                None => drop(missing.parts.insert(code.clone())),
            }
        }
    }

    fn fill_parties(&self, wanted: &Wanted<'_>, s: &mut Snapshot, missing: &mut Missing) {
        let mut codes: BTreeSet<&PartyCode> = wanted.offering.iter().collect();
        for code in &wanted.parties {
            match (self.get(|f| &f.parties, code), self.get(|f| &f.children, code)) {
                (Some(party), Some(children)) => {
                    codes.insert(code);
                    codes.extend(party.iter().filter_map(|p| p.parent.as_ref()).chain(children));
                }
                _ => drop(missing.parties.insert(code.clone())),
            }
        }
        s.parties.clear();
        for code in codes {
            match self.get(|f| &f.parties, code) {
                Some(party) => s.parties.extend(party.clone()),
                None => drop(missing.alone.insert(code.clone())),
            }
        }
    }

    fn fill_limits(&self, (parties, parts): (&BTreeSet<PartyCode>, &BTreeSet<PartCode>), s: &mut Snapshot, missing: &mut Missing) {
        let (all_parties, all_parts) = (PartyCode::from(""), PartCode::from(""));
        let classes: BTreeSet<&str> = s.parts.iter().map(|p| p.class.as_str()).collect();
        for party in parties.iter().chain([&all_parties]) {
            for part in parts.iter().chain([&all_parts]) {
                match self.0.iter().find_map(|facts| facts.limits.get(party)?.get(part)) {
                    Some(limits) => s.limits.extend(limits.iter().filter(|l| l.scope.class.as_deref().is_none_or(|c| classes.contains(c))).cloned()),
                    None => {
                        missing.limits.0.insert(party.clone());
                        missing.limits.1.insert(part.clone());
                    }
                }
            }
        }
    }
}

/// Puts down for each key that nothing is there, until something is.
fn none_yet<K: Clone + Eq + Hash, V: Default>(of: &mut HashMap<K, V>, keys: impl IntoIterator<Item = K>) {
    for key in keys {
        of.insert(key, V::default());
    }
}

impl Facts {
    /// What was asked, and what there was of it.
    pub(super) fn of(asked: Missing, found: Found) -> Self {
        let mut f = Self { size: found.size(), ..Self::default() };
        f.people.extend(asked.person.map(|code| (code, found.person)));
        none_yet(&mut f.parts, asked.parts);
        for part in found.parts {
            let code = part.code.clone();
            f.parts.entry(code).or_default().0 = Some(part);
        }
        for rate in found.rates {
            f.parts.entry(rate.part.clone()).or_default().1.push(rate);
        }
        none_yet(&mut f.chains, asked.chains);
        for x in found.supersessions {
            // All that hangs together was read: every end has all of its supersessions here.
            if x.new != x.old {
                f.chains.entry(x.new.clone()).or_default().push(x.clone());
            }
            f.chains.entry(x.old.clone()).or_default().push(x);
        }
        none_yet(&mut f.children, asked.parties.iter().cloned());
        // Of the parties with parents, the parents were asked for too.
        let parents: Vec<PartyCode> = found.parties.iter().filter(|p| asked.parties.contains(&p.code)).filter_map(|p| p.parent.clone()).collect();
        none_yet(&mut f.parties, asked.parties.into_iter().chain(asked.alone).chain(parents));
        for party in found.parties {
            if let Some(children) = party.parent.as_ref().and_then(|parent| f.children.get_mut(parent)) {
                children.push(party.code.clone());
            }
            f.parties.insert(party.code.clone(), Some(party));
        }
        none_yet(&mut f.contracts, asked.contracts);
        for contract in found.contracts {
            f.contracts.insert(contract.code.clone(), Some(contract));
        }
        for party in asked.limits.0 {
            none_yet(f.limits.entry(party).or_default(), asked.limits.1.iter().cloned());
        }
        for limit in found.limits {
            let (party, part) = (limit.scope.party.clone().unwrap_or_else(|| "".into()), limit.scope.part.clone().unwrap_or_else(|| "".into()));
            f.limits.entry(party).or_default().entry(part).or_default().push(limit);
        }
        f.size += f.people.len() + f.parts.len() + f.chains.len() + f.parties.len() + f.children.len() + f.contracts.len();
        f.size += f.limits.values().map(HashMap::len).sum::<usize>();
        f
    }

    fn add(&mut self, more: Self) {
        self.people.extend(more.people);
        self.parts.extend(more.parts);
        self.chains.extend(more.chains);
        self.parties.extend(more.parties);
        self.children.extend(more.children);
        self.contracts.extend(more.contracts);
        for (party, limits) in more.limits {
            self.limits.entry(party).or_default().extend(limits);
        }
        self.size += more.size;
    }
}

impl Found {
    fn size(&self) -> usize {
        let rows = usize::from(self.person.is_some()) + self.parts.len() + self.rates.len() + 2 * self.supersessions.len();
        ROW * (rows + self.parties.len() + self.contracts.len() + self.limits.len())
    }
}

/// What a process knows of all business units. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<Mutex<HashMap<Bu, (String, Facts)>>>);

impl Known {
    /// Puts what is wanted into a snapshot that was read at a version, out of what its load has read since and of what is
    /// known at that version; tells what is neither.
    pub(super) fn fill(&self, version: &str, own: &Facts, wanted: &Wanted<'_>, s: &mut Snapshot) -> Missing {
        let units = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = units.get(&wanted.request.bu).filter(|(at, _)| at == version && !version.is_empty());
        Layers([own, shared.map_or(own, |(_, facts)| facts)]).fill(wanted, s)
    }

    /// Keeps what was read at a version, for the loads to come.
    pub(super) fn learn(&self, bu: &Bu, version: &str, facts: Facts, own: &mut Facts) {
        let mut units = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if units.values().map(|(_, facts)| facts.size).sum::<usize>() + facts.size > MOST {
            units.clear();
        }
        own.add(facts.clone());
        if version.is_empty() {
            return;
        }
        let (at, known) = units.entry(bu.clone()).or_default();
        if at != version {
            (*at, *known) = (version.to_owned(), Facts::default());
        }
        known.add(facts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Needs;

    fn request(parts: &[&str]) -> LoadRequest {
        LoadRequest {
            parts: parts.iter().map(|p| PartCode::from(*p)).collect(),
            needs: Needs { network: true, ..Needs::default() },
            ..LoadRequest::about(&"ac".into(), &"D1".into(), "k".into(), "2026-04-01".parse().unwrap())
        }
    }

    fn supersession(old: &str, new: &str) -> Supersession {
        Supersession { bu: "ac".into(), old: old.into(), new: new.into(), both_ways: false, from: "2026-01-01".parse().unwrap() }
    }

    /// What a load at a version lacks, and the chain of supersessions that it finds.
    fn asked(known: &Known, version: &str, parts: &[&str]) -> (Missing, Vec<String>) {
        let (request, mut s) = (request(parts), Snapshot::default());
        let missing = known.fill(version, &Facts::default(), &Wanted::new(&request, &s), &mut s);
        (missing, s.supersessions.iter().map(|x| format!("{} {}", x.old, x.new)).collect())
    }

    fn codes(of: &[&str]) -> BTreeSet<PartCode> {
        of.iter().map(|p| PartCode::from(*p)).collect()
    }

    #[test]
    fn what_hangs_together_is_known_together_at_its_version_only() {
        let known = Known::default();
        let (missing, _) = asked(&known, "v1", &["B"]);
        assert_eq!((&missing.chains, &missing.parts), (&codes(&["B"]), &codes(&["B"])));
        let found = Found { supersessions: vec![supersession("A", "B"), supersession("B", "C"), supersession("C", "A")], ..Found::default() };
        known.learn(&"ac".into(), "v1", Facts::of(missing, found), &mut Facts::default());
        let (missing, chain) = asked(&known, "v1", &["C"]);
        assert_eq!((missing.chains, missing.parts), (codes(&[]), codes(&["A", "C"])), "the parts themselves were not read");
        assert_eq!(BTreeSet::from_iter(chain), ["A B", "B C", "C A"].map(str::to_owned).into());
        assert_eq!(asked(&known, "v2", &["C"]).0.chains, codes(&["C"]), "at another version nothing is known");
        assert_eq!(asked(&known, "", &["C"]).0.chains, codes(&["C"]), "nor where there is none");
    }

    #[test]
    fn it_starts_over_where_it_would_be_too_much() {
        let known = Known::default();
        let learn = |bu: &str, part: &str, size| {
            let asked = Missing { chains: codes(&[part]), parts: codes(&[part]), ..Missing::default() };
            let mut own = Facts::default();
            known.learn(&bu.into(), "v1", Facts { size, ..Facts::of(asked, Found::default()) }, &mut own);
            assert!(own.chains.contains_key(part), "the load that read it keeps it");
        };
        learn("ac", "A", MOST / 2);
        learn("fr", "A", MOST / 2);
        assert!(asked(&known, "v1", &["A"]).0.is_empty());
        learn("fr", "B", 1);
        assert_eq!(asked(&known, "v1", &["A"]).0.chains, codes(&["A"]));
    }
}
