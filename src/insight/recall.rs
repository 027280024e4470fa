//! Decides again what was decided before: the stored book, the stored command, and the books as they stood at that moment.
//!
//! A document is told again from its opening, revision by revision, so that what it said then need not be kept. Stock is
//! summed from the moves that were recorded before; what moves do not tell stands with the event. What master data said then
//! is not kept: where that has changed, the retelling differs and says so. Reads only. Tests: `tests/it/explain.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{Bu, DocId, PartCode};
use crate::check::{BookFile, BookFiles, check};
use crate::domain::{Action, Actor, Command, Decision, Document, Obligation, PastEvent, Refusal, RuleTrace, Snapshot};
use crate::engine::{Witness, decide, decide_move, decide_seen};
use crate::model::Book;
use crate::rules::Rules;
use crate::store::{EventRecord, MoveFilter, MoveRecord, Store, StoreError};

use super::account::Account;
use super::rewind::{Past, Ties};

/// A book with its rules, as it was kept.
#[derive(Debug)]
pub struct StoredBook {
    /// The book.
    pub book: Book,
    /// Its rules.
    pub rules: Rules,
}

/// A decision that was made again.
#[derive(Debug)]
pub struct Told {
    /// What came out.
    pub outcome: Result<Decision, Box<Refusal>>,
    /// What was looked at.
    pub account: Account,
}

impl Told {
    /// Decides by a book, before a curious witness who knows what the books answered then.
    #[must_use]
    pub fn by(book: &Book, rules: &Rules, snapshot: &Snapshot, command: &Command, known: &[RuleTrace]) -> Self {
        let witness = Witness::curious(known);
        let outcome = match moved_over(command) {
            true => decide_move(book, rules, snapshot, &[], command).and_then(|moved| moved.map_or_else(|| decide(book, rules, snapshot, command), Ok)),
            false => decide_seen((book, rules), snapshot, command, Some(&witness)),
        };
        let account = Account::of(book, &witness);
        Self { outcome, account }
    }
}

/// Whether the engine moved the document over to another version of its workflow.
fn moved_over(command: &Command) -> bool {
    command.actor == Actor::System && command.transition().as_str().starts_with("migrate from ")
}

/// A revision of a document, told again.
#[derive(Debug)]
pub struct Retold {
    /// The event as it stands in the journal.
    pub record: EventRecord,
    /// The book that decided it; none where it cannot be read any more.
    pub book: Option<Arc<StoredBook>>,
    /// The decision made again; none where that is not possible.
    pub then: Option<Told>,
    /// In what the decision made again is not the stored one, and why one could not be made.
    pub doubts: Vec<String>,
    /// The same decided by another book.
    pub today: Option<Told>,
}

/// Stored books, each compiled once.
#[derive(Debug, Default)]
struct Books {
    known: BTreeMap<String, Result<Arc<StoredBook>, String>>,
}

impl Books {
    async fn get(&mut self, store: &Store, hash: &str) -> Result<Result<Arc<StoredBook>, String>, StoreError> {
        if let Some(known) = self.known.get(hash) {
            return Ok(known.clone());
        }
        let found = match store.book(hash).await? {
            Some(kept) => compile(&kept.files).map(Arc::new),
            None => Err("the book that decided it is not in this store".to_owned()),
        };
        self.known.insert(hash.to_owned(), found.clone());
        Ok(found)
    }
}

/// A book from its files as the store keeps them: paths and texts.
fn compile(files: &str) -> Result<StoredBook, String> {
    let files: BTreeMap<String, String> = serde_json::from_str(files).map_err(|e| format!("the stored book cannot be read: {e}"))?;
    let file = |(path, text): (&String, &String)| BookFile { path: path.clone(), text: text.clone() };
    let ending = |end: &str| -> Vec<BookFile> { files.iter().filter(|(path, _)| path.ends_with(end)).map(file).collect() };
    let Some(manifest) = ending("bincard.yaml").pop() else { return Err("the stored book has no manifest".to_owned()) };
    let checked = check(&BookFiles { manifest, flows: ending(".flow"), rules: ending(".rhai") });
    match checked.book {
        Some(book) => Ok(StoredBook { book, rules: checked.rules }),
        None => {
            Err(format!("the stored book has mistakes by what is checked today: {}", checked.diagnostics.first().map(|d| d.title.clone()).unwrap_or_default()))
        }
    }
}

