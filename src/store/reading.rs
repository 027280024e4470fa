//! Several reads that see one moment, and walks over whole tables, a page at a time.
//!
//! Must not know what is looked for. Tests: `tests/it/store_verify.rs`, `tests/it/store_journal.rs`.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use tokio::sync::{Mutex, MutexGuard};

use super::error::StoreError;
use super::sql::{Arg, Database, Row, Transaction};

/// How long a locked file is waited for.
const WAIT: Duration = Duration::from_secs(10);
/// Tables whose rows belong to a business unit.
const OF_A_UNIT: [&str; 8] = ["business_unit", "document", "event", "move", "stock", "obligation", "series", "seal"];

/// Who is asked: the database as everybody sees it, or a transaction that nobody else sees yet.
pub(super) struct Reader<'a> {
    db: &'a Database,
    open: Option<&'a Mutex<Transaction>>,
}

/// Several statements that see one moment.
pub(super) enum Reading<'a> {
    Own(Transaction),
    Open(MutexGuard<'a, Transaction>),
}

impl Reading<'_> {
    pub(super) async fn fetch(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Own(transaction) => transaction.fetch(sql, args).await,
            Self::Open(transaction) => transaction.fetch(sql, args).await,
        }
    }

    /// Ends the reading; a transaction that was open before stays open.
    pub(super) async fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Own(transaction) => transaction.commit().await,
            Self::Open(_) => Ok(()),
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) const fn database(&self) -> &'a Database {
        self.db
    }

    /// Begins to read: all statements see the store as it is now. To be used for a page, so that nobody waits for its end.
    pub(super) async fn read(&self) -> Result<Reading<'a>, StoreError> {
        Ok(match self.open {
            Some(open) => Reading::Open(open.lock().await),
            None => Reading::Own(self.db.read().await?),
        })
    }

    /// Reads: a portable statement and its arguments.
    pub(super) async fn fetch(&self, sql: &str, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        match self.open {
            Some(open) => open.lock().await.fetch(sql, args).await,
            None => self.db.fetch(sql, args).await,
        }
    }

    /// The first row of a question that has one row at most.
    pub(super) async fn one(&self, sql: &str, args: &[Arg]) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, args).await?.into_iter().next())
    }

    /// All business units that have a row in any table, found by leaps over an index.
    pub(super) async fn units(&self) -> Result<Vec<String>, StoreError> {
        let mut units: Vec<String> = Vec::new();
        loop {
            let after = if units.is_empty() { "bu >= $1" } else { "bu > $1" };
            let least: Vec<String> = OF_A_UNIT.iter().map(|table| format!("SELECT MIN(bu) AS bu FROM {table} WHERE {after}")).collect();
            let sql = format!("SELECT bu FROM ({}) t WHERE bu IS NOT NULL ORDER BY bu LIMIT 1", least.join(" UNION ALL "));
            let last = units.last().cloned().unwrap_or_default();
            let rows = self.fetch(&sql, &[last.into()]).await?;
            let Some(row) = rows.first() else { return Ok(units) };
            units.push(row.text(0)?.to_owned());
        }
    }
}

impl Database {
    /// Reads what everybody sees.
    pub(super) const fn reader(&self) -> Reader<'_> {
        Reader { db: self, open: None }
    }

    /// Reads what a transaction has written that is still open.
    pub(super) const fn reader_of<'a>(&'a self, open: &'a Mutex<Transaction>) -> Reader<'a> {
        Reader { db: self, open: Some(open) }
    }

    async fn read(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(db) => Transaction::Sqlite(db.readers.begin().await?),
            Self::Postgres(db) => {
                let mut transaction = Transaction::Postgres(db.begin().await?);
                transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", &[]).await?;
                transaction
            }
        })
    }

    /// Begins to read for long, with tables of its own, on a connection that nobody else waits for.
    pub(super) async fn read_aside(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(db) => {
                let options = SqliteConnectOptions::new().filename(&db.path).read_only(true).busy_timeout(WAIT);
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
                Transaction::Sqlite(pool.begin().await?)
            }
            Self::Postgres(db) => {
                let mut transaction = Transaction::Postgres(db.begin().await?);
                transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE", &[]).await?;
                transaction
            }
        })
    }

    /// All business units that have a row in any table.
    pub(super) async fn units(&self) -> Result<Vec<String>, StoreError> {
        self.reader().units().await
    }

    /// The first row of a question that has one row at most.
    pub(super) async fn one(&self, sql: &str, args: &[Arg]) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, args).await?.into_iter().next())
    }
}
