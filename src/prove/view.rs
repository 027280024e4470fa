//! What stands in a world, and the part of it that tells one situation from another: times, numbers and names of people
//! do not, nor fields that nobody reads again.
//!
//! Must not know what may happen next. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::base::{DocId, Name, Quantity};
use crate::domain::{Balance, Document, Obligation, Paper, TimerKind, Value};
use crate::engine::EngineError;
use crate::store::{DueTimer, EventRecord, MoveFilter, MoveRecord, ObligationFilter, PaperFilter, StockFilter};

use super::choices::Units;
use super::facts::Facts;
use super::world::World;

/// Plain numbers above this are alike.
const MOST_COUNTED: i64 = 3;

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
    moves: Vec<MoveRecord>,
    /// The events of documents that can go back.
    events: BTreeMap<DocId, Vec<EventRecord>>,
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
            stock: store.stock(&StockFilter::new(bu.clone())).await?.into_iter().map(|r| r.balance).collect(),
            obligations: store.obligations(&ObligationFilter { open_only: true, ..ObligationFilter::new(bu.clone()) }).await?,
            reverses: store.papers(&PaperFilter { open_only: true, ..PaperFilter::new(bu.clone()) }).await?,
            timers: world.timers().await?,
            moves: Vec::new(),
            events: BTreeMap::new(),
        };
        for id in &world.docs {
            let Some(document) = world.document(id).await? else { continue };
            let known = facts.get(&document.workflow);
            if !document.ended && known.is_some_and(|f| !f.back_from.is_empty()) {
                view.moves.extend(store.moves(&MoveFilter { doc: Some(id.clone()), ..MoveFilter::new(bu.clone()) }).await?);
            }
            if !document.ended && known.is_some_and(|f| f.goes_back) {
                view.events.insert(id.clone(), store.events(&bu, id).await?);
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

    /// The situation, as a text that is equal for equal situations. Of a shelf it counts only whether there is enough.
    #[must_use]
    pub fn key(&self, facts: &BTreeMap<Name, Facts>, enough: u32) -> String {
        let mut key = String::new();
        let nothing = Facts::default();
        let index = |id: &DocId| self.documents.iter().position(|d| d.id == *id).unwrap_or(usize::MAX);
        for (n, doc) in self.documents.iter().enumerate().filter(|(n, d)| *n == 0 || !d.ended) {
            let facts = facts.get(&doc.workflow).unwrap_or(&nothing);
            let _ = write!(key, "#{n}{}:{}", doc.workflow, doc.state);
            if doc.ended {
                continue;
            }
            write_fields(&mut key, &doc.fields, &facts.fields);
            for line in &doc.lines {
                let _ = write!(key, "/{}", line.no);
                write_fields(&mut key, &line.values, &facts.line_fields);
            }
            self.write_outside(&mut key, doc, facts);
            if facts.goes_back {
                key.extend(self.came_from(doc).map(|state| format!("<{state}")));
            }
        }
        self.write_stock(&mut key, &index, enough);
        let mut owed: Vec<String> =
            self.obligations.iter().map(|o| format!("!{}{}{}{}{}{}", index(&o.doc), o.line, o.kind, o.part, o.open, o.debtor)).collect();
        owed.extend(self.reverses.iter().map(|p| format!("?{}{}", index(&p.doc), p.kind)));
        owed.sort();
        key.extend(owed);
        for timer in &self.timers {
            if let TimerKind::Fire { transition } = &timer.timer.kind {
                let _ = write!(key, "@{}{transition}", index(&timer.doc));
            }
        }
        key
    }

    fn write_stock(&self, key: &mut String, index: &impl Fn(&DocId) -> usize, enough: u32) {
        let mut sums: BTreeMap<(String, String), Quantity> = BTreeMap::new();
        for b in &self.stock {
            let at = &b.position;
            let holder = at.holder.as_ref().map(|h| format!("{}/{}", index(&h.doc), h.line)).unwrap_or_default();
            let party = at.party.as_ref().map_or("", |p| p.as_str());
            let serial = b.serial.as_ref().filter(|_| at.holder.is_some()).map_or("", |s| s.as_str());
            let place = format!("{party}.{}{holder}", at.bin);
            let what = format!("{}{}{}{}{serial}", b.part, at.condition, at.owner, at.pool);
            let sum = sums.entry((place, what)).or_default();
            *sum = *sum + b.quantity;
        }
        let most = Quantity::units(enough.into());
        for ((place, what), quantity) in sums {
            let counted = if place.contains('/') { quantity } else { quantity.min(most) };
            let _ = write!(key, "${place}{what}{counted}");
        }
    }

    /// What the document has put into outside bins and not taken back.
    fn write_outside(&self, key: &mut String, doc: &Document, facts: &Facts) {
        let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
        for m in self.moves.iter().filter(|m| m.doc == doc.id).map(|m| &m.movement) {
            for (at, quantity) in [(&m.to, m.quantity), (&m.from, -m.quantity)] {
                if at.party.is_none() && facts.back_from.contains(&at.bin) {
                    let sum = sums.entry(format!("~{}{}{}{}", m.line, m.part, at.bin, at.condition)).or_default();
                    *sum = *sum + quantity;
                }
            }
        }
        for (place, quantity) in sums.iter().filter(|(_, q)| !q.is_zero()) {
            let _ = write!(key, "{place}{quantity}");
        }
    }

    /// The state that the document was in before it entered this one.
    fn came_from(&self, doc: &Document) -> Option<Name> {
        let entered = |e: &&EventRecord| e.event.to == doc.state && e.event.from.as_ref() != Some(&doc.state);
        self.events.get(&doc.id)?.iter().rev().find(entered)?.event.from.clone()
    }
}

fn write_fields(key: &mut String, values: &BTreeMap<Name, Value>, wanted: &BTreeSet<Name>) {
    for (name, value) in values.iter().filter(|(name, _)| wanted.contains(*name)) {
        match value {
            Value::Absent => {}
            Value::Time(_) | Value::Date(_) => {
                let _ = write!(key, ",{name}");
            }
            // Of what is counted up for ever, so many are as many as any flow tells apart.
            Value::Number(n) if *n > MOST_COUNTED.into() => {
                let _ = write!(key, ",{name}={MOST_COUNTED}");
            }
            other => {
                let _ = write!(key, ",{name}={other}");
            }
        }
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
