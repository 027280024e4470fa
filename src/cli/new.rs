//! `bincard new`: begins a book that checks, tests and runs.
//!
//! The files stand in `scaffold/` as they are written. Tests: `tests/it/cli.rs`.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::output::Out;

/// Every file of a new book.
const FILES: [(&str, &str); 9] = [
    ("bincard.yaml", include_str!("scaffold/bincard.yaml")),
    ("workflows/vocabulary.flow", include_str!("scaffold/workflows/vocabulary.flow")),
    ("workflows/receipt.flow", include_str!("scaffold/workflows/receipt.flow")),
    ("workflows/job.flow", include_str!("scaffold/workflows/job.flow")),
    ("workflows/job.scenarios.flow", include_str!("scaffold/workflows/job.scenarios.flow")),
    ("rules/default/fair_share.rhai", include_str!("scaffold/rules/default/fair_share.rhai")),
    ("rules/default/allocation.rhai", include_str!("scaffold/rules/default/allocation.rhai")),
    ("master/network.yaml", include_str!("scaffold/master/network.yaml")),
    ("master/parts.csv", include_str!("scaffold/master/parts.csv")),
];

const NEXT: &str = "\
Next:
  cd DIR
  bincard check                        everything wrong, at once: nothing
  bincard test                         the scenarios beside the flows
  bincard load                         the parties, people and parts of master/
  bincard open receipt --as asha store=main --line part=FAN,quantity=10,rate=1450
  bincard todo --as asha               what waits for asha now
  bincard fire receive REC/main/FY/0001 --as asha
  bincard stock main
Then change workflows/job.flow, and check again.";

/// Where.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bincard new mybook && cd mybook && bincard check && bincard test")]
pub struct NewArgs {
    /// The folder; it must not exist, or be empty
    dir: PathBuf,
}

/// Writes the files.
pub fn run(args: &NewArgs, out: Out) -> Result<(), CliError> {
    let dir = &args.dir;
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::usage(format!("`{}` is not empty", dir.display())).hint("give a new folder"));
    }
    let name = dir.file_name().map_or_else(|| "book".to_owned(), |n| n.to_string_lossy().into_owned());
    for (path, text) in FILES {
        let path = dir.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| CliError::fault(format!("{}: {e}", path.display())))?;
        fs::write(&path, text.replace("NAME", &format!("{name:?}"))).map_err(|e| CliError::fault(format!("{}: {e}", path.display())))?;
    }
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "folder": dir, "files": FILES.map(|(path, _)| path) }));
    }
    for (path, _) in FILES {
        out.line(format!("  {}", dir.join(path).display()))?;
    }
    let now = jiff::Zoned::now().date();
    let year = crate::base::Date(now).fiscal_year(4);
    out.line(format!("\n{}", NEXT.replace("DIR", &dir.display().to_string()).replace("FY", &year)))
}
