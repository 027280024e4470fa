//! `bincard load`: brings master data in, or tells all that is wrong with it.
//!
//! Tests: `tests/it/cli.rs`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::domain::MasterData;
use crate::model::Book;
use crate::network::{self, Changes, Known};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::report;
use super::session::Session;
use super::{book, session};

/// What to load.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard load                        the folder that bincard.yaml names
  bincard load examples/network       another folder of CSV and YAML files
  bincard load --dry-run              what would change

Loading the same files again changes nothing. Rows that are no longer in the files stay: history
refers to them. A folder without business units is a part of a network: its rows are added to those
in the database, or stand in their place. Everything that is wrong in any file is listed at once,
and then nothing is loaded.")]
pub struct LoadArgs {
    /// The folder [default: `master` of bincard.yaml]
    folder: Option<PathBuf>,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Loads master data.
pub async fn run(args: &LoadArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => {
            let root = book::root(global)?;
            let named = session.book.manifest.master.as_ref();
            let named = named.ok_or_else(|| CliError::usage("which master data?").hint("give a folder, or name one as `master:` in bincard.yaml"))?;
            root.join(named)
        }
    };
    let before = session.store().all_master().await?;
    let data = read(&folder, &session.book, &before, out)?;
    let changes = network::diff(&before, &data);
    if !args.dry_run {
        session.engine.load_master(&data).await?;
    }
    show(&changes, args.dry_run, out)
}

/// The network of a folder, or what is there with the rows of a folder that has no business unit of its own; all that is wrong
/// with it is shown.
pub fn read(folder: &Path, book: &Book, there: &MasterData, out: Out) -> Result<MasterData, CliError> {
    let sources = network::read_folder(folder).map_err(|e| CliError::usage(e.to_string()))?;
    match network::check_over(&sources, &Known::of(&book.vocabulary), there) {
        Ok(checked) => {
            report::show(out, &checked.warnings, &sources)?;
            Ok(checked.data)
        }
        Err(findings) => {
            if out.is_json() {
                out.json(&json!({ "outcome": "errors", "findings": report::to_json(&findings, &sources) }))?;
            } else {
                report::show(out, &findings, &sources)?;
                out.line(format!("{} in {}; nothing was loaded", session::count(findings.len(), "finding"), folder.display()))?;
            }
            Err(CliError::rejected())
        }
    }
}

fn show(changes: &Changes, dry_run: bool, out: Out) -> Result<(), CliError> {
    if out.is_json() {
        return out.json(&json!({ "outcome": if dry_run { "possible" } else { "done" }, "kinds": changes.kinds }));
    }
    let rows: Vec<Vec<String>> = changes
        .kinds
        .iter()
        .filter(|k| k.added.len() + k.changed.len() + k.unchanged + k.absent.len() > 0)
        .map(|k| vec![k.kind.replace('_', " "), k.added.len().to_string(), k.changed.len().to_string(), k.unchanged.to_string(), k.absent.len().to_string()])
        .collect();
    out.table(&["", "new#", "changed#", "as before#", "kept, not in the files#"], &rows)?;
    for kind in &changes.kinds {
        for change in &kind.changed {
            let fields: Vec<String> = change.fields.iter().map(|f| format!("{} {} → {}", f.field, f.old, f.new)).collect();
            out.line(format!("  {} {}: {}", kind.kind, change.row, fields.join(", ")))?;
        }
    }
    if dry_run { out.line("nothing was written") } else { Ok(()) }
}
