//! Questions about what happened: the story of a unit, a lot, a document, an order or a job.
//!
//! Reads facts and decides nothing. Must not know who shows the answers. Tests: `tests/it/cli.rs`.

mod trace;

pub use trace::{Step, Subject, Trace, subjects, trace};
