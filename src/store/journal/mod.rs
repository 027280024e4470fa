//! The journal as a file of JSON Lines: all decisions of a store in the order in which they were recorded, with the master
//! data and the books before them and the seals behind. Whoever commits them again, in any database, gets the same rows.
//!
//! The file says nothing of balances: they follow. Must not know files or terminals. Tests: `tests/it/store_journal.rs`.

mod decisions;
mod export;
mod import;
mod sketch;

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::{Bu, DocId, Timestamp};
use crate::domain::{Decision, OutboxRow};

use super::chain::json;
use super::deployment::Deployment;
use super::error::StoreError;
use super::seal::Seal;
use super::shape;
use super::verify::{VerifyOptions, VerifyReport, Watch};
use super::{Store, each};

pub use sketch::Sketch;

/// The form of the file that this program writes and reads.
const FORM: u32 = 1;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first: what the file is.
    Journal(Head),
    /// Rows of the master data of a business unit, by table, in the order of the columns.
    Master { bu: String, tables: BTreeMap<String, Vec<Vec<String>>> },
    /// A book.
    Book(BookLine),
    /// A transition.
    Event(Box<Entry>),
    /// A series, and the last number it has given.
    Series { bu: String, series: String, last: u64 },
    /// What a seal covers.
    Sealed { bu: Bu, number: u64, leaves: Vec<LeafLine> },
    /// A seal.
    Seal(Seal),
    /// The last: how many lines came before it, and their SHA-256.
    End { lines: u64, sha256: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    form: u32,
    store: String,
    events: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct BookLine {
    hash: String,
    name: String,
    files: String,
    /// When it was deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deployed: Vec<Deployment>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LeafLine {
    ordinal: i64,
    doc: String,
    revision: i64,
    hash: String,
}

/// One transition as it was decided. What a document says is kept only as it is now, so the decisions before its last one
/// carry an empty document, and the hash of what it said.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    decision: Decision,
    /// The hash of what the document said.
    content: String,
    /// The hash of the event.
    hash: String,
    /// The numbers that were given: the document's, if it was opened, then those of the papers.
    numbers: Vec<u64>,
    /// For each paper the event that took the number before its own; a journal of an older program does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    follows: Vec<String>,
    /// What became of the document's messages, timers and started documents since; with its last transition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Since>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Since {
    /// Started documents that were refused, and why.
    refused: Vec<(DocId, String)>,
    /// Timers that went off, with the messages they sent.
    rang: Vec<Rang>,
    /// Messages that were delivered, and when.
    sent: Vec<(String, Timestamp)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Rang {
    timer: String,
    at: Timestamp,
    outbox: Vec<OutboxRow>,
}

/// What an export or an import has carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct JournalReport {
    /// Rows of master data.
    pub master: u64,
    /// Books.
    pub books: u64,
    /// Transitions.
    pub events: u64,
    /// Seals.
    pub seals: u64,
}

/// A journal that was brought in, and what was found when it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What it carried.
    pub journal: JournalReport,
    /// Where this is not sound, nothing was kept.
    pub verified: VerifyReport,
}

impl Store {
    /// Writes the whole journal down as it is at one moment, while others go on.
    ///
    /// # Errors
    /// A fault of the database or of the file; a store in memory has no journal to be kept.
    pub async fn export(&self, to: &mut (dyn Write + Send), watch: &mut Watch<'_>) -> Result<JournalReport, StoreError> {
        each!(self, export(to, watch).await)
    }

    /// Commits a whole journal again, in one transaction, which is verified before it ends: where anything is wrong, nothing of
    /// it is kept. The store must be empty; its guards stay as they are.
    ///
    /// # Errors
    /// The store is not empty; the file is damaged; a fault of the database.
    pub async fn import(&self, from: &mut (dyn BufRead + Send), options: &VerifyOptions, watch: &mut Watch<'_>) -> Result<Imported, StoreError> {
        each!(self, import(from, options, watch).await)
    }
}

impl super::memory::Memory {
    #[expect(clippy::unused_async, reason = "one face for all stores")]
    async fn export(&self, _to: &mut (dyn Write + Send), _watch: &mut Watch<'_>) -> Result<JournalReport, StoreError> {
        Err(StoreError::Admin("a store in memory has no journal to be kept".to_owned()))
    }

