//! What becomes of timers and messages after the commit that left them: listed, taken, done, put off.
//!
//! Must not know what they bring about. Tests: `tests/it/store_take.rs`, `tests/it/store_commit.rs`.

use crate::base::{Bu, DocId, Timestamp};

use super::{DueTimer, OutboxEntry, Setback, Store, StoreError, TimerOutcome, each};

impl Store {
    /// Timers that are due, earliest first: of one document, of a business unit, or of all.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn due_timers(&self, bu: Option<&Bu>, doc: Option<&DocId>, now: Timestamp, limit: u32) -> Result<Vec<DueTimer>, StoreError> {
        each!(self, due_timers(bu, doc, now, limit).await)
    }

    /// Takes timers that are due, earliest first, and holds them until a time, so that no other process takes them, nor
    /// another of the same document. Each goes only with what acts on it; one that is not done by that time is free again.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn take_timers(&self, bu: Option<&Bu>, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<DueTimer>, StoreError> {
        each!(self, take_timers(bu, now, until, limit).await)
    }

    /// When the next timer is due that nobody works on.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_due(&self, bu: Option<&Bu>) -> Result<Option<Timestamp>, StoreError> {
        each!(self, next_due(bu).await)
    }

    /// Takes a timer off, or puts it off; false where it is no longer there.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn finish_timer(&self, due: &DueTimer, outcome: &TimerOutcome, now: Timestamp) -> Result<bool, StoreError> {
        each!(self, finish_timer(due, outcome, now).await)
    }

    /// Messages and events that wait, oldest first, whoever is delivering them: to look at.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn outbox_pending(&self, bu: Option<&Bu>, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        each!(self, outbox_pending(bu, limit).await)
    }

    /// Takes messages and events that wait, oldest first, and holds them until a time, so that no other process takes them,
    /// nor another of the same document. Those of a document of which one was put off wait for that one. One that is not marked as sent by that time is free again, so it may be delivered
    /// twice: its business unit, document and id together name it for ever.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn take_outbox(&self, bu: Option<&Bu>, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        each!(self, take_outbox(bu, now, until, limit).await)
    }

    /// Marks a message or event as delivered; false where it was already.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn mark_sent(&self, entry: &OutboxEntry, now: Timestamp) -> Result<bool, StoreError> {
        each!(self, mark_sent(entry, now).await)
    }

    /// Writes down that a message could not be sent: those behind it of its document wait with it until it is tried again, or
    /// go on where it is given up. False where it was sent after all.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn put_off(&self, entry: &OutboxEntry, setback: &Setback) -> Result<bool, StoreError> {
        each!(self, put_off(entry, setback).await)
    }
}
