//! The disk is full: a command says so and what to do, what was acknowledged is there, and once there is room it goes through.

use std::path::Path;

use bincard::domain::Command;
use bincard::engine::Outcome;
use bincard::store::{DocumentFilter, Store};

use crate::support::blank::Blank;
use crate::support::desk::{Desk, ac};
use crate::support::server::Server;
use crate::support::{jobs, victim};

/// More jobs than any disk that is full has room for.
const JOBS: u32 = 400;

/// Works until there is no room; makes room; sends what failed once more.
async fn until_full(desk: &Desk, full: &Path) {
    let mut acknowledged: Vec<Command> = Vec::new();
    let send = async |command: &Command| match desk.engine.execute(command.clone()).await {
        Ok(Outcome::Done(_)) => Ok(()),
        Ok(Outcome::Refused(refusal)) => panic!("{refusal:#?}"),
        Err(fault) => Err(fault.to_string()),
    };
    let commands: Vec<Command> = (1..JOBS).flat_map(|n| jobs::job(desk, &format!("J{n}"), n % 2 == 0)).collect();
    let mut left = commands.iter();
    for command in left.by_ref().take(6) {
        send(command).await.expect("there is room");
        acknowledged.push(command.clone());
    }
    std::fs::write(full, "").unwrap();
    let (failed, fault) = loop {
        let command = left.next().expect("a full disk");
        match send(command).await {
            Ok(()) => acknowledged.push(command.clone()),
            Err(fault) => break (command, fault),
        }
    };
    assert!(fault.starts_with("the disk of the database is full: "), "{fault}");
    assert!(fault.ends_with("; nothing was written: make room, then send it again with the same key"), "{fault}");
    // Whoever only reads may go on.
    assert!(!desk.engine.store().documents(&DocumentFilter::new(ac())).await.expect("an answer").is_empty());
    std::fs::remove_file(full).unwrap();
    for command in std::iter::once(failed).chain(left.take(6)) {
        send(command).await.expect("there is room again");
        acknowledged.push(command.clone());
    }
    jobs::nothing_lost_nothing_twice(&desk.engine, &acknowledged).await;
}

/// A process whose disk can be filled.
#[tokio::test]
async fn victim() {
    let Some(url) = victim::called() else { return };
    let desk = Desk::on(Store::open(&url).await.unwrap()).await;
    until_full(&desk, Path::new(&std::env::var("FAULT_FULL").unwrap())).await;
    victim::say("end");
}

#[tokio::test]
async fn a_full_disk_under_a_file_costs_nothing_but_time() {
    let copy = Blank::sqlite(jobs::prepare).await.copy().await;
    let full = copy.url.trim_start_matches("sqlite://").replace("copy.db", "full");
    let (url, full) = (copy.url.clone(), full);
    let ended = tokio::task::spawn_blocking(move || victim::run("fault_full::victim", &url, &[("FAULT_FULL", &full)])).await.unwrap();
    assert!(ended.said.iter().any(|l| l.ends_with("end")), "{:?}", ended.said);
}

/// A server of its own, and the file that fills its disk, or only one folder of it.
fn server(within: Option<&str>) -> (Server, std::path::PathBuf) {
    let mut full = None;
    let server = Server::make(&[], |folder| {
        // The server's own account must be able to read it.
        let library = folder.join("faults.so");
        std::fs::copy(victim::library(), &library).unwrap();
        let path = folder.join("full");
        full = Some(path.clone());
        let mut faults = vec![("LD_PRELOAD".to_owned(), library.display().to_string()), ("FAULT_FULL".to_owned(), path.display().to_string())];
        faults.extend(within.map(|folder| ("FAULT_FULL_IN".to_owned(), folder.to_owned())));
        faults
    });
    (server, full.unwrap())
}

/// PostgreSQL cannot go on without its log: it stops altogether, and cannot start again before there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_room_for_the_log_of_a_server_stops_it_and_loses_nothing() {
    let (server, full) = server(Some("pg_wal"));
    let desk = Desk::on(Store::open(&format!("{}&wait=3", server.url)).await.unwrap()).await;
    jobs::stock(&desk).await;
    let commands: Vec<Command> = (1..JOBS).flat_map(|n| jobs::job(&desk, &format!("J{n}"), n % 2 == 0)).collect();
    let mut acknowledged: Vec<Command> = Vec::new();
    let mut left = commands.iter();
    for command in left.by_ref().take(6) {
        assert!(matches!(desk.engine.execute(command.clone()).await.expect("there is room"), Outcome::Done(_)));
        acknowledged.push(command.clone());
    }
    std::fs::write(&full, "").unwrap();
    // What is left of the piece of the log that is open is used up at once.
    let raw = sqlx::PgPool::connect(&server.url).await.unwrap();
    drop(sqlx::query("SELECT pg_switch_wal()").execute(&raw).await);
    let failed = left.next().unwrap();
    let first = desk.engine.execute(failed.clone()).await.expect_err("there is no room for the log").to_string();
    let why = first.strip_prefix("the disk of the database is full: could not write to file \"pg_wal/xlogtemp.").unwrap_or_else(|| panic!("{first}"));
    assert!(why.ends_with("\": No space left on device; nothing was written: make room, then send it again with the same key"), "{first}");
    // It tries to start by itself, and cannot.
    let then = desk.engine.execute(failed.clone()).await.expect_err("nobody is there").to_string();
    let away =
        "the database is away: it gave no connection in time; what was under way is done or not at all: when it is back, send it again with the same key";
    assert_eq!(then, away);
    std::fs::remove_file(&full).unwrap();
    server.start();
    for command in std::iter::once(failed).chain(left.take(6)) {
        assert!(matches!(desk.engine.execute(command.clone()).await.expect("there is room again"), Outcome::Done(_)));
        acknowledged.push(command.clone());
    }
    jobs::nothing_lost_nothing_twice(&desk.engine, &acknowledged).await;
    desk.engine.store().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_a_server_costs_nothing_but_time() {
    let (server, full) = server(None);
    let desk = Desk::on(Store::open(&server.url).await.unwrap()).await;
    jobs::stock(&desk).await;
    until_full(&desk, &full).await;
    desk.engine.store().close().await;
}
