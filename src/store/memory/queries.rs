//! Lists and views from memory.
//!
//! Must not know SQL. Tests: `tests/it/store_*.rs` compare it with the other stores.
#![expect(clippy::unused_async, reason = "one face for all stores")]

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::base::{Bu, DocId, Quantity};
use crate::domain::{Balance, Closing, Document, Lot, Obligation, Paper, PastEvent, Sodo, Value};

use super::super::error::{AsOf, StoreError};
use super::super::shape::{self, StockKey};
use super::super::views::{
    ChildRecord, Counts, DocumentFilter, DocumentHead, EventRecord, LotFilter, MoveFilter, MoveRecord, ObligationFilter, PaperFilter, StockFilter, StockRow,
    StockTotal,
};
use super::{Memory, Tenant};

type Answer<T> = Result<T, StoreError>;

fn head(d: &Document) -> DocumentHead {
    DocumentHead {
        id: d.id.clone(),
        number: d.number.clone(),
        workflow: d.workflow.clone(),
        version: d.version,
        state: d.state.clone(),
        ended: d.ended,
        revision: d.revision,
        opened_by: d.opened_by.clone(),
        opened_at: d.opened_at,
        entered_at: d.entered_at,
        parent: d.parent.clone(),
    }
}

/// Whether a wanted SAP reference is the one found; items count only where they are given.
fn same_sodo(wanted: &Sodo, found: &Sodo) -> bool {
    wanted.so == found.so
        && wanted.delivery == found.delivery
        && (wanted.so_item == 0 || wanted.so_item == found.so_item)
        && (wanted.delivery_item == 0 || wanted.delivery_item == found.delivery_item)
}

impl Memory {
    fn read<T: Default>(&self, bu: &Bu, ask: impl FnOnce(&Tenant) -> T) -> T {
        self.world().tenants.get(bu).map(ask).unwrap_or_default()
    }

    pub(in super::super) async fn document(&self, bu: &Bu, id: &DocId) -> Answer<Option<Document>> {
        Ok(self.read(bu, |t| t.documents.get(id).map(|d| Document::clone(d))))
    }

    pub(in super::super) async fn documents_by_number(&self, bu: &Bu, number: &str) -> Answer<Vec<DocumentHead>> {
        Ok(self.read(bu, |t| t.documents.values().filter(|d| d.number == number).map(|d| head(d)).collect()))
    }

    pub(in super::super) async fn documents(&self, f: &DocumentFilter) -> Answer<Vec<DocumentHead>> {
        let names = |d: &Document, kind: &str, code: &str| shape::mentions(d).iter().any(|m| m.kind == kind && m.code == code);
        let takes = |d: &Document| {
            f.workflow.as_ref().is_none_or(|w| d.workflow == *w)
                && f.state.as_ref().is_none_or(|s| d.state == *s)
                && f.text.as_ref().is_none_or(|(field, text)| matches!(d.field(field.as_str()), Value::Text(found) if **found == **text))
                && (!f.open_only || !d.ended)
                && f.party.as_ref().is_none_or(|p| names(d, "party", p.as_str()))
                && f.part.as_ref().is_none_or(|p| names(d, "part", p.as_str()))
                && f.after.as_ref().is_none_or(|after| (d.opened_at, &d.id) < (after.0, &after.1))
        };
        let mut found: Vec<DocumentHead> = self.read(&f.bu, |t| t.documents.values().filter(|d| takes(d)).map(|d| head(d)).collect());
        found.sort_by_key(|d| Reverse((d.opened_at, d.id.clone())));
        found.truncate(f.limit as usize);
        Ok(found)
    }

    pub(in super::super) async fn events(&self, bu: &Bu, doc: &DocId) -> Answer<Vec<EventRecord>> {
        Ok(self.read(bu, |t| t.journal_of(doc).map(|(_, j)| j.record.clone()).collect()))
    }

    pub(in super::super) async fn pasts(&self, bu: &Bu, docs: &[DocId]) -> Answer<BTreeMap<DocId, Vec<PastEvent>>> {
        Ok(self.read(bu, |t| docs.iter().map(|doc| (doc.clone(), t.past(doc))).filter(|(_, past)| !past.is_empty()).collect()))
    }

    pub(in super::super) async fn moves(&self, f: &MoveFilter) -> Answer<Vec<MoveRecord>> {
        let takes = |r: &&MoveRecord| {
            let m = &r.movement;
            f.doc.as_ref().is_none_or(|d| r.doc == *d)
                && f.part.as_ref().is_none_or(|p| m.part == *p)
                && f.lot.as_ref().is_none_or(|l| m.lot == *l)
                && f.serial.as_ref().is_none_or(|s| m.serial.as_ref() == Some(s))
                && f.party.as_ref().is_none_or(|p| m.from.party.as_ref() == Some(p) || m.to.party.as_ref() == Some(p))
        };
        let mut found: Vec<MoveRecord> = self.read(&f.bu, |t| t.moves.iter().map(|m| &**m).filter(takes).cloned().collect());
        found.sort_by(|a, b| (a.recorded_at, &a.doc, a.revision, a.ordinal).cmp(&(b.recorded_at, &b.doc, b.revision, b.ordinal)));
        found.truncate(f.limit as usize);
        Ok(found)
    }

    pub(in super::super) async fn balances(&self, f: &StockFilter) -> Answer<Vec<Balance>> {
        Ok(self.read(&f.bu, |t| match &f.part {
            Some(part) => t.stock_of(part).map(|(key, q)| Tenant::balance(key, q)).filter(|b| f.takes(b)).collect(),
            None => t.stock.iter().map(|(key, q)| Tenant::balance(key, *q)).filter(|b| f.takes(b)).collect(),
        }))
    }

