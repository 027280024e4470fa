//! Somebody holds what a command needs for longer than it may wait: it says so, nothing is half done, and sent again it goes on.

use bincard::domain::Command;
use bincard::engine::{Done, Outcome};
use bincard::store::Store;
use sqlx::{AssertSqlSafe, Executor};

use crate::support::desk::{Desk, ac};
use crate::support::jobs;
use crate::support::stores::{SERVICE, as_user, postgres, raw_postgres, raw_sqlite, sqlite};

async fn done(desk: &Desk, command: &Command) -> Done {
    match desk.engine.execute(command.clone()).await.expect("no fault") {
        Outcome::Done(done) => *done,
        Outcome::Refused(refusal) => panic!("{refusal:#?}"),
    }
}

async fn steps(desk: &Desk, doc: &str) -> Vec<String> {
    desk.engine.store().events(&ac(), &doc.into()).await.unwrap().iter().map(|e| e.event.transition.to_string()).collect()
}

/// The limits that a server's administrator may set, and what a caller is told when one is hit.
const LIMITS: [(&str, &str); 2] =
    [("lock_timeout", "another session holds what this needs"), ("statement_timeout", "it took longer than the server allows, or was cancelled there")];

#[tokio::test]
async fn a_row_that_another_session_holds_is_waited_for_or_given_up_whole() {
    let fixture = postgres().await;
    jobs::stock(&Desk::on(fixture.store.clone()).await).await;
    let (raw, _) = raw_postgres(&fixture).await;
    let hold = "SELECT 1 FROM stock WHERE party = 'coolfix' AND bin = 'available' FOR UPDATE";
    for (limit, words) in LIMITS {
        let url = format!("{}&options[{limit}]=300", as_user(&fixture.url, SERVICE));
        let desk = Desk::on(Store::open(&url).await.unwrap()).await;
        let command = jobs::opening(&desk, limit, &[("CON", 1)]);
        let mut held = raw.begin().await.unwrap();
        held.execute(hold).await.unwrap();
        let fault = desk.engine.execute(command.clone()).await.expect_err("the row is held").to_string();
        assert_eq!(fault, format!("the database was busy for too long: {words}; nothing was written: send it again with the same key"));
        assert_eq!(steps(&desk, limit).await, ["open", "find"], "what does not need the row stands, and the rest is not there at all");
        held.rollback().await.unwrap();
        assert!(done(&desk, &command).await.repeated());
        assert_eq!(steps(&desk, limit).await, ["open", "find", "allocate"]);
        desk.engine.store().close().await;
    }
    // Where nobody sets a limit, a command waits.
    let desk = Desk::on(fixture.store.clone()).await;
    let command = jobs::opening(&desk, "waits", &[("CON", 1)]);
    let mut held = raw.begin().await.unwrap();
    held.execute(hold).await.unwrap();
    let waits = tokio::spawn({
        let (desk, command) = (desk.clone(), command.clone());
        async move { done(&desk, &command).await }
    });
    while sqlx::query("SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid() AND pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]")
        .fetch_all(&mut *held)
        .await
        .unwrap()
        .is_empty()
    {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    held.rollback().await.unwrap();
    assert_eq!(waits.await.unwrap().document.state, "reserved");
    assert!(desk.engine.store().verify().await.unwrap().is_sound());
}

#[tokio::test]
async fn sessions_that_are_ended_at_the_server_are_opened_again() {
    let fixture = postgres().await;
    let desk = Desk::on(fixture.store.clone()).await;
    jobs::stock(&desk).await;
    let (raw, _) = raw_postgres(&fixture).await;
    let (log, mut writers) = jobs::begin(&desk, 1, 4, |_| {});
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{SERVICE}' AND query LIKE '%{}%'", schema(&fixture.url));
    for _ in 0..5 {
        log.more(5).await;
        raw.execute(AssertSqlSafe(end.clone())).await.unwrap();
    }
    log.more(5).await;
    log.stop();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert!(log.faults.lock().unwrap().is_empty(), "{:?}", log.faults.lock().unwrap());
    jobs::nothing_lost_nothing_twice(&desk.engine, &log.acknowledged()).await;
}

/// The schema's name is in every statement that commits, and tells the sessions of this test from all others.
fn schema(url: &str) -> &str {
    url.split_once("schema=").expect("a schema").1
}

#[tokio::test]
async fn a_file_that_another_program_holds_is_waited_for_or_given_up_whole() {
    let fixture = sqlite().await;
    let desk = Desk::on(Store::open(&format!("{}?wait=1", fixture.url)).await.unwrap()).await;
    jobs::stock(&desk).await;
    let command = jobs::opening(&desk, "J1", &[("CON", 1)]);
    let raw = raw_sqlite(&fixture).await;
    let mut other = raw.acquire().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    // Many at once, of whom most are written together: all are told the same.
    let told =
        "the database was busy for too long: another program has been writing to the file all the while; nothing was written: send it again with the same key";
    let many = (0..12).map(|n| jobs::opening(&desk, &format!("M{n}"), &[("CON", 1)])).chain([command.clone()]);
    let many: Vec<_> = many
        .map(|command| {
            tokio::spawn({
                let engine = desk.engine.clone();
                async move { engine.execute(command).await }
            })
        })
        .collect();
    for one in many {
        assert_eq!(one.await.unwrap().expect_err("the file is held").to_string(), told);
    }
    assert_eq!(steps(&desk, "J1").await, [""; 0]);
    // Who only looks does not wait, also who comes only now.
    let late = Store::open(&format!("{}?wait=0", fixture.url)).await.expect("a look at a file that is held");
    assert!(late.counts(None).await.unwrap().transitions > 0);
    late.close().await;
    // A program that holds the file for a while only is waited for.
    let waits = tokio::spawn({
        let (desk, command) = (desk.clone(), command.clone());
        async move { done(&desk, &command).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    other.execute("ROLLBACK").await.unwrap();
    assert!(!waits.await.unwrap().repeated());
    assert!(done(&desk, &command).await.repeated());
    assert_eq!(steps(&desk, "J1").await, ["open", "find", "allocate"]);
    assert!(desk.engine.store().verify().await.unwrap().is_sound());
}
