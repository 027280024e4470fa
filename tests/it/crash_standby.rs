//! The primary is lost under load, for ever: its standby is promoted, and the engine goes on there. Replication is synchronous, so
//! nothing that was answered is missing.

use std::os::unix::fs::symlink;
use std::path::Path;

use bincard::store::{InitOptions, Store};

use crate::support::desk::Desk;
use crate::support::server::Server;
use crate::support::stores::{SERVICE, as_user};
use crate::support::{folder, jobs};

const WRITERS: u32 = 4;

/// What leads to the primary: a link that is moved as a whole, as a floating address would be.
fn lead_to(link: &Path, server: &Server) {
    let next = link.with_extension("next");
    symlink(server.folder(), &next).unwrap();
    std::fs::rename(next, link).unwrap();
}

/// Tells the primary to wait for its standby with every commit, and waits until it does.
async fn synchronous(primary: &Server) {
    let raw = sqlx::PgPool::connect(&primary.url).await.unwrap();
    sqlx::raw_sql("ALTER SYSTEM SET synchronous_standby_names = '*'").execute(&raw).await.unwrap();
    sqlx::query("SELECT pg_reload_conf()").execute(&raw).await.unwrap();
    let followed = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'";
    while sqlx::query_scalar::<_, i64>(followed).fetch_one(&raw).await.unwrap() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    raw.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_takes_over_from_a_primary_that_is_lost_under_load_and_nothing_is_missing() {
    let primary = Server::make(&[], |_| Vec::new());
    Store::init(&primary.url, &InitOptions { service_role: Some(SERVICE.to_owned()), distributed: false }).await.unwrap();
    let standby = tokio::task::block_in_place(|| primary.standby());
    synchronous(&primary).await;

    let place = folder();
    let link = place.path().join("primary");
    lead_to(&link, &primary);
    let url = format!("postgres://bincard@localhost/postgres?host={}", link.display());
    let desk = Desk::on(Store::open(&as_user(&url, SERVICE)).await.unwrap()).await;
    jobs::stock(&desk).await;
    let (log, mut writers) = jobs::begin(&desk, 1, WRITERS, |_| {});
    log.more(40).await;
    let before = log.acknowledged().len();
    tokio::task::block_in_place(|| {
        primary.kill();
        standby.promote();
        lead_to(&link, &standby);
    });
    log.more(24).await;
    log.stop();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    for fault in log.faults.lock().unwrap().iter() {
        assert!(fault.starts_with("the database is away: ") && fault.ends_with("send it again with the same key"), "{fault}");
    }
    let acknowledged = log.acknowledged();
    println!("{before} answered before the primary was lost, {} in all", acknowledged.len());
    jobs::nothing_lost_nothing_twice(&desk.engine, &acknowledged).await;
    desk.engine.store().close().await;

    // Roles and guards have come along: the service may still only read and commit, and verify finds every guard in its place.
    let raw = sqlx::PgPool::connect(&as_user(&url, SERVICE)).await.unwrap();
    let said = sqlx::raw_sql("UPDATE bincard.stock SET quantity = 0").execute(&raw).await.unwrap_err().to_string();
    assert!(said.contains("permission denied"), "{said}");
    raw.close().await;
    let owner = Store::open(&url).await.unwrap();
    assert!(owner.verify().await.unwrap().is_sound());
    owner.close().await;
}
