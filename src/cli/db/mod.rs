//! `bincard db`: what an administrator does with a database, one file a task.
//!
//! Must not know flows: a database is looked after without its book. Tests: `tests/it/cli.rs`, `tests/it/store_*.rs`.

mod backup;
pub(super) mod files;
mod init;
mod journal;
mod migrate;
mod seal;
mod status;
mod verify;

use clap::{Args, Subcommand};

use crate::store::Store;

use super::args::Global;
use super::book;
use super::error::CliError;
use super::output::Out;

/// What to do with the database.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct DbArgs {
    /// The task.
    #[command(subcommand)]
    task: Task,
}

/// The tasks, in the order in which they are met.
#[derive(Debug, Subcommand)]
enum Task {
    /// Make a database, its tables and, on PostgreSQL, its two roles
    Init(init::InitArgs),
    /// Look at everything: balances, hashes, numbers, seals, guards
    Verify(verify::VerifyArgs),
    /// Seal the journal, so that it cannot be rewritten unseen
    Seal(seal::SealArgs),
    /// How large it is, what waits, and when it was last sealed
    Status(status::StatusArgs),
    /// Copy the database while people work
    Backup(backup::BackupArgs),
    /// Go back to a copy
    Restore(backup::RestoreArgs),
    /// Write the journal to a file, for any other database
    Export(journal::ExportArgs),
    /// Bring a journal into an empty database
    Import(journal::ImportArgs),
    /// Bring the database up to this program
    Migrate(migrate::MigrateArgs),
}

/// Looks after a database.
pub async fn run(args: &DbArgs, global: &Global, out: Out) -> Result<(), CliError> {
    match &args.task {
        Task::Init(args) => init::run(args, global, out).await,
        Task::Verify(args) => verify::run(args, global, out).await,
        Task::Seal(args) => seal::run(args, global, out).await,
        Task::Status(args) => status::run(args, global, out).await,
        Task::Backup(args) => backup::backup(args, global, out).await,
        Task::Restore(args) => backup::restore(args, global, out).await,
        Task::Export(args) => journal::export(args, global, out).await,
        Task::Import(args) => journal::import(args, global, out).await,
        Task::Migrate(args) => migrate::run(args, global, out).await,
    }
}

/// Opens the database that is meant.
async fn open(global: &Global) -> Result<Store, CliError> {
    let url = url(global)?;
    Store::open(&url).await.map_err(|e| CliError::fault(format!("the database `{url}` cannot be opened: {e}")))
}

/// The database that was named, or else the one of the book around, whose flows may have any mistakes meanwhile.
fn url(global: &Global) -> Result<String, CliError> {
    match &global.db {
        Some(url) => Ok(url.clone()),
        None => {
            let root = book::root(global).map_err(|e| e.hint("name the database with `--db sqlite:FILE` or `--db postgres://user@host/database`"))?;
            book::named_database(&root)
        }
    }
}
