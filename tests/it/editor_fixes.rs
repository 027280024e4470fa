//! Quick fixes: each is applied, and the file is looked at again.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::editor::{Editor, edited};

const TRANSFER: &str = "workflows/transfer.flow";
const MSL: &str = "rules/default/msl.rhai";

/// What is offered about the findings of a file.
fn offered(editor: &mut Editor, file: &str) -> Vec<Value> {
    let uri = editor.uri(file);
    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
    let found = editor.ask("textDocument/codeAction", json!({ "textDocument": { "uri": uri }, "range": all, "context": { "diagnostics": [] } }));
    found.expect("an answer").as_array().cloned().unwrap_or_default()
}

/// Spoils a file, and shows what is offered and what each offer leaves to be told.
fn mended(editor: &mut Editor, file: &str, old: &str, new: &str) -> String {
    let text = editor.on_disk(file);
    assert!(text.contains(old), "{file} has no {old}");
    let spoiled = text.replacen(old, new, 1);
    editor.change(file, &spoiled);
    let mut shown = format!("{}\n{}", new.trim(), editor.told(file));
    for action in offered(editor, file) {
        let edits = action["edit"]["changes"][editor.uri(file)].as_array().cloned().unwrap_or_default();
        let after = edited(&spoiled, &edits);
        editor.change(file, &after);
        let left = editor.told(file);
        let changed: Vec<&str> = after.lines().filter(|line| !spoiled.lines().any(|l| l == *line)).map(str::trim).collect();
        let left = if left.is_empty() { "clean".to_owned() } else { format!("{} left", left.lines().count()) };
        shown.push_str(&format!("  {} → {} · {left}\n", action["title"].as_str().unwrap_or(""), changed.join(" ⏎ ")));
        editor.change(file, &spoiled);
    }
    shown
}

#[test]
fn what_was_meant_is_written() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    editor.open(MSL);
    let cases = [
        (TRANSFER, "by picker {", "by piker {"),
        (TRANSFER, "from warehouse.available to", "from warehouse.availble to"),
        (TRANSFER, "limit.maximum", "limit.maximun"),
        (TRANSFER, "draft -> withdrawn", "draft -> widthdrawn"),
        (TRANSFER, "require purpose is not emergency", "require purpose is not other"),
        (TRANSFER, "within 5 days else notify asp_manager", "within 5 days else notify manager"),
        (TRANSFER, "    notify asp_manager", "    notfy asp_manager"),
        (MSL, "part.class);", "part.clas);"),
        (MSL, "pool == \"amc\"", "pool == \"amcc\""),
        (MSL, "most_of(part.class);", "mots_of(part.class);"),
    ];
    assert_snapshot!(cases.iter().map(|(file, old, new)| mended(&mut editor, file, old, new)).collect::<String>());
}

#[test]
fn habits_of_programmers_are_written_the_way_flows_are() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let cases = [
        (TRANSFER, "require purpose is not emergency", "require purpose != emergency && true"),
        (TRANSFER, "transition receive: in_transit -> received", "transition receive: in_transit => received"),
        (TRANSFER, "    ask reason\n", "    ask reason;\n"),
        (TRANSFER, "/// Counted", "# Counted"),
        (TRANSFER, "let limit = msl", "let limit := msl"),
    ];
    assert_snapshot!(cases.iter().map(|(file, old, new)| mended(&mut editor, file, old, new)).collect::<String>());
}

#[test]
fn what_is_missing_is_added_and_what_is_idle_taken_away() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let cases = [(TRANSFER, "    ask reason\n", "    ask reason\n    let idle = 1\n"), (TRANSFER, "is not withdrawn.\"", "is not withdrawn.")];
    let mut shown: String = cases.iter().map(|(file, old, new)| mended(&mut editor, file, old, new)).collect();
    let text = editor.on_disk(TRANSFER);
    let open = text.trim_end().strip_suffix('}').expect("a brace").to_owned();
    editor.change(TRANSFER, &open);
    let actions = offered(&mut editor, TRANSFER);
    let titles: Vec<&str> = actions.iter().filter_map(|a| a["title"].as_str()).collect();
    shown.push_str(&format!("the last brace\n{}  {titles:?}\n", editor.told(TRANSFER)));
    assert_snapshot!(shown);
}