/// Tells the wanted revisions of a document again, and what another book would decide in their place.
///
/// # Errors
/// A fault of the store.
pub async fn retell(store: &Store, bu: &Bu, doc: &DocId, wanted: impl Fn(u64) -> bool, today: Option<(&Book, &Rules)>) -> Result<Vec<Retold>, StoreError> {
    let events = store.events(bu, doc).await?;
    let Some(document) = store.document(bu, doc).await? else { return Ok(Vec::new()) };
    let moves = store.moves(&MoveFilter { doc: Some(doc.clone()), limit: u32::MAX >> 1, ..MoveFilter::new(bu.clone()) }).await?;
    let last = events.iter().map(|r| r.revision).filter(|r| wanted(*r)).max().unwrap_or(0);
    // Today's book need not be read again from the store.
    let known = today.map(|(book, rules)| (book.hash.clone(), Ok(Arc::new(StoredBook { book: book.clone(), rules: rules.clone() }))));
    let books = Books { known: known.into_iter().collect() };
    let mut teller = Teller { store, document, moves, books, going: Going::default() };
    let mut told = Vec::new();
    for record in events.iter().filter(|r| r.revision <= last) {
        let past = &events;
        let retold = teller.revision(past, record, today.filter(|_| wanted(record.revision))).await?;
        let broken = retold.then.as_ref().is_none_or(|t| t.outcome.is_err());
        if wanted(record.revision) {
            told.push(retold);
        } else if broken {
            // What came before cannot be told, so nothing that follows can.
            teller.going.lost = true;
        }
    }
    Ok(told)
}

/// The document as far as it has been told.
#[derive(Default)]
pub(super) struct Going {
    pub document: Option<Document>,
    pub obligations: Vec<Obligation>,
    pub closed: Vec<String>,
    pub children: Vec<DocId>,
    lost: bool,
}

impl Going {
    /// Takes over what a decision changed.
    fn goes_on(&mut self, decision: &Decision, number: &str) {
        self.document = Some(Document { number: number.to_owned(), ..decision.document.clone() });
        self.obligations.extend(decision.owed.iter().cloned());
        for change in &decision.obligation_changes {
            if let Some(o) = self.obligations.iter_mut().find(|o| o.id == change.id) {
                o.open = o.open - change.quantity;
            }
        }
        self.closed.extend(decision.papers_closed.iter().cloned());
        self.children.extend(decision.children.iter().map(|c| c.doc.clone()));
    }
}

struct Teller<'a> {
    store: &'a Store,
    /// The document as it is now.
    document: Document,
    moves: Vec<MoveRecord>,
    books: Books,
    going: Going,
}

