//! Transitions from after the change: decided under the changed book, and compared with what was recorded.
//!
//! Each is read, decided and written once; the old book is asked only where the two differ. Tests: `tests/it/change_whatif.rs`.

use std::collections::HashMap;

use crate::base::{Key, Name};
use crate::domain::{Command, Decision, Event, ReasonCode, Refusal, Snapshot};
use crate::engine::{Done, Engine, EngineError, Outcome, decide, request};
use crate::model::Book;
use crate::store::Recorded;

use super::ahead::Ahead;
use super::count::Seen;
use super::follow::{Followed, Read};
use super::{MIGRATION, Replay, command, same, tell};

impl Replay<'_> {
    /// A transition from after the change.
    pub(super) async fn after(&mut self, recorded: Recorded, ahead: &Ahead<'_, '_>) -> Result<(), EngineError> {
        if !self.begun {
            self.begun = true;
            if let Some(data) = &self.question.changed_master {
                self.scratch.upsert_master(data).await?;
            }
        }
        self.tally.whatif.decisions += 1;
        let as_recorded = self.with_its_own(recorded.decision.clone());
        let d = named_in(self.changed.book(), &as_recorded);
        if let Some(Followed { decision: now, direct, .. }) = self.followed.counterpart(&d) {
            let seen = if same(&d, &now) { Seen::Same } else { Seen::Other(Box::new(now), direct) };
            self.tally.note(&d, seen);
            return Ok(());
        }
        if !self.is_started(&d).await? {
            let root = self.tally.root_of(&d).unwrap_or_else(|| format!("{} of {}", d.event.transition, d.document.number));
            self.tally.note(&d, Seen::NotReached(root));
            return Ok(());
        }
        if d.event.transition.as_str().starts_with(MIGRATION) {
            return self.moved_over(recorded).await;
        }
        let wanted = command(&d);
        if self.is_of_older(&as_recorded, &wanted).await? {
            return self.as_it_was(recorded, &wanted).await;
        }
        let before = self.before_it(&as_recorded, &wanted).await?;
        let outcome = self.changed.execute(wanted.clone()).await?;
        let mut reads = self.reads.take();
        let read = reads.remove(&wanted.key);
        let other = match &outcome {
            Outcome::Done(done) => done.decision.as_ref().is_some_and(|now| !same(&d, now)),
            Outcome::Refused(_) => true,
        };
        let direct = match read.filter(|_| other) {
            Some(read) => self.direct(&as_recorded, *read, before).await?,
            None => false,
        };
        if other {
            self.went_on(&d);
        }
        match outcome {
            Outcome::Done(done) => {
                let now = done.decision.clone().filter(|_| other);
                self.follow(*done, reads, ahead).await?;
                self.tally.note(&d, now.map_or(Seen::Same, |now| Seen::Other(Box::new(now), direct)));
            }
            Outcome::Refused(refusal) => self.refused(&d, refusal, direct),
        }
        Ok(())
    }

    /// What the old book reads for a transition, where that is more than the changed one does: once it is made, it is too late.
    async fn before_it(&mut self, as_recorded: &Decision, wanted: &Command) -> Result<Option<Snapshot>, EngineError> {
        if as_recorded.event.book_hash == self.changed.book().hash {
            return Ok(None);
        }
        let engine = self.engine_of(&as_recorded.event.book_hash).await?;
        if request(engine.book(), wanted) == request(self.changed.book(), wanted) {
            return Ok(None);
        }
        Ok(Some(engine.look(wanted).await?.0))
    }

    /// Whether a document that another one starts was started here, too: it would have been opened with what started it.
    async fn is_started(&self, d: &Decision) -> Result<bool, EngineError> {
        let Some(parent) = d.document.parent.as_ref().filter(|_| d.opens) else { return Ok(true) };
        let started = self.scratch.children(&d.bu, parent).await?;
        Ok(started.iter().any(|c| c.child.doc == d.document.id))
    }

    /// Keeps what a document asks for, and what followed by itself; that is compared at once with what was recorded of it.
    async fn follow(&mut self, done: Done, mut reads: HashMap<Key, Box<Read>>, ahead: &Ahead<'_, '_>) -> Result<(), EngineError> {
        self.learn(&done.document);
        for followed in done.followed {
            self.learn(&followed.document);
            let Some(decision) = followed.decision else { continue };
            let read = reads.remove(&decision.event.key);
            let recorded = ahead.counterpart(&decision).map(|d| self.with_its_own(d.clone()));
            let recorded = recorded.filter(|d| !same(&named_in(self.changed.book(), d), &decision));
            let direct = match (recorded, read) {
                (Some(recorded), Some(read)) => self.direct(&recorded, *read, None).await?,
                _ => false,
            };
            self.followed.add(decision, direct);
        }
        Ok(())
    }

    /// What followed by itself and was not recorded, and then its document went another way: that would have happened too.
    fn went_on(&mut self, d: &Decision) {
        for more in self.followed.of(d) {
            self.tally.more(&more.decision);
        }
    }

    pub(super) fn refused(&mut self, d: &Decision, refusal: Box<Refusal>, direct: bool) {
        let gone = matches!(refusal.code(), ReasonCode::UnknownDocument | ReasonCode::NotAllowed | ReasonCode::RoleDenied | ReasonCode::ChildrenOpen);
        let seen = match self.tally.root_of(d) {
            Some(root) if gone && !direct => Seen::NotReached(root),
            _ => Seen::Refused(refusal, direct),
        };
        self.tally.note(d, seen);
    }

    /// Whether the book and the master data of that time still say what was recorded, in the world as it has become: then the
    /// change itself makes the difference, and not something that it made different before. The first of these is told.
    async fn direct(&mut self, d: &Decision, read: Read, before: Option<Snapshot>) -> Result<bool, EngineError> {
        let engine = self.engine_of(&d.event.book_hash).await?;
        let mut snapshot = before.unwrap_or_else(|| read.snapshot.clone());
        if let Some(old) = &self.old {
            old.put_back(&d.bu, &mut snapshot);
        }
        let direct = decide(engine.book(), engine.rules(), &snapshot, &read.command).is_ok_and(|old| same(d, &old));
        if direct && !self.tally.has_first() {
            self.tell(d, (&engine, &snapshot), &read).await?;
        }
        Ok(direct)
    }

    /// Both sides of a difference.
    async fn tell(&mut self, d: &Decision, (engine, snapshot): (&Engine, &Snapshot), read: &Read) -> Result<(), EngineError> {
        let under = match &read.snapshot.document {
            Some(document) => self.changed.of_older(document).await?,
            None => None,
        };
        let under = under.unwrap_or_else(|| self.changed.clone());
        let (then, now) = (tell::told(engine, snapshot, &read.command), tell::told(&under, &read.snapshot, &read.command));
        self.tally.first(tell::explained(d, (engine, then), (&under, now)));
        Ok(())
    }
}

/// A recorded transition with the state that it led to as a book calls it.
pub(super) fn named_in(book: &Book, d: &Decision) -> Decision {
    let to = called(book, d, &d.event.to);
    Decision { event: Event { to, ..d.event.clone() }, ..d.clone() }
}

/// What a book calls a state of the version under which a transition ran.
pub(super) fn called(book: &Book, d: &Decision, state: &Name) -> Name {
    let workflow = book.workflows.get(&d.document.workflow).filter(|w| w.version != d.event.version);
    let migration = workflow.and_then(|w| w.migrations.iter().find(|m| m.from == d.event.version));
    let line = migration.and_then(|m| m.states.iter().find(|(old, ..)| old == state));
    line.map_or_else(|| state.clone(), |(_, new, _)| new.clone())
}
