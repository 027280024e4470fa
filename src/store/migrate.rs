//! Bringing a database up to this program: only forward, in one transaction, so that an interrupted migration never was.
//!
//! Tables change step by step; procedures, views and triggers are written anew as this program has them, also where nothing
//! else is to be done. Must not know queries. Tests: `tests/it/store_migrate.rs`.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row};

use super::Store;
use super::error::StoreError;
use super::postgres::Postgres;
use super::schema::VERSION;
use super::sqlite;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The version that was there.
    pub from: i64,
    /// The version that is there now.
    pub to: i64,
}

/// How long a locked file is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// What leads to each version from the one before it: for SQLite, and for PostgreSQL with `bincard` for the schema.
const STEPS: [(i64, &str, &str); 10] = [
    (2, include_str!("sqlite/schema/seal.sql"), include_str!("postgres/schema/seal.sql")),
    (3, include_str!("sqlite/schema/held.sql"), include_str!("postgres/schema/held.sql")),
    (4, include_str!("sqlite/schema/closing.sql"), include_str!("postgres/schema/closing.sql")),
    (5, include_str!("sqlite/schema/follows.sql"), include_str!("postgres/schema/follows.sql")),
    (6, include_str!("sqlite/schema/deployment.sql"), include_str!("postgres/schema/deployment.sql")),
    (7, include_str!("sqlite/schema/put_off.sql"), include_str!("postgres/schema/put_off.sql")),
    (8, "", include_str!("postgres/schema/bodies.sql")),
    (9, include_str!("sqlite/schema/master_version.sql"), include_str!("postgres/schema/master_version.sql")),
    (10, "", ""),
    (11, "", ""),
];

/// The versions to go through from the one that is there.
fn from(found: Option<i64>) -> Result<i64, StoreError> {
    match found {
        None => Err(StoreError::Admin("there is no bincard database: `bincard db init` makes one".to_owned())),
        Some(found) if found > VERSION => Err(StoreError::NewerSchema { found, known: VERSION }),
        Some(found) => Ok(found),
    }
}

impl Store {
    /// Brings a database up to this program.
    ///
    /// # Errors
    /// There is none; a newer program wrote it; the user may not do it; the database cannot be reached.
    pub async fn migrate(url: &str) -> Result<Migrated, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => migrate_file(path.split('?').next().unwrap_or(path)).await,
            Some(("postgres" | "postgresql", _)) => Postgres::connect(url).await?.migrate_schema().await,
            _ => Err(StoreError::Url(url.to_owned())),
        }
    }
}

async fn migrate_file(path: &str) -> Result<Migrated, StoreError> {
    let options = SqliteConnectOptions::new().filename(path.strip_prefix("//").unwrap_or(path)).foreign_keys(true).busy_timeout(WAIT);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let from = from(sqlite::version(&mut transaction).await?)?;
    let triggers = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetch_all(&mut *transaction).await?;
    for row in triggers {
        let name: String = row.try_get(0)?;
        let drop = format!("DROP TRIGGER \"{}\"", name.replace('"', "\"\""));
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *transaction).await?;
    }
    for (_, step, _) in STEPS.iter().filter(|(to, ..)| *to > from) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    let guards = sqlite::expected_guards().await?;
    for (view, sql) in guards.iter().filter_map(|(name, sql)| Some((name.strip_prefix("view ")?, sql))) {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP VIEW IF EXISTS {view}; {sql}"))).execute(&mut *transaction).await?;
    }
    for (_, sql) in guards.iter().filter(|(name, _)| name.starts_with("trigger ")) {
        sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *transaction).await?;
    }
    sqlx::raw_sql(include_str!("sqlite/schema/statistics.sql")).execute(&mut *transaction).await?;
    if from < VERSION {
        sqlx::query("INSERT INTO schema_version VALUES ($1)").bind(VERSION).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    pool.close().await;
    Ok(Migrated { from, to: VERSION })
}

impl Postgres {
    async fn migrate_schema(&self) -> Result<Migrated, StoreError> {
        let mut transaction = self.pool.begin().await?;
        self.lock_migration(&mut transaction).await?;
        let from = from(self.version(&mut transaction).await?)?;
        let mut text = "SET LOCAL client_min_messages = warning;\n".to_owned();
        text.push_str(include_str!("postgres/schema/become_owner.sql"));
        for (_, _, step) in STEPS.iter().filter(|(to, ..)| *to > from) {
            text.push_str(step);
        }
        text.push_str(
            &super::postgres::procedures().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER"),
        );
        text.push_str(&include_str!("postgres/schema/regrant.sql").replace("{procedures}", &super::postgres::procedures_of_service()));
        sqlx::raw_sql(AssertSqlSafe(self.named(&text))).execute(&mut *transaction).await?;
        if from < VERSION {
            sqlx::query("INSERT INTO schema_version VALUES ($1)").bind(VERSION).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        self.pool.close().await;
        Ok(Migrated { from, to: VERSION })
    }
}
