//! The roles of a PostgreSQL database: the service can do its work, and nothing else.

use sqlx::{AssertSqlSafe, Executor};

use bincard::store::{InitOptions, Store, StoreError};

use crate::support::stores::{as_user, book, firing, minute, new_schema, postgres, raw_postgres, request, with_everything};

fn service(name: &str) -> InitOptions {
    InitOptions { service_role: Some(name.to_owned()), distributed: false }
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
    for call in ["commit_all('ac', '[]')", "commit_stock('ac', '{}')", "commit_rest('ac', '{}')", "move_posts()"] {
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

#[tokio::test]
async fn without_citus_nothing_is_laid_out_and_nothing_is_made() {
    let url = new_schema();
    let wanted = InitOptions { distributed: true, ..InitOptions::default() };
    let error = Store::init(&url, &wanted).await.unwrap_err();
    assert!(error.to_string().contains("this database has no extension citus"), "{error}");
    assert!(Store::init(&url, &InitOptions::default()).await.unwrap().iter().all(|s| s.made), "nothing was made before");
    let folder = crate::support::folder();
    let file = format!("sqlite:{}", folder.path().join("a.db").display());
    assert!(Store::init(&file, &wanted).await.unwrap_err().to_string().contains("is on one machine"));
}

/// What a distributed PostgreSQL asks of a schema, looked for in the catalogue of a plain one.
#[tokio::test]
async fn the_schema_is_ready_for_several_machines() {
    let f = postgres().await;
    let (raw, schema) = raw_postgres(&f).await;
    let rules = [
        (
            "a unique key without bu",
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace = $1::regnamespace \
          AND i.indisunique AND t.relname NOT IN ('book', 'deployment') AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'bu' AND a.attnum = ANY (i.indkey))",
        ),
        (
            "a tenant table whose bu is not text",
            "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('book', 'deployment', 'schema_version') \
          AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'bu' AND a.attnotnull AND a.atttypid = 'text'::regtype AND a.attcollation = 100)",
        ),
        (
            "a foreign key without bu on both sides",
            "SELECT k.conname::text FROM pg_constraint k WHERE k.connamespace = $1::regnamespace AND k.contype = 'f' AND NOT EXISTS ( \
          SELECT FROM pg_attribute a, pg_attribute b WHERE a.attrelid = k.conrelid AND a.attname = 'bu' AND b.attrelid = k.confrelid AND b.attname = 'bu' \
          AND array_position(k.conkey, a.attnum) = array_position(k.confkey, b.attnum))",
        ),
        (
            "a foreign key that sets null or default",
            "SELECT conname::text FROM pg_constraint WHERE connamespace = $1::regnamespace AND contype = 'f' AND (confdeltype IN ('n', 'd') OR confupdtype <> 'a')",
        ),
        ("a sequence", "SELECT relname::text FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'S'"),
        ("a rule or row security", "SELECT relname::text FROM pg_class WHERE relnamespace = $1::regnamespace AND (relhasrules OR relrowsecurity)"),
        (
            "a procedure that is not plpgsql",
            "SELECT proname::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = $1::regnamespace AND l.lanname <> 'plpgsql'",
        ),
        (
            "a tenant procedure that takes null",
            "SELECT proname::text FROM pg_proc WHERE pronamespace = $1::regnamespace AND proargnames[1] = 'p_bu' AND NOT proisstrict",
        ),
        (
            "session state or messages inside of a procedure",
            "SELECT proname::text FROM pg_proc WHERE pronamespace = $1::regnamespace \
          AND prosrc ~* 'pg_notify|[^a-z]notify |current_setting|create temp|pg_advisory_lock|now\\(\\)|clock_timestamp|random\\('",
        ),
    ];
    for (what, sql) in rules {
        let found: Vec<String> = sqlx::query_scalar(sql).bind(&schema).fetch_all(&raw).await.unwrap();
        assert!(found.is_empty(), "{what}: {found:?}");
    }
}
