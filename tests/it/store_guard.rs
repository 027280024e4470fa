//! What a store refuses when it is opened, and how it tells what the database refused. Attacks stand in `store_attacks.rs`.

use sqlx::Executor;

use bincard::store::{CommitError, Store, StoreError};

use crate::support::stores::{Fixture, postgres, raw_postgres, raw_sqlite, sqlite, with_everything};

async fn filled(f: &Fixture) {
    f.store.commit(&with_everything()).await.unwrap();
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
