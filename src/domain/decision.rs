//! A decision: the complete list of what one transition changes. One fixed shape, committed as a whole or not at all.
//!
//! Must not know how it is committed. Tests: engine and store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Bu, DocId, Key, Name, ObligationId, PartCode, PartyCode, PersonCode, Quantity, Timestamp};

use super::{Command, Document, Lot, Move, Obligation, Value};

/// What a rule answered in this transition; or, with no layer, what the books answered to a question of the flow such as
/// `inbound of`, which moves alone do not tell later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    /// The rule.
    pub rule: Name,
    /// The layer that answered: `default`, `bu/ac`, `asp/pune`.
    pub layer: Arc<str>,
    /// The line of the document it was asked for, if any.
    pub line: Option<u32>,
    /// What it was given.
    pub arguments: Vec<Value>,
    /// What it answered.
    pub answer: Value,
}

impl RuleTrace {
    /// True for a question to the books, which no rule answered.
    #[must_use]
    pub fn is_question(&self) -> bool {
        self.layer.is_empty()
    }
}

/// The journal's row of one transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The transition.
    pub transition: Name,
    /// The state before; absent for an opening.
    pub from: Option<Name>,
    /// The state after.
    pub to: Name,
    /// Who did it.
    pub actor: PersonCode,
    /// As what: the role that allowed it.
    pub role: Name,
    /// The idempotency key.
    pub key: Key,
    /// SHA-256 of the command's body, to tell a repeat from another command with the same key.
    pub body_hash: String,
    /// The book it was decided under.
    pub book_hash: String,
    /// The version of the workflow.
    pub version: u32,
    /// When the store learned of it.
    pub recorded_at: Timestamp,
    /// When it happened.
    pub effective_at: Timestamp,
    /// The input as it was given.
    pub input: super::Input,
    /// What the rules answered.
    pub rules: Vec<RuleTrace>,
}

/// The next number of a series, taken inside the commit: `prefix`, the number with leading zeros, `suffix`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesTake {
    /// The series: issuer and pattern, so that each runs without gaps.
    pub series: String,
    /// Text before the number.
    pub prefix: String,
    /// Digits of the number.
    pub width: u32,
    /// Text after the number.
    pub suffix: String,
    /// Which of the numbers taken from the same series in this commit, from 1.
    pub ordinal: u32,
}

/// A paper to issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperDraft {
    /// Its kind, as the vocabulary declares it.
    pub kind: Name,
    /// Where its number comes from.
    pub number: SeriesTake,
    /// The consigner.
    pub from: Option<PartyCode>,
    /// The consignee.
    pub to: Option<PartyCode>,
    /// For a reverse paper: the position in [`Decision::papers`] of the paper it reverses.
    pub reverse_of: Option<u32>,
}

/// How an obligation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationChangeKind {
    /// Fulfilled.
    Settled,
    /// Let off.
    Waived,
    /// Charged instead.
    Debited,
}

/// One change of an existing obligation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationChange {
    /// Which.
    pub id: ObligationId,
    /// How.
    pub kind: ObligationChangeKind,
    /// How much of it; above zero, at most what is open.
    pub quantity: Quantity,
}

/// The timer that fired a transition: the same commit takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiredTimer {
    /// The document that it belongs to.
    pub doc: DocId,
    /// Its id there.
    pub id: String,
}

/// What the clock does later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// The state's deadline passes: notify, once.
    Deadline {
        /// Whom.
        notify: Option<Name>,
    },
    /// A transition fires by the clock.
    Fire {
        /// Which.
        transition: Name,
    },
    /// Another document is opened.
    Start(Box<Command>),
    /// The document has ended: the one that started it may go on.
    Tell {
        /// Which one.
        parent: DocId,
    },
    /// Parts have come free: documents that wait for them are served.
    Arrived(Vec<Freed>),
    /// The document waits for parts: what came free since it looked for them serves it after all.
    Waits(Vec<Waited>),
}

/// A part that a document waits for, and how much of it there was when it looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waited {
    /// Where it would come free.
    pub freed: Freed,
    /// How much the document left there.
    pub seen: Quantity,
}

