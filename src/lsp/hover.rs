//! Hover: what the name or word under the cursor is.
//!
//! Must not know how names are found. Tests: `tests/it/editor_hover.rs`.

use gen_lsp_types::{Hover, MarkupContent, MarkupKind};

use super::describe;
use super::routes::Place;
use crate::rules;
use crate::syntax::clause_words;
use crate::syntax::{BlockKind, around};

/// What stands at a place.
#[must_use]
pub fn hover(place: &Place) -> Option<Hover> {
    let view = &place.view;
    if let Some(found) = view.name_at(place.file, place.position) {
        return Some(markdown(describe::describe(view, found).markdown(), Some(view.range(found.span))));
    }
    let text = view.text(place.file)?;
    let at = text.byte(place.position);
    let (word, range) = word_at(&text.whole, at)?;
    let said = if view.name(place.file).ends_with(".rhai") { library_word(word) } else { language_word(&text.whole, word, range.start) };
    Some(markdown(said?, Some(text.range(range))))
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
