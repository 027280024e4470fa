//! What several tests need, with one constructor for each thing, so that a change of its making touches one place.
//!
//! Must not hold expectations: what must be true stands in the tests.

pub mod blank;
pub mod book;
pub mod desk;
pub mod editor;
pub mod jobs;
pub mod markup;
pub mod plant;
pub mod proxy;
pub mod seeds;
pub mod server;
pub mod stores;
pub mod story;
pub mod textmate;
pub mod victim;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the repository that have one of the extensions, sorted, relative to the repository.
pub fn files(under: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(under)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)) {
                found.push(path.strip_prefix(root()).expect("found below the root").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// The text of a file of the repository.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A folder that goes away with the value.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("bincard-test-").tempdir().expect("a temporary folder")
}

/// A command that asks cargo to build something. What cargo tells a test of itself is kept from it: build scripts that look at
/// that would be run again, and half of all crates with them.
pub fn building(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let told = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    });
    for name in told {
        command.env_remove(name);
    }
    command
}

/// The PostgreSQL that the tests run on. There is no way to skip them.
pub fn postgres_url() -> String {
    std::env::var("BINCARD_TEST_POSTGRES")
        .unwrap_or_else(|_| panic!("no PostgreSQL: run the tests with `scripts/test`, which starts one, or set BINCARD_TEST_POSTGRES to the URL of a server"))
}

#[test]
fn there_is_a_postgres_to_test_on() {
    assert!(postgres_url().starts_with("postgres"), "BINCARD_TEST_POSTGRES holds no PostgreSQL URL");
}
