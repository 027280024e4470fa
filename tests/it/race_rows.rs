//! Many documents take from the same shelves, in every order of lines: nobody waits for somebody who waits for them.

use bincard::domain::Command;
use bincard::engine::Outcome;
use bincard::store::Store;
use serde_json::json;

use crate::support::blank::{Blank, Copy};
use crate::support::desk::{Desk, fire};
use crate::support::jobs;

const PARTS: [&str; 6] = ["CON", "CAP", "FILT", "FAN", "SENS", "RMT07"];
const WRITERS: usize = 12;
const EACH: usize = 4;

async fn stocked(store: Store) {
    let desk = Desk::on(store).await;
    desk.stocked("coolfix", &PARTS.map(|part| json!({ "part": part, "quantity": 1_000 }))).await;
    desk.engine.store().close().await;
}

/// A job for some of the parts, others each time and in either order; and its cancelling.
fn job(desk: &Desk, doc: &str, turn: usize) -> [Command; 2] {
    let mut parts = PARTS.map(|part| (part, 2));
    parts.rotate_left(turn % PARTS.len());
    if turn.is_multiple_of(2) {
        parts.reverse();
    }
    let cancel = desk.command(&desk.who("service_desk", None), doc, fire("cancel"), json!({ "reason": "a mistake" }), &[]);
    [jobs::opening(desk, doc, &parts[..3]), cancel]
}

/// Two engines that know nothing of each other, each with half of the writers.
async fn all_orders(copy: &Copy) {
    let desks = [Desk::on(Store::open(&copy.url).await.unwrap()).await, Desk::on(Store::open(&copy.url).await.unwrap()).await];
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let desk = desks[writer % desks.len()].clone();
            tokio::spawn(async move {
                for n in 0..EACH {
                    for command in job(&desk, &format!("W{writer}-{n}"), writer + n) {
                        let Outcome::Done(done) = desk.engine.execute(command).await.expect("no fault reaches a caller") else { panic!("refused") };
                        assert!(["reserved", "waiting", "cancelled"].contains(&done.document.state.as_str()), "{}", done.document.state);
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    let report = desks[0].engine.store().verify().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    for desk in desks {
        desk.engine.store().close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_in_every_order_meet_on_a_file() {
    all_orders(&Blank::sqlite(stocked).await.copy().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_in_every_order_meet_on_a_server_without_a_deadlock() {
    let copy = Blank::postgres(stocked).await.copy().await;
    all_orders(&copy).await;
    let (base, _) = copy.owner.split_once("schema=").unwrap();
    let pool = sqlx::PgPool::connect(base.trim_end_matches(['?', '&'])).await.unwrap();
    let counted = "SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let deadlocks: i64 = sqlx::Row::get(&sqlx::query(counted).fetch_one(&pool).await.unwrap(), 1);
    assert_eq!(deadlocks, 0, "the database had to break up commits that waited for each other");
    pool.close().await;
    copy.drop().await;
}
