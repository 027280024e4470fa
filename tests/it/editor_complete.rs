//! Completion and signature help, at places where a line is being typed.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::editor::{Editor, behind};

const TRANSFER: &str = "workflows/transfer.flow";
const SCENARIOS: &str = "workflows/transfer.scenarios.flow";
const MSL: &str = "rules/default/msl.rhai";
const OVERRIDE: &str = "rules/bu/ac/msl.rhai";

/// What can be typed at the marker `‸` of a text: the first so many, and how many there are.
fn typed(editor: &mut Editor, file: &str, old: &str, new: &str, most: usize) -> String {
    let text = editor.on_disk(file).replacen(old, new, 1);
    let (before, _) = text.split_once('‸').expect("a marker");
    let place = behind(before, before);
    editor.change(file, &text.replace('‸', ""));
    let answer = editor.at("textDocument/completion", file, place).expect("an answer");
    let items = answer.as_array().expect("a list");
    let line = |item: &Value| format!("  {}  {}\n", item["label"].as_str().unwrap_or(""), item["detail"].as_str().unwrap_or("").replace('\n', " "));
    let rest = items.len().saturating_sub(most);
    let more = if rest > 0 { format!("  and {rest} more\n") } else { String::new() };
    let shown = new.lines().find(|l| l.contains('‸')).unwrap_or("").trim();
    format!("{shown}\n{}{more}", items.iter().take(most).map(line).collect::<String>())
}

#[test]
fn a_line_of_a_flow_is_completed_by_what_stands_before_it() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let mut at = |new: &str| typed(&mut editor, TRANSFER, "    ask reason\n", &format!("    {new}\n"), 12);
    let lines = [
        "‸",
        "mo‸",
        "ask ‸",
        "move ‸",
        "move 1 of part from ‸",
        "move 1 of part from asp.‸",
        "move 1 of part from asp.available to ‸",
        "move 1 of part from asp.available to fitted as ‸",
        "owe 1 of part as ‸",
        "start ‸",
        "start supply with ‸",
        "notify ‸",
        "let x = msl(asp, part, pool).‸",
        "let x = asp.‸",
        "require purpose is ‸",
        "require any line has ‸",
        "require yes else \"{‸\"",
        "require yes else \"text‸\"",
    ];
    assert_snapshot!(lines.iter().map(|line| at(line)).collect::<String>());
}

#[test]
fn names_given_by_let_are_known_where_they_hold() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let inside = typed(&mut editor, TRANSFER, "      move shipped", "      require limit.‸\n      move shipped", 12);
    let values = typed(&mut editor, TRANSFER, "      move shipped", "      require ‸\n      move shipped", 8);
    let outside = typed(&mut editor, TRANSFER, "    notify asp_manager", "    require pos‸\n    notify asp_manager", 6);
    assert_snapshot!(format!("{inside}{values}{outside}"));
}

#[test]
fn heads_and_declarations_are_completed() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let mut at = |new: &str| typed(&mut editor, TRANSFER, "  state draft ", &format!("  {new}\n  state draft "), 8);
    let lines = [
        "‸",
        "field x : ‸",
        "party x : ‸",
        "state x within 2 days else notify ‸",
        "transition t: ‸",
        "transition t: draft -> ‸",
        "transition t: draft -> received by ‸",
        "transition t: draft -> received by picker, not by whoever did ‸",
        "transition t: draft -> received after 2 days in ‸",
        "transition t: draft -> received ‸",
    ];
    let mut shown: String = lines.iter().map(|line| at(line)).collect();
    shown.push_str(&typed(&mut editor, TRANSFER, "/// Parts travel", "‸\n/// Parts travel", 20));
    shown.push_str(&typed(&mut editor, TRANSFER, "/// Parts travel", "rule x(a: ‸\n/// Parts travel", 6));
    shown.push_str(&typed(&mut editor, TRANSFER, "require position", "become ‸\n      require position", 6));
    assert_snapshot!(shown);
}

#[test]
fn steps_of_scenarios_are_completed() {
    let mut editor = Editor::new();
    editor.open(SCENARIOS);
    let mut at = |new: &str| typed(&mut editor, SCENARIOS, "  then T1 is received\n", &format!("  {new}\n"), 10);
    let lines = [
        "‸",
        "given ‸",
        "given stock at ‸",
        "when ‸",
        "when picker at wh ‸",
        "when picker at ‸",
        "when picker opens ‸",
        "when picker opens transfer T3 with ‸",
        "when picker fires ‸",
        "when picker fires ship on ‸",
        "when picker fires ship on T1 with lines SEAL ‸",
        "then ‸",
        "then T1 ‸",
        "then T1 is ‸",
        "then T1 has ‸",
        "then stock at wh.‸",
    ];
    assert_snapshot!(lines.iter().map(|line| at(line)).collect::<String>());
}

#[test]
fn scripts_are_completed_with_the_kinds_that_the_check_finds() {
    let mut editor = Editor::new();
    editor.open(MSL);
    editor.open(OVERRIDE);
    let mut shown = String::new();
    for new in ["let most = part.‸;", "let most = part.‸", "let most = mo‸;", "let most = pool == \"‸\";", "#{ ‸"] {
        shown.push_str(&typed(&mut editor, MSL, "let most = most_of(part.class);", new, 9));
    }
    shown.push_str(&typed(&mut editor, OVERRIDE, "standard.maximum + 4", "standard.‸ + 4", 4));
    shown.push_str(&typed(&mut editor, OVERRIDE, "let standard = base(party, part, pool);", "let standard = ba‸;", 6));
    shown.push_str(&typed(&mut editor, OVERRIDE, "// Air conditioners: a third more.", "fn ‸\n// Air", 6));
    assert_snapshot!(shown);
}

#[test]
fn the_parameters_of_what_is_being_called_are_shown() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    editor.open(MSL);
    editor.open(OVERRIDE);
    let mut shown = String::new();
    for (file, place) in [
        (TRANSFER, "= msl("),
        (TRANSFER, "= msl(asp, "),
        (OVERRIDE, "= base(party, part, "),
        (MSL, "= most_of("),
        (MSL, "quantity("),
        (TRANSFER, "let limit = "),
    ] {
        let text = editor.on_disk(file);
        let answer = editor.at("textDocument/signatureHelp", file, behind(&text, place)).expect("an answer");
        let label = answer["signatures"][0]["label"].as_str().unwrap_or("nothing");
        shown.push_str(&format!("{place}‸ {label}, argument {}\n", answer["activeParameter"]));
    }
    assert_snapshot!(shown);
}
