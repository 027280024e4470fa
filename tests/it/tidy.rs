//! Keeps the house in order: layers, headers, sizes, files that nothing uses, and words that do not belong in a source.
//!
//! Every finding has its file and line. The table of layers is `tidy/layers.rs`, the scanner `tidy/scan.rs`, the sizes `tidy/ratchet.txt`.

mod layers;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::{files, read};
use layers::{DECIDING_NEVER, LAYERS, OWNERS, PARSER, RUNNING};
use scan::{Token, functions, lines_without_tests, modules_named, says, tokens};

/// Longer files and functions need an entry in the ratchet.
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const RATCHET: &str = "tests/it/tidy/ratchet.txt";
/// The length of what is a uniform table: it may grow.
const TABLE: usize = usize::MAX;

/// Words that say a thing is not finished, or that talk about its making and not about the thing.
const UNFINISHED: &[&str] =
    &["TODO", "FIXME", "XXX", "HACK", "stub", "stubbed", "for now", "placeholder", "not yet implemented", "unimplemented", "work in progress"];
const MAKING: &[&str] = &["as requested", "as discussed", "the brief", "this issue", "the issue says", "language model", "chatbot", "llm", "the prompt"];

#[test]
fn every_module_stays_in_its_layer() {
    let mut problems = Vec::new();
    for file in sources() {
        let tokens = tokens(&read(&file));
        let tokens: Vec<Token> = tokens.into_iter().filter(|t| !t.test).collect();
        let Some(module) = module_of(&file) else { continue };
        problems.extend(crates_out_of_place(&file, module, &tokens));
        if !matches!(module, "lib" | "main") {
            problems.extend(modules_out_of_place(&file, module, &tokens));
        }
    }
    report("layers", problems);
}

#[test]
fn the_architecture_page_shows_the_layers() {
    let page = read(Path::new("ARCHITECTURE.md"));
    for layer in LAYERS {
        let row = page
            .lines()
            .find_map(|l| l.strip_prefix(&format!("| {} | ", layer.module)))
            .unwrap_or_else(|| panic!("ARCHITECTURE.md: no row of layers for `{}`", layer.module));
        let shown = row.split('|').next().unwrap_or("");
        let named: BTreeSet<&str> = LAYERS.iter().map(|l| l.module).filter(|module| holds_word(shown, module)).collect();
        if !shown.contains("everything above") {
            assert_eq!(named, layer.uses.iter().copied().collect(), "ARCHITECTURE.md: what `{}` may use", layer.module);
        }
    }
}

/// The top-level module a file belongs to; `None` for a file that holds only tests.
fn module_of(file: &Path) -> Option<&str> {
    if is_test_file(file) {
        return None;
    }
    let name = file.components().nth(1)?.as_os_str().to_str()?;
    Some(name.strip_suffix(".rs").unwrap_or(name))
}

fn is_test_file(file: &Path) -> bool {
    file.file_stem().is_some_and(|s| s == "tests") || file.components().any(|c| c.as_os_str() == "tests")
}

/// Whether the file is in the deciding part of the engine.
fn decides(file: &Path) -> bool {
    let Ok(inside) = file.strip_prefix("src/engine") else { return false };
    let first = inside.components().next().and_then(|c| c.as_os_str().to_str()).unwrap_or("");
    !RUNNING.contains(&first.strip_suffix(".rs").unwrap_or(first))
}

fn modules_out_of_place(file: &Path, module: &str, tokens: &[Token]) -> Vec<String> {
    let Some(layer) = LAYERS.iter().find(|l| l.module == module) else {
        return vec![format!("{}:1: module `{module}` is not in the table of layers: add it to tests/it/tidy/layers.rs and ARCHITECTURE.md", file.display())];
    };
    let known = |name: &str| LAYERS.iter().any(|l| l.module == name);
    let mut problems = Vec::new();
    for named in modules_named(tokens, depth_of(file)) {
        let place = format!("{}:{}", file.display(), named.line);
        if !known(&named.module) || named.module == module && !(decides(file) && module == "engine") {
            continue;
        }
        if named.module != module && !layer.uses.contains(&named.module.as_str()) {
            problems.push(format!("{place}: `{module}` must not use `{}`", named.module));
        }
        if decides(file) && named.module == "store" {
            problems.push(format!("{place}: what decides must not use `store`"));
        }
        let runs = |then: &str| RUNNING.contains(&then);
        if module == "check" && named.module == "engine" && named.then.as_deref().is_none_or(runs) {
            problems.push(format!("{place}: of the engine, `check` may use only what decides"));
        }
    }
    problems
}

