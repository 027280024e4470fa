//! Which book a database runs, and a database that is opened only to look at it.
//!
//! Must not know what is in a book. Tests: `tests/it/store_parity.rs`, `tests/it/change_apply.rs`, `tests/it/change_whatif.rs`.

use serde::{Deserialize, Serialize};

use crate::base::{PersonCode, Timestamp};

use super::error::StoreError;
use super::views::Book;
use super::{Store, each, postgres, sql, sqlite};

/// A book came into force in a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Counts up from 1; 0 where the book was never deployed, and is the one under which the last transition was made.
    pub number: u64,
    /// The hash of the book.
    pub hash: String,
    /// Who deployed it.
    pub by: PersonCode,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Opens a database that is there, to read it: nothing that is asked of this store can change a row.
    ///
    /// # Errors
    /// Not a database URL; there is none; it cannot be reached; a newer or an older program wrote it.
    pub async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite(sql::Database::Sqlite(sqlite::Sqlite::open_to_read(url).await?))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(sql::Database::Postgres(postgres::Postgres::open_to_read(url).await?))),
            _ => Err(StoreError::Url(url.to_owned())),
        }
    }

    /// Puts a book in force: it is the one that the database runs from now on. Doing it twice does it once.
    ///
    /// # Errors
    /// Another book was deployed under the same number; a fault of the database.
    pub async fn deploy(&self, book: &Book, deployment: &Deployment) -> Result<(), StoreError> {
        each!(self, deploy(book, deployment).await)
    }

    /// Every deployment, the oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        each!(self, deployments().await)
    }

    /// The book that is in force: the last that was deployed, else the one under which the last transition was made.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deployed(&self) -> Result<Option<Deployment>, StoreError> {
        match self.deployments().await?.pop() {
            Some(last) => Ok(Some(last)),
            None => each!(self, in_use().await),
        }
    }
}
