//! Files that come and go, folders that are no book, several books at once.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::editor::{Editor, behind};

const TRANSFER: &str = "workflows/transfer.flow";

#[test]
fn what_changes_on_disk_is_looked_at_again() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let added = editor.book.join("workflows/more.flow");
    std::fs::write(&added, "role picker \"Again\"\n").expect("a file");
    let uri = editor.uri("workflows/more.flow");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 1 }] }));
    editor.wait_until("workflows/vocabulary.flow", 1);
    assert_snapshot!(editor.told("workflows/vocabulary.flow"));
    std::fs::remove_file(added).expect("it is there");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 3 }] }));
    editor.wait_until("workflows/vocabulary.flow", 0);
}

#[test]
fn a_buffer_that_was_never_saved_counts_and_a_closed_one_does_not() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    editor.open_as("workflows/new.flow", "role loader at warehouse \"Loader\"\n");
    let text = editor.on_disk(TRANSFER).replace("by picker {", "by loader {");
    editor.change(TRANSFER, &text);
    assert_eq!(editor.told(TRANSFER), "");
    let uri = editor.uri("workflows/new.flow");
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    editor.wait_until(TRANSFER, 1);
    assert!(editor.told(TRANSFER).contains("`loader` is not a role"));
}

#[test]
fn a_file_without_a_book_is_told_so_and_still_laid_out() {
    let mut editor = Editor::on(|_| {});
    editor.open_as("alone.flow", "role   picker\n");
    assert_snapshot!(editor.told("alone.flow"));
    let uri = editor.uri("alone.flow");
    let edits = editor.ask("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": {} })).expect("edits");
    assert_eq!(edits[0]["newText"], "role picker\n");
    let folds = editor.ask("textDocument/foldingRange", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(folds, Ok(json!([])));
    assert_eq!(editor.at("textDocument/hover", "alone.flow", json!({ "line": 0, "character": 1 })), Ok(json!(null)));
}

#[test]
fn a_file_beside_the_folders_of_its_book_is_told_so() {
    let mut editor = Editor::new();
    editor.open_as("drafts/idea.flow", "role idea\n");
    assert_snapshot!(editor.told("drafts/idea.flow"));
}

#[test]
fn a_manifest_that_is_being_typed_is_checked_too() {
    let mut editor = Editor::new();
    let text = editor.on_disk("bincard.yaml").replace("default_calendar: working", "default_calendar: workin");
    editor.open_as("bincard.yaml", &text);
    assert_snapshot!(editor.told("bincard.yaml"));
}

#[test]
fn two_books_do_not_see_each_other() {
    let book = |folder: &std::path::Path, role: &str| {
        std::fs::create_dir_all(folder.join("workflows")).expect("a folder");
        std::fs::write(folder.join("bincard.yaml"), "name: A\ncurrency: INR\nzone: UTC\n").expect("a file");
        std::fs::write(folder.join("workflows/words.flow"), format!("/// Of this book.\nrole {role}\n")).expect("a file");
    };
    let mut editor = Editor::on(|folder| {
        book(&folder.join("one"), "first");
        book(&folder.join("two"), "second");
    });
    editor.open("one/workflows/words.flow");
    editor.open("two/workflows/words.flow");
    let text = editor.on_disk("two/workflows/words.flow");
    let hover = editor.at("textDocument/hover", "two/workflows/words.flow", behind(&text, "role sec")).expect("an answer");
    assert!(hover["contents"]["value"].as_str().is_some_and(|v| v.contains("Of this book.")), "{hover}");
    let found = editor.ask("workspace/symbol", json!({ "query": "" })).expect("an answer");
    let names: Vec<&str> = found.as_array().expect("a list").iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(names, ["first", "second"]);
}

#[test]
fn a_book_that_cannot_be_read_says_why() {
    let mut editor = Editor::on(|folder| {
        std::fs::create_dir_all(folder.join("workflows")).expect("a folder");
        std::fs::write(folder.join("bincard.yaml"), "name: A\ncurrency: INR\nzone: UTC\n").expect("a file");
        std::fs::write(folder.join("workflows/bad.flow"), [0xff, 0xfe]).expect("a file");
    });
    editor.open_as("workflows/good.flow", "role a\n");
    let told = editor.told("workflows/good.flow");
    assert!(told.contains("the book of this file cannot be read") && told.contains("is not text in UTF-8"), "{told}");
}
