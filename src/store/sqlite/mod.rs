//! SQLite: how a file is opened, and how a commit reaches it.
//!
//! One connection commits, a few read; WAL lets them work at the same time. What a transition asks and commits goes to
//! connections that run on the thread that asks (`near.rs`), all else to the driver's pools. The rules of the store stand in
//! `schema/*.sql`. Must not know queries. Tests: `tests/it/store_*.rs`.

mod log;
mod near;
mod read;
mod write;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Row};
use tokio::sync::Mutex;

use super::error::StoreError;
use super::group::{self, Written};
use super::known::Known;
use super::lane::Lanes;
use super::schema::{GUARDED, Guard, Guards, VERSION, is_missing, named};
use super::sql::Database;
use super::take;
use log::Log;
pub(super) use near::Found;
use near::Near;

const READERS: u32 = 4;
/// Connections for short questions beside the one that commits.
const NEARBY: usize = 2;
/// How long another program may hold the file, where the URL does not say.
const WAIT: Duration = Duration::from_secs(10);

/// A database file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    /// The connection that commits.
    commits: Arc<Mutex<Option<Near>>>,
    /// For short questions, while somebody commits.
    nearby: Arc<[Mutex<Option<Near>>]>,
    /// How long another program may hold the file.
    wait: Duration,
    /// For several statements that hold together: master data.
    pub(super) writer: SqlitePool,
    /// For questions that take long.
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
        if is_missing(version(&mut *readers.acquire().await?).await?)? {
            return Err(StoreError::Admin(format!("`{path}` is no bincard database")));
        }
        let writer = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        Ok(Self {
            commits: Arc::default(),
            nearby: Arc::default(),
            wait: WAIT,
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
        let committing =
            [("synchronous", synchronous), ("foreign_keys", "on"), ("cache_size", "-32768"), ("wal_autocheckpoint", "0"), ("journal_size_limit", log::LARGEST)];
        let commits = Arc::new(Mutex::new(Some(Near::open(path, &committing)?)));
        let reading = || Ok(Mutex::new(Some(Near::open(path, &[("query_only", "on"), ("cache_size", "-8192")])?)));
        let nearby = (0..NEARBY).map(|_| reading()).collect::<Result<_, sqlx::Error>>()?;
        let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "on"));
        let (lanes, path) = (Lanes::new(most, 1), path.to_owned());
        Ok((Self { commits, nearby, wait, writer, readers, lanes, known: Known::default(), log: Log::default(), path }, made))
    }

    /// The same file for one of a list.
    pub(super) fn of_list(&self, db: &Database) -> Self {
        Self { lanes: self.lanes.of_list(db, ""), ..self.clone() }
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        for near in &*self.nearby {
            drop(near.lock().await.take());
        }
        drop(self.commits.lock().await.take());
    }
}

/// The version of the tables of a file; none where it has none.
pub(super) async fn version(file: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let there: i64 = sqlx::query("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_version'").fetch_one(&mut *file).await?.try_get(0)?;
    if there == 0 { Ok(None) } else { sqlx::query("SELECT max(version) FROM schema_version").fetch_one(file).await?.try_get(0) }
}

/// Makes the tables where there are none; true where it did.
async fn migrate(writer: &SqlitePool) -> Result<bool, StoreError> {
    // Where they are there, nothing is written, and nobody waited for who writes.
    if !is_missing(version(&mut *writer.acquire().await?).await?)? {
        return Ok(false);
    }
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let missing = is_missing(version(&mut transaction).await?)?;
    if missing {
        sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT").execute(&mut *transaction).await?;
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
