//! What works on the text of a file: outline, folding, layout, colours.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::editor::{Editor, behind, edited, range};

const TRANSFER: &str = "workflows/transfer.flow";
const MSL: &str = "rules/default/msl.rhai";

fn of_file(editor: &mut Editor, method: &str, file: &str) -> Value {
    let uri = editor.uri(file);
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    editor.ask(&format!("textDocument/{method}"), json!({ "textDocument": { "uri": uri }, "options": options })).expect("an answer")
}

fn outline(symbols: &Value, depth: usize) -> String {
    let one = |s: &Value| {
        let detail = s["detail"].as_str().unwrap_or("");
        let indent = "  ".repeat(depth);
        format!("{indent}{} ({}) {} {detail}\n{}", s["name"].as_str().unwrap_or(""), s["kind"], range(&s["range"]), outline(&s["children"], depth + 1))
    };
    symbols.as_array().into_iter().flatten().map(one).collect()
}

#[test]
fn the_outline_of_a_file_has_all_that_it_declares() {
    let mut editor = Editor::new();
    let mut shown = String::new();
    for file in [TRANSFER, "workflows/vocabulary.flow", "workflows/transfer.scenarios.flow", MSL] {
        editor.open(file);
        shown.push_str(&format!("{file}\n{}", outline(&of_file(&mut editor, "documentSymbol", file), 1)));
    }
    assert_snapshot!(shown);
}

#[test]
fn names_of_the_whole_book_are_found_by_some_of_their_letters() {
    let mut editor = Editor::new();
    let mut found = |query: &str| {
        let symbols = editor.ask("workspace/symbol", json!({ "query": query })).expect("an answer");
        let line = |s: &Value| format!("  {} in {}\n", s["name"].as_str().unwrap_or(""), s["containerName"].as_str().unwrap_or(""));
        format!("{query}\n{}", symbols.as_array().expect("a list").iter().map(line).collect::<String>())
    };
    assert_snapshot!([found("msl"), found("intr"), found("parts arr"), found("zzz")].concat());
}

#[test]
fn blocks_and_runs_of_comments_fold() {
    let mut editor = Editor::new();
    editor.open_with(TRANSFER, "/// Parts travel", "// One.\n// Two, with a { brace.\n/// Parts travel");
    editor.open(MSL);
    let mut shown = String::new();
    for file in [TRANSFER, MSL] {
        let ranges = of_file(&mut editor, "foldingRange", file);
        let line = |r: &Value| {
            format!("{}-{} {}\n", r["startLine"].as_u64().unwrap_or(0) + 1, r["endLine"].as_u64().unwrap_or(0) + 1, r["kind"].as_str().unwrap_or(""))
        };
        shown.push_str(&format!("{file}\n{}", ranges.as_array().expect("a list").iter().map(line).collect::<String>()));
    }
    assert_snapshot!(shown);
}

#[test]
fn a_flow_is_laid_out_by_small_edits() {
    let mut editor = Editor::new();
    let written = editor.on_disk(TRANSFER);
    let messy =
        written.replace("  state draft      \"Being drafted\"  initial", "state draft \"Being drafted\"   initial").replace("    ask reason", "ask   reason");
    editor.open_as(TRANSFER, &messy);
    let edits = of_file(&mut editor, "formatting", TRANSFER);
    let edits = edits.as_array().expect("edits");
    assert_eq!(edits.len(), 2, "{edits:?}");
    assert_eq!(edited(&messy, edits), written);
    // Only the lines that are asked for.
    let uri = editor.uri(TRANSFER);
    let line = behind(&messy, "ask   reason");
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": line, "end": line }, "options": {} });
    let part = editor.ask("textDocument/rangeFormatting", params).expect("edits");
    assert_eq!(part.as_array().map(Vec::len), Some(1));
    // A flow with mistakes stays as it is; scripts are not laid out.
    editor.change(TRANSFER, &messy.replace("ask   reason", "ask"));
    assert_eq!(of_file(&mut editor, "formatting", TRANSFER), json!([]));
    editor.open(MSL);
    let refused = editor.ask("textDocument/formatting", json!({ "textDocument": { "uri": editor.uri(MSL) }, "options": {} }));
    assert_eq!(refused, Err("only flow files are laid out by bincard".to_owned()));
}

#[test]
fn colours_follow_meaning() {
    let mut editor = Editor::new();
    let types = editor.able["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
    let mut shown = String::new();
    for file in [TRANSFER, MSL] {
        editor.open(file);
        let text = editor.on_disk(file);
        let lines: Vec<&str> = text.lines().collect();
        let tokens = of_file(&mut editor, "semanticTokens/full", file);
        let (mut line, mut start) = (0, 0);
        let numbers: Vec<usize> = tokens["data"].as_array().expect("numbers").iter().map(|n| n.as_u64().unwrap_or(0) as usize).collect();
        for token in numbers.chunks(5) {
            start = if token[0] == 0 { start + token[1] } else { token[1] };
            line += token[0];
            if token[0] > 0 {
                shown.push('\n');
            }
            let word: String = lines[line].chars().skip(start).take(token[2]).collect();
            shown.push_str(&format!("{}{}·{word}  ", types[token[3]].as_str().expect("a kind"), if token[4] == 1 { "!" } else { "" }));
        }
        shown.push_str("\n\n");
    }
    assert_snapshot!(shown);
}
