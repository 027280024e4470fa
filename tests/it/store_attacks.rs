//! The attack suite: every attack of the table is tried on both databases, and ends as the table says. `docs/attacks.md` is
//! the same table for people; `BINCARD_WRITE=1 scripts/test --test it store_attacks` writes it anew.

mod forged;
mod table;

use std::fmt::Write as _;
use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, Executor};

use bincard::store::SealKey;

use crate::support::plant::plant;
use crate::support::stores::{
    Fixture, SERVICE, as_user, book, firing, guarded_postgres, guarded_sqlite, lot, minute, moved, opening, postgres, raw_postgres, raw_sqlite, request,
    sqlite, unit, with_everything,
};
use crate::support::{read, root};
use table::{Attack, End, How, Try, Who};

/// A network at work: D1 has a row in every table, holds stock for itself, and its story goes on; D2 has a unit and holds some too.
async fn filled(f: &Fixture) {
    f.store.deploy(&book(), &crate::support::stores::deployment()).await.unwrap();
    f.store.upsert_master(&crate::store_parity::master()).await.unwrap();
    f.store.commit(&with_everything()).await.unwrap();
    let mut d = firing(&f.store.load(&request("D1")).await.unwrap(), "approve");
    d.enters_state = false;
    d.moves = vec![moved("PCB#1", 2, "PUNE.available", "PUNE.reserved for D1/1")];
    f.store.commit(&d).await.unwrap();
    let mut d = opening("D2");
    d.lots = vec![lot("FAN#1", "D2")];
    d.moves = vec![unit("FAN#1", "S1", "supplier", "PUNE.available"), moved("FAN#1", 2, "supplier", "PUNE.reserved for D2/1")];
    f.store.commit(&d).await.unwrap();
}

async fn database(kind: &str) -> Fixture {
    let f = if kind == "sqlite" { sqlite().await } else { postgres().await };
    filled(&f).await;
    f
}

/// Runs an attack; what the database said where it refused.
async fn tried(f: &Fixture, attack: &Try) -> Result<(), String> {
    match attack.how {
        How::Sql(sql) => by_hand(f, attack.who, sql).await,
        How::EveryTable(sql) => every_table(f, attack.who, sql).await,
        How::Told(sql, argument) => by_argument(f, attack.who, sql, argument).await,
        How::GuardsOff(sql) => {
            plant(f, sql).await;
            Ok(())
        }
        How::Forged(change) => {
            let mut d = firing(&f.store.load(&request("D1")).await.unwrap(), "approve");
            d.enters_state = false;
            change(&mut d);
            f.store.commit(&d).await.map(|_| ()).map_err(|e| e.to_string())
        }
        How::Body(patch) => by_body(f, patch).await,
        How::Bytes(from, to) => {
            edit_bytes(f, from, to).await;
            Ok(())
        }
    }
}

/// What a database says of an error.
fn said(e: sqlx::Error) -> String {
    e.as_database_error().map_or(e.to_string(), |e| e.message().to_owned())
}

async fn by_hand(f: &Fixture, who: Who, sql: &str) -> Result<(), String> {
    if f.store.kind() == "sqlite" {
        let raw = raw_sqlite(f).await;
        let done = raw.execute(AssertSqlSafe(table::written(sql, ""))).await;
        raw.close().await;
        return done.map(|_| ()).map_err(said);
    }
    let (mut connection, schema) = session(f, who).await;
    let done = sqlx::raw_sql(AssertSqlSafe(table::written(sql, &schema))).execute(&mut connection).await;
    connection.close().await.unwrap();
    done.map(|_| ()).map_err(said)
}

/// A session at the server, and the schema.
async fn session(f: &Fixture, who: Who) -> (sqlx::PgConnection, String) {
    let (base, schema) = f.url.split_once("schema=").unwrap();
    let base = base.trim_end_matches(['?', '&']);
    let url = if who == Who::Service { as_user(base, SERVICE) } else { base.to_owned() };
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    let mut connection = sqlx::PgConnection::connect_with(&options.options([("search_path", schema)])).await.unwrap();
    if who == Who::Owner {
        connection.execute(AssertSqlSafe(format!("SET ROLE {schema}_owner"))).await.unwrap();
    }
    (connection, schema.to_owned())
}

/// Sends an argument beside its statement, which the server then repeats among the frames of a call.
async fn by_argument(f: &Fixture, who: Who, sql: &str, argument: &str) -> Result<(), String> {
    let (mut connection, schema) = session(f, who).await;
    connection.execute("SET log_parameter_max_length_on_error = -1").await.unwrap();
    let query = sqlx::query(AssertSqlSafe(table::written(sql, &schema))).bind(table::written(argument, &schema));
    let done = query.execute(&mut connection).await;
    connection.close().await.unwrap();
    done.map(|_| ()).map_err(said)
}

