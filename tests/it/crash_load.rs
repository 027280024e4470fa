//! A process with several writers is killed at whatever moment it is at, again and again; what it was told is done is there.

use std::io::{BufRead, BufReader};

use bincard::engine::Outcome;
use bincard::store::Store;

use crate::support::blank::Blank;
use crate::support::desk::Desk;
use crate::support::{jobs, victim};

const ROUNDS: u32 = 10;
const WRITERS: u32 = 3;

/// Works on several jobs at once, and says which of its commands were answered, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Some((url, round)) = victim::called().and_then(|c| c.rsplit_once(' ').map(|(url, round)| (url.to_owned(), round.parse::<u32>().unwrap()))) else {
        return;
    };
    let desk = Desk::on(Store::open(&url).await.unwrap()).await;
    let (_, mut writers) = jobs::begin(&desk, round * WRITERS, WRITERS, |command| victim::say(&format!("done {}", command.key)));
    tokio::join!(by_the_batch(&desk, round), async { writers.join_next().await.unwrap().unwrap() });
}

/// Works on several jobs with one call: each command is answered in its place.
async fn by_the_batch(desk: &Desk, round: u32) {
    for n in 1.. {
        let batch: Vec<_> = (1..=5).map(|i| jobs::job(desk, &format!("B{round}-{n}-{i}"), true)).collect();
        for step in 0..3 {
            let commands: Vec<_> = batch.iter().map(|job| job[step].clone()).collect();
            for (command, answer) in commands.iter().zip(desk.engine.fire_many(commands.clone()).await) {
                assert!(matches!(answer.unwrap(), Outcome::Done(_)));
                victim::say(&format!("done {}", command.key));
            }
        }
    }
}

/// Kills a process in each round, a little later each time; gives what was acknowledged.
fn rounds(url: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for round in 1..=ROUNDS {
        let mut child = victim::start("crash_load::victim", &format!("{url} {round}"), &[]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut done = 0;
        for line in lines {
            let Some((_, key)) = line.split_once("done ") else { continue };
            acknowledged.push(key.to_owned());
            done += 1;
            if done == 5 + round * 3 {
                std::thread::sleep(std::time::Duration::from_millis(u64::from(round * 7 % 13)));
                child.kill().unwrap();
            }
        }
        assert!(child.wait().unwrap().code().is_none() && done >= 5 + round * 3, "round {round}: {done} were done");
    }
    acknowledged
}

async fn killed_at_any_moment(blank: Blank) {
    let copy = blank.copy().await;
    let url = copy.url.clone();
    let acknowledged = tokio::task::spawn_blocking(move || rounds(&url)).await.unwrap();
    let desk = Desk::on(Store::open(&copy.url).await.unwrap()).await;
    let commands: Vec<_> = acknowledged.iter().map(|key| jobs::of_key(&desk, key)).collect();
    jobs::nothing_lost_nothing_twice(&desk.engine, &commands).await;
    desk.engine.store().close().await;
    copy.drop().await;
}

#[tokio::test]
async fn a_process_killed_at_any_moment_on_a_file_has_told_the_truth() {
    killed_at_any_moment(Blank::sqlite(jobs::prepare).await).await;
}

#[tokio::test]
async fn a_process_killed_at_any_moment_on_a_server_has_told_the_truth() {
    killed_at_any_moment(Blank::postgres(jobs::prepare).await).await;
}
