//! Messages are taken by one process at a time, in order for each document, and come back where they were not delivered.
//! (Timers: `engine_many.rs`.)

use bincard::base::Timestamp;
use bincard::domain::{OutboxKind, OutboxRow};
use bincard::store::{OutboxEntry, Store};

use crate::support::stores::{bu, minute, opening, stores};

fn messages(texts: &[&str]) -> Vec<OutboxRow> {
    let row = |text: &&str| OutboxRow { kind: OutboxKind::Notify, topic: "ops".into(), text: (*text).to_owned(), payload: serde_json::Value::Null };
    texts.iter().map(row).collect()
}

fn texts(taken: &[OutboxEntry]) -> Vec<&str> {
    taken.iter().map(|e| e.row.text.as_str()).collect()
}

async fn take(store: &Store, now: Timestamp, limit: u32) -> Vec<OutboxEntry> {
    store.take_outbox(None, now, now.plus_micros(60_000_000), limit).await.unwrap()
}

#[tokio::test]
async fn messages_are_delivered_by_one_at_a_time_and_come_back() {
    for f in stores().await {
        let kind = f.store.kind();
        for (doc, said) in [("D1", ["one", "two"]), ("D2", ["three", "four"])] {
            let mut d = opening(doc);
            d.outbox = messages(&said);
            f.store.commit(&d).await.unwrap();
        }
        let mut other = opening("D1");
        other.bu = "fridges".into();
        other.document.bu = "fridges".into();
        other.outbox = messages(&["five"]);
        f.store.commit(&other).await.unwrap();

        let first = take(&f.store, minute(5), 1).await;
        assert_eq!(texts(&first), ["one"], "{kind}");
        // The second message of D1 waits for the first.
        let second = take(&f.store, minute(5), 10).await;
        assert_eq!(texts(&second), ["three", "four"], "{kind}");
        assert_eq!(texts(&take(&f.store, minute(5), 10).await), ["five"], "{kind}: each business unit in its turn");
        assert_eq!(f.store.outbox_pending(None, 10).await.unwrap().len(), 5, "{kind}: to look at");

        assert!(f.store.mark_sent(&first[0], minute(5)).await.unwrap());
        assert_eq!(texts(&take(&f.store, minute(5), 10).await), ["two"], "{kind}");
        // Nobody said that the rest was delivered, so it comes again, with the same names.
        assert!(take(&f.store, minute(5), 10).await.is_empty(), "{kind}");
        let again = f.store.take_outbox(Some(&bu()), minute(6), minute(7), 2).await.unwrap();
        assert_eq!(again, [take_of(&f.store, "two").await, second[0].clone()], "{kind}");
        assert!(f.store.mark_sent(&second[0], minute(6)).await.unwrap(), "{kind}: the one that had only been slow");
        assert!(!f.store.mark_sent(&again[1], minute(6)).await.unwrap(), "{kind}: the one that took it over");
    }
}

async fn take_of(store: &Store, text: &str) -> OutboxEntry {
    store.outbox_pending(None, 10).await.unwrap().into_iter().find(|e| e.row.text == text).unwrap()
}
