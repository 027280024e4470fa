//! The language server as editors meet it: greeting, findings as one types, goodbye. It speaks the protocol to the program.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::editor::{Editor, behind};

const TRANSFER: &str = "workflows/transfer.flow";

#[test]
fn an_editor_is_greeted_and_asked_for_changes_on_disk() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    assert_eq!(editor.told(TRANSFER), "");
    assert_eq!(editor.asked.len(), 1, "{:?}", editor.asked);
    assert_eq!(editor.asked[0]["method"], "client/registerCapability");
    assert!(editor.leave(), "the program leaves with 0");
}

#[test]
fn findings_follow_what_is_typed_also_in_files_that_are_closed() {
    let mut editor = Editor::new();
    editor.open("workflows/vocabulary.flow");
    let text = editor.on_disk("workflows/vocabulary.flow").replace("role picker", "role packer");
    editor.change("workflows/vocabulary.flow", &text);
    editor.wait_until(TRANSFER, 1);
    editor.wait_until("workflows/supply.flow", 1);
    editor.wait_until("workflows/transfer.scenarios.flow", 1);
    assert_snapshot!(editor.told(TRANSFER));
    // And back again: what was told is taken back.
    let text = text.replace("role packer", "role picker");
    editor.change("workflows/vocabulary.flow", &text);
    editor.wait_until(TRANSFER, 0);
    editor.wait_until("workflows/supply.flow", 0);
}

#[test]
fn a_finding_has_its_code_its_related_places_and_what_to_type() {
    let mut editor = Editor::new();
    editor.open_with(TRANSFER, "  state received ", "  state draft \"Again\"\n  state received ");
    let first = editor.findings[TRANSFER]["diagnostics"][0].clone();
    let related: Vec<String> = first["relatedInformation"].as_array().expect("related").iter().map(|r| r["message"].to_string()).collect();
    assert_eq!(first["source"], "bincard");
    assert_eq!(first["severity"], 1);
    assert_snapshot!(format!("{}{}", editor.told(TRANSFER), related.join("\n")));
}

#[test]
fn positions_count_utf16_units() {
    let mut editor = Editor::new();
    editor.open_with(TRANSFER, "\"An emergency is not withdrawn.\"", "\"𝄞₹ {nobody}\"");
    assert_snapshot!(editor.told(TRANSFER));
    let text = editor.on_disk(TRANSFER).replacen("\"An emergency is not withdrawn.\"", "\"𝄞₹ {nobody}\"", 1);
    // A change that is told by its range lands where it was typed.
    let (start, end) = (behind(&text, "𝄞₹ {"), behind(&text, "𝄞₹ {nobody"));
    editor.changes(TRANSFER, json!([{ "range": { "start": start, "end": end }, "text": "asp" }]));
    editor.wait_for(TRANSFER);
    assert_eq!(editor.told(TRANSFER), "");
}

#[test]
fn unfinished_lines_cost_one_finding_and_hide_nothing() {
    let mut editor = Editor::new();
    editor.open_with(TRANSFER, "    ask reason\n", "    ask reason\n    move \n    require requested\n");
    assert_snapshot!(editor.told(TRANSFER));
}

#[test]
fn every_beginning_of_a_flow_is_looked_at_without_a_fault() {
    let mut editor = Editor::new();
    let text = editor.on_disk(TRANSFER);
    editor.open(TRANSFER);
    let ends: Vec<usize> = (0..text.len()).step_by(37).filter(|i| text.is_char_boundary(*i)).collect();
    for end in ends {
        let start = &text[..end];
        editor.changes(TRANSFER, json!([{ "text": start }]));
        let place = behind(start, start);
        for method in ["completion", "hover", "definition", "signatureHelp", "documentHighlight"] {
            let answer = editor.at(&format!("textDocument/{method}"), TRANSFER, place.clone());
            assert!(answer.is_ok(), "{method} at {end}: {answer:?}");
        }
        let uri = editor.uri(TRANSFER);
        for method in ["documentSymbol", "foldingRange", "semanticTokens/full", "codeLens", "formatting"] {
            let answer =
                editor.ask(&format!("textDocument/{method}"), json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 2, "insertSpaces": true } }));
            assert!(answer.is_ok(), "{method} at {end}: {answer:?}");
        }
    }
}

#[test]
fn what_is_not_known_is_refused_and_what_makes_no_sense_is_survived() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let refused = editor.ask("textDocument/guess", json!({})).unwrap_err();
    assert_eq!(refused, "`textDocument/guess` is not something that bincard does");
    editor.tell("textDocument/didChange", json!({ "nonsense": true }));
    editor.tell("$/setTrace", json!({ "value": "off" }));
    assert!(editor.ask("textDocument/hover", json!({})).is_err());
    let far = editor.at("textDocument/hover", TRANSFER, json!({ "line": 100_000, "character": 7 }));
    assert_eq!(far, Ok(Value::Null));
}

#[test]
fn a_request_that_is_taken_back_is_not_answered() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    // All three wait in the pipe while the first is answered.
    let uri = editor.uri(TRANSFER);
    let busy = editor.begin("workspace/symbol", json!({ "query": "" }));
    let id = editor.begin("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
    editor.tell("$/cancelRequest", json!({ "id": id }));
    assert!(editor.answer(busy).is_ok());
    // It may have been begun before it was taken back; then it is answered whole.
    match editor.answer(id) {
        Ok(answer) => assert!(answer.is_array()),
        Err(message) => assert_eq!(message, "cancelled"),
    }
}
