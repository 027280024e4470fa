//! What would have happened: the journal's commands are decided again under a changed book or changed master data, in a store of
//! their own.
//!
//! Up to the day of the change everything is decided again under the books of that time; from then on under the changed one. What
//! followed by itself follows by itself again. The live store is only read. Must not know files or terminals.
//! Tests: `tests/it/change_whatif.rs`.

mod count;
mod follow;
mod old;
mod tell;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::{Action, Actor, Command, Decision, Document, Event, MasterData, ReasonCode, Refusal, Snapshot};
use crate::engine::{Done, Engine, EngineError, OlderBooks, OpenStored, Outcome, Runnable, decide};
use crate::store::{Journal, Recorded, Store, StoreError};

pub use count::{Kind, Row, Sum, Whatif};
pub use tell::{Explained, Side};

use count::{Seen, Tally};
use follow::{Followed, Read, Waiting};
use old::Old;

/// What is asked.
pub struct Question<'a> {
    /// The live store: only its books are read.
    pub live: &'a Store,
    /// An empty store, to be thrown away.
    pub scratch: Store,
    /// How the books that the live store keeps are opened.
    pub open: Arc<OpenStored>,
    /// The changed book.
    pub changed: Runnable,
    /// Master data as they are.
    pub master: MasterData,
    /// Master data as they would be, where they change.
    pub changed_master: Option<MasterData>,
    /// From when on the change holds.
    pub since: Timestamp,
    /// Up to when it is looked at.
    pub until: Timestamp,
}

/// A replay as it goes on.
struct Replay<'a> {
    question: Question<'a>,
    books: HashMap<String, Option<Engine>>,
    changed: Engine,
    /// Master data of before the change, where it changes.
    old: Option<Old>,
    followed: Waiting,
    /// The numbers of documents as people know them: those in the scratch store may be others.
    numbers: HashMap<(Bu, DocId), String>,
    tally: Tally,
    begun: bool,
}

/// Replays a journal. `watch` is told how many transitions have been looked at.
///
/// # Errors
/// A fault of a store; the journal is damaged; a book of the journal cannot be read by this program.
pub async fn whatif(question: Question<'_>, journal: &mut Journal<'_>, watch: &mut (dyn FnMut(u64) + Send)) -> Result<Whatif, EngineError> {
    question.scratch.upsert_master(&question.master).await?;
    let (book, rules) = question.changed.clone();
    let followed = Waiting::default();
    let changed = Engine::new(book, rules, question.scratch.clone()).await?;
    let changed = changed.with_older(OlderBooks::new(question.open.clone())).watched(followed.watcher());
    let tally = Tally::new(&question.master);
    let old = question.changed_master.as_ref().map(|_| Old::of(&question.master));
    let mut replay = Replay { question, books: HashMap::new(), changed, old, followed, numbers: HashMap::new(), tally, begun: false };
    while let Some(mut recorded) = journal.next_event()? {
        let at = recorded.decision.event.effective_at;
        if at >= replay.question.until {
            continue;
        }
        replay.followed.next();
        replay.number(&mut recorded);
        if at >= replay.question.since {
            replay.after(recorded).await?;
        } else {
            replay.before(recorded).await?;
        }
        watch(replay.tally.whatif.before + replay.tally.whatif.decisions);
    }
    let Replay { followed, mut tally, .. } = replay;
    followed.rest().for_each(|decision| tally.more(&decision));
    Ok(tally.done())
}

/// The command that a transition was.
fn command(d: &Decision) -> Command {
    let event = &d.event;
    let action = if d.opens {
        Action::Open { workflow: d.document.workflow.clone(), transition: Some(event.transition.clone()), parent: d.document.parent.clone() }
    } else {
        Action::Fire { transition: event.transition.clone() }
    };
    let actor = if event.actor.as_str() == Actor::System.code().as_str() { Actor::System } else { Actor::Person(event.actor.clone()) };
    Command {
        bu: d.bu.clone(),
        doc: d.document.id.clone(),
        action,
        actor,
        input: event.input.clone(),
        key: event.key.clone(),
        recorded_at: event.recorded_at,
        effective_at: event.effective_at,
        seen_revision: None,
    }
}

/// Whether two decisions come to the same: state, moves, and what they make somebody owe and issue. What they start is told where
/// it is opened: the journal keeps started documents with the last transition of the one that started them.
fn same(a: &Decision, b: &Decision) -> bool {
    fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
        let mut items: Vec<T> = items.collect();
        items.sort();
        items
    }
    let moved = |d: &Decision| sorted(d.moves.iter().map(|m| (m.part.clone(), m.lot.clone(), m.serial.clone(), m.quantity, m.from.clone(), m.to.clone())));
    let owed = |d: &Decision| sorted(d.owed.iter().map(|o| (o.kind.clone(), o.debtor.clone(), o.part.clone(), o.quantity)));
    let papers = |d: &Decision| sorted(d.papers.iter().map(|p| p.kind.clone()));
    a.event.to == b.event.to && moved(a) == moved(b) && owed(a) == owed(b) && papers(a) == papers(b)
}

