//! `bincard db verify`: looks at the whole database, and names the first row of each kind that is wrong.
//!
//! Must not know what is looked at (`store::verify`). Tests: `tests/it/cli.rs`, `tests/it/docs`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::store::{Seal, SealKey, Store, VerifyOptions, VerifyReport};

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::{Out, progress};

/// What to compare with, and how far to go.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db verify                                       everything, against the journal itself
  bincard db verify --key-file seal.key --seals seals.jsonl
  bincard db verify --key-file seal.key --since-seal      only what came after the last seal

It adds up all moves and compares the balances, computes all hashes anew, looks for gaps and repeats in all numbers, and
for guards that were switched off. The key shows that the seals are not forged; seals that were exported earlier show that
the database is not an old one that was put back. Exit code 1 when anything is wrong.")]
pub struct VerifyArgs {
    /// The file with the secret that the seals were made with; several where it was changed, the oldest first
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
    /// Seals that were exported with `bincard db seal --export`
    #[arg(long, value_name = "FILE")]
    seals: Option<PathBuf>,
    /// Take what the last seal covers as checked
    #[arg(long, requires = "key_file")]
    since_seal: bool,
}

/// Verifies the database.
pub async fn run(args: &VerifyArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let options = VerifyOptions { keys: keys(&args.key_file)?, seals: args.seals.as_deref().map(seals).transpose()?, since_seal: args.since_seal };
    let store = super::open(global).await?;
    let report = verified(&store, &options).await?;
    show(&report, out)?;
    if report.is_sound() { Ok(()) } else { Err(CliError::rejected()) }
}

/// Verifies a store while a person watches.
pub async fn verified(store: &Store, options: &VerifyOptions) -> Result<VerifyReport, CliError> {
    let bar = progress(Some(0), "looking at the database");
    let report = store
        .verify_with(options, &mut |p| {
            bar.set_length(p.of);
            bar.set_position(p.done);
            bar.set_message(p.step);
        })
        .await;
    bar.finish_and_clear();
    Ok(report?)
}

/// The secrets in files, the oldest first.
pub fn keys(paths: &[PathBuf]) -> Result<Vec<SealKey>, CliError> {
    paths.iter().map(|path| key(path)).collect()
}

/// The secret in a file.
pub fn key(path: &Path) -> Result<SealKey, CliError> {
    let name = path.display();
    let secret = std::fs::read(path).map_err(|e| CliError::usage(format!("cannot read the key `{name}`: {e}")))?;
    SealKey::new(&secret).map_err(|e| CliError::usage(format!("`{name}` cannot be used: {e}")).hint("make one: `head -c 32 /dev/urandom | base64 > seal.key`"))
}

/// The seals in a file.
pub fn seals(path: &Path) -> Result<Vec<Seal>, CliError> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| CliError::usage(format!("cannot read the seals `{name}`: {e}")))?;
    Seal::from_lines(&text).map_err(|e| CliError::usage(format!("`{name}` cannot be used: {e}")))
}

/// A report for people or programs.
pub fn show(report: &VerifyReport, out: Out) -> Result<(), CliError> {
    if out.is_json() {
        return out.json(&json!({
            "outcome": if report.is_sound() { "sound" } else { "wrong" }, "findings": report.findings,
            "moves": report.moves, "balances": report.balances, "events": report.events, "documents": report.documents, "parts": report.parts,
            "obligations": report.obligations, "numbers": report.numbers, "seals": report.seals,
        }));
    }
    let rows = [
        ("balances equal what their moves add up to", report.balances),
        ("moves added up", report.moves),
        ("parts whose books sum to zero", report.parts),
        ("events with their hashes", report.events),
        ("documents that say what their last event wrote", report.documents),
        ("obligations less what was settled", report.obligations),
        ("numbers given once, without a gap", report.numbers),
        ("seals", report.seals),
    ];
    out.table(&["looked at", "#"], &rows.map(|(what, n)| vec![what.to_owned(), n.to_string()]))?;
    out.line("")?;
    if report.is_sound() {
        return out.line("nothing is wrong");
    }
    for finding in &report.findings {
        out.line(format!("WRONG [{}] {}", finding.code, finding.text))?;
    }
    Ok(())
}
