//! Transitions from before the change: they are as they were recorded.
//!
//! Of documents that are over before the change only that is kept which they have left behind. Those that go on are decided
//! again, since the journal tells what a document says only as it is in the end. Tests: `tests/it/change_whatif.rs`.

use crate::domain::{Decision, Document, Snapshot};
use crate::engine::{EngineError, Moving};
use crate::store::{CommitError, Recorded, StoreError};

use super::{MIGRATION, Replay, command, same};

impl Replay<'_> {
    /// A transition from before the change.
    pub(super) async fn before(&mut self, recorded: Recorded) -> Result<(), EngineError> {
        self.tally.whatif.before += 1;
        let d = &recorded.decision;
        if self.families.is_over(d) {
            let folded = self.scratch.fold(d, &d.document.number);
            return self.counted(folded);
        }
        let engine = self.engine_of(&d.event.book_hash).await?;
        let (snapshot, looked) = engine.look(&command(d)).await?;
        let again = if d.event.transition.as_str().starts_with(MIGRATION) {
            match engine.would_move(&d.bu, &d.document.id, d.event.effective_at).await? {
                Moving::Moves(decision) => Some(*decision),
                Moving::Nothing | Moving::Stranded(_) => None,
            }
        } else {
            looked.ok()
        };
        let now = match again {
            Some(now) if same(&self.with_its_own(d.clone()), &now) => now,
            other => {
                self.tally.whatif.taken_over += 1;
                self.as_recorded(recorded, snapshot, other)
            }
        };
        self.learn(&now.document);
        let committed = self.scratch.commit(&now).await.map(|_| ());
        self.counted(committed)
    }

    /// Where not even what was recorded is possible, the document stays behind, and its later transitions are told as such.
    pub(super) fn counted(&mut self, done: Result<(), CommitError>) -> Result<(), EngineError> {
        match done {
            Err(CommitError::Fault(fault)) if !matches!(fault, StoreError::Malformed(_)) => Err(fault.into()),
            Err(_) => {
                self.tally.whatif.left_out += 1;
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// What today's master data would not let happen has happened all the same: its moves are posted as they were.
    pub(super) fn as_recorded(&self, recorded: Recorded, snapshot: Snapshot, again: Option<Decision>) -> Decision {
        let mut d = recorded.decision;
        d.children = self.families.started(&d);
        d.chain.clone_from(&snapshot.chain);
        d.enters_state = d.event.from.as_ref() != Some(&d.event.to);
        // Papers have the numbers that the replay gave them.
        d.papers_closed.retain(|number| snapshot.papers.iter().any(|p| p.open && p.number == *number));
        let says = if recorded.last { None } else { again.map(|now| now.document).or(snapshot.document) };
        if let Some(there) = says {
            let Document { id, state, version, ended, revision, .. } = d.document;
            d.document = Document { id, state, version, ended, revision, ..there };
        }
        d
    }
}
