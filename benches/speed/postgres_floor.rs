//! The floor on PostgreSQL: pgbench calls one plpgsql function for each transition (`by_hand.sql`), prepared.

use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Row};

use crate::rows::{ADDED, Rows, Take};

/// What the engine tells each connection; the floor is given the same.
const SETTINGS: &str =
    "-c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c random_page_cost=0.01 -c jit=off";

/// A schema with the tables and indexes of a store, and nothing that guards them.
pub struct Floor {
    pool: PgPool,
    url: String,
    schema: String,
}

impl Floor {
    /// Takes the guards away from a furnished schema, and adds the call.
    pub async fn open(url: &str, schema: &str) -> Self {
        let options: PgConnectOptions = url.parse().expect("a URL");
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await.expect("a server");
        let triggers = "SELECT t.tgname::text, c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = $1::regnamespace AND NOT t.tgisinternal";
        for row in sqlx::query(triggers).bind(schema).fetch_all(&pool).await.expect("triggers") {
            let (name, table): (String, String) = (row.get(0), row.get(1));
            run(&pool, &format!("DROP TRIGGER {name} ON {schema}.{table}")).await;
        }
        run(&pool, &include_str!("by_hand.sql").replace("{floor}", schema)).await;
        Self { pool, url: url.to_owned(), schema: schema.to_owned() }
    }

    /// Hands over what will be written, from the number `from` on.
    pub async fn give(&self, from: i64, all: &[Rows]) {
        let mut transaction = self.pool.begin().await.expect("a transaction");
        for (rows, n) in all.iter().zip(from..) {
            let give = format!("SELECT {}.give($1, $2::jsonb)", self.schema);
            sqlx::query(AssertSqlSafe(give)).bind(n).bind(given(rows).to_string()).execute(&mut *transaction).await.expect("rows that fit");
        }
        transaction.commit().await.expect("a commit");
        run(&self.pool, &format!("VACUUM ANALYZE {}.given", self.schema)).await;
    }

    /// Lets so many clients write `each` transitions, which begin at `from` and follow one another; gives transitions a second.
    pub fn write(&self, folder: &Path, clients: usize, from: i64, each: usize) -> f64 {
        let script = folder.join("by_hand.pgbench");
        let text = format!("\\set n {from} + :client_id * {each} + :i\n\\set i :i + 1\nSELECT {}.write(:n);\n", self.schema);
        std::fs::write(&script, text).expect("a file");
        let bin = Command::new("pg_config").arg("--bindir").output().expect("pg_config");
        let pgbench = Path::new(String::from_utf8_lossy(&bin.stdout).trim()).join("pgbench");
        let out = Command::new(pgbench)
            .args(["-n", "-M", "prepared", "-D", "i=0", "-c", &clients.to_string(), "-j", &clients.min(2).to_string(), "-t", &each.to_string()])
            .arg("-f")
            .arg(&script)
            .arg(&self.url)
            .env("PGOPTIONS", SETTINGS)
            .output()
            .expect("pgbench");
        let said = String::from_utf8_lossy(&out.stdout);
        let complaint = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() && !complaint.contains("ERROR"), "pgbench: {complaint}");
        let tps = said.lines().find_map(|l| l.strip_prefix("tps = ")).unwrap_or_else(|| panic!("pgbench said no rate: {said}"));
        tps.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a rate")
    }

    /// How many rows each table of a schema has.
    pub async fn counts(&self, schema: &str, tables: &[&str]) -> Vec<i64> {
        let mut counts = Vec::new();
        for table in tables {
            let row = sqlx::query(AssertSqlSafe(format!("SELECT count(*) FROM {schema}.{table}"))).fetch_one(&self.pool).await.expect("a count");
            counts.push(row.get(0));
        }
        counts
    }

    /// Takes a schema away again.
    pub async fn drop(&self, schema: &str) {
        run(&self.pool, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
    }
}

async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap_or_else(|e| panic!("{e}: {sql}"));
}

fn given(rows: &Rows) -> Json {
    let takes: Vec<Take> = rows.number.iter().cloned().chain(rows.papers.iter().map(|(take, _)| take.clone())).collect();
    // Where there is no number of a document, its place is kept.
    let first = usize::from(rows.number.is_none());
    let pad = |list: Vec<Json>| std::iter::repeat_n(Json::from("0"), first).chain(list).collect::<Vec<_>>();
    let mut all = json!({
        "opens": rows.opens, "enters": rows.enters, "state": rows.state, "document": rows.document, "lines": rows.lines, "claims": rows.claims,
        "papers": rows.papers.iter().map(|(_, p)| p).collect::<Vec<_>>(),
        "paper_back": rows.papers.iter().map(|(take, _)| take.back).collect::<Vec<_>>(),
        "series": rows.series.iter().map(|(series, last)| json!({ "bu": rows.bu, "series": series, "last": last })).collect::<Vec<_>>(),
        "number_series": rows.number.as_ref().map(|t| t.series.clone()).unwrap_or_default(),
        "number_back": rows.number.as_ref().map_or(0, |t| t.back),
        "prefix": pad(takes.iter().map(|t| json!(t.prefix)).collect()),
        "width": pad(takes.iter().map(|t| json!(t.width)).collect()),
        "suffix": pad(takes.iter().map(|t| json!(t.suffix)).collect()),
        "closed": rows.closed, "fired_doc": rows.fired.as_ref().map_or("", |f| &f.0), "fired_id": rows.fired.as_ref().map_or("", |f| &f.1),
    });
    for (table, list) in ADDED.iter().zip(&rows.added) {
        all[*table] = json!(list);
    }
    all
}
