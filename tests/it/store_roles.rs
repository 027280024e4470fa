//! The roles of a PostgreSQL database: the service can do its work, and nothing else.

use sqlx::{AssertSqlSafe, Executor};

use bincard::store::{InitOptions, Store, StoreError};

use crate::support::stores::{as_user, book, firing, minute, new_schema, request, with_everything};

fn service(name: &str) -> InitOptions {
    InitOptions { service_role: Some(name.to_owned()) }
}

#[tokio::test]
async fn the_service_commits_and_may_do_nothing_else() {
    let url = new_schema();
    let steps = Store::init(&url, &service("parts_service")).await.unwrap();
    assert!(steps.iter().any(|s| s.made && s.what.contains("_owner: owns the schema")), "{steps:?}");
    assert!(Store::init(&url, &service("parts_service")).await.unwrap().iter().all(|s| !s.made), "the second time nothing is made");

    let store = Store::open(&as_user(&url, "parts_service")).await.unwrap();
    store.put_book(&book()).await.unwrap();
    store.commit(&with_everything()).await.unwrap();
    store.commit(&firing(&store.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
    for entry in store.outbox_pending(None, 10).await.unwrap() {
        assert!(store.mark_sent(&entry, minute(7)).await.unwrap());
    }
    assert!(store.verify().await.unwrap().is_sound());

    let schema = url.split_once("schema=").unwrap().1;
    let options: sqlx::postgres::PgConnectOptions =
        as_user(url.split_once("schema=").unwrap().0.trim_end_matches(['?', '&']), "parts_service").parse().unwrap();
    let raw = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(options.options([("search_path", schema)])).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = $1").bind(schema).fetch_all(&raw).await.unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        for edit in
            [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM {table}"), format!("TRUNCATE {table}"), format!("DROP TABLE {table}")]
        {
            let denied = raw.execute(AssertSqlSafe(edit.clone())).await.expect_err(&edit);
            assert_eq!(denied.as_database_error().and_then(|e| e.code()).as_deref(), Some("42501"), "{edit}: {denied}");
        }
    }
    for call in ["commit_stock('ac', '{}')", "commit_rest('ac', '{}')", "move_posts()"] {
        raw.execute(AssertSqlSafe(format!("SELECT {call}"))).await.expect_err(call);
    }
}

#[tokio::test]
async fn roles_that_are_none_are_refused() {
    let url = new_schema();
    for (name, words) in [("Parts Service", "cannot be the service's role"), ("bincard", "is a superuser")] {
        let error = Store::init(&url, &service(name)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Init(said) if said.contains(words)), "{name}: {error}");
    }
    let folder = crate::support::folder();
    let file = format!("sqlite:{}", folder.path().join("a.db").display());
    assert!(Store::init(&file, &service("x")).await.unwrap_err().to_string().contains("has no roles"));
    assert!(Store::init(&file, &InitOptions::default()).await.unwrap()[0].made);
    assert!(!Store::init(&file, &InitOptions::default()).await.unwrap()[0].made);
}
