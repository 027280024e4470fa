//! PostgreSQL: how a server is reached, and how a commit reaches it.
//!
//! The rules of the store stand in `schema/*.sql`; the schema that they name `bincard` is the one the URL asks for.
//! Must not know queries. Tests: `tests/it/store_*.rs`.

mod hand;
mod layout;
mod link;
mod roles;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Row};

use super::commit::Raised;
use super::error::StoreError;
use super::group::{self, Answer, Written};
use super::known::Known;
use super::lane::Lanes;
use super::load::Waiting;
use super::schema::{GUARDED, Guard, Guards, VERSION, is_missing, named};
use super::sql::{Arg, Database};
use super::take;
use crate::base::Bu;
use hand::AtHand;
use link::{Losses, PATIENCE};
pub(super) use roles::procedures_of_service;

/// So many commits of a business unit are sent side by side before others wait to be written as one. A group keeps all others
/// out while it is written: what one more gains is that the next group is there and read by then.
const WRITERS: usize = 2;
/// So many loads of one kind are read side by side before others wait to be read as one.
const LOADERS: usize = 3;
/// So many loads are read as one at most: while those are decided, the next are read.
const LOADED: usize = 32;
/// Held while the schema is made, so that programs that start at once make it once.
const MIGRATION_LOCK: i64 = 0x0062_696e_6361_7264;

/// A database server.
#[derive(Debug, Clone)]
pub struct Postgres {
    pub(super) pool: PgPool,
    pub(super) lanes: Lanes<Written>,
    pub(super) loads: Lanes<Waiting>,
    pub(super) known: Known,
    schema: String,
    commits: Arc<AtomicU64>,
    losses: Losses,
    at_hand: AtHand,
    patience: Duration,
}

