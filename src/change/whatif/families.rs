//! Which documents belong together (one started the other), which of them are over before the change, and how much of them the
//! journal still tells.
//!
//! What is over is not decided again: it is known what it left behind. Must not decide anything. Tests: `tests/it/change_whatif.rs`.

use std::collections::{BTreeSet, HashMap};

use crate::base::{Bu, DocId, Timestamp};
use crate::domain::{ChildStart, Decision};
use crate::store::{Journal, Sketch, StoreError};

/// Documents that belong together.
#[derive(Default)]
struct Family {
    documents: BTreeSet<DocId>,
    ended: usize,
    /// True where something happens to one of them after the change, or one of them closes the books.
    goes_on: bool,
    /// Transitions that the replay has not looked at yet.
    left: u64,
}

/// All documents of a journal.
#[derive(Default)]
pub(super) struct Families {
    of: HashMap<(Bu, DocId), usize>,
    all: Vec<Family>,
    started: HashMap<(Bu, DocId), Vec<ChildStart>>,
    /// With those whose opening was refused.
    asked: HashMap<(Bu, DocId), Vec<ChildStart>>,
}

impl Families {
    /// Reads a journal for the first time: the change holds from the first time on, and the second one ends the replay.
    pub fn read(journal: &mut Journal<'_>, (since, until): (Timestamp, Timestamp)) -> Result<Self, StoreError> {
        let mut families = Self::default();
        while let Some(sketch) = journal.next_sketch()? {
            let place = families.place(&sketch);
            let Some(family) = families.all.get_mut(place) else { continue };
            let is_new = family.documents.insert(sketch.doc.clone());
            family.ended += usize::from(sketch.ended);
            family.goes_on |= sketch.effective_at >= since || sketch.closes;
            family.left += u64::from(sketch.effective_at < until);
            if !sketch.children.is_empty() {
                families.asked.entry((sketch.bu.clone(), sketch.doc.clone())).or_default().extend(sketch.children);
            }
            if let Some(parent) = sketch.parent.filter(|_| is_new) {
                let child = ChildStart { doc: sketch.doc, workflow: sketch.workflow };
                families.started.entry((sketch.bu, parent)).or_default().push(child);
            }
        }
        Ok(families)
    }

    /// The place of a document's family: its own, that of the one that started it, or a new one.
    fn place(&mut self, sketch: &Sketch) -> usize {
        let key = (sketch.bu.clone(), sketch.doc.clone());
        if let Some(place) = self.of.get(&key) {
            return *place;
        }
        let next = self.all.len();
        let place = match &sketch.parent {
            Some(parent) => *self.of.entry((sketch.bu.clone(), parent.clone())).or_insert(next),
            None => next,
        };
        if place == next {
            self.all.push(Family::default());
        }
        self.of.insert(key, place);
        place
    }

    /// Whether a transition is one of a family that is over before the change.
    pub fn is_over(&self, d: &Decision) -> bool {
        let family = self.of.get(&(d.bu.clone(), d.document.id.clone())).and_then(|place| self.all.get(*place));
        family.is_some_and(|f| !f.goes_on && f.ended == f.documents.len())
    }

    /// The documents that a transition started and that were opened.
    pub fn started(&self, d: &Decision) -> Vec<ChildStart> {
        of_transition(&self.started, d)
    }

    /// The documents that a transition asked for, also those that were refused.
    pub fn asked(&self, d: &Decision) -> Vec<ChildStart> {
        of_transition(&self.asked, d)
    }

    /// A transition has been looked at: after the last one of a family, its documents, which nobody will ask for any more.
    pub fn pass(&mut self, bu: &Bu, doc: &DocId) -> Option<Vec<DocId>> {
        let place = self.of.get(&(bu.clone(), doc.clone()))?;
        let family = self.all.get_mut(*place)?;
        family.left = family.left.saturating_sub(1);
        if family.left > 0 {
            return None;
        }
        let documents: Vec<DocId> = std::mem::take(&mut family.documents).into_iter().collect();
        for doc in &documents {
            self.started.remove(&(bu.clone(), doc.clone()));
            self.asked.remove(&(bu.clone(), doc.clone()));
        }
        Some(documents)
    }
}

/// Of all that a document started, what one of its transitions did, as the ids tell: they begin with the document and the revision.
fn of_transition(all: &HashMap<(Bu, DocId), Vec<ChildStart>>, d: &Decision) -> Vec<ChildStart> {
    let all = all.get(&(d.bu.clone(), d.document.id.clone())).map(Vec::as_slice).unwrap_or_default();
    let own = format!("{}.{}.", d.document.id, d.document.revision);
    all.iter().filter(|child| child.doc.as_str().starts_with(&own)).cloned().collect()
}
