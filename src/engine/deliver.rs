//! Delivering messages: taken one at a time, handed to whoever sends them, marked as sent, put off where that failed, and given
//! up after so many tries.
//!
//! Of a document they keep their order: one that is put off holds back those behind it, one that is given up no longer does.
//! Any number of processes may deliver at once. Must not know how anything is sent. Tests: `tests/it/deliver.rs`.

use std::time::Duration;

use crate::base::{Bu, Timestamp};
use crate::store::{OutboxEntry, Setback, Store, StoreError};

/// After the first failure it is tried again so much later; after each one more, after twice as long.
const FIRST: i64 = 1_000_000;
/// But not later than this.
const LONGEST: i64 = 3_600_000_000;
/// A message is held so much longer than it may take to be sent, so that nobody else sends it meanwhile.
const MARGIN: Duration = Duration::from_secs(10);
/// Of what went wrong so much is kept.
const WORDS: usize = 500;

/// How messages are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// How long sending one may take; one that takes longer may be sent by somebody else too.
    pub patience: Duration,
    /// After so many failures a message is given up.
    pub tries: u32,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// It was sent.
    Sent(OutboxEntry),
    /// It was sent; but it took so long that somebody else had sent it too.
    Twice(OutboxEntry),
    /// It was not sent, and is tried again later.
    PutOff(OutboxEntry, Setback),
    /// It was not sent, and is not tried again until somebody says so.
    GivenUp(OutboxEntry, Setback),
}

impl Delivery {
    /// Takes the first message that waits, has it sent, and writes down what became of it; nothing where none is free.
    ///
    /// What `send` fails with, in words, stands beside the message until it is sent.
    ///
    /// # Errors
    /// A fault of the store; what was taken is free again when its time is over, and is then sent once more.
    pub async fn one(
        self,
        store: &Store,
        bu: Option<&Bu>,
        clock: impl Fn() -> Timestamp,
        send: impl AsyncFnOnce(&OutboxEntry) -> Result<(), String>,
    ) -> Result<Option<Delivered>, StoreError> {
        let now = clock();
        let held = i64::try_from((self.patience + MARGIN).as_micros()).unwrap_or(i64::MAX);
        let Some(entry) = store.take_outbox(bu, now, now.plus_micros(held), 1).await?.pop() else { return Ok(None) };
        Ok(Some(match send(&entry).await {
            Ok(()) if store.mark_sent(&entry, clock()).await? => Delivered::Sent(entry),
            Ok(()) => Delivered::Twice(entry),
            Err(fault) => {
                let setback = self.setback(&entry, clock(), fault);
                match (store.put_off(&entry, &setback).await?, setback.given_up_at) {
                    (false, _) => Delivered::Twice(entry),
                    (true, None) => Delivered::PutOff(entry, setback),
                    (true, Some(_)) => Delivered::GivenUp(entry, setback),
                }
            }
        }))
    }

    fn setback(self, entry: &OutboxEntry, now: Timestamp, mut fault: String) -> Setback {
        let tries = entry.setback.as_ref().map_or(0, |s| s.tries) + 1;
        let wait = FIRST.saturating_mul(1_i64.checked_shl(tries - 1).filter(|n| *n > 0).unwrap_or(i64::MAX)).min(LONGEST);
        if let Some((at, _)) = fault.char_indices().nth(WORDS) {
            fault.truncate(at);
        }
        Setback { tries, next_at: now.plus_micros(wait), given_up_at: (tries >= self.tries).then_some(now), fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_twice_as_long_up_to_an_hour() {
        let delivery = Delivery { patience: Duration::from_secs(1), tries: 40 };
        let now = Timestamp::from_micros(0);
        let row =
            crate::domain::OutboxRow { kind: crate::domain::OutboxKind::Notify, topic: "ops".into(), text: String::new(), payload: serde_json::Value::Null };
        let mut entry = OutboxEntry { bu: "ac".into(), doc: "D1".into(), id: "1".into(), recorded_at: now, row, setback: None };
        let mut waits = Vec::new();
        for _ in 0..40 {
            let setback = delivery.setback(&entry, now, "é".repeat(1_000));
            assert_eq!(setback.fault.chars().count(), WORDS);
            waits.push(setback.next_at.micros() / 1_000_000);
            assert_eq!(setback.given_up_at.is_some(), setback.tries == 40);
            entry.setback = Some(setback);
        }
        assert_eq!(waits[..13], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600]);
        assert!(waits[13..].iter().all(|wait| *wait == 3_600));
    }
}
