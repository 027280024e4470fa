//! A decision told from both sides: under the book of that time, and under the changed one.
//!
//! Must not know how it is printed. Tests: `tests/it/change_whatif.rs`.

use serde::Serialize;

use crate::base::Timestamp;
use crate::domain::{Command, Decision, Refusal, Snapshot};
use crate::engine::{Engine, Witness, decide_seen};
use crate::model::Book;

/// What a decision came to, with what it looked at.
pub(super) struct Told {
    pub decided: Result<Decision, Box<Refusal>>,
    pub side: Side,
}

/// One side of a difference, in lines for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Side {
    /// What came out.
    pub outcome: String,
    /// The guards that were asked, as written, with what came out.
    pub guards: Vec<String>,
    /// What rules answered: rule, layer, answer.
    pub rules: Vec<String>,
    /// The moves: quantity, part, lot, from, to.
    pub moves: Vec<String>,
    /// Numbers that the refusing guards looked at.
    pub numbers: Vec<String>,
}

/// The first decision that the change itself makes different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
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
    /// As it was.
    pub then: Side,
    /// As it would have been.
    pub now: Side,
}

impl Engine {
    /// Decides on a snapshot, and keeps what was looked at.
    pub(super) fn side(&self, snapshot: &Snapshot, command: &Command) -> Told {
        let witness = Witness::default();
        let decided = decide_seen((self.book(), self.rules()), snapshot, command, Some(&witness));
        let mut guards: Vec<String> = witness
            .checks()
            .into_iter()
            .map(|c| {
                let line = c.line.map(|n| format!("line {n}: ")).unwrap_or_default();
                format!("{line}{} {}", written(self.book(), c.span), if c.held { "holds" } else { "does not hold" })
            })
            .collect();
        guards.dedup();
        let side = match &decided {
            Ok(decision) => done(decision, guards),
            Err(refusal) => refused(refusal, guards),
        };
        Told { decided, side }
    }
}

fn written(book: &Book, span: crate::base::Span) -> String {
    let text = book.sources.file(span.file).and_then(|f| f.text.get(span.start as usize..span.end as usize)).unwrap_or_default();
    format!("`{}`", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn done(decision: &Decision, guards: Vec<String>) -> Side {
    let rules = decision.event.rules.iter().map(|r| {
        let line = r.line.map(|n| format!("line {n}: ")).unwrap_or_default();
        format!("{line}{} of {} answers {}", r.rule, r.layer, r.answer)
    });
    let place = |p: &crate::domain::Position| p.party.as_ref().map_or_else(|| p.bin.to_string(), |party| format!("{party}.{}", p.bin));
    let moves = decision.moves.iter().map(|m| format!("{} {} of lot {} from {} to {}", m.quantity, m.part, m.lot, place(&m.from), place(&m.to)));
    let outcome = format!("done: {}", decision.event.to);
    Side { outcome, guards, rules: rules.collect(), moves: moves.collect(), numbers: Vec::new() }
}

fn refused(refusal: &Refusal, guards: Vec<String>) -> Side {
    let sentences: Vec<&str> = refusal.reasons.iter().map(|r| r.sentence.as_str()).collect();
    let mut numbers: Vec<String> = Vec::new();
    let mut rules: Vec<String> = Vec::new();
    for reason in &refusal.reasons {
        numbers.extend(reason.values.iter().map(|(what, value)| format!("{what} is {value}")));
        rules.extend(reason.rules.iter().map(|r| {
            let line = r.line.map(|n| format!(":{n}")).unwrap_or_default();
            format!("{} of {} ({}{line})", r.rule, r.layer, r.file)
        }));
    }
    rules.dedup();
    numbers.dedup();
    Side { outcome: format!("refused: {}", sentences.join(" ")), guards, rules, moves: Vec::new(), numbers }
}

/// Both sides of a decision.
pub(super) fn explained(d: &Decision, snapshot: &Snapshot, then: &Told, now: Told) -> Explained {
    let number = snapshot.document.as_ref().map(|doc| doc.number.clone()).filter(|n| !n.is_empty());
    Explained {
        document: number.unwrap_or_else(|| d.document.id.to_string()),
        workflow: d.document.workflow.to_string(),
        transition: d.event.transition.to_string(),
        actor: d.event.actor.to_string(),
        at: d.event.effective_at,
        then: then.side.clone(),
        now: now.side,
    }
}
