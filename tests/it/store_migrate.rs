//! Migration: from the version before to this one, as a whole or not at all, and never back.

use bincard::domain::Decision;
use bincard::store::{Migrated, SealKey, Store, StoreError};
use sqlx::{AssertSqlSafe, Executor};

use crate::support::stores::{
    Fixture, firing, guarded_postgres, guarded_sqlite, minute, opening, postgres, raw_postgres, raw_sqlite, request, sqlite, with_everything,
};

/// Takes a database back to version 1, which had no seals, held no timers and closed no books, with a trigger missing as an old one would have it.
async fn aged(f: &Fixture) {
    f.store.commit(&Decision { books_closed: None, ..with_everything() }).await.unwrap();
    f.store.close().await;
    match f.store.kind() {
        "sqlite" => {
            let procedures = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND (tbl_name = 'task' OR tbl_name LIKE 'commit_%')";
            let procedures: Vec<String> = sqlx::query_scalar(procedures).fetch_all(&raw_sqlite(f).await).await.unwrap();
            by_hand(f, &procedures.iter().map(|name| format!("DROP TRIGGER {name};")).collect::<String>()).await;
            by_hand(f, "DROP TRIGGER stock_no_update").await;
        }
        _ => {
            by_hand(f, "DROP FUNCTION put_seal, put_leaves, take_timers, take_outbox, put_off, commit_all; ALTER TABLE stock DISABLE TRIGGER stock_guard")
                .await;
            for procedure in ["commit_stock", "commit_rest"] {
                let of_one_body = format!("CREATE FUNCTION {procedure}(p_bu text, p_body jsonb) RETURNS void LANGUAGE plpgsql AS 'BEGIN END'");
                by_hand(f, &format!("DROP FUNCTION {procedure}; {of_one_body}")).await;
            }
        }
    }
    by_hand(f, "DROP INDEX document_open").await;
    for table in ["timer", "outbox"] {
        by_hand(f, &format!("ALTER TABLE {table} DROP COLUMN held_until; ALTER TABLE {table} DROP COLUMN held_by")).await;
    }
    by_hand(f, "ALTER TABLE paper DROP COLUMN follows; ALTER TABLE business_unit DROP COLUMN version").await;
    for column in ["tries", "next_at", "given_up_at", "fault"] {
        by_hand(f, &format!("ALTER TABLE outbox DROP COLUMN {column}")).await;
    }
    by_hand(
        f,
        "DROP TABLE deployment; DROP TABLE closing; DROP TABLE sealed; DROP TABLE seal; DELETE FROM schema_version; INSERT INTO schema_version VALUES (1)",
    )
    .await;
}

async fn by_hand(f: &Fixture, statements: &str) {
    match f.store.kind() {
        "sqlite" => raw_sqlite(f).await.execute(AssertSqlSafe(statements.to_owned())).await.map(|_| ()),
        _ => sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&raw_postgres(f).await.0).await.map(|_| ()),
    }
    .unwrap_or_else(|e| panic!("{statements}: {e}"));
}

async fn tables(f: &Fixture) -> Vec<String> {
    if f.store.kind() == "sqlite" {
        return guarded_sqlite(&raw_sqlite(f).await).await;
    }
    let (raw, schema) = raw_postgres(f).await;
    guarded_postgres(&raw, &schema).await
}

#[tokio::test]
async fn an_older_database_is_brought_up_to_date_and_goes_on() {
    for f in [sqlite().await, postgres().await] {
        aged(&f).await;
        match Store::open(&f.url).await {
            Err(e @ StoreError::OlderSchema { found: 1, .. }) => assert!(e.to_string().contains("then run `bincard db migrate`"), "{e}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(Store::migrate(&f.url).await.unwrap(), Migrated { from: 1, to: 11 });
        assert_eq!(Store::migrate(&f.url).await.unwrap(), Migrated { from: 11, to: 11 });
        let store = f.admin().await;
        let report = store.verify().await.unwrap();
        assert!(report.is_sound(), "the guards stand again, and papers follow each other: {report:?}");
        assert_eq!(store.seal(&SealKey::new(&[7; 32]).unwrap(), minute(9)).await.unwrap().len(), 1);
        // The service's role may still read and commit, and what is new it may read.
        let service = f.again().await;
        service.commit(&firing(&service.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
        service.commit(&opening("D2")).await.unwrap();
        assert_eq!(service.take_outbox(None, minute(9), minute(10), 9).await.unwrap().len(), 1);
        assert_eq!(service.seals().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_interrupted_migration_never_was() {
    for f in [sqlite().await, postgres().await] {
        aged(&f).await;
        // The second of the new tables cannot be made: the first must not be there either.
        by_hand(&f, "CREATE TABLE sealed (in_the_way INTEGER NOT NULL)").await;
        Store::migrate(&f.url).await.unwrap_err();
        assert!(!tables(&f).await.contains(&"seal".to_owned()), "{}: nothing is half done", f.store.kind());
        assert!(matches!(Store::open(&f.url).await, Err(StoreError::OlderSchema { found: 1, .. })));
        by_hand(&f, "DROP TABLE sealed").await;
        assert_eq!(Store::migrate(&f.url).await.unwrap().from, 1);
        assert!(f.admin().await.verify().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn a_newer_database_and_none_at_all_are_refused() {
    for f in [sqlite().await, postgres().await] {
        by_hand(&f, "INSERT INTO schema_version VALUES (99)").await;
        let said = Store::migrate(&f.url).await.unwrap_err().to_string();
        assert!(said.contains("the database has schema version 99, and this program knows versions up to 11: use a newer bincard"), "{said}");
    }
    let folder = crate::support::folder();
    let nothing = folder.path().join("nothing.db");
    Store::migrate(&format!("sqlite:{}", nothing.display())).await.unwrap_err();
    assert!(!nothing.exists(), "no file is made");
    let said = Store::migrate(&crate::support::stores::new_schema()).await.unwrap_err().to_string();
    assert!(said.contains("there is no bincard database: `bincard db init` makes one"), "{said}");
}
