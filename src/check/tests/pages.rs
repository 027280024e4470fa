//! The pages of the codes keep their word: each wrong example is told exactly that code at the marked place, each right one
//! nothing; every code that is made anywhere has its page; and `docs/findings/` is what the pages make.
//!
//! Examples of master data are read beside `network.yaml`, tables of rule cases beside the small book, refusals are played.
//!
//! `UPDATE_DOCS=1 cargo test --lib check::tests::pages` writes the pages again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::testing::{MANIFEST, checked_beside};
use super::super::{Checked, Family, Page, Piece, families};
use super::{RULES, book, codes_made_in, network, sources};
use crate::base::{Diagnostic, Severity, SourceMap, Span};
use crate::engine::Engine;
use crate::network::{self, Known};
use crate::prove::{Options, prove};
use crate::render::{Style, reports};
use crate::scenario::{self, Masters, RuleCases};
use crate::store::Store;

/// Codes that no short text shows.
const UNSHOWN: [&str; 2] = ["too-large", "no-book"];
/// Refusals of which no scenario tells: a command that is sent twice, or by hand, or that names what is not there.
const UNPLAYED: [&str; 6] = ["idempotency_conflict", "unknown_workflow", "unknown_document", "document_exists", "stale_revision", "contended"];
/// The network beside which examples of master data stand.
const NETWORK: &str = include_str!("network.yaml");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path under which a piece is checked, and where in that file it begins.
fn path(piece: &Piece) -> &str {
    match piece.place {
        "manifest" => "bincard.yaml",
        path if [".flow", ".rhai", ".yaml", ".csv"].iter().any(|ending| path.ends_with(ending)) => path,
        _ => "book.flow",
    }
}

/// Checks the book in which the pieces of an example stand.
fn tried(pieces: &[Piece]) -> Checked {
    let alone = pieces.iter().find(|p| p.place == "alone");
    let puts: Vec<(&str, &str)> = pieces.iter().map(|p| (p.place, p.text.as_str())).collect();
    let flow = alone.map_or_else(|| book(&puts), |p| p.text.clone());
    let manifest = pieces.iter().find(|p| p.place == "manifest").map_or(MANIFEST, |p| &p.text);
    let mut texts = vec![("book.flow", flow.as_str()), ("bincard.yaml", manifest)];
    let scripts: Vec<(&str, &str)> = pieces.iter().filter(|p| p.place.ends_with(".rhai")).map(|p| (p.place, p.text.as_str())).collect();
    if alone.is_none() {
        texts.extend(RULES.iter().filter(|(path, _)| !scripts.iter().any(|(own, _)| own == path)));
    }
    texts.extend(scripts);
    texts.extend(pieces.iter().filter(|p| p.place.ends_with(".flow")).map(|p| (p.place, p.text.as_str())));
    checked_beside(&texts, Some(&network()))
}

/// What is told of an example.
struct Told {
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
}

/// Whoever tells the codes of a page looks at an example.
fn proved(page: &Page, pieces: &[Piece]) -> Told {
    match page.family {
        "Master data" => loaded(pieces),
        "Rule cases" => tabled(pieces),
        _ => {
            let checked = checked(page, pieces);
            Told { sources: checked.sources, diagnostics: checked.diagnostics }
        }
    }
}

/// Reads files of master data beside the small network.
fn loaded(pieces: &[Piece]) -> Told {
    let mut sources = SourceMap::default();
    sources.add("network.yaml", NETWORK);
    for piece in pieces {
        sources.add(piece.place, piece.text.as_str());
    }
    let known = Known::of(&tried(&[]).draft.vocabulary);
    let diagnostics = network::check(&sources, &known).map_or_else(|found| found, |checked| checked.warnings);
    Told { sources, diagnostics }
}

/// Reads tables of rule cases beside the small book, and asks the rules.
fn tabled(pieces: &[Piece]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    for piece in pieces {
        let path = folder.path().join(piece.place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &piece.text).unwrap();
    }
    let checked = tried(&[]);
    let read = RuleCases::read(folder.path(), &checked.book.unwrap(), &Masters::new(folder.path())).unwrap();
    let failed: Vec<&str> = read.cases.iter().filter(|case| !case.run(&checked.rules).passed()).map(|case| case.title.as_str()).collect();
    assert!(failed.is_empty(), "{failed:?} fail");
    // The folder is another one in each run.
    let mut findings = read.findings;
    let here = format!("{}/", folder.path().display());
    findings.iter_mut().for_each(|finding| finding.title = finding.title.replace(&here, ""));
    Told { sources: read.sources, diagnostics: findings }
}