    pub(in super::super) async fn stock(&self, f: &StockFilter) -> Answer<Vec<StockRow>> {
        let balances = self.balances(f).await?;
        Ok(self.read(&f.bu, |t| balances.into_iter().filter_map(|balance| Some(StockRow { lot: Lot::clone(&t.lots.get(&balance.lot)?.0), balance })).collect()))
    }

    pub(in super::super) async fn stock_totals(&self, f: &StockFilter) -> Answer<Vec<StockTotal>> {
        let mut totals: BTreeMap<StockTotal, Quantity> = BTreeMap::new();
        for b in self.balances(f).await? {
            let p = b.position;
            let key = StockTotal { party: p.party, part: b.part, bin: p.bin, condition: p.condition, owner: p.owner, pool: p.pool, quantity: Quantity::ZERO };
            let sum = totals.entry(key).or_default();
            *sum = *sum + b.quantity;
        }
        Ok(totals.into_iter().map(|(key, quantity)| StockTotal { quantity, ..key }).collect())
    }

    pub(in super::super) async fn stock_as_of(&self, f: &StockFilter, at: AsOf) -> Answer<Vec<Balance>> {
        let mut sums: BTreeMap<StockKey, Quantity> = BTreeMap::new();
        let world = self.world();
        for r in world.tenants.get(&f.bu).map(|t| t.moves.as_slice()).unwrap_or_default() {
            let counts = at.counts(r.recorded_at, r.effective_at);
            let m = &r.movement;
            for (position, quantity) in [(&m.from, -m.quantity), (&m.to, m.quantity)] {
                if counts {
                    let sum = sums.entry((m.part.clone(), position.clone(), m.lot.clone(), m.serial.clone())).or_default();
                    *sum = *sum + quantity;
                }
            }
        }
        Ok(sums.iter().filter(|(_, q)| !q.is_zero()).map(|(key, q)| Tenant::balance(key, *q)).filter(|b| f.takes(b)).collect())
    }

    pub(in super::super) async fn closing(&self, bu: &Bu) -> Answer<Option<Closing>> {
        Ok(self.read(bu, Tenant::closing))
    }

    pub(in super::super) async fn obligations(&self, f: &ObligationFilter) -> Answer<Vec<Obligation>> {
        let takes = |o: &&Obligation| {
            f.debtor.as_ref().is_none_or(|p| o.debtor == *p)
                && f.creditor.as_ref().is_none_or(|p| o.creditor == *p)
                && f.doc.as_ref().is_none_or(|d| o.doc == *d)
                && f.part.as_ref().is_none_or(|p| o.part == *p)
                && f.kind.as_ref().is_none_or(|k| o.kind == *k)
                && (!f.open_only || o.open.is_positive())
        };
        let mut found: Vec<Obligation> = self.read(&f.bu, |t| t.obligations.values().map(|(o, _)| o).filter(takes).map(|o| t.numbered(o)).collect());
        found.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
        found.truncate(f.limit as usize);
        Ok(found)
    }

    pub(in super::super) async fn papers(&self, f: &PaperFilter) -> Answer<Vec<Paper>> {
        let takes = |p: &&Paper| {
            f.doc.as_ref().is_none_or(|d| p.doc == *d)
                && f.number.as_ref().is_none_or(|n| p.number == *n)
                && f.kind.as_ref().is_none_or(|k| p.kind == *k)
                && f.party.as_ref().is_none_or(|x| p.from.as_ref() == Some(x) || p.to.as_ref() == Some(x))
                && (!f.open_only || p.open)
        };
        let mut found: Vec<Paper> = self.read(&f.bu, |t| t.papers.iter().filter(takes).cloned().collect());
        found.sort_by(|a, b| (a.issued_at, &a.doc, a.revision).cmp(&(b.issued_at, &b.doc, b.revision)));
        found.truncate(f.limit as usize);
        Ok(found)
    }

    pub(in super::super) async fn lots(&self, f: &LotFilter) -> Answer<Vec<Lot>> {
        let takes = |l: &&Lot| {
            f.lot.as_ref().is_none_or(|x| l.id == *x)
                && f.part.as_ref().is_none_or(|x| l.part == *x)
                && f.doc.as_ref().is_none_or(|x| l.doc == *x)
                && f.parent.as_ref().is_none_or(|x| l.parent.as_ref() == Some(x))
                && f.sodo.as_ref().is_none_or(|x| l.sodo.as_ref().is_some_and(|s| same_sodo(x, s)))
        };
        let mut found: Vec<Lot> = self.read(&f.bu, |t| t.lots.values().map(|(l, _)| &**l).filter(takes).cloned().collect());
        found.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
        found.truncate(f.limit as usize);
        Ok(found)
    }

    pub(in super::super) async fn children(&self, bu: &Bu, parent: &DocId) -> Answer<Vec<ChildRecord>> {
        Ok(self.read(bu, |t| {
            t.children_of(parent).map(|((_, doc), started)| ChildRecord { child: t.child(doc, started), refused: started.refused.clone() }).collect()
        }))
    }

    pub(in super::super) async fn counts(&self, bu: Option<&Bu>) -> Answer<Counts> {
        let world = self.world();
        let mut counts = Counts::default();
        for (_, t) in world.tenants.iter().filter(|(of, _)| bu.is_none_or(|bu| *of == bu)) {
            counts.documents += t.documents.len() as u64;
            counts.open_documents += t.documents.values().filter(|d| !d.ended).count() as u64;
            counts.transitions += t.events.len() as u64;
            counts.moves += t.moves.len() as u64;
            counts.lots += t.lots.len() as u64;
            counts.papers += t.papers.len() as u64;
            counts.open_obligations += t.obligations.values().filter(|(o, _)| o.open.is_positive()).count() as u64;
        }
        Ok(counts)
    }
}
