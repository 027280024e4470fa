//! Committing in memory: everything is checked first, then everything is written.
//!
//! Must not know SQL. Tests: `tests/it/store_*.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{DocId, ObligationId, PartCode, Quantity, SerialNo};
use crate::domain::{Claim, Decision, Move, Paper, Position, Timer};

use super::super::chain;
use super::super::error::{CommitError, Conflict, StoreError};
use super::super::outbox::OutboxEntry;
use super::super::shape::{self, StockKey};
use super::super::take;
use super::super::views::{Committed, EventRecord, MoveRecord};
use super::{Journal, Memory, Started, Tenant};

/// Who names a parent takes what that one holds: the same words as of the databases.
const NOT_STARTED: &str = "units that are held for another document are not taken, nor put; fire a transition of that document";

/// Balances as they will be; what is not in it stays as it is.
#[derive(Default)]
pub(super) struct Posting {
    pub stock: BTreeMap<StockKey, Quantity>,
    places: BTreeMap<(PartCode, SerialNo), Option<StockKey>>,
}

impl Memory {
    #[expect(clippy::unused_async, reason = "one face for all stores")]
    pub(in super::super) async fn commit(&self, d: &Decision) -> Result<Committed, CommitError> {
        let mut world = self.world();
        let chained = !world.unchained;
        let tenant = world.tenants.entry(d.bu.clone()).or_default();
        tenant.check_document(d)?;
        tenant.check_obligations(d)?;
        tenant.check_papers(d)?;
        let posting = tenant.check_moves(d)?;
        let journal = if chained { journal(d)? } else { unchained(d) };
        Ok(tenant.write(d, posting, journal))
    }
}

fn journal(d: &Decision) -> Result<Journal, StoreError> {
    let document = shape::kept(&d.document);
    let content = chain::content(&document)?;
    let hash = chain::decided(d, &content)?.hash;
    let record = EventRecord { revision: document.revision, event: d.event.clone(), previous: d.chain.clone(), hash };
    Ok(Journal { record, content, changes: d.obligation_changes.clone(), papers: chain::papers(&d.papers) })
}

/// An event without what only verification asks for.
fn unchained(d: &Decision) -> Journal {
    let record = EventRecord { revision: d.document.revision, event: d.event.clone(), previous: String::new(), hash: String::new() };
    Journal { record, content: String::new(), changes: Vec::new(), papers: Vec::new() }
}

impl Tenant {
    fn check_document(&self, d: &Decision) -> Result<(), CommitError> {
        let doc = &d.document;
        if let Some((holder, revision)) = self.keys.get(&d.event.key) {
            let body_hash = self.events.get(&(holder.clone(), *revision)).map(|j| j.record.event.body_hash.clone()).unwrap_or_default();
            return Err(CommitError::DuplicateKey { doc: holder.clone(), revision: *revision, body_hash });
        }
        let there = self.documents.get(&doc.id);
        let before = there.map_or(0, |there| there.revision);
        if there.is_some() == d.opens || doc.revision != before + 1 {
            return Err(Conflict::Revision.into());
        }
        if let Some(parent) = doc.parent.as_ref().filter(|_| d.opens)
            && !self.children.contains_key(&(parent.clone(), doc.id.clone()))
        {
            return Err(StoreError::Malformed(NOT_STARTED.to_owned()).into());
        }
        if let Some(twice) = d.children.iter().find(|child| self.children.contains_key(&(doc.id.clone(), child.doc.clone()))) {
            return Err(StoreError::Malformed(format!("document {} is started already", twice.doc)).into());
        }
        let chain = self.events.get(&(doc.id.clone(), before)).map(|j| j.record.hash.as_str()).unwrap_or_default();
        if chain != d.chain {
            return Err(Conflict::Revision.into());
        }
        if d.fired_timer.as_ref().is_some_and(|t| !self.timers.contains_key(&(t.doc.clone(), t.id.clone()))) {
            return Err(Conflict::Timer.into());
        }
        let closed = self.closings.last_key_value().map(|(until, _)| *until);
        if closed > Some(d.event.effective_at) || d.books_closed.is_some_and(|until| until > d.event.effective_at || closed >= Some(until)) {
            return Err(Conflict::Books.into());
        }
        for claim in &d.claims {
            if let Some((holder, held)) = self.claims.get(&(doc.workflow.clone(), claim.key.clone()))
                && *holder != doc.id
            {
                return Err(CommitError::Claimed { key: held.key.clone(), holder: holder.clone() });
            }
        }
        Ok(())
    }

