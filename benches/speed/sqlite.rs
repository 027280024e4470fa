//! SQLite: one transition a transaction at `synchronous` FULL and NORMAL, and a hundred commands a commit.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bincard::engine::Engine;
use bincard::store::Store;

use crate::rows::Rows;
use crate::sqlite_floor::Floor;
use crate::story::{Job, TRANSITIONS, by_the_hundred, decided, jobs, one_by_one};
use crate::table::{Aim, Table};
use crate::world::{PARTNERS, World};
use crate::{Sizes, counting};

/// Tables whose rows are counted on both sides: the floor writes what the engine writes.
pub const COMPARED: [&str; 9] = ["document", "document_line", "event", "move", "stock", "obligation", "paper", "timer", "outbox"];

/// An engine on one file, the floor on a copy of it.
struct Pair {
    engine: Engine,
    floor: Floor,
    _folder: tempfile::TempDir,
}

fn url(path: &Path, synchronous: &str) -> String {
    format!("sqlite://{}?synchronous={synchronous}", path.display())
}

impl Pair {
    async fn new(world: &World, furnished: &Path, synchronous: &str) -> Self {
        let folder = tempfile::tempdir_in("target").expect("a folder on the disk");
        let copy = |name: &str| -> PathBuf {
            let path = folder.path().join(name);
            std::fs::copy(furnished, &path).expect("a copy");
            path
        };
        let store = Store::open(&url(&copy("engine.db"), synchronous)).await.expect("a store");
        let floor = Floor::open(&copy("floor.db"), synchronous).expect("a floor");
        Self { engine: world.on(store).await, floor, _folder: folder }
    }

    async fn compare(&self, wrote: &str) {
        let counts = self.engine.store().counts(None).await.expect("counts");
        let floor = self.floor.counts(&COMPARED);
        assert_eq!((floor[0], floor[2], floor[3]), (signed(counts.documents), signed(counts.transitions), signed(counts.moves)), "{wrote}: the same rows");
        assert!(self.engine.store().verify().await.expect("verify").is_sound());
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).expect("a count")
}

pub async fn run(world: &World, sizes: Sizes, table: &mut Table) {
    let folder = tempfile::tempdir_in("target").expect("a folder on the disk");
    let furnished = folder.path().join("furnished.db");
    let store = Store::open(&url(&furnished, "normal")).await.expect("a store");
    drop(world.furnished(store.clone()).await);
    store.close().await;
    // The floor writes what an engine in memory has decided on the same stock.
    let oracle = world.furnished(Store::memory()).await;
    for (synchronous, single) in [("full", 0.9), ("normal", 0.6)] {
        let name = synchronous.to_uppercase();
        let aim = Aim::AtLeast(single);
        rates(world, &oracle, &furnished, synchronous, 1, sizes, table, &format!("SQLite {name}, one transition a commit"), aim).await;
        let aim = Aim::AtLeast(0.5);
        rates(world, &oracle, &furnished, synchronous, 100, sizes, table, &format!("SQLite {name}, 100 commands a commit"), aim).await;
    }
}

#[expect(clippy::too_many_arguments, reason = "one place that has them all")]
async fn rates(world: &World, oracle: &Engine, furnished: &Path, synchronous: &str, together: usize, sizes: Sizes, table: &mut Table, what: &str, aim: Aim) {
    let mut pair = Pair::new(world, furnished, synchronous).await;
    let (mut engine_rates, mut floor_rates) = (Vec::new(), Vec::new());
    // One client alone, or a hundred jobs of all partners.
    let (partners, each) = if together == 1 { (1, sizes.jobs) } else { (PARTNERS, (sizes.jobs * 4).div_ceil(PARTNERS)) };
    // The first round warms both. In one more only statements are counted, since what counts writes every one of them down.
    for round in 0..=sizes.rounds + 1 {
        let counted = round > sizes.rounds;
        let all = jobs(round_of(synchronous, together, round), partners, each);
        let flat: Vec<Job> = all.concat();
        let decisions = decided(world, oracle, &flat).await;
        let bound = pair.floor.bind(Rows::of_all(&decisions));
        let start = Instant::now();
        pair.floor.write(bound, together).expect("the floor writes");
        let floor = per_second(flat.len() * TRANSITIONS, start);
        if counted {
            counting::start();
        }
        let start = Instant::now();
        let made = if together == 1 { one_by_one(world, &pair.engine, all).await } else { by_the_hundred(world, &pair.engine, all).await };
        let engine = per_second(made, start);
        let sent = counting::stop();
        if !counted && round > 0 {
            engine_rates.push(engine);
            floor_rates.push(floor);
        } else if counted && together == 1 {
            let by_hand: usize = Rows::of_all(&decisions).iter().map(|rows| rows.statements() + 2).sum();
            let per = |n: f64| n / made as f64;
            let name = format!("SQLite {}, round trips a transition", synchronous.to_uppercase());
            let (floor, engine) = (format!("{:.1} statements", per(by_hand as f64)), format!("{sent} for {made}"));
            table.figure(&name, floor, engine, per(sent as f64), Aim::AtMost(2.0));
        }
    }
    pair.compare(what).await;
    table.rates(what, floor_rates, engine_rates, aim);
}

/// A number for the documents of a round that no other round has.
pub fn round_of(name: &str, together: usize, round: usize) -> usize {
    name.bytes().fold(together, |n, b| n * 7 + usize::from(b)) * 100 + round
}

pub fn per_second(count: usize, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}