/// Checks the book of an example, and proves it where the page is about a proof.
fn checked(page: &Page, pieces: &[Piece]) -> Checked {
    let mut checked = tried(pieces);
    if page.family == "Proofs"
        && let Some(book) = &checked.book
    {
        let (book, rules) = (Arc::new(book.clone()), Arc::new(checked.rules.clone()));
        let proofs = prove(&book, &rules, &Options { budget: 400, ..Options::default() });
        checked.take_in(proofs.into_iter().flat_map(|p| p.findings).map(|f| f.diagnostic).collect(), true);
    }
    checked
}

fn told(page: &Page, pieces: &[Piece]) -> String {
    let checked = proved(page, pieces);
    reports(&checked.sources, &checked.diagnostics, Style::Plain)
}

/// The marked text, as the sources have it.
fn marked(checked: &Told, piece: &Piece) -> Option<Span> {
    let (line, start, end) = piece.mark?;
    let (id, file) = checked.sources.files().find(|(_, f)| f.name == path(piece))?;
    let before: usize = piece.text.lines().take(line).map(|l| l.len() + 1).sum();
    let base = file.text.find(piece.text.as_str())?;
    Some(Span::new(id, base + before + start, base + before + end))
}

/// What is wrong with the examples of a page.
fn problems(page: &Page) -> Vec<String> {
    let mut found = Vec::new();
    let wrong = proved(page, &page.wrong);
    let report = || reports(&wrong.sources, &wrong.diagnostics, Style::Plain);
    let of_code = || wrong.diagnostics.iter().filter(|d| d.code == page.code);
    match of_code().next() {
        None => found.push(format!("the wrong example is not told `{}` but\n{}", page.code, report())),
        Some(first) if (first.severity == Severity::Warning) != page.warning => found.push("⚠ and the severity differ".to_owned()),
        Some(_) => {}
    }
    for piece in &page.wrong {
        let Some(place) = marked(&wrong, piece) else { continue };
        if !of_code().any(|d| d.span() == place) {
            let told: Vec<String> = of_code().map(|d| format!("`{}` at {}", wrong.sources.text(d.span()), wrong.sources.place(d.span()))).collect();
            found.push(format!("the mark is `{}` at {}, and the code is told at {told:?}", wrong.sources.text(place), wrong.sources.place(place)));
        }
    }
    let right = told(page, &page.right);
    if page.right.is_empty() || !right.is_empty() {
        found.push(format!("the right example is told\n{right}"));
    }
    found.into_iter().map(|problem| format!("{}: {problem}", page.code)).collect()
}

fn shown() -> impl Iterator<Item = &'static Page> {
    families().iter().flat_map(|f| &f.pages).filter(|p| !["Refusals", "Checks of a database"].contains(&p.family) && !UNSHOWN.contains(&p.code))
}

#[test]
fn every_example_is_told_what_its_page_says() {
    let problems: Vec<String> = shown().flat_map(problems).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n\n"));
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let made: String =
        ["check", "syntax", "rules", "prove", "network", "scenario", "lsp"].iter().map(|module| sources(&root().join("src").join(module))).collect();
    let codes = codes_made_in(&made);
    let others = ["Refusals", "Checks of a database"];
    let pages: BTreeSet<String> = families().iter().flat_map(|f| &f.pages).filter(|p| !others.contains(&p.family)).map(|p| p.code.to_owned()).collect();
    let missing: Vec<&String> = codes.difference(&pages).collect();
    assert!(codes.len() > 180 && missing.is_empty(), "src/check/pages has no page of {missing:?}");
    let gone: Vec<&String> = pages.iter().filter(|code| !made.contains(&format!("\"{code}\""))).collect();
    assert!(gone.is_empty(), "src/check/pages tells of {gone:?}, which nothing reports");
}

