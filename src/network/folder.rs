//! Reads the files of a master-data folder from disk; the only file of the module that touches it.
//!
//! Must not know what is in them. Tests: `tests.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::base::SourceMap;

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {cause}")]
pub struct FolderError {
    /// The file or folder.
    pub path: String,
    /// What the system said.
    pub cause: std::io::Error,
}

/// All CSV and YAML files of a folder and the folders in it, in the order of their names.
///
/// # Errors
/// A file or folder cannot be read, or is not text in UTF-8.
pub fn read_folder(folder: &Path) -> Result<SourceMap, FolderError> {
    let mut paths = Vec::new();
    gather(folder, &mut paths)?;
    paths.sort();
    let mut sources = SourceMap::default();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(failed(&path))?;
        sources.add(path.display().to_string(), text);
    }
    Ok(sources)
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), FolderError> {
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.is_dir() {
            gather(&path, paths)?;
        } else if path.extension().is_some_and(|e| ["csv", "yaml", "yml"].iter().any(|known| e.eq_ignore_ascii_case(known))) {
            paths.push(path);
        }
    }
    Ok(())
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> FolderError + '_ {
    move |cause| FolderError { path: path.display().to_string(), cause }
}
