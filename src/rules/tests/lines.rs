//! Counting statements: answers stay what they are, and what did not run is told, branch by branch.

use super::*;
use crate::model::Key;

const TEXT: &str = "fn score(n) {
    let kind = switch n { 1 => \"one\", 5 => \"five\", _ => \"many\" };
    if kind == \"many\" { return 0; }
    // a comment; with a semicolon
    if kind == \"five\" { helper(n) } else { 1 }
}
fn helper(n) { n + 1 }
fn never(n) { n }
";

fn places(keys: &[Key]) -> Vec<String> {
    keys.iter().map(|k| if let Key::Line(file, line, column) = k { format!("{file}:{line}:{column}") } else { String::new() }).collect()
}

#[test]
fn what_ran_is_told_statement_by_statement() {
    let (rules, found) = compile(&[("rules/default/x.rhai", TEXT)]);
    assert!(!found.contains("error"), "{found}");
    let (counting, lines) = rules.counting().unwrap();
    assert_eq!(ask(&counting, "score").unwrap(), ask(&rules, "score").unwrap());
    let ran = places(&lines.ran());
    let at = |place: &str| format!("rules/default/x.rhai:{place}");
    assert_eq!(ran, [at("2:5"), at("2:44"), at("3:5"), at("5:5"), at("5:25"), at("7:16")]);
    let all: Vec<(String, String)> = lines.points().map(|p| (p.part.to_string(), p.gap)).collect();
    assert!(all.contains(&("never".into(), "`n }` never runs".into())), "{all:?}");
    assert_eq!(all.len(), 11);
    lines.clear();
    assert_eq!(lines.ran(), []);
}

#[test]
fn the_layers_below_count_too_and_faults_keep_their_lines() {
    let below = ("rules/default/score.rhai", "fn score(n) {\n    n + 1\n}");
    let above = ("rules/bu/ac/score.rhai", "fn score(n) {\n    let list = [base(n)];\n    list[7]\n}");
    let (rules, _) = compile(&[below, above]);
    let (counting, lines) = rules.counting().unwrap();
    let fault = ask(&counting, "score").unwrap_err();
    assert_eq!((fault.line, &fault.message), (Some(3), &ask(&rules, "score").unwrap_err().message));
    assert_eq!(places(&lines.ran()), ["rules/default/score.rhai:2:5", "rules/bu/ac/score.rhai:2:5", "rules/bu/ac/score.rhai:3:5"]);
}