impl Replay<'_> {
    /// The engine on the book of an event, in the scratch store.
    async fn engine_of(&mut self, hash: &str) -> Result<Engine, EngineError> {
        if !self.books.contains_key(hash) {
            let kept = self.question.live.book(hash).await?;
            let runnable = kept.and_then(|kept| (self.question.open)(&kept.files));
            let engine = match runnable {
                Some((book, rules)) => Some(Engine::new(book, rules, self.question.scratch.clone()).await?),
                None => None,
            };
            self.books.insert(hash.to_owned(), engine);
        }
        let unreadable = || StoreError::Unreadable(format!("the book {hash}, under which a transition was made, cannot be opened by this program"));
        Ok(self.books.get(hash).cloned().flatten().ok_or_else(unreadable)?)
    }

    /// Puts the number that people know into the document of a transition.
    fn number(&mut self, recorded: &mut Recorded) {
        let key = (recorded.decision.bu.clone(), recorded.decision.document.id.clone());
        if let Some(number) = recorded.number.take() {
            self.numbers.insert(key.clone(), number);
        }
        if let Some(number) = self.numbers.get(&key) {
            recorded.decision.document.number.clone_from(number);
        }
    }

    /// A transition from before the change: decided as it was then, or taken over as it was recorded.
    async fn before(&mut self, recorded: Recorded) -> Result<(), EngineError> {
        self.tally.whatif.before += 1;
        let d = &recorded.decision;
        if self.followed.counterpart(d).is_some() {
            return Ok(());
        }
        let engine = self.engine_of(&d.event.book_hash).await?;
        match engine.execute(command(d)).await? {
            Outcome::Done(done) => self.follow(*done),
            Outcome::Refused(_) => self.take_over(recorded).await?,
        }
        Ok(())
    }

    /// Keeps what a document asks for, and what followed by itself.
    fn follow(&mut self, done: Done) {
        self.learn(&done.document);
        done.followed.iter().for_each(|followed| self.learn(&followed.document));
        self.followed.add(done.followed.into_iter().filter_map(|followed| followed.decision));
    }

    fn learn(&mut self, document: &Document) {
        let workflow = self.changed.book().workflows.get(&document.workflow);
        let party = workflow.and_then(|w| w.first_party()).map(|f| f.name.clone());
        self.tally.learn(document, party.as_ref().map(Name::as_str));
    }

    /// What today's master data would not let happen has happened all the same: its moves are posted as they were.
    async fn take_over(&mut self, recorded: Recorded) -> Result<(), EngineError> {
        self.tally.whatif.taken_over += 1;
        let mut d = recorded.decision;
        let engine = self.changed.clone();
        let (snapshot, _) = engine.look(&command(&d)).await?;
        d.chain.clone_from(&snapshot.chain);
        if let Some(there) = snapshot.document {
            let (state, version) = (d.event.to.clone(), d.event.version);
            let fields = if recorded.last { d.document.fields.clone() } else { there.fields.clone() };
            let lines = if recorded.last { d.document.lines.clone() } else { there.lines.clone() };
            d.document = crate::domain::Document { state, version, fields, lines, ended: d.document.ended, revision: there.revision + 1, ..there };
        }
        // Where even that is not possible, the document stays behind, and its later transitions are told as such.
        if self.question.scratch.commit(&d).await.is_err() {
            self.tally.whatif.left_out += 1;
        }
        Ok(())
    }

    /// A transition from after the change.
    async fn after(&mut self, recorded: Recorded) -> Result<(), EngineError> {
        if !self.begun {
            self.begun = true;
            if let Some(data) = &self.question.changed_master {
                self.question.scratch.upsert_master(data).await?;
            }
        }
        self.tally.whatif.decisions += 1;
        let mut d = recorded.decision;
        let named = self.named_now(&d);
        let recorded_to = std::mem::replace(&mut d.event.to, named);
        let as_recorded = Decision { event: Event { to: recorded_to, ..d.event.clone() }, ..d.clone() };
        if let Some(Followed { decision: now, read, .. }) = self.followed.counterpart(&d) {
            let seen = if same(&d, &now) { Seen::Same } else { Seen::Other(Box::new(now), self.direct_of_followed(&as_recorded, read).await?) };
            self.tally.note(&d, seen);
            return Ok(());
        }
        if !self.is_started(&d).await? {
            let root = self.tally.root_of(&d).unwrap_or_else(|| format!("{} of {}", d.event.transition, d.document.number));
            self.tally.note(&d, Seen::NotReached(root));
            return Ok(());
        }
        // Documents move over with their next transition here, so nothing is to be done for one that moved then.
        if d.event.transition.as_str().starts_with("migrate from ") {
            self.tally.note(&d, Seen::Same);
            return Ok(());
        }
        let wanted = command(&d);
        let (snapshot, looked) = self.changed.look(&wanted).await?;
        let differs = looked.as_ref().map_or(true, |now| !same(&d, now));
        let by_itself = differs && self.direct(&as_recorded, &wanted, &snapshot).await?;
        if differs {
            self.went_on(&d);
        }
        match self.changed.execute(wanted).await? {
            Outcome::Done(done) => {
                let now = done.decision.clone();
                self.follow(*done);
                let seen = match now {
                    Some(now) if !same(&d, &now) => Seen::Other(Box::new(now), by_itself),
                    _ => Seen::Same,
                };
                self.tally.note(&d, seen);
            }
            Outcome::Refused(refusal) => self.refused(&d, refusal, by_itself),
        }
        Ok(())
    }

    /// Whether a document that another one starts was started here, too: it would have been opened with what started it.
    async fn is_started(&self, d: &Decision) -> Result<bool, EngineError> {
        let Some(parent) = d.document.parent.as_ref().filter(|_| d.opens) else { return Ok(true) };
        let started = self.question.scratch.children(&d.bu, parent).await?;
        Ok(started.iter().any(|c| c.child.doc == d.document.id))
    }

    /// What followed by itself and was not recorded, and then its document went another way: that would have happened too.
    fn went_on(&mut self, d: &Decision) {
        for more in self.followed.of(d) {
            self.tally.more(&more.decision);
        }
    }

    /// The state that a transition led to, as the changed book calls it.
    fn named_now(&self, d: &Decision) -> Name {
        let workflow = self.changed.book().workflows.get(&d.document.workflow).filter(|w| w.version != d.event.version);
        let migration = workflow.and_then(|w| w.migrations.iter().find(|m| m.from == d.event.version));
        let line = migration.and_then(|m| m.states.iter().find(|(old, ..)| *old == d.event.to));
        line.map_or_else(|| d.event.to.clone(), |(_, new, _)| new.clone())
    }

    fn refused(&mut self, d: &Decision, refusal: Box<Refusal>, direct: bool) {
        let gone = matches!(refusal.code(), ReasonCode::UnknownDocument | ReasonCode::NotAllowed | ReasonCode::RoleDenied | ReasonCode::ChildrenOpen);
        let root = self.tally.root_of(d);
        let seen = match root {
            Some(root) if gone && !direct => Seen::NotReached(root),
            _ => Seen::Refused(refusal, direct),
        };
        self.tally.note(d, seen);
    }

    /// Whether the book and the master data of that time still say what was recorded, in the world as it has become: then the
    /// change itself makes the difference, and not something that it made different before. The first of these is told.
    async fn direct(&mut self, d: &Decision, wanted: &Command, changed: &Snapshot) -> Result<bool, EngineError> {
        let engine = self.engine_of(&d.event.book_hash).await?;
        let snapshot = engine.look(wanted).await?.0;
        self.says_the_same(d, (&engine, snapshot), (wanted, changed)).await
    }

    /// The same of a transition that followed by itself: what it read is what the old book is asked on.
    async fn direct_of_followed(&mut self, d: &Decision, read: Option<Box<Read>>) -> Result<bool, EngineError> {
        let Some(read) = read else { return Ok(false) };
        let engine = self.engine_of(&d.event.book_hash).await?;
        self.says_the_same(d, (&engine, read.snapshot.clone()), (&read.command, &read.snapshot)).await
    }

    async fn says_the_same(&mut self, d: &Decision, (engine, mut snapshot): (&Engine, Snapshot), now: (&Command, &Snapshot)) -> Result<bool, EngineError> {
        let (wanted, changed) = now;
        if let Some(old) = &self.old {
            old.put_back(&d.bu, &mut snapshot);
        }
        let direct = decide(engine.book(), engine.rules(), &snapshot, wanted).is_ok_and(|old| same(d, &old));
        if direct && !self.tally.has_first() {
            let under = match &changed.document {
                Some(document) => self.changed.of_older(document).await?,
                None => None,
            };
            let under = under.unwrap_or_else(|| self.changed.clone());
            let (then, now) = (tell::told(engine, &snapshot, wanted), tell::told(&under, changed, wanted));
            self.tally.first(tell::explained(d, (engine, then), (&under, now)));
        }
        Ok(direct)
    }
}

/// Which documents differ, and where it began: by document, in words.
type Roots = BTreeMap<(Bu, DocId), String>;
