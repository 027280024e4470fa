//! The store: load, commit and queries over SQLite, PostgreSQL and memory.
//!
//! Stock is never written; it is derived by the database from moves, and a move is written only by a commit. The two
//! calls of a transition, [`Store::load`] and [`Store::commit`], are one round trip each. Must not know flows, rules
//! or who asks: it takes decisions as they are and refuses what the world no longer allows.
//! Tests: `tests/it/store_*.rs` run on all three stores.

mod audit;
mod backup;
mod body;
mod by_hand;
mod cells;
mod chain;
mod commit;
mod deployment;
mod error;
mod group;
mod init;
mod journal;
mod known;
mod lane;
mod learn;
mod load;
mod loading;
mod master;
mod memory;
mod migrate;
mod outbox;
mod packed;
#[cfg(test)]
mod plans;
mod postgres;
mod queries;
mod reading;
mod rows;
mod schema;
mod seal;
mod sealing;
mod shape;
mod sql;
mod sqlite;
mod take;
mod upkeep;
mod verify;
mod views;

use std::collections::BTreeMap;

use crate::base::{Bu, DocId, Name, PersonCode};
use crate::domain::{Balance, BusinessUnit, Closing, Decision, Document, LoadRequest, Lot, MasterData, Obligation, Paper, PastEvent, Person, Snapshot};

pub use backup::Status;
pub use body::commit as commit_body;
pub use deployment::Deployment;
pub use error::{AsOf, CommitError, Conflict, StoreError};
pub use init::{InitOptions, InitStep};
pub use journal::{Imported, Journal, JournalReport, Recorded, Sketch};
pub use migrate::Migrated;
pub use outbox::{OutboxEntry, Setback};
pub use seal::{Seal, SealKey};
pub use take::LEASE_MICROS;
pub use verify::{Finding, VerifyOptions, VerifyProgress, VerifyReport, Watch};
pub use views::{
    Book, ChildRecord, Committed, Counts, DocumentFilter, DocumentHead, DueTimer, EventRecord, LotFilter, MasterCount, MasterReport, MoveFilter, MoveRecord,
    ObligationFilter, PaperFilter, StockFilter, StockRow, StockTotal, TimerOutcome,
};

/// The kinds of master data, in the order of [`MasterData`].
const MASTER_KINDS: [&str; 8] = ["business units", "parties", "people", "parts", "rates", "contracts", "limits", "supersessions"];

/// A store of documents, stock and master data. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file.
    Sqlite(sql::Database),
    /// A server.
    Postgres(sql::Database),
    /// In memory, gone with the last clone.
    Memory(memory::Memory),
}

/// Runs the same call on whichever store it is.
macro_rules! each {
    ($store:expr, $($call:tt)+) => {
        match $store {
            Store::Sqlite(store) | Store::Postgres(store) => store.$($call)+,
            Store::Memory(store) => store.$($call)+,
        }
    };
}
use each;

