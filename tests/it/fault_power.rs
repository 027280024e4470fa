//! The power fails while a process writes to a file: of what was written since the last sync any sectors are there and others are
//! not. Opened again, the book is whole; where commits wait for the disk, nothing that was answered is missing.

use bincard::store::{DocumentFilter, Store};
use tokio::task::JoinSet;

use crate::support::seeds::seeds;
use crate::support::stores::{bu, receiving};
use crate::support::{folder, victim};

/// More than it takes until the log is copied into the file.
const COMMITS: usize = 460;
/// Moments in each way of opening the file.
const MOMENTS: u64 = 8;

/// Commits until the power fails.
#[tokio::test]
async fn victim() {
    let Some(url) = victim::called() else { return };
    let store = Store::open(&url).await.unwrap();
    victim::say("begin");
    for n in 1..=COMMITS {
        store.commit(&receiving(&name(n), &[&format!("PCB#{n}")])).await.unwrap();
        victim::say(&format!("done {n}"));
    }
}

fn name(n: usize) -> String {
    format!("D{n:04}")
}

/// The power fails once; gives how many commits were answered, and how many are there.
async fn once(synchronous: &str, moment: u64, seed: u64) -> (usize, usize) {
    let folder = folder();
    let url = format!("sqlite://{}?synchronous={synchronous}", folder.path().join("stock.db").display());
    Store::open(&url).await.unwrap().close().await;
    let (to, fault, seed) = (url.clone(), format!("power:{moment}"), seed.to_string());
    let ended = tokio::task::spawn_blocking(move || victim::run("fault_power::victim", &to, &[("FAULT_DIE", &fault), ("FAULT_SEED", &seed)])).await.unwrap();
    let answered = ended.said.iter().filter_map(|l| l.split_once("done ")?.1.parse().ok()).max().unwrap_or(0);
    let what = format!("{synchronous}, moment {moment}, survived: {}, {answered} answered", ended.survived);

    let store = Store::open(&url).await.unwrap_or_else(|e| panic!("{what}: {e}"));
    let report = store.verify().await.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(report.is_sound(), "{what}: {report:?}");
    let documents = store.documents(&DocumentFilter { limit: 10_000, ..DocumentFilter::new(bu()) }).await.unwrap();
    let mut there: Vec<String> = documents.iter().map(|d| d.id.to_string()).collect();
    there.sort();
    assert_eq!(there, (1..=there.len()).map(name).collect::<Vec<_>>(), "{what}: nothing is missing between two that are there");
    // What is missing is sent again.
    for n in there.len() + 1..=answered + 1 {
        store.commit(&receiving(&name(n), &[&format!("PCB#{n}")])).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
    }
    assert!(store.verify().await.unwrap().is_sound(), "{what}");
    store.close().await;
    (answered, there.len())
}

/// The power fails at some moments of each seed.
async fn many(synchronous: &'static str) -> Vec<(usize, usize)> {
    let mut runs = JoinSet::new();
    let mut ended = Vec::new();
    for seed in seeds(&[5, 6]) {
        for n in 1..=MOMENTS {
            // Early moments, late ones, and around the copying of the log.
            let chance = (seed + n).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let moment = 1 + chance % [90, 900, 9_000, 24_000][usize::try_from(n % 4).unwrap()];
            if runs.len() == 2 {
                ended.push(runs.join_next().await.unwrap().unwrap());
            }
            runs.spawn(once(synchronous, moment, seed + n));
        }
    }
    while let Some(run) = runs.join_next().await {
        ended.push(run.unwrap());
    }
    println!("{synchronous}: answered and there {ended:?}");
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_commits_wait_for_the_disk_nothing_that_was_answered_is_lost_with_the_power() {
    let ended = many("full").await;
    assert!(ended.iter().all(|(answered, there)| there >= answered), "{ended:?}");
    assert!(ended.iter().any(|(answered, _)| *answered > 20), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_commits_do_not_wait_the_last_may_be_missing_and_the_rest_is_whole() {
    let ended = many("normal").await;
    assert!(ended.iter().any(|(answered, there)| there < answered), "the power failed without taking anything along: {ended:?}");
}