    #[expect(clippy::unused_async, reason = "one face for all stores")]
    async fn import(&self, _from: &mut (dyn BufRead + Send), _options: &VerifyOptions, _watch: &mut Watch<'_>) -> Result<Imported, StoreError> {
        Err(StoreError::Admin("a store in memory would forget the journal at once: name a database".to_owned()))
    }
}

/// A transition as the journal tells it.
#[derive(Debug)]
pub struct Recorded {
    /// What was decided. Only the last decision of a document carries what the document says.
    pub decision: Decision,
    /// The hash of what the document said.
    pub content: String,
    /// The document's number, with the transition that opened it.
    pub number: Option<String>,
    /// True for the document's last transition.
    pub last: bool,
}

/// A journal that is read, one transition after the other.
pub struct Journal<'a>(Reader<'a>, u64);

impl<'a> Journal<'a> {
    /// Begins to read what [`Store::export`] wrote.
    ///
    /// # Errors
    /// It is no journal, or its first line is damaged.
    pub fn open(from: &'a mut (dyn BufRead + Send)) -> Result<Self, StoreError> {
        let mut reader = Reader::new(from);
        match reader.next()? {
            Some(Line::Journal(head)) => Ok(Self(reader, head.events)),
            _ => Err(StoreError::Admin("this file is no journal of bincard".to_owned())),
        }
    }

    /// How many transitions it tells of.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.1
    }

    /// The next transition; nothing after the last.
    ///
    /// # Errors
    /// The journal is damaged.
    pub fn next_event(&mut self) -> Result<Option<Recorded>, StoreError> {
        loop {
            match self.0.next()? {
                None => return Ok(None),
                Some(Line::Event(entry)) => {
                    // Only what a document says in the end has its number with it.
                    let last = !entry.decision.document.number.is_empty();
                    let taken = entry.decision.number.as_ref().zip(entry.numbers.first());
                    let number = taken.map(|(take, n)| shape::number(take, n.saturating_sub(u64::from(take.ordinal))));
                    return Ok(Some(Recorded { decision: entry.decision, content: entry.content, number, last }));
                }
                Some(_) => {}
            }
        }
    }
}

/// Writes lines, and keeps count of them.
struct Lines<'a> {
    to: &'a mut (dyn Write + Send),
    lines: u64,
    digest: Sha256,
}

impl<'a> Lines<'a> {
    fn new(to: &'a mut (dyn Write + Send)) -> Self {
        Self { to, lines: 0, digest: Sha256::new() }
    }

    fn write(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut text = json(line)?;
        text.push('\n');
        self.digest.update(text.as_bytes());
        self.lines += 1;
        self.to.write_all(text.as_bytes()).map_err(|e| StoreError::Admin(format!("the journal cannot be written: {e}")))
    }

    /// The line that shows that nothing is missing.
    fn end(mut self) -> Result<(), StoreError> {
        let end = Line::End { lines: self.lines, sha256: hex::encode(self.digest.clone().finalize()) };
        self.write(&end)
    }
}

/// Reads lines, and keeps count of them.
struct Reader<'a> {
    from: &'a mut (dyn BufRead + Send),
    lines: u64,
    digest: Sha256,
}

impl<'a> Reader<'a> {
    fn new(from: &'a mut (dyn BufRead + Send)) -> Self {
        Self { from, lines: 0, digest: Sha256::new() }
    }

    /// The next line; nothing after the last, which must be there and fit.
    fn next(&mut self) -> Result<Option<Line>, StoreError> {
        let mut text = String::new();
        let damaged = |n: u64, why: &str| StoreError::Admin(format!("line {} of the journal: {why}", n + 1));
        self.from.read_line(&mut text).map_err(|e| damaged(self.lines, &e.to_string()))?;
        if text.is_empty() {
            return Err(damaged(self.lines, "the file ends too early"));
        }
        let line: Line = serde_json::from_str(&text).map_err(|e| damaged(self.lines, &e.to_string()))?;
        if let Line::End { lines, sha256 } = &line {
            let whole = *lines == self.lines && *sha256 == hex::encode(self.digest.clone().finalize());
            return if whole { Ok(None) } else { Err(damaged(self.lines, "the file is not what was written: lines are missing or were changed")) };
        }
        self.digest.update(text.as_bytes());
        self.lines += 1;
        Ok(Some(line))
    }
}
