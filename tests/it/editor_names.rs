//! Go to definition, find references and rename, over flows, scenarios and rule scripts.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::editor::{Editor, behind, edited, range};

const VOCABULARY: &str = "workflows/vocabulary.flow";
const TRANSFER: &str = "workflows/transfer.flow";
const SCENARIOS: &str = "workflows/transfer.scenarios.flow";
const MSL: &str = "rules/default/msl.rhai";
const OVERRIDE: &str = "rules/bu/ac/msl.rhai";

fn opened() -> Editor {
    let mut editor = Editor::new();
    for file in [VOCABULARY, TRANSFER, SCENARIOS, MSL, OVERRIDE, "rules/default/allocation.rhai"] {
        editor.open(file);
    }
    editor
}

/// Places with the lines that stand there, by file.
fn places(editor: &Editor, answer: &Value) -> String {
    let mut lines: Vec<(String, u64, u64, String)> = Vec::new();
    for place in answer.as_array().expect("a list") {
        let file = editor.name(place["uri"].as_str().expect("an address"));
        let line = place["range"]["start"]["line"].as_u64().expect("a line");
        let text = editor.on_disk(&file).lines().nth(line as usize).unwrap_or("").trim().to_owned();
        lines.push((file, line, place["range"]["start"]["character"].as_u64().unwrap_or(0), format!("{} {text}", range(&place["range"]))));
    }
    lines.sort();
    lines.iter().map(|(file, _, _, line)| format!("  {file} {line}\n")).collect()
}

#[test]
fn definitions_are_found_over_flows_and_scripts() {
    let mut editor = opened();
    let asked = [
        (TRANSFER, "-> in_tr"),
        (TRANSFER, "whoever did sh"),
        (TRANSFER, "from warehouse.av"),
        (TRANSFER, "position + ship"),
        (TRANSFER, "shipped <= lim"),
        (TRANSFER, "shipped <= limit.max"),
        (TRANSFER, "= msl"),
        (VOCABULARY, "rule msl"),
        (OVERRIDE, "= base"),
        (OVERRIDE, "standard.max"),
        (OVERRIDE, "maximum: stand"),
        (MSL, "fn msl"),
        (MSL, "let most = most_of"),
        (MSL, "pool == \"amc"),
        ("rules/default/allocation.rhai", "\"ok"),
        (SCENARIOS, "then T1"),
        (SCENARIOS, "SEAL shipped"),
        (SCENARIOS, "fires rec"),
    ];
    let mut shown = String::new();
    for (file, place) in asked {
        let text = editor.on_disk(file);
        let answer = editor.at("textDocument/definition", file, behind(&text, place)).expect("an answer");
        shown.push_str(&format!("{file} {place}‸\n{}", places(&editor, &answer)));
    }
    assert_snapshot!(shown);
}

#[test]
fn references_are_found_over_flows_scenarios_and_scripts() {
    let mut editor = opened();
    let mut shown = String::new();
    for (file, place) in [
        (VOCABULARY, "pool amc"),
        (VOCABULARY, "condition ok"),
        (TRANSFER, "  state draft"),
        (TRANSFER, "    shipped"),
        (VOCABULARY, "{ maximum"),
        (TRANSFER, "let limit"),
        (VOCABULARY, "rule msl"),
    ] {
        let text = editor.on_disk(file);
        let uri = editor.uri(file);
        let params = json!({ "textDocument": { "uri": uri }, "position": behind(&text, place), "context": { "includeDeclaration": true } });
        let answer = editor.ask("textDocument/references", params).expect("an answer");
        shown.push_str(&format!("{file} {place}‸\n{}", places(&editor, &answer)));
    }
    assert_snapshot!(shown);
    let text = editor.on_disk(TRANSFER);
    let here = editor.at("textDocument/highlight", TRANSFER, behind(&text, "let limit"));
    assert!(here.is_err());
    let here = editor.at("textDocument/documentHighlight", TRANSFER, behind(&text, "let limit")).expect("an answer");
    assert_eq!(here.as_array().map(Vec::len), Some(3));
}

/// Renames what stands behind a piece of a text, and gives the lines that changed.
fn rename(editor: &mut Editor, file: &str, place: &str, name: &str) -> String {
    let text = editor.on_disk(file);
    let uri = editor.uri(file);
    let params = json!({ "textDocument": { "uri": uri }, "position": behind(&text, place), "newName": name });
    let edit = match editor.ask("textDocument/rename", params) {
        Ok(edit) => edit,
        Err(why) => return format!("{place}‸ -> {name}\n  refused: {why}\n"),
    };
    let mut files: Vec<(String, Vec<Value>)> =
        edit["changes"].as_object().expect("changes").iter().map(|(uri, edits)| (editor.name(uri), edits.as_array().cloned().unwrap_or_default())).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut shown = format!("{place}‸ -> {name}\n");
    for (file, edits) in files {
        let before = editor.on_disk(&file);
        let after = edited(&before, &edits);
        for (_, line) in before.lines().zip(after.lines()).filter(|(b, a)| b != a) {
            shown.push_str(&format!("  {file}: {}\n", line.trim()));
        }
    }
    shown
}

#[test]
fn a_rename_reaches_every_place_and_nothing_else() {
    let mut editor = opened();
    let asked = [
        (TRANSFER, "    shipped", "sent"),
        (TRANSFER, "state in_transit", "travelling"),
        (TRANSFER, "transition ship", "dispatch"),
        (TRANSFER, "workflow transfer", "consignment"),
        (TRANSFER, "let limit", "most"),
        (TRANSFER, "party asp", "partner"),
        (VOCABULARY, "condition ok", "good"),
        (VOCABULARY, "pool amc", "contract_pool"),
        (VOCABULARY, "bin transit", "on_the_way"),
        (VOCABULARY, "calendar working", "office_hours"),
        (VOCABULARY, "rule msl", "ceiling"),
        (VOCABULARY, "{ maximum", "most"),
        (SCENARIOS, "then T1", "FIRST"),
        (MSL, "let most", "top"),
        (MSL, "fn most_of", "by_class"),
    ];
    let shown: String = asked.iter().map(|(file, place, name)| rename(&mut editor, file, place, name)).collect();
    assert_snapshot!(shown);
}

#[test]
fn a_rename_that_would_break_something_is_refused_with_the_reason() {
    let mut editor = opened();
    let asked = [
        (TRANSFER, "    shipped", "not a name"),
        (TRANSFER, "    shipped", "requested"),
        (TRANSFER, "    shipped", "limit"),
        (TRANSFER, "state in_transit", "received"),
        (TRANSFER, "let limit", "part"),
        (TRANSFER, "transition ship", "receive"),
        (VOCABULARY, "role picker", "system"),
        (VOCABULARY, "rule msl", "min"),
        (VOCABULARY, "pool amc", "ok"),
        (TRANSFER, "on hand of pa", "thing"),
        (TRANSFER, "on ha", "thing"),
        (MSL, "part.cl", "kind"),
        (OVERRIDE, "= base", "below"),
    ];
    let shown: String = asked.iter().map(|(file, place, name)| rename(&mut editor, file, place, name)).collect();
    assert_snapshot!(shown);
    let text = editor.on_disk(TRANSFER);
    editor.change(TRANSFER, &text.replace("ask reason", "ask reason when"));
    let refused = rename(&mut editor, VOCABULARY, "role picker", "packer");
    assert!(refused.contains("`workflows/transfer.flow` has mistakes that may hide places of `picker`: mend them first"), "{refused}");
}
