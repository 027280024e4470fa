//! `bincard check`: everything that is wrong with a book, in one run.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;
use serde_json::json;

use crate::base::Severity;

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::session::count;
use super::{book, report};

/// How to check.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard check                  the book in this folder, or above it
  bincard check --book mybook    another one
  bincard check --strict         warnings count too
  bincard check --json           findings with codes and places, for an editor or a gate")]
pub struct CheckArgs {
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
}

/// Checks the book.
pub fn run(args: &CheckArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    let checked = book::check(&root)?;
    let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = checked.diagnostics.len() - errors;
    let failed = errors > 0 || (args.strict && warnings > 0);
    if out.is_json() {
        let outcome = if failed { "errors" } else { "done" };
        out.json(&json!({ "outcome": outcome, "errors": errors, "warnings": warnings, "findings": report::to_json(&checked.diagnostics, &checked.sources) }))?;
    } else {
        report::show(out, &checked.diagnostics, &checked.sources)?;
        out.line(summary(&checked, errors, warnings))?;
    }
    if failed { Err(CliError::rejected()) } else { Ok(()) }
}

fn summary(checked: &crate::check::Checked, errors: usize, warnings: usize) -> String {
    let found = match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (0, w) => count(w, "warning"),
        (e, 0) => count(e, "error"),
        (e, w) => format!("{}, {}", count(e, "error"), count(w, "warning")),
    };
    match &checked.book {
        Some(book) => format!(
            "{}: {}, {}, {}: {found}",
            book.manifest.name,
            count(book.workflows.len(), "workflow"),
            count(book.vocabulary.rules.len(), "rule"),
            count(book.scenarios.len(), "scenario")
        ),
        None => found,
    }
}
