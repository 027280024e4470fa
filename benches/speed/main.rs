//! How fast bincard is, as ratios to hand-written SQL in the same run: `scripts/bench`, or `cargo bench`.
//!
//! The floor writes the same rows of the same story with the guards taken away and nothing asked; engine and floor take turns.
//! Sizes are given by the environment: `BINCARD_BENCH_JOBS` (jobs of a client in a round), `BINCARD_BENCH_ROUNDS`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a bench stops at what it did not expect")]

mod counting;
mod decide;
mod growth;
mod postgres;
mod postgres_floor;
mod rows;
mod sqlite;
mod sqlite_floor;
mod story;
mod table;
mod world;

use bincard::store::Store;
use table::Table;
use world::World;

/// The one that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Jobs of a client in a round, and rounds.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    jobs: usize,
    rounds: usize,
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

#[tokio::main]
async fn main() {
    // `cargo test --benches` calls it too, and wants no figures.
    if !std::env::args().any(|a| a == "--bench") {
        return;
    }
    counting::listen();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str()));
    let sizes = Sizes { jobs: number("BINCARD_BENCH_JOBS", 100), rounds: number("BINCARD_BENCH_ROUNDS", 5) };
    let world = World::new();
    if wanted.first().is_some_and(|w| w == "growth") {
        let mut table = Table::of(["few moves", "many moves"]);
        grow(&world, wanted.get(1).map_or("", String::as_str), &mut table).await;
        println!("\n{table}");
        return;
    }
    let mut table = Table::default();
    if wants("decide") {
        decide::run(&world, &mut table).await;
    }
    if wants("sqlite") {
        sqlite::run(&world, sizes, &mut table).await;
    }
    if wants("postgres") {
        match std::env::var("BINCARD_TEST_POSTGRES") {
            Ok(url) => postgres::run(&world, sizes, &url, &mut table).await,
            Err(_) => println!("PostgreSQL is left out: `scripts/bench` starts one."),
        }
    }
    println!("\n{table}");
}

/// Takes long, and is run only where it is asked for: on one database, or on both.
async fn grow(world: &World, only: &str, table: &mut Table) {
    let moves = number("BINCARD_BENCH_MOVES", 10_000_000) as u64;
    if only != "postgres" {
        let folder = tempfile::tempdir_in("target").expect("a folder on the disk");
        let url = format!("sqlite://{}", folder.path().join("growth.db").display());
        growth::run(world, Store::open(&url).await.expect("a file"), None, moves, table).await;
    }
    let server = std::env::var("BINCARD_TEST_POSTGRES").ok().filter(|_| only != "sqlite");
    if let Some(base) = server {
        let schema = format!("bench_growth_{}", std::process::id());
        let url = format!("{base}{}schema={schema}", if base.contains('?') { '&' } else { '?' });
        let store = Store::open(&url).await.expect("a schema");
        growth::run(world, store, Some(&growth::Server { url: base, schema }), moves, table).await;
    }
}
