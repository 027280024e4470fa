//! PostgreSQL: one transition a commit with 1, 8 and 32 clients, commits that come together, and a hundred commands a commit.

use std::time::Instant;

use bincard::engine::Engine;
use bincard::store::Store;

use crate::postgres_floor::Floor;
use crate::rows::Rows;
use crate::sqlite::{COMPARED, per_second, round_of};
use crate::story::{TRANSITIONS, by_the_hundred, decided, jobs, one_by_one};
use crate::table::{Aim, Table};
use crate::world::{PARTNERS, World};
use crate::{Sizes, counting};

/// What is measured: how many clients, how many commits are written as one, whether commands come as lists of a hundred.
struct Case {
    what: &'static str,
    clients: usize,
    group: usize,
    lists: bool,
    aim: Aim,
}

const CASES: [Case; 6] = [
    Case { what: "PostgreSQL, 1 client, one transition a commit", clients: 1, group: 1, lists: false, aim: Aim::AtLeast(0.7) },
    Case { what: "PostgreSQL, 8 clients, one transition a commit", clients: 8, group: 1, lists: false, aim: Aim::AtLeast(0.7) },
    Case { what: "PostgreSQL, 32 clients, one transition a commit", clients: 32, group: 1, lists: false, aim: Aim::AtLeast(0.7) },
    Case { what: "PostgreSQL, 8 clients, group commit", clients: 8, group: 100, lists: false, aim: Aim::AtLeast(0.7) },
    Case { what: "PostgreSQL, 32 clients, group commit", clients: 32, group: 100, lists: false, aim: Aim::AtLeast(0.7) },
    Case { what: "PostgreSQL, 100 commands a commit, to 1 client by hand", clients: 1, group: 100, lists: true, aim: Aim::AtLeast(2.0) },
];

fn url(base: &str, schema: &str, group: usize) -> String {
    format!("{base}{}schema={schema}&group={group}", if base.contains('?') { '&' } else { '?' })
}

pub async fn run(world: &World, sizes: Sizes, base: &str, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let (own, by_hand) = (format!("bench_engine_{}", std::process::id()), format!("bench_floor_{}", std::process::id()));
    for schema in [&own, &by_hand] {
        let store = Store::open(&url(base, schema, 1)).await.expect("a schema");
        drop(world.furnished(store.clone()).await);
        store.close().await;
    }
    let floor = Floor::open(base, &by_hand).await;
    let oracle = world.furnished(Store::memory()).await;
    let mut next = 1;
    for case in &CASES {
        let store = Store::open(&url(base, &own, case.group)).await.expect("a schema");
        let engine = world.on(store.clone()).await;
        let (mut engine_rates, mut floor_rates) = (Vec::new(), Vec::new());
        // The first round warms both; in one more only statements are counted.
        for round in 0..=sizes.rounds + 1 {
            let counted = round > sizes.rounds;
            let run = round_of("postgres", case.clients * 1_000 + case.group * 2 + usize::from(case.lists), round);
            let (partners, each) =
                if case.lists { (PARTNERS, (sizes.jobs * 4).div_ceil(PARTNERS)) } else { (case.clients, sizes.jobs.div_ceil(1 + case.clients / 8)) };
            let all = jobs(run, partners, each);
            let decisions = decided(world, &oracle, &all.concat()).await;
            let rows: Vec<Rows> = Rows::of_all(&decisions);
            floor.give(next, &rows).await;
            let by_hand =
                if case.lists { floor.write(folder.path(), 1, next, rows.len()) } else { floor.write(folder.path(), case.clients, next, each * TRANSITIONS) };
            next += i64::try_from(rows.len()).expect("a count");
            let ours = timed(world, &engine, case, all, table, counted && case.clients == 1 && !case.lists).await;
            if !counted && round > 0 {
                engine_rates.push(ours);
                floor_rates.push(by_hand);
            }
        }
        table.rates(case.what, floor_rates, engine_rates, case.aim);
        store.close().await;
    }
    assert_eq!(floor.counts(&own, &COMPARED).await, floor.counts(&by_hand, &COMPARED).await, "the floor has written the same rows");
    for schema in [&own, &by_hand] {
        floor.drop(schema).await;
    }
}

async fn timed(world: &World, engine: &Engine, case: &Case, all: Vec<Vec<crate::story::Job>>, table: &mut Table, count: bool) -> f64 {
    if count {
        counting::start();
    }
    let start = Instant::now();
    let made = if case.lists { by_the_hundred(world, engine, all).await } else { one_by_one(world, engine, all).await };
    let rate = per_second(made, start);
    if count {
        let sent = counting::stop();
        let engine = format!("{sent} for {made}");
        table.figure("PostgreSQL, round trips a transition", "1.0 call".to_owned(), engine, sent as f64 / made as f64, Aim::AtMost(2.0));
    }
    rate
}
