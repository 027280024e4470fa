//! `bincard test --watch`: what a saved file touches is played again, and a broken book is told and waited for.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::cli::book;

/// A long while, in which a busy machine gets it done.
const LONG: Duration = Duration::from_secs(120);

struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn begin(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bincard"));
        let mut child = command.args(["test", "--watch"]).current_dir(folder).stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("bincard");
        let out = child.stdout.take().expect("stdout");
        let (tell, lines) = channel();
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    /// All that is said up to the next time that it waits.
    fn until_it_waits(&self) -> String {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(LONG).expect("it goes on");
            if line.starts_with("waiting for a change") {
                return said.join("\n");
            }
            said.push(line);
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Changes a file as an editor does: the text is another, and so is its length.
fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.contains(from), "{from} in {text}");
    std::fs::write(&path, text.replace(from, to)).expect("the file");
}

#[test]
fn a_saved_file_has_its_stories_played_again() {
    let folder = book();
    let receipts = "scenario \"parts come in\" {\n  on 2026-04-01 09:00\n  when storekeeper at main opens receipt R1 for main with lines FAN quantity 10 rate 1450\n  then R1 is expected\n}\n";
    std::fs::write(folder.path().join("workflows/receipt.scenarios.flow"), receipts).expect("the file");
    let watching = Watching::begin(folder.path());
    let first = watching.until_it_waits();
    assert!(first.contains("3 stories: all passed"), "{first}");

    change(folder.path(), "workflows/job.scenarios.flow", "used 3", "used 2 ");
    let failing = watching.until_it_waits();
    assert!(failing.contains("changed: workflows/job.scenarios.flow") && failing.contains("2 of 3 stories: 1 failed"), "{failing}");
    assert!(failing.contains("FAILED  what is not used goes back on the shelf"), "{failing}");

    // Another file: only the stories that go through it, and the one that failed.
    change(folder.path(), "workflows/receipt.flow", "Receive more than nothing", "Receive something");
    let other = watching.until_it_waits();
    assert!(other.contains("2 of 3 stories: 1 failed"), "{other}");

    change(folder.path(), "workflows/job.flow", "-> ready by", "-> redy by");
    let broken = watching.until_it_waits();
    assert!(broken.contains("did you mean `ready`?") && broken.contains("the book has 1 error: nothing is played until it is mended"), "{broken}");

    change(folder.path(), "workflows/job.flow", "-> redy by", "-> ready by");
    change(folder.path(), "workflows/job.scenarios.flow", "used 2 ", "used 3");
    let mended = watching.until_it_waits();
    assert!(mended.contains("2 of 3 stories: all passed"), "{mended}");
}
