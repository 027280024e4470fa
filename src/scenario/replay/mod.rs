//! Replays real demand through the flows of a book: every unit is asked for by an indent, and people act on every document until
//! it has ended. All of it goes through the engine; at the end the books are proved.
//!
//! | file | what |
//! |---|---|
//! | `demand` | the file: parts and units by month |
//! | `dice`, `plan`, `agenda`, `network` | what follows from demand and seed: jobs, chores, master data |
//! | `policy`, `jobs`, `goods`, `returns`, `chores`, `step` | what people do, by workflow and state |
//! | `driver`, `hands` | one thing after the other, on a clock of its own, and how it reaches the engine |
//! | `list`, `together` | many at once, where they do not depend on each other |
//! | `figures`, `proof`, `report` | what came of it, read from the books |
//!
//! Must not know faces. Tests: beside the files, and `tests/it/replay.rs`.

mod agenda;
mod chores;
pub(super) mod demand;
pub(super) mod dice;
pub(super) mod driver;
mod figures;
mod goods;
pub(super) mod hands;
mod jobs;
mod list;
pub(super) mod network;
pub(super) mod plan;
pub(super) mod policy;
mod proof;
mod report;
mod returns;
mod step;
mod together;

use std::time::Instant;

pub use demand::{Demand, DemandFault, Month, PartDemand, Totals};
pub use plan::Settings;
pub use proof::Proof;
pub use report::{Figures, LeftOpen, Report, Run, Workflow};

use crate::base::Bu;
use crate::engine::{Engine, EngineError};
use crate::store::StoreError;

use driver::Driver;
use hands::Steady;
use plan::Plan;
use policy::Clerk;

/// Why a replay cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The book lacks workflows that the people of a replay know.
    #[error("the book has no workflow {0}: replay needs the flows that bincard comes with")]
    Book(String),
    /// The database holds another replay.
    #[error("this database holds another replay: {0}")]
    Other(String),
    /// The clock does not go on.
    #[error("{0}")]
    Stuck(String),
    /// Something does not hold that must.
    #[error("{0}")]
    Broken(String),
}

/// How far a replay has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The month that begins.
    pub month: String,
    /// Months done.
    pub done: usize,
    /// Of so many.
    pub of: usize,
    /// Commands carried out in this run.
    pub commands: u64,
    /// Documents that have not ended.
    pub open: usize,
}

/// Replays a demand, from the beginning or from where an earlier run was cut off; with `lists`, commands that do not depend on each
/// other go to the store together, and the books are the same in the end.
///
/// # Errors
/// The book or the database does not fit, or a fault of the store; the same call then goes on where this one stopped.
pub async fn replay(engine: &Engine, demand: Demand, settings: Settings, lists: bool, watch: &mut dyn FnMut(&Progress)) -> Result<Report, ReplayError> {
    let unknown = policy::unknown(engine.book().workflows.keys());
    if !unknown.is_empty() {
        return Err(ReplayError::Book(unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")));
    }
    let plan = Plan::new(demand, settings, engine.book().manifest.zone.clone());
    let master = network::network(&plan);
    let bu = Bu::from(network::BU);
    match engine.store().business_units().await?.iter().find(|u| u.code == bu) {
        Some(unit) if unit.name != network::title(&plan) => return Err(ReplayError::Other(unit.name.clone())),
        Some(_) => {}
        None => {
            engine.load_master(&master).await?;
        }
    }
    let parts = network::facts(&master);
    drop(master);
    let before = engine.store().counts(Some(&bu)).await?;
    let started = Instant::now();
    let mut driver = Driver::new(Steady::new(engine, lists), engine.store(), &plan, Clerk { store: engine.store(), parts: &parts });
    driver.catch_up(engine).await?;
    let resumed = !driver.is_new();
    driver.run(watch).await?;
    let seconds = started.elapsed();
    let counts = engine.store().counts(Some(&bu)).await?;
    let run = Run {
        resumed,
        commands: driver.tally.commands,
        refused: driver.tally.refused,
        transitions: counts.transitions.saturating_sub(before.transitions),
        milliseconds: u64::try_from(seconds.as_millis()).unwrap_or(u64::MAX),
    };
    let left_open = driver.left_open().into_iter().map(|(document, why)| LeftOpen { document, why }).collect();
    let not_opened = driver.not_opened().into_iter().map(|(document, why)| LeftOpen { document, why }).collect();
    drop(driver);
    report::report(engine.store(), &plan, &parts, counts, run, left_open, not_opened).await
}
