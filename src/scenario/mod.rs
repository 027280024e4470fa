//! Runs scenarios: an engine on a fresh store, the story step by step, and what differs.
//!
//! Must not decide anything: every step is a command to the engine. Tests: `tests/it/scenarios.rs`.

mod cases;
mod cast;
mod coverage;
mod expect;
mod given;
pub mod replay;
mod runner;
pub mod simulate;
pub mod suggest;
mod write;

pub use cases::{ENDING as CASES_ENDING, RuleCase, RuleCases};
pub use cast::person_code;
pub use cast::{Masters, MastersError};
pub use coverage::Collector;
pub use runner::{Failure, ScenarioError, ScenarioReport, run, stage};
pub use write::write;
