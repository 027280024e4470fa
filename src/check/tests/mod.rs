//! What a spoiled book is told: families of spoiled texts in `spoiled/`, each with the report that it gets; and what a good
//! book becomes (`models.rs`).
//!
//! A family is a text of sections `## title | where`: the section's lines are put `where` into a small sound book
//! (`book.flow`). The reports of a family are one snapshot.

mod allow;
mod mangled;
mod models;
mod overrides;
mod pages;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Network;
use super::testing::{MANIFEST, checked, checked_beside};
use crate::render::{Style, reports};

/// The small sound book; `@body`, `@each`, `@lines`, `@workflow` and `@book` mark where a spoiled text can stand.
const BOOK: &str = include_str!("book.flow");
const RULES: [(&str, &str); 3] = [
    ("rules/default/msl.rhai", "fn msl(party, part) { #{ maximum: 5, trigger: (), reason: \"the standard\" } }"),
    ("rules/default/allocation.rhai", "fn allocation(line, lot) { #{ take: true, rank: [lot.received], reason: \"oldest\" } }"),
    ("rules/default/cover.rhai", "fn cover(contract, part) { #{ covered: true, payer: \"oem\" } }"),
];

/// The network that the small book is for.
fn network() -> Network {
    let parties = [("pune", "asp"), ("wh", "warehouse"), ("ravi", "technician")];
    let parties = parties.into_iter().map(|(code, kind)| (code.into(), kind.into())).collect();
    Network {
        units: [("ac".into(), parties)].into(),
        calendars: ["working".into()].into(),
        people: ["asha".into(), "meera".into()].into(),
        ..Network::default()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check/tests")
}

/// The small book with texts put into it, by mark.
pub(super) fn book(puts: &[(&str, &str)]) -> String {
    let mark = |line: &str| puts.iter().find(|(at, _)| line.trim() == format!("@{at}")).map(|(_, text)| *text);
    BOOK.lines().filter(|line| !line.trim().starts_with('@') || mark(line).is_some()).fold(String::new(), |mut book, line| {
        let _ = writeln!(book, "{}", mark(line).unwrap_or(line));
        book
    })
}

/// The report of one section.
fn told(place: &str, text: &str) -> String {
    let flow = match place {
        "alone" => text.to_owned(),
        "manifest" | "rule" => book(&[]),
        mark => book(&[(mark, text)]),
    };
    let mut texts = vec![("book.flow", flow.as_str()), ("bincard.yaml", if place == "manifest" { text } else { MANIFEST })];
    if place != "alone" {
        texts.extend(RULES);
    }
    if place == "rule" {
        texts.push(("rules/msl.rhai", text));
    }
    let checked = checked(&texts);
    assert_eq!(checked.book.is_none(), checked.has_errors());
    reports(&checked.sources, &checked.diagnostics, Style::Plain)
}

fn family(name: &str) {
    let text = std::fs::read_to_string(folder().join(format!("spoiled/{name}.txt"))).unwrap();
    let mut out = String::new();
    for section in text.split("## ").skip(1) {
        let (head, spoiled) = section.split_once('\n').unwrap();
        let (title, place) = head.split_once(" | ").unwrap_or_else(|| panic!("{name}: `{head}` does not say where"));
        let report = told(place.trim(), spoiled.trim_end());
        assert!(!report.is_empty(), "{name}: `{title}` is told nothing");
        let _ = writeln!(out, "──── {title}\n{}\n", report.trim_end());
    }
    insta::with_settings!({ snapshot_path => folder().join("spoiled"), prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, out);
    });
}

macro_rules! families {
    ($($name:ident),+ $(,)?) => {
        $(#[test] fn $name() { family(stringify!($name)); })+
        const FAMILIES: &[&str] = &[$(stringify!($name)),+];
    };
}
families!(manifest, words, names, types, absence, states, clauses, moves, effects, pairs, scenarios, several);

#[test]
fn the_small_book_is_sound() {
    let text = book(&[]);
    let mut texts = vec![("book.flow", text.as_str())];
    texts.extend(RULES);
    let checked = checked_beside(&texts, Some(&network()));
    assert_eq!(reports(&checked.sources, &checked.diagnostics, Style::Plain), "");
}

/// A guard that cannot be read may have used what it would have used, and may have had the code that a scenario names.
#[test]
fn a_guard_that_cannot_be_read_is_one_report() {
    let guard = "    let most = 5\n    require any line esle \"At most {most}.\" code too_many";
    let scenario = "scenario \"too many\" {\n  when asp_manager at pune opens request R1 with asp pune, warehouse wh, purpose emergency, pool amc, lines FAN 6\n  then refused too_many\n}";
    let text = book(&[("body", guard), ("book", scenario)]);
    let mut texts = vec![("book.flow", text.as_str())];
    texts.extend(RULES);
    let codes: Vec<&str> = checked(&texts).diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["syntax"]);
}

