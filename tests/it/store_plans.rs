//! What runs inside the procedures of PostgreSQL walks through no table that grows either: the server counts how often it read
//! a table from end to end. (What the store asks by itself: `src/store/plans.rs`.)

use bincard::domain::{OutboxKind, OutboxRow, TimerKind};
use bincard::store::TimerOutcome;
use sqlx::AssertSqlSafe;

use crate::support::stores::{book, firing, minute, moved, opening, postgres, raw_postgres, request, timer, unit, with_everything};

#[tokio::test]
async fn procedures_go_by_keys() {
    let f = postgres().await;
    // Making the indexes read every table once.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let (raw, schema) = raw_postgres(&f).await;
    sqlx::query("SELECT pg_stat_reset()").execute(&raw).await.unwrap();
    f.store.put_book(&book()).await.unwrap();
    f.store.upsert_master(&crate::store_parity::master()).await.unwrap();
    f.store.commit(&with_everything()).await.unwrap();
    let mut d = firing(&f.store.load(&request("D1")).await.unwrap(), "approve");
    d.moves = vec![moved("PCB#1", 2, "PUNE.available", "PUNE.reserved for D1/1"), unit("PCB#1", "S1", "supplier", "PUNE.available")];
    d.papers_closed = vec!["DC/26-27/00002".into()];
    d.timers = vec![timer("2.1", minute(3), TimerKind::Deadline { notify: None })];
    d.outbox = vec![OutboxRow { kind: OutboxKind::Notify, topic: "ops".into(), text: "said".into(), payload: serde_json::Value::Null }];
    f.store.commit(&d).await.unwrap();
    f.store.commit(&opening("D2")).await.unwrap();
    for due in f.store.take_timers(None, minute(5), minute(6), 10).await.unwrap() {
        f.store.finish_timer(&due, &TimerOutcome::Done { outbox: Vec::new() }, minute(5)).await.unwrap();
    }
    for entry in f.store.take_outbox(None, minute(5), minute(6), 10).await.unwrap() {
        f.store.mark_sent(&entry, minute(5)).await.unwrap();
    }
    // Sessions tell what they counted when they end.
    f.store.close().await;
    let sql = "SELECT relname::text, seq_scan FROM pg_stat_user_tables WHERE schemaname = $1 AND relname IN ('document', 'document_line', 'mention', \
               'event', 'lot', 'move', 'stock', 'obligation', 'obligation_change', 'paper', 'series', 'child', 'timer', 'outbox', 'claim')";
    let mut read: Vec<(String, i64)> = Vec::new();
    for _ in 0..100 {
        sqlx::query(AssertSqlSafe("SELECT pg_stat_clear_snapshot()".to_owned())).execute(&raw).await.unwrap();
        read = sqlx::query_as(sql).bind(&schema).fetch_all(&raw).await.unwrap();
        let told: i64 = sqlx::query_scalar("SELECT n_tup_upd FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'outbox'")
            .bind(&schema)
            .fetch_one(&raw)
            .await
            .unwrap();
        if told > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(read.len(), 15);
    let walked: Vec<_> = read.iter().filter(|(_, times)| *times > 0).collect();
    assert!(walked.is_empty(), "read from end to end: {walked:?}");
}
