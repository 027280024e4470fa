//! Messages and events that wait to be delivered, and what has kept them from it.
//!
//! Must not know how they are taken (`take.rs`) or sent. Tests: `tests/it/deliver.rs`.

use crate::base::{Bu, DocId, Timestamp};
use crate::domain::OutboxRow;

/// A message or event that waits for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The business unit.
    pub bu: Bu,
    /// The document whose transition or timer wrote it.
    pub doc: DocId,
    /// Unique in the document.
    pub id: String,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// What to deliver.
    pub row: OutboxRow,
    /// What has kept it from being sent; absent where nobody has tried.
    pub setback: Option<Setback>,
}

/// A message that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub next_at: Timestamp,
    /// Since when nobody tries it any more, if so.
    pub given_up_at: Option<Timestamp>,
    /// What went wrong the last time, in words.
    pub fault: String,
}