/// The codes of what is told of the small book when it is changed.
fn codes_of(flow: &str) -> Vec<(&'static str, String)> {
    let mut texts = vec![("book.flow", flow)];
    texts.extend(RULES);
    checked(&texts).diagnostics.into_iter().map(|d| (d.code, d.help.unwrap_or_default())).collect()
}

#[test]
fn what_follows_from_a_missing_brace_is_not_told() {
    let spoiled = book(&[]).replace("choosing allocation\n    }\n  }", "choosing allocation\n    become done\n    notify picker \"Done.\"\n  }");
    let codes: Vec<&str> = codes_of(&spoiled).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["unclosed"]);
}

#[test]
fn what_follows_from_a_step_that_cannot_be_read_is_not_told() {
    let opens = "when asp_manager at pune opens request R1 with asp pune, warehouse wh, purpose emergency, pool amc";
    let story = |rest: &str| format!("scenario \"s\" {{\n  {opens}, {rest}\n  when asp_manager at pune fires work on R1\n  then R1 is approved\n}}");
    let told = codes_of(&book(&[("book", &story("note call him back, lines FAN 6"))]));
    assert_eq!(told, [("syntax", "a text of several words stands in quotes: `note \"call him back\"`".to_owned())]);
    let told = codes_of(&book(&[("book", &story("lines FAN requested 6, approved 0 rate 1"))]));
    let comma = "a comma stands between the values of a list; the next field of a line follows without one: `requested 6 approved …`";
    assert_eq!(told, [("wrong-value", comma.to_owned())]);
}

#[test]
fn somebody_whom_the_master_data_does_not_have_is_told() {
    let told = |master: &str, given: &str, who: &str| {
        let steps = format!("  given master \"{master}\"\n{given}  when asp_manager {who} at pune opens plain P1 for pune\n  then P1 is open");
        let plain = "workflow plain \"Plain\" version 1 {\n  number \"P/{seq:5}\"\n  party asp : asp\n  state open initial\n  state closed final\n  transition end: open -> closed by asp_manager {}\n}";
        let text = book(&[("book", &format!("{plain}\nscenario \"s\" {{\n{steps}\n}}"))]);
        let manifest = format!("{MANIFEST}master: master\n");
        let mut texts = vec![("book.flow", text.as_str()), ("bincard.yaml", manifest.as_str())];
        texts.extend(RULES);
        let found = checked_beside(&texts, Some(&network())).diagnostics;
        found.into_iter().map(|d| format!("{}: {} ({})", d.code, d.title, d.help.unwrap_or_default())).collect::<Vec<_>>()
    };
    let unknown =
        "not-in-master: there is no person `meear` in the master data `master` (did you mean `meera`? or describe it in the scenario: `given person meear …`)";
    assert_eq!(told("master", "", "meear"), [unknown]);
    let nobody: [&str; 0] = [];
    assert_eq!(told("master", "", "meera"), nobody);
    assert_eq!(told("master", "  given person meear\n", "meear"), nobody);
    assert_eq!(told("elsewhere", "", "meear"), nobody);
}

/// The sources of a folder, without their tests and without blanks.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            all.push_str(&sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.extend(std::fs::read_to_string(path).unwrap().split_whitespace());
        }
    }
    all
}

/// The codes of all findings that sources make.
fn codes_made_in(sources: &str) -> BTreeSet<String> {
    let made = [
        "Diagnostic::error(\"",
        "Diagnostic::warning(\"",
        ".at(node,\"",
        ".error(\"",
        ".error_at(\"",
        "self.wrong(\"",
        "Complaint::new(\"",
        "row.say(\"",
        "self.say(\"",
        "say_cycle(\"",
        "code:Some(\"",
    ];
    made.into_iter().flat_map(|made| sources.split(made).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned)).collect()
}

#[test]
fn every_finding_has_a_spoiled_text() {
    let told: String = FAMILIES.iter().map(|name| std::fs::read_to_string(folder().join(format!("spoiled/{name}.snap"))).unwrap_or_default()).collect();
    let codes = codes_made_in(&sources(&folder().join("../findings")));
    let shown = |code: &str| super::page(code).is_some_and(|page| !page.wrong.is_empty());
    let missing: Vec<&String> = codes.iter().filter(|code| !shown(code) && !told.lines().any(|line| line == code.as_str())).collect();
    assert!(codes.len() > 60 && missing.is_empty(), "no spoiled text for {missing:?}");
}
