//! Nothing is half done: a writer that is killed at any moment leaves whole commits, and the next one goes on.
//! And who may only read and call: a role without any right to write commits all the same.

use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor};

use bincard::store::{CommitError, Conflict, DocumentFilter, Store};

use crate::support::stores::{bu, challan, firing, moved, opening, postgres, raw_postgres, receiving, request, sqlite, timer, with_everything};

const VICTIM: &str = "BINCARD_TEST_VICTIM";

/// Commits as fast as it can, until it is killed. Without the variable it is an empty test.
#[tokio::test]
async fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let store = Store::open(&url).await.unwrap();
    let mut n = store.counts(None).await.unwrap().documents;
    loop {
        n += 1;
        let id = format!("V{n}");
        let mut d = receiving(&id, &[&format!("PCB#{n}"), &format!("FAN#{n}")]);
        d.papers = vec![challan(1, None), challan(2, Some(0))];
        d.timers = vec![timer("1.1", d.event.recorded_at, bincard::domain::TimerKind::Deadline { notify: None })];
        store.commit(&d).await.unwrap();
        let mut d = firing(&store.load(&request(&id)).await.unwrap(), "reserve");
        d.moves = vec![moved(&format!("PCB#{n}"), 3, "PUNE.available", &format!("PUNE.reserved for {id}/1"))];
        store.commit(&d).await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_whole_commits() {
    for f in [sqlite().await, postgres().await] {
        let mut before = 0;
        for round in 0..4_u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "store_crash::victim"])
                .env(VICTIM, &f.url)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let wait = async {
                while f.store.counts(None).await.unwrap().documents < before + 3 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the victim writes");
            tokio::time::sleep(Duration::from_millis(7 * round + 3)).await;
            child.kill().unwrap();
            child.wait().unwrap();
            let counts = settled(&f.store).await;
            let report = f.store.verify().await.unwrap();
            assert!(report.is_sound(), "{}: {report:?}", f.store.kind());
            assert_eq!((counts.lots, counts.papers), (counts.documents * 2, counts.documents * 2), "{}", f.store.kind());
            let reserved = counts.transitions - counts.documents;
            assert_eq!(counts.moves, counts.documents * 2 + reserved, "{}", f.store.kind());
            let last = f.store.documents(&DocumentFilter { limit: 10_000, ..DocumentFilter::new(bu()) }).await.unwrap().into_iter().map(|d| d.number).max();
            assert_eq!(last, Some(format!("STS/26-27/{:05}", counts.documents)), "{}: numbers without gaps", f.store.kind());
            before = counts.documents;
        }
    }
}

/// A server may still be finishing the statement of a client that is gone.
async fn settled(store: &Store) -> bincard::store::Counts {
    let mut counts = store.counts(None).await.unwrap();
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = store.counts(None).await.unwrap();
        if now == counts {
            return now;
        }
        counts = now;
    }
}

#[tokio::test]
async fn a_role_that_may_only_read_and_call_commits() {
    let f = postgres().await;
    f.store.commit(&with_everything()).await.unwrap();
    let (raw, schema) = raw_postgres(&f).await;
    let role = format!("service_{schema}");
    let calls =
        ["commit(text, jsonb)", "put_book(text, jsonb)", "finish_timer(text, jsonb)", "mark_sent(text, jsonb)"].map(|c| format!("{schema}.{c}")).join(", ");
    let grants = format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}");
    sqlx::raw_sql(AssertSqlSafe(grants)).execute(&raw).await.unwrap();
    let as_service = |url: &str| {
        let (head, tail) = url.split_once("://").unwrap();
        let rest = tail.split_once('@').map_or(tail, |(_, rest)| rest);
        format!("{head}://{role}@{rest}")
    };
    let service = Store::open(&as_service(&f.url)).await.expect("a finished schema needs no rights to make one");
    let d = firing(&service.load(&request("D1")).await.unwrap(), "approve");
    let refused = service.commit(&d).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "without a grant nobody calls: {refused}");
    raw.execute(AssertSqlSafe(format!("GRANT EXECUTE ON FUNCTION {calls} TO {role}"))).await.unwrap();
    service.commit(&d).await.unwrap();
    let error = raw.execute(AssertSqlSafe(format!("SET ROLE {role}; UPDATE stock SET quantity = 1"))).await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    assert!(matches!(service.commit(&opening("D1")).await, Err(CommitError::DuplicateKey { .. } | CommitError::Conflict(Conflict::Revision))));
    service.close().await;
    let end = format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
    sqlx::raw_sql(AssertSqlSafe(end)).execute(&raw).await.unwrap();
}
