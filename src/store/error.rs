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
    /// The driver's own words.
    #[error("the database answered: {0}")]
    Database(#[from] sqlx::Error),
    /// A row that cannot be read back.
    #[error("the database holds something that cannot be read: {0}")]
    Unreadable(String),
    /// The decision cannot be stored as it is.
    #[error("the decision cannot be committed: {0}")]
    Malformed(String),
}

impl StoreError {
    /// True where the same call may work in a moment: the connection was lost, or the database was busy.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed) => true,
            Self::Database(sqlx::Error::Database(e)) => {
                matches!(e.code().as_deref(), Some("40001" | "40P01" | "08006" | "08003" | "57P01" | "25006" | "5" | "261" | "517"))
            }
            _ => false,
        }
    }
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

/// Which of the two times of a move is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// What the store knew at that time.
    Recorded(Timestamp),
    /// What had happened by that time, whenever the store learned of it.
    Effective(Timestamp),
}