/// How many modules down a file is: 1 for `src/base/mod.rs`, 2 for `src/base/money.rs`.
fn depth_of(file: &Path) -> usize {
    let parts = file.components().count() - 1;
    if file.file_name().is_some_and(|n| n == "mod.rs") { parts - 1 } else { parts }
}

fn crates_out_of_place(file: &Path, module: &str, tokens: &[Token]) -> Vec<String> {
    let layer = LAYERS.iter().find(|l| l.module == module);
    let owned = OWNERS.iter().filter(|(_, owners)| !owners.contains(&module)).map(|(name, _)| *name);
    let mut never: BTreeSet<&str> = owned.chain(layer.into_iter().flat_map(|l| l.never.iter().copied())).collect();
    if decides(file) {
        never.extend(DECIDING_NEVER);
    }
    if module == "syntax" && !file.starts_with(PARSER) {
        never.extend(["pest", "pest_derive"]);
    }
    never
        .into_iter()
        .flat_map(|name| lines_naming(tokens, name).into_iter().map(move |line| format!("{}:{line}: must not name `{name}`", file.display())))
        .collect()
}

/// Lines that name a crate, a type or a path such as `std::fs`, also inside `use std::{fs, …}`.
fn lines_naming(tokens: &[Token], name: &str) -> Vec<usize> {
    let words: Vec<&str> = name.split("::").collect();
    let Some((head, rest)) = words.split_first() else { return Vec::new() };
    let named = |at: usize| match rest.first() {
        None => !(at > 0 && tokens[at - 1].text == "."),
        Some(second) if says(&tokens[at + 1..], &["::", "{"]) => group(&tokens[at + 2..]).any(|t| t.text == *second),
        Some(second) => says(&tokens[at + 1..], &["::", second]),
    };
    (0..tokens.len()).filter(|at| tokens[*at].text == *head && named(*at)).map(|at| tokens[at].line).collect()
}

/// The tokens of a brace group.
fn group(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    let mut depth = 0;
    tokens.iter().take_while(move |t| {
        depth += i32::from(t.text == "{") - i32::from(t.text == "}");
        depth > 0
    })
}

#[test]
fn every_file_says_what_it_is() {
    let headless = rust().into_iter().filter(|file| !read(file).starts_with("//! "));
    let problems = headless.map(|file| format!("{}:1: begin with `//!`: what it is, what it must not know, where its tests are", file.display()));
    report("headers", problems.collect());
}

#[test]
fn a_header_names_only_files_that_are_there() {
    let problems = rust().into_iter().flat_map(|file| {
        let missing = named_in_header(&read(&file)).into_iter().filter(|name| !is_there(&file, name)).collect::<Vec<_>>();
        missing.into_iter().map(move |name| format!("{}:1: there is no `{name}`", file.display()))
    });
    report("headers", problems.collect());
}

