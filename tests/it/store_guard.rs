//! Raw edits: every guarded table of both databases refuses every kind of edit by hand, and says what to do instead.

use sqlx::{AssertSqlSafe, Executor};

use bincard::store::{CommitError, SealKey, Store, StoreError};

use crate::support::stores::{
    Fixture, book, firing, guarded_postgres, guarded_sqlite, minute, postgres, raw_postgres, raw_sqlite, request, sqlite, with_everything,
};

async fn filled(f: &Fixture) {
    f.store.put_book(&book()).await.unwrap();
    f.store.upsert_master(&crate::store_parity::master()).await.unwrap();
    f.store.commit(&with_everything()).await.unwrap();
    f.admin().await.seal(&SealKey::new(&[7; 32]).unwrap(), minute(9)).await.unwrap();
}

fn refusal<T: std::fmt::Debug>(what: &str, done: Result<T, sqlx::Error>) -> String {
    let error = done.expect_err(what);
    let message = error.as_database_error().unwrap_or_else(|| panic!("{what}: {error}")).message().to_owned();
    assert!(message.starts_with("bincard: ") && message.contains(';'), "{what}: {message}");
    message
}

#[tokio::test]
async fn sqlite_refuses_every_edit_of_every_guarded_table() {
    let f = sqlite().await;
    filled(&f).await;
    let raw = raw_sqlite(&f).await;
    let tables = guarded_sqlite(&raw).await;
    assert_eq!(tables.len(), 26, "{tables:?}");
    for table in &tables {
        let column = if table == "book" { "name" } else { "bu" };
        for edit in [
            format!("INSERT INTO {table} SELECT * FROM {table} LIMIT 1"),
            format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"),
            format!("INSERT OR IGNORE INTO {table} SELECT * FROM {table} LIMIT 1"),
            format!("INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 1 LIMIT 1 ON CONFLICT DO UPDATE SET {column} = excluded.{column}"),
            format!("UPDATE {table} SET {column} = {column}"),
            format!("UPDATE OR REPLACE {table} SET {column} = 'x'"),
            format!("DELETE FROM {table}"),
        ] {
            refusal(&edit, raw.execute(AssertSqlSafe(edit.clone())).await);
        }
    }
    assert!(
        refusal("stock", raw.execute("UPDATE stock SET quantity = 99000").await)
            .contains("stock is not edited by hand; fire a transition, or open a stock count")
    );
    refusal("command", raw.execute("INSERT INTO command VALUES ('open sesame', 'ac', 'D1', 1, '{}')").await);
    refusal("command", raw.execute("INSERT OR IGNORE INTO command VALUES ('commit', 'ac', 'D1', 1, 'no json')").await);
    still_sound(&f.store).await;
}

#[tokio::test]
async fn postgres_refuses_every_edit_of_every_guarded_table() {
    let f = postgres().await;
    filled(&f).await;
    let (raw, schema) = raw_postgres(&f).await;
    let tables = guarded_postgres(&raw, &schema).await;
    assert_eq!(tables.len(), 26, "{tables:?}");
    for table in &tables {
        let column = if table == "book" { "name" } else { "bu" };
        for edit in [
            format!("INSERT INTO {table} SELECT * FROM {table} LIMIT 1"),
            format!("INSERT INTO {table} SELECT * FROM {table} LIMIT 1 ON CONFLICT DO NOTHING"),
            format!("INSERT INTO {table} SELECT * FROM {table} WHERE false"),
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
            format!("WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT * FROM gone"),
            format!("MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE"),
        ] {
            refusal(&edit, raw.execute(AssertSqlSafe(edit.clone())).await);
        }
        let copy = format!("COPY {table} FROM STDIN");
        let mut connection = raw.acquire().await.unwrap();
        let mut stream = connection.copy_in_raw(&copy).await;
        if let Ok(stream) = &mut stream {
            stream.send(&b""[..]).await.unwrap();
        }
        let done = match stream {
            Ok(stream) => stream.finish().await,
            Err(e) => Err(e),
        };
        refusal(&copy, done);
    }
    still_sound(&f.store).await;
}

