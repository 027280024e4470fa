//! What can go wrong in a store: faults, and commits that lost a race.
//!
//! Must not know sentences of flows. Tests: `tests/it/store_*.rs`.

use crate::base::{DocId, Timestamp};

/// A fault: the database is away, or holds what it must not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not a URL of any store.
    #[error("`{0}` is not a database: write `sqlite://path`, `postgres://user@host/database` or `memory:`")]
    Url(String),
    /// The database was written by a newer program.
    #[error("the database has schema version {found}, and this program knows versions up to {known}: use a newer bincard")]
    NewerSchema {
        /// Version of the database.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// The database cannot be made in that way.
    #[error("{0}")]
    Init(String),
    /// The database was written by an older program.
    #[error("the database has schema version {found}, and this program needs {known}: make a copy of it, then run `bincard db migrate`")]
    OlderSchema {
        /// Version of the database.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// Something that an administrator asked for cannot be done so.
    #[error("{0}")]
    Admin(String),
    /// The connection was refused or lost, or the server only reads while another takes over.
    #[error("the database is away: {}; what was under way is done or not at all: when it is back, send it again with the same key", words(.0))]
    Away(#[source] sqlx::Error),
    /// Others held what was needed for longer than this waits.
    #[error("the database was busy for too long: {}; nothing was written: send it again with the same key", words(.0))]
    Busy(#[source] sqlx::Error),
    /// There is no room to write.
    #[error("the disk of the database is full: {}; nothing was written: make room, then send it again with the same key", words(.0))]
    Full(#[source] sqlx::Error),
    /// Whoever carried it out was stopped from outside, as when a program ends.
    #[error("the command was cut off; it is done or not at all: send it again with the same key")]
    Interrupted,
    /// Anything else, in the driver's own words.
    #[error("the database answered: {0}")]
    Database(#[source] sqlx::Error),
    /// A row that cannot be read back.
    #[error("the database holds something that cannot be read: {0}")]
    Unreadable(String),
    /// The decision cannot be stored as it is.
    #[error("the decision cannot be committed: {0}")]
    Malformed(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_lost(&error) || matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Away(error);
        }
        match code(&error).as_deref() {
            // A lock or a statement took too long; no connection, no memory is left; another program holds the file.
            Some("55P03" | "57014" | "53300" | "53200" | "5" | "261" | "517") => Self::Busy(error),
            Some("53100" | "13") => Self::Full(error),
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// True where the same call may work in a moment: the connection was lost, or others were in the way.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Away(_) | Self::Busy(_) | Self::Interrupted => true,
            Self::Database(error) => lost_race(error),
            _ => false,
        }
    }

    /// True where nobody has waited yet: the same call is worth another try at once.
    pub(crate) fn is_sudden(&self) -> bool {
        match self {
            Self::Away(error) => !matches!(error, sqlx::Error::PoolTimedOut),
            Self::Database(error) => lost_race(error),
            _ => false,
        }
    }
}

/// True where the connection is gone, and with it the answer to what was asked.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(e) => match e.code().as_deref() {
            // The server stops, starts, or takes over from another one.
            Some("08000" | "08001" | "08003" | "08004" | "08006" | "57P01" | "57P02" | "57P03" | "57P05" | "25006") => true,
            // A distributed server has lost one of its own.
            Some("XX000") => e.message().contains("could not commit") || e.message().contains("server closed"),
            _ => false,
        },
        _ => false,
    }
}

/// True where nobody who asks the same now would fare better: nobody answers, or there is no room.
pub(super) fn is_for_all(error: &sqlx::Error) -> bool {
    is_lost(error) || matches!(error, sqlx::Error::PoolTimedOut) || matches!(code(error).as_deref(), Some("53100" | "13" | "5" | "261" | "517"))
}

/// The same fault for one more who is told of it.
pub(super) fn same(error: &sqlx::Error) -> sqlx::Error {
    match (error, error.as_database_error()) {
        (sqlx::Error::PoolTimedOut, _) => sqlx::Error::PoolTimedOut,
        (_, Some(said)) => sqlx::Error::Database(Box::new(Told { message: said.message().to_owned(), code: said.code().map(std::borrow::Cow::into_owned) })),
        _ => sqlx::Error::WorkerCrashed,
    }
}

/// What a database has said, to be said again.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Told {
    pub message: String,
    pub code: Option<String>,
}

