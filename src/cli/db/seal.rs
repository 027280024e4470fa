//! `bincard db seal`: seals what is new in the journal, and writes the seals to a file to be kept elsewhere.
//!
//! Must not know what a seal is made of (`store::seal`). Tests: `tests/it/cli.rs`, `tests/it/docs`.

use std::path::PathBuf;

use clap::Args;

use crate::store::Seal;

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::Out;
use super::super::session::now;
use super::files;
use super::verify;

/// With what to seal, and where to write the seals.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  head -c 32 /dev/urandom | base64 > seal.key             the secret: keep it where the database is not
  bincard db seal --key-file seal.key                     seal what is new
  bincard db seal --key-file seal.key --export seals.jsonl
  bincard db seal --export seals.jsonl                    write down the seals there are

What is sealed cannot be rewritten by anyone who does not have the secret, not even by the owner of the database, without
`bincard db verify --key-file` finding it. Keep the exported seals elsewhere too: they show when an old backup was put back.
On PostgreSQL seal as a member of the role that owns the tables: the service's role may not.")]
pub struct SealArgs {
    /// The file with the secret: 32 bytes or more
    #[arg(long, value_name = "FILE", required_unless_present = "export")]
    key_file: Option<PathBuf>,
    /// Write all seals to a file, one a line
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// Seals the journal.
pub async fn run(args: &SealArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let key = args.key_file.as_deref().map(verify::key).transpose()?;
    let store = super::open(global).await?;
    let made = match &key {
        Some(key) => store.seal(key, now()).await?,
        None => Vec::new(),
    };
    let seals = store.seals().await?;
    if let Some(path) = &args.export {
        files::write(path, &Seal::to_lines(&seals)?)?;
    }
    if out.is_json() {
        return out.json(&serde_json::json!({ "outcome": "done", "made": made, "seals": seals.len(), "exported": args.export }));
    }
    for seal in &made {
        out.line(format!("{}: seal {} over {} new events of {} documents, with the key {}", seal.bu, seal.number, seal.events, seal.leaves, seal.key_id))?;
    }
    if key.is_some() && made.is_empty() {
        out.line("nothing is new since the last seal")?;
    }
    match &args.export {
        Some(path) => out.line(format!("{} written to {}", super::super::session::count(seals.len(), "seal"), path.display())),
        None => Ok(()),
    }
}
