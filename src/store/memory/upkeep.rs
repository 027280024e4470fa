//! Master data, books, timers, outbox and claims in memory, and the check of the whole.
//!
//! Must not know SQL. Tests: `tests/it/store_*.rs`.
#![expect(clippy::unused_async, reason = "one face for all stores")]

use std::collections::BTreeMap;

use crate::base::{Bu, DocId, Name, ObligationId, PersonCode, Quantity, Timestamp};
use crate::domain::{BusinessUnit, Lot, MasterData, Obligation, Person, Rate, TimerKind};

use super::super::chain::{self, Changed};
use super::super::deployment::Deployment;
use super::super::error::StoreError;
use super::super::outbox::{OutboxEntry, Setback};
use super::super::shape::{self, StockKey};
use super::super::verify::{Findings, VerifyOptions, VerifyReport, Watch};
use super::super::views::{Book, DueTimer, MasterCount, MasterReport, TimerOutcome};
use super::{Memory, Tenant, due_order};

type Answer<T> = Result<T, StoreError>;

/// Puts rows in, counting what that changes.
fn upsert<K: Ord, V: PartialEq>(there: &mut BTreeMap<K, V>, key: K, row: V, count: &mut MasterCount) {
    match there.get(&key) {
        None => count.added += 1,
        Some(old) if *old == row => count.unchanged += 1,
        Some(_) => count.changed += 1,
    }
    there.insert(key, row);
}

impl Memory {
    pub(in super::super) async fn upsert_master(&self, data: &MasterData) -> Answer<MasterReport> {
        let mut world = self.world();
        let mut counts = [MasterCount::default(); 8];
        let [units, parties, people, parts, rates, contracts, limits, supersessions] = &mut counts;
        for row in &data.business_units {
            upsert(&mut world.units, row.code.clone(), row.clone(), units);
        }
        for row in &data.parties {
            upsert(&mut world.tenant(&row.bu).parties, row.code.clone(), row.clone(), parties);
        }
        for row in &data.people {
            upsert(&mut world.tenant(&row.bu).people, row.code.clone(), row.clone(), people);
        }
        for row in &data.parts {
            upsert(&mut world.tenant(&row.bu).parts, row.code.clone(), row.clone(), parts);
        }
        for row in &data.rates {
            upsert(&mut world.tenant(&row.bu).rates, (row.part.clone(), row.from), row.rate, rates);
        }
        for row in &data.contracts {
            upsert(&mut world.tenant(&row.bu).contracts, row.code.clone(), row.clone(), contracts);
        }
        for row in &data.limits {
            upsert(&mut world.tenant(&row.bu).limits, shape::limit_key(row), row.clone(), limits);
        }
        for row in &data.supersessions {
            upsert(&mut world.tenant(&row.bu).supersessions, (row.old.clone(), row.new.clone()), row.clone(), supersessions);
        }
        Ok(MasterReport { kinds: super::super::MASTER_KINDS.into_iter().zip(counts).collect() })
    }

    pub(in super::super) async fn master(&self, bu: &Bu) -> Answer<MasterData> {
        let world = self.world();
        let mut data = MasterData { business_units: world.units.get(bu).cloned().into_iter().collect(), ..MasterData::default() };
        if let Some(t) = world.tenants.get(bu) {
            data.parties = t.parties.values().cloned().collect();
            data.people = t.people.values().cloned().collect();
            data.parts = t.parts.values().cloned().collect();
            data.rates = t.rates.iter().map(|((part, from), rate)| Rate { bu: bu.clone(), part: part.clone(), from: *from, rate: *rate }).collect();
            data.contracts = t.contracts.values().cloned().collect();
            data.limits = t.limits.values().cloned().collect();
            data.supersessions = t.supersessions.values().cloned().collect();
        }
        Ok(data)
    }

    pub(in super::super) async fn person(&self, bu: &Bu, code: &PersonCode) -> Answer<Option<Person>> {
        Ok(self.world().tenants.get(bu).and_then(|t| t.people.get(code)).cloned())
    }

