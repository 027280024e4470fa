//! Change without fear: what a changed book changes, what becomes of documents that run, and what it would have changed in the past.
//!
//! [`plan`] compares and writes nothing; [`apply`] deploys what a plan says; [`whatif`] replays the journal in a store of its own.
//! Must not know terminals or folders. Tests: `tests.rs`, `tests/it/change_*.rs`.

mod apply;
mod books;
mod clauses;
mod plan;
mod running;
mod scripts;
#[cfg(test)]
mod tests;
pub mod whatif;
mod words;

pub use apply::{Applied, ApplyError, apply};
pub use books::{BookChange, Change, How, WorkflowChange, compare};
pub use plan::{MasterPlan, Plan, Proofs, Target, Unproved, plan};
pub use running::{Fate, Group, LeftStock};
pub use scripts::{LineChange, ScriptChange, compare as compare_rules};
