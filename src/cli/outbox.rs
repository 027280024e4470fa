//! `bincard outbox`: messages that wait to be delivered, those that were given up, and trying them again.
//!
//! Must not know how a message is delivered (`run`). Tests: `tests/it/deliver.rs`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::domain::{OutboxKind, OutboxRow};
use crate::store::{OutboxEntry, Setback};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::session::{Session, count, now};

/// So many are looked at.
const MOST: u32 = 100_000;

/// What to look at.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard outbox                              what waits to be delivered, and what was given up
  bincard outbox --given-up
  bincard outbox retry --all                  everything that was given up, from the beginning
  bincard outbox retry ac/d-1f0c/000002.001

`bincard run` delivers.")]
pub struct OutboxArgs {
    /// What to do.
    #[command(subcommand)]
    task: Option<Task>,
    /// Only what was given up
    #[arg(long)]
    given_up: bool,
    /// The business unit; all of them where it is not said
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
enum Task {
    /// Try messages again that were given up or put off
    Retry(RetryArgs),
}

/// Which messages.
#[derive(Debug, Args)]
struct RetryArgs {
    /// The names of messages
    #[arg(value_name = "MESSAGE", required_unless_present = "all")]
    messages: Vec<String>,
    /// All that were given up
    #[arg(long, conflicts_with = "messages")]
    all: bool,
}

/// The name of a message: the same whenever it comes, and no other's.
pub fn name(entry: &OutboxEntry) -> String {
    format!("{}/{}/{}", entry.bu, entry.doc, entry.id)
}

/// Lists messages, or has some tried again.
pub async fn run(args: &OutboxArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let bu = match &args.bu {
        Some(given) => Some(session.unit(Some(given)).await?),
        None => None,
    };
    let waiting = session.store().outbox_pending(bu.as_ref(), MOST).await?;
    match &args.task {
        None => list(&session, &waiting, args.given_up, out).await,
        Some(Task::Retry(which)) => retry(&session, &waiting, which, out).await,
    }
}

/// For whom a message is: a party, or a role and where it is held.
fn addressee(row: &OutboxRow) -> String {
    let at: Vec<&str> = row.payload.get("at").and_then(|at| at.as_array()).into_iter().flatten().filter_map(|code| code.as_str()).collect();
    match row.kind {
        OutboxKind::Notify if !at.is_empty() => format!("{} at {}", row.topic, at.join(", ")),
        OutboxKind::Notify | OutboxKind::Emit => row.topic.to_string(),
    }
}

fn is_given_up(entry: &OutboxEntry) -> bool {
    entry.setback.as_ref().is_some_and(|s| s.given_up_at.is_some())
}

async fn list(session: &Session, waiting: &[OutboxEntry], given_up: bool, out: Out) -> Result<(), CliError> {
    let shown: Vec<&OutboxEntry> = waiting.iter().filter(|e| !given_up || is_given_up(e)).collect();
    if out.is_json() {
        let rows: Vec<_> = shown
            .iter()
            .map(|e| {
                let s = e.setback.as_ref();
                json!({ "message": name(e), "bu": e.bu, "document": e.doc, "kind": e.row.kind, "topic": e.row.topic, "text": e.row.text, "payload": e.row.payload,
                    "recorded_at": e.recorded_at, "tries": s.map_or(0, |s| s.tries), "next_at": s.map(|s| s.next_at),
                    "given_up_at": s.and_then(|s| s.given_up_at), "fault": s.map(|s| &s.fault) })
            })
            .collect();
        return out.json(&rows);
    }
    if shown.is_empty() {
        return out.line(if given_up { "nothing was given up" } else { "nothing waits to be delivered" });
    }
    let mut rows = Vec::new();
    for e in shown {
        let document = session.store().document(&e.bu, &e.doc).await?.map_or_else(|| e.doc.to_string(), |d| d.number);
        let condition = match &e.setback {
            None => "waits".to_owned(),
            Some(Setback { given_up_at: Some(at), tries, fault, .. }) => {
                format!("given up {} after {}: {fault}", session.time(*at), count(*tries as usize, "failure"))
            }
            Some(s) => format!("again at {} after {}: {}", session.time(s.next_at), count(s.tries as usize, "failure"), s.fault),
        };
        rows.push(vec![name(e), document, session.time(e.recorded_at), addressee(&e.row), condition]);
    }
    out.table(&["message", "document", "since", "for", "condition"], &rows)
}

async fn retry(session: &Session, waiting: &[OutboxEntry], which: &RetryArgs, out: Out) -> Result<(), CliError> {
    if let Some(unknown) = which.messages.iter().find(|m| !waiting.iter().any(|e| name(e) == **m)) {
        return Err(CliError::usage(format!("no message `{unknown}` waits to be delivered")).hint("`bincard outbox` lists what does"));
    }
    let mut tried = 0;
    for entry in waiting.iter().filter(|e| if which.all { is_given_up(e) } else { which.messages.contains(&name(e)) }) {
        let anew = Setback { tries: 0, next_at: now(), given_up_at: None, fault: String::new() };
        tried += usize::from(session.store().put_off(entry, &anew).await?);
    }
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "messages": tried }));
    }
    out.line(format!("{} will be tried again: `bincard run` delivers", count(tried, "message")))
}
