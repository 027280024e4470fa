//! What followed by itself in the replay, and waits for its counterpart in the journal.
//!
//! What a command read is kept only until it is compared. Must not decide anything. Tests: `tests/it/change_whatif.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Bu, DocId, Key};
use crate::domain::{Command, Decision, Snapshot};
use crate::engine::{Sight, Watcher};

/// A command, and what was read for it.
pub(super) struct Read {
    pub command: Command,
    pub snapshot: Snapshot,
}

/// A transition that followed by itself.
pub(super) struct Followed {
    pub decision: Decision,
    /// True where it differs from what was recorded, and the change itself makes it so.
    pub direct: bool,
    /// How many transitions of the journal had been looked at.
    since: u64,
}

/// What the engine has read for its commands, by their keys, until somebody takes it.
#[derive(Default, Clone)]
pub(super) struct Reads(Arc<Mutex<HashMap<Key, Box<Read>>>>);

impl Reads {
    /// Keeps what an engine reads.
    pub fn watcher(&self) -> Watcher {
        let reads = self.0.clone();
        Watcher::new(move |sight| {
            if let Sight::Read { command, snapshot } = sight {
                let read = Read { command: (*command).clone(), snapshot: (*snapshot).clone() };
                reads.lock().unwrap_or_else(PoisonError::into_inner).insert(command.key.clone(), Box::new(read));
            }
        })
    }

    /// All that was read since the last time.
    pub fn take(&self) -> HashMap<Key, Box<Read>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// All that waits.
#[derive(Default)]
pub(super) struct Waiting {
    by_document: HashMap<(Bu, DocId), Vec<Followed>>,
    seen: u64,
}

impl Waiting {
    /// Another transition of the journal.
    pub const fn next(&mut self) {
        self.seen += 1;
    }

    /// What followed from a command.
    pub fn add(&mut self, decision: Decision, direct: bool) {
        let key = (decision.bu.clone(), decision.document.id.clone());
        self.by_document.entry(key).or_default().push(Followed { decision, direct, since: self.seen });
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
