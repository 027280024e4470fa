//! The extension of VS Code: its highlighting held against the parser on every flow there is, its manifest, its package.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bincard::base::FileId;
use bincard::syntax::{LexemeKind, keywords, lexemes, parse};
use serde_json::Value;

use crate::support::textmate::{Grammar, Scoped};
use crate::support::{building, files, folder, read, root};

const FOLDER: &str = "editors/vscode";

fn grammar() -> Grammar {
    Grammar::read(&read(Path::new("editors/vscode/syntaxes/flow.tmLanguage.json")))
}

fn flows() -> Vec<std::path::PathBuf> {
    let folders = ["workflows", "tests/corpus/valid", "tests/it/support/editor_book", "src/cli/scaffold"];
    folders.iter().flat_map(|folder| files(folder, &["flow"])).collect()
}

/// Where the parser found names: the places of all words of the tree, as it prints itself.
fn names(text: &str) -> BTreeSet<(usize, usize)> {
    let printed = format!("{:?}", parse(FileId(0), text).file);
    let number = |from: &str, key: &str| -> usize {
        let rest = &from[from.find(key).expect("a span") + key.len()..];
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().expect("a number")
    };
    printed.split("Ident { text: ").skip(1).map(|rest| (number(rest, "start: "), number(rest, "end: "))).collect()
}

/// The scopes at a byte.
fn at(scopes: &[Scoped], byte: usize) -> &str {
    let n = scopes.partition_point(|s| s.range.end <= byte);
    scopes.get(n).filter(|s| s.range.contains(&byte)).map_or("", |s| &s.scopes)
}

fn is_keyword(scopes: &str) -> bool {
    scopes.split(' ').any(|s| (s.starts_with("keyword.") && !s.starts_with("keyword.operator")) || s.starts_with("constant.language"))
}

