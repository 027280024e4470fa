//! `bincard apply`: puts a saved plan in force, and nothing else.
//!
//! What may be applied is the library's to say (`change::apply`). Tests: `tests/it/change_apply.rs`, `tests/it/docs`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::PersonCode;
use crate::change::{self, ApplyError};
use crate::engine::Engine;
use crate::store::Store;

use super::args::Global;
use super::book;
use super::error::{CliError, Kind};
use super::output::{Out, progress};
use super::plan;
use super::session::{self, count};

/// What to apply.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard plan --out friday.plan
  bincard apply friday.plan --as asha

The book of the plan comes into force, and every document that a `migrate from` takes over moves at once, each by a
transition of its own that stands in its story. It is refused where the book or the master data, in the folder or in the
database, have changed since the plan was made, where the proofs of the book show an error, and while a document would be stranded. It may be cut off anywhere: the
same command goes on where it stopped. From then on commands work with the book in force, whatever the folder says.")]
pub struct ApplyArgs {
    /// The plan, from `bincard plan --out FILE`
    #[arg(value_name = "PLANFILE")]
    file: PathBuf,
    /// The folder of master data that the plan was made with
    #[arg(long, value_name = "DIR")]
    master: Option<PathBuf>,
    /// Who does it
    #[arg(long = "as", value_name = "PERSON", env = "BINCARD_AS", hide_env = true)]
    person: Option<String>,
}

/// Applies a plan.
pub async fn run(args: &ApplyArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let planned = plan::read(&args.file)?;
    let root = book::root(global)?;
    let opened = book::open(&root)?;
    let store = Store::open(&plan::url(global, &root, &opened)).await?;
    let master = plan::master(args.master.as_deref(), &opened, &store, out).await?;
    let zone = opened.book.manifest.zone.clone();
    let engine = Engine::reading(opened.book.clone(), opened.rules, store);
    let bar = progress(None, "documents moved");
    let by = PersonCode::from(args.person.as_deref().unwrap_or("system"));
    let applied = change::apply(&planned, &engine, master.as_ref(), (by, session::now()), &mut |moved| bar.set_position(moved)).await;
    bar.finish_and_clear();
    let applied = applied.map_err(|refused| refuse(&refused, &plan::made_at(&planned, &zone)))?;
    if out.is_json() {
        out.json(&json!({ "outcome": if applied.left.is_empty() { "done" } else { "incomplete" }, "applied": applied }))?;
    } else {
        let moved = count(usize::try_from(applied.moved).unwrap_or(usize::MAX), "document");
        let how = if applied.resumed { "was in force already" } else { "is in force" };
        out.line(format!("deployment {} {how}; {moved} moved", applied.deployment))?;
        for (number, why) in &applied.left {
            out.line(format!("  {number} did not move: {why}"))?;
        }
    }
    if applied.left.is_empty() { Ok(()) } else { Err(CliError::rejected()) }
}

fn refuse(refused: &ApplyError, made: &str) -> CliError {
    let hint = match refused {
        ApplyError::Fault(_) => "the same command goes on where it stopped",
        ApplyError::MasterMissing("with") => "name the same folder with `--master DIR`",
        ApplyError::Unversioned(_) => "write the next `version` number, and plan again",
        ApplyError::NotProved => "make it again with `bincard plan --out FILE`",
        ApplyError::Unproved(_) => "`bincard check` shows the story; mend the book, and plan again",
        _ => "look at it again with `bincard plan`",
    };
    let kind = if matches!(refused, ApplyError::Fault(_)) { Kind::Fault } else { Kind::Rejected };
    CliError { kind, message: format!("{refused} (plan of {made})"), hint: Some(hint.to_owned()) }
}
