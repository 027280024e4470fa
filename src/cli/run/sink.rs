//! Where messages go: a command that reads one at a time, a file that they are added to. One JSON value a line.
//!
//! Must not know when a message is sent, or again. Tests: `tests/it/deliver.rs`.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::store::OutboxEntry;

use super::super::outbox::name;

/// Where messages go.
#[derive(Debug, Clone)]
pub enum Sink {
    /// A command of the shell, run for each message, which it finds as a line on its standard input.
    Command(String),
    /// A file that lines are added to.
    File(PathBuf),
}

impl Sink {
    /// Sends a message; what goes wrong is told in words.
    pub async fn send(&self, entry: &OutboxEntry, patience: Duration) -> Result<(), String> {
        let line = line(entry);
        match self {
            Self::Command(command) => match tokio::time::timeout(patience, run(command, &line)).await {
                Ok(sent) => sent,
                Err(_) => Err(format!("it took longer than {} seconds", patience.as_secs())),
            },
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || append(&path, &line)).await.map_err(|e| e.to_string())?
            }
        }
    }
}

/// A message as a line.
fn line(entry: &OutboxEntry) -> String {
    let row = &entry.row;
    let tried = entry.setback.as_ref().map_or(0, |s| s.tries);
    let value = json!({
        "message": name(entry), "bu": entry.bu, "document": entry.doc, "kind": row.kind, "topic": row.topic, "text": row.text,
        "payload": row.payload, "recorded_at": entry.recorded_at, "try": tried + 1,
    });
    format!("{value}\n")
}

/// Added as a whole, and on the disk before it counts as sent.
fn append(path: &std::path::Path, line: &str) -> Result<(), String> {
    let done = std::fs::OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| {
        file.write_all(line.as_bytes())?;
        file.sync_data()
    });
    done.map_err(|e| format!("cannot write `{}`: {e}", path.display()))
}

/// Sent where the command ends with 0. Else its last words on the standard error are why.
async fn run(command: &str, line: &str) -> Result<(), String> {
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    // Who stops this program with Ctrl-C lets what is under way come to its end.
    #[cfg(unix)]
    shell.process_group(0);
    let mut child = shell.spawn().map_err(|e| format!("cannot run the command: {e}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input may still say that all is well.
        drop(stdin.write_all(line.as_bytes()).await);
    }
    let ended = child.wait_with_output().await.map_err(|e| format!("cannot run the command: {e}"))?;
    if ended.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&ended.stderr);
    let words = told.lines().rev().find(|l| !l.trim().is_empty()).map(|l| format!(": {}", l.trim())).unwrap_or_default();
    Err(format!("the command ended with {}{words}", ended.status.code().map_or_else(|| "a signal".to_owned(), |code| code.to_string())))
}
