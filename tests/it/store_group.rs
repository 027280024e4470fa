//! Commits that come at once are written as one, and yet each is done or refused by itself.

use std::collections::BTreeSet;

use bincard::store::{CommitError, Conflict, DocumentFilter, Store};

use crate::support::stores::{Fixture, bu, firing, moved, postgres, receiving, request, sqlite};

/// Commits all at once, and gives the answers in their order.
async fn at_once(store: &Store, decisions: Vec<bincard::domain::Decision>) -> Vec<Result<String, CommitError>> {
    let tasks: Vec<_> = decisions
        .into_iter()
        .map(|d| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(&d).await.map(|done| done.number) })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no panic"));
    }
    answers
}

async fn stores() -> [Fixture; 2] {
    [sqlite().await, postgres().await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_has_its_own_answer() {
    for f in stores().await {
        let opened: Vec<_> = (0..60).map(|n| receiving(&format!("G{n}"), &[&format!("PCB#{n}")])).collect();
        let numbers: BTreeSet<String> = at_once(&f.store, opened.clone()).await.into_iter().map(|a| a.expect("room for all")).collect();
        assert_eq!(numbers.len(), 60, "{}: every document has a number of its own", f.store.kind());
        assert_eq!(numbers.last().map(String::as_str), Some("STS/26-27/00060"), "{}: without gaps", f.store.kind());

        // Half of them come again, and every second one of the other half asks for more than there is.
        let mut mixed = Vec::new();
        for (n, again) in opened.into_iter().enumerate() {
            let mut d = firing(&f.store.load(&request(&format!("G{n}"))).await.unwrap(), "take");
            let units = if n % 4 == 1 { 17 } else { 5 };
            d.moves = vec![moved(&format!("PCB#{n}"), units, "PUNE.available", "MUM.available")];
            mixed.push(if n % 2 == 0 { again } else { d });
        }
        for (n, answer) in at_once(&f.store, mixed).await.into_iter().enumerate() {
            let as_it_should = match answer {
                Err(CommitError::DuplicateKey { doc, revision: 1, .. }) => n % 2 == 0 && doc == format!("G{n}").as_str(),
                Err(CommitError::Conflict(Conflict::Balance)) => n % 4 == 1,
                Ok(_) => n % 4 == 3,
                Err(_) => false,
            };
            assert!(as_it_should, "{}: commit {n}", f.store.kind());
        }
        let counts = f.store.counts(None).await.unwrap();
        assert_eq!((counts.documents, counts.transitions, counts.moves), (60, 75, 75), "{}", f.store.kind());
        assert!(f.store.verify().await.unwrap().is_sound(), "{}", f.store.kind());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_change_one_document_one_does() {
    for f in stores().await {
        f.store.commit(&receiving("H", &["PCB#1"])).await.unwrap();
        let loaded = f.store.load(&request("H")).await.unwrap();
        let racers = (0..30).map(|n| {
            let mut d = firing(&loaded, "take");
            d.event.key = format!("racer-{n}").into();
            d
        });
        let answers = at_once(&f.store, racers.collect()).await;
        let lost = answers.iter().filter(|a| matches!(a, Err(CommitError::Conflict(Conflict::Revision | Conflict::Contention)))).count();
        assert_eq!((answers.iter().filter(|a| a.is_ok()).count(), lost), (1, 29), "{}", f.store.kind());
        assert!(f.store.verify().await.unwrap().is_sound(), "{}", f.store.kind());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_takes_no_other_along() {
    for f in stores().await {
        let tasks: Vec<_> = (0..80)
            .map(|n| {
                let store = f.store.clone();
                tokio::spawn(async move { store.commit(&receiving(&format!("K{n}"), &[&format!("FAN#{n}")])).await })
            })
            .collect();
        let mut kept = 0;
        for (n, task) in tasks.into_iter().enumerate() {
            if n % 3 == 0 {
                task.abort();
                drop(task.await);
            } else {
                task.await.expect("not aborted").expect("done");
                kept += 1;
            }
        }
        // Those that were given up are there as a whole or not at all, and nothing waits for them.
        f.store.commit(&receiving("LAST", &["FAN#last"])).await.unwrap();
        let documents = f.store.documents(&DocumentFilter { limit: 1_000, ..DocumentFilter::new(bu()) }).await.unwrap().len();
        assert!(documents > kept && documents <= 81, "{}: {documents}", f.store.kind());
        assert!(f.store.verify().await.unwrap().is_sound(), "{}", f.store.kind());
    }
}

#[tokio::test]
async fn how_many_are_written_as_one_is_told_by_the_url() {
    let f = sqlite().await;
    for (most, right) in [("1", true), ("1000", true), ("0", false), ("1001", false), ("many", false)] {
        assert_eq!(Store::open(&format!("{}?group={most}", f.url)).await.is_ok(), right, "group={most}");
    }
}
