//! A story of the shipped book that leaves a trace in every table: a request whose shipment comes short, the claim, and a
//! job whose parts nobody collects. Sent by a fixed list of commands, so that it can be sent again.

use bincard::base::{Key, Timestamp};
use bincard::domain::{Action, Command};
use bincard::engine::{Engine, Outcome, Ticked};
use bincard::store::{LEASE_MICROS, Store};
use serde_json::{Value as Json, json};
use sqlx::AssertSqlSafe;

use super::desk::{Desk, fire, open};
use super::stores::OPEN_TABLES;

/// What the story begins with.
pub async fn prepare(store: Store) {
    let desk = Desk::on(store).await;
    desk.stocked("wh_blr", &[json!({ "part": "CAP", "quantity": 60 }), json!({ "part": "FAN", "quantity": 5 })]).await;
    desk.engine.store().close().await;
}

/// The commands, in order; each has a key of its own.
pub fn commands(desk: &Desk) -> Vec<Command> {
    let who = |role, at| desk.who(role, at);
    let (manager, keeper) = (who("asp_manager", Some("coolfix")), who("storekeeper", Some("coolfix")));
    let (picker, warehouse) = (who("picker", Some("wh_blr")), who("warehouse_manager", Some("wh_blr")));
    let request = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "replenishment", "pool": "in_warranty" });
    let job = json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": "SO-1", "contract": "IW-1001" });
    let asked = [json!({ "part": "CAP", "requested": 20 }), json!({ "part": "FAN", "requested": 2 })];
    let counted = [json!({ "part": "CAP", "good": 20 }), json!({ "part": "FAN", "good": 1 })];
    // Documents that the engine starts are named after the revision that started them.
    let (shipment, claim) = ("R1.6.1", "R1.6.1.5.1");
    let steps: [(&_, &str, Action, Json, &[Json]); 10] = [
        (&manager, "R1", open("ship_to_store"), request, &asked),
        (&manager, "R1", fire("submit"), json!({}), &[]),
        (&picker, "R1", fire("pick"), json!({}), &[]),
        (&picker, "R1", fire("pack"), json!({}), &[]),
        (&warehouse, shipment, fire("ship"), json!({ "sodo": "4500010044 80001290" }), &[]),
        (&keeper, shipment, fire("arrive"), json!({}), &[]),
        (&keeper, shipment, fire("count"), json!({}), &counted),
        (&keeper, shipment, fire("complete"), json!({}), &[]),
        (&keeper, claim, fire("found_later"), json!({}), &[]),
        (&who("service_desk", None), "I1", open("indent"), job, &[json!({ "part": "CAP", "requested": 2 })]),
    ];
    let numbered = steps.into_iter().enumerate();
    numbered
        .map(|(n, (who, doc, action, fields, lines))| Command { key: Key::from(format!("story-{n}")), ..desk.command(who, doc, action, fields, lines) })
        .collect()
}

/// Sends all commands, in order, and then lets the clock run on: until all deadlines have passed, and until what another process
/// had taken is free again.
pub async fn tell(engine: &Engine, commands: &[Command]) -> [Ticked; 2] {
    for command in commands {
        must(engine, command).await;
    }
    let [later, free] = [later(commands), free(commands)];
    [engine.tick(None, later).await.expect("no fault"), engine.tick(None, free).await.expect("no fault")]
}

/// Sends a command that must pass; true where it had passed before.
pub async fn must(engine: &Engine, command: &Command) -> bool {
    match engine.execute(command.clone()).await.expect("no fault") {
        Outcome::Done(done) => done.repeated(),
        Outcome::Refused(refusal) => panic!("{} {}: {refusal:#?}", command.doc, command.key),
    }
}

/// When nobody waits any more.
pub fn later(commands: &[Command]) -> Timestamp {
    commands.last().expect("commands").recorded_at.plus_micros(49 * 3_600_000_000)
}

/// When the timers that a dead process had taken are free again.
fn free(commands: &[Command]) -> Timestamp {
    later(commands).plus_micros(2 * LEASE_MICROS)
}

/// Every row of every table, table by table. What was done after a timer had come free again counts as done at once; hashes,
/// which verify compares, and the versions of master data are left out.
pub async fn rows(url: &str, commands: &[Command]) -> Vec<String> {
    let rows = match url.strip_prefix("sqlite://") {
        Some(path) => rows_sqlite(path).await,
        None => rows_postgres(url).await,
    };
    let [soon, free] = [later(commands), free(commands)].map(|at| at.micros().to_string());
    let is_hash = |word: &&str| [32, 64].contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
    let without_hashes = |row: String| row.split(|c: char| !c.is_alphanumeric()).filter(is_hash).fold(row.clone(), |row, hash| row.replace(hash, "#"));
    let mut rows: Vec<String> = rows.into_iter().map(|row| without_hashes(row.replace(&free, &soon))).collect();
    rows.sort();
    rows
}

async fn rows_sqlite(path: &str) -> Vec<String> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let raw = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("a connection");
    let tables = "SELECT t.name, group_concat('\"' || c.name || '\"', ', ') FROM sqlite_schema t, pragma_table_info(t.name) c \
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name ORDER BY t.name";
    let tables: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(&raw).await.expect("a catalogue");
    let mut rows = Vec::new();
    for (table, columns) in tables.into_iter().filter(|(t, _)| !OPEN_TABLES.contains(&t.as_str())) {
        let sql = format!("SELECT '{table} ' || json_array({columns}) FROM {table} ORDER BY 1");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(&raw).await.expect("rows"));
    }
    raw.close().await;
    rows
}

async fn rows_postgres(url: &str) -> Vec<String> {
    let (base, schema) = url.split_once("schema=").expect("a schema");
    let options: sqlx::postgres::PgConnectOptions = base.trim_end_matches(['?', '&']).parse().expect("a URL");
    let raw = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(options).await.expect("a connection");
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1";
    let tables: Vec<String> = sqlx::query_scalar(tables).bind(schema).fetch_all(&raw).await.expect("a catalogue");
    let mut rows = Vec::new();
    for table in tables.into_iter().filter(|t| !OPEN_TABLES.contains(&t.as_str())) {
        let sql = format!("SELECT '{table} ' || t::text FROM {schema}.{table} t ORDER BY 1");
        rows.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(&raw).await.expect("rows"));
    }
    raw.close().await;
    rows
}
