//! `bincard demo`: a small network at work, on a database that nobody minds.
//!
//! What happens stands in a story file; what comes of it is the engine's. Tests: `tests/it/cli.rs`.

mod play;
mod story;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::args::Global;
use super::error::CliError;
use super::load;
use super::output::Out;
use super::session::Session;

/// The story of the shipped book, below the book's folder.
const STORY: &str = "examples/demo.story.yaml";

/// What to play, and where.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard demo                         play, and leave the database in the temporary folder
  bincard demo --dir somewhere         keep it there
  bincard demo my.story.yaml           another story, on this book and its master data

Everything goes through the engine: opening balances, a shipment under its SAP order with one damaged
board, three jobs under three kinds of contract, a defective's way back. Then: the stock, one unit's
whole story, a refusal with its reasons, and a raw SQL edit that the database refuses.")]
pub struct DemoArgs {
    /// The story [default: examples/demo.story.yaml of the book]
    story: Option<PathBuf>,
    /// The folder for the database; a demo.db in it is replaced
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Plays the story.
pub async fn run(args: &DemoArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let started = Instant::now();
    let root = super::book::root(global).map_err(|error| error.hint("run it in a clone of the repository, or name the shipped book with `--book DIR`"))?;
    let path = args.story.clone().unwrap_or_else(|| root.join(STORY));
    let text = std::fs::read_to_string(&path).map_err(|e| CliError::usage(format!("cannot read the story `{}`: {e}", path.display())))?;
    let steps = story::read(&text).map_err(|e| CliError::usage(format!("`{}` is no story: {e}", path.display())))?;
    let file = fresh(&args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("bincard-demo")))?;
    let url = format!("sqlite:{}", file.display());
    let session = Session::open(&Global { book: Some(root.clone()), db: Some(url.clone()), json: global.json }).await?;
    let master = session.book.manifest.master.clone().ok_or_else(|| CliError::usage("the book names no master data"))?;
    let data = load::read(&root.join(master), &session.book, &session.store().all_master().await?, out)?;
    session.engine.load_master(&data).await?;
    let mut play = play::Play::new(&session, &data, out);
    play.begin()?;
    for step in &steps {
        play.take(step).await?;
    }
    play.end(started.elapsed(), &url, &program()).await
}

/// A place for the database, without what an earlier demo left there.
fn fresh(folder: &Path) -> Result<PathBuf, CliError> {
    std::fs::create_dir_all(folder).map_err(|e| CliError::fault(format!("{}: {e}", folder.display())))?;
    let file = folder.join("demo.db");
    for ending in ["", "-wal", "-shm"] {
        let path = folder.join(format!("demo.db{ending}"));
        if path.exists() {
            std::fs::remove_file(&path).map_err(|e| CliError::fault(format!("{}: {e}", path.display())))?;
        }
    }
    Ok(file)
}

/// How this program can be called from here.
fn program() -> String {
    let Ok(exe) = std::env::current_exe() else { return "bincard".to_owned() };
    let here = std::env::current_dir().unwrap_or_default();
    exe.strip_prefix(&here).map_or_else(|_| "bincard".to_owned(), |path| path.display().to_string())
}
