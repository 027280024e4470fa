//! Tables of rule cases: what passes, what a failing row tells, and every mistake with its place.

use insta::assert_snapshot;

use bincard::book_folder;
use bincard::check::check;
use bincard::scenario::{Masters, RuleCases};

use crate::cli::{book, transcript};
use crate::support::root;

const TABLE: &str = "master: master
given: { part: FAN }
cases:
  - { case: half of ten, given: { on_hand: 10 }, answer: { most: 5 } }
  - { case: too much, given: { on_hand: 7 }, answer: { most: 4, reason: half of the 7 on hand is 3 } }
  - { case: a part written out, given: { part: { code: NEW, class: board }, on_hand: 3 }, answer: { most: 1 } }
  - { case: it never fails, given: { on_hand: 1 }, refused: broken }
";

fn write(folder: &tempfile::TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    std::fs::write(path, text).expect("the folder");
}

#[test]
fn a_failing_row_tells_only_what_differs() {
    let folder = book();
    write(&folder, "rules/default/fair_share.cases.yaml", TABLE);
    assert_snapshot!(transcript(folder.path(), &["bincard test --file cases.yaml | sed 's/ in [0-9.]* s//'", "bincard test --file cases.yaml --list"]));
}

#[test]
fn the_folder_says_whose_rules_are_asked() {
    let folder = book();
    write(
        &folder,
        "rules/store/main/fair_share.rhai",
        "fn fair_share(part, on_hand) {\n    if part.code == \"never\" { throw \"broken\"; }\n    let share = base(part, on_hand);\n    share.most = on_hand;\n    share\n}\n",
    );
    let rows = "cases:\n  - { case: all of it, given: { part: { code: FAN }, on_hand: 9 }, answer: { most: 9 } }\n";
    let broken = "  - { case: broken, given: { part: { code: never }, on_hand: 9 }, refused: broken }\n";
    write(&folder, "rules/store/main/fair_share.cases.yaml", &format!("{rows}{broken}"));
    write(&folder, "rules/default/fair_share.cases.yaml", rows);
    assert_snapshot!(transcript(folder.path(), &["bincard test all | sed 's/ in [0-9.]* s//'", "bincard test broken | sed 's/ in [0-9.]* s//'"]));
}

#[test]
fn a_lot_stands_on_one_line_and_knows_its_days() {
    let folder = book();
    let table = "today: 2026-04-20
workflow: job
cases:
  - { case: good, given: { line: { part: { code: FAN }, requested: 2 }, lot: FAN lot L1 3 received 2026-01-10 }, answer: { take: yes, rank: [2026-01-10] } }
  - { case: damaged, given: { line: { part: { code: FAN }, requested: 2 }, lot: { part: FAN, condition: damaged, received: 2026-01-10, quantity: 1 } }, answer: { take: no, reason: it is damaged } }
";
    write(&folder, "rules/default/allocation.cases.yaml", table);
    assert_snapshot!(transcript(folder.path(), &["bincard test --file cases.yaml | sed 's/ in [0-9.]* s//'"]));
}

#[test]
fn every_mistake_has_its_place_and_what_to_write() {
    let mistakes = [
        ("rules/default/fair_shar.cases.yaml", "cases: []"),
        ("rules/fair_share.cases.yaml", "cases: []"),
        ("rules/default/fair_share.cases.yaml", "- a"),
        ("rules/default/fair_share.cases.yaml", "cases: {"),
        ("rules/default/fair_share.cases.yaml", "case: []"),
        ("rules/default/fair_share.cases.yaml", "master: nowhere\ncases: []"),
        ("rules/default/fair_share.cases.yaml", "master: master\ncases:\n  - { case: a, given: { part: FAM, on_hand: 1 }, answer: { most: 1 } }"),
        ("rules/default/fair_share.cases.yaml", "cases:\n  - { case: a, given: { part: { clas: x }, on_hand: many }, answer: { moost: 1 } }"),
        ("rules/default/fair_share.cases.yaml", "cases:\n  - { case: a, given: { on_hnd: 1 }, answers: { most: 1 } }"),
        ("rules/default/fair_share.cases.yaml", "cases:\n  - { given: { on_hand: 1 }, answer: 1 }"),
        (
            "rules/default/allocation.cases.yaml",
            "cases:\n  - { case: a, given: { line: { part: FAN }, lot: FAN 3 recieved 2026-01-10 }, answer: { take: maybe } }",
        ),
    ];
    let folder = book();
    let checked = check(&book_folder::read(folder.path()).expect("the book"));
    let shared = checked.book.expect("no errors");
    let mut told = String::new();
    for (path, text) in mistakes {
        let _ = std::fs::remove_file(folder.path().join("rules/fair_share.cases.yaml"));
        for rule in ["fair_shar", "fair_share", "allocation"] {
            let _ = std::fs::remove_file(folder.path().join(format!("rules/default/{rule}.cases.yaml")));
        }
        write(&folder, path, text);
        let cases = RuleCases::read(folder.path(), &shared, &Masters::new(folder.path())).expect("readable");
        told.push_str(&format!("{text}\n"));
        for found in &cases.findings {
            let help = found.help.as_ref().map(|h| format!("\n      {h}")).unwrap_or_default();
            told.push_str(&format!("    {} {}{help}\n", cases.sources.place(found.span()), found.title.replace(&folder.path().display().to_string(), "DIR")));
        }
        assert!(!cases.findings.is_empty() && cases.cases.is_empty(), "{path}: {text}");
    }
    assert_snapshot!(told);
}

#[test]
fn every_shipped_rule_has_cases_in_every_layer_that_writes_it() {
    let rules: Vec<String> = crate::support::files("rules", &["rhai"]).iter().map(|p| p.display().to_string()).collect();
    let without: Vec<&String> = rules.iter().filter(|path| !root().join(path.replace(".rhai", ".cases.yaml")).is_file()).collect();
    assert!(without.is_empty(), "no cases beside {without:?}");
}
