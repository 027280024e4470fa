//! Runs `console` blocks: each line that begins with `$ ` is a command, what follows is what it must print.
//!
//! `$ cd FOLDER` holds for the rest of the page. `…` alone on a line stands for any lines, inside a line for any characters. `[exit 1]` as the last line is the exit code; none means success.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One command with what it must print.
struct Step {
    command: String,
    expected: Vec<String>,
    exit: i32,
}

/// When the examples happen: the numbers of documents tell the year.
const WHEN: &str = "2026-04-01 09:30";

/// Runs a block in a folder; the message says what differs.
pub fn run(text: &str, folder: &mut PathBuf) -> Result<(), String> {
    for step in steps(text)? {
        if let Some(inner) = step.command.strip_prefix("cd ") {
            folder.push(inner);
            continue;
        }
        let (printed, exit) = execute(&step.command, folder)?;
        let expected: Vec<&str> = step.expected.iter().map(String::as_str).collect();
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let lines = trim(&lines);
        if exit != step.exit || !matches(trim(&expected), lines) {
            let expected = expected.join("\n");
            return Err(format!("$ {}\nexpected (exit {}):\n{expected}\nprinted (exit {exit}):\n{}", step.command, step.exit, lines.join("\n")));
        }
    }
    Ok(())
}

fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), expected: Vec::new(), exit: 0 });
            continue;
        }
        let step = steps.last_mut().ok_or("a console block begins with `$ `")?;
        match line.strip_prefix("[exit ").and_then(|l| l.strip_suffix(']')) {
            Some(code) => step.exit = code.parse().map_err(|e| format!("{line}: {e}"))?,
            None => step.expected.push(line.trim_end().to_owned()),
        }
    }
    Ok(steps)
}

fn execute(command: &str, folder: &Path) -> Result<(String, i32), String> {
    let program = Path::new(env!("CARGO_BIN_EXE_bincard"));
    let beside = program.parent().map(Path::display).ok_or("the program stands in no folder")?;
    let path = format!("{beside}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", "/nonexistent"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1"), ("COLUMNS", "100"), ("BINCARD_AT", WHEN)])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("$ {command}\n{e}"))?;
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().unwrap_or(-1)))
}

/// Without empty lines at both ends.
fn trim<'a, 'b>(lines: &'a [&'b str]) -> &'a [&'b str] {
    let from = lines.iter().position(|l| !l.is_empty()).unwrap_or(lines.len());
    let to = lines.iter().rposition(|l| !l.is_empty()).map_or(from, |at| at + 1);
    &lines[from..to]
}

fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"…", rest)) => (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..])),
        Some((first, rest)) => lines.split_first().is_some_and(|(line, others)| like(first, line) && matches(rest, others)),
    }
}

/// Whether a line is what is expected, with `…` for any characters.
fn like(expected: &str, line: &str) -> bool {
    let Some((before, after)) = expected.split_once('…') else { return expected == line };
    let Some(rest) = line.strip_prefix(before) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| like(after, &rest[at..]))
}

#[test]
fn what_is_printed_is_compared_with_gaps() {
    let mut here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(run("$ echo a; echo b1; echo c\na\nb…\n…\n$ exit 3\n[exit 3]\n", &mut here), Ok(()));
    assert!(run("$ echo a\nb\n", &mut here).unwrap_err().contains("printed (exit 0):\na"));
    assert!(run("$ false\n", &mut here).unwrap_err().contains("exit 1"));
    assert_eq!(run("$ cd tests\n$ ls -d it\nit\n", &mut here), Ok(()));
}