    pub(super) fn check_obligations(&self, d: &Decision) -> Result<(), CommitError> {
        let mut open: BTreeMap<&ObligationId, Quantity> = BTreeMap::new();
        for change in &d.obligation_changes {
            let found = d.owed.iter().find(|o| o.id == change.id).or_else(|| self.obligations.get(&change.id).map(|(o, _)| o));
            let left = open.entry(&change.id).or_insert_with(|| found.map(|o| o.open).unwrap_or_default());
            if !change.quantity.is_positive() || change.quantity > *left {
                return Err(Conflict::Obligation.into());
            }
            *left = *left - change.quantity;
        }
        if d.owed.iter().any(|o| self.obligations.contains_key(&o.id)) {
            return Err(Conflict::Obligation.into());
        }
        Ok(())
    }

    fn check_papers(&self, d: &Decision) -> Result<(), CommitError> {
        let open = |number: &String| self.papers.iter().any(|p| p.doc == d.document.id && p.number == *number && p.open);
        if d.papers_closed.iter().all(open) { Ok(()) } else { Err(Conflict::Paper.into()) }
    }

    pub(super) fn check_moves(&self, d: &Decision) -> Result<Posting, CommitError> {
        if d.lots.iter().any(|l| self.lots.contains_key(&l.id)) {
            return Err(Conflict::Lot.into());
        }
        let mut posting = Posting::default();
        for m in &d.moves {
            let known = self.lots.contains_key(&m.lot) || d.lots.iter().any(|l| l.id == m.lot);
            if !known || !m.quantity.is_positive() {
                return Err(StoreError::Malformed(format!("a move of {} names no lot that is there, or no quantity", m.part)).into());
            }
            self.leave(m, &mut posting)?;
            self.arrive(m, &mut posting)?;
        }
        Ok(posting)
    }

    fn leave(&self, m: &Move, posting: &mut Posting) -> Result<(), CommitError> {
        let left = self.quantity(&key(m, &m.from), posting) - m.quantity;
        if left.is_negative() && m.from.party.is_some() {
            return Err(if m.serial.is_some() { Conflict::Serial } else { Conflict::Balance }.into());
        }
        posting.stock.insert(key(m, &m.from), left);
        if let (Some(serial), true) = (&m.serial, m.from.party.is_some()) {
            posting.places.insert((m.part.clone(), serial.clone()), None);
        }
        Ok(())
    }

    fn arrive(&self, m: &Move, posting: &mut Posting) -> Result<(), CommitError> {
        let key = key(m, &m.to);
        if let (Some(serial), true) = (&m.serial, m.to.party.is_some()) {
            let unit = (m.part.clone(), serial.clone());
            let live = posting.places.get(&unit).map_or_else(|| self.places.contains_key(&unit), Option::is_some);
            if live || m.quantity != Quantity::ONE {
                return Err(Conflict::Serial.into());
            }
            posting.places.insert(unit, Some(key.clone()));
        }
        let there = self.quantity(&key, posting) + m.quantity;
        posting.stock.insert(key, there);
        Ok(())
    }

    fn quantity(&self, key: &StockKey, posting: &Posting) -> Quantity {
        posting.stock.get(key).or_else(|| self.stock.get(key)).copied().unwrap_or_default()
    }

    fn write(&mut self, d: &Decision, posting: Posting, journal: Journal) -> Committed {
        let mut document = shape::kept(&d.document).into_owned();
        let mut before: BTreeMap<&str, u64> = BTreeMap::new();
        for (series, count) in shape::series(d) {
            let last = self.series.entry(series.to_owned()).or_insert(0);
            before.insert(series, *last);
            *last += u64::from(count);
        }
        let number = |take| shape::number(take, before.get(take.series.as_str()).copied().unwrap_or_default());
        document.number = match &d.number {
            Some(take) => number(take),
            None => self.documents.get(&document.id).map(|doc| doc.number.clone()).unwrap_or_default(),
        };
        let papers: Vec<String> = d.papers.iter().map(|p| number(&p.number)).collect();
        let committed = Committed { number: document.number.clone(), revision: document.revision, papers };
        self.write_papers(d, &committed.papers);
        self.write_moves(d, posting);
        self.write_rest(d);
        self.keys.insert(d.event.key.clone(), (document.id.clone(), document.revision));
        self.events.insert((document.id.clone(), document.revision), Arc::new(journal));
        self.documents.insert(document.id.clone(), Arc::new(document));
        committed
    }

    fn write_papers(&mut self, d: &Decision, numbers: &[String]) {
        if !d.papers_closed.is_empty() {
            for paper in self.papers.iter_mut().filter(|p| p.doc == d.document.id && p.open) {
                paper.open = !d.papers_closed.contains(&paper.number);
            }
        }
        for (draft, number) in d.papers.iter().zip(numbers) {
            self.papers.push(Paper {
                number: number.clone(),
                kind: draft.kind.clone(),
                doc: d.document.id.clone(),
                revision: d.document.revision,
                issued_at: d.event.effective_at,
                from: draft.from.clone(),
                to: draft.to.clone(),
                reverse_of: draft.reverse_of.and_then(|i| numbers.get(i as usize)).cloned(),
                open: draft.reverse_of.is_some(),
            });
        }
    }