    pub(in super::super) async fn business_units(&self) -> Answer<Vec<BusinessUnit>> {
        Ok(self.world().units.values().cloned().collect())
    }

    pub(in super::super) async fn put_book(&self, book: &Book) -> Answer<()> {
        self.world().books.entry(book.hash.clone()).or_insert_with(|| book.clone());
        Ok(())
    }

    pub(in super::super) async fn deploy(&self, book: &Book, deployment: &Deployment) -> Answer<()> {
        self.put_book(book).await?;
        let mut world = self.world();
        match world.deployments.get(&deployment.number) {
            Some(there) if there.hash != deployment.hash => {
                Err(StoreError::Admin("another book was deployed at the same time: look at the plan again".to_owned()))
            }
            Some(_) => Ok(()),
            None => {
                world.deployments.insert(deployment.number, deployment.clone());
                Ok(())
            }
        }
    }

    pub(in super::super) async fn deployments(&self) -> Answer<Vec<Deployment>> {
        Ok(self.world().deployments.values().cloned().collect())
    }

    pub(in super::super) async fn in_use(&self) -> Answer<Option<Deployment>> {
        let world = self.world();
        let events = world.tenants.values().flat_map(|t| t.events.values()).map(|j| &j.record.event);
        let last = events.max_by_key(|e| e.recorded_at);
        Ok(last.map(|e| Deployment { number: 0, hash: e.book_hash.clone(), by: e.actor.clone(), at: e.recorded_at }))
    }

    pub(in super::super) async fn book(&self, hash: &str) -> Answer<Option<Book>> {
        Ok(self.world().books.get(hash).cloned())
    }

    pub(in super::super) async fn due_timers(&self, bu: Option<&Bu>, doc: Option<&DocId>, now: Timestamp, limit: u32) -> Answer<Vec<DueTimer>> {
        let world = self.world();
        let mut due: Vec<DueTimer> = Vec::new();
        for (of, t) in world.tenants.iter().filter(|(of, _)| bu.is_none_or(|bu| *of == bu)) {
            let wanted = t.timers.iter().filter(|((d, _), (timer, _))| timer.due_at <= now && doc.is_none_or(|doc| d == doc));
            due.extend(wanted.map(|((d, _), (timer, _))| DueTimer { bu: of.clone(), doc: d.clone(), timer: timer.clone() }));
        }
        due.sort_by_cached_key(|d| (due_order(&d.doc, &d.timer.id, d.timer.due_at), d.bu.clone()));
        due.truncate(limit as usize);
        Ok(due)
    }

    pub(in super::super) async fn next_due(&self, bu: Option<&Bu>) -> Answer<Option<Timestamp>> {
        let world = self.world();
        Ok(world
            .tenants
            .iter()
            .filter(|(of, _)| bu.is_none_or(|bu| *of == bu))
            .flat_map(|(_, t)| t.timers.values().map(|(t, held)| t.due_at.max(Timestamp::from_micros(*held))))
            .min())
    }

    pub(in super::super) async fn finish_timer(&self, due: &DueTimer, outcome: &TimerOutcome, now: Timestamp) -> Answer<bool> {
        let mut world = self.world();
        let tenant = world.tenant(&due.bu);
        let key = (due.doc.clone(), due.timer.id.clone());
        let Some((timer, held)) = tenant.timers.get_mut(&key) else { return Ok(false) };
        match outcome {
            TimerOutcome::Again { at } => {
                (timer.due_at, *held) = (*at, 0);
                return Ok(true);
            }
            TimerOutcome::Done { outbox } => {
                for (row, ordinal) in outbox.iter().zip(1..) {
                    let id = shape::timer_outbox_id(&due.timer.id, ordinal);
                    tenant.put_out(OutboxEntry { bu: due.bu.clone(), doc: due.doc.clone(), id, recorded_at: now, row: row.clone(), setback: None });
                }
            }
            TimerOutcome::Refused { reason } => {
                if let TimerKind::Start(command) = &timer.kind
                    && let Some(child) = tenant.children.get_mut(&(due.doc.clone(), command.doc.clone()))
                {
                    child.refused = Some(reason.clone());
                }
            }
        }
        tenant.timers.remove(&key);
        Ok(true)
    }

