//! Books beside each other: documents that stay on an older version run under the book that has it, and others are moved over.
//!
//! Must not decide anything itself. Tests: `tests/it/engine_versions.rs`, `tests/it/change_apply.rs`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::{Command, Decision, Document, LoadRequest, Reason, ReasonCode, Refusal, Snapshot, TimerKind};
use crate::model::Book;
use crate::rules::Rules;
use crate::store::CommitError;

use super::execute::{Engine, EngineError, Outcome};
use super::migrate;

/// How often a move that lost a race is decided again.
const ATTEMPTS: u32 = 12;
/// Timers of a document that are looked at.
const TIMERS: u32 = 1_000;

/// A book that can be run.
pub type Runnable = (Arc<Book>, Arc<Rules>);
/// Makes a book that the store keeps one that can be run; nothing where this program cannot read it.
pub type OpenStored = dyn Fn(&str) -> Option<Runnable> + Send + Sync;

/// Books that the store keeps, opened when a document needs them.
#[derive(Clone)]
pub struct OlderBooks {
    open: Arc<OpenStored>,
    known: Arc<Mutex<Known>>,
}

/// Books by workflow and version; nothing where no book has it.
type Known = BTreeMap<(Name, u32), Option<Runnable>>;

impl OlderBooks {
    /// Books opened by a function.
    #[must_use]
    pub fn new(open: Arc<OpenStored>) -> Self {
        Self { open, known: Arc::default() }
    }

    fn known(&self, key: &(Name, u32)) -> Option<Option<Runnable>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: (Name, u32), found: Option<Runnable>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found);
    }
}

/// What a command reads, and what it comes to.
pub type Looked = (Snapshot, Result<Decision, Box<Refusal>>);

/// What moving a document over comes to.
#[derive(Debug)]
pub enum Moving {
    /// It is on the book's version, or has ended.
    Nothing,
    /// It moves as decided.
    Moves(Box<Decision>),
    /// It cannot move.
    Stranded(Box<Refusal>),
}

impl Engine {
    /// Whether a document does not move over to this book's version, and so goes on under an older book.
    fn stays_behind(&self, workflow: &Name, version: u32) -> bool {
        self.book().workflows.get(workflow).is_none_or(|w| w.version != version && w.migrations.iter().all(|m| m.from != version))
    }

