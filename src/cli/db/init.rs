//! `bincard db init`: makes a database and says what was done.
//!
//! Must not know SQL. Tests: `tests/it/cli.rs`, `tests/it/store_roles.rs`.

use clap::Args;
use serde_json::json;

use crate::store::{InitOptions, Store};

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::Out;

/// What to make.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db init --db sqlite:stock.db
  bincard db init --db postgres://admin@host/database
  bincard db init --db postgres://admin@host/database --service-role parts_service

On PostgreSQL it needs a user who may create roles and schemas. All tables then belong to a role as which nobody logs
in, and the service's role may read them and call the procedures that commit; it may write to no table. Give that role
a way to log in, and let every process of bincard use it. Running it again changes nothing.")]
pub struct InitArgs {
    /// PostgreSQL: the role that bincard logs in as [default: the schema's name and `_service`]
    #[arg(long, value_name = "NAME")]
    service_role: Option<String>,
    /// PostgreSQL with the extension citus: lay the tables out over its nodes, by business unit
    #[arg(long)]
    distributed: bool,
}

/// Makes the database.
pub async fn run(args: &InitArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let url = super::url(global)?;
    let done = Store::init(&url, &InitOptions { service_role: args.service_role.clone(), distributed: args.distributed }).await?;
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "steps": done }));
    }
    for step in done {
        out.line(format!("{} {}", if step.made { "made " } else { "there" }, step.what))?;
    }
    Ok(())
}
