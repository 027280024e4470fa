//! What became of a command, shown; the same for `open` and `fire`, carried out or only tried.
//!
//! Must not decide anything. Tests: `tests/it/cli.rs`.

use serde_json::json;

use crate::domain::{Actor, Command, Decision, Document, Move, Obligation, ObligationChange, ObligationChangeKind, Position};
use crate::engine::{Done, Outcome};
use crate::insight::who_may;
use crate::store::ObligationFilter;

use super::error::CliError;
use super::output::Out;
use super::plain;
use super::refusal;
use super::session::Session;

/// Sends a command, or only tries it, and shows what becomes of it. `document` is what people call it.
pub async fn send(session: &Session, command: Command, dry_run: bool, document: &str, out: Out) -> Result<(), CliError> {
    let refused = match dry_run {
        true => match session.engine.dry_run(command.clone()).await? {
            Ok(decision) => return tried(session, &decision, out).await,
            Err(no) => no,
        },
        false => match session.engine.execute(command.clone()).await? {
            Outcome::Done(done) => return carried_out(session, &done, out).await,
            Outcome::Refused(no) => no,
        },
    };
    let people = who_may(&session.engine, &command, &refused).await?;
    if out.is_json() {
        let mut told = refusal::to_json(&refused);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("people".to_owned(), json!(people));
        }
        out.json(&told)?;
    } else {
        out.line(refusal::to_text(&refused, document))?;
        refusal::who(&people, out)?;
    }
    Err(CliError::rejected())
}

/// The actor that a word names.
pub fn actor(code: &str) -> Actor {
    if code == "system" { Actor::System } else { Actor::Person(code.into()) }
}

async fn tried(session: &Session, decision: &Decision, out: Out) -> Result<(), CliError> {
    if out.is_json() {
        return out.json(&json!({ "outcome": "possible", "decision": plain::decision(decision) }));
    }
    let d = &decision.document;
    let what = if d.number.is_empty() { format!("a new {}", d.workflow) } else { d.number.clone() };
    out.line(format!("possible: {} of {what} {}; nothing was written", decision.event.transition, states(decision)))?;
    effects(session, decision, &[], out).await
}

async fn carried_out(session: &Session, done: &Done, out: Out) -> Result<(), CliError> {
    let papers = done.committed.as_ref().map_or(&[][..], |c| c.papers.as_slice());
    if out.is_json() {
        return out.json(&json!({
            "outcome": "done",
            "repeated": done.repeated(),
            "number": done.document.number,
            "revision": done.revision,
            "papers": papers,
            "document": plain::document(&done.document),
            "decision": done.decision.as_ref().map(plain::decision),
        }));
    }
    let d = &done.document;
    let Some(decision) = &done.decision else {
        return out.line(format!("{} is {} · this was done before with the same key; nothing was done again", d.number, d.state));
    };
    out.line(format!("{} {} {}", d.number, decision.event.transition, states(decision)))?;
    effects(session, decision, papers, out).await?;
    if d.state != decision.document.state {
        out.line(format!("  then, by itself: {}", now_in(session, d)))?;
    }
    Ok(())
}

fn now_in(session: &Session, d: &Document) -> String {
    let label = session.book.workflows.get(&d.workflow).and_then(|w| w.state(d.state.as_str())).map(|s| format!(", {}", s.label)).unwrap_or_default();
    format!("{}{label}", d.state)
}

fn states(decision: &Decision) -> String {
    match &decision.event.from {
        None => format!("→ {}", decision.event.to),
        Some(from) => format!("{from} → {}", decision.event.to),
    }
}

/// What a transition changes beside the state.
async fn effects(session: &Session, decision: &Decision, papers: &[String], out: Out) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> = decision.moves.iter().map(moved).collect();
    out.table(&["line#", "part", "quantity#", "from", "to", "lot", "serial"], &rows)?;
    for (index, paper) in decision.papers.iter().enumerate() {
        let number = papers.get(index).map_or_else(String::new, |n| format!(" {n}"));
        out.line(format!("  issues {}{number}", paper.kind))?;
    }
    for owed in &decision.owed {
        out.line(format!("  {} owes {} {} of {} ({})", owed.debtor, owed.creditor, owed.quantity, owed.part, owed.kind))?;
    }
    if !decision.obligation_changes.is_empty() {
        let of = ObligationFilter { doc: Some(decision.document.id.clone()), ..ObligationFilter::new(decision.bu.clone()) };
        let mut owed = session.store().obligations(&of).await?;
        owed.extend(decision.owed.iter().cloned());
        for change in &decision.obligation_changes {
            out.line(format!("  {}", changed(change, owed.iter().find(|o| o.id == change.id))))?;
        }
    }
    for child in &decision.children {
        out.line(format!("  starts {}", child.workflow))?;
    }
    for message in decision.outbox.iter().filter(|m| !m.text.is_empty()) {
        out.line(format!("  tells {}: {}", message.topic, message.text))?;
    }
    Ok(())
}

/// `settles 1 of COMP that rao owed (loaner_out)`, `charges rao 1625.00 for 1 of COMP (damage)`.
fn changed(change: &ObligationChange, of: Option<&Obligation>) -> String {
    let word = match change.kind {
        ObligationChangeKind::Settled => "settles",
        ObligationChangeKind::Waived => "waives",
        ObligationChangeKind::Debited => "charges",
    };
    match of {
        None => format!("{word} {}", change.quantity),
        Some(o) if change.kind == ObligationChangeKind::Debited => {
            let amount = o.rate.times(change.quantity).map(|amount| format!(" {amount}")).unwrap_or_default();
            format!("{word} {}{amount} for {} of {} ({})", o.debtor, change.quantity, o.part, o.kind)
        }
        Some(o) => format!("{word} {} of {} that {} owed ({})", change.quantity, o.part, o.debtor, o.kind),
    }
}

fn moved(m: &Move) -> Vec<String> {
    let line = if m.line == 0 { String::new() } else { m.line.to_string() };
    let serial = m.serial.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![line, m.part.to_string(), m.quantity.to_string(), place(&m.from), place(&m.to), m.lot.to_string(), serial]
}

/// A place as flows write it, with the condition where it is not the usual one.
pub fn place(p: &Position) -> String {
    let party = p.party.as_ref().map(|party| format!("{party}.")).unwrap_or_default();
    format!("{party}{} ({}, {}, {})", p.bin, p.condition, p.owner, p.pool)
}
