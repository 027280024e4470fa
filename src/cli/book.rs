//! The book that a command works with: which one is meant, and what to say when it cannot be used.
//!
//! Must not know what is in it. Tests: `tests/it/cli.rs`.

use std::path::{Path, PathBuf};

use crate::book::{self, BookError, MANIFEST, OpenBook};
use crate::check::Checked;

use super::args::Global;
use super::error::CliError;

/// The folder of the book: the one that was named, or the nearest upwards with a manifest.
pub fn root(global: &Global) -> Result<PathBuf, CliError> {
    if let Some(folder) = &global.book {
        return if folder.join(MANIFEST).is_file() {
            Ok(folder.clone())
        } else {
            Err(CliError::usage(format!("`{}` has no {MANIFEST}", folder.display())).hint("`bincard new DIR` begins a book"))
        };
    }
    book::find(&std::env::current_dir()?).ok_or_else(|| {
        CliError::usage(format!("there is no {MANIFEST} in this folder or above it")).hint("name the book with `--book DIR`, or begin one with `bincard new DIR`")
    })
}

/// Checks the book, whatever is wrong with it.
pub fn check(root: &Path) -> Result<Checked, CliError> {
    book::check(root).map_err(CliError::fault)
}

/// The book, which must be without errors.
pub fn open(root: &Path) -> Result<OpenBook, CliError> {
    book::open(root).map_err(|error| match error {
        BookError::Unreadable { .. } => CliError::fault(error),
        BookError::Mistakes { .. } => {
            CliError { kind: super::error::Kind::Rejected, message: "the book has errors".to_owned(), hint: Some("`bincard check` shows them all".to_owned()) }
        }
    })
}

/// The database's URL, a file relative to the book made one relative to here.
pub fn database(root: &Path, url: &str) -> String {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    let path = rest.strip_prefix("//").unwrap_or(rest);
    match scheme {
        "sqlite" if Path::new(path).is_relative() && !path.starts_with(':') => format!("sqlite:{}", root.join(path).display()),
        _ => url.to_owned(),
    }
}
