//! Several processes on one database, each with several writers, and all of them looking at the clock.

use bincard::store::Store;

use crate::support::blank::Blank;
use crate::support::desk::Desk;
use crate::support::{jobs, victim};

const PROCESSES: u32 = 2;
const WRITERS: u32 = 3;
const COMMANDS: u64 = 45;

/// Works hard, says what was done and what it was told, and ends by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker() {
    let Some((url, number)) = victim::called().and_then(|c| c.rsplit_once(' ').map(|(url, n)| (url.to_owned(), n.parse::<u32>().unwrap()))) else { return };
    let desk = Desk::on(Store::open(&url).await.unwrap()).await;
    victim::say("begin");
    // All begin at the same time.
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let (log, mut writers) = jobs::begin(&desk, number * WRITERS, WRITERS, |command| victim::say(&format!("done {}", command.key)));
    let looks = async {
        loop {
            if let Err(fault) = desk.engine.tick(None, desk.now).await {
                victim::say(&format!("fault {fault}"));
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = log.more(COMMANDS) => {}
        () = looks => {}
    }
    log.stop();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    for fault in log.faults.lock().unwrap().iter() {
        victim::say(&format!("fault {fault}"));
    }
}

async fn together(blank: Blank) {
    let copy = blank.copy().await;
    let url = copy.url.clone();
    let said = tokio::task::spawn_blocking(move || {
        let workers: Vec<_> = (1..=PROCESSES).map(|n| victim::start("race_processes::worker", &format!("{url} {n}"), &[])).collect();
        victim::together(workers).into_iter().flat_map(|ended| ended.said).collect::<Vec<_>>()
    });
    let said = said.await.unwrap();
    let faults: Vec<_> = said.iter().filter(|l| l.starts_with("fault ")).collect();
    assert!(faults.is_empty(), "{}: {faults:#?}", blank.kind());
    let desk = Desk::on(Store::open(&copy.url).await.unwrap()).await;
    let commands: Vec<_> = said.iter().filter_map(|l| l.split_once("done ")).map(|(_, key)| jobs::of_key(&desk, key)).collect();
    assert!(commands.len() as u64 >= COMMANDS * u64::from(PROCESSES), "{}", commands.len());
    jobs::nothing_lost_nothing_twice(&desk.engine, &commands).await;
    desk.engine.store().close().await;
    copy.drop().await;
}

#[tokio::test]
async fn processes_that_write_to_one_file_at_the_same_time_do_not_stumble_over_each_other() {
    together(Blank::sqlite(jobs::prepare).await).await;
}

#[tokio::test]
async fn processes_that_write_to_one_server_at_the_same_time_do_not_stumble_over_each_other() {
    together(Blank::postgres(jobs::prepare).await).await;
}
