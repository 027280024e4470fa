//! A process that is to die: this test binary once more, running one test, with faults laid out for it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

/// Names the database of a victim; without it a victim's test is empty.
const DATABASE: &str = "BINCARD_TEST_VICTIM";

/// The database that this process is to die on.
pub fn called() -> Option<String> {
    std::env::var(DATABASE).ok()
}

/// Says a line to the parent at once, past whatever the test harness holds back.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.flush().and_then(|()| out.write_all(format!("{line}\n").as_bytes())).and_then(|()| out.flush()).expect("a parent that listens");
}

/// What a victim was to do, and how it ended.
pub struct Ended {
    /// True where it came to its end by itself.
    pub survived: bool,
    /// The lines that it said.
    pub said: Vec<String>,
}

/// Starts a test of this binary as a victim on a database; `faults` are for `faults.c`.
pub fn start(test: &str, url: &str, faults: &[(&str, &str)]) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("a test binary"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(DATABASE, url).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    if !faults.is_empty() {
        command.env("LD_PRELOAD", library()).envs(faults.iter().copied());
    }
    command.spawn().expect("a process")
}

/// Waits for the end of a victim.
pub fn end(mut child: Child) -> Ended {
    let mut text = String::new();
    child.stdout.take().expect("an output").read_to_string(&mut text).expect("text");
    let status: ExitStatus = child.wait().expect("an end");
    let said: Vec<String> = text.lines().map(str::to_owned).collect();
    assert!(status.success() || status.code().is_none(), "a victim failed instead of dying: {said:?}");
    Ended { survived: status.success(), said }
}

/// Lets all of several go on at the same moment: when each has said that it begins. Gives how each ended.
pub fn together(mut children: Vec<Child>) -> Vec<Ended> {
    for child in &mut children {
        let out = child.stdout.as_mut().expect("an output");
        let (mut said, mut byte) = (Vec::new(), [0]);
        while !said.ends_with(b"begin\n") {
            assert_eq!(out.read(&mut byte).expect("bytes"), 1, "a process ended before it began: {}", String::from_utf8_lossy(&said));
            said.push(byte[0]);
        }
    }
    for child in &mut children {
        child.stdin.take().expect("an input").write_all(b"go\n").expect("a process that listens");
    }
    let ends: Vec<_> = children.into_iter().map(|child| std::thread::spawn(|| end(child))).collect();
    ends.into_iter().map(|end| end.join().expect("an end")).collect()
}

/// Runs a victim to its end.
pub fn run(test: &str, url: &str, faults: &[(&str, &str)]) -> Ended {
    end(start(test, url, faults))
}

/// The library that lays the faults, compiled once.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let made = LIBRARY.get_or_init(|| {
        let folder = super::folder();
        let (source, library) = (super::root().join("tests/it/support/faults.c"), folder.path().join("faults.so"));
        let made = Command::new("cc").args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").output();
        let made = made.expect("a C compiler: scripts/prepare installs one");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        (folder, library)
    });
    &made.1
}
