//! Connections at hand: who is done with one leaves it to the next, who takes it without asking whether it lives.
//!
//! The pool asks whenever it is given a connection back, which is a round trip after each call. There are as many turns as
//! connections: who finds none at hand waits for a turn, in the order of coming, never at the pool while others go on from
//! hand to hand. Must not know what is asked.
//! Tests: `tests/it/crash_server.rs`, `tests/it/race_answers.rs`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::link::CONNECTIONS;

/// So many are in use or at hand at most: some are always the pool's, for transactions of several statements.
const KEPT: usize = CONNECTIONS as usize - 3;
/// After so long a connection goes through the pool again, which ends those that are old.
const LIFE: Duration = Duration::from_secs(300);

/// A connection, and since when it goes from hand to hand.
pub(super) struct Lent {
    pub since: Instant,
    pub connection: PoolConnection<Postgres>,
}

/// Those that nobody uses now. Clones share them.
#[derive(Clone)]
pub(super) struct AtHand {
    idle: Arc<Idle>,
    turns: Arc<Semaphore>,
}

#[derive(Default)]
struct Idle(Mutex<Vec<Lent>>);

impl Default for AtHand {
    fn default() -> Self {
        Self { idle: Arc::default(), turns: Arc::new(Semaphore::new(KEPT)) }
    }
}

impl std::fmt::Debug for AtHand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtHand").finish_non_exhaustive()
    }
}

impl AtHand {
    /// Waits for a turn, which lasts until it is dropped; none where that takes too long.
    pub(super) async fn turn(&self, patience: Duration) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(patience, self.turns.acquire()).await.ok()?.ok()
    }

    /// The one that was used last, if it is not too old, nor older than what is told.
    pub(super) fn take(&self, lives: impl Fn(Duration) -> bool) -> Option<Lent> {
        loop {
            let lent = self.idle.0.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let age = lent.since.elapsed();
            if age < LIFE && lives(age) {
                return Some(lent);
            }
        }
    }

    /// Leaves one to the next; where the pool is closed, it goes back to the pool.
    pub(super) fn leave(&self, lent: Lent, closed: impl Fn() -> bool) {
        let mut idle = self.idle.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !closed() {
            idle.push(lent);
        }
    }

    /// Gives all back to the pool.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.idle.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(all);
    }
}

impl Drop for Idle {
    /// Whoever has not closed the store may have no runtime any more in which they could be given back.
    fn drop(&mut self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        all.into_iter().for_each(|lent| drop(lent.connection.detach()));
    }
}
