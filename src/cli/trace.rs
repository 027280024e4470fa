//! `bincard trace`: the story of something, from its SAP order to the customer and back.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;
use serde_json::json;

use crate::base::{Bu, Quantity, SerialNo};
use crate::domain::{Lot, Move, Position};
use crate::insight::{self, Step, Subject, Trace};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::plain;
use super::session::Session;

/// More serial numbers than these are told by the first and the last.
const MOST_SERIALS: usize = 4;

/// What to trace.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard trace P-1001                               a unit, by its serial number
  bincard trace \"4500010001/10 80001234/10\"          all that came under a SAP order and delivery
  bincard trace STS/coolfix/26-27/00001              a document, what it started, and what started it
  bincard trace DCC/26-27/00031                      the document behind a challan
  bincard trace SO-700301                            everything about one service job
  bincard trace D-1.4.L2                             a lot

The story goes both ways: up through the lots that a unit came from, to its SAP order, and down to
the customer and back.")]
pub struct TraceArgs {
    /// A serial number, SODO, lot, document or paper number, or the text of a field, such as a service order
    what: String,
    /// The business unit, where not all
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// Tells the story.
pub async fn run(args: &TraceArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let mut found: Vec<(Bu, Subject)> = Vec::new();
    let texts = insight::text_fields(&session.book);
    for bu in session.units(args.bu.as_deref()).await? {
        let subjects = insight::subjects(session.store(), &bu, &args.what, &texts).await?;
        found.extend(subjects.into_iter().map(|s| (bu.clone(), s)));
    }
    if found.is_empty() {
        return Err(CliError::usage(format!("nothing here is called `{}`", args.what))
            .hint("a serial number, a lot, a document's or paper's number, what stands in a text field such as a service order, or a SODO in quotes: \"4500010001 80001234\""));
    }
    let mut stories = Vec::new();
    for (bu, subject) in &found {
        let story = insight::trace(session.store(), bu, subject).await?;
        if out.is_json() {
            stories.push(to_json(subject, &story));
        } else {
            tell(&session, &args.what, subject, &story, out)?;
        }
    }
    if out.is_json() { out.json(&stories) } else { Ok(()) }
}

/// A story for people.
pub fn tell(session: &Session, word: &str, subject: &Subject, story: &Trace, out: Out) -> Result<(), CliError> {
    out.line(format!("{} {word}", subject.kind()))?;
    for lot in &story.lots {
        out.line(format!("  {}", lot_line(session, lot)))?;
    }
    out.line("")?;
    for step in &story.steps {
        out.line(step_line(session, step))?;
        for line in merged(&step.moves).iter().filter_map(|all| told(all)) {
            out.line(format!("                    {line}"))?;
        }
    }
    Ok(())
}

fn lot_line(session: &Session, lot: &Lot) -> String {
    let mut text = format!("lot {} of {}, {}", lot.id, lot.part, lot.received_at.date(session.zone()));
    for (word, value) in [
        ("label", lot.label.clone()),
        ("SODO", lot.sodo.as_ref().map(ToString::to_string)),
        ("expires", lot.expires.map(|d| d.to_string())),
        ("from lot", lot.parent.as_ref().map(ToString::to_string)),
    ] {
        if let Some(value) = value {
            text.push_str(&format!(", {word} {value}"));
        }
    }
    text
}

fn step_line(session: &Session, step: &Step) -> String {
    let state = step.from.as_ref().filter(|from| **from != step.to).map_or_else(String::new, |from| format!(" ({from} → {})", step.to));
    let papers = if step.papers.is_empty() { String::new() } else { format!(", {}", step.papers.join(", ")) };
    format!("{}  {}  {}{state} by {}{papers}", session.time(step.at), step.number, step.transition, step.actor)
}

/// Moves that differ only in lot and unit are told once.
fn merged(moves: &[Move]) -> Vec<Vec<&Move>> {
    let mut told: Vec<Vec<&Move>> = Vec::new();
    for m in moves {
        match told.iter_mut().find(|all| all.first().is_some_and(|first| first.part == m.part && first.from == m.from && first.to == m.to)) {
            Some(all) => all.push(m),
            None => told.push(vec![m]),
        }
    }
    told
}

/// How many of what, from where to where, which units.
fn told(all: &[&Move]) -> Option<String> {
    let first = all.first()?;
    let quantity: Quantity = all.iter().map(|m| m.quantity).sum();
    let mut serials: Vec<&str> = all.iter().filter_map(|m| m.serial.as_ref().map(SerialNo::as_str)).collect();
    serials.sort_unstable();
    let units = match serials.as_slice() {
        [] => String::new(),
        [one] => format!(", serial {one}"),
        few if few.len() <= MOST_SERIALS => format!(", serials {}", few.join(", ")),
        [first, .., last] => format!(", serials {first} … {last}"),
    };
    Some(format!("{quantity} {} {}{units}", first.part, way(first)))
}

/// From where to where, with what changed on the way.
fn way(m: &Move) -> String {
    let mut text = format!("{} → {}", place(&m.from), place(&m.to));
    for (before, after) in [(&m.from.condition, &m.to.condition), (&m.from.owner, &m.to.owner), (&m.from.pool, &m.to.pool)] {
        if before != after {
            text.push_str(&format!(", now {after}"));
        }
    }
    text
}

fn place(p: &Position) -> String {
    p.party.as_ref().map_or_else(|| p.bin.to_string(), |party| format!("{party}.{}", p.bin))
}

/// A story for programs.
pub fn to_json(subject: &Subject, story: &Trace) -> serde_json::Value {
    let steps: Vec<_> = story
        .steps
        .iter()
        .map(|s| {
            json!({ "at": s.at, "document": s.doc, "number": s.number, "workflow": s.workflow, "revision": s.revision, "transition": s.transition,
                "from": s.from, "to": s.to, "actor": s.actor, "role": s.role, "papers": s.papers,
                "moves": s.moves.iter().map(plain::movement).collect::<Vec<_>>() })
        })
        .collect();
    json!({ "subject": subject.kind(), "lots": story.lots, "documents": story.documents.iter().map(plain::document).collect::<Vec<_>>(), "steps": steps })
}
