//! The engine: decides transitions in pure code and carries them to the store.
//!
//! `decide` and all that it uses is pure; `execute`, `many`, `timers`, `arrivals`, `deliver`, `todo` and `versions` are its only contact with the store.
//! Must not know how a face shows things. Tests: beside the files, `tests/it/engine_*.rs`, and every scenario.

mod allocate;
mod arrivals;
mod body;
mod books;
mod clocks;
mod consult;
pub mod decide;
mod deliver;
mod distance;
mod eval;
mod execute;
mod finish;
mod guard;
mod input;
mod ledger;
mod many;
mod message;
mod migrate;
mod moves;
mod obligations;
mod operate;
mod papers;
mod permit;
mod queries;
mod read_value;
pub mod records;
mod request;
mod run;
mod starts;
mod text;
mod timers;
mod todo;
mod versions;
mod visit;
mod witness;

pub use decide::{body_hash, decide, decide_seen};
pub use deliver::{Delivered, Delivery};
pub use execute::{Done, Engine, EngineError, Outcome, stored};
pub use migrate::decide as decide_move;
pub use request::request;
pub use timers::{Followed, Rung, Ticked};
pub use todo::{AskInfo, Possible, Todo};
pub use versions::{Looked, Moving, OlderBooks, OpenStored, Runnable};
pub use witness::{Check, Claimed, Look, OfferedUnit, Offering, Purpose, Sight, Watcher, Witness};