#[test]
fn highlighting_agrees_with_the_parser_on_every_flow() {
    let grammar = grammar();
    let mut wrong = Vec::new();
    let mut coloured = BTreeMap::new();
    for file in flows() {
        let text = read(&file);
        let scopes = grammar.scopes(&text);
        let names = names(&text);
        for lexeme in lexemes(&text) {
            let word = &text[lexeme.range.clone()];
            let found = at(&scopes, lexeme.range.start);
            let last = at(&scopes, lexeme.range.end - 1);
            let is_name = names.contains(&(lexeme.range.start, lexeme.range.end));
            let known = keywords().contains(&word);
            let (fine, wanted) = match lexeme.kind {
                LexemeKind::Comment => (found.contains("comment.") && last.contains("comment."), "a comment"),
                LexemeKind::Text => (found.contains("string.quoted") && last.contains("string.quoted"), "a text"),
                _ if found.contains("comment.") || found.contains("string.") => (false, "neither comment nor text"),
                LexemeKind::Word if known && !is_name => (is_keyword(found), "a word of the language"),
                LexemeKind::Word if !known && is_name => (!is_keyword(found), "a name"),
                LexemeKind::Word | LexemeKind::Sign => (true, ""),
            };
            if known && !is_name && fine {
                *coloured.entry(word.to_owned()).or_insert(0) += 1;
            }
            if !fine {
                let line = text[..lexeme.range.start].matches('\n').count() + 1;
                wrong.push(format!("{}:{line}: `{word}` should be {wanted}, and is {found:?}", file.display()));
            }
        }
        assert_eq!(grammar.open_at_end(&text), 0, "{}: something stays open", file.display());
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    // The flows show nearly every word of the grammar; those that none of them has must at least be known.
    let all = read(Path::new("editors/vscode/syntaxes/flow.tmLanguage.json"));
    let words: BTreeSet<&str> = all.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let missing: Vec<&&str> = keywords().iter().filter(|k| !coloured.contains_key(**k) && !words.contains(**k)).collect();
    assert!(missing.is_empty(), "the grammar of the editors does not know {missing:?}");
}

#[test]
fn an_unfinished_text_does_not_colour_the_lines_below() {
    let grammar = grammar();
    for line in ["require a else \"never closed", "notify x \"a {hole", "notify x \"a {sum of \"b\"", "// a \" in a comment", "let x = \"a } b\""] {
        let text = format!("{line}\nmove x of y\n");
        let scopes = grammar.scopes(&text);
        let below = at(&scopes, line.len() + 1);
        assert_eq!(below, "keyword.control.flow", "{line}");
    }
}

#[test]
fn the_manifest_names_files_that_are_there() {
    let package: Value = serde_json::from_str(&read(Path::new("editors/vscode/package.json"))).expect("JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    let mut named = BTreeSet::new();
    collect(&package, &mut named);
    for path in &named {
        assert!(root().join(FOLDER).join(path).is_file(), "{path} is not there");
    }
    assert!(named.len() >= 5, "{named:?}");
    for file in files(FOLDER, &["json"]) {
        serde_json::from_str::<Value>(&read(&file)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => into.extend(text.strip_prefix("./").map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|v| collect(v, into)),
        Value::Object(fields) => fields.values().for_each(|v| collect(v, into)),
        _ => {}
    }
}

#[test]
fn the_package_has_every_file_of_the_extension() {
    let folder = folder();
    let (first, second) = (folder.path().join("a.vsix"), folder.path().join("b.vsix"));
    for out in [&first, &second] {
        let made = building(root().join("editors/vscode/package")).arg(out).output().expect("bash and cargo");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    assert_eq!(std::fs::read(&first).expect("a package"), std::fs::read(&second).expect("a package"), "the same every time");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&first).expect("a package")).expect("a zip");
    let inside: BTreeSet<String> = zip.file_names().map(str::to_owned).collect();
    for manifest in ["[Content_Types].xml", "extension.vsixmanifest", "extension/LICENSE.txt"] {
        assert!(inside.contains(manifest), "{manifest}");
    }
    let mut count = 0;
    for file in files(FOLDER, &["json", "js", "md"]) {
        let name = format!("extension/{}", file.strip_prefix(FOLDER).expect("in the folder").display());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut zip.by_name(&name).unwrap_or_else(|_| panic!("{name} is not in the package")), &mut text).expect("a text");
        assert_eq!(text, read(&file), "{name}");
        count += 1;
    }
    assert_eq!(inside.len(), count + 3, "nothing else is in the package: {inside:?}");
}

#[test]
fn snippets_are_flows_once_they_are_filled_in() {
    let snippets: BTreeMap<String, Value> = serde_json::from_str(&read(Path::new("editors/vscode/snippets/flow.json"))).expect("JSON");
    let hole = fancy_regex::Regex::new(r"\$\{\d+:([^{}]*)\}|\$\d+").expect("a regex");
    for (name, snippet) in &snippets {
        let body: Vec<&str> = snippet["body"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
        let filled = hole.replace_all(&body.join("\n"), "$1").into_owned();
        let filled = filled.replace("finish: draft -> done by role {\n    \n", "finish: draft -> done by role {\n").replace("else \"\"", "else \"No.\"");
        let around = match name.as_str() {
            "workflow" | "rule" | "scenario" => filled,
            "transition" | "state with a deadline" => format!("workflow w \"W\" version 1 {{\n{filled}\n}}\n"),
            "when fires" | "then stock" => format!("scenario \"s\" {{\n{filled}\n}}\n"),
            _ => format!("workflow w \"W\" version 1 {{\n  transition t: a -> b by r {{\n{filled}\n  }}\n}}\n"),
        };
        let parsed = parse(FileId(0), &around);
        let told: Vec<&str> = parsed.diagnostics.iter().map(|d| d.title.as_str()).collect();
        assert!(told.is_empty(), "{name}: {told:?}\n{around}");
    }
}