/// A part that came into a bin of a party, where documents wait for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Freed {
    /// The party.
    pub party: PartyCode,
    /// The bin.
    pub bin: Name,
    /// The part.
    pub part: PartCode,
}

impl TimerKind {
    /// Whether it stays when the document leaves its state: it is about others.
    #[must_use]
    pub const fn outlasts_the_state(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Arrived(_))
    }
}

/// A timer of a document. Deadlines and transitions by the clock are void once it has left the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Unique in the document: revision and ordinal.
    pub id: String,
    /// When.
    pub due_at: Timestamp,
    /// What.
    pub kind: TimerKind,
    /// The state it belongs to.
    pub state: Name,
}

/// For whom an outbox row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxKind {
    /// A message to people in a role.
    Notify,
    /// An event for other systems.
    Emit,
}

/// A message or event to be delivered once the commit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Message or event.
    pub kind: OutboxKind,
    /// Role or party to notify, or the event's name.
    pub topic: Name,
    /// The message; empty for events.
    pub text: String,
    /// The event's fields; of a message to a role that is held at parties, at which ones: `{"at": ["coolfix"]}`.
    pub payload: serde_json::Value,
}

/// A key that only one document may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The key, unique in business unit and workflow.
    pub key: String,
    /// The states in which the claim is given up again.
    pub until: Vec<Name>,
    /// Its own code.
    #[serde(default)]
    pub code: Option<Name>,
    /// The line it is claimed for.
    #[serde(default)]
    pub line: Option<u32>,
    /// What to say when another document holds it.
    pub sentence: String,
}

/// A document to be started by this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildStart {
    /// Its id.
    pub doc: DocId,
    /// Its workflow.
    pub workflow: Name,
}

/// Everything one transition changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The business unit.
    pub bu: Bu,
    /// The document as it will be; its revision is the new one.
    pub document: Document,
    /// True when the document is opened by this transition.
    pub opens: bool,
    /// Where the document's number comes from, when it is opened.
    pub number: Option<SeriesTake>,
    /// The hash of the document's last event, as the snapshot gave it; empty for an opening.
    pub chain: String,
    /// The journal row.
    pub event: Event,
    /// Lots that come into the world.
    pub lots: Vec<Lot>,
    /// The moves, in order.
    pub moves: Vec<Move>,
    /// New obligations.
    pub owed: Vec<Obligation>,
    /// Changes of obligations.
    pub obligation_changes: Vec<ObligationChange>,
    /// Papers to issue.
    pub papers: Vec<PaperDraft>,
    /// Numbers of reverse papers that are closed.
    pub papers_closed: Vec<String>,
    /// Up to when the books of the business unit are closed by this transition: nothing before that can be entered any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub books_closed: Option<Timestamp>,
    /// New timers; those of the state that is left end by themselves.
    pub timers: Vec<Timer>,
    /// True when the state's timers start anew (the state was entered).
    pub enters_state: bool,
    /// The timer whose due time fired this transition.
    pub fired_timer: Option<FiredTimer>,
    /// Messages and events.
    pub outbox: Vec<OutboxRow>,
    /// Keys claimed.
    pub claims: Vec<Claim>,
    /// Documents started.
    pub children: Vec<ChildStart>,
}

impl Decision {
    /// A decision that changes nothing but its document, which enters its state; it opens where the revision is the first.
    #[must_use]
    pub fn plain(document: Document, event: Event) -> Self {
        Self {
            bu: document.bu.clone(),
            opens: document.revision == 1,
            document,
            number: None,
            chain: String::new(),
            event,
            lots: Vec::new(),
            moves: Vec::new(),
            owed: Vec::new(),
            obligation_changes: Vec::new(),
            papers: Vec::new(),
            papers_closed: Vec::new(),
            books_closed: None,
            timers: Vec::new(),
            enters_state: true,
            fired_timer: None,
            outbox: Vec::new(),
            claims: Vec::new(),
            children: Vec::new(),
        }
    }
}
