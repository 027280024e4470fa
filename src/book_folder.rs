//! Reads the folder of a book from disk into [`BookFiles`]: the manifest, its flows, its rule scripts.
//!
//! Must not know what any of it means beyond the names of the folders. Tests: below.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::check::{self, BookFile, BookFiles};

/// The file that makes a folder a book.
pub const MANIFEST: &str = "bincard.yaml";
/// Folders deeper than this are not a book's.
const DEEPEST: usize = 16;

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BookFolderError {
    /// There is no manifest.
    #[error("`{}` is not a book: it has no `{MANIFEST}`", .0.display())]
    NoBook(PathBuf),
    /// A file or folder could not be read.
    #[error("`{}` cannot be read: {why}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// A file is no text.
    #[error("`{}` is not text in UTF-8", .0.display())]
    NotText(PathBuf),
}

/// Reads the book in a folder. Where the manifest names other folders for flows and rules, those are read.
///
/// # Errors
/// There is no manifest, or a file cannot be read.
pub fn read(folder: &Path) -> Result<BookFiles, BookFolderError> {
    let manifest = manifest(folder)?;
    let names = check::manifest(&manifest).0;
    let flows = files(folder, &names.workflows, "flow")?;
    let rules = files(folder, &names.rules, "rhai")?;
    Ok(BookFiles { manifest, flows, rules })
}

/// Reads the manifest of the book in a folder, and nothing else.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn manifest(folder: &Path) -> Result<BookFile, BookFolderError> {
    let path = folder.join(MANIFEST);
    if !path.is_file() {
        return Err(BookFolderError::NoBook(folder.to_owned()));
    }
    Ok(BookFile { path: MANIFEST.to_owned(), text: text(&path)? })
}

/// The nearest folder, from this one upwards, that is a book.
#[must_use]
pub fn find(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|folder| folder.join(MANIFEST).is_file()).map(Path::to_path_buf)
}

/// The folder with the pages about findings: `docs/findings` beside the book, or beside a folder above it.
#[must_use]
pub fn pages(book: &Path) -> Option<PathBuf> {
    book.ancestors().map(|folder| folder.join("docs/findings")).find(|folder| folder.is_dir())
}

fn text(path: &Path) -> Result<String, BookFolderError> {
    let bytes = fs::read(path).map_err(|why| BookFolderError::Unreadable { path: path.to_owned(), why })?;
    String::from_utf8(bytes).map_err(|_| BookFolderError::NotText(path.to_owned()))
}

/// All files with an ending in a folder of the book and the folders in it, by path; none where the folder is missing.
///
/// # Errors
/// A file or folder cannot be read.
pub fn files(book: &Path, folder: &str, ending: &str) -> Result<Vec<BookFile>, BookFolderError> {
    let mut found = Vec::new();
    if book.join(folder).is_dir() {
        collect(&book.join(folder), folder.trim_end_matches('/'), ending, DEEPEST, &mut found)?;
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(folder: &Path, name: &str, ending: &str, depth: usize, found: &mut Vec<BookFile>) -> Result<(), BookFolderError> {
    let unreadable = |why: io::Error| BookFolderError::Unreadable { path: folder.to_owned(), why };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(last) = path.file_name().and_then(|n| n.to_str()).filter(|n| !n.starts_with('.')) else { continue };
        let inside = format!("{name}/{last}");
        if path.is_dir() && depth > 0 {
            collect(&path, &inside, ending, depth - 1, found)?;
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(BookFile { path: inside, text: text(&path)? });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_book_is_its_manifest_its_flows_and_its_rules_in_order() {
        let book = folder(&[
            ("bincard.yaml", "name: a\ncurrency: INR\nzone: UTC\nworkflows: flows\n"),
            ("flows/b.flow", "b"),
            ("flows/a.flow", "a"),
            ("flows/notes.txt", "not read"),
            ("flows/.hidden.flow", "not read"),
            ("rules/bu/ac/msl.rhai", "r"),
            ("workflows/other.flow", "not named by the manifest"),
        ]);
        let files = read(book.path()).unwrap();
        let paths = |files: &[BookFile]| files.iter().map(|f| f.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&files.flows), ["flows/a.flow", "flows/b.flow"]);
        assert_eq!(paths(&files.rules), ["rules/bu/ac/msl.rhai"]);
        assert_eq!(find(&book.path().join("rules/bu")).as_deref(), Some(book.path()));
    }

    #[test]
    fn what_is_no_book_says_so() {
        let empty = folder(&[]);
        assert!(read(empty.path()).unwrap_err().to_string().ends_with("is not a book: it has no `bincard.yaml`"));
        let binary = folder(&[("bincard.yaml", "name: a\n")]);
        fs::create_dir_all(binary.path().join("workflows")).unwrap();
        fs::write(binary.path().join("workflows/a.flow"), [0xff, 0xfe]).unwrap();
        assert!(read(binary.path()).unwrap_err().to_string().ends_with("is not text in UTF-8"));
    }

    #[test]
    fn the_shipped_book_has_nothing_to_be_told() {
        let files = read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let checked = check::check(&files);
        assert_eq!(check::testing::report(&checked.diagnostics, &checked.sources), "");
        let book = checked.book.unwrap();
        assert!(book.workflows.contains_key("indent") && book.hash.len() == 64);
    }
}
