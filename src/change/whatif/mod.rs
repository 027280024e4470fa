//! What would have happened: the journal's commands are decided again under a changed book or changed master data, in a store of
//! their own.
//!
//! Before the day of the change everything is as it was recorded; from then on it is decided under the changed book. What
//! followed by itself follows by itself again. The store of the replay is in memory and holds what runs, not what ran. The live
//! store is only read. Must not know terminals. Tests: `tests/it/change_whatif.rs`.

mod after;
mod ahead;
mod before;
mod count;
mod families;
mod follow;
mod old;
mod older;
mod tell;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Seek, SeekFrom};
use std::sync::Arc;

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::{Action, Actor, Command, Decision, Document, MasterData};
use crate::engine::{Engine, EngineError, OlderBooks, OpenStored, Runnable};
use crate::store::{Journal, Store, StoreError};

pub use count::{Kind, Row, Sum, Whatif};
pub use tell::{Explained, Side};

use ahead::Ahead;
use count::Tally;
use families::Families;
use follow::{Reads, Waiting};
use old::Old;

/// After so many transitions what nobody asks for is let go of.
const SWEPT: u64 = 10_000;
/// What a transition is called that moved a document over to another version begins so.
const MIGRATION: &str = "migrate from ";

/// What is asked.
pub struct Question<'a> {
    /// The live store: only its books are read.
    pub live: &'a Store,
    /// How the books that the live store keeps are opened.
    pub open: Arc<OpenStored>,
    /// The book in force.
    pub in_force: Runnable,
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
    scratch: Store,
    books: HashMap<String, Option<Engine>>,
    in_force: Engine,
    changed: Engine,
    /// Master data of before the change, where it changes.
    old: Option<Old>,
    families: Families,
    followed: Waiting,
    reads: Reads,
    tally: Tally,
    begun: bool,
}

/// Replays a journal, which is read twice. `watch` is told how many transitions have been looked at.
///
/// # Errors
/// A fault of a store; the journal is damaged; a book of the journal cannot be read by this program.
pub async fn whatif<R: BufRead + Seek + Send>(question: Question<'_>, from: &mut R, watch: &mut (dyn FnMut(u64) + Send)) -> Result<Whatif, EngineError> {
    let families = Families::read(&mut Journal::open(from)?, (question.since, question.until))?;
    let again = |fault: std::io::Error| StoreError::Admin(format!("the journal cannot be read again: {fault}"));
    from.seek(SeekFrom::Start(0)).map_err(again)?;
    let mut journal = Journal::open(from)?;
    let mut ahead = Ahead::new(&mut journal, question.until);
    let mut replay = Replay::new(question, families).await?;
    while let Some(recorded) = ahead.next()? {
        let (bu, doc, at) = (recorded.decision.bu.clone(), recorded.decision.document.id.clone(), recorded.decision.event.effective_at);
        replay.followed.next();
        if at >= replay.question.since {
            replay.after(recorded, &ahead).await?;
        } else {
            replay.before(recorded).await?;
        }
        if let Some(documents) = replay.families.pass(&bu, &doc) {
            replay.scratch.forget(&bu, &documents);
        }
        let looked_at = replay.tally.whatif.before + replay.tally.whatif.decisions;
        if looked_at.is_multiple_of(SWEPT) {
            replay.scratch.sweep();
        }
        watch(looked_at);
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

/// Whether two decisions come to the same: state, moves, and what they make somebody owe, issue and start.
fn same(a: &Decision, b: &Decision) -> bool {
    fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
        let mut items: Vec<T> = items.collect();
        items.sort();
        items
    }
    let moved = |d: &Decision| sorted(d.moves.iter().map(|m| (m.part.clone(), m.lot.clone(), m.serial.clone(), m.quantity, m.from.clone(), m.to.clone())));
    let owed = |d: &Decision| sorted(d.owed.iter().map(|o| (o.kind.clone(), o.debtor.clone(), o.part.clone(), o.quantity)));
    let papers = |d: &Decision| sorted(d.papers.iter().map(|p| p.kind.clone()));
    let asked = |d: &Decision| sorted(d.children.iter().map(|c| c.workflow.clone()));
    a.event.to == b.event.to && asked(a) == asked(b) && moved(a) == moved(b) && owed(a) == owed(b) && papers(a) == papers(b)
}

impl<'a> Replay<'a> {
    async fn new(question: Question<'a>, families: Families) -> Result<Self, EngineError> {
        let scratch = Store::memory();
        scratch.upsert_master(&question.master).await?;
        let reads = Reads::default();
        let on = async |(book, rules): Runnable| -> Result<Engine, EngineError> {
            Ok(Engine::new(book, rules, scratch.clone()).await?.with_older(OlderBooks::new(question.open.clone())))
        };
        let in_force = on(question.in_force.clone()).await?;
        let changed = on(question.changed.clone()).await?.watched(reads.watcher());
        let tally = Tally::new(&question.master);
        let old = question.changed_master.as_ref().map(|_| Old::of(&question.master));
        Ok(Self { question, scratch, books: HashMap::new(), in_force, changed, old, families, followed: Waiting::default(), reads, tally, begun: false })
    }

    /// The engine on the book of an event, in the scratch store.
    async fn engine_of(&mut self, hash: &str) -> Result<Engine, EngineError> {
        if !self.books.contains_key(hash) {
            let kept = self.question.live.book(hash).await?;
            let runnable = kept.and_then(|kept| (self.question.open)(&kept.files));
            let engine = match runnable {
                Some((book, rules)) => Some(Engine::new(book, rules, self.scratch.clone()).await?),
                None => None,
            };
            self.books.insert(hash.to_owned(), engine);
        }
        let unreadable = || StoreError::Unreadable(format!("the book {hash}, under which a transition was made, cannot be opened by this program"));
        Ok(self.books.get(hash).cloned().flatten().ok_or_else(unreadable)?)
    }

    /// A recorded transition with the documents that it started itself: the journal keeps them with the last one.
    fn with_its_own(&self, recorded: Decision) -> Decision {
        Decision { children: self.families.asked(&recorded), ..recorded }
    }

    /// Keeps what a document asks for.
    fn learn(&mut self, document: &Document) {
        let workflow = self.changed.book().workflows.get(&document.workflow);
        let party = workflow.and_then(|w| w.first_party()).map(|f| f.name.clone());
        self.tally.learn(document, party.as_ref().map(Name::as_str));
    }
}

/// Which documents differ, and where it began: by document, in words.
type Roots = BTreeMap<(Bu, DocId), String>;