    fn write_moves(&mut self, d: &Decision, posting: Posting) {
        let (doc, revision) = (&d.document.id, d.document.revision);
        self.take_lots(d);
        for (movement, ordinal) in d.moves.iter().cloned().zip(1..) {
            self.moves_of.entry(doc.clone()).or_default().push(self.moves.len());
            let (recorded_at, effective_at) = (d.event.recorded_at, d.event.effective_at);
            self.moves.push(Arc::new(MoveRecord { doc: doc.clone(), revision, ordinal, recorded_at, effective_at, movement }));
        }
        self.post(posting);
    }

    /// Puts new lots in.
    pub(super) fn take_lots(&mut self, d: &Decision) {
        if !d.lots.is_empty() {
            self.lots.extend(d.lots.iter().map(|l| (l.id.clone(), (Arc::new(l.clone()), d.document.revision))));
        }
    }

    /// Puts balances in the place of those that were.
    pub(super) fn post(&mut self, posting: Posting) {
        for (key, quantity) in posting.stock {
            let holder = key.1.holder.as_ref().map(|h| h.doc.clone());
            if quantity.is_zero() {
                self.stock.remove(&key);
                if let Some(held) = holder.as_ref().and_then(|doc| self.held.get_mut(doc)) {
                    held.remove(&key);
                }
            } else {
                let key = Arc::new(key);
                self.stock.insert(Arc::clone(&key), quantity);
                if let Some(doc) = holder {
                    self.held.entry(doc).or_default().insert(key);
                }
            }
        }
        for (unit, place) in posting.places {
            match place {
                Some(key) => self.places.insert(unit, Arc::new(key)),
                None => self.places.remove(&unit),
            };
        }
    }

    fn write_rest(&mut self, d: &Decision) {
        let doc = &d.document.id;
        for o in &d.owed {
            self.obligations.insert(o.id.clone(), (o.clone(), d.document.revision));
        }
        for change in &d.obligation_changes {
            if let Some((o, _)) = self.obligations.get_mut(&change.id) {
                o.open = o.open - change.quantity;
            }
        }
        if let Some(fired) = &d.fired_timer {
            self.timers.remove(&(fired.doc.clone(), fired.id.clone()));
        }
        if d.enters_state {
            let stays = |(of, _): &(DocId, String), t: &Timer| of != doc || t.kind.outlasts_the_state();
            if self.timers.iter().any(|(key, (t, _))| !stays(key, t)) {
                self.timers.retain(|key, (t, _)| stays(key, t));
            }
            let kept = |holder: &DocId, claim: &Claim| holder != doc || !claim.until.contains(&d.document.state);
            if self.claims.values().any(|(holder, claim)| !kept(holder, claim)) {
                self.claims.retain(|_, (holder, claim)| kept(holder, claim));
            }
        }
        for timer in &d.timers {
            self.timers.insert((doc.clone(), timer.id.clone()), (timer.clone(), take::born_held(timer, d.event.recorded_at)));
        }
        for claim in &d.claims {
            self.claims.insert((d.document.workflow.clone(), claim.key.clone()), (doc.clone(), claim.clone()));
        }
        for (row, ordinal) in d.outbox.iter().zip(1..) {
            let entry = OutboxEntry {
                bu: d.bu.clone(),
                doc: doc.clone(),
                id: shape::outbox_id(d.document.revision, ordinal),
                recorded_at: d.event.recorded_at,
                row: row.clone(),
                setback: None,
            };
            self.put_out(entry);
        }
        if let Some(until) = d.books_closed {
            self.closings.insert(until, (doc.clone(), d.document.revision));
        }
        for child in &d.children {
            self.children.insert((doc.clone(), child.doc.clone()), Started { workflow: child.workflow.clone(), refused: None });
        }
    }

    pub(super) fn put_out(&mut self, entry: OutboxEntry) {
        self.outbox.insert((entry.doc.clone(), entry.id.clone()), (entry, 0, false));
    }
}

fn key(m: &Move, position: &Position) -> StockKey {
    (m.part.clone(), position.clone(), m.lot.clone(), m.serial.clone())
}

/// Where the parts of a started document stand for its parent: the parent's id, if it has one.
pub(super) fn holders(doc: &DocId, parent: Option<&DocId>) -> Vec<DocId> {
    std::iter::once(doc.clone()).chain(parent.cloned()).collect()
}