/// The codes of what `bincard db verify` finds: each is named where it is found, and nowhere else.
#[test]
fn every_code_of_a_database_check_has_its_page() {
    let made = sources(&root().join("src/store"));
    let begins = ["findings.add(\"", ".add(\"", "self.add(\"", ".fact(bu,id,(\""];
    let mut codes: BTreeSet<&str> = begins.iter().flat_map(|begin| made.split(begin).skip(1)).filter_map(|rest| rest.split('"').next()).collect();
    // The facts of a document are compared in one list.
    let facts = std::fs::read_to_string(root().join("src/store/audit/documents.rs")).unwrap();
    codes.extend(facts.lines().filter_map(|l| l.trim().strip_prefix("(\"")?.split('"').next().filter(|_| l.contains(".to_string(),"))));
    let pages: BTreeSet<&str> = families().iter().flat_map(|f| &f.pages).filter(|p| p.family == "Checks of a database").map(|p| p.code).collect();
    assert_eq!(codes, pages);
}

#[test]
fn no_two_pages_are_one_file() {
    let mut files: Vec<String> = families().iter().flat_map(|f| &f.pages).map(Page::file).collect();
    files.sort_unstable();
    let twice: Vec<&String> = files.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// The scenario of each refusal is played, and passes: somebody is refused in it with this very code.
#[tokio::test]
async fn every_example_of_a_refusal_is_refused() {
    let mut problems = Vec::new();
    for page in families().iter().flat_map(|f| &f.pages).filter(|p| p.family == "Refusals") {
        let typed = page.wrong.iter().all(|piece| piece.place == "console");
        if page.wrong.is_empty() || typed != UNPLAYED.contains(&page.code) {
            problems.push(format!("{}: no example, or not the one that is expected", page.code));
        }
        if typed {
            continue;
        }
        let checked = tried(&page.wrong);
        let Some(book) = checked.book else {
            problems.push(format!("{}: {}", page.code, reports(&checked.sources, &checked.diagnostics, Style::Plain)));
            continue;
        };
        let (book, rules) = (Arc::new(book), Arc::new(checked.rules));
        let engine = Engine::new(Arc::clone(&book), rules, Store::memory()).await.unwrap();
        for scenario in &book.scenarios {
            let report = scenario::run(&engine, scenario, &Masters::new(root())).await.unwrap();
            let refused = page.wrong.iter().any(|piece| piece.text.contains(&format!("then refused {}", page.code)));
            if !report.passed() || !refused {
                problems.push(format!("{}: {:#?}", page.code, report.failures));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n\n"));
}

#[test]
fn every_code_of_a_refusal_has_its_page() {
    let source = std::fs::read_to_string(root().join("src/domain/refusal.rs")).unwrap();
    let variants = source.split_once("pub enum ReasonCode {").unwrap().1.split_once("\n}").unwrap().0;
    let snake = |name: &str| name.chars().map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() }).collect::<String>();
    let real: Vec<String> = variants.lines().filter_map(|l| l.trim().strip_suffix(',')).map(|l| snake(l).trim_start_matches('_').to_owned()).collect();
    let pages: Vec<&str> = families().iter().flat_map(|f| &f.pages).filter(|p| p.family == "Refusals").map(|p| p.code).collect();
    assert_eq!(pages, real);
}

/// The page of a code in the manual.
fn manual(page: &Page) -> String {
    let kind = match page.what() {
        "refusal" => "A refusal",
        "finding" => "A finding of `bincard db verify`",
        "warning" => "A warning",
        _ => "An error",
    };
    let mut out = format!("# `{}`\n\n{kind} · [{}](../findings.md)\n\n{}\n", page.code, page.family, page.meaning);
    if !page.why.is_empty() {
        let _ = write!(out, "\n{}\n", page.why);
    }
    for (title, pieces) in [("Wrong", &page.wrong), ("Right", &page.right)] {
        for (n, piece) in pieces.iter().enumerate() {
            let first = if page.family == "Refusals" { "For example" } else { title };
            let also = if n == 0 { first } else { "and" };
            let _ = write!(out, "\n{also}, {}:\n\n```{}\n{}\n```\n", piece.whereabouts(), piece.language(), piece.text);
        }
        if title == "Wrong" && !pieces.is_empty() && page.family != "Refusals" {
            let wrong = proved(page, pieces);
            let of_code: Vec<_> = wrong.diagnostics.iter().filter(|d| d.code == page.code).cloned().collect();
            let report = reports(&wrong.sources, &of_code, Style::Plain);
            let lines: Vec<&str> = report.trim_end().lines().map(str::trim_end).collect();
            let command = match page.family {
                "Master data" => "load",
                "Rule cases" => "test",
                _ => "check",
            };
            let _ = write!(out, "\n`bincard {command}` says:\n\n```text\n{}\n```\n", lines.join("\n"));
        }
    }
    out
}

const ABOUT: &str = "\
# What check finds

`bincard check` reads every flow, scenario and rule of a book in one run and reports all that is wrong, each finding with a code, its
place, and what to type instead. One mistake is reported once: what could not be read or typed agrees with everything around it. With
*errors* a book cannot be used; *warnings* (marked ⚠) are things that are probably not meant. `bincard check --strict` fails on warnings
too, `--json` gives the same for programs. Codes are stable; sentences may get better.

`bincard explain CODE` prints the page of a code: what it means, a wrong example and a right one. The examples stand in
[one small book](findings/book.md), those of master data beside [one small network](findings/network.md).
";

/// The table of contents.
fn index() -> String {
    let mut out = format!("<!-- made from src/check/pages by `UPDATE_DOCS=1 cargo test --lib check::tests::pages` -->\n{ABOUT}");
    for Family { title, about, pages } in families().iter().filter(|f| !f.pages.is_empty()) {
        let _ = write!(out, "\n## {title}\n{about}\n\n| code | it means |\n|---|---|\n");
        for page in pages {
            let mark = if page.warning { " ⚠" } else { "" };
            let meaning = page.meaning.lines().collect::<Vec<_>>().join(" ");
            let _ = writeln!(out, "| [`{}`](findings/{}){mark} | {} |", page.code, page.file(), meaning.replace('|', "\\|"));
        }
    }
    out
}

fn around() -> String {
    let mut out = "# The book of the examples\n\nThe examples of the [findings](../findings.md) stand in this book, at its comments.\n\n```flow\n".to_owned();
    let marked = super::BOOK.lines().map(|line| match line.trim() {
        "@body" => "    // in a transition".to_owned(),
        "@each" => "      // in `each line` of a transition".to_owned(),
        "@lines" => "    // in the lines of a workflow".to_owned(),
        "@workflow" => "  // in a workflow".to_owned(),
        "@book" => "// in a flow file".to_owned(),
        _ => line.to_owned(),
    });
    marked.for_each(|line| {
        let _ = writeln!(out, "{line}");
    });
    out.push_str("```\n");
    for (path, text) in RULES {
        let _ = write!(out, "\n`{path}`:\n\n```rhai\n{text}\n```\n");
    }
    out
}

/// The pages as they should be, by path.
fn wanted() -> Vec<(PathBuf, String)> {
    let docs = root().join("docs");
    let page = |p: &Page| (docs.join("findings").join(p.file()), manual(p));
    let mut all: Vec<(PathBuf, String)> = families().iter().flat_map(|f| &f.pages).map(page).collect();
    all.push((docs.join("findings.md"), index()));
    all.push((docs.join("findings/book.md"), around()));
    let about = "The examples of [master data](../findings.md#master-data) stand beside this file, and mean the words of the [small book](book.md).";
    all.push((docs.join("findings/network.md"), format!("# The network of the examples\n\n{about}\n\n```yaml\n{NETWORK}```\n")));
    all
}

#[test]
fn the_manual_is_what_the_pages_make() {
    let folder = root().join("docs/findings");
    let wanted = wanted();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        wanted.iter().for_each(|(path, text)| std::fs::write(path, text).unwrap());
    }
    let stale: Vec<&PathBuf> = wanted.iter().filter(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(text)).map(|(path, _)| path).collect();
    let there: BTreeSet<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    let gone: Vec<&PathBuf> = there.iter().filter(|path| !wanted.iter().any(|(w, _)| w == *path)).collect();
    assert!(stale.is_empty() && gone.is_empty(), "not what the pages make: {stale:?}; no page any more: {gone:?}; write them again with UPDATE_DOCS=1");
}
