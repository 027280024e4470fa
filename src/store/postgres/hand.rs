//! Connections at hand: who is done with one leaves it to the next, who takes it without asking whether it lives.
//!
//! The pool asks whenever it is given a connection back, which is a round trip after each call. Must not know what is asked.
//! Tests: `tests/it/crash_server.rs`, `tests/it/race_answers.rs`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;

use super::link::CONNECTIONS;

/// So many stay at hand at most: some are always the pool's, for transactions of several statements.
const KEPT: usize = CONNECTIONS as usize - 3;
/// After so long a connection goes through the pool again, which ends those that are old.
const LIFE: Duration = Duration::from_secs(300);

/// A connection, and since when it goes from hand to hand.
pub(super) struct Lent {
    pub since: Instant,
    pub connection: PoolConnection<Postgres>,
}

/// Those that nobody uses now. Clones share them.
#[derive(Clone, Default)]
pub(super) struct AtHand(Arc<Idle>);

#[derive(Default)]
struct Idle(Mutex<Vec<Lent>>);

impl std::fmt::Debug for AtHand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtHand").finish_non_exhaustive()
    }
}

impl AtHand {
    /// The one that was used last, if it is not too old, nor older than what is told.
    pub(super) fn take(&self, lives: impl Fn(Duration) -> bool) -> Option<Lent> {
        loop {
            let lent = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let age = lent.since.elapsed();
            if age < LIFE && lives(age) {
                return Some(lent);
            }
        }
    }

    /// Leaves one to the next; where enough are there, or the pool is closed, it goes back to the pool.
    pub(super) fn leave(&self, lent: Lent, closed: impl Fn() -> bool) {
        let mut idle = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT && !closed() {
            idle.push(lent);
        }
    }

    /// Gives all back to the pool.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
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
