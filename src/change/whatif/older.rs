//! Transitions from after the change that ran under an older version of their workflow than the one in force.
//!
//! Where the book in force comes to the same, the changed book is asked like for all others. Where it does not, the command was
//! not meant for it: what makes the difference came into force long ago and is not what is asked about, so the transition is as
//! it was. Tests: `tests/it/change_whatif.rs`.

use crate::domain::{Command, Decision, Document};
use crate::engine::{Engine, EngineError, Looked, Moving, decide};
use crate::model::Book;
use crate::store::Recorded;

use super::after::{called, named_in};
use super::count::Seen;
use super::{Replay, command, same};

impl Replay<'_> {
    /// Whether a command was meant for a workflow as it is no longer.
    pub(super) async fn is_of_older(&mut self, d: &Decision, wanted: &Command) -> Result<bool, EngineError> {
        let version = |book: &Book| book.workflows.get(&d.document.workflow).map(|w| w.version);
        let ran = Some(d.event.version);
        if ran == version(self.changed.book()) || ran == version(self.in_force.book()) {
            return Ok(false);
        }
        let own = self.engine_of(&d.event.book_hash).await?;
        let (own, now) = (self.would(&own, wanted, Some(d)).await?.1, self.would(&self.in_force, wanted, None).await?.1);
        Ok(match (own, now) {
            (Ok(own), Ok(now)) => !same(&named_in(self.in_force.book(), &own), &now),
            (own, now) => own.is_ok() != now.is_ok(),
        })
    }

    /// What a book would come to with the master data of that time, and what it reads; of a transition that is given, the book
    /// of its version, for which the document has not moved over yet.
    async fn would(&self, engine: &Engine, wanted: &Command, of: Option<&Decision>) -> Result<Looked, EngineError> {
        let (mut snapshot, decided) = engine.look(wanted).await?;
        let back = of.zip(snapshot.document.as_mut()).is_some_and(|(d, document)| self.put_back(d, document));
        if let Some(old) = &self.old {
            old.put_back(&wanted.bu, &mut snapshot);
        } else if !back {
            return Ok((snapshot, decided));
        }
        let older = match &snapshot.document {
            Some(document) => engine.of_older(document).await?,
            None => None,
        };
        let under = older.as_ref().unwrap_or(engine);
        let decided = decide(under.book(), under.rules(), &snapshot, wanted);
        Ok((snapshot, decided))
    }

    /// Puts a document that has moved over here already back to the version under which a transition ran; whether that was needed.
    fn put_back(&self, d: &Decision, document: &mut Document) -> bool {
        if document.version == d.event.version {
            return false;
        }
        if let Some(from) = d.event.from.as_ref().filter(|from| called(self.changed.book(), d, from) == document.state) {
            document.state.clone_from(from);
        }
        document.version = d.event.version;
        true
    }

    /// Carries a transition out under the book that it ran under.
    pub(super) async fn as_it_was(&mut self, recorded: Recorded, wanted: &Command) -> Result<(), EngineError> {
        self.tally.whatif.older += 1;
        let d = self.with_its_own(recorded.decision.clone());
        let own = self.engine_of(&d.event.book_hash).await?;
        let (snapshot, again) = self.would(&own, wanted, Some(&d)).await?;
        let apart = self.tally.differs();
        let (now, seen) = match again {
            Ok(now) if same(&d, &now) => (now, Seen::Same),
            // Something before is other: what its own book makes of that follows from it.
            Ok(now) if apart => (now.clone(), Seen::Other(Box::new(now), false)),
            Err(refusal) if apart => {
                self.refused(&d, refusal, false);
                return Ok(());
            }
            again => (self.as_recorded(recorded, snapshot, again.ok()), Seen::Same),
        };
        self.learn(&now.document);
        let committed = self.scratch.commit(&now).await.map(|_| ());
        self.counted(committed)?;
        self.tally.note(&d, seen);
        Ok(())
    }

    /// A document moved over to another version. Where it has not done so here, since its transitions are as they were, it moves
    /// now; where it has, with its next transition, the move is noted all the same: what follows is known by how many came before.
    pub(super) async fn moved_over(&mut self, recorded: Recorded) -> Result<(), EngineError> {
        let d = recorded.decision.clone();
        self.tally.note(&d, Seen::Same);
        let Some(there) = self.scratch.document(&d.bu, &d.document.id).await?.filter(|there| !there.ended) else { return Ok(()) };
        let engine = self.engine_of(&d.event.book_hash).await?;
        let moved = if there.version == d.event.version {
            let (snapshot, _) = engine.look(&command(&d)).await?;
            let mut noted = self.as_recorded(recorded, snapshot, None);
            noted.event.from = Some(there.state.clone());
            noted.event.to = there.state.clone();
            (noted.enters_state, noted.timers) = (false, Vec::new());
            noted.document = Document { revision: there.revision + 1, ..there };
            noted
        } else {
            match engine.would_move(&d.bu, &d.document.id, d.event.effective_at).await? {
                Moving::Moves(moved) => *moved,
                Moving::Nothing | Moving::Stranded(_) => return Ok(()),
            }
        };
        let committed = self.scratch.commit(&moved).await.map(|_| ());
        self.counted(committed)
    }
}