/// After how many commits of a run the planner is told how the tables have grown. It knows nothing of an empty table, takes
/// any key that begins with `bu` for as good as any other, and keeps the plan; from a few rows on it knows better.
const GROWN: [u64; 4] = [16, 128, 1_024, 16_384];

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Opens a schema that is there; no transaction may write to it, unless it says so for tables of its own.
    pub(super) async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect_as(url, "on").await?;
        let found = store.version(&mut *store.pool.acquire().await?).await?;
        if is_missing(found)? { Err(StoreError::Admin(format!("there is no schema `{}` of bincard in this database", store.schema))) } else { Ok(store) }
    }

    pub(super) async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_as(url, "off").await
    }

    async fn connect_as(url: &str, only_reads: &str) -> Result<Self, StoreError> {
        let wrong = || StoreError::Url(url.to_owned());
        let (plain, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut schema, mut most, mut patience) = ("bincard", group::USUAL, PATIENCE);
        let mut rest = Vec::new();
        for option in query.split('&').filter(|o| !o.is_empty()) {
            match option.split_once('=') {
                Some(("schema", name)) => schema = name,
                Some(("group", n)) => most = group::most(n).ok_or_else(wrong)?,
                Some(("wait", seconds)) => patience = Duration::from_secs(seconds.parse().map_err(|_| wrong())?),
                _ => rest.push(option),
            }
        }
        if !is_plain_name(schema) {
            return Err(wrong());
        }
        let options = PgConnectOptions::from_str(&format!("{plain}?{}", rest.join("&"))).map_err(|_| wrong())?;
        // The plans do not depend on the arguments, and planning the load anew each time would cost more than running it.
        // Every join of the store follows keys from a few rows to a few: reading a whole table is never the better way.
        let settings = [
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("enable_seqscan", "off"),
            // A plan is made while a table is small, and kept: nor is it the better way to go through all of a small one.
            ("random_page_cost", "0.01"),
            ("jit", "off"),
            ("default_transaction_read_only", only_reads),
        ];
        let options = options.options([("search_path", schema)]).options(settings).application_name("bincard");
        let losses = Losses::default();
        let pool = losses.pool(patience).connect_with(options.statement_cache_capacity(300)).await?;
        Ok(Self {
            pool,
            lanes: Lanes::new(most, WRITERS),
            loads: Lanes::new(LOADED, LOADERS),
            known: Known::default(),
            schema: schema.to_owned(),
            commits: Arc::default(),
            losses,
            at_hand: AtHand::default(),
            patience,
        })
    }

    /// Calls one of the procedures of the schema, in one round trip.
    pub(super) async fn call(&self, procedure: &str, args: &[Arg]) -> Result<String, Raised> {
        let sql = format!("SELECT {}.{procedure}($1, $2::jsonb)", self.schema);
        let asked = self.ask(sql.into(), args).await.and_then(|rows| rows.into_iter().next().ok_or(sqlx::Error::RowNotFound));
        let row = asked.map_err(|e| Raised::new(e, message_of))?;
        row.try_get(0).map_err(|error| Raised { said: None, error })
    }

    /// The same server for one of a list.
    pub(super) fn of_list(&self, db: &Database, bu: &Bu) -> Self {
        Self { lanes: self.lanes.of_list(db, bu.as_str()), ..self.clone() }
    }

    /// Writes several commits in one transaction, each done or refused by itself; a fault undoes all of them.
    pub(super) async fn commit_group(&self, commits: &[Written]) -> Result<Vec<Answer>, Raised> {
        let bu = commits.first().map(|c| c.bu.as_str()).unwrap_or_default();
        let bodies: Vec<&str> = commits.iter().map(|c| c.body.as_str()).collect();
        let text = self.call("commit_many", &[bu.into(), format!("[{}]", bodies.join(",")).into()]).await?;
        self.count_commits(commits.len() as u64).await;
        let unread = |e: serde_json::Error| Raised { said: None, error: sqlx::Error::Protocol(e.to_string()) };
        let answers: Vec<serde_json::Value> = serde_json::from_str(&text).map_err(unread)?;
        Ok(answers.iter().map(answer).collect())
    }

    /// Counts commits, and now and then tells the planner how the tables have grown. What it learns changes no answer,
    /// so a failure is none.
    pub(super) async fn count_commits(&self, more: u64) {
        let before = self.commits.fetch_add(more, Ordering::Relaxed);
        if GROWN.iter().any(|grown| (before + 1..=before + more).contains(grown)) {
            let tables: Vec<&str> = GUARDED.iter().map(|(table, ..)| *table).collect();
            let sql = format!("SELECT {}.has_grown($1::jsonb)", self.schema);
            let told = sqlx::query(AssertSqlSafe(sql)).bind(serde_json::json!(tables).to_string()).execute(&self.pool).await;
            drop(told);
        }
    }

    /// Makes the schema where it is not there; true where it did. A role that may only read and call the procedures opens a finished one.
    async fn migrate(&self) -> Result<bool, StoreError> {
        // Looked at outside of a transaction: one that is not ended in good order would stay open until the pool comes round to it.
        let found = self.version(&mut *self.pool.acquire().await?).await?;
        if !is_missing(found)? {
            return Ok(false);
        }
        let mut transaction = self.pool.begin().await?;
        self.lock_migration(&mut transaction).await?;
        let missing = is_missing(self.version(&mut transaction).await?)?;
        if missing {
            let name = &self.schema;
            let start = format!(
                "SET LOCAL client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS {name}; \
                 CREATE TABLE IF NOT EXISTS {name}.schema_version (version BIGINT NOT NULL); {} \
                 REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {name} FROM PUBLIC;",
                schema(name)
            );
            sqlx::raw_sql(AssertSqlSafe(start)).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO schema_version VALUES ($1)").bind(VERSION).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(missing)
    }

    /// Keeps all others from changing the schema until the transaction ends.
    pub(super) async fn lock_migration(&self, on: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(on).await?;
        Ok(())
    }

    /// A text with this schema's name in it.
    pub(super) fn named(&self, text: &str) -> String {
        named_text(&self.schema, text)
    }

    pub(super) async fn version(&self, on: &mut PgConnection) -> Result<Option<i64>, StoreError> {
        let there = sqlx::query("SELECT to_regclass($1) IS NOT NULL").bind(format!("{}.schema_version", self.schema));
        if !there.fetch_one(&mut *on).await?.try_get::<bool, _>(0)? {
            return Ok(None);
        }
        Ok(sqlx::query("SELECT max(version) FROM schema_version").fetch_one(on).await?.try_get(0)?)
    }
}