impl sqlx::error::DatabaseError for Told {
    fn message(&self) -> &str {
        &self.message
    }
    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.code.as_deref().map(Into::into)
    }
    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}

/// Two at once, of which the database let one through.
fn lost_race(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// What was in the way: in words of ours where the driver's say little to whoever reads them.
fn words(error: &sqlx::Error) -> String {
    let known = match code(error).as_deref() {
        Some("5" | "261" | "517") => "another program has been writing to the file all the while",
        Some("55P03") => "another session holds what this needs",
        Some("57014") => "it took longer than the server allows, or was cancelled there",
        Some("53300") => "the server has no connection left",
        Some("53200") => "the server has no memory left",
        _ if matches!(error, sqlx::Error::PoolTimedOut) => "it gave no connection in time",
        _ => "",
    };
    match (known, error.as_database_error()) {
        ("", Some(said)) => said.message().to_owned(),
        ("", None) => error.to_string(),
        _ => known.to_owned(),
    }
}

fn code(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// What had changed between load and commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// The document has another revision, is there already, or not at all.
    Revision,
    /// A balance would have gone below zero.
    Balance,
    /// A serial number is in another place, or in a place already.
    Serial,
    /// Less is owed than was to be settled.
    Obligation,
    /// A paper is not open.
    Paper,
    /// A lot of that id is there already.
    Lot,
    /// The timer that it comes from is gone: what it was to do is done, or void.
    Timer,
    /// The books of that time are closed.
    Books,
    /// Another commit was in the way; nothing is known to have changed.
    Contention,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Revision => "the document has changed",
            Self::Balance => "a balance has changed",
            Self::Serial => "a serial number is in another place",
            Self::Obligation => "an obligation has changed",
            Self::Paper => "a paper has changed",
            Self::Lot => "a lot of that id is there already",
            Self::Timer => "what the clock was to do is done already, or void",
            Self::Books => "the books of that time are closed",
            Self::Contention => "another commit was in the way",
        })
    }
}

/// Why nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The world has changed since it was loaded: load and decide again.
    #[error("{0}: load and decide again")]
    Conflict(Conflict),
    /// The key was used before.
    #[error("the key was used before, by revision {revision} of document {doc}")]
    DuplicateKey {
        /// The document.
        doc: DocId,
        /// The revision that the key made.
        revision: u64,
        /// The hash of the body that came with it.
        body_hash: String,
    },
    /// Another document holds a claimed key.
    #[error("`{key}` is held by document {holder}")]
    Claimed {
        /// The key.
        key: String,
        /// Who holds it.
        holder: DocId,
    },
    /// The database failed; whether the commit stands is unknown, and the key will tell.
    #[error(transparent)]
    Fault(#[from] StoreError),
}

impl From<Conflict> for CommitError {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

pub(super) fn unreadable(what: &str, why: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(format!("{what}: {why}"))
}

/// As of when: what the store knew at a time, of what had happened by another; without a time, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AsOf {
    /// What the store knew at that time.
    pub recorded: Option<Timestamp>,
    /// What had happened by that time, whenever the store learned of it.
    pub effective: Option<Timestamp>,
}

impl AsOf {
    /// What the store knew at a time.
    #[must_use]
    pub const fn recorded(time: Timestamp) -> Self {
        Self { recorded: Some(time), effective: None }
    }

    /// What had happened by a time, as far as is known now.
    #[must_use]
    pub const fn effective(time: Timestamp) -> Self {
        Self { recorded: None, effective: Some(time) }
    }

    /// Whether something counts that was recorded and happened then.
    #[must_use]
    pub fn counts(&self, recorded_at: Timestamp, effective_at: Timestamp) -> bool {
        self.recorded.is_none_or(|time| recorded_at <= time) && self.effective.is_none_or(|time| effective_at <= time)
    }
}
