//! `bincard db export` and `bincard db import`: the journal as a file, from one database to any other.
//!
//! Must not know the lines of the file (`store::journal`). Tests: `tests/it/docs`, `tests/it/cli.rs`.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::store::{Imported, JournalReport, Store, VerifyOptions};

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::{Out, progress};
use super::super::session::count;
use super::{backup, files, verify};

/// Where to write the journal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db export journal.jsonl
  bincard db export journal.jsonl --db postgres://service@host/database

The file holds every decision ever made, the master data, the books and the seals, as of one moment, one JSON value a line;
people go on working. It says nothing of balances: they follow when it is imported. On PostgreSQL the role needs the right
to make temporary tables, which every role has unless it was taken away.")]
pub struct ExportArgs {
    /// The file, which must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Which journal to commit again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db import journal.jsonl --db sqlite:copy.db
  bincard db init --db postgres://admin@host/database
  bincard db import journal.jsonl --db postgres://admin@host/database

The database must be empty. Every decision goes through its commit procedure again, with all guards on, in one transaction;
before it ends, everything is verified. So all of it is there at the end, and sound, or nothing. Seals come along; on
PostgreSQL that takes a user who may seal.")]
pub struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Writes the journal down.
pub async fn export(args: &ExportArgs, global: &Global, out: Out) -> Result<(), CliError> {
    files::must_be_new(&args.file)?;
    let store = super::open(global).await?;
    let report = write(&store, &args.file).await?;
    show("written", &report, &args.file, out)
}

/// Commits a journal again.
pub async fn import(args: &ImportArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let options = VerifyOptions::default();
    let imported = match backup::new_file(&super::url(global)?) {
        Some(path) => backup::put_in_place(&args.file, false, &path, &options).await?,
        None => read(&super::open(global).await?, &args.file, &options).await?,
    };
    if !imported.verified.is_sound() {
        verify::show(&imported.verified, out)?;
        return Err(CliError::rejected());
    }
    show("committed and verified", &imported.journal, &args.file, out)
}

/// A journal as a file that is whole or not there.
pub async fn write(store: &Store, path: &Path) -> Result<JournalReport, CliError> {
    let growing = files::partial(path);
    let file = File::create(&growing).map_err(|e| CliError::fault(format!("cannot write `{}`: {e}", path.display())))?;
    let mut file = BufWriter::new(file);
    let bar = progress(Some(0), "reading the journal");
    let report = store
        .export(&mut file, &mut |p| {
            bar.set_length(p.of);
            bar.set_position(p.done);
        })
        .await;
    bar.finish_and_clear();
    let report = report?;
    file.flush()?;
    files::settle(&growing, path)?;
    Ok(report)
}

/// Brings a file into a store; nothing of it stays there that is not sound.
pub async fn read(store: &Store, path: &Path, options: &VerifyOptions) -> Result<Imported, CliError> {
    let file = File::open(path).map_err(|e| CliError::usage(format!("cannot read the journal `{}`: {e}", path.display())))?;
    let bar = progress(Some(0), "committing the journal");
    let report = store
        .import(&mut BufReader::new(file), options, &mut |p| {
            bar.set_length(p.of);
            bar.set_position(p.done);
            bar.set_message(p.step);
        })
        .await;
    bar.finish_and_clear();
    Ok(report?)
}

fn show(done: &str, report: &JournalReport, file: &Path, out: Out) -> Result<(), CliError> {
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "file": file, "journal": report }));
    }
    let n = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let parts = [
        count(n(report.events), "transition"),
        format!("{} of master data", count(n(report.master), "row")),
        count(n(report.books), "book"),
        count(n(report.seals), "seal"),
    ];
    out.line(format!("{done}: {} ({})", parts.join(", "), file.display()))
}
