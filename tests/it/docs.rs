//! The book for users keeps its word: every fenced block of every page is run, compiled, parsed and checked, or found where it says that it is from.
//!
//! | block | what is done |
//! |---|---|
//! | `console` | run in the folder of the page, see `docs/console.rs` |
//! | `sh gate` | each line stands in `.ci/run` |
//! | `flow …`, `rhai …` | parsed and checked, see `docs/fragments.rs` |
//! | any `from=PATH` | is a stretch of that file of the repository |
//! | any `file=PATH` | written into the folder of the page, for the `console` blocks after it |
//! | `text` | nothing: a picture |

mod blocks;
mod console;
mod fragments;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bincard::model::{Type, properties};

use crate::support::{folder, read};
use blocks::{Block, blocks, pages};
use fragments::Page;

#[test]
fn every_example_of_every_page_works() {
    let problems: Vec<String> = pages().iter().flat_map(|page| run_page(page)).collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n\n"));
}

/// Runs the blocks of a page in order, in one folder.
fn run_page(page: &Path) -> Vec<String> {
    let folder = folder();
    let blocks = blocks(page);
    let shared = Page::of(&blocks);
    let mut at = folder.path().to_path_buf();
    let run = |block: &Block| run_block(block, &mut at, &shared).err().map(|problem| format!("{}: {problem}", block.place()));
    blocks.iter().filter_map(run).collect()
}

fn run_block(block: &Block, folder: &mut PathBuf, shared: &Page) -> Result<(), String> {
    if let Some(path) = block.value("from") {
        return stands_in(&block.text, &read(Path::new(path))).then_some(()).ok_or(format!("is not what stands in {path}"));
    }
    if let Some(path) = block.value("file") {
        return write(&folder.join(path), &block.text).map_err(|e| format!("{path}: {e}"));
    }
    match (block.language.as_str(), block.part()) {
        ("text", None) => Ok(()),
        ("text", Some("report")) => shared.report(block),
        ("flow", _) => shared.flow(block),
        ("rhai", _) => shared.rule(block),
        ("console", None) => console::run(&block.text, folder),
        ("sh", Some("gate")) => gate(&block.text),
        (language, part) => Err(format!("no one knows how to run `{language} {}`", part.unwrap_or_default())),
    }
}

fn write(path: &PathBuf, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(path, text)
}

/// Whether the lines stand together in a text, whatever both are indented by.
fn stands_in(lines: &str, text: &str) -> bool {
    let bare = |text: &str| text.lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>();
    let (wanted, all) = (bare(lines), bare(text));
    !wanted.is_empty() && all.windows(wanted.len()).any(|stretch| stretch == wanted)
}

/// Whether the gate runs each command.
fn gate(commands: &str) -> Result<(), String> {
    let gate = read(Path::new(".ci/run"));
    let missing = |command: &&str| !gate.lines().any(|l| l.split_once(command).is_some_and(|(_, after)| after.is_empty() || after.starts_with(' ')));
    commands.lines().map(|l| l.split('#').next().unwrap_or("").trim()).find(missing).map_or(Ok(()), |c| Err(format!(".ci/run does not run `{c}`")))
}

#[test]
fn the_reference_names_every_property() {
    let page = read(Path::new("docs/language.md"));
    let row =
        |kind: &str| page.lines().find(|l| l.starts_with(&format!("| {kind} | `"))).unwrap_or_else(|| panic!("docs/language.md: no properties of `{kind}`"));
    let kinds = ["lot", "limit", "offer", "obligation", "document", "line"].map(|kind| (kind, Type::Builtin(kind)));
    for (kind, ty) in [("part", Type::Part), ("party", Type::Party(None)), ("contract", Type::Contract)].into_iter().chain(kinds) {
        let written: BTreeSet<String> = row(kind).split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let real = properties(&ty).into_iter().map(|p| format!("{}{}", p.name, if p.ty.is_optional() { "?" } else { "" })).collect();
        assert_eq!(written, real, "docs/language.md: the properties of `{kind}`");
    }
}

#[test]
fn the_reference_lists_every_code_of_a_refusal_in_order() {
    let source = read(Path::new("src/domain/refusal.rs"));
    let variants = source.split_once("pub enum ReasonCode {").and_then(|(_, rest)| rest.split_once("\n}")).expect("the list of codes").0;
    let snake = |name: &str| name.chars().map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() }).collect::<String>();
    let real: Vec<String> = variants.lines().filter_map(|l| l.trim().strip_suffix(',')).map(|l| snake(l).trim_start_matches('_').to_owned()).collect();

    let page = read(Path::new("docs/language.md"));
    let table = page.split_once("| code | when |").expect("the table of codes").1;
    let rows = table.lines().skip(2).take_while(|l| l.starts_with('|')).filter_map(|l| l.split('|').nth(1));
    let written: Vec<String> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    assert_eq!(written, real, "docs/language.md: the codes of refusals");
}
