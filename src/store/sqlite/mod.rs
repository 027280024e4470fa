//! SQLite: how a file is opened, and how a commit reaches it.
//!
//! One connection writes, a few read; WAL lets them work at the same time. The rules of the store stand in
//! `schema/*.sql`. Must not know queries. Tests: `tests/it/store_*.rs`.

mod log;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, Row, SqlSafeStr};
use tokio::sync::Mutex;

use super::commit::{COMMIT, COMMIT_ALL, NUMBERS, Raised, commit_all_args, commit_args, each, first};
use super::error::StoreError;
use super::group::{self, Answer, Written};
use super::known::Known;
use super::lane::Lanes;
use super::schema::{GUARDED, Guard, Guards, VERSION, is_missing, named};
use super::sql::{Arg, Database, bound};
use super::take;
use log::Log;

const READERS: u32 = 4;
/// How long another program may hold the file, where the URL does not say.
const WAIT: Duration = Duration::from_secs(10);

/// A database file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    /// The connection that commits; a pool would hand it back only after another turn of the scheduler.
    commits: Arc<Mutex<Option<SqliteConnection>>>,
    /// For several statements that hold together: master data.
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    pub(super) lanes: Lanes<Written>,
    pub(super) known: Known,
    log: Log,
    pub(super) path: String,
}

impl Sqlite {
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self::make(url).await?.0)
    }

    /// Opens a file that is there; no connection may write to it.
    pub(super) async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        let path = url.split('?').next().and_then(|u| u.strip_prefix("sqlite:")).ok_or_else(|| StoreError::Url(url.to_owned()))?;
        let path = path.strip_prefix("//").unwrap_or(path);
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(WAIT).statement_cache_capacity(300);
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.clone()).await?;
        let there: i64 = sqlx::query("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_version'").fetch_one(&readers).await?.try_get(0)?;
        let found = if there == 0 { None } else { sqlx::query("SELECT max(version) FROM schema_version").fetch_one(&readers).await?.try_get(0)? };
        if is_missing(found)? {
            return Err(StoreError::Admin(format!("`{path}` is no bincard database")));
        }
        let writer = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        Ok(Self {
            commits: Arc::default(),
            writer,
            readers,
            lanes: Lanes::new(group::USUAL, 1),
            known: Known::default(),
            log: Log::default(),
            path: path.to_owned(),
        })
    }

    /// Opens a file; true where its tables had to be made.
    pub(super) async fn make(url: &str) -> Result<(Self, bool), StoreError> {
        let wrong = || StoreError::Url(url.to_owned());
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = path.strip_prefix("sqlite:").ok_or_else(wrong)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        let (mut synchronous, mut wait, mut most) = ("normal", WAIT, group::USUAL);
        for option in query.split('&').filter(|o| !o.is_empty()) {
            match option.split_once('=') {
                Some(("synchronous", how)) => synchronous = how,
                Some(("wait", seconds)) => wait = Duration::from_secs(seconds.parse().map_err(|_| wrong())?),
                Some(("group", n)) => most = group::most(n).ok_or_else(wrong)?,
                _ => return Err(wrong()),
            }
        }
        if path.is_empty() || path.contains(":memory:") {
            return Err(wrong());
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::from_str(synchronous).map_err(|_| wrong())?)
            .foreign_keys(true)
            .busy_timeout(wait)
            .statement_cache_capacity(300)
            .pragma("cache_size", "-32768");
        let pool = |most| SqlitePoolOptions::new().max_connections(most).test_before_acquire(false).idle_timeout(None).max_lifetime(None);
        let writer = pool(1).connect_with(options.clone()).await?;
        let made = migrate(&writer).await?;
        // No commit waits while the log is copied into the file: `log.rs` does that beside them.
        let committing = options.clone().pragma("wal_autocheckpoint", "0").pragma("journal_size_limit", log::LARGEST);
        let commits = Arc::new(Mutex::new(Some(SqliteConnection::connect_with(&committing).await?)));
        let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "on"));
        Ok((Self { commits, writer, readers, lanes: Lanes::new(most, 1), known: Known::default(), log: Log::default(), path: path.to_owned() }, made))
    }

    /// The same file for one of a list.
    pub(super) fn of_list(&self, db: &Database) -> Self {
        Self { lanes: self.lanes.of_list(db, ""), ..self.clone() }
    }

    /// Inserts one row into the command table, and reads back what `then` selects, in one round trip.
    pub(super) async fn command<S>(&self, sql: S, args: &[Arg]) -> Result<Vec<SqliteRow>, Raised>
    where
        AssertSqlSafe<S>: SqlSafeStr,
    {
        let mut commits = self.commits.lock().await;
        let connection = commits.as_mut().ok_or(Raised { said: None, error: sqlx::Error::PoolClosed })?;
        let rows = bound!(sql, args).fetch_all(connection).await.map_err(|e| Raised::new(e, message_of))?;
        self.logged(1);
        Ok(rows)
    }

    /// Writes several commits in one transaction, each done or refused by itself; a fault undoes all of them. One statement
    /// writes them all; where one of them is refused, which undoes the others, each has a statement of its own.
    pub(super) async fn commit_group(&self, commits: &[Written]) -> Result<Vec<Answer>, sqlx::Error> {
        let mut guard = self.commits.lock().await;
        let connection = guard.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let (all, numbered) = commit_all_args(commits);
        let answers = match bound!(COMMIT_ALL, &[all]).fetch_all(&mut *connection).await {
            Ok(_) => each(commits, numbers(connection, numbered).await?)?,
            Err(e) if e.as_database_error().is_some_and(is_constraint) => one_by_one(connection, commits).await?,
            Err(e) => return Err(e),
        };
        self.logged(commits.len());
        Ok(answers)
    }

    /// Reads one row, like [`Sqlite::read_briefly`]. Only where the end of a statement is not waited for does its one row wake
    /// the caller once: the connection has a thread of its own, and each hand-over takes longer than reading a row does.
    pub(super) async fn read_one(&self, sql: Arc<str>, args: &[Arg]) -> Result<Option<SqliteRow>, sqlx::Error> {
        if let Ok(mut commits) = self.commits.try_lock()
            && let Some(connection) = commits.as_mut()
        {
            return bound!(sql, args).fetch_optional(connection).await;
        }
        bound!(sql, args).fetch_optional(&self.readers).await
    }

    /// Reads a few rows by their keys. Where nobody commits, that connection does it: what it has written, it has at hand,
    /// while a reader forgets all it knows of a file that has changed.
    pub(super) async fn read_briefly(&self, sql: Arc<str>, args: &[Arg]) -> Result<Vec<SqliteRow>, sqlx::Error> {
        if let Ok(mut commits) = self.commits.try_lock()
            && let Some(connection) = commits.as_mut()
        {
            return bound!(sql, args).fetch_all(connection).await;
        }
        bound!(sql, args).fetch_all(&self.readers).await
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(connection) = self.commits.lock().await.take() {
            // What is committed is in the file already; a fault here has nothing to say.
            drop(connection.close().await);
        }
    }
}

