//! Connections of the pool, and what becomes of them when the server goes away: all are opened anew.
//!
//! Nothing is asked before each use whether a connection still lives, since that would cost a round trip; one that turns out
//! to be dead condemns all that are as old. Must not know what is asked. Tests: `tests/it/crash_server.rs`, `tests/it/race_answers.rs`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::{Postgres, Transaction};

use super::hand::Lent;
use crate::store::error::is_lost;
use crate::store::sql::{Arg, bound};

pub(super) const CONNECTIONS: u32 = 8;
/// How long a call waits for a server that is away, or for others to give a connection back, where the URL does not say.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long the pool waits by itself, at most. It looks ever less often, at last after a fifth of this.
const ATTEMPT: Duration = Duration::from_secs(5);
const BETWEEN: Duration = Duration::from_millis(50);
/// How often a question is asked whose answer was lost.
const ASKED: u32 = 4;

/// When a connection was last found dead.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses(Arc<Mutex<Option<Instant>>>);

impl Losses {
    /// A pool that opens anew whatever is older than the last loss.
    pub(super) fn pool(&self, patience: Duration) -> PgPoolOptions {
        let losses = self.clone();
        let options = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(patience.min(ATTEMPT)).test_before_acquire(false);
        options.before_acquire(move |_, meta| {
            let lives = losses.survived(meta.age);
            Box::pin(async move { Ok(lives) })
        })
    }

    /// Notes what went wrong; true where the connection was lost, so that asking again asks another one.
    pub(super) fn note(&self, error: &sqlx::Error) -> bool {
        let lost = is_lost(error);
        if lost && let Ok(mut last) = self.0.lock() {
            *last = Some(Instant::now());
        }
        lost
    }

    fn survived(&self, age: Duration) -> bool {
        let last = self.0.lock().ok().and_then(|last| *last);
        last.is_none_or(|last| age < last.elapsed())
    }
}

impl super::Postgres {
    /// A connection of the pool, as soon as the server gives one; none where that takes too long.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let begun = Instant::now();
        loop {
            match self.pool.acquire().await {
                // A server that stops takes its socket along, and may die while it greets.
                Err(error) if is_lost(&error) || matches!(error, sqlx::Error::PoolTimedOut) => {
                    if begun.elapsed() >= self.patience {
                        return Err(sqlx::Error::PoolTimedOut);
                    }
                    tokio::time::sleep(BETWEEN).await;
                }
                acquired => return acquired,
            }
        }
    }

    /// A connection at hand, or else one of the pool.
    async fn lent(&self) -> Result<Lent, sqlx::Error> {
        match self.at_hand.take(|age| self.losses.survived(age)) {
            Some(lent) => Ok(lent),
            None => Ok(Lent { connection: self.connection().await?, since: Instant::now() }),
        }
    }

    /// Asks once, on a connection at hand. One that is lost, or whose answer nobody waited for, is the pool's to look after.
    pub(super) async fn ask(&self, sql: Arc<str>, args: &[Arg]) -> Result<Vec<PgRow>, sqlx::Error> {
        let _turn = self.at_hand.turn(self.patience).await.ok_or(sqlx::Error::PoolTimedOut)?;
        let mut lent = self.lent().await?;
        let answer = bound!(sql, args).fetch_all(&mut *lent.connection).await;
        match &answer {
            Err(error) if self.losses.note(error) => drop(lent),
            _ => self.at_hand.leave(lent, || self.pool.is_closed()),
        }
        answer
    }

    /// Reads; where the connection is lost, again on another one.
    pub(in crate::store) async fn read(&self, sql: Arc<str>, args: &[Arg]) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut asked = 1;
        loop {
            match self.ask(sql.clone(), args).await {
                Err(error) if is_lost(&error) && asked < ASKED => asked += 1,
                answer => return answer,
            }
        }
    }

    /// Ends all connections.
    pub(in crate::store) async fn close(&self) {
        let closing = self.pool.close();
        self.at_hand.clear();
        closing.await;
    }

    /// Begins a transaction, on a connection that lives.
    pub(in crate::store) async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut asked = 1;
        loop {
            match self.pool.begin().await {
                Err(error) if self.losses.note(&error) && asked < ASKED => asked += 1,
                begun => return begun,
            }
        }
    }
}