impl Store {
    /// Opens a database: `sqlite://path` (made where it is not there),
    /// `postgres://…`, or `memory:`.
    ///
    /// Options stand behind a `?`: `wait=seconds`, for a server that is away or a program that holds the file; `group=n`, so
    /// many commits that come together are written as one at most, 100 where it is not said; `synchronous=full` (SQLite);
    /// `schema=name` (PostgreSQL).
    ///
    /// # Errors
    /// Not a database URL; the database cannot be reached; a newer or an older program wrote it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::memory()),
            Some(("sqlite", _)) => Ok(Self::Sqlite(sql::Database::Sqlite(sqlite::Sqlite::open(url).await?))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(sql::Database::Postgres(postgres::Postgres::open(url).await?))),
            _ => Err(StoreError::Url(url.to_owned())),
        }
    }

    /// A store in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(memory::Memory::default())
    }

    /// A store in memory whose events have no hashes, so that there is nothing to verify: for worlds in which something is
    /// tried and which are thrown away then.
    #[must_use]
    pub fn for_trials() -> Self {
        Self::Memory(memory::Memory::unchained())
    }

    /// A copy that goes its own way from here on; only a store in memory can be copied.
    #[must_use]
    pub fn copied(&self) -> Option<Self> {
        match self {
            Self::Memory(store) => Some(Self::Memory(store.copied())),
            Self::Sqlite(_) | Self::Postgres(_) => None,
        }
    }

    /// Whether it is a file that this process reads and writes by itself.
    pub(crate) const fn is_file(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Which store it is, as one word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Memory(_) => "memory",
        }
    }

    /// Ends all connections, so that a file can be copied or a server stopped.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) | Self::Postgres(store) => store.close().await,
            Self::Memory(_) => {}
        }
    }

    /// All that a transition may read, in one round trip.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn load(&self, request: &LoadRequest) -> Result<Snapshot, StoreError> {
        each!(self, load(request).await)
    }

    /// Writes a decision down, all of it or nothing, in one round trip.
    ///
    /// # Errors
    /// Something that the decision rests on has changed, the key was used before, a claim is held by another
    /// document, or the database failed.
    pub async fn commit(&self, decision: &Decision) -> Result<Committed, CommitError> {
        self.commit_after(decision, None).await
    }

    /// The same, where the document is at hand as it was loaded: what of it stays as it was is not written again.
    ///
    /// # Errors
    /// As of [`Store::commit`].
    pub async fn commit_after(&self, decision: &Decision, loaded: Option<&Document>) -> Result<Committed, CommitError> {
        match self {
            Self::Sqlite(store) | Self::Postgres(store) => store.commit(decision, loaded).await,
            Self::Memory(store) => store.commit(decision).await,
        }
    }

    /// Adds and changes master data, all of it or nothing; rows that are not named stay.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn upsert_master(&self, data: &MasterData) -> Result<MasterReport, StoreError> {
        each!(self, upsert_master(data).await)
    }

    /// The master data of a business unit.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn master(&self, bu: &Bu) -> Result<MasterData, StoreError> {
        each!(self, master(bu).await)
    }

    /// A person with the roles they hold.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn person(&self, bu: &Bu, code: &PersonCode) -> Result<Option<Person>, StoreError> {
        each!(self, person(bu, code).await)
    }

    /// All business units.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn business_units(&self) -> Result<Vec<BusinessUnit>, StoreError> {
        each!(self, business_units().await)
    }

    /// Keeps a book for ever; a book that is there already is left as it is.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn put_book(&self, book: &Book) -> Result<(), StoreError> {
        each!(self, put_book(book).await)
    }

    /// A book by its hash.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn book(&self, hash: &str) -> Result<Option<Book>, StoreError> {
        each!(self, book(hash).await)
    }

    /// Who holds which of these keys.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn claim_holders(&self, bu: &Bu, workflow: &Name, keys: &[String]) -> Result<Vec<(String, DocId)>, StoreError> {
        each!(self, claim_holders(bu, workflow, keys).await)
    }

    /// A document by id.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn document(&self, bu: &Bu, id: &DocId) -> Result<Option<Document>, StoreError> {
        each!(self, document(bu, id).await)
    }

    /// Documents by their printed number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn documents_by_number(&self, bu: &Bu, number: &str) -> Result<Vec<DocumentHead>, StoreError> {
        each!(self, documents_by_number(bu, number).await)
    }

    /// Documents, newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn documents(&self, filter: &DocumentFilter) -> Result<Vec<DocumentHead>, StoreError> {
        each!(self, documents(filter).await)
    }

    /// The events of a document, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn events(&self, bu: &Bu, doc: &DocId) -> Result<Vec<EventRecord>, StoreError> {
        each!(self, events(bu, doc).await)
    }

    /// Who has done what on some documents, oldest first: of each event no more than that.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn pasts(&self, bu: &Bu, docs: &[DocId]) -> Result<BTreeMap<DocId, Vec<PastEvent>>, StoreError> {
        each!(self, pasts(bu, docs).await)
    }

    /// Moves, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn moves(&self, filter: &MoveFilter) -> Result<Vec<MoveRecord>, StoreError> {
        each!(self, moves(filter).await)
    }

    /// Stock with the facts of its lots, by part, place, lot and unit.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn stock(&self, filter: &StockFilter) -> Result<Vec<StockRow>, StoreError> {
        each!(self, stock(filter).await)
    }

    /// The same without the facts of the lots.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn balances(&self, filter: &StockFilter) -> Result<Vec<Balance>, StoreError> {
        each!(self, balances(filter).await)
    }

    /// Stock summed over lots, units and documents.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn stock_totals(&self, filter: &StockFilter) -> Result<Vec<StockTotal>, StoreError> {
        each!(self, stock_totals(filter).await)
    }

    /// Stock as it was: what was known at a time, of what had happened by another.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn stock_as_of(&self, filter: &StockFilter, at: AsOf) -> Result<Vec<Balance>, StoreError> {
        each!(self, stock_as_of(filter, at).await)
    }

    /// The last closing of the books of a business unit.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn closing(&self, bu: &Bu) -> Result<Option<Closing>, StoreError> {
        each!(self, closing(bu).await)
    }

    /// Obligations.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn obligations(&self, filter: &ObligationFilter) -> Result<Vec<Obligation>, StoreError> {
        each!(self, obligations(filter).await)
    }

    /// Papers.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn papers(&self, filter: &PaperFilter) -> Result<Vec<Paper>, StoreError> {
        each!(self, papers(filter).await)
    }

    /// Lots.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lots(&self, filter: &LotFilter) -> Result<Vec<Lot>, StoreError> {
        each!(self, lots(filter).await)
    }

    /// The documents that a document started.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn children(&self, bu: &Bu, parent: &DocId) -> Result<Vec<ChildRecord>, StoreError> {
        each!(self, children(bu, parent).await)
    }

    /// How much there is of everything, in one business unit or all.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn counts(&self, bu: Option<&Bu>) -> Result<Counts, StoreError> {
        each!(self, counts(bu).await)
    }
}
