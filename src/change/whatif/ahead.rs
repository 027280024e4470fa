//! The journal, read a little ahead: what follows by itself finds its counterpart before the replay comes to it.
//!
//! Must not decide anything. Tests: `tests/it/change_whatif.rs`.

use std::collections::{HashMap, VecDeque};

use crate::base::{Bu, DocId, Key, Timestamp};
use crate::domain::Decision;
use crate::store::{Journal, Recorded, StoreError};

/// So many transitions are read ahead. In the journal, what follows stands near to what it follows from.
const AHEAD: usize = 1_000;

/// A journal up to a time.
pub(super) struct Ahead<'a, 'j> {
    journal: &'a mut Journal<'j>,
    until: Timestamp,
    /// True where the journal has nothing more.
    ended: bool,
    read: VecDeque<Recorded>,
    /// Where a key is, counted from the beginning of the journal.
    places: HashMap<(Bu, Key), usize>,
    /// How many have been taken.
    taken: usize,
    /// The numbers of documents as people know them: those in the scratch store may be others.
    numbers: HashMap<(Bu, DocId), String>,
}

impl<'a, 'j> Ahead<'a, 'j> {
    pub fn new(journal: &'a mut Journal<'j>, until: Timestamp) -> Self {
        Self { journal, until, ended: false, read: VecDeque::new(), places: HashMap::new(), taken: 0, numbers: HashMap::new() }
    }

    /// The next transition.
    pub fn next(&mut self) -> Result<Option<Recorded>, StoreError> {
        while self.read.len() < AHEAD && !self.ended {
            let Some(mut recorded) = self.journal.next_event()? else {
                self.ended = true;
                break;
            };
            if recorded.decision.event.effective_at < self.until {
                self.number(&mut recorded);
                self.places.insert(key(&recorded.decision), self.taken + self.read.len());
                self.read.push_back(recorded);
            }
        }
        let Some(recorded) = self.read.pop_front() else { return Ok(None) };
        self.places.remove(&key(&recorded.decision));
        self.taken += 1;
        Ok(Some(recorded))
    }

    /// Puts the number that people know into the document of a transition.
    fn number(&mut self, recorded: &mut Recorded) {
        let key = (recorded.decision.bu.clone(), recorded.decision.document.id.clone());
        let number = match recorded.number.take() {
            Some(number) => Some(number),
            None => self.numbers.get(&key).cloned(),
        };
        let Some(number) = number else { return };
        if recorded.last {
            self.numbers.remove(&key);
        } else {
            self.numbers.insert(key, number.clone());
        }
        recorded.decision.document.number = number;
    }

    /// What was recorded of a transition that the replay has come to first.
    pub fn counterpart(&self, d: &Decision) -> Option<&Decision> {
        let place = self.places.get(&key(d))?;
        self.read.get(place.checked_sub(self.taken)?).map(|recorded| &recorded.decision)
    }
}

fn key(d: &Decision) -> (Bu, Key) {
    (d.bu.clone(), d.event.key.clone())
}
