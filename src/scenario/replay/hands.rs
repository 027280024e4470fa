//! How what people do reaches the engine, and how its clock strikes.
//!
//! Must not know what is done, nor why. Tests: `tests/it/replay.rs`, `tests/it/simulate.rs`.

use super::together::Reaches;
use super::{ReplayError, network};
use crate::base::{Bu, Timestamp};
use crate::domain::Command;
use crate::engine::{Engine, EngineError, Outcome, Rung};
use crate::model::Book;

/// How what people do reaches the engine, and how its clock strikes.
pub trait Hands {
    /// Sends a command.
    async fn execute(&mut self, command: Command) -> Result<Outcome, ReplayError>;
    /// Sends commands that do not depend on each other, and gives their outcomes in the same order.
    async fn execute_all(&mut self, commands: Vec<Command>) -> Result<Vec<Outcome>, ReplayError> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for command in commands {
            outcomes.push(self.execute(command).await?);
        }
        Ok(outcomes)
    }
    /// What transitions reach, where what does not depend on each other may be sent together.
    fn reaches(&self) -> Option<(&Book, &Reaches)> {
        None
    }
    /// Runs the first timer that is due.
    async fn ring(&mut self, now: Timestamp) -> Result<Option<Rung>, ReplayError>;
    /// When somebody asks for the timers of a time; not by then, where nobody does.
    fn asks(&self, due: Timestamp, by: Timestamp) -> Option<Timestamp>;
}

/// Hands that do what they are told, when it is due; what does not depend on each other in lists, where that is wanted.
pub struct Steady<'r> {
    engine: &'r Engine,
    reaches: Option<Reaches>,
}

impl<'r> Steady<'r> {
    /// Hands on an engine.
    pub fn new(engine: &'r Engine, lists: bool) -> Self {
        Self { engine, reaches: lists.then(|| Reaches::of(engine.book())) }
    }
}

impl Hands for Steady<'_> {
    async fn execute(&mut self, command: Command) -> Result<Outcome, ReplayError> {
        Ok(self.engine.execute(command).await?)
    }

    async fn execute_all(&mut self, commands: Vec<Command>) -> Result<Vec<Outcome>, ReplayError> {
        let outcomes: Result<Vec<Outcome>, EngineError> = self.engine.fire_many(commands).await.into_iter().collect();
        Ok(outcomes?)
    }

    fn reaches(&self) -> Option<(&Book, &Reaches)> {
        self.reaches.as_ref().map(|reaches| (self.engine.book(), reaches))
    }

    async fn ring(&mut self, now: Timestamp) -> Result<Option<Rung>, ReplayError> {
        Ok(self.engine.ring(Some(&Bu::from(network::BU)), now).await?)
    }

    fn asks(&self, due: Timestamp, by: Timestamp) -> Option<Timestamp> {
        Some(due).filter(|due| *due <= by)
    }
}
