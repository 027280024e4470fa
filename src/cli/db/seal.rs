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
  bincard db seal --key-file seal.key --new-key next.key  seal with the old secret; the new one makes all that come after

What is sealed cannot be rewritten by anyone who does not have the secret, not even by the owner of the database, without
`bincard db verify --key-file` finding it. Keep the exported seals elsewhere too: they show when an old backup was put back.
On PostgreSQL seal as a member of the role that owns the tables: the service's role may not.")]
pub struct SealArgs {
    /// The file with the secret: 32 bytes or more
    #[arg(long, value_name = "FILE", required_unless_present = "export")]
    key_file: Option<PathBuf>,
    /// The file with a new secret, which makes all seals from the next one on
    #[arg(long, value_name = "FILE", requires = "key_file")]
    new_key: Option<PathBuf>,
    /// Write all seals to a file, one a line
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// Seals the journal.
pub async fn run(args: &SealArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let key = args.key_file.as_deref().map(verify::key).transpose()?;
    let store = super::open(global).await?;
    let new = args.new_key.as_deref().map(verify::key).transpose()?;
    let made = match (&key, &new) {
        (Some(key), Some(new)) => store.hand_over_seals(key, new, now()).await?,
        (Some(key), None) => store.seal(key, now()).await?,
        (None, _) => Vec::new(),
    };
    let seals = store.seals().await?;
    if let Some(path) = &args.export {
        files::write(path, &Seal::to_lines(&seals)?)?;
    }
    if out.is_json() {
        return out.json(&serde_json::json!({ "outcome": "done", "made": made, "seals": seals.len(), "exported": args.export }));
    }
    for seal in &made {
        let (events, documents, with) = (seal.events, seal.leaves, seal.made_with());
        out.line(format!("{}: seal {} over {events} new events of {documents} documents, with the key {with}", seal.bu, seal.number))?;
        if seal.next_with() != with {
            out.line(format!("{}: the next seals are made with the key {}", seal.bu, seal.next_with()))?;
        }
    }
    match (&new, &key) {
        (Some(new), _) if made.is_empty() => out.line(format!("no seal is to be handed over to the key {}", new.id()))?,
        (None, Some(_)) if made.is_empty() => out.line("nothing is new since the last seal")?,
        _ => {}
    }
    match &args.export {
        Some(path) => out.line(format!("{} written to {}", super::super::session::count(seals.len(), "seal"), path.display())),
        None => Ok(()),
    }
}
