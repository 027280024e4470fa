//! bincard runs the stock of a service-parts network.
//!
//! Business analysts write each process as a state machine in flow files; business units and service partners
//! layer their own rules over it; the engine decides each transition in pure code and commits it to SQL in one
//! round trip. Stock changes only by double-entry moves, and a move only as the effect of a transition.
//!
//! See `ARCHITECTURE.md` for the layers: which module may use which, and why.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests state what must hold"))]

pub mod base;
pub mod book_folder;
pub mod change;
pub mod check;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod handbook;
pub mod insight;
pub mod lsp;
pub mod model;
pub mod network;
pub mod papers;
pub mod picture;
pub mod prove;
pub mod render;
pub mod rules;
pub mod scenario;
pub mod store;
pub mod syntax;
