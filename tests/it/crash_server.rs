//! The server is killed with -9 and started again under load: the engine connects anew by itself, and whoever sends a command
//! once more with its key learns what became of it.

use bincard::engine::Outcome;
use bincard::store::{DocumentFilter, Store};

use crate::support::desk::{Desk, ac};
use crate::support::jobs;
use crate::support::server::Server;

const WRITERS: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_under_load_loses_nothing_and_is_connected_to_again() {
    let server = Server::make(&[], |_| Vec::new());
    let desk = Desk::on(Store::open(&server.url).await.unwrap()).await;
    jobs::stock(&desk).await;
    let (log, mut writers) = jobs::begin(&desk, 1, WRITERS, |_| {});
    for round in 1..=3 {
        log.more(12 * round).await;
        tokio::task::block_in_place(|| {
            server.kill();
            server.start();
        });
    }
    log.more(12).await;
    log.stop();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    let faults = log.faults.lock().unwrap().clone();
    for fault in &faults {
        assert!(fault.starts_with("the database is away: ") && fault.ends_with("send it again with the same key"), "{fault}");
    }
    stays_away(&desk, &server).await;
    let acknowledged = log.acknowledged();
    jobs::nothing_lost_nothing_twice(&desk.engine, &acknowledged).await;
    desk.engine.store().close().await;
}

/// A server that does not come back in time is a fault that says what to do; whoever only reads later is told nothing.
async fn stays_away(desk: &Desk, server: &Server) {
    let hasty = Desk::on(Store::open(&format!("{}&wait=1", server.url)).await.unwrap()).await;
    let command = jobs::opening(&hasty, "W0-1", &[("CON", 1)]);
    server.kill();
    let fault = hasty.engine.execute(command.clone()).await.expect_err("nobody answers").to_string();
    let told =
        "the database is away: it gave no connection in time; what was under way is done or not at all: when it is back, send it again with the same key";
    assert_eq!(fault, told);
    server.start();
    assert!(desk.engine.store().verify().await.expect("an answer").is_sound());
    for _ in 0..10 {
        assert!(!desk.engine.store().documents(&DocumentFilter::new(ac())).await.expect("an answer").is_empty());
    }
    assert!(matches!(hasty.engine.execute(command).await.expect("no fault"), Outcome::Done(done) if !done.repeated()));
    hasty.engine.store().close().await;
}
