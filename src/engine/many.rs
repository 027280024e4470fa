//! Many commands at once: they are decided side by side, and the store writes down together what is ready together.
//!
//! Must not decide anything itself. Tests: `tests/it/engine_lists.rs`.

use std::collections::HashMap;

use tokio::task::JoinSet;

use crate::base::{Bu, DocId};
use crate::domain::Command;
use crate::store::StoreError;

use super::execute::{Engine, EngineError, Outcome};

/// Of so many documents at most the commands are carried out side by side.
const SIDE_BY_SIDE: usize = 128;
/// Of so few documents the commands are carried out one after the other where the store is a file: what a group of so few saves
/// is less than what it costs to read beside the connection that writes, which has at hand what it has written.
const FEW: usize = 4;

/// The answers to the commands of one document, with their places in the list.
type Answers = Vec<(usize, Result<Outcome, EngineError>)>;

impl Engine {
    /// Carries many commands out, each by itself: one that is refused or fails keeps no other from being done.
    ///
    /// The commands of one document keep their order; those of different documents have none. The answers are in the order
    /// of the commands.
    pub async fn fire_many(&self, commands: Vec<Command>) -> Vec<Result<Outcome, EngineError>> {
        let count = commands.len();
        let documents = by_document(commands);
        let few = documents.len() <= FEW && self.store().is_file();
        let side_by_side = if few { 1 } else { SIDE_BY_SIDE };
        let mut waiting = documents.into_iter();
        let mut running: JoinSet<Answers> = JoinSet::new();
        let mut answers: Vec<Option<Result<Outcome, EngineError>>> = std::iter::repeat_with(|| None).take(count).collect();
        loop {
            while running.len() < side_by_side
                && let Some(commands) = waiting.next()
            {
                let Some((_, first)) = commands.first() else { continue };
                let engine = if few { self.clone() } else { self.of_list(&first.bu) };
                running.spawn(engine.one_by_one(commands));
            }
            let Some(done) = running.join_next().await else { break };
            for (place, answer) in done.unwrap_or_default() {
                if let Some(slot) = answers.get_mut(place) {
                    *slot = Some(answer);
                }
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(StoreError::Interrupted.into()))).collect()
    }

    async fn one_by_one(self, commands: Vec<(usize, Command)>) -> Answers {
        let mut answers = Vec::with_capacity(commands.len());
        for (place, command) in commands {
            answers.push((place, self.execute(command).await));
        }
        answers
    }
}

/// The commands of each document in their order, the documents in the order in which they come first.
fn by_document(commands: Vec<Command>) -> Vec<Vec<(usize, Command)>> {
    let mut places: HashMap<(Bu, DocId), usize> = HashMap::new();
    let mut groups: Vec<Vec<(usize, Command)>> = Vec::new();
    for (place, command) in commands.into_iter().enumerate() {
        let next = groups.len();
        let group = *places.entry((command.bu.clone(), command.doc.clone())).or_insert(next);
        match groups.get_mut(group) {
            Some(group) => group.push((place, command)),
            None => groups.push(vec![(place, command)]),
        }
    }
    groups
}
