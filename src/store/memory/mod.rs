//! The store in memory: the same promises without a database, for scenarios, dry networks and as the others' measure.
//!
//! Everything stands behind one lock, so a commit is atomic by construction. Must not know SQL.
//! Tests: `tests/it/store_*.rs`.

mod commit;
mod fold;
mod load;
mod queries;
mod shared;
mod take;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::{Bu, ContractCode, Date, DocId, Key, LotId, Money, Name, ObligationId, PartCode, PartyCode, PersonCode, Quantity, SerialNo, Timestamp};
use crate::domain::{
    Balance, BusinessUnit, Claim, Closing, Contract, Document, Limit, Lot, Obligation, ObligationChange, Paper, Part, Party, Person, Supersession, Timer,
};

use super::chain::LinkedPaper;
use super::deployment::Deployment;
use super::outbox::OutboxEntry;
use super::shape::StockKey;
use super::views::{Book, EventRecord, MoveRecord};
use shared::Shared;

/// A store in memory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<World>>);

/// Everything there is.
#[derive(Debug, Clone, Default)]
struct World {
    units: BTreeMap<Bu, BusinessUnit>,
    books: BTreeMap<String, Book>,
    deployments: BTreeMap<u64, Deployment>,
    tenants: BTreeMap<Bu, Tenant>,
    /// Whether events are kept without their hashes.
    unchained: bool,
}

/// An event with what only verification asks for.
#[derive(Debug, Clone)]
struct Journal {
    record: EventRecord,
    content: String,
    changes: Vec<ObligationChange>,
    papers: Vec<LinkedPaper>,
}

/// Until when a timer or a message is somebody's; the beginning of time for what is nobody's.
type HeldUntil = i64;

/// A message, who has it in hand, and whether it has been sent.
type Message = (OutboxEntry, HeldUntil, bool);

/// A started document, before and after it opens.
#[derive(Debug, Clone)]
struct Started {
    workflow: Name,
    refused: Option<String>,
}

/// All rows of one business unit. Tables are shared with copies of the world until one of them changes them, and so are
/// large rows: a copy that goes one step on its own costs what the step changes.
#[derive(Debug, Clone, Default)]
struct Tenant {
    parts: Shared<BTreeMap<PartCode, Part>>,
    parties: Shared<BTreeMap<PartyCode, Party>>,
    people: Shared<BTreeMap<PersonCode, Person>>,
    contracts: Shared<BTreeMap<ContractCode, Contract>>,
    rates: Shared<BTreeMap<(PartCode, Date), Money>>,
    limits: Shared<BTreeMap<[String; 4], Limit>>,
    supersessions: Shared<BTreeMap<(PartCode, PartCode), Supersession>>,

    documents: Shared<BTreeMap<DocId, Arc<Document>>>,
    events: Shared<BTreeMap<(DocId, u64), Arc<Journal>>>,
    keys: Shared<BTreeMap<Key, (DocId, u64)>>,
    moves: Shared<Vec<Arc<MoveRecord>>>,
    moves_of: Shared<BTreeMap<DocId, Vec<usize>>>,
    lots: Shared<BTreeMap<LotId, (Arc<Lot>, u64)>>,
    stock: Shared<BTreeMap<Arc<StockKey>, Quantity>>,
    held: Shared<BTreeMap<DocId, BTreeSet<Arc<StockKey>>>>,
    places: Shared<BTreeMap<(PartCode, SerialNo), Arc<StockKey>>>,
    obligations: Shared<BTreeMap<ObligationId, (Obligation, u64)>>,
    papers: Shared<Vec<Paper>>,
    series: Shared<BTreeMap<String, u64>>,
    claims: Shared<BTreeMap<(Name, String), (DocId, Claim)>>,
    timers: Shared<BTreeMap<(DocId, String), (Timer, HeldUntil)>>,
    outbox: Shared<BTreeMap<(DocId, String), Message>>,
    children: Shared<BTreeMap<(DocId, DocId), Started>>,
    closings: Shared<BTreeMap<Timestamp, (DocId, u64)>>,
}

impl Memory {
    pub(super) fn unchained() -> Self {
        Self(Arc::new(Mutex::new(World { unchained: true, ..World::default() })))
    }

    pub(super) fn copied(&self) -> Self {
        Self(Arc::new(Mutex::new(self.world().clone())))
    }

    // A panic while the lock was held can only come from a failed allocation; the world is whole then.
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    fn balance(key: &StockKey, quantity: Quantity) -> Balance {
        let (part, position, lot, serial) = key.clone();
        Balance { position, part, lot, serial, quantity }
    }

    /// An obligation with the number of the document that raised it.
    fn numbered(&self, obligation: &Obligation) -> Obligation {
        let number = self.documents.get(&obligation.doc).map_or(&obligation.number, |d| &d.number).clone();
        Obligation { number, ..obligation.clone() }
    }

    /// The last closing of the books.
    fn closing(&self) -> Option<Closing> {
        let (until, by) = self.closings.last_key_value()?;
        let event = &self.events.get(by)?.record.event;
        Some(Closing { until: *until, by: event.actor.clone(), recorded_at: event.recorded_at, number: self.documents.get(&by.0)?.number.clone() })
    }

    /// The rate of a part on a day.
    fn rate_on(&self, part: &PartCode, day: Date) -> Option<Money> {
        self.rates.range((part.clone(), Date(jiff::civil::Date::MIN))..=(part.clone(), day)).next_back().map(|(_, rate)| *rate)
    }

    /// The documents' moves in the order of time.
    fn moves_of<'a>(&'a self, doc: &DocId) -> impl Iterator<Item = &'a MoveRecord> + use<'a> {
        self.moves_of.get(doc).map(Vec::as_slice).unwrap_or_default().iter().filter_map(|i| self.moves.get(*i).map(|m| &**m))
    }
}

/// The state a timer or event belongs to, where times tie: by document and id.
fn due_order(doc: &DocId, id: &str, at: Timestamp) -> (Timestamp, DocId, String) {
    (at, doc.clone(), id.to_owned())
}
