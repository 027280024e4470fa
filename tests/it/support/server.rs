//! A PostgreSQL of a test's own, to be killed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::root;

/// A server in a folder of its own; both go with the value.
pub struct Server {
    /// The server, without a schema.
    pub url: String,
    folder: PathBuf,
    settings: Vec<String>,
    faults: Vec<(String, String)>,
}

impl Server {
    /// Makes a server and starts it. `faults` are for `faults.c`; the folder is where both sides can see files.
    pub fn make(settings: &[&str], faults: impl FnOnce(&Path) -> Vec<(String, String)>) -> Self {
        let folder = folder();
        let faults = faults(&folder);
        let settings = settings.iter().map(|s| (*s).to_owned()).collect();
        let mut server = Self { url: String::new(), folder, settings, faults };
        server.url = server.run("make").trim().to_owned();
        server
    }

    /// A streaming standby of it, in a folder of its own.
    pub fn standby(&self) -> Self {
        let mut standby = Self { url: String::new(), folder: folder(), settings: vec![self.folder.display().to_string()], faults: Vec::new() };
        standby.url = standby.run("standby").trim().to_owned();
        standby.settings.clear();
        standby
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        self.run("promote");
    }

    /// Where its socket lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills all its processes with -9.
    pub fn kill(&self) {
        self.run("kill");
    }

    /// Starts it again.
    pub fn start(&self) {
        self.run("start");
    }

    fn run(&self, what: &str) -> String {
        let mut command = Command::new(root().join("scripts/own-postgres"));
        command.arg(what).arg(&self.folder);
        if what != "kill" {
            command.args(&self.settings).envs(self.faults.iter().map(|(name, value)| (name, value)));
        }
        let done = command.output().expect("scripts/own-postgres");
        assert!(done.status.success(), "own-postgres {what}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    }
}

/// A socket's path may have at most 107 bytes, and the server's own account must get there.
fn folder() -> PathBuf {
    tempfile::Builder::new().prefix("bincard-own-pg-").tempdir_in("/tmp").expect("a folder").keep()
}

impl Drop for Server {
    fn drop(&mut self) {
        // What cannot be removed is in a temporary folder, and says nothing about the test.
        drop(Command::new(root().join("scripts/own-postgres")).arg("remove").arg(&self.folder).output());
    }
}