    pub(in super::super) async fn outbox_pending(&self, bu: Option<&Bu>, limit: u32) -> Answer<Vec<OutboxEntry>> {
        let world = self.world();
        let tenants = world.tenants.iter().filter(|(of, _)| bu.is_none_or(|bu| *of == bu));
        let mut pending: Vec<OutboxEntry> = tenants.flat_map(|(_, t)| t.outbox.values().filter(|(.., sent)| !sent).map(|(entry, ..)| entry.clone())).collect();
        pending.sort_by_cached_key(|e| (due_order(&e.doc, &e.id, e.recorded_at), e.bu.clone()));
        pending.truncate(limit as usize);
        Ok(pending)
    }

    pub(in super::super) async fn put_off(&self, entry: &OutboxEntry, setback: &Setback) -> Answer<bool> {
        let mut world = self.world();
        let row = world.tenant(&entry.bu).outbox.get_mut(&(entry.doc.clone(), entry.id.clone()));
        let Some((there, held, _)) = row.filter(|(.., sent)| !sent) else { return Ok(false) };
        *held = 0;
        there.setback = (setback.tries > 0).then(|| setback.clone());
        Ok(true)
    }

    pub(in super::super) async fn mark_sent(&self, entry: &OutboxEntry, _now: Timestamp) -> Answer<bool> {
        let mut world = self.world();
        let row = world.tenant(&entry.bu).outbox.get_mut(&(entry.doc.clone(), entry.id.clone()));
        Ok(row.is_some_and(|(.., sent)| !std::mem::replace(sent, true)))
    }

    pub(in super::super) async fn claim_holders(&self, bu: &Bu, workflow: &Name, keys: &[String]) -> Answer<Vec<(String, DocId)>> {
        let world = self.world();
        let Some(t) = world.tenants.get(bu) else { return Ok(Vec::new()) };
        let mut holders: Vec<(String, DocId)> =
            keys.iter().filter_map(|k| Some((k.clone(), t.claims.get(&(workflow.clone(), k.clone()))?.0.clone()))).collect();
        holders.sort();
        holders.dedup();
        Ok(holders)
    }

    pub(in super::super) async fn verify(&self, _options: &VerifyOptions, _watch: &mut Watch<'_>) -> Answer<VerifyReport> {
        let world = self.world();
        let mut findings = Findings::default();
        for (bu, tenant) in &world.tenants {
            tenant.verify(bu, &mut findings)?;
        }
        Ok(findings.report())
    }
}

impl super::World {
    fn tenant(&mut self, bu: &Bu) -> &mut Tenant {
        self.tenants.entry(bu.clone()).or_default()
    }
}

impl Tenant {
    fn verify(&self, bu: &Bu, findings: &mut Findings) -> Answer<()> {
        let mut sums: BTreeMap<StockKey, Quantity> = BTreeMap::new();
        for r in self.moves.iter() {
            findings.count().moves += 1;
            let m = &r.movement;
            for (position, quantity) in [(&m.from, -m.quantity), (&m.to, m.quantity)] {
                let sum = sums.entry((m.part.clone(), position.clone(), m.lot.clone(), m.serial.clone())).or_default();
                *sum = *sum + quantity;
            }
        }
        sums.retain(|_, q| !q.is_zero());
        let mut parts: BTreeMap<&str, Quantity> = BTreeMap::new();
        for key in sums.keys().chain(self.stock.keys().map(|k| &**k).filter(|k| !sums.contains_key(*k))) {
            let there = self.stock.get(key).copied().unwrap_or_default();
            findings.count().balances += 1;
            findings.balance(bu, &Self::balance(key, there), sums.get(key).copied().unwrap_or_default());
            let sum = parts.entry(key.0.as_str()).or_default();
            *sum = *sum + there;
        }
        parts.into_iter().for_each(|(part, sum)| findings.part(bu, part, sum));
        for key in self.held.iter().filter(|(doc, _)| self.documents.get(*doc).is_none_or(|d| d.ended)).flat_map(|(_, keys)| keys) {
            findings.left_behind(bu, &Self::balance(key, self.stock.get(key).copied().unwrap_or_default()));
        }
        findings.count().numbers += (self.documents.values().filter(|d| !d.number.is_empty()).count() + self.papers.len()) as u64;
        self.verify_obligations(bu, findings);
        self.verify_chains(bu, findings)
    }

