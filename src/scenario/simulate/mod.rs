//! A deterministic simulation of the shipped flows: people of a network that follows from a seed act on every document, others
//! do whatever is possible, and what can go wrong on the way does. After every step the books are held against books of its own.
//!
//! | file | what |
//! |---|---|
//! | `world` | what follows from the seed: the demand, and with it the network |
//! | `wander`, `guess` | people who do whatever is possible, with whatever fits |
//! | `wire`, `fault` | how commands reach the engine, and what goes wrong there |
//! | `audit` | the second books, and what must hold after every step |
//! | `report` | what came of it, the same for the same seed |
//!
//! The people who know their work, and the clock, are those of `replay`. Must not know faces. Tests: `tests/it/simulate.rs`.

mod audit;
mod fault;
mod guess;
mod report;
mod wander;
mod wire;
mod world;

use std::sync::Arc;

pub use report::{Broken, Report};

use super::replay::driver::Driver;
use super::replay::hands::Hands;
use super::replay::policy::{self, Clerk};
use super::replay::{ReplayError, network};
use crate::base::{Bu, Timestamp};
use crate::engine::{Engine, Outcome};
use crate::model::Book;
use crate::rules::Rules;
use crate::store::Store;

use wander::Wanderer;
use wire::Wire;

/// How long, how large, and by which throw of the dice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Days, from the opening of the network.
    pub days: u32,
    /// Service partners.
    pub asps: usize,
    /// Of all that is left to chance.
    pub seed: u64,
    /// Stops after so many steps.
    pub until_step: Option<u64>,
}

/// How far a simulation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The clock of the simulation.
    pub now: Timestamp,
    /// Days that have passed on it.
    pub day: u32,
    /// Steps done.
    pub step: u64,
}

/// Of a thousand steps, so many are of people who do whatever is possible.
const WANDER: u64 = 180;

/// Runs a simulation on an empty store.
///
/// # Errors
/// The book lacks workflows, the store is not empty, or a fault of the store. That something does not hold which must is no
/// error: the report says it.
pub async fn simulate(
    (book, rules, store): (&Arc<Book>, &Arc<Rules>, &Store),
    settings: Settings,
    watch: &mut dyn FnMut(&Progress),
) -> Result<Report, ReplayError> {
    let unknown = policy::unknown(book.workflows.keys());
    if !unknown.is_empty() {
        return Err(ReplayError::Book(unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")));
    }
    if let Some(unit) = store.business_units().await?.first() {
        return Err(ReplayError::Other(unit.name.clone()));
    }
    let plan = world::plan(settings, book.manifest.zone.clone());
    let master = network::network(&plan);
    let engine = Engine::new(Arc::clone(book), Arc::clone(rules), store.clone()).await?;
    engine.load_master(&master).await?;
    let parts = network::facts(&master);
    let clerk = Clerk { store, parts: &parts };
    let wire = Wire::new(engine, (book, rules), store, plan.dice, &master);
    let mut driver = Driver::new(wire, store, &plan, clerk);
    let wanderer = Wanderer::new(book, store, &master, plan.dice);
    let begin = plan.begin();
    let end = begin.plus_micros(i64::from(settings.days) * world::DAY);
    let mut tell = |now: Timestamp, step| {
        let day = u32::try_from((now.micros() - begin.micros()) / world::DAY).unwrap_or(0);
        watch(&Progress { now, day, step });
    };
    let broken = match play(&mut driver, &wanderer, settings.until_step.unwrap_or(u64::MAX), end, &mut tell).await {
        Err(ReplayError::Broken(what)) => Some(what),
        other => {
            other?;
            None
        }
    };
    let clock = driver.clock;
    report::report(driver.hands, settings, clock, broken).await
}

/// One thing after the other, until the end of the time or of the steps.
async fn play(
    driver: &mut Driver<'_, Wire<'_>>,
    wanderer: &Wanderer<'_>,
    most: u64,
    end: Timestamp,
    watch: &mut dyn FnMut(Timestamp, u64),
) -> Result<(), ReplayError> {
    let mut turn: u64 = 0;
    while driver.hands.step() < most {
        turn += 1;
        if wanderer.acts(turn, WANDER) {
            let engine = driver.hands.engine().clone();
            let open: Vec<_> = driver.open().collect();
            if let Some((command, name)) = wanderer.command(&engine, turn, driver.clock, &open).await?
                && let Outcome::Done(done) = driver.hands.execute(command).await?
            {
                driver.note(*done, name);
            }
        } else if !driver.step(end, &mut |_| {}).await? {
            break;
        }
        for doc in driver.hands.take_changed() {
            driver.look_at(&doc).await?;
        }
        watch(driver.clock, driver.hands.step());
    }
    driver.hands.audit_all().await
}

/// The business unit of a simulation.
fn bu() -> Bu {
    Bu::from(network::BU)
}
