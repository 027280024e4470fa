//! `bincard open`: opens a document.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;

use crate::domain::{Action, Command};

use super::args::Global;
use super::error::CliError;
use super::input::input;
use super::outcome::{actor, send};
use super::output::Out;
use super::session::{Session, acting, document_id, key};

/// What a command is given: who, when, with what.
#[derive(Debug, Args)]
pub struct Given {
    /// Fields: name=value
    #[arg(value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// A line: `part=PCB,requested=3` for a new one, `1:approved=2` or `PCB:approved=2` for one there
    #[arg(long = "line", short = 'l', value_name = "LINE")]
    pub lines: Vec<String>,
    /// Who does it: a person's code
    #[arg(long = "as", value_name = "PERSON", env = "BINCARD_AS", hide_env = true)]
    pub person: Option<String>,
    /// When it happened, where not now: `2026-04-01 09:30`
    #[arg(long, value_name = "TIME", env = "BINCARD_AT", hide_env = true)]
    pub at: Option<String>,
    /// The business unit, where there are several
    #[arg(long, value_name = "BU")]
    pub bu: Option<String>,
}

/// How a command that changes something is given.
#[derive(Debug, Args)]
pub struct Acting {
    #[command(flatten)]
    pub given: Given,
    /// The command's key: sent again with the same key it is done once
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Show what would happen, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What to open.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard open ship_to_store --as meera \\
      asp=coolfix warehouse=wh_blr purpose=base_stock pool=in_warranty \\
      --line part=PCB,requested=3 --line part=CAP,requested=20
  bincard open ship_to_store … --dry-run         what would happen, or every reason why not
  bincard open indent … --key SO-700301          safe to send again: the same key opens one document

A list is a name given again: `--line part=PCB,serials=C1,serials=C2`, or `serials=C1 serials=C2`.")]
pub struct OpenArgs {
    /// The workflow
    workflow: String,
    /// The opening transition, where the workflow has several
    #[arg(long, value_name = "TRANSITION")]
    by: Option<String>,
    #[command(flatten)]
    acting: Acting,
}

/// Opens a document.
pub async fn run(args: &OpenArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let acts = &args.acting.given;
    let person = acting(acts.person.as_deref())?;
    let bu = match actor(person.as_str()) {
        crate::domain::Actor::System => session.unit(acts.bu.as_deref()).await?,
        crate::domain::Actor::Person(_) => session.person(person.as_str(), acts.bu.as_deref()).await?.0,
    };
    let key = key(args.acting.key.as_deref());
    let at = session.at(acts.at.as_deref())?;
    let workflow = session.book.workflows.get(args.workflow.as_str());
    let command = Command {
        doc: document_id(&bu, &key),
        bu,
        action: Action::Open { workflow: args.workflow.as_str().into(), transition: args.by.as_deref().map(Into::into), parent: None },
        actor: actor(person.as_str()),
        input: input(&acts.fields, &acts.lines, workflow.map(AsRef::as_ref))?,
        key,
        recorded_at: super::session::now(),
        effective_at: at,
        seen_revision: None,
    };
    send(&session, command, args.acting.dry_run, &args.workflow, out).await
}
