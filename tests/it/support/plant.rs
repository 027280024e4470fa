//! What the owner of a database can do and verify must find: rows written with all guards off, which then stand again as before.

use sqlx::{AssertSqlSafe, Executor};

use super::stores::{Fixture, guarded_postgres, raw_postgres, raw_sqlite};

/// Runs statements with all guards off, and puts the guards back as they were.
pub async fn plant(f: &Fixture, edits: &str) {
    match f.store.kind() {
        "sqlite" => plant_sqlite(f, edits).await,
        _ => plant_postgres(f, edits).await,
    }
}

async fn plant_sqlite(f: &Fixture, edits: &str) {
    let raw = raw_sqlite(f).await;
    let triggers: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid").fetch_all(&raw).await.expect("a catalogue");
    raw.execute("PRAGMA foreign_keys = OFF").await.expect("a pragma");
    for (name, _) in &triggers {
        raw.execute(AssertSqlSafe(format!("DROP TRIGGER {name}"))).await.expect("a trigger");
    }
    raw.execute(AssertSqlSafe(edits.to_owned())).await.unwrap_or_else(|e| panic!("{edits}: {e}"));
    for (_, sql) in triggers {
        raw.execute(AssertSqlSafe(sql)).await.expect("a trigger");
    }
    raw.close().await;
}

async fn plant_postgres(f: &Fixture, edits: &str) {
    let (raw, schema) = raw_postgres(f).await;
    let tables = guarded_postgres(&raw, &schema).await;
    for table in &tables {
        raw.execute(AssertSqlSafe(format!("ALTER TABLE {table} DISABLE TRIGGER ALL"))).await.expect("a table");
    }
    let done = raw.execute(AssertSqlSafe(edits.to_owned())).await;
    for table in &tables {
        raw.execute(AssertSqlSafe(format!("ALTER TABLE {table} ENABLE TRIGGER ALL"))).await.expect("a table");
        raw.execute(AssertSqlSafe(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_guard"))).await.expect("a guard");
    }
    for table in ["move", "obligation_change"] {
        raw.execute(AssertSqlSafe(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_posts"))).await.expect("a trigger");
    }
    done.unwrap_or_else(|e| panic!("{edits}: {e}"));
    raw.close().await;
}
