//! Hover: what the name or word under the cursor is.
//!
//! Must not know how names are found. Tests: `tests/it/editor_hover.rs`.

use gen_lsp_types::{Hover, MarkupContent, MarkupKind};

use super::describe;
use super::routes::Place;
use crate::check;
use crate::rules;
use crate::syntax::clause_words;
use crate::syntax::{BlockKind, around};

/// What stands at a place, and why it is wrong where it is.
#[must_use]
pub fn hover(place: &Place) -> Option<Hover> {
    let reasons = reasons(place);
    match (said(place), reasons.is_empty()) {
        (said, true) => said.map(|(words, range)| markdown(words, range)),
        (None, false) => Some(markdown(reasons.join("\n\n"), None)),
        (Some((words, range)), false) => Some(markdown(format!("{words}\n\n---\n\n{}", reasons.join("\n\n")), range)),
    }
}

/// What the pages of the codes say about the findings at a place.
fn reasons(place: &Place) -> Vec<String> {
    let view = &place.view;
    let at = view.byte(place.file, place.position);
    let here = view.checked.diagnostics.iter().filter(|d| d.span().file == place.file && d.span().range().start <= at && at <= d.span().range().end);
    let mut codes: Vec<&str> = here.map(|d| d.code).collect();
    codes.dedup();
    let pages = codes.into_iter().filter_map(check::page);
    pages.map(|page| format!("**{}**: {}\n\n{}", page.code, page.meaning, page.why).trim_end().to_owned()).collect()
}

/// What stands at a place.
fn said(place: &Place) -> Option<(String, Option<gen_lsp_types::Range>)> {
    let view = &place.view;
    if let Some(found) = view.name_at(place.file, place.position) {
        return Some((describe::describe(view, found).markdown(), Some(view.range(found.span))));
    }
    let text = view.text(place.file)?;
    let at = text.byte(place.position);
    let (word, range) = word_at(&text.whole, at)?;
    let said = if view.name(place.file).ends_with(".rhai") { library_word(word) } else { language_word(&text.whole, word, range.start) };
    Some((said?, Some(text.range(range))))
}

fn markdown(value: String, range: Option<gen_lsp_types::Range>) -> Hover {
    Hover { contents: MarkupContent { kind: MarkupKind::Markdown, value }.into(), range }
}

/// The word that holds a byte, or ends there.
#[must_use]
pub fn word_at(text: &str, at: usize) -> Option<(&str, std::ops::Range<usize>)> {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let start = text.get(..at)?.char_indices().rev().take_while(|(_, c)| of_word(*c)).last().map_or(at, |(i, _)| i);
    let end = at + text.get(at..)?.find(|c| !of_word(c)).unwrap_or(text.len() - at);
    text.get(start..end).filter(|word| !word.is_empty()).map(|word| (word, start..end))
}

/// A function that rules have.
fn library_word(word: &str) -> Option<String> {
    let found: Vec<String> = rules::library().filter(|f| f.name == word).map(|f| library_signature(&f)).collect();
    (!found.is_empty()).then(|| format!("```rhai\n{}\n```\n\na function that every rule has", found.join("\n")))
}

/// `round(a, b) -> what it is given`
#[must_use]
pub fn library_signature(function: &rules::LibraryFunction) -> String {
    let names = ["a", "b", "c"];
    let params: Vec<&str> = names.into_iter().take(function.arity).collect();
    format!("{}({}) -> {}", function.name, params.join(", "), function.answers)
}

/// A word that begins a line: how the line is written.
fn language_word(text: &str, word: &str, start: usize) -> Option<String> {
    let around = around(text, start + word.len());
    if around.clause.start != start && around.block != BlockKind::File {
        return None;
    }
    let pattern = clause_words(around.block).find(|(words, _)| words.split(' ').next() == Some(word)).map(|(_, pattern)| pattern);
    pattern.map(|pattern| format!("```flow\n{pattern}\n```"))
}