/// The words of the last table, when all of them refuse in the same way.
async fn every_table(f: &Fixture, who: Who, sql: &str) -> Result<(), String> {
    let tables = if f.store.kind() == "sqlite" {
        guarded_sqlite(&raw_sqlite(f).await).await
    } else {
        let (raw, schema) = raw_postgres(f).await;
        guarded_postgres(&raw, &schema).await
    };
    assert!(tables.len() >= 24, "{tables:?}");
    let mut said = Ok(());
    for table in &tables {
        let column = match table.as_str() {
            "book" => "name",
            "deployment" => "deployed_by",
            _ => "bu",
        };
        said = by_hand(f, who, &sql.replace("{table}", table).replace("{column}", column)).await;
        let words = said.clone().expect_err(&format!("{}: {sql} on {table} passes", f.store.kind()));
        assert!(
            words.starts_with("bincard: ") && words.contains("; ") || words.contains("permission denied") || words.contains("must be owner"),
            "{table}: {words}"
        );
    }
    said
}

async fn by_body(f: &Fixture, patch: &str) -> Result<(), String> {
    let body = forged::body(f, patch).await;
    if f.store.kind() == "sqlite" {
        let raw = raw_sqlite(f).await;
        let query = sqlx::query("INSERT INTO command VALUES ('commit', 'ac', $1, $2, jsonb($3))");
        let query = query.bind(body["doc"].as_str().unwrap().to_owned()).bind(body["revision"].as_i64().unwrap()).bind(body.to_string());
        let done = query.execute(&raw).await;
        raw.close().await;
        return done.map(|_| ()).map_err(said);
    }
    let (raw, _) = raw_postgres(f).await;
    raw.execute(AssertSqlSafe(format!("SET ROLE {SERVICE}"))).await.unwrap();
    let done = sqlx::query("SELECT commit('ac', $1::jsonb)").bind(body.to_string()).execute(&raw).await;
    raw.close().await;
    done.map(|_| ()).map_err(said)
}

/// Changes the bytes of a file that nobody has open.
async fn edit_bytes(f: &Fixture, from: &str, to: &str) {
    let raw = raw_sqlite(f).await;
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    raw.close().await;
    let path = f.url.trim_start_matches("sqlite://");
    let mut bytes = std::fs::read(path).unwrap();
    let places: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from.as_bytes()).map(|(i, _)| i).collect();
    assert!(!places.is_empty(), "{from} stands in the file");
    places.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to.as_bytes()));
    std::fs::write(path, bytes).unwrap();
}

/// Everything that a database holds, as one text.
async fn holds(f: &Fixture) -> String {
    let mut text = String::new();
    if f.store.kind() == "sqlite" {
        let raw = raw_sqlite(f).await;
        for table in guarded_sqlite(&raw).await {
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)").bind(&table).fetch_all(&raw).await.unwrap();
            let row = columns.iter().map(|c| format!("quote({c})")).collect::<Vec<_>>().join(" || ',' || ");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT {row} FROM {table} ORDER BY 1"))).fetch_all(&raw).await.unwrap();
            writeln!(text, "{table} {}", rows.join("\n")).unwrap();
        }
    } else {
        let (raw, schema) = raw_postgres(f).await;
        for table in guarded_postgres(&raw, &schema).await {
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::text FROM {table} t ORDER BY 1"))).fetch_all(&raw).await.unwrap();
            writeln!(text, "{table} {}", rows.join("\n")).unwrap();
        }
    }
    text
}

fn tries(kind: &str) -> Vec<(&'static str, &'static Try)> {
    let of = |a: &'static Attack| if kind == "sqlite" { a.sqlite.as_ref() } else { a.postgres.as_ref() };
    table::all().filter_map(|(_, a)| Some((a.name, of(a)?))).collect()
}