/// The files that a header names: what stands between backticks and ends in `.rs`, or lies in `tests`.
fn named_in_header(source: &str) -> Vec<String> {
    let header: Vec<&str> = source.lines().map_while(|l| l.strip_prefix("//!")).collect();
    let header = header.join("\n");
    let plain = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-./*".contains(c));
    let names = header.split('`').skip(1).step_by(2).filter(plain);
    names.filter(|name| name.ends_with(".rs") || name.starts_with("tests/")).map(str::to_owned).collect()
}

/// Whether a name, with a `*` for anything, means a file from the repository's folder, or from one that a file lies in.
fn is_there(file: &Path, name: &str) -> bool {
    let here = |folder: &Path| {
        let (inside, last) = name.rsplit_once('/').unwrap_or(("", name));
        let Some((begin, end)) = last.split_once('*') else { return folder.join(name).exists() };
        let entries = std::fs::read_dir(folder.join(inside)).into_iter().flatten().flatten();
        entries.filter_map(|e| e.file_name().into_string().ok()).any(|found| found.starts_with(begin) && found.ends_with(end))
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file).ancestors().skip(1).take(file.components().count()).any(here)
}

#[test]
fn files_and_functions_stay_small() {
    let mut allowed: BTreeMap<String, usize> = read(Path::new(RATCHET)).lines().filter_map(entry).collect();
    let mut problems = Vec::new();
    for (name, line, length, limit) in sizes() {
        match allowed.remove(&name) {
            None if length > limit => problems.push(format!("{name}:{line}: {length} lines, over {limit}: split it")),
            Some(TABLE) => {}
            Some(entry) if length > entry => problems.push(format!("{name}:{line}: grew from {entry} to {length} lines: split it")),
            Some(entry) if length < entry => {
                problems.push(format!("{RATCHET}: `{name} {entry}` is now {length} lines: lower the entry, or remove it at {limit} or less"))
            }
            _ => {}
        }
    }
    problems.extend(allowed.keys().map(|name| format!("{RATCHET}: `{name}` is gone: remove the entry")));
    report("sizes", problems);
}

fn entry(line: &str) -> Option<(String, usize)> {
    let mut words = line.split('#').next()?.split_whitespace();
    let (name, length) = (words.next()?, words.next()?);
    let length = if length == "table" { TABLE } else { length.parse().unwrap_or_else(|e| panic!("{RATCHET}: `{line}`: {e}")) };
    Some((name.to_owned(), length))
}

/// Name, line, length and limit of every file and function outside of tests; of functions of one name in a file, the longest.
fn sizes() -> Vec<(String, usize, usize, usize)> {
    let mut found = Vec::new();
    for file in sources().into_iter().filter(|f| !is_test_file(f)) {
        let source = read(&file);
        let tokens = tokens(&source);
        found.push((file.display().to_string(), 1, lines_without_tests(&source, &tokens), FILE_LINES));
        let mut longest: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for function in functions(&tokens) {
            let seen = longest.entry(function.name).or_default();
            *seen = (*seen).max((function.lines, function.line));
        }
        found.extend(longest.into_iter().map(|(name, (lines, line))| (format!("{}::{name}", file.display()), line, lines, FUNCTION_LINES)));
    }
    found
}

#[test]
fn no_file_is_forgotten() {
    let mut reached = BTreeSet::new();
    for start in ["src/lib.rs", "src/main.rs", "tests/it/main.rs"] {
        reach(Path::new(start), &mut reached);
    }
    let dead = rust().into_iter().filter(|f| !f.starts_with("examples") && !f.starts_with("benches") && !reached.contains(f));
    report("forgotten files", dead.map(|f| format!("{}:1: no `mod` line leads here", f.display())).collect());
}

/// Follows `mod name;` from a file.
fn reach(file: &Path, reached: &mut BTreeSet<PathBuf>) {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file() || !reached.insert(file.to_path_buf()) {
        return;
    }
    let stem = file.file_stem().and_then(|s| s.to_str()).unwrap_or("");
    let folder = if matches!(stem, "mod" | "lib" | "main") { file.with_file_name("") } else { file.with_extension("") };
    for module in tokens(&read(file)).windows(3).filter(|w| w[0].text == "mod" && w[2].text == ";").map(|w| &w[1].text) {
        reach(&folder.join(format!("{module}.rs")), reached);
        reach(&folder.join(module).join("mod.rs"), reached);
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let mut problems = Vec::new();
    for file in written() {
        for (number, line) in read(&file).lines().enumerate() {
            // A hold is a thing "for now" to its author; in a source it would be a promise.
            let prose = file.extension().is_some_and(|e| e == "flow" || e == "rhai");
            for word in UNFINISHED.iter().chain(MAKING).filter(|word| holds_word(line, word) && !(prose && **word == "for now")) {
                problems.push(format!("{}:{}: `{word}`", file.display(), number + 1));
            }
        }
    }
    report("unfinished", problems);
}

/// Whether a line holds the words, not as a part of others. Words in capitals must be in capitals.
fn holds_word(line: &str, word: &str) -> bool {
    let shouted = word.chars().all(|c| c.is_uppercase());
    let line = if shouted { line.to_owned() } else { line.to_lowercase() };
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| !joins(line[..at].chars().next_back()) && !joins(line[at + word.len()..].chars().next()))
}

fn sources() -> Vec<PathBuf> {
    files("src", &["rs"])
}

fn rust() -> Vec<PathBuf> {
    ["src", "tests", "examples", "benches"].into_iter().flat_map(|folder| files(folder, &["rs"])).collect()
}

/// Everything people write and read, except the list of words itself.
fn written() -> Vec<PathBuf> {
    let folders = ["src", "tests", "examples", "benches", "docs", "grammar", "workflows", "rules"];
    let below = folders.into_iter().flat_map(|folder| files(folder, &["rs", "md", "sql", "flow", "rhai", "yaml", "pest", "csv"]));
    let top = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "Cargo.toml",
        ".ci/run",
        "scripts/test",
        "scripts/prepare",
        "scripts/with-postgres",
        "scripts/own-postgres",
    ];
    let top = top.into_iter().map(PathBuf::from).filter(|f| Path::new(env!("CARGO_MANIFEST_DIR")).join(f).is_file());
    below.chain(top).filter(|f| f != Path::new("tests/it/tidy.rs")).collect()
}

fn report(what: &str, problems: Vec<String>) {
    assert!(problems.is_empty(), "{what}:\n{}\n", problems.join("\n"));
}

#[test]
fn what_is_out_of_place_is_found() {
    let found = |file: &str, source: &str| {
        let (file, tokens) = (Path::new(file), tokens(source));
        let module = module_of(file).expect("a file of the product");
        let mut problems = modules_out_of_place(file, module, &tokens);
        problems.extend(crates_out_of_place(file, module, &tokens));
        problems.into_iter().map(|p| p.split_once(": ").expect("a place").1.to_owned()).collect::<Vec<_>>()
    };
    let base =
        found("src/base/money.rs", "use std::{io, fs};\nuse crate::{domain::Value, base::Date};\nfn f() { super::super::syntax::parse(); SystemTime::now() }");
    assert_eq!(base, ["`base` must not use `domain`", "`base` must not use `syntax`", "must not name `SystemTime`", "must not name `std::fs`"]);
    assert_eq!(found("src/engine/decide/guards.rs", "use crate::store::Store;"), ["what decides must not use `store`"]);
    assert_eq!(found("src/engine/guard.rs", "use crate::store::Store;"), ["what decides must not use `store`"]);
    assert_eq!(found("src/engine/execute.rs", "use crate::store::Store;\nuse super::decide;"), [""; 0]);
    assert_eq!(found("src/check/leak.rs", "use crate::engine::{decide, execute};"), ["of the engine, `check` may use only what decides"]);
    assert_eq!(found("src/syntax/format.rs", "use pest::Span;"), ["must not name `pest`"]);
    assert_eq!(found("src/unheard.rs", "").len(), 1);
    let header = "//! Reads. Tests: `tests/it/tidy.rs`, `tests/it/nobody.rs`,\n//! `mon*.rs`, `none_*.rs`; knows `Value` and `tests.rs`.\n//! `x` is `tests/`.\nuse `a.rs`;";
    let missing = named_in_header(header).into_iter().filter(|name| !is_there(Path::new("src/base/money.rs"), name));
    assert_eq!(missing.collect::<Vec<_>>(), ["tests/it/nobody.rs", "none_*.rs", "tests.rs"]);
}