    /// The engine on the book under which a document runs, where that is an older one: the newest that was deployed with the
    /// document's version, else the one of its last transition. Nothing where this book is the one, or no other can be read.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn of_older(&self, doc: &Document) -> Result<Option<Self>, EngineError> {
        if doc.ended {
            return Ok(None);
        }
        self.of_version(&doc.bu, &doc.id, (&doc.workflow, doc.version)).await
    }

    /// Like [`Engine::of_older`], for a document that has not ended and of which only the head is known.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn of_version(&self, bu: &Bu, doc: &DocId, (workflow, version): (&Name, u32)) -> Result<Option<Self>, EngineError> {
        let Some(older) = self.older().filter(|_| self.stays_behind(workflow, version)) else { return Ok(None) };
        let key = (workflow.clone(), version);
        if let Some(known) = older.known(&key) {
            return Ok(known.map(|book| self.under(book)));
        }
        let mut hashes: Vec<String> = self.store().deployments().await?.into_iter().rev().map(|d| d.hash).collect();
        hashes.extend(self.store().events(bu, doc).await?.into_iter().next_back().map(|e| e.event.book_hash));
        let mut found = None;
        for hash in hashes.iter().filter(|h| **h != self.book().hash) {
            let Some(stored) = self.store().book(hash).await? else { continue };
            let runnable = (older.open)(&stored.files);
            found = runnable.filter(|(book, _)| book.workflows.get(workflow).is_some_and(|w| w.version == version));
            if found.is_some() {
                break;
            }
        }
        older.keep(key, found.clone());
        Ok(found.map(|book| self.under(book)))
    }

    /// What moving a document over to this book's version would come to; nothing is written.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn would_move(&self, bu: &Bu, doc: &DocId, now: Timestamp) -> Result<Moving, EngineError> {
        let Some(document) = self.store().document(bu, doc).await? else { return Ok(Moving::Nothing) };
        let to = self.book().workflows.get(&document.workflow).map_or(document.version, |w| w.version);
        let mut command = migrate::command(&document, to, now);
        let snapshot = self.store().load(&self.holdings(&document, now)).await?;
        super::execute::on_time(&mut command, &snapshot);
        let far = Timestamp::from_micros(i64::MAX);
        let mut timers: Vec<_> = self.store().due_timers(Some(bu), Some(doc), far, TIMERS).await?.into_iter().map(|t| t.timer).collect();
        timers.retain(|t| matches!(t.kind, TimerKind::Deadline { .. } | TimerKind::Fire { .. }));
        Ok(match migrate::decide(self.book(), self.rules(), &snapshot, &timers, &command) {
            Ok(None) => Moving::Nothing,
            Ok(Some(decision)) => Moving::Moves(Box::new(decision)),
            Err(refused) => Moving::Stranded(refused),
        })
    }

    /// Moves a document over to this book's version, as a transition of the engine itself; once, however often it is called.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn move_over(&self, bu: &Bu, doc: &DocId, now: Timestamp) -> Result<Moving, EngineError> {
        for attempt in 1.. {
            let moving = self.would_move(bu, doc, now).await?;
            let Moving::Moves(decision) = &moving else { return Ok(moving) };
            match self.store().commit(decision).await {
                Ok(_) => {
                    self.settle(decision, now).await?;
                    return Ok(moving);
                }
                // Somebody moved it, or it went on by itself: it is looked at again.
                Err(CommitError::DuplicateKey { .. } | CommitError::Conflict(_) | CommitError::Claimed { .. }) if attempt < ATTEMPTS => {}
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
                Err(lost) => {
                    let reason = Reason::new(ReasonCode::Contended, format!("others kept changing it: {lost}")).remedy("try again");
                    let (state, transition) = (decision.event.from.clone(), decision.event.transition.clone());
                    return Ok(Moving::Stranded(Box::new(Refusal { doc: doc.clone(), transition, state, reasons: vec![reason], allowed: Vec::new() })));
                }
            }
        }
        Ok(Moving::Nothing)
    }

    /// What is due at once after a document moved: where it has ended by that, the one that started it may go on.
    async fn settle(&self, decision: &Decision, now: Timestamp) -> Result<(), EngineError> {
        let mut chain = super::timers::Chain::default();
        chain.note(decision, now);
        self.follow_up(&mut chain, now).await
    }

    /// What a command reads now, and what it would come to; nothing is written.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn look(&self, command: &Command) -> Result<Looked, EngineError> {
        let snapshot = self.store().load(&super::request::request(self.book(), command)).await?;
        if let Some(document) = &snapshot.document
            && let Some(older) = self.of_older(document).await?
        {
            return Box::pin(older.look(command)).await;
        }
        let decided = super::decide(self.book(), self.rules(), &snapshot, command);
        Ok((snapshot, decided))
    }

    /// What a document holds, owes and has issued: all that moving over looks at.
    fn holdings(&self, document: &Document, now: Timestamp) -> LoadRequest {
        LoadRequest::about(&document.bu, &document.id, format!("moving:{}", document.id).into(), now.date(&self.book().manifest.zone))
    }

    /// Carries a command out under the book that the document runs on.
    pub(super) async fn carry_out_older(
        &self,
        doc: &Document,
        command: &Command,
        fired: Option<&crate::domain::FiredTimer>,
    ) -> Result<Option<Outcome>, EngineError> {
        match self.of_older(doc).await? {
            Some(older) => Ok(Some(Box::pin(older.carry_out(command.clone(), fired.cloned())).await?)),
            None => Ok(None),
        }
    }
}
