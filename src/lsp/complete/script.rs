//! What can be typed in a rule script.
//!
//! Properties come from a survey of the script with a made-up name at the cursor, so that kinds of values are those that
//! the check itself finds. Must not know flows. Tests: `tests/it/editor_complete.rs`.

use std::sync::Arc;

use gen_lsp_types::{CompletionItem, CompletionItemKind as Kind};

use super::{Rank, documentation, item, property};
use crate::base::FileId;
use crate::lsp::hover::{library_signature, word_at};
use crate::lsp::index::{Local, SCRIPT_WORDS, Symbol};
use crate::lsp::view::View;
use crate::model::{RuleSig, Type};
use crate::rules::{self, Layer, RuleScript, ScriptFunction, SeenKind};

/// A name that nobody writes.
const HERE: &str = "name_at_the_cursor";

/// What can be typed at a place of a script.
pub fn complete(view: &View, file: FileId, at: usize) -> Vec<CompletionItem> {
    let Some(text) = view.text(file).map(|t| Arc::clone(&t.whole)) else { return Vec::new() };
    let start = word_at(&text, at).map_or(at, |(_, range)| range.start);
    let before = text.get(..start).unwrap_or("").trim_end();
    let typist = Typist { view, file, text: &text, start, end: at };
    if before.ends_with('.') && !before.ends_with("..") {
        return typist.behind_a_dot();
    }
    if typist.in_text() {
        return typist.declared_words();
    }
    let functions = rules::functions(&text);
    let Some(function) = functions.iter().find(|f| f.range.contains(&start.min(text.len().saturating_sub(1)))) else {
        return typist.rules_to_write(&functions);
    };
    if before.ends_with("fn") {
        return typist.rules_to_write(&functions);
    }
    typist.values(function, &functions)
}

struct Typist<'a> {
    view: &'a View,
    file: FileId,
    text: &'a str,
    /// Where the word that is being typed begins, and ends.
    start: usize,
    end: usize,
}

