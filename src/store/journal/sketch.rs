//! What a first look at the journal tells of each transition: whose it is and when it was. All else is passed over unread.
//!
//! Must not know what is decided. Tests: `tests/it/change_whatif.rs`.

use serde::Deserialize;

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::ChildStart;

use super::super::error::StoreError;
use super::Journal;

/// A transition in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The business unit.
    pub bu: Bu,
    /// The document.
    pub doc: DocId,
    /// Its workflow.
    pub workflow: Name,
    /// The document that started it.
    pub parent: Option<DocId>,
    /// True where the document ends with it, for good.
    pub ended: bool,
    /// When it happened.
    pub effective_at: Timestamp,
    /// True where it closes the books.
    pub closes: bool,
    /// Documents that it is said to have started: all those of a document stand with its last transition.
    pub children: Vec<ChildStart>,
}

#[derive(Deserialize)]
struct LightLine {
    event: Option<LightEntry>,
}

#[derive(Deserialize)]
struct LightEntry {
    decision: LightDecision,
}

#[derive(Deserialize)]
struct LightDecision {
    bu: Bu,
    document: LightDocument,
    event: LightEvent,
    #[serde(default)]
    books_closed: Option<Timestamp>,
    #[serde(default)]
    children: Vec<ChildStart>,
}

#[derive(Deserialize)]
struct LightDocument {
    id: DocId,
    workflow: Name,
    ended: bool,
    parent: Option<DocId>,
}

#[derive(Deserialize)]
struct LightEvent {
    effective_at: Timestamp,
}

impl Journal<'_> {
    /// The next transition in a few words; nothing at the end of the file. Whether the file is whole is told to whoever
    /// reads it with [`Journal::next_event`].
    ///
    /// # Errors
    /// The journal is damaged.
    pub fn next_sketch(&mut self) -> Result<Option<Sketch>, StoreError> {
        loop {
            let mut text = String::new();
            let damaged = |why: &str| StoreError::Admin(format!("the journal cannot be read: {why}"));
            self.0.from.read_line(&mut text).map_err(|e| damaged(&e.to_string()))?;
            if text.is_empty() {
                return Ok(None);
            }
            let line: LightLine = serde_json::from_str(&text).map_err(|e| damaged(&e.to_string()))?;
            let Some(LightEntry { decision: d }) = line.event else { continue };
            return Ok(Some(Sketch {
                bu: d.bu,
                doc: d.document.id,
                workflow: d.document.workflow,
                parent: d.document.parent,
                ended: d.document.ended,
                effective_at: d.event.effective_at,
                closes: d.books_closed.is_some(),
                children: d.children,
            }));
        }
    }
}
