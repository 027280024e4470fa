//! Completion: what can be typed at a place.
//!
//! Must not know the protocol beyond items. Tests: `tests/it/editor_complete.rs`.

mod offers;
mod scenario;
mod script;
mod wanted;

use gen_lsp_types::{CompletionItem, CompletionItemKind, Documentation, MarkupContent, MarkupKind};

use super::describe;
use super::index::Symbol;
use super::routes::Place;
use super::view::View;

/// What can be typed at a place.
#[must_use]
pub fn complete(place: &Place) -> Vec<CompletionItem> {
    let view = &place.view;
    let Some(text) = view.text(place.file) else { return Vec::new() };
    let at = text.byte(place.position);
    let name = view.name(place.file);
    let mut items = if name.ends_with(".rhai") {
        script::complete(view, place.file, at)
    } else if name.ends_with(".flow") {
        offers::complete(view, place.file, at)
    } else {
        Vec::new()
    };
    items.sort_by(|a, b| (&a.sort_text, &a.label).cmp(&(&b.sort_text, &b.label)));
    items.dedup_by(|a, b| a.label == b.label);
    items
}

/// How near something is to what is wanted: the first come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// Names of this very place.
    Near,
    /// Names of the book.
    Book,
    /// Words of the language.
    Language,
}

fn item(label: &str, kind: CompletionItemKind, rank: Rank) -> CompletionItem {
    let sort = match rank {
        Rank::Near => "1",
        Rank::Book => "2",
        Rank::Language => "3",
    };
    CompletionItem { label: label.to_owned(), kind: Some(kind), sort_text: Some(format!("{sort}{label}")), ..CompletionItem::default() }
}

/// A word of the language, with how its line is written.
fn keyword(words: &str, pattern: Option<&str>) -> CompletionItem {
    CompletionItem { detail: pattern.map(str::to_owned), ..item(words, CompletionItemKind::Keyword, Rank::Language) }
}

/// A declared name, with what there is to say about it.
fn named(view: &View, symbol: &Symbol, kind: CompletionItemKind, rank: Rank) -> CompletionItem {
    let words = describe::of_symbol(view, symbol);
    let detail = words.head.lines().next().map(str::to_owned).filter(|head| !head.is_empty());
    let text: Vec<String> = words.text.into_iter().filter(|t| !t.is_empty()).collect();
    CompletionItem { detail, documentation: documentation(text.join("\n\n")), ..item(symbol.name(), kind, rank) }
}

fn documentation(value: String) -> Option<Documentation> {
    (!value.is_empty()).then(|| MarkupContent { kind: MarkupKind::Markdown, value }.into())
}

/// A property with its type in words.
fn property(name: &str, of: &str) -> CompletionItem {
    CompletionItem { detail: Some(of.to_owned()), ..item(name, CompletionItemKind::Property, Rank::Near) }
}
