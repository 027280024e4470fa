//! Carries a command out: load, decide, commit; on a lost race again, a few times; then what is due at once.
//!
//! No transaction is open while rules run. Must not decide anything itself. Tests: `tests/it/engine_*.rs`.

use std::sync::Arc;

use crate::base::{Bu, DocId, Name};
use crate::domain::{Action, Actor, Claim, Command, Decision, Document, FiredTimer, MasterData, Reason, ReasonCode, Refusal, Snapshot};
use crate::model::Book;
use crate::rules::Rules;
use crate::store::{CommitError, Committed, Conflict, MasterReport, Store, StoreError};

use super::decide::{body_hash, decide, decide_seen, refusal};
use super::request::request;
use super::timers::{Chain, Followed};
use super::versions::{OlderBooks, Runnable};
use super::witness::{Sight, Watcher, Witness};

/// How often a command that lost a race is decided again.
const ATTEMPTS: u32 = 12;

/// A fault: nothing is known to be wrong with the command.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a command.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was carried out, now or before.
    Done(Box<Done>),
    /// It is not possible, and nothing was written.
    Refused(Box<Refusal>),
}

/// A command that was carried out.
#[derive(Debug, Clone)]
pub struct Done {
    /// The document as it is now, after whatever followed at once.
    pub document: Document,
    /// What was decided; absent where the key had been used before, for the same command.
    pub decision: Option<Decision>,
    /// The numbers that the commit gave; absent for a repeat.
    pub committed: Option<Committed>,
    /// The revision that the command made.
    pub revision: u64,
    /// What the engine did itself right after it, on this document and on others.
    pub followed: Vec<Followed>,
}

impl Done {
    /// True where the same command had been carried out before.
    #[must_use]
    pub const fn repeated(&self) -> bool {
        self.decision.is_none()
    }
}

/// The engine on a book and a store. Cheap to clone; clones share both.
#[derive(Clone)]
pub struct Engine {
    book: Arc<Book>,
    rules: Arc<Rules>,
    store: Store,
    watcher: Option<Watcher>,
    older: Option<OlderBooks>,
}

impl EngineError {
    /// True where the same call may work in a moment: the connection was lost, or others were in the way.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(fault) if fault.is_transient())
    }
}

