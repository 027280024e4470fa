//! Loading from memory: the same snapshot as the SQL of `store/load.rs` gives.
//!
//! Must not know SQL. Tests: `tests/it/store_*.rs` compare it with the other stores.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{ContractCode, Date, DocId, LotId, Money, PartCode, PartyCode, Quantity};
use crate::domain::{Child, Document, Inbound, LoadRequest, Lot, PartyValue, PastEvent, Rate, Snapshot};

use super::super::error::StoreError;
use super::super::shape::{self, Mention, StockKey};
use super::commit::holders;
use super::{Journal, Memory, Started, Tenant};

/// What one request is about.
struct Wanted<'d> {
    docs: Vec<DocId>,
    parts: BTreeSet<PartCode>,
    parties: BTreeSet<PartyCode>,
    mentioned: BTreeSet<Mention<'d>>,
}

impl Memory {
    #[expect(clippy::unused_async, reason = "one face for all stores")]
    pub(in super::super) async fn load(&self, r: &LoadRequest) -> Result<Snapshot, StoreError> {
        let world = self.world();
        let nothing = Tenant::default();
        Ok(world.tenants.get(&r.bu).unwrap_or(&nothing).snapshot(r))
    }
}

impl Tenant {
    fn snapshot(&self, r: &LoadRequest) -> Snapshot {
        let document = self.documents.get(&r.doc).map(|d| &**d);
        let wanted = self.wanted(r, document);
        let mut s = Snapshot { document: document.cloned(), ..Snapshot::default() };
        self.load_history(r, &mut s);
        self.load_master(r, &wanted, &mut s);
        self.load_stock(r, &wanted, &mut s);
        self.load_parties(r, &wanted, &mut s);
        self.load_promises(r, &wanted, &mut s);
        shape::tidy(&mut s);
        s
    }