#[tokio::test]
async fn postgres_is_not_deceived_about_the_caller() {
    let f = postgres().await;
    filled(&f).await;
    let (raw, schema) = raw_postgres(&f).await;
    let frame = format!("PL/pgSQL function {schema}.commit(text,jsonb) line 1 at SQL statement");
    let edit = "UPDATE stock SET quantity = 99000";
    for attack in [
        format!("DO $$ BEGIN EXECUTE '{edit} /*\n{frame}\n*/'; END $$"),
        format!("DO $$ BEGIN EXECUTE '{edit} WHERE bu <> ''\n{frame}'''; END $$"),
        format!("SET session_replication_role = replica; {edit}"),
        format!(
            "CREATE SCHEMA evil_{schema}; CREATE FUNCTION evil_{schema}.commit(a text, b jsonb) RETURNS text LANGUAGE plpgsql AS $$ BEGIN {edit}; RETURN ''; END $$; \
             SET search_path = evil_{schema}, {schema}; SELECT commit('', '{{}}')"
        ),
        format!(
            "CREATE FUNCTION evil_{schema}.\"a\n{frame}\"() RETURNS text LANGUAGE plpgsql AS $$ BEGIN {edit}; RETURN ''; END $$; \
             SELECT evil_{schema}.\"a\n{frame}\"()"
        ),
    ] {
        let mut connection = raw.acquire().await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(attack.clone())).execute(&mut *connection).await;
        refusal(&attack, done);
        connection.execute(AssertSqlSafe(format!("RESET session_replication_role; SET search_path = {schema}"))).await.unwrap();
        if attack.starts_with("CREATE SCHEMA") {
            // A failed batch leaves nothing behind; the next attack needs the schema.
            connection.execute(AssertSqlSafe(format!("CREATE SCHEMA evil_{schema}"))).await.unwrap();
        }
    }
    still_sound(&f.store).await;
}

/// After all attacks: verify finds nothing, and the next transition goes through.
async fn still_sound(store: &Store) {
    let report = store.verify().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    store.commit(&firing(&store.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
}

#[tokio::test]
async fn what_the_database_cannot_refuse_verify_finds() {
    for edit in [
        ("balance", "UPDATE stock SET quantity = quantity + 1000 WHERE party <> ''"),
        ("sum", "UPDATE stock SET quantity = quantity + 1000 WHERE party <> ''"),
        ("balance", "UPDATE move SET quantity = 9000"),
        ("chain", "UPDATE move SET quantity = 9000"),
        ("chain", "UPDATE event SET actor = 'mallory'"),
        ("chain", "UPDATE lot SET so = '4500099999'"),
        ("chain", "UPDATE obligation SET quantity = 5000"),
        ("content", "UPDATE document SET state = 'closed'"),
        ("content", "UPDATE document_line SET vals = '{}'"),
        ("revision", "UPDATE document SET revision = 7"),
    ] {
        let f = sqlite().await;
        filled(&f).await;
        let raw = raw_sqlite(&f).await;
        let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetch_all(&raw).await.unwrap();
        for trigger in triggers {
            raw.execute(AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).await.unwrap();
        }
        raw.execute(edit.1).await.unwrap();
        let report = f.store.verify().await.unwrap();
        assert!(report.findings.iter().any(|x| x.code == edit.0), "{edit:?}: {report:?}");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_a_known_one_opened_again() {
    for f in [sqlite().await, postgres().await] {
        filled(&f).await;
        let again = Store::open(&f.url).await.unwrap();
        assert_eq!(again.counts(None).await.unwrap().documents, 1);
        match f.store.kind() {
            "sqlite" => raw_sqlite(&f).await.execute("INSERT INTO schema_version VALUES (99)").await.map(|_| ()).unwrap(),
            _ => raw_postgres(&f).await.0.execute("INSERT INTO schema_version VALUES (99)").await.map(|_| ()).unwrap(),
        }
        match Store::open(&f.url).await {
            Err(e @ StoreError::NewerSchema { found: 99, .. }) => assert!(e.to_string().contains("use a newer bincard"), "{e}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn urls_that_are_none_are_refused() {
    for url in ["", "stock.db", "mysql://x", "sqlite:", "sqlite://x?fast=yes", "memory:x", "postgres://localhost/x?schema=Drop Table"] {
        assert!(matches!(Store::open(url).await, Err(StoreError::Url(_))), "{url}");
    }
}

#[tokio::test]
async fn a_commit_that_the_database_refuses_is_a_fault_with_its_words() {
    for f in [sqlite().await, postgres().await] {
        let mut d = with_everything();
        d.timers = vec![d.timers[0].clone(), d.timers[0].clone()];
        let error = f.store.commit(&d).await.unwrap_err();
        assert!(matches!(error, CommitError::Fault(_) | CommitError::Conflict(_)), "{}: {error}", f.store.kind());
        assert_eq!(f.store.counts(None).await.unwrap().transitions, 0);
    }
}
