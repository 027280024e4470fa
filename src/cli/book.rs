//! The book that a command works with: which one is meant, and what to say when it cannot be used.
//!
//! Must not know what is in it. Tests: `tests/it/cli.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::Severity;
use crate::book_folder::{self, BookFolderError};
use crate::check::{self, BookFiles, Checked};
use crate::engine::OlderBooks;
use crate::model::Book;
use crate::network;
use crate::rules::Rules;

use super::args::Global;
use super::error::{CliError, Kind};

/// A book without errors, and its rules.
pub struct OpenBook {
    /// The model.
    pub book: Arc<Book>,
    /// The rules of all layers.
    pub rules: Arc<Rules>,
}

/// The folder of the book: the one that was named, or the nearest upwards with a manifest.
pub fn root(global: &Global) -> Result<PathBuf, CliError> {
    if let Some(folder) = &global.book {
        return Ok(folder.clone());
    }
    book_folder::find(&std::env::current_dir()?).ok_or_else(|| {
        CliError::usage(format!("there is no {} in this folder or above it", book_folder::MANIFEST))
            .hint("name the book with `--book DIR`, or begin one with `bincard new DIR`")
    })
}

/// Checks the book, whatever is wrong with it.
pub fn check(root: &Path) -> Result<Checked, CliError> {
    let files = book_folder::read(root).map_err(unreadable)?;
    let master = check::manifest(&files.manifest).0.master;
    let network = master.and_then(|folder| network::outline_of(&root.join(folder)));
    Ok(check::check_with(&files, network.as_ref()))
}

/// The book, which must be without errors.
pub fn open(root: &Path) -> Result<OpenBook, CliError> {
    of_checked(&check(root)?, root)
}

/// The book that was checked, which must be without errors.
pub fn of_checked(checked: &Checked, root: &Path) -> Result<OpenBook, CliError> {
    match usable(checked) {
        Some(opened) => Ok(opened),
        None => Err(CliError {
            kind: Kind::Rejected,
            message: format!("the book `{}` has errors", root.display()),
            hint: Some("`bincard check` shows them all".to_owned()),
        }),
    }
}

/// The book that was checked, where it is without errors.
pub fn usable(checked: &Checked) -> Option<OpenBook> {
    let book = checked.book.clone()?;
    Some(OpenBook { book: Arc::new(book), rules: Arc::new(checked.rules.clone()) })
}

/// A book as a database keeps it; nothing where this program finds errors in it.
pub fn open_stored(files: &str) -> Option<OpenBook> {
    let checked = BookFiles::of_stored(files).map(|files| check::check(&files))?;
    Some(OpenBook { book: Arc::new(checked.book?), rules: Arc::new(checked.rules) })
}

/// How an engine opens the books of documents that run under an older one.
pub fn older() -> OlderBooks {
    OlderBooks::new(Arc::new(|files: &str| open_stored(files).map(|opened| (opened.book, opened.rules))))
}

/// The database that the manifest names, whatever is wrong with the rest of the book.
pub fn named_database(root: &Path) -> Result<String, CliError> {
    let manifest = book_folder::manifest(root).map_err(unreadable)?;
    let (manifest, mistakes) = check::manifest(&manifest);
    match mistakes.iter().find(|m| m.severity == Severity::Error) {
        Some(mistake) => Err(CliError { kind: Kind::Rejected, message: format!("{}: {}", book_folder::MANIFEST, mistake.title), hint: mistake.help.clone() }),
        None => Ok(database(root, &manifest.database)),
    }
}

fn unreadable(error: BookFolderError) -> CliError {
    match error {
        BookFolderError::NoBook(_) => CliError::usage(error.to_string()).hint("`bincard new DIR` begins a book"),
        _ => CliError::fault(error),
    }
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
