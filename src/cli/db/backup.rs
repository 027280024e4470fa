//! `bincard db backup` and `bincard db restore`: a copy of the database, and the way back from it.
//!
//! A SQLite file is copied as a file; of a PostgreSQL schema the journal is the copy. Must not know how either is made
//! (`store::backup`, `store::journal`). Tests: `tests/it/docs`, `tests/it/store_backup.rs`.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::store::{Imported, JournalReport, Store, VerifyOptions};

use super::super::args::Global;
use super::super::error::CliError;
use super::super::output::Out;
use super::{files, journal, verify};

/// How a SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Where to write the copy.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db backup stock-2026-04-01.backup
  bincard db backup stock-2026-04-01.backup --db postgres://service@host/database

The copy is the database as of one moment, while people go on working; it is on the disk when the command ends. Of a SQLite
file it is a SQLite file, of a PostgreSQL schema its journal. Keep it on another machine, with the exported seals.")]
pub struct BackupArgs {
    /// The file, which must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Which copy to go back to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard db restore stock-2026-04-01.backup --db sqlite:stock.db
  bincard db restore stock-2026-04-01.backup --db sqlite:stock.db --key-file seal.key --seals seals.jsonl

The database must not be there yet (on PostgreSQL: must be empty). What is restored is verified first: a copy that is not
sound, or that is older than the exported seals, is not put in place of anything.")]
pub struct RestoreArgs {
    /// The copy
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file with the secret that the seals were made with; several where it was changed, the oldest first
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
    /// Seals that were exported: a copy that is older than they are is refused
    #[arg(long, value_name = "FILE")]
    seals: Option<PathBuf>,
}

/// Copies the database.
pub async fn backup(args: &BackupArgs, global: &Global, out: Out) -> Result<(), CliError> {
    files::must_be_new(&args.file)?;
    let store = super::open(global).await?;
    let growing = files::partial(&args.file);
    if store.kind() == "sqlite" {
        if growing.exists() {
            fs::remove_file(&growing)?;
        }
        store.copy_to(&growing.display().to_string()).await?;
        files::settle(&growing, &args.file)?;
    } else {
        journal::write(&store, &args.file).await?;
    }
    let bytes = fs::metadata(&args.file)?.len();
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "file": args.file, "bytes": bytes }));
    }
    out.line(format!("{} written to {}", size(bytes), args.file.display()))
}

/// Goes back to a copy.
pub async fn restore(args: &RestoreArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let options = VerifyOptions { keys: verify::keys(&args.key_file)?, seals: args.seals.as_deref().map(verify::seals).transpose()?, since_seal: false };
    let url = super::url(global)?;
    let report = match (is_sqlite(&args.file)?, sqlite_path(&url)) {
        (is_file, Some(path)) => {
            for name in ["", "-wal", "-shm"] {
                files::must_be_new(&with_ending(&path, name))?;
            }
            put_in_place(&args.file, is_file, &path, &options).await?.verified
        }
        (true, None) => {
            let hint = "open the copy with `--db sqlite:FILE`, export its journal, and import that";
            return Err(CliError::usage(format!("`{}` is a SQLite file, and the database is none", args.file.display())).hint(hint));
        }
        (false, None) => journal::read(&super::open(global).await?, &args.file, &options).await?.verified,
    };
    verify::show(&report, out)?;
    if !report.is_sound() {
        return Err(CliError::rejected());
    }
    if out.is_json() { Ok(()) } else { out.line(format!("restored: {url}")) }
}

/// The file that a URL names, where it is not there yet.
pub fn new_file(url: &str) -> Option<PathBuf> {
    sqlite_path(url).filter(|path| !path.exists())
}

/// Verifies a copy, a file or a journal, under another name, and only where it is sound gives it its own.
pub async fn put_in_place(copy: &Path, is_file: bool, to: &Path, options: &VerifyOptions) -> Result<Imported, CliError> {
    let growing = files::partial(to);
    let remove = || {
        for name in ["", "-wal", "-shm"] {
            // What is not there need not go.
            let _ = fs::remove_file(with_ending(&growing, name));
        }
    };
    remove();
    let checked = async {
        if is_file {
            fs::copy(copy, &growing).map_err(|e| CliError::fault(format!("cannot copy `{}`: {e}", copy.display())))?;
        }
        let store = Store::open(&format!("sqlite://{}", growing.display())).await?;
        let checked = if is_file {
            verify::verified(&store, options).await.map(|verified| Imported { journal: JournalReport::default(), verified })
        } else {
            journal::read(&store, copy, options).await
        };
        store.close().await;
        checked
    };
    let checked = checked.await;
    if checked.as_ref().is_ok_and(|imported| imported.verified.is_sound()) {
        files::settle(&growing, to)?;
    }
    remove();
    checked
}

fn is_sqlite(path: &Path) -> Result<bool, CliError> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(|e| CliError::usage(format!("cannot read the copy `{}`: {e}", path.display())))?;
    file.take(SQLITE.len() as u64).read_to_end(&mut start)?;
    Ok(start == SQLITE)
}

/// The file that a URL names.
fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.split('?').next()?.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    let mut size = bytes;
    let mut units = ["bytes", "KB", "MB", "GB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if size < 10_000 {
            break;
        }
        size /= 1024;
        unit = next;
    }
    format!("{size} {unit}")
}