impl Teller<'_> {
    async fn revision(&mut self, events: &[EventRecord], record: &EventRecord, today: Option<(&Book, &Rules)>) -> Result<Retold, StoreError> {
        let mut retold = Retold { record: record.clone(), book: None, then: None, doubts: Vec::new(), today: None };
        match self.books.get(self.store, &record.event.book_hash).await? {
            Ok(book) => retold.book = Some(book),
            Err(why) => retold.doubts.push(why),
        }
        if self.going.lost {
            retold.doubts.push("an earlier transition of the document could not be decided again".to_owned());
        }
        let Some(book) = retold.book.clone().filter(|_| !self.going.lost) else {
            self.going.lost = true;
            return Ok(retold);
        };
        let command = self.command(record);
        let mut ties = Ties::Before;
        for attempt in [Ties::Before, Ties::After, Ties::Entered] {
            let snapshot = self.past(events, record, attempt).snapshot(self.store, &book.book, &command).await?;
            let told = Told::by(&book.book, &book.rules, &snapshot, &command, &record.event.rules);
            let doubts = self.doubts(record, &told);
            let better = retold.then.as_ref().is_none_or(|t| t.outcome.is_err() && told.outcome.is_ok()) || doubts.is_empty();
            let done = doubts.is_empty();
            if better {
                (retold.then, retold.doubts, ties) = (Some(told), doubts, attempt);
            }
            if done {
                break;
            }
        }
        if let Some((now, rules)) = today.filter(|(now, _)| now.hash != record.event.book_hash) {
            let snapshot = self.past(events, record, ties).snapshot(self.store, now, &command).await?;
            retold.today = Some(Told::by(now, rules, &snapshot, &command, &record.event.rules));
        }
        match retold.then.as_ref().map(|t| &t.outcome) {
            Some(Ok(decision)) => self.going.goes_on(decision, &self.document.number),
            _ => self.going.lost = true,
        }
        Ok(retold)
    }

    fn past<'p>(&'p self, events: &'p [EventRecord], record: &'p EventRecord, ties: Ties) -> Past<'p> {
        Past { events, record, going: &self.going, moves: &self.moves, doc: &self.document.id, ties }
    }

    /// The command of an event.
    fn command(&self, record: &EventRecord) -> Command {
        let e = &record.event;
        let action = if record.revision == 1 {
            Action::Open { workflow: self.document.workflow.clone(), transition: Some(e.transition.clone()), parent: self.document.parent.clone() }
        } else {
            Action::Fire { transition: e.transition.clone() }
        };
        Command {
            bu: self.document.bu.clone(),
            doc: self.document.id.clone(),
            action,
            actor: if e.actor == *"system" { Actor::System } else { Actor::Person(e.actor.clone()) },
            input: e.input.clone(),
            key: e.key.clone(),
            recorded_at: e.recorded_at,
            effective_at: e.effective_at,
            seen_revision: None,
        }
    }

    /// In what a decision made again is not the one that the journal holds.
    fn doubts(&self, record: &EventRecord, told: &Told) -> Vec<String> {
        let decision = match &told.outcome {
            Ok(decision) => decision,
            Err(refusal) => {
                let why = refusal.reasons.first().map(|r| r.sentence.clone()).unwrap_or_default();
                return vec![format!("decided again it is refused, so something that it read has changed since: {why}")];
            }
        };
        let mut doubts = Vec::new();
        let stored: Vec<_> = self.moves.iter().filter(|m| m.revision == record.revision).map(|m| &m.movement).collect();
        if !decision.moves.iter().eq(stored.iter().copied()) {
            doubts.push(format!("decided again it makes other moves: {} instead of {}", count(decision.moves.len()), count(stored.len())));
        }
        if decision.event.to != record.event.to {
            doubts.push(format!("decided again it leads to `{}` instead of `{}`", decision.event.to, record.event.to));
        }
        let unlike = |a: &&RuleTrace| !decision.event.rules.contains(a);
        if let Some(trace) = record.event.rules.iter().find(unlike) {
            doubts.push(format!(
                "`{}` was asked with other arguments than now: master data has changed since, or others moved at the very same moment",
                trace.rule
            ));
        }
        if record.revision == self.document.revision && decision.document.lines != self.document.lines {
            doubts.push("decided again the lines say something else".to_owned());
        }
        doubts
    }
}

fn count(moves: usize) -> String {
    format!("{moves} move{}", if moves == 1 { "" } else { "s" })
}

/// An earlier transition, as far as later ones ask.
pub(super) fn past_event(record: &EventRecord) -> PastEvent {
    PastEvent {
        revision: record.revision,
        transition: record.event.transition.clone(),
        actor: record.event.actor.clone(),
        effective_at: record.event.effective_at,
    }
}

/// The parts that anything in a document names.
pub(super) fn parts_of(document: &Document) -> impl Iterator<Item = &PartCode> {
    let lines = document.lines.iter().flat_map(|l| l.values.values());
    document.fields.values().chain(lines).filter_map(crate::domain::Value::as_part)
}
