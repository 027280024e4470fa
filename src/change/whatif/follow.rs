//! What followed by itself in the replay, and waits for its counterpart in the journal.
//!
//! What each of them read is kept for a while, so that it can be decided again as it would have been under the old book. Must
//! not decide anything. Tests: `tests/it/change_whatif.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Bu, DocId, Key};
use crate::domain::{Actor, Command, Decision, Snapshot};
use crate::engine::{Sight, Watcher};

/// In the journal, what follows stands near to what it follows from: later than so many transitions nobody asks what was read.
const NEAR: u64 = 2_000;

/// A command of the engine itself, and what was read for it.
pub(super) struct Read {
    pub command: Command,
    pub snapshot: Snapshot,
}

/// A transition that followed by itself.
pub(super) struct Followed {
    pub decision: Decision,
    pub read: Option<Box<Read>>,
    /// How many transitions of the journal had been looked at.
    since: u64,
}

/// What was read for commands of the engine itself, by their keys.
type Reads = Arc<Mutex<HashMap<Key, Box<Read>>>>;

/// All that waits.
#[derive(Default)]
pub(super) struct Waiting {
    by_document: HashMap<(Bu, DocId), Vec<Followed>>,
    reads: Reads,
    seen: u64,
}

impl Waiting {
    /// Keeps what an engine reads for its own commands.
    pub fn watcher(&self) -> Watcher {
        let reads = self.reads.clone();
        Watcher::new(move |sight| {
            if let Sight::Read { command, snapshot } = sight
                && command.actor == Actor::System
            {
                let read = Read { command: (*command).clone(), snapshot: (*snapshot).clone() };
                reads.lock().unwrap_or_else(PoisonError::into_inner).insert(command.key.clone(), Box::new(read));
            }
        })
    }

    /// Another transition of the journal.
    pub fn next(&mut self) {
        self.seen += 1;
        if self.seen.is_multiple_of(NEAR) {
            let seen = self.seen;
            self.by_document.values_mut().flatten().filter(|f| f.since + NEAR < seen).for_each(|f| f.read = None);
        }
    }

    /// What followed from one command, in order.
    pub fn add(&mut self, followed: impl Iterator<Item = Decision>) {
        let mut reads = std::mem::take(&mut *self.reads.lock().unwrap_or_else(PoisonError::into_inner));
        for decision in followed {
            let read = reads.remove(&decision.event.key);
            let key = (decision.bu.clone(), decision.document.id.clone());
            self.by_document.entry(key).or_default().push(Followed { decision, read, since: self.seen });
        }
    }

    /// The counterpart of a recorded transition.
    pub fn counterpart(&mut self, d: &Decision) -> Option<Followed> {
        let key = (d.bu.clone(), d.document.id.clone());
        let waiting = self.by_document.get_mut(&key)?;
        let found = waiting.iter().position(|f| f.decision.event.key == d.event.key).map(|at| waiting.remove(at));
        if waiting.is_empty() {
            self.by_document.remove(&key);
        }
        found
    }

    /// What waits of a document, which waits no more.
    pub fn of(&mut self, d: &Decision) -> Vec<Followed> {
        self.by_document.remove(&(d.bu.clone(), d.document.id.clone())).unwrap_or_default()
    }

    /// What had no counterpart.
    pub fn rest(self) -> impl Iterator<Item = Decision> {
        let mut rest: Vec<Followed> = self.by_document.into_values().flatten().collect();
        rest.sort_by(|a, b| (a.since, &a.decision.document.id).cmp(&(b.since, &b.decision.document.id)));
        rest.into_iter().map(|f| f.decision)
    }
}