/// A name that needs no quotes, and leaves room for endings.
fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain) && name.len() <= 48
}

/// What became of one commit of a group.
fn answer(told: &serde_json::Value) -> Answer {
    let text = |name| told.get(name).and_then(serde_json::Value::as_str);
    match (text("raised"), text("said")) {
        (Some(code), Some(said)) => Err(Raised::told(spoken(code, said))),
        _ => Ok((!told.is_null()).then(|| told.to_string())),
    }
}

/// The state that a procedure raised, and its words.
fn message_of(e: &dyn sqlx::error::DatabaseError) -> Option<(String, String)> {
    Some(spoken(e.code()?.as_ref(), e.message()))
}

fn spoken(code: &str, text: &str) -> (String, String) {
    match code {
        // Two at once: a unique key, a lock or a snapshot was in the way. The next load tells what has changed.
        "23505" | "40001" | "40P01" => ("BC100".to_owned(), String::new()),
        _ => (code.to_owned(), text.to_owned()),
    }
}

/// All that keeps hands off, with its text: procedures, and triggers with their arguments and whether they are on.
const CATALOGUE: &str = "SELECT 'procedure', proname::text, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace \
    UNION ALL SELECT 'trigger', t.tgname::text, t.tgenabled::text || ' ' || p.proname || ' ' || encode(t.tgargs, 'escape') FROM pg_trigger t \
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal";

impl Postgres {
    /// What keeps hands off in this schema, by name.
    pub(super) async fn guards(&self) -> Result<Guards, StoreError> {
        let mut guards = named(sqlx::query_as(CATALOGUE).fetch_all(&self.pool).await?);
        guards.extend(self.layout().await?);
        Ok(guards)
    }

    /// What keeps hands off in a schema that was made just now.
    pub(super) fn expected_guards(&self) -> Guards {
        let text = schema(&self.schema);
        let mut guards: Guards = layout::expected_layout();
        let mut pieces = text.split("$$");
        while let (Some(head), Some(body)) = (pieces.next(), pieces.next()) {
            let name = head.rsplit("CREATE FUNCTION ").next().and_then(|h| h.split(['.', '(']).nth(1)).unwrap_or_default();
            guards.insert(format!("procedure {name}"), body.to_owned());
        }
        for (table, guard, instead) in GUARDED {
            guards.insert(format!("trigger {table}_guard"), format!("A guard {instead}\\000{}\\000", word(guard)));
        }
        for table in ["move", "obligation_change"] {
            guards.insert(format!("trigger {table}_posts"), format!("A {table}_posts "));
        }
        guards
    }
}

/// What the guard of a table is told about it.
const fn word(guard: Guard) -> &'static str {
    match guard {
        Guard::Commit => "commit",
        Guard::Once => "once",
        Guard::Derived => "derived",
    }
}

/// The whole schema as one text.
fn schema(name: &str) -> String {
    let tables =
        [include_str!("schema/tables.sql"), include_str!("schema/seal.sql"), include_str!("schema/closing.sql"), include_str!("schema/deployment.sql")]
            .concat();
    named_text(name, &format!("{tables}{}", procedures()))
}

/// All procedures and triggers.
pub(super) fn procedures() -> String {
    let mut text = String::new();
    for file in [
        include_str!("schema/moves.sql"),
        include_str!("schema/commit.sql"),
        include_str!("schema/upkeep.sql"),
        &take::procedures(include_str!("schema/take.sql"), ["b_now", "b_holder"]),
        include_str!("schema/master.sql"),
        include_str!("schema/sealing.sql"),
        include_str!("schema/guard.sql"),
    ] {
        text.push_str(file);
    }
    for (table, guard, instead) in GUARDED {
        let how = word(guard);
        text.push_str(&include_str!("schema/guard_table.sql").replace("{table}", table).replace("{instead}", instead).replace("{how}", how));
    }
    text
}

/// A text with the schema's own name in it.
fn named_text(name: &str, text: &str) -> String {
    let text = text.replace("bincard.", &format!("{name}.")).replace(r"bincard\\.", &format!(r"{name}\\."));
    text.replace("SCHEMA bincard", &format!("SCHEMA {name}")).replace("'bincard'", &format!("'{name}'"))
}
