//! What stands in a world.
//!
//! Must not know what may happen next. Tests: `prove::tests`.

use std::collections::BTreeMap;

use crate::base::{DocId, Name};
use crate::domain::{Balance, Document, Obligation, Paper};
use crate::engine::EngineError;
use crate::store::{DueTimer, MoveFilter, MoveRecord, ObligationFilter, PaperFilter, StockFilter};

use super::choices::Units;
use super::facts::Facts;
use super::world::World;

/// What stands in a world.
#[derive(Debug)]
pub struct View {
    /// Documents, in the order in which they came.
    pub documents: Vec<Document>,
    /// What stands at parties.
    pub stock: Vec<Balance>,
    /// Open obligations.
    pub obligations: Vec<Obligation>,
    /// Open reverse papers.
    pub reverses: Vec<Paper>,
    /// Timers that fire transitions, the first due in front.
    pub timers: Vec<DueTimer>,
    /// The moves of documents that take parts back from outside.
    pub moves: Vec<MoveRecord>,
}

impl View {
    /// Looks at a world.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn of(world: &World, facts: &BTreeMap<Name, Facts>) -> Result<Self, EngineError> {
        let (store, bu) = (world.store(), World::bu());
        let mut view = Self {
            documents: Vec::new(),
            stock: store.balances(&StockFilter::new(bu.clone())).await?,
            obligations: store.obligations(&ObligationFilter { open_only: true, ..ObligationFilter::new(bu.clone()) }).await?,
            reverses: store.papers(&PaperFilter { open_only: true, ..PaperFilter::new(bu.clone()) }).await?,
            timers: world.timers().await?,
            moves: Vec::new(),
        };
        for id in &world.docs {
            let Some(document) = world.document(id).await? else { continue };
            let known = facts.get(&document.workflow);
            if !document.ended && known.is_some_and(|f| f.brings_back) {
                view.moves.extend(store.moves(&MoveFilter { doc: Some(id.clone()), ..MoveFilter::new(bu.clone()) }).await?);
            }
            view.documents.push(document);
        }
        Ok(view)
    }

    /// A document.
    #[must_use]
    pub fn document(&self, id: &DocId) -> Option<&Document> {
        self.documents.iter().find(|d| d.id == *id)
    }

    /// What a document holds in clearing bins.
    pub fn held<'v>(&'v self, doc: &'v DocId) -> impl Iterator<Item = &'v Balance> + 'v {
        self.stock.iter().filter(move |b| b.position.holder.as_ref().is_some_and(|h| h.doc == *doc))
    }
}

/// The units that a line of a document can take.
pub struct UnitsOf<'v> {
    /// The world.
    pub view: &'v View,
    /// The document.
    pub doc: &'v Document,
    /// Makes new numbers.
    pub step: u32,
}

impl Units for UnitsOf<'_> {
    fn at(&self, party: Option<&Name>, bin: &Name, line: u32) -> Vec<String> {
        let party = party.and_then(|p| self.doc.field(p.as_str()).as_party());
        let mine = |b: &&Balance| match &b.position.holder {
            None => true,
            Some(h) => (h.doc == self.doc.id && h.line == line) || self.doc.parent.as_ref() == Some(&h.doc),
        };
        let there = self.view.stock.iter().filter(|b| b.position.bin == *bin && b.position.party.as_ref() == party).filter(mine);
        there.filter_map(|b| b.serial.as_ref()).map(ToString::to_string).collect()
    }

    fn fresh(&self, nth: usize) -> String {
        format!("NEW-{}-{nth}", self.step)
    }
}
