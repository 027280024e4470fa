//! Files that are there whole or not at all, and are there after the power failed.
//!
//! Tests: `tests/it/docs`, which runs `docs/operating.md`.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::error::CliError;

/// The name under which a file grows.
pub fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Writes a text in one piece, in place of what was there.
pub fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let fault = |e: std::io::Error| CliError::fault(format!("cannot write `{}`: {e}", path.display()));
    let growing = partial(path);
    File::create(&growing).and_then(|mut file| file.write_all(text.as_bytes())).map_err(fault)?;
    settle(&growing, path)
}

/// Gives a finished file its name, once all of it is on the disk.
pub fn settle(from: &Path, to: &Path) -> Result<(), CliError> {
    let settled = || {
        File::open(from)?.sync_all()?;
        fs::rename(from, to)?;
        let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    settled().map_err(|e| CliError::fault(format!("cannot write `{}`: {e}", to.display())))
}

/// Fails where there is such a file already.
pub fn must_be_new(path: &Path) -> Result<(), CliError> {
    if path.exists() {
        Err(CliError::usage(format!("there is already a file `{}`", path.display())).hint("give another name, or move it away"))
    } else {
        Ok(())
    }
}