impl Engine {
    /// An engine on a checked book and an open store; the store keeps the book.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn new(book: Arc<Book>, rules: Arc<Rules>, store: Store) -> Result<Self, EngineError> {
        store.put_book(&stored(&book)?).await?;
        Ok(Self::reading(book, rules, store))
    }

    /// An engine on a book that the store does not keep yet: to ask what would be, not to carry anything out.
    #[must_use]
    pub const fn reading(book: Arc<Book>, rules: Arc<Rules>, store: Store) -> Self {
        Self { book, rules, store, watcher: None, older: None }
    }

    /// The same engine, with a way to open the books that the store keeps: a document that stays on an older version then
    /// runs under the book that has it.
    #[must_use]
    pub fn with_older(self, older: OlderBooks) -> Self {
        Self { older: Some(older), ..self }
    }

    pub(super) const fn older(&self) -> Option<&OlderBooks> {
        self.older.as_ref()
    }

    /// The same store under another book.
    pub(super) fn under(&self, (book, rules): Runnable) -> Self {
        Self { book, rules, store: self.store.clone(), watcher: self.watcher.clone(), older: None }
    }

    /// The same engine for one of a list of commands.
    pub(super) fn of_list(&self, bu: &Bu) -> Self {
        Self { store: self.store.of_list(bu), ..self.clone() }
    }

    /// Opens a database and puts the book into it.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub async fn open(book: Arc<Book>, rules: Arc<Rules>, url: &str) -> Result<Self, EngineError> {
        Self::new(book, rules, Store::open(url).await?).await
    }

    /// The same engine with someone who sees what it does.
    #[must_use]
    pub fn watched(mut self, watcher: Watcher) -> Self {
        self.watcher = Some(watcher);
        self
    }

    /// Who sees what it does.
    pub(super) const fn watcher(&self) -> Option<&Watcher> {
        self.watcher.as_ref()
    }

    /// The book.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The store, for reading.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Adds and changes master data, all of it or nothing.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn load_master(&self, data: &MasterData) -> Result<MasterReport, EngineError> {
        Ok(self.store.upsert_master(data).await?)
    }

    /// Carries a command out, then whatever is due at once: transitions that the engine fires itself, started documents.
    ///
    /// # Errors
    /// A fault of the store; whether the command was carried out is then told by sending it again with its key.
    pub async fn execute(&self, command: Command) -> Result<Outcome, EngineError> {
        let (doc, bu, now) = (command.doc.clone(), command.bu.clone(), command.recorded_at);
        let outcome = self.carry_out(command, None).await?;
        let Outcome::Done(mut done) = outcome else { return Ok(outcome) };
        let mut chain = match &done.decision {
            Some(decision) => {
                let mut chain = Chain::default();
                chain.note(decision, now);
                chain
            }
            // It was carried out before, perhaps by a process that died before it came to what follows.
            None => self.waiting(&bu, &doc, now).await?,
        };
        self.follow_up(&mut chain, now).await?;
        done.followed = chain.rung.followed;
        if let Some(last) = done.followed.iter().rev().find(|f| f.document.id == doc) {
            done.document = last.document.clone();
        }
        Ok(Outcome::Done(done))
    }

    /// Decides a command and writes nothing: the same code as [`Engine::execute`].
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn dry_run(&self, command: Command) -> Result<Result<Decision, Box<Refusal>>, EngineError> {
        let snapshot = self.store.load(&request(&self.book, &command)).await?;
        if let Some(document) = &snapshot.document
            && let Some(older) = self.of_older(document).await?
        {
            return Box::pin(older.dry_run(command)).await;
        }
        if let Some(repeat) = &snapshot.repeat
            && repeat.2 != body_hash(&command)
        {
            return Ok(Err(conflict(&command)));
        }
        match decide(&self.book, &self.rules, &snapshot, &command) {
            Ok(decision) => Ok(self.unclaimed(&command, decision, &snapshot).await?),
            Err(refused) => Ok(Err(refused)),
        }
    }

    /// Decides a command and writes nothing, and gives with it what the decision looked at.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn would(&self, command: Command) -> Result<(Result<Decision, Box<Refusal>>, Witness), EngineError> {
        let snapshot = self.store.load(&request(&self.book, &command)).await?;
        let witness = Witness::default();
        let decided = decide_seen((&self.book, &self.rules), &snapshot, &command, Some(&witness));
        Ok((decided, witness))
    }

    /// Load, decide, commit, without what follows.
    pub(super) async fn carry_out(&self, mut command: Command, fired_timer: Option<FiredTimer>) -> Result<Outcome, EngineError> {
        for attempt in 0..ATTEMPTS {
            let snapshot = match self.store.load(&request(&self.book, &command)).await {
                Err(fault) if fault.is_sudden() && attempt + 1 < ATTEMPTS => {
                    pause(&command, attempt).await;
                    continue;
                }
                loaded => loaded?,
            };
            if let Some((doc, revision, body)) = &snapshot.repeat {
                return self.repeat(&command, doc, *revision, body, snapshot.document.clone()).await;
            }
            on_time(&mut command, &snapshot);
            if let Some(document) = &snapshot.document
                && let Some(outcome) = self.carry_out_older(document, &command, fired_timer.as_ref()).await?
            {
                return Ok(outcome);
            }
            let witness = self.watcher.as_ref().map(|watcher| {
                watcher.show(&Sight::Read { command: &command, snapshot: &snapshot });
                Witness::default()
            });
            let mut decision = match decide_seen((&self.book, &self.rules), &snapshot, &command, witness.as_ref()) {
                Ok(decision) => decision,
                Err(refused) => return Ok(self.refused(&command, &snapshot, refused, witness.as_ref())),
            };
            decision.fired_timer.clone_from(&fired_timer);
            match self.store.commit_after(&decision, snapshot.document.as_ref()).await {
                Ok(committed) => {
                    self.show(&command, Some(&decision.document.workflow), Ok(&decision), witness.as_ref());
                    return Ok(Outcome::Done(Box::new(done(decision, committed))));
                }
                Err(CommitError::DuplicateKey { doc, revision, body_hash }) => return self.repeat(&command, &doc, revision, &body_hash, None).await,
                // Whoever came first has answered for the key, or made the timer void.
                Err(CommitError::Conflict(Conflict::Timer)) => break,
                Err(CommitError::Conflict(_)) => pause(&command, attempt).await,
                // Every claim that is held is told, not only the one that the database met first.
                Err(CommitError::Claimed { .. }) => match self.unclaimed(&command, decision, &snapshot).await? {
                    Err(refused) => return Ok(self.refused(&command, &snapshot, refused, witness.as_ref())),
                    Ok(_) => pause(&command, attempt).await,
                },
                Err(CommitError::Fault(fault)) if fault.is_sudden() && attempt + 1 < ATTEMPTS => pause(&command, attempt).await,
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
            }
        }
        let reason = Reason::new(ReasonCode::Contended, "others kept changing what this needs while it was decided").remedy("try again");
        Ok(Outcome::Refused(refusal(&command, &command.transition(), None, vec![reason])))
    }

    fn refused(&self, command: &Command, snapshot: &Snapshot, refused: Box<Refusal>, witness: Option<&Witness>) -> Outcome {
        let workflow = match &command.action {
            Action::Open { workflow, .. } => Some(workflow),
            Action::Fire { .. } => snapshot.document.as_ref().map(|d| &d.workflow),
        };
        self.show(command, workflow, Err(&*refused), witness);
        Outcome::Refused(refused)
    }

    fn show(&self, command: &Command, workflow: Option<&Name>, outcome: Result<&Decision, &Refusal>, witness: Option<&Witness>) {
        if let (Some(watcher), Some(witness)) = (&self.watcher, witness) {
            watcher.show(&Sight::Decided { command, workflow, outcome, witness });
        }
    }

    /// The answer to a key that was used before: the first answer for the same command, a refusal for another.
    async fn repeat(&self, command: &Command, doc: &DocId, revision: u64, body: &str, loaded: Option<Document>) -> Result<Outcome, EngineError> {
        if body != body_hash(command) || *doc != command.doc {
            return Ok(Outcome::Refused(conflict(command)));
        }
        let document = match loaded {
            Some(document) => Some(document),
            None => self.store.document(&command.bu, doc).await?,
        };
        let document = document.ok_or_else(|| StoreError::Unreadable(format!("document {doc} of a known key is gone")))?;
        Ok(Outcome::Done(Box::new(Done { document, decision: None, committed: None, revision, followed: Vec::new() })))
    }

    /// Which document holds a key, and when it gives it up.
    async fn held_until(&self, bu: &Bu, holder: &DocId, claim: &Claim) -> Result<String, EngineError> {
        let number = self.store.document(bu, holder).await?.map_or_else(|| holder.to_string(), |d| d.number);
        if claim.until.is_empty() {
            return Ok(format!("nothing: {number} has it, and keeps it"));
        }
        let states: Vec<String> = claim.until.iter().map(|state| format!("`{state}`")).collect();
        Ok(format!("wait until {number}, which has it, is {}", states.join(" or ")))
    }

    /// The decision, unless another document holds a key that it claims.
    async fn unclaimed(&self, command: &Command, decision: Decision, snapshot: &Snapshot) -> Result<Result<Decision, Box<Refusal>>, EngineError> {
        if decision.claims.is_empty() {
            return Ok(Ok(decision));
        }
        let keys: Vec<String> = decision.claims.iter().map(|c| c.key.clone()).collect();
        let holders = self.store.claim_holders(&decision.bu, &decision.document.workflow, &keys).await?;
        let mut reasons = Vec::new();
        for claim in &decision.claims {
            let Some((_, holder)) = holders.iter().find(|(key, holder)| *key == claim.key && *holder != decision.document.id) else { continue };
            let mut reason = Reason::new(ReasonCode::Claimed, claim.sentence.clone()).at_line(claim.line);
            reason.name.clone_from(&claim.code);
            reasons.push(reason.remedy(self.held_until(&decision.bu, holder, claim).await?));
        }
        if reasons.is_empty() {
            return Ok(Ok(decision));
        }
        let seen = snapshot.document.as_ref().map(|d| (d, Vec::new()));
        Ok(Err(refusal(command, &decision.event.transition, seen, reasons)))
    }
}