/// Whatever is refused leaves the database as it was, and the next transition goes through.
async fn refused(kind: &str) {
    let f = database(kind).await;
    f.admin().await.seal(&SealKey::new(&[7; 32]).unwrap(), minute(9)).await.unwrap();
    let before = holds(&f).await;
    let mut wrong = Vec::new();
    for (name, attack) in tries(kind) {
        let End::Refused(words) = attack.end else { continue };
        match tried(&f, attack).await {
            Ok(()) => wrong.push(format!("{name}: it passes")),
            Err(said) if !said.contains(words) => wrong.push(format!("{name}: {said}")),
            Err(_) => {}
        }
        let now = holds(&f).await;
        if now != before {
            wrong.push(format!("{name}: it left something behind"));
            break;
        }
    }
    assert!(wrong.is_empty(), "{kind}:\n{}", wrong.join("\n"));
    let report = f.store.verify().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    f.store.commit(&firing(&f.store.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
}

/// What could not be refused is found, and named.
async fn found(kind: &str) {
    let sound = database(kind).await.store.verify().await.unwrap();
    assert!(sound.is_sound(), "{sound:?}");
    let mut wrong = Vec::new();
    for (name, attack) in tries(kind) {
        let End::Found(code, words) = attack.end else { continue };
        let f = database(kind).await;
        if let Err(said) = tried(&f, attack).await {
            wrong.push(format!("{name}: refused: {said}"));
            continue;
        }
        let report = f.admin().await.verify().await;
        match report {
            Ok(report) if report.findings.iter().any(|x| x.code == code && x.text.contains(words)) => {}
            Ok(report) => wrong.push(format!("{name}: {:?}", report.findings)),
            Err(e) => wrong.push(format!("{name}: {e}")),
        }
        f.store.close().await;
    }
    assert!(wrong.is_empty(), "{kind}:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn sqlite_refuses_and_changes_nothing() {
    refused("sqlite").await;
}

#[tokio::test]
async fn postgres_refuses_and_changes_nothing() {
    refused("postgres").await;
}

#[tokio::test]
async fn what_sqlite_cannot_refuse_is_found() {
    found("sqlite").await;
}

#[tokio::test]
async fn what_postgres_cannot_refuse_is_found() {
    found("postgres").await;
}

/// The indexes, constraints and procedures of a new schema, as verify expects them; a new index is written down here.
#[tokio::test]
async fn the_layout_of_a_new_schema_is_written_down() {
    const LAYOUT: &str = "src/store/postgres/schema/layout.txt";
    let f = postgres().await;
    let (raw, schema) = raw_postgres(&f).await;
    let rows: Vec<(String, String, String)> = sqlx::query_as(include_str!("../../src/store/postgres/schema/layout.sql")).fetch_all(&raw).await.unwrap();
    let mut lines: Vec<String> = rows.iter().map(|(kind, name, text)| format!("{kind} {name}\t{text}\n").replace(&format!("{schema}."), "bincard.")).collect();
    lines.sort();
    let path = Path::new(root()).join(LAYOUT);
    if std::env::var("BINCARD_WRITE").is_ok() {
        std::fs::write(path, lines.concat()).unwrap();
    }
    assert!(read(Path::new(LAYOUT)) == lines.concat(), "{LAYOUT} is not what a new schema has: write it anew with BINCARD_WRITE=1, and build again");
}

const PAGE: &str = "docs/attacks.md";

const fn who(who: Who) -> &'static str {
    match who {
        Who::Program => "another program on the file",
        Who::Tamperer => "a program that takes the guards off and puts them back",
        Who::Service => "the service's role",
        Who::Owner => "the owner's role",
        Who::Superuser => "a superuser",
    }
}

fn outcome(attack: Option<&Try>) -> String {
    let Some(attack) = attack else { return "–".to_owned() };
    let end = match attack.end {
        End::Refused("") => "**refused** in the database's own words".to_owned(),
        End::Refused("bincard: ") => "**refused**: what to do instead, for each table".to_owned(),
        End::Refused(words) => format!("**refused**: {}", words.trim_start_matches("bincard: ")),
        End::Found(code, words) => format!("**found** as `{code}`: … {words} …"),
    };
    format!("{}: {end}", who(attack.who))
}

fn page() -> String {
    let (mut text, mut title) = (include_str!("store_attacks/head.md").to_owned(), "");
    let count = |kind: &str, refused: bool| tries(kind).iter().filter(|(_, a)| matches!(a.end, End::Refused(_)) == refused).count();
    let counts = [count("sqlite", true), count("sqlite", false), count("postgres", true), count("postgres", false)].map(|n| n.to_string());
    for (hole, n) in ["{sqlite refused}", "{sqlite found}", "{postgres refused}", "{postgres found}"].iter().zip(counts) {
        text = text.replace(hole, &n);
    }
    text = text.replace("{attacks}", &table::all().count().to_string());
    for (part, attack) in table::all() {
        if part != title {
            title = part;
            write!(text, "\n## {part}\n\n| attack | SQLite | PostgreSQL |\n|---|---|---|\n").unwrap();
        }
        writeln!(text, "| {} | {} | {} |", attack.name, outcome(attack.sqlite.as_ref()), outcome(attack.postgres.as_ref())).unwrap();
    }
    text
}

#[test]
fn the_page_lists_every_attack() {
    let path = Path::new(root()).join(PAGE);
    if std::env::var("BINCARD_WRITE").is_ok() {
        std::fs::write(path, page()).unwrap();
    }
    assert!(read(Path::new(PAGE)) == page(), "{PAGE} is not what tests/it/store_attacks/table.rs says: write it anew with BINCARD_WRITE=1");
    assert!(table::all().count() >= 60);
}
