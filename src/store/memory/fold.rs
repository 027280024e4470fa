//! What is over, kept only in what it has left behind: stock, lots, what is owed and what is claimed.
//!
//! For a replay that goes on where the past has ended: its memory holds what runs, not what ran. Must not know SQL.
//! Tests: `tests/it/store_parity.rs`, `tests/it/change_whatif.rs`.

use std::collections::BTreeSet;

use crate::base::{Bu, DocId};
use crate::domain::Decision;

use super::super::Store;
use super::super::error::{CommitError, StoreError};
use super::super::shape;
use super::{Memory, Tenant};

impl Store {
    /// Takes over what a transition has left behind (stock, lots, what is owed and claimed), and nothing of its document,
    /// which has ended since; only a store in memory can.
    ///
    /// # Errors
    /// What it moved or settled is not there; or it is no store in memory.
    pub(crate) fn fold(&self, decision: &Decision, number: &str) -> Result<(), CommitError> {
        match self {
            Self::Memory(store) => store.fold(decision, number),
            Self::Sqlite(_) | Self::Postgres(_) => Err(StoreError::Admin("a database forgets nothing".to_owned()).into()),
        }
    }

    /// Forgets documents with all that they have started, once all of it has ended; a database forgets nothing.
    pub(crate) fn forget(&self, bu: &Bu, docs: &[DocId]) {
        if let Self::Memory(store) = self {
            store.forget(bu, docs);
        }
    }

    /// Lets go of what nobody asks for: how much is missing outside, and what is owed no more; a database keeps it.
    pub(crate) fn sweep(&self) {
        if let Self::Memory(store) = self {
            store.sweep();
        }
    }
}

impl Memory {
    /// Takes over what a transition has left behind, and nothing of the document that made it, which has ended since.
    pub(in super::super) fn fold(&self, d: &Decision, number: &str) -> Result<(), CommitError> {
        let mut world = self.world();
        let tenant = world.tenants.entry(d.bu.clone()).or_default();
        tenant.check_obligations(d)?;
        let mut posting = tenant.check_moves(d)?;
        // Nobody asks how much is missing outside: it would grow with the past.
        posting.stock.retain(|(_, position, ..), _| position.party.is_some());
        tenant.post(posting);
        tenant.take_lots(d);
        for (series, count) in shape::series(d) {
            *tenant.series.entry(series.to_owned()).or_insert(0) += u64::from(count);
        }
        for o in &d.owed {
            let mut owed = o.clone();
            number.clone_into(&mut owed.number);
            tenant.obligations.insert(o.id.clone(), (owed, d.document.revision));
        }
        for change in &d.obligation_changes {
            if let Some((o, _)) = tenant.obligations.get_mut(&change.id) {
                o.open = o.open - change.quantity;
                if o.open.is_zero() {
                    tenant.obligations.remove(&change.id);
                }
            }
        }
        for claim in &d.claims {
            tenant.claims.insert((d.document.workflow.clone(), claim.key.clone()), (d.document.id.clone(), claim.clone()));
        }
        Ok(())
    }

    /// Forgets documents and all that they have started, where every one of them has ended; false where one runs.
    pub(in super::super) fn forget(&self, bu: &Bu, docs: &[DocId]) -> bool {
        let mut world = self.world();
        let Some(tenant) = world.tenants.get_mut(bu) else { return true };
        let family = tenant.family(docs);
        if family.iter().any(|doc| tenant.documents.get(doc).is_some_and(|d| !d.ended)) {
            return false;
        }
        tenant.drop_papers(&family);
        family.iter().for_each(|doc| tenant.drop_document(doc));
        true
    }

    /// Lets go of what nobody asks for: how much is missing outside, and what is owed no more.
    pub(in super::super) fn sweep(&self) {
        for tenant in self.world().tenants.values_mut() {
            tenant.stock.retain(|key, _| key.1.party.is_some());
            let documents = &tenant.documents;
            tenant.obligations.retain(|_, (o, _)| o.open.is_positive() || documents.contains_key(&o.doc));
        }
    }
}

impl Tenant {
    /// Documents with all that they have started, and what that has.
    fn family(&self, docs: &[DocId]) -> BTreeSet<DocId> {
        let mut family = BTreeSet::new();
        let mut next = docs.to_vec();
        while let Some(doc) = next.pop() {
            next.extend(self.children_of(&doc).map(|((_, child), _)| child.clone()));
            family.insert(doc);
        }
        family
    }

    fn drop_papers(&mut self, docs: &BTreeSet<DocId>) {
        self.papers.retain(|p| !docs.contains(&p.doc));
        self.timers.retain(|(doc, _), _| !docs.contains(doc));
        self.outbox.retain(|(doc, _), _| !docs.contains(doc));
        self.children.retain(|(parent, _), _| !docs.contains(parent));
    }

    fn drop_document(&mut self, doc: &DocId) {
        let Some(document) = self.documents.remove(doc) else { return };
        for (o, _) in self.obligations.values_mut().filter(|(o, _)| o.doc == *doc) {
            o.number.clone_from(&document.number);
        }
        for revision in 1..=document.revision {
            if let Some(journal) = self.events.remove(&(doc.clone(), revision)) {
                self.keys.remove(&journal.record.event.key);
            }
        }
        self.held.remove(doc);
        let mut made = self.moves_of.remove(doc).unwrap_or_default();
        made.sort_unstable();
        // From the end on: the last move takes the place of one that goes, and is never one that goes itself.
        for place in made.into_iter().rev() {
            self.moves.swap_remove(place);
            let last = self.moves.len();
            if let Some(of) = self.moves.get(place).and_then(|moved| self.moves_of.get_mut(&moved.doc)) {
                of.iter_mut().filter(|i| **i == last).for_each(|i| *i = place);
            }
        }
    }
}
