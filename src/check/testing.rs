//! Books from texts, for the tests of every module.
//!
//! Must not know files on disk. Tests: those that use it.

use std::fmt::Write as _;

use super::{BookFile, BookFiles, Checked, Network, check_with};
use crate::base::{Diagnostic, Severity, SourceMap};
use crate::model::Book;
use crate::rules::Rules;

/// A manifest for books that bring none.
pub const MANIFEST: &str = "name: test\ncurrency: INR\nzone: Asia/Kolkata\n";

/// Checks the texts of a book: `*.flow`, `*.rhai`, and `bincard.yaml` where it matters.
#[must_use]
pub fn checked(texts: &[(&str, &str)]) -> Checked {
    checked_beside(texts, None)
}

/// Checks the texts of a book beside a network.
#[must_use]
pub fn checked_beside(texts: &[(&str, &str)], network: Option<&Network>) -> Checked {
    let file = |(path, text): &(&str, &str)| BookFile { path: (*path).to_owned(), text: (*text).to_owned() };
    let ending = |end: &str| texts.iter().filter(|(path, _)| path.ends_with(end)).map(file).collect();
    let manifest = texts.iter().find(|(path, _)| *path == "bincard.yaml").map_or(("bincard.yaml", MANIFEST), |found| *found);
    check_with(&BookFiles { manifest: file(&manifest), flows: ending(".flow"), rules: ending(".rhai") }, network)
}

/// The model of a book that must be right.
///
/// # Panics
/// The book has errors; they are printed.
#[must_use]
pub fn book_from(texts: &[(&str, &str)]) -> Book {
    book_and_rules(texts).0
}

/// The model and the rules of a book that must be right.
///
/// # Panics
/// The book has errors; they are printed.
#[must_use]
pub fn book_and_rules(texts: &[(&str, &str)]) -> (Book, Rules) {
    let checked = checked(texts);
    let report = report(&checked.diagnostics, &checked.sources);
    match checked.book {
        Some(book) => (book, checked.rules),
        None => panic!("the book has errors:\n{report}"),
    }
}

/// Findings as plain text: title, place, the line with its mark, other places, help.
#[must_use]
pub fn report(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for finding in diagnostics {
        let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
        let _ = writeln!(out, "{severity}[{}]: {}", finding.code, finding.title);
        for label in &finding.labels {
            let _ = writeln!(out, "  {}", sources.place(label.span));
            let _ = writeln!(out, "{}", marked(label, sources));
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "  help: {help}");
        }
        out.push('\n');
    }
    out
}

fn marked(label: &crate::base::Label, sources: &SourceMap) -> String {
    let Some(file) = sources.file(label.span.file) else { return String::new() };
    let (line, column) = file.line_column(label.span.start);
    let text = file.text.lines().nth(line - 1).unwrap_or("");
    let written = sources.text(label.span).lines().next().unwrap_or("").chars().count().max(1);
    let mark = format!("{}{}", " ".repeat(column - 1), "^".repeat(written));
    format!("    | {text}\n    | {mark} {}", label.text).trim_end().to_owned()
}
