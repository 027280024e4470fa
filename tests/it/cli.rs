//! The program as people and programs use it: what each command prints, on which stream, and the code it ends with.
//!
//! Each test is a transcript of commands in a folder of its own, kept as a snapshot; times of day are given, so that it is always the same.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

use crate::support::{building, folder, root};

const COMMANDS: [&str; 29] = [
    "demo",
    "replay",
    "new",
    "check",
    "explain",
    "fmt",
    "test",
    "draw",
    "docs",
    "load",
    "open",
    "fire",
    "why-not",
    "show",
    "todo",
    "stock",
    "trace",
    "db",
    "db init",
    "db verify",
    "db seal",
    "db status",
    "db backup",
    "db restore",
    "db export",
    "db import",
    "db migrate",
    "lsp",
    "completions",
];

/// Runs a command line as a shell would, with `bincard` on the path.
pub fn shell(folder: &Path, line: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_bincard"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    Command::new("bash")
        .args(["-c", line])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", "/nonexistent"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1"), ("COLUMNS", "110")])
        .envs(std::env::var("BINCARD_TEST_POSTGRES").map(|url| ("BINCARD_TEST_POSTGRES", url)))
        .stdin(Stdio::null())
        .output()
        .expect("bash")
}

/// Command lines with all that they print. What stderr says is marked, and so is every exit code but 0.
pub fn transcript(folder: &Path, lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let output = shell(folder, &format!("set -o pipefail; {line}"));
        text.push_str(&format!("$ {line}\n{}", String::from_utf8_lossy(&output.stdout)));
        for told in String::from_utf8_lossy(&output.stderr).lines() {
            text.push_str(&format!("! {told}\n"));
        }
        match output.status.code() {
            Some(0) => {}
            code => text.push_str(&format!("[exit {}]\n", code.unwrap_or(-1))),
        }
        text.push('\n');
    }
    text.replace(&folder.display().to_string(), "DIR")
}