/// The numbers that commits were given, for those that took some.
async fn numbers(connection: &mut SqliteConnection, asked: Option<Arg>) -> Result<Option<Vec<SqliteRow>>, sqlx::Error> {
    match asked {
        Some(asked) => bound!(NUMBERS, &[asked]).fetch_all(connection).await.map(Some),
        None => Ok(None),
    }
}

/// Writes commits in one transaction, each by a statement of its own.
async fn one_by_one(connection: &mut SqliteConnection, commits: &[Written]) -> Result<Vec<Answer>, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut answers = Vec::with_capacity(commits.len());
    for commit in commits {
        match bound!(COMMIT, &commit_args(commit)).fetch_all(&mut *transaction).await {
            Ok(rows) => answers.push(first(rows).map(Some)),
            // What a statement does against a constraint is undone with the statement alone.
            Err(e) if e.as_database_error().is_some_and(is_constraint) => answers.push(Err(Raised::new(e, message_of))),
            Err(e) => return Err(e),
        }
    }
    transaction.commit().await?;
    Ok(answers)
}

/// Whether a constraint or a trigger refused it: SQLITE_CONSTRAINT, whose kinds differ above the first byte.
fn is_constraint(e: &dyn sqlx::error::DatabaseError) -> bool {
    e.code().and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 19)
}

/// What a trigger said, as code and text.
fn message_of(e: &dyn sqlx::error::DatabaseError) -> Option<(String, String)> {
    match e.code().as_deref() {
        // SQLITE_CONSTRAINT_TRIGGER: one of our own words; the other constraints are raced only by other writers.
        Some("1811") => {
            let (code, text) = e.message().split_once(' ').unwrap_or((e.message(), ""));
            Some((code.to_owned(), text.to_owned()))
        }
        _ => None,
    }
}

async fn migrate(writer: &SqlitePool) -> Result<bool, StoreError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT").execute(&mut *transaction).await?;
    let found = sqlx::query("SELECT max(version) FROM schema_version").fetch_one(&mut *transaction).await?.try_get(0)?;
    let missing = is_missing(found)?;
    if missing {
        sqlx::raw_sql(AssertSqlSafe(schema())).execute(&mut *transaction).await?;
        sqlx::raw_sql(include_str!("schema/statistics.sql")).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO schema_version VALUES ($1)").bind(VERSION).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(missing)
}

/// All that keeps hands off, with its text: tables with their checks, indexes and triggers.
const CATALOGUE: &str = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version'";

impl Sqlite {
    /// What keeps hands off in this file, by name.
    pub(super) async fn guards(&self) -> Result<Guards, StoreError> {
        Ok(named(sqlx::query_as(CATALOGUE).fetch_all(&self.readers).await?))
    }
}

/// What keeps hands off in a file that was made just now.
pub(super) async fn expected_guards() -> Result<Guards, StoreError> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(SqliteConnectOptions::new().in_memory(true)).await?;
    sqlx::raw_sql(AssertSqlSafe(schema())).execute(&pool).await?;
    let guards = named(sqlx::query_as(CATALOGUE).fetch_all(&pool).await?);
    pool.close().await;
    Ok(guards)
}

/// The whole schema as one text.
fn schema() -> String {
    let mut text = String::new();
    for file in [
        include_str!("schema/tables.sql"),
        include_str!("schema/seal.sql"),
        include_str!("schema/closing.sql"),
        include_str!("schema/deployment.sql"),
        include_str!("schema/command.sql"),
        include_str!("schema/moves.sql"),
        include_str!("schema/commit.sql"),
        include_str!("schema/upkeep.sql"),
        &take::procedures(include_str!("schema/take.sql"), ["NEW.body ->> '$.now'", "NEW.body ->> '$.holder'"]),
        include_str!("schema/master.sql"),
        include_str!("schema/sealing.sql"),
    ] {
        text.push_str(file);
    }
    for (table, guard, instead) in GUARDED {
        let once = if guard == Guard::Once { "1" } else { "0" };
        text.push_str(&include_str!("schema/guard.sql").replace("{table}", table).replace("{instead}", instead).replace("{once}", once));
    }
    text
}