    fn wanted<'d>(&self, r: &LoadRequest, document: Option<&'d Document>) -> Wanted<'d> {
        let mentioned = document.map(shape::mentions).unwrap_or_default();
        let of = |kind: &'static str| mentioned.iter().filter(move |m| m.kind == kind).map(|m| m.code);
        let mut parts: BTreeSet<PartCode> = r.parts.iter().cloned().chain(of("part").map(PartCode::from)).collect();
        let parties = r.parties.iter().cloned().chain(of("party").map(PartyCode::from)).collect();
        if r.needs.network {
            self.close_over_supersessions(&mut parts);
        }
        let docs = holders(&r.doc, document.map_or(r.parent.as_ref(), |d| d.parent.as_ref()));
        Wanted { docs, parts, parties, mentioned }
    }

    fn close_over_supersessions(&self, parts: &mut BTreeSet<PartCode>) {
        loop {
            let before = parts.len();
            for s in self.supersessions.values() {
                if parts.contains(&s.old) || parts.contains(&s.new) {
                    parts.extend([s.old.clone(), s.new.clone()]);
                }
            }
            if parts.len() == before {
                return;
            }
        }
    }

    /// The events of a document, oldest first.
    pub(super) fn journal_of(&self, doc: &DocId) -> impl DoubleEndedIterator<Item = (&(DocId, u64), &Journal)> {
        self.events.range((doc.clone(), 0)..=(doc.clone(), u64::MAX)).map(|(at, journal)| (at, &**journal))
    }

    /// Who has done what on a document.
    pub(super) fn past(&self, doc: &DocId) -> Vec<PastEvent> {
        let past = |(at, journal): (&(DocId, u64), &Journal)| {
            let e = &journal.record.event;
            PastEvent { revision: at.1, transition: e.transition.clone(), actor: e.actor.clone(), effective_at: e.effective_at }
        };
        self.journal_of(doc).map(past).collect()
    }

    fn load_history(&self, r: &LoadRequest, s: &mut Snapshot) {
        s.events = self.past(&r.doc);
        if let Some((_, last)) = self.journal_of(&r.doc).next_back() {
            s.chain.clone_from(&last.record.hash);
        }
        s.repeat = self.keys.get(&r.key).and_then(|(doc, revision)| {
            let journal = self.events.get(&(doc.clone(), *revision))?;
            Some((doc.clone(), *revision, journal.record.event.body_hash.clone()))
        });
        s.closing = self.closing();
        s.papers = self.papers.iter().filter(|p| p.doc == r.doc).cloned().collect();
        s.children = self.children_of(&r.doc).map(|((_, doc), c)| self.child(doc, c)).collect();
        if r.needs.past_moves {
            s.past_moves = self.moves_of(&r.doc).map(|m| m.movement.clone()).collect();
        }
    }

    /// The documents that one has started.
    pub(super) fn children_of<'a>(&'a self, parent: &'a DocId) -> impl Iterator<Item = (&'a (DocId, DocId), &'a Started)> {
        self.children.range((parent.clone(), DocId::from(""))..).take_while(move |((p, _), _)| p == parent)
    }

    pub(super) fn child(&self, doc: &DocId, started: &Started) -> Child {
        let opened = self.documents.get(doc);
        Child {
            doc: doc.clone(),
            workflow: started.workflow.clone(),
            state: opened.map(|d| d.state.clone()),
            ended: opened.map_or(started.refused.is_some(), |d| d.ended),
        }
    }

    fn load_master(&self, r: &LoadRequest, w: &Wanted<'_>, s: &mut Snapshot) {
        s.person = r.person.as_ref().and_then(|p| self.people.get(p)).cloned();
        s.parts = w.parts.iter().filter_map(|p| self.parts.get(p)).cloned().collect();
        let contracts: BTreeSet<&str> =
            r.contracts.iter().map(AsRef::as_ref).chain(w.mentioned.iter().filter(|m| m.kind == "contract").map(|m| m.code)).collect();
        s.contracts = contracts.into_iter().filter_map(|code| self.contracts.get(&ContractCode::from(code))).cloned().collect();
        let (first, last) = (Date(jiff::civil::Date::MIN), Date(jiff::civil::Date::MAX));
        let rate = |((part, from), rate): (&(PartCode, Date), &Money)| Rate { bu: r.bu.clone(), part: part.clone(), from: *from, rate: *rate };
        s.rates = w.parts.iter().flat_map(|part| self.rates.range((part.clone(), first)..=(part.clone(), last))).map(rate).collect();
        if r.needs.network {
            s.supersessions = self.supersessions.values().filter(|x| w.parts.contains(&x.old) || w.parts.contains(&x.new)).cloned().collect();
        }
        if r.needs.limits {
            let classes: BTreeSet<&str> = s.parts.iter().map(|p| p.class.as_str()).collect();
            let holds = |scope: &crate::domain::LimitScope| {
                scope.party.as_ref().is_none_or(|p| w.parties.contains(p))
                    && scope.part.as_ref().is_none_or(|p| w.parts.contains(p))
                    && scope.class.as_deref().is_none_or(|c| classes.contains(c))
            };
            // The key begins with the party and the part, empty where it holds for all: of thousands of limits few are looked at.
            let parties = std::iter::once("").chain(w.parties.iter().map(AsRef::as_ref));
            let parts = || std::iter::once("").chain(w.parts.iter().map(AsRef::as_ref));
            for (party, part) in parties.flat_map(|party| parts().map(move |part| (party, part))) {
                let from = [party, part, "", ""].map(str::to_owned);
                let rows = self.limits.range(from..).take_while(|(key, _)| key[0] == party && key[1] == part);
                s.limits.extend(rows.map(|(_, limit)| limit).filter(|l| holds(&l.scope)).cloned());
            }
        }
    }

    fn load_stock(&self, r: &LoadRequest, w: &Wanted<'_>, s: &mut Snapshot) {
        for key in w.docs.iter().filter_map(|doc| self.held.get(doc)).flatten() {
            s.balances.extend(self.stock.get(key).map(|q| Self::balance(key, *q)));
        }
        let n = &r.needs;
        if n.on_hand || n.network || !n.bins.is_empty() {
            let wanted = |(_, p, ..): &StockKey| {
                let Some(party) = &p.party else { return false };
                let near = w.parties.contains(party);
                (near && n.on_hand) || ((near || n.network) && p.holder.is_none() && n.bins.contains(&p.bin))
            };
            for part in &w.parts {
                s.balances.extend(self.stock_of(part).filter(|(key, _)| wanted(key)).map(|(key, q)| Self::balance(key, q)));
            }
        }
        if !r.serials.is_empty() {
            let sought = self.places.iter().filter(|((_, serial), _)| r.serials.contains(serial));
            s.serials = sought.map(|(_, key)| Self::balance(key, Quantity::ONE)).collect();
        }
        let lots: BTreeSet<&LotId> = s.balances.iter().chain(&s.serials).map(|b| &b.lot).chain(s.past_moves.iter().map(|m| &m.lot)).collect();
        s.lots = lots.into_iter().filter_map(|l| self.lots.get(l)).map(|(lot, _)| Lot::clone(lot)).collect();
    }

    /// The stock of a part, everywhere.
    pub(super) fn stock_of<'a>(&'a self, part: &'a PartCode) -> impl Iterator<Item = (&'a StockKey, Quantity)> + 'a {
        let lowest = crate::domain::Position { party: None, bin: "".into(), holder: None, condition: "".into(), owner: "".into(), pool: "".into() };
        let from = (part.clone(), lowest, LotId::from(""), None);
        self.stock.range::<StockKey, _>(from..).take_while(move |(key, _)| key.0 == *part).map(|(key, q)| (&**key, *q))
    }

    fn load_parties(&self, r: &LoadRequest, w: &Wanted<'_>, s: &mut Snapshot) {
        let near: BTreeSet<&PartyCode> = w.parties.iter().collect();
        let offering: BTreeSet<&PartyCode> =
            if r.needs.network { s.balances.iter().filter_map(|b| b.position.party.as_ref()).collect() } else { BTreeSet::new() };
        let parents: BTreeSet<&PartyCode> = near.iter().filter_map(|p| self.parties.get(p.as_str())?.parent.as_ref()).collect();
        s.parties = self
            .parties
            .values()
            .filter(|p| {
                near.contains(&p.code) || parents.contains(&p.code) || offering.contains(&p.code) || p.parent.as_ref().is_some_and(|x| near.contains(x))
            })
            .cloned()
            .collect();
    }

    fn load_promises(&self, r: &LoadRequest, w: &Wanted<'_>, s: &mut Snapshot) {
        s.obligations = self
            .obligations
            .values()
            .map(|(o, _)| o)
            .filter(|o| o.open.is_positive() && (o.doc == r.doc || (r.needs.obligations && w.parties.contains(&o.debtor))))
            .map(|o| self.numbered(o))
            .collect();
        let promised = || self.documents.values().filter(|d| !d.ended).flat_map(|d| &d.lines).filter_map(|l| l.inbound.as_ref());
        if r.needs.inbound {
            let mut sums: BTreeMap<_, Inbound> = BTreeMap::new();
            for i in promised().filter(|i| w.parties.contains(&i.party) && w.parts.contains(&i.part)) {
                let key = (i.party.clone(), i.part.clone(), i.pool.clone());
                sums.entry(key).and_modify(|sum| sum.quantity = sum.quantity + i.quantity).or_insert_with(|| i.clone());
            }
            s.inbound = sums.into_values().collect();
        }
        if !r.needs.value_at.is_empty() {
            let valued = |party: &PartyCode| w.parties.contains(party) && self.parties.get(party).is_some_and(|p| r.needs.value_at.contains(&p.kind));
            let mut sums: BTreeMap<_, i128> = BTreeMap::new();
            let mut add = |key, part: &PartCode, quantity: Quantity| {
                let rate = self.rate_on(part, r.effective_on).unwrap_or_default();
                *sums.entry(key).or_default() += i128::from(rate.minor()) * i128::from(quantity.milli());
            };
            for (key, quantity) in self.stock.iter() {
                let (part, p, ..) = &**key;
                if let Some(party) = p.party.as_ref().filter(|party| valued(party)) {
                    add((party.clone(), Some(p.bin.clone()), Some(p.condition.clone()), Some(p.pool.clone())), part, *quantity);
                }
            }
            for i in promised().filter(|i| valued(&i.party)) {
                add((i.party.clone(), None, None, i.pool.clone()), &i.part, i.quantity);
            }
            s.party_values =
                sums.into_iter().map(|((party, bin, condition, pool), sum)| PartyValue { party, bin, condition, pool, value: shape::value(sum) }).collect();
        }
    }
}