/// A new book with its master data loaded.
pub fn book() -> tempfile::TempDir {
    let folder = folder();
    let made = shell(folder.path(), "bincard new . && bincard load");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

#[test]
fn help_teaches_every_command() {
    let folder = folder();
    let lines: Vec<String> = std::iter::once("bincard --help".to_owned()).chain(COMMANDS.iter().map(|c| format!("bincard {c} --help"))).collect();
    assert_snapshot!(transcript(folder.path(), &lines.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn a_new_book_checks_tests_and_runs() {
    let folder = folder();
    let lines = [
        "bincard new shop | grep -v 'REC/main'",
        "cd shop && bincard check",
        "cd shop && bincard fmt --check",
        "cd shop && bincard test | sed 's/ in [0-9.]* s//'",
        "cd shop && bincard load",
        "cd shop && bincard load | head -3",
        "bincard new shop",
        "bincard check",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn a_day_in_a_store() {
    let folder = book();
    let lines = [
        "bincard open receipt --as asha --at '2026-04-01 09:00' --key k1 store=main --line part=FAN,quantity=10,rate=1450 --dry-run",
        "bincard open receipt --as asha --at '2026-04-01 09:00' --key k1 store=main --line part=FAN,quantity=10,rate=1450",
        "bincard open receipt --as asha --at '2026-04-01 09:00' --key k1 store=main --line part=FAN,quantity=10,rate=1450",
        "bincard todo --as asha",
        "bincard todo REC/main/26-27/0001 --as asha",
        "bincard fire receive REC/main/26-27/0001 --as asha --at '2026-04-01 09:30' --key k2",
        "bincard open job --as asha --at '2026-04-01 10:00' --key k3 store=main 'job=no cooling' -l part=FAN,requested=4",
        "bincard fire prepare JOB/main/26-27/0001 --as asha --at '2026-04-01 10:05' --key k4",
        "bincard todo JOB/main/26-27/0001 --as asha",
        "bincard show JOB/main/26-27/0001",
        "bincard stock main",
        "bincard fire finish JOB/main/26-27/0001 --as asha --at '2026-04-02 17:00' --key k5 -l FAN:used=3",
        "bincard stock --part FAN --outside",
        "bincard stock main --as-of 2026-04-01",
        "bincard stock --lots",
        "bincard show",
        "bincard show --all",
        "bincard trace PS/26-27/0001",
        "bincard show PS/26-27/0001",
        "bincard trace 'no cooling'",
        "bincard trace d-5691febbc860db91.2.1",
        "bincard todo --as ravi",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn pictures_count_documents_and_scenarios() {
    let folder = book();
    let lines = [
        "bincard open receipt --as asha --at '2026-04-01 09:00' --key k1 store=main --line part=FAN,quantity=10,rate=1450",
        "bincard fire receive REC/main/26-27/0001 --as asha --at '2026-04-01 09:30' --key k2",
        "bincard open job --as asha --at '2026-04-01 10:00' --key k3 store=main job=SO-1 -l part=FAN,requested=2",
        "bincard open job --as asha --at '2026-04-01 10:00' --key k4 store=main job=SO-2 -l part=FAN,requested=2",
        "bincard fire prepare JOB/main/26-27/0001 --as asha --at '2026-04-01 10:05' --key k5",
        "bincard draw job --format mermaid --overlay documents --at '2026-04-01 11:00'",
        "bincard draw job --format dot --overlay documents --at '2026-04-03 11:00' | grep -E 'label=.Parts|asked|ready'",
        "bincard draw job --format mermaid --overlay coverage",
        "bincard draw job --out job.svg && grep -c '<svg' job.svg",
        "bincard draw jab",
        "bincard docs && ls handbook",
        "bincard docs --format md --out wiki --json",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn what_is_refused_says_every_reason_and_what_would_pass() {
    let folder = book();
    let lines = [
        "bincard open receipt --as asha --at '2026-04-01 09:00' --key k1 store=main -l part=FAN,quantity=10 > /dev/null",
        "bincard fire receive REC/main/26-27/0001 --as asha --at '2026-04-01 09:30' --key k2 > /dev/null",
        "bincard open job --as asha --at '2026-04-01 10:00' --key k3 store=main job=J -l part=FAN,requested=6 > /dev/null",
        "bincard fire prepare JOB/main/26-27/0001 --as asha --at '2026-04-01 10:05'",
        "bincard fire prepare JOB/main/26-27/0001 --as asha --at '2026-04-01 10:05' --dry-run --json",
        "bincard fire prepare JOB/main/26-27/0001 --as ravi --at '2026-04-01 10:05'",
        "bincard fire finish JOB/main/26-27/0001 --as asha --at '2026-04-01 10:05'",
        "bincard fire cancel JOB/main/26-27/0001 --as ravi --at '2026-03-31'",
        "bincard fire cancel JOB/main/26-27/0001 --as ravi --at '2026-04-01 11:00' --if-revision 7",
        "bincard open job --as asha --at '2026-04-01 10:00' store=mian -l part=FUN,requested=some",
        "bincard open jobs --as asha --at '2026-04-01 10:00' --key k9",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn programs_read_json_of_a_stable_shape() {
    let folder = book();
    let lines = [
        "bincard open receipt --as asha --at '2026-04-01 09:00' --key k1 store=main -l part=FAN,quantity=10 --json",
        "bincard fire receive REC/main/26-27/0001 --as asha --at '2026-04-01 09:30' --key k2 --json",
        "bincard todo --as asha --json",
        "bincard stock --json",
        "bincard trace REC/main/26-27/0001 --json",
        "bincard show --all --json",
        "bincard load --json | head -5",
        "bincard check --json",
        "bincard stock --bu nowhere --json",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn mistakes_on_the_command_line_end_with_2_and_a_hint() {
    let folder = book();
    let lines = [
        "bincard fire receive REC/main/26-27/0009 --as asha",
        "bincard fire receive REC/main/26-27/0009",
        "bincard fire REC/main/26-27/0009 receive --as asha",
        "bincard todo --as asah",
        "bincard open receipt --as asha store",
        "bincard open receipt --as asha store=main --line nonsense",
        "bincard open receipt --as asha store=main --at soon",
        "bincard trace nothing",
        "bincard test nothing",
        "bincard check --book elsewhere",
        "bincard stock --db mysql://here",
        "bincard frie",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn a_book_with_mistakes_is_told_all_of_them_and_not_used() {
    let folder = book();
    let lines = [
        "sed -i 's/store.shelf choosing/store.shlf choosing/; s/by manager/by manger/' workflows/job.flow",
        "bincard check",
        "bincard stock",
        "bincard check --json | sed -n 1,8p",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn the_database_of_a_book_with_mistakes_can_be_looked_after() {
    let folder = book();
    let lines = [
        "bincard load >/dev/null",
        "sed -i 's/store.shelf choosing/store.shlf choosing/' workflows/job.flow",
        "bincard db status | tail -2 | head -1",
        "bincard db verify | tail -1",
        "bincard db backup copy.backup >/dev/null && ls copy.backup",
        "sed -i 's/^database:.*/database: 7/' bincard.yaml",
        "bincard db verify",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn a_failing_scenario_shows_its_story_and_what_differs() {
    let folder = book();
    let lines = [
        "sed -i 's/FAN lot L1 3; FAN lot L2 4/FAN lot L1 4; FAN lot L2 4/' workflows/job.scenarios.flow",
        "bincard test | sed 's/ in [0-9.]* s//'",
        "bincard test --list",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn master_data_with_mistakes_is_told_all_of_them_and_nothing_is_loaded() {
    let folder = book();
    let lines = [
        "sed -i 's/kind: store/kind: stroe/; s/storekeeper at main/storekeeper at man/' master/network.yaml",
        "bincard load",
        "sed -i 's/kind: stroe/kind: store/; s/at man\\]/at main]/' master/network.yaml; sed -i 's/Fan motor/Fan/' master/parts.csv",
        "bincard load --dry-run",
        "bincard load --dry-run --json | head -12",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn completions_are_made_for_every_shell() {
    let folder = folder();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = shell(folder.path(), &format!("bincard completions {name}"));
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("trace"), "{name}");
    }
}

#[test]
fn nobody_who_stops_reading_is_shouted_at() {
    let output = shell(root(), "set -o pipefail; bincard test --list | head -1; bincard completions bash | head -1");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), (Some(0), String::new()));
}

#[test]
fn the_demo_plays_its_whole_story() {
    let folder = folder();
    let output = shell(root(), &format!("bincard demo --dir {}", folder.path().display()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for told in [
        "2 business units, 2 warehouses, 12 service partners",
        "serial P-1001",
        "SODO 4500010001/10 80001234/10",
        "arjun.hand → fitted, serial P-1001",
        "fitted → arjun.old_parts, serial X-778",
        "wh_blr.inspection → wh_blr.defectives",
        "refused: submit of STS/coolfix",
        "stock is not edited by hand; fire a transition",
        "a move is not posted by hand",
        "sum to zero; no ended document holds anything",
        "Try next",
    ] {
        assert!(text.contains(told), "the demo does not tell `{told}`:\n{text}");
    }
}

#[test]
fn the_library_can_be_embedded() {
    let source = std::fs::read_to_string(root().join("examples/embed.rs")).expect("the example");
    assert!(source.lines().count() < 60, "an integrator sees all of it on one page");
    let output = building(env!("CARGO")).args(["run", "--locked", "--quiet", "--example", "embed"]).current_dir(root()).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn scenarios_run_on_every_store_from_the_command_line() {
    let folder = book();
    let output = shell(folder.path(), "bincard test --store all");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.starts_with("6 scenarios passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn codes_are_explained_offline() {
    let folder = folder();
    let lines = ["bincard explain may-be-absent", "bincard explain not_enough", "bincard explain unused-lett", "bincard explain rule-unused --json"];
    assert_snapshot!(transcript(folder.path(), &lines));
}
