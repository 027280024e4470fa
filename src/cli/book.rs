//! Finds and reads the book that a command works with.
//!
//! Must not know what is in it. Tests: `tests/it/cli.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{self, Checked};
use crate::model::Book;
use crate::rules::Rules;

use super::args::Global;
use super::error::CliError;

const MANIFEST: &str = "bincard.yaml";

/// A book without errors.
pub struct Opened {
    /// Its folder.
    pub root: PathBuf,
    /// The model.
    pub book: Arc<Book>,
    /// The rules of all layers.
    pub rules: Arc<Rules>,
}

/// The folder of the book: the one that was named, or the nearest upwards with a manifest.
pub fn root(global: &Global) -> Result<PathBuf, CliError> {
    if let Some(folder) = &global.book {
        return if folder.join(MANIFEST).is_file() {
            Ok(folder.clone())
        } else {
            Err(CliError::usage(format!("`{}` has no {MANIFEST}", folder.display())).hint("`bincard new DIR` begins a book"))
        };
    }
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join(MANIFEST).is_file());
    found.map(Path::to_path_buf).ok_or_else(|| {
        CliError::usage(format!("there is no {MANIFEST} in this folder or above it")).hint("name the book with `--book DIR`, or begin one with `bincard new DIR`")
    })
}
