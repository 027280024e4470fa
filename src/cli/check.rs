//! `bincard check`: everything that is wrong with a book, in one run.
//!
//! Tests: `tests/it/cli.rs`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::{Name, Severity};
use crate::model::Book;
use crate::prove::{self, Options, Proved};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::session::count;
use super::{book, proofs, report, stories};

/// How to check.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard check                  the book in this folder, or above it
  bincard check --book mybook    another one
  bincard check --strict         warnings count too, and what could not be proved
  bincard check --save-story DIR the story of every proof that fails, as a scenario that `bincard test` plays
  bincard check --custody        who could take a part out without a paper, a serial number or a second person
  bincard check --json           findings with codes and places, for an editor or a gate")]
pub struct CheckArgs {
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// Look at so many situations of each workflow at most
    #[arg(long, value_name = "N", default_value_t = prove::BUDGET)]
    budget: usize,
    /// Look only at what is written, and prove nothing
    #[arg(long, conflicts_with_all = ["save_story", "custody"])]
    no_proof: bool,
    /// Prove only this workflow; can be given several times
    #[arg(long, value_name = "WORKFLOW")]
    only: Vec<String>,
    /// Write the stories of proofs that fail into this folder, as scenarios
    #[arg(long, value_name = "DIR")]
    save_story: Option<PathBuf>,
    /// Tell who could take a part from its receipt to the outside without a paper, a serial number or a second person
    #[arg(long)]
    custody: bool,
}

/// Checks the book.
pub fn run(args: &CheckArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    let mut checked = book::check(&root)?;
    let usable = book::usable(&checked);
    let proofs = match &usable {
        Some(opened) if !args.no_proof => {
            let options = options(args, &opened.book)?;
            proofs::prove(&mut checked, opened, &options)
        }
        _ => Vec::new(),
    };
    let diagnostics = &checked.diagnostics;
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let failed = errors > 0 || (args.strict && (warnings > 0 || !proofs.iter().all(Proved::holds)));
    let saved = match (&args.save_story, &usable) {
        (Some(folder), Some(opened)) => stories::save(folder, &opened.book, &proofs)?,
        _ => Vec::new(),
    };
    let custody = match &usable {
        Some(opened) if args.custody => Some(prove::custody(&opened.book, &opened.rules)),
        _ => None,
    };
    if out.is_json() {
        let outcome = if failed { "errors" } else { "done" };
        let mut answer = json!({ "outcome": outcome, "errors": errors, "warnings": warnings, "findings": report::to_json(diagnostics, &checked.sources),
            "silenced": silenced(&checked) });
        if let Some(fields) = answer.as_object_mut() {
            if !args.no_proof {
                fields.insert("proofs".to_owned(), stories::to_json(&proofs));
            }
            if let Some(custody) = &custody {
                fields.insert("custody".to_owned(), custody.iter().map(stories::way_to_json).collect());
            }
        }
        out.json(&answer)?;
    } else {
        report::show(out, diagnostics, &checked.sources)?;
        stories::show(out, &proofs)?;
        for path in &saved {
            out.line(format!("written: {}", path.display()))?;
        }
        if let Some(custody) = &custody {
            stories::show_custody(out, custody)?;
        }
        out.line(summary(&checked, errors, warnings))?;
    }
    if failed { Err(CliError::rejected()) } else { Ok(()) }
}

/// What is to be proved of the book: all of it, or those of its workflows that are meant.
fn options(args: &CheckArgs, book: &Book) -> Result<Options, CliError> {
    let only: BTreeSet<Name> = args.only.iter().map(|name| Name::from(name.as_str())).collect();
    if let Some(unknown) = only.iter().find(|name| !book.workflows.contains_key(*name)) {
        let error = CliError::usage(format!("the book has no workflow `{unknown}`"));
        let hint = crate::base::suggest::did_you_mean(unknown.as_str(), book.workflows.keys().map(Name::as_str));
        return Err(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
    Ok(Options { budget: args.budget, only, first: false })
}

/// Warnings that are silenced in place, with the reasons.
fn silenced(checked: &crate::check::Checked) -> Vec<serde_json::Value> {
    let one = |s: &crate::check::Silenced| {
        let place = checked.sources.place(s.finding.span());
        json!({ "code": s.finding.code, "place": place, "title": s.finding.title, "reason": s.reason })
    };
    checked.silenced.iter().map(one).collect()
}

fn summary(checked: &crate::check::Checked, errors: usize, warnings: usize) -> String {
    let found = match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (0, w) => count(w, "warning"),
        (e, 0) => count(e, "error"),
        (e, w) => format!("{}, {}", count(e, "error"), count(w, "warning")),
    };
    let found = match checked.silenced.len() {
        0 => found,
        silenced => format!("{found}, {} silenced", count(silenced, "warning")),
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