impl Typist<'_> {
    /// What a value before the dot has: its properties, else the functions that take it first.
    fn behind_a_dot(&self) -> Vec<CompletionItem> {
        let functions = || {
            let library = rules::library().filter(|f| f.arity > 0);
            library.map(|f| CompletionItem { detail: Some(library_signature(&f)), ..item(f.name, Kind::Method, Rank::Language) })
        };
        let mut items: Vec<CompletionItem> = self.properties().into_iter().map(|(name, kind)| property(&name, &kind)).collect();
        items.extend(functions());
        items
    }

    /// The properties of what stands before the dot.
    fn properties(&self) -> Vec<(String, String)> {
        let (head, tail) = (self.text.get(..self.start).unwrap_or(""), self.text.get(self.end..).unwrap_or(""));
        // The text around is unfinished: one of these makes it whole often enough.
        for end in ["", ";", " }", "; }", ")", ");"] {
            let text: Arc<str> = Arc::from(format!("{head}{HERE}{end}{tail}"));
            let Ok(layer) = Layer::of_path(self.view.name(self.file)) else { return Vec::new() };
            let script = RuleScript { path: self.view.name(self.file).to_owned(), layer, text, file: self.file };
            let Some(seen) = rules::survey(&self.view.checked.draft.vocabulary, &script) else { continue };
            let here = seen.into_iter().find(|s| s.span.range().start == self.start);
            if let Some(SeenKind::Property { beside, .. }) = here.map(|s| s.kind) {
                return beside;
            }
        }
        Vec::new()
    }

    /// Whether the word stands in double quotes.
    fn in_text(&self) -> bool {
        let line_start = self.text.get(..self.start).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
        let line = self.text.get(line_start..self.start).unwrap_or("");
        let code = line.split("//").next().unwrap_or("");
        !code.matches('"').count().is_multiple_of(2)
    }

    fn declared_words(&self) -> Vec<CompletionItem> {
        let vocabulary = &self.view.checked.draft.vocabulary;
        let lists = [("condition", &vocabulary.conditions), ("owner", &vocabulary.owners), ("pool", &vocabulary.pools)];
        let words = lists.into_iter().flat_map(|(what, list)| list.iter().map(move |n| (what, n)));
        let words =
            words.map(|(what, n)| CompletionItem { detail: Some(format!("{what} \"{}\"", n.label)), ..item(n.name.as_str(), Kind::EnumMember, Rank::Book) });
        let roles = vocabulary.roles.keys().map(|name| CompletionItem { detail: Some("role".to_owned()), ..item(name.as_str(), Kind::EnumMember, Rank::Book) });
        words.chain(roles).collect()
    }

    /// Declared rules that this file does not write yet, as functions.
    fn rules_to_write(&self, functions: &[ScriptFunction]) -> Vec<CompletionItem> {
        let has_fn = self.text.get(..self.start).is_some_and(|t| t.trim_end().ends_with("fn"));
        let rules = self.view.checked.draft.vocabulary.rules.values().filter(|sig| !functions.iter().any(|f| sig.named.name == *f.name));
        rules.map(|sig| self.rule(sig, has_fn)).collect()
    }

    fn rule(&self, sig: &RuleSig, has_fn: bool) -> CompletionItem {
        let template = crate::lsp::fixes::template(sig, &self.view.checked.draft.vocabulary);
        let whole = template.lines().skip(1).collect::<Vec<_>>().join("\n");
        let insert = if has_fn { whole.trim_start_matches("fn ").to_owned() } else { whole };
        let label = if has_fn { sig.named.name.to_string() } else { format!("fn {}", sig.named.name) };
        let detail = Some(crate::lsp::describe::signature(sig));
        CompletionItem { detail, insert_text: Some(insert), documentation: documentation(sig.named.doc.clone()), ..item(&label, Kind::Function, Rank::Near) }
    }

    fn values(&self, function: &ScriptFunction, functions: &[ScriptFunction]) -> Vec<CompletionItem> {
        let sig = self.view.checked.draft.vocabulary.rules.get(function.name.as_str());
        let mut items = self.answer_fields(sig);
        let kind = |n: usize| sig.and_then(|s| s.params.get(n)).map(|p| p.ty.to_string());
        items.extend(function.params.iter().enumerate().map(|(n, (name, _))| CompletionItem { detail: kind(n), ..item(name, Kind::Variable, Rank::Near) }));
        let here = |symbol: &Symbol| matches!(symbol, Symbol::Local(Local::Variable, _, at, _) if *at as usize == function.range.start);
        let variables = self.view.index().in_file(self.file).filter(|o| here(&o.symbol) && o.span.range().end < self.start);
        items.extend(variables.map(|o| item(o.symbol.name(), Kind::Variable, Rank::Near)));
        let own = functions.iter().filter(|f| f.name != function.name && !self.view.checked.draft.vocabulary.rules.contains_key(f.name.as_str()));
        items.extend(own.map(|f| item(&f.name, Kind::Function, Rank::Book)));
        let base = sig.filter(|_| Layer::of_path(self.view.name(self.file)).is_ok_and(|l| l != Layer::Default));
        items.extend(base.map(|sig| CompletionItem {
            detail: Some(crate::lsp::describe::signature(sig).replacen(sig.named.name.as_str(), "base", 1)),
            ..item("base", Kind::Function, Rank::Book)
        }));
        items.extend(rules::library().map(|f| CompletionItem { detail: Some(library_signature(&f)), ..item(f.name, Kind::Function, Rank::Language) }));
        items.extend(SCRIPT_WORDS.iter().filter(|w| **w != "_").map(|word| item(word, Kind::Keyword, Rank::Language)));
        items
    }

    /// Right behind `#{` or a comma in it: the fields of the answer.
    fn answer_fields(&self, sig: Option<&RuleSig>) -> Vec<CompletionItem> {
        let before = self.text.get(..self.start).unwrap_or("").trim_end();
        let Some(Type::Record(fields)) = sig.map(|s| &s.answer).filter(|_| before.ends_with("#{") || before.ends_with(',')) else { return Vec::new() };
        fields.iter().map(|(name, ty)| CompletionItem { insert_text: Some(format!("{name}: ")), ..property(name.as_str(), &ty.to_string()) }).collect()
    }
}