/// A book as a store keeps it.
///
/// # Errors
/// Its texts cannot be written down.
pub fn stored(book: &Book) -> Result<crate::store::Book, StoreError> {
    let files: std::collections::BTreeMap<&str, &str> = book.sources.files().map(|(_, f)| (f.name.as_str(), &*f.text)).collect();
    let files = serde_json::to_string(&files).map_err(|e| StoreError::Malformed(e.to_string()))?;
    Ok(crate::store::Book { hash: book.hash.clone(), name: book.manifest.name.clone(), files })
}

fn done(decision: Decision, committed: Committed) -> Done {
    let mut document = decision.document.clone();
    document.number.clone_from(&committed.number);
    Done { document, revision: committed.revision, decision: Some(decision), committed: Some(committed), followed: Vec::new() }
}

fn conflict(command: &Command) -> Box<Refusal> {
    let sentence = format!("the key `{}` was used before, for another command", command.key);
    let reason = Reason::new(ReasonCode::IdempotencyConflict, sentence).remedy("a new key for a new command");
    refusal(command, &command.transition(), None, vec![reason])
}

/// What the engine does itself happens when it is due, but never before what has happened already, nor in a period that was
/// closed meanwhile: then at the first moment that is open.
pub(super) fn on_time(command: &mut Command, snapshot: &Snapshot) {
    if command.actor == Actor::System {
        let last = snapshot.events.iter().map(|e| e.effective_at).max();
        let open = snapshot.closing.as_ref().map(|c| c.until);
        command.effective_at = command.effective_at.max(last.max(open).unwrap_or(command.effective_at));
        command.recorded_at = command.recorded_at.max(command.effective_at);
    }
}

/// Waits a little longer after each lost race; racers wait differently, by their keys.
async fn pause(command: &Command, attempt: u32) {
    let spread = command.key.as_str().bytes().fold(u64::from(attempt), |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let most = 2u64 << attempt.min(7);
    tokio::time::sleep(std::time::Duration::from_millis(1 + spread % most)).await;
}
