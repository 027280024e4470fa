//! Questions about what happened: the story of a unit, a lot, a document, an order or a job; and why it was decided so.
//!
//! Reads facts and decides nothing new. Must not know who shows the answers. Tests: `tests/it/cli.rs`, `tests/it/explain.rs`.

mod account;
mod explain;
mod recall;
mod rewind;
mod standing;
mod trace;
mod who;
mod why_not;

pub use account::{Account, Condition, Difference, Offer, OfferedLot, Side, differences};
pub use explain::{DecidedBy, Explanation, Today, Which, explain, side};
pub use recall::{Retold, StoredBook, Told, retell};
pub use standing::{Standing, standing};
pub use trace::{Step, Subject, Trace, subjects, text_fields, trace};
pub use who::{Someone, who_may};
pub use why_not::{Change, WhyNot, why_not};
