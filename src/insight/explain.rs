//! Why a transition was decided as it was: who, when, by which book, by which guards, rules and lots, and what came of it;
//! and whether today's book would decide otherwise.
//!
//! Reads only. Must not know who shows it. Tests: `tests/it/explain.rs`.

use serde::Serialize;

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::{ChildStart, Event, Move, Obligation, ObligationChange, OutboxRow, Paper, Refusal};
use crate::model::Book;
use crate::rules::Rules;
use crate::store::{MoveFilter, PaperFilter, Store, StoreError};

use super::account::{Account, Difference, Side, differences};
use super::recall::{Retold, Told, retell};

/// Which revisions of a document to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// One.
    Revision(u64),
}

/// The book that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecidedBy {
    /// Its hash.
    pub hash: String,
    /// Its name; absent where the store does not have it.
    pub name: Option<String>,
    /// The version of the workflow.
    pub version: u32,
    /// True for today's book.
    pub current: bool,
}

/// What today's book would decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Today {
    /// It is the same book.
    SameBook,
    /// Nobody said what today's book is.
    NotAsked,
    /// Another book, and the same decision.
    Same,
    /// Another decision: the first difference stands first.
    Otherwise {
        /// In what they differ.
        differences: Vec<Difference>,
        /// The refusal, where it would refuse.
        refusal: Option<Box<Refusal>>,
    },
    /// The old decision cannot be made again, so nothing can be compared.
    Unknown,
}

/// One transition, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The business unit.
    pub bu: Bu,
    /// The document.
    pub doc: DocId,
    /// Its printed number.
    pub number: String,
    /// Its workflow.
    pub workflow: Name,
    /// The revision that the transition made.
    pub revision: u64,
    /// The event: who, when, as what, with what input, and what rules answered.
    pub event: Event,
    /// The book.
    pub book: DecidedBy,
    /// The moves.
    pub moves: Vec<Move>,
    /// Papers issued.
    pub papers: Vec<Paper>,
    /// What came to be owed.
    pub owed: Vec<Obligation>,
    /// Obligations settled, waived or debited.
    pub settled: Vec<ObligationChange>,
    /// Documents started.
    pub started: Vec<ChildStart>,
    /// Messages and events.
    pub messages: Vec<OutboxRow>,
    /// Conditions with their values, and lots; absent where the decision cannot be made again.
    pub account: Option<Account>,
    /// In what the decision made again is not the stored one.
    pub doubts: Vec<String>,
    /// What today's book would decide.
    pub today: Today,
}

impl Explanation {
    /// When it happened.
    #[must_use]
    pub const fn effective_at(&self) -> Timestamp {
        self.event.effective_at
    }
}

/// Explains transitions of a document. `today` is the book to compare with.
///
/// # Errors
/// A fault of the store.
pub async fn explain(store: &Store, today: Option<(&Book, &Rules)>, bu: &Bu, doc: &DocId, which: Which) -> Result<Vec<Explanation>, StoreError> {
    let wanted = |revision| which == Which::All || which == Which::Revision(revision);
    let Some(document) = store.document(bu, doc).await? else { return Ok(Vec::new()) };
    let moves = store.moves(&MoveFilter { doc: Some(doc.clone()), limit: u32::MAX >> 1, ..MoveFilter::new(bu.clone()) }).await?;
    let papers = store.papers(&PaperFilter { doc: Some(doc.clone()), ..PaperFilter::new(bu.clone()) }).await?;
    let mut told = Vec::new();
    for retold in retell(store, bu, doc, wanted, today).await? {
        let revision = retold.record.revision;
        let name = store.book(&retold.record.event.book_hash).await?.map(|b| b.name);
        let decision = retold.then.as_ref().and_then(|t| t.outcome.as_ref().ok());
        told.push(Explanation {
            bu: bu.clone(),
            doc: doc.clone(),
            number: document.number.clone(),
            workflow: document.workflow.clone(),
            revision,
            book: DecidedBy {
                hash: retold.record.event.book_hash.clone(),
                name,
                version: retold.record.event.version,
                current: today.is_some_and(|(book, _)| book.hash == retold.record.event.book_hash),
            },
            moves: moves.iter().filter(|m| m.revision == revision).map(|m| m.movement.clone()).collect(),
            papers: papers.iter().filter(|p| p.revision == revision).cloned().collect(),
            owed: decision.map(|d| d.owed.clone()).unwrap_or_default(),
            settled: decision.map(|d| d.obligation_changes.clone()).unwrap_or_default(),
            started: decision.map(|d| d.children.clone()).unwrap_or_default(),
            messages: decision.map(|d| d.outbox.clone()).unwrap_or_default(),
            today: compared(&retold, today.map(|(book, _)| book)),
            event: retold.record.event,
            account: retold.then.map(|t| t.account),
            doubts: retold.doubts,
        });
    }
    Ok(told)
}

fn compared(retold: &Retold, today: Option<&Book>) -> Today {
    let Some(book) = today else { return Today::NotAsked };
    if book.hash == retold.record.event.book_hash {
        return Today::SameBook;
    }
    let (Some(then), Some(now)) = (&retold.then, &retold.today) else { return Today::Unknown };
    if then.outcome.is_err() {
        return Today::Unknown;
    }
    let differences = differences(side(then), side(now));
    if differences.is_empty() { Today::Same } else { Today::Otherwise { differences, refusal: now.outcome.as_ref().err().cloned() } }
}

/// One side of a comparison.
#[must_use]
pub fn side(told: &Told) -> Side<'_> {
    Side { outcome: told.outcome.as_ref().map_err(AsRef::as_ref), account: &told.account }
}
