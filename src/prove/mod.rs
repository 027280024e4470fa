//! Proofs: everything that can happen to a document is tried with the engine itself on a store in memory.
//!
//! Must not decide anything: `engine` does, and there is no second meaning of flows. Must not know how a face shows what
//! was found. Tests: `tests.rs`, `tests/it/proofs.rs`.

pub mod answers;
mod children;
pub mod choices;
mod custody;
mod days;
pub mod explore;
pub mod facts;
mod findings;
pub mod ground;
mod key;
mod linear;
mod live;
mod proof;
pub mod stage;
pub mod story;
mod stuck;
pub mod verdict;
pub mod view;
pub mod world;

pub use custody::{Way, custody};
pub use proof::{BUDGET, Finding, Options, Proved, prove};

#[cfg(test)]
mod tests;
