//! `bincard db migrate`: brings a database up to this program, and puts its guards back as they should be.
//!
//! Must not know SQL. Tests: `tests/it/docs`, `tests/it/store_migrate.rs`.

use clap::Args;
use serde_json::json;

use crate::store::Store;

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::Out;

/// Nothing to say.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db backup before.backup && bincard db migrate
  bincard db migrate --db postgres://admin@host/database

Only forward, in one transaction: when it is interrupted, nothing has happened. Procedures and triggers are written anew,
also where there is nothing to migrate. A database that a newer bincard has written is refused. On PostgreSQL it takes a
member of the role that owns the tables.")]
pub struct MigrateArgs {}

/// Migrates the database.
pub async fn run(_args: &MigrateArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let url = super::url(global)?;
    let done = Store::migrate(&url).await.map_err(|e| CliError::fault(format!("the database `{url}` cannot be migrated: {e}")))?;
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "from": done.from, "to": done.to }));
    }
    if done.from == done.to {
        return out.line(format!("schema version {} is the newest; its guards were written anew", done.to));
    }
    out.line(format!("migrated from schema version {} to {}; the guards were written anew", done.from, done.to))
}
