//! Nothing is half done: a writer that is killed at any moment leaves whole commits, and the next one goes on.

use std::process::{Command, Stdio};
use std::time::Duration;

use bincard::store::{DocumentFilter, Store};

use crate::support::stores::{bu, challan, firing, moved, postgres, receiving, request, sqlite, timer};

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
