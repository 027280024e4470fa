//! A decision told from both sides: as it was, and as the change makes it, with all that either looked at.
//!
//! The words are those of `insight`. Must not know how it is printed. Tests: `tests/it/change_whatif.rs`.

use serde::Serialize;

use crate::base::{Bu, Timestamp};
use crate::domain::{Command, Decision, Move, Refusal, Snapshot};
use crate::engine::Engine;
use crate::insight::{self, Account, Difference, Told};

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The hash of the book that decided.
    pub book: String,
    /// The state it led to; absent where it was refused.
    pub to: Option<String>,
    /// The moves.
    pub moves: Vec<Move>,
    /// Why it was refused, where it was.
    pub refusal: Option<Box<Refusal>>,
    /// Conditions with their values, rules with their layers, lots offered, taken and passed over.
    pub account: Account,
}

/// The first decision that the change itself makes different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The business unit.
    pub bu: Bu,
    /// The document, by number.
    pub document: String,
    /// Its workflow.
    pub workflow: String,
    /// The transition.
    pub transition: String,
    /// Who wanted it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// In what the two differ, in the order in which it came about.
    pub differences: Vec<Difference>,
    /// As it was.
    pub then: Side,
    /// As it would have been.
    pub now: Side,
}

/// A decision made before a witness who keeps everything.
pub(super) fn told(engine: &Engine, snapshot: &Snapshot, command: &Command) -> Told {
    Told::by(engine.book(), engine.rules(), snapshot, command, &[])
}

fn side(engine: &Engine, told: Told) -> Side {
    let book = engine.book().hash.clone();
    match told.outcome {
        Ok(d) => Side { book, to: Some(d.event.to.to_string()), moves: d.moves, refusal: None, account: told.account },
        Err(refusal) => Side { book, to: None, moves: Vec::new(), refusal: Some(refusal), account: told.account },
    }
}

/// Both sides of a decision: each an engine, and what it decided.
pub(super) fn explained(d: &Decision, then: (&Engine, Told), now: (&Engine, Told)) -> Explained {
    Explained {
        bu: d.bu.clone(),
        document: if d.document.number.is_empty() { d.document.id.to_string() } else { d.document.number.clone() },
        workflow: d.document.workflow.to_string(),
        transition: d.event.transition.to_string(),
        actor: d.event.actor.to_string(),
        at: d.event.effective_at,
        differences: insight::differences(insight::side(&then.1), insight::side(&now.1)),
        then: side(then.0, then.1),
        now: side(now.0, now.1),
    }
}
