//! `bincard db status`: how large the database is, what waits in it, when it was last sealed, and up to when its books are closed.
//!
//! Must not know SQL. Tests: `tests/it/docs`, `tests/it/cli.rs`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use crate::base::Timestamp;

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::Out;
use super::super::session::now;
use super::backup::size;

/// Nothing to say.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db status
  bincard db status --json

It counts rows: on a large database that takes a moment. Whether they are right is what `bincard db verify` says.")]
pub struct StatusArgs {}

/// Shows how the database is.
pub async fn run(_args: &StatusArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let store = super::open(global).await?;
    let status = store.status(now()).await?;
    let seals = store.seals().await?;
    let mut closings = Vec::new();
    for unit in &status.units {
        closings.extend(store.closing(unit).await?.map(|closing| (unit.clone(), closing)));
    }
    if out.is_json() {
        let (last, closed) = (seals.iter().max_by_key(|s| s.sealed_at), closings.iter().map(|(unit, c)| (unit.as_str(), c)).collect::<BTreeMap<_, _>>());
        return out
            .json(&json!({ "outcome": "done", "store": store.kind(), "status": status, "seals": seals.len(), "last_seal": last, "books_closed": closed }));
    }
    out.line(format!("{}, schema version {} (this program: {}), {}", store.kind(), status.schema, status.newest_schema, size(status.bytes)))?;
    out.line("")?;
    out.table(&["table", "rows#"], &status.tables.iter().map(|(table, rows)| vec![table.clone(), rows.to_string()]).collect::<Vec<_>>())?;
    out.line("")?;
    let oldest = |at: Option<Timestamp>| at.map(|at| format!(", the oldest since {}", utc(at))).unwrap_or_default();
    out.line(format!("{} messages wait to be delivered{}", status.outbox, oldest(status.outbox_since)))?;
    if status.given_up > 0 {
        out.line(format!("{} messages were given up: see `bincard outbox --given-up`", status.given_up))?;
    }
    out.line(format!("{} timers are due{}, {} in all", status.timers_due, oldest(status.timers_since), status.timers))?;
    for unit in &status.units {
        let last = seals.iter().filter(|s| s.bu == *unit).max_by_key(|s| s.number);
        match last {
            Some(seal) => out.line(format!("{unit}: seal {} of {} is the last", seal.number, utc(seal.sealed_at)))?,
            None => out.line(format!("{unit}: never sealed"))?,
        }
    }
    for (unit, closing) in &closings {
        out.line(format!("{unit}: the books are closed up to {}, by {} with {}", utc(closing.until), closing.by, closing.number))?;
    }
    Ok(())
}

/// A time without a book, and so without a zone.
fn utc(at: Timestamp) -> String {
    at.civil(&jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}
