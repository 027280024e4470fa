//! A second set of books, kept from what was decided alone, and held against the store after every step.
//!
//! Must not know how commands are sent. Tests: `tests/it/simulate.rs` spoils a store, and it is found at once.

use std::collections::{BTreeMap, BTreeSet};

use super::super::replay::ReplayError;
use crate::base::{Bu, DocId, LotId, Name, ObligationId, PartCode, Quantity, SerialNo, Timestamp};
use crate::domain::{Decision, Position};
use crate::store::{ObligationFilter, StockFilter, Store};

/// Where units of a lot stand, and how many.
type Rows = BTreeMap<(Position, Option<SerialNo>), Quantity>;

/// A document as it was left.
struct Left {
    revision: u64,
    state: Name,
    ended: bool,
}

/// An obligation, and what has become of it.
struct Owed {
    quantity: Quantity,
    open: Quantity,
}

/// The second books.
pub struct Auditor<'s> {
    store: &'s Store,
    bu: Bu,
    stock: BTreeMap<(PartCode, LotId), Rows>,
    /// Where each unit with a number stands.
    units: BTreeMap<(PartCode, SerialNo), Position>,
    /// Lots of which something is held for a document.
    held: BTreeMap<DocId, BTreeSet<(PartCode, LotId)>>,
    owed: BTreeMap<ObligationId, Owed>,
    documents: BTreeMap<DocId, Left>,
    closed: Option<Timestamp>,
    /// What was touched since the books were last compared.
    lots: BTreeSet<(PartCode, LotId)>,
    serials: BTreeSet<(PartCode, SerialNo)>,
    docs: BTreeSet<DocId>,
    debts: BTreeSet<DocId>,
}

type Held<T> = Result<T, ReplayError>;

fn broken<T>(what: impl Into<String>) -> Held<T> {
    Err(ReplayError::Broken(what.into()))
}

impl<'s> Auditor<'s> {
    /// Empty books.
    pub fn new(store: &'s Store, bu: Bu) -> Self {
        Self {
            store,
            bu,
            stock: BTreeMap::new(),
            units: BTreeMap::new(),
            held: BTreeMap::new(),
            owed: BTreeMap::new(),
            documents: BTreeMap::new(),
            closed: None,
            lots: BTreeSet::new(),
            serials: BTreeSet::new(),
            docs: BTreeSet::new(),
            debts: BTreeSet::new(),
        }
    }

    /// The revision in which a document was left.
    pub fn revision(&self, doc: &DocId) -> u64 {
        self.documents.get(doc).map_or(0, |left| left.revision)
    }

    /// Posts what was committed.
    ///
    /// # Errors
    /// It breaks what must hold.
    pub fn post(&mut self, d: &Decision) -> Held<()> {
        let doc = &d.document.id;
        let before = self.documents.get(doc);
        if before.map_or(0, |left| left.revision) + 1 != d.document.revision {
            return broken(format!("{doc} goes from revision {} to {}", self.revision(doc), d.document.revision));
        }
        if before.is_some_and(|left| left.ended && left.state != d.document.state) {
            return broken(format!("{doc} has ended, and goes on to {}", d.document.state));
        }
        if self.closed.is_some_and(|until| d.event.effective_at < until) {
            return broken(format!("{doc} {} happens at {}, whose books are closed", d.event.transition, d.event.effective_at));
        }
        self.closed = self.closed.max(d.books_closed);
        self.post_moves(d)?;
        self.post_obligations(d)?;
        let left = Left { revision: d.document.revision, state: d.document.state.clone(), ended: d.document.ended };
        if left.ended && self.held.get(doc).is_some_and(|held| !held.is_empty()) {
            return broken(format!("{doc} has ended, and clearing bins hold parts of it: {:?}", self.held.get(doc)));
        }
        self.documents.insert(doc.clone(), left);
        self.docs.insert(doc.clone());
        Ok(())
    }

    fn post_moves(&mut self, d: &Decision) -> Held<()> {
        for m in &d.moves {
            let lot = (m.part.clone(), m.lot.clone());
            if let (Some(serial), Some(_)) = (&m.serial, &m.from.party)
                && self.units.remove(&(m.part.clone(), serial.clone())).as_ref() != Some(&m.from)
            {
                return broken(format!("{} takes unit {serial} of {} from where it is not", d.document.id, m.part));
            }
            for (position, quantity) in [(&m.from, -m.quantity), (&m.to, m.quantity)] {
                let rows = self.stock.entry(lot.clone()).or_default();
                let key = (position.clone(), m.serial.clone());
                let sum = rows.get(&key).copied().unwrap_or_default() + quantity;
                if sum.is_negative() && position.party.is_some() {
                    return broken(format!("{} takes {} of {} and leaves {sum}", d.document.id, m.quantity, m.part));
                }
                if sum.is_zero() {
                    rows.remove(&key)
                } else {
                    rows.insert(key, sum)
                };
                if let Some(holder) = &position.holder {
                    let any = rows.keys().any(|(p, _)| p.holder.as_ref().is_some_and(|h| h.doc == holder.doc));
                    let held = self.held.entry(holder.doc.clone()).or_default();
                    if any {
                        held.insert(lot.clone())
                    } else {
                        held.remove(&lot)
                    };
                }
            }
            if let (Some(serial), Some(_)) = (&m.serial, &m.to.party) {
                let unit = (m.part.clone(), serial.clone());
                if self.units.insert(unit.clone(), m.to.clone()).is_some() {
                    return broken(format!("unit {serial} of {} is in two places", m.part));
                }
                self.serials.insert(unit);
            }
            self.lots.insert(lot);
        }
        Ok(())
    }