    fn verify_obligations(&self, bu: &Bu, findings: &mut Findings) {
        let mut settled: BTreeMap<&ObligationId, Quantity> = BTreeMap::new();
        for change in self.events.values().flat_map(|j| &j.changes) {
            let sum = settled.entry(&change.id).or_default();
            *sum = *sum + change.quantity;
        }
        for (id, (o, _)) in self.obligations.iter() {
            findings.count().obligations += 1;
            findings.obligation(bu, (id, &o.doc), o.quantity, o.open, settled.get(id).copied().unwrap_or_default());
        }
    }

    fn verify_chains(&self, bu: &Bu, findings: &mut Findings) -> Answer<()> {
        let mut lots_of: BTreeMap<(&DocId, u64), Vec<Lot>> = BTreeMap::new();
        self.lots.values().for_each(|(l, r)| lots_of.entry((&l.doc, *r)).or_default().push(Lot::clone(l)));
        let mut owed_of: BTreeMap<(&DocId, u64), Vec<Obligation>> = BTreeMap::new();
        self.obligations.values().for_each(|(o, r)| owed_of.entry((&o.doc, *r)).or_default().push(o.clone()));
        let recorded = |by: &(DocId, u64)| self.events.get(by).map(|j| j.record.event.recorded_at);
        let closings: Vec<_> = self.closings.iter().filter_map(|(until, by)| Some((*until, recorded(by)?))).collect();
        for ((doc, revision), journal) in self.events.iter() {
            let moves: Vec<_> = self.moves_of(doc).filter(|m| m.revision == *revision).map(|m| m.movement.clone()).collect();
            let lots = lots_of.remove(&(doc, *revision)).unwrap_or_default();
            let owed = owed_of.remove(&(doc, *revision)).unwrap_or_default();
            let changed = Changed {
                lots: &lots,
                moves: &moves,
                owed: &owed,
                changes: &journal.changes,
                papers: &journal.papers,
                closes: self.closings.iter().find(|(_, by)| by.0 == *doc && by.1 == *revision).map(|(until, _)| *until),
            };
            let hash = chain::recorded(bu, doc, &journal.record, &journal.content, &changed)?;
            findings.period(bu, doc, &journal.record, &closings);
            let before = self.events.get(&(doc.clone(), revision - 1)).map(|j| &j.record);
            let state = before.map(|r| r.event.to.as_str()).unwrap_or_default();
            findings.step(bu, doc, (*revision, before.map_or(0, |r| r.revision) + 1), (shape::text_of(journal.record.event.from.as_ref()), state));
            let before = before.map(|r| r.hash.as_str()).unwrap_or_default();
            findings.event(bu, doc, *revision, (&journal.record.previous, before), (&journal.record.hash, &hash));
        }
        for (id, document) in self.documents.iter() {
            let last = self.events.get(&(id.clone(), document.revision));
            findings.document(bu, id, last.map(|j| j.content.as_str()), &chain::content(document)?);
            if let Some(last) = last {
                findings.fact(bu, id, ("state", "the state"), document.state.as_str(), last.record.event.to.as_str());
            }
        }
        Ok(())
    }
}