/// The line is written; what it silences is told until somebody says why.
#[test]
fn a_warning_is_silenced_in_place_with_room_for_the_reason() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    editor.open(MSL);
    let cases = [
        (TRANSFER, "    ask reason\n", "    ask reason\n    let idle = 1\n"),
        (TRANSFER, "require purpose is not emergency else", "require purpose is not emergency and purpose is emergency\n      else"),
        (MSL, "    let most = most_of(part.class);\n", "    let most = most_of(part.class);\n    let idle = 1;\n"),
    ];
    let mut shown = String::new();
    for (file, old, new) in cases {
        let spoiled = editor.on_disk(file).replacen(old, new, 1);
        editor.change(file, &spoiled);
        let actions = offered(&mut editor, file);
        let silence = actions.iter().find(|a| a["title"].as_str().is_some_and(|t| t.starts_with("Silence"))).expect("an offer");
        let edits = silence["edit"]["changes"][editor.uri(file)].as_array().cloned().expect("edits");
        let silenced = edited(&spoiled, &edits);
        editor.change(file, &silenced);
        shown.push_str(&format!("{}\n{}", silence["title"].as_str().unwrap_or(""), editor.told(file)));
        editor.change(file, &silenced.replace("because \"\"", "because \"it is tried\""));
        shown.push_str(&format!("with a reason: {:?}\n", editor.told(file)));
        editor.change(file, &editor.on_disk(file));
    }
    assert_snapshot!(shown);
}

#[test]
fn a_code_leads_to_its_page_where_there_is_one() {
    let mut editor = Editor::new();
    std::fs::create_dir_all(editor.book.join("docs/findings")).expect("a folder");
    let changed = json!({ "changes": [{ "uri": editor.uri("bincard.yaml"), "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", changed);
    editor.open_with(TRANSFER, "by picker {", "by piker {");
    let found = editor.findings.get(TRANSFER).and_then(|found| found["diagnostics"][0]["codeDescription"]["href"].as_str().map(str::to_owned));
    assert_eq!(found, Some(editor.uri("docs/findings/unknown-name.md")));
}

#[test]
fn a_rule_without_a_script_gets_one_that_passes() {
    let mut editor = Editor::new();
    let vocabulary = "workflows/vocabulary.flow";
    let declared = "/// Who signs.\nrule signer(document: document, worth: money) -> { by: role, on: date, pools: list of pool, way: a or b, reason: text? }\n";
    let text = editor.on_disk(vocabulary) + declared;
    editor.open_as(vocabulary, &text);
    let actions = offered(&mut editor, vocabulary);
    let action = actions.iter().find(|a| a["title"] == "Write `rules/default/signer.rhai`").expect("an offer");
    let changes = action["edit"]["documentChanges"].as_array().expect("changes");
    assert_eq!(changes[0]["kind"], "create");
    assert_eq!(editor.name(changes[0]["uri"].as_str().expect("an address")), "rules/default/signer.rhai");
    let script = changes[1]["edits"][0]["newText"].as_str().expect("a text").to_owned();
    editor.open_as("rules/default/signer.rhai", &script);
    assert_snapshot!(format!("{script}\n{}", editor.told("rules/default/signer.rhai")));
    editor.wait_until(vocabulary, 1);
    assert!(editor.told(vocabulary).contains("rule-never-asked"), "{}", editor.told(vocabulary));
}

#[test]
fn only_what_is_asked_for_is_offered() {
    let mut editor = Editor::new();
    editor.open_with(TRANSFER, "require purpose is not", "require purpose !=");
    let uri = editor.uri(TRANSFER);
    let mut kinds = |only: Value, line: u64| {
        let range = json!({ "start": { "line": line, "character": 0 }, "end": { "line": line, "character": 0 } });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [], "only": only } });
        let found = editor.ask("textDocument/codeAction", params).expect("an answer");
        found.as_array().expect("a list").iter().map(|a| a["kind"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(json!(["source.fixAll"]), 0), ["source.fixAll"]);
    assert_eq!(kinds(json!(["source"]), 0), ["source.fixAll"]);
    assert_eq!(kinds(json!(["quickfix"]), 0), [""; 0]);
    assert_eq!(kinds(json!(["refactor"]), 41), [""; 0]);
}