    fn post_obligations(&mut self, d: &Decision) -> Held<()> {
        for o in &d.owed {
            self.owed.insert(o.id.clone(), Owed { quantity: o.quantity, open: o.quantity });
            self.debts.insert(o.doc.clone());
        }
        for change in &d.obligation_changes {
            let Some(owed) = self.owed.get_mut(&change.id) else { return broken(format!("{} settles {}, which nobody owes", d.document.id, change.id)) };
            owed.open = owed.open - change.quantity;
            if owed.open.is_negative() {
                return broken(format!("more of {} is settled than the {} that were owed", change.id, owed.quantity));
            }
            self.debts.insert(d.document.id.clone());
        }
        Ok(())
    }

    /// Holds what was touched since against the store.
    ///
    /// # Errors
    /// They differ; a fault of the store.
    pub async fn compare(&mut self) -> Held<()> {
        for lot in std::mem::take(&mut self.lots) {
            self.compare_lot(&lot).await?;
        }
        for (part, serial) in std::mem::take(&mut self.serials) {
            let filter = StockFilter { part: Some(part.clone()), serial: Some(serial.clone()), ..StockFilter::new(self.bu.clone()) };
            let there = self.store.stock(&filter).await?.len();
            let should = usize::from(self.units.contains_key(&(part.clone(), serial.clone())));
            if there != should {
                return broken(format!("unit {serial} of {part} stands in {there} places instead of {should}"));
            }
        }
        for doc in std::mem::take(&mut self.docs) {
            self.compare_document(&doc).await?;
        }
        for doc in std::mem::take(&mut self.debts) {
            for o in self.store.obligations(&ObligationFilter { doc: Some(doc), ..ObligationFilter::new(self.bu.clone()) }).await? {
                let should = self.owed.get(&o.id).map(|owed| owed.open);
                if should != Some(o.open) {
                    return broken(format!("of obligation {} of {} {} is open instead of {should:?}", o.id, o.doc, o.open));
                }
            }
        }
        Ok(())
    }

    async fn compare_lot(&self, (part, lot): &(PartCode, LotId)) -> Held<()> {
        let filter = StockFilter { part: Some(part.clone()), lot: Some(lot.clone()), outside: true, ..StockFilter::new(self.bu.clone()) };
        let rows = self.store.stock(&filter).await?;
        let none = Rows::new();
        let own = self.stock.get(&(part.clone(), lot.clone())).unwrap_or(&none);
        let mut sum = Quantity::ZERO;
        let mut seen = 0;
        for b in rows.iter().map(|row| &row.balance).filter(|b| !b.quantity.is_zero()) {
            sum = sum + b.quantity;
            seen += 1;
            let should = own.get(&(b.position.clone(), b.serial.clone())).copied().unwrap_or_default();
            if should != b.quantity {
                return broken(format!("{} of part {part}, lot {lot} stand at {:?} instead of {should}", b.quantity, b.position));
            }
        }
        if seen != own.len() {
            return broken(format!("part {part}, lot {lot} stands in {seen} places instead of {}", own.len()));
        }
        if sum.is_zero() { Ok(()) } else { broken(format!("the books of part {part}, lot {lot} add up to {sum} instead of 0")) }
    }

    async fn compare_document(&self, doc: &DocId) -> Held<()> {
        let (Some(there), Some(left)) = (self.store.document(&self.bu, doc).await?, self.documents.get(doc)) else {
            return broken(format!("{doc} is gone"));
        };
        if (there.revision, &there.state, there.ended) != (left.revision, &left.state, left.ended) {
            return broken(format!("{doc} is {} at revision {} instead of {} at {}", there.state, there.revision, left.state, left.revision));
        }
        if left.ended {
            let filter = StockFilter { holder: Some(doc.clone()), ..StockFilter::new(self.bu.clone()) };
            if let Some(row) = self.store.stock(&filter).await?.iter().find(|row| !row.balance.quantity.is_zero()) {
                return broken(format!("{doc} has ended, and {} holds {} of {}", row.balance.position.bin, row.balance.quantity, row.balance.part));
            }
        }
        Ok(())
    }

    /// Holds everything against the store.
    ///
    /// # Errors
    /// They differ; a fault of the store.
    pub async fn compare_all(&mut self) -> Held<()> {
        self.lots.extend(self.stock.keys().cloned());
        self.docs.extend(self.documents.keys().cloned());
        self.compare().await
    }
}
