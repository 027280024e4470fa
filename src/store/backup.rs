//! A copy of a SQLite file as of one moment, and how a database is: sizes, counts, what waits.
//!
//! Must not know files beyond the name of the copy. Tests: `tests/it/store_backup.rs`.

use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::base::{Bu, Timestamp};

use super::error::StoreError;
use super::schema::{GUARDED, VERSION};
use super::sql::{Database, Dialect, Row};
use super::{Store, each};

/// How a database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The version of its schema.
    pub schema: i64,
    /// The newest version that this program knows.
    pub newest_schema: i64,
    /// What it takes on the disk.
    pub bytes: u64,
    /// Rows of each table.
    pub tables: Vec<(String, u64)>,
    /// The business units.
    pub units: Vec<Bu>,
    /// Messages that wait to be delivered.
    pub outbox: u64,
    /// Messages that were given up.
    pub given_up: u64,
    /// Since when the oldest of them waits.
    pub outbox_since: Option<Timestamp>,
    /// Timers.
    pub timers: u64,
    /// Timers that are due.
    pub timers_due: u64,
    /// Since when the oldest of them is due.
    pub timers_since: Option<Timestamp>,
}

impl Store {
    /// Copies a SQLite file into another, which must not be there yet, as it is at one moment; others go on meanwhile.
    ///
    /// # Errors
    /// It is no SQLite file; a fault of the database or the disk.
    pub async fn copy_to(&self, path: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(Database::Sqlite(db)) | Self::Postgres(Database::Sqlite(db)) => {
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(SqliteConnectOptions::new().filename(&db.path)).await?;
                sqlx::query("VACUUM INTO $1").bind(path).execute(&pool).await?;
                pool.close().await;
                Ok(())
            }
            _ => Err(StoreError::Admin("only a SQLite file can be copied as a file; of any other database the journal is the copy".to_owned())),
        }
    }

    /// How the database is.
    ///
    /// # Errors
    /// A fault of the database; a store in memory has no status.
    pub async fn status(&self, now: Timestamp) -> Result<Status, StoreError> {
        each!(self, status(now).await)
    }
}

impl super::memory::Memory {
    #[expect(clippy::unused_async, reason = "one face for all stores")]
    async fn status(&self, _now: Timestamp) -> Result<Status, StoreError> {
        Err(StoreError::Admin("a store in memory is new each time".to_owned()))
    }
}

impl Database {
    async fn status(&self, now: Timestamp) -> Result<Status, StoreError> {
        let bytes = match self.dialect() {
            Dialect::Sqlite => "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            Dialect::Postgres => {
                "SELECT CAST(SUM(pg_total_relation_size(oid)) AS BIGINT) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            }
        };
        let number = |row: &Row, i: usize| row.int(i).map(i64::unsigned_abs);
        let mut tables = Vec::new();
        for (table, ..) in GUARDED {
            let row = self.one(&format!("SELECT COUNT(*) FROM {table}"), &[]).await?;
            tables.push((table.to_owned(), row.map_or(Ok(0), |row| number(&row, 0))?));
        }
        let outbox = self.one("SELECT COUNT(*), MIN(recorded_at) FROM outbox WHERE sent_at = 0 AND given_up_at = 0", &[]).await?;
        let given_up = self.one("SELECT COUNT(*) FROM outbox WHERE sent_at = 0 AND given_up_at > 0", &[]).await?;
        let due = self.one("SELECT COUNT(*), MIN(due_at) FROM timer WHERE due_at <= $1", &[now.micros().into()]).await?;
        let count = |row: &Option<Row>| row.as_ref().map_or(Ok(0), |row| number(row, 0));
        let since = |row: &Option<Row>| Ok::<_, StoreError>(row.as_ref().map_or(Ok(None), |row| row.optional(1))?.map(Timestamp::from_micros));
        Ok(Status {
            schema: self.one("SELECT MAX(version) FROM schema_version", &[]).await?.map_or(Ok(0), |row| row.int(0))?,
            newest_schema: VERSION,
            bytes: count(&self.one(bytes, &[]).await?)?,
            units: self.units().await?.into_iter().map(Bu::from).collect(),
            outbox: count(&outbox)?,
            given_up: count(&given_up)?,
            outbox_since: since(&outbox)?,
            timers: tables.iter().find(|(table, _)| table == "timer").map_or(0, |(_, rows)| *rows),
            timers_due: count(&due)?,
            timers_since: since(&due)?,
            tables,
        })
    }
}
