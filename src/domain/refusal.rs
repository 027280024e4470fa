//! A refusal: a business answer, not an error. Codes are stable; numbers stand in fields, so that no client parses a sentence.
//!
//! Must not know who renders it. Tests: engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{DocId, Name};

use super::Value;

/// Why, as a closed list. Where several hold, the first in this order gives the refusal its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The key was used before for another command.
    IdempotencyConflict,
    /// There is no such workflow in the book.
    UnknownWorkflow,
    /// There is no such document in the business unit.
    UnknownDocument,
    /// There is a document with this id already.
    DocumentExists,
    /// The document has moved on since the actor saw it.
    StaleRevision,
    /// The transition does not exist, or not from this state.
    NotAllowed,
    /// The actor holds none of the roles that may.
    RoleDenied,
    /// Whoever did the one may not do the other.
    FourEyes,
    /// The transition needs somebody else's approval first.
    ApprovalMissing,
    /// Something given does not fit what is asked: missing, unknown, of another type, unknown in the master data.
    BadInput,
    /// The effective time is not allowed: before the document's last transition, or in the future.
    BadTime,
    /// The effective time lies in a period whose books are closed.
    BooksClosed,
    /// A guard of the flow does not hold.
    Guard,
    /// There is not enough at the place that a move takes from.
    NotEnough,
    /// A serial number is not where a move takes it from, or is somewhere already.
    SerialPlace,
    /// A rule failed: it ran away, broke, or answered something of another shape.
    RuleFault,
    /// The document would end with parts in a clearing bin.
    PartsLeftBehind,
    /// The document would end with an obligation open.
    ObligationOpen,
    /// The document would end with a reverse paper open.
    ReverseOpen,
    /// Another document holds the key that this one claims.
    Claimed,
    /// The transition waits for the documents that were started.
    ChildrenOpen,
    /// The world kept changing while this was decided; try again.
    Contended,
}

/// Where in the book a reason stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// File, relative to the book.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Which rule, in which layer, had a say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSource {
    /// The rule.
    pub rule: Name,
    /// The layer: `default`, `bu/ac`, `asp/pune`.
    pub layer: Arc<str>,
    /// The script, relative to the book.
    pub file: Arc<str>,
    /// The line in the script, where known.
    pub line: Option<u32>,
}

/// A number that stood in the way: what there is, what was needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// What there is.
    pub have: Value,
    /// What was needed.
    pub need: Value,
}

/// One thing that would make it pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// In words: `at most 2`.
    pub text: String,
    /// The input that would have to change, if it is one.
    pub field: Option<Name>,
    /// The value that would pass, if it is one.
    pub value: Option<Value>,
}

/// One failing line or guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Why.
    pub code: ReasonCode,
    /// The guard's own code, where its author gave it one.
    pub name: Option<Name>,
    /// The sentence.
    pub sentence: String,
    /// The line of the document.
    pub line: Option<u32>,
    /// The field of the input.
    pub field: Option<Name>,
    /// The numbers.
    pub numbers: Option<Need>,
    /// All values that the guard looked at, by how they are written in the flow.
    pub values: BTreeMap<String, Value>,
    /// The rules that had a say.
    pub rules: Vec<RuleSource>,
    /// The place in the flow.
    pub place: Option<Place>,
    /// What would make it pass.
    pub remedies: Vec<Remedy>,
}

impl Reason {
    /// A reason with its sentence.
    #[must_use]
    pub fn new(code: ReasonCode, sentence: impl Into<String>) -> Self {
        Self {
            code,
            name: None,
            sentence: sentence.into(),
            line: None,
            field: None,
            numbers: None,
            values: BTreeMap::new(),
            rules: Vec::new(),
            place: None,
            remedies: Vec::new(),
        }
    }

    /// At a line of the document.
    #[must_use]
    pub fn at_line(mut self, line: Option<u32>) -> Self {
        self.line = line;
        self
    }

    /// About a field of the input.
    #[must_use]
    pub fn on_field(mut self, field: impl Into<Name>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// With something that would help.
    #[must_use]
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedies.push(Remedy { text: text.into(), field: None, value: None });
        self
    }
}

/// A refusal: what was wanted, and every reason why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The document.
    pub doc: DocId,
    /// The transition that was wanted.
    pub transition: Name,
    /// The state the document is in; absent where there is none.
    pub state: Option<Name>,
    /// Every reason, never empty, in the order of their codes, then lines.
    pub reasons: Vec<Reason>,
    /// What the actor may do now instead.
    pub allowed: Vec<Name>,
}

impl Refusal {
    /// The code of the refusal: that of its first reason.
    #[must_use]
    pub fn code(&self) -> ReasonCode {
        self.reasons.first().map_or(ReasonCode::NotAllowed, |r| r.code)
    }
}
