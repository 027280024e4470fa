//! Names in rule scripts: the rules they write, properties of answers, declared words in texts, functions and variables.
//!
//! What needs kinds of values comes from the survey that the rules module makes of a script. Must not know flows.
//! Tests: `tests/it/editor_names.rs`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::{Fact, Index, Inner, Local, Occurrence, Role, Symbol, WordKind};
use crate::base::{FileId, Span};
use crate::check::Checked;
use crate::model::Vocabulary;
use crate::rules::{self, Layer, RuleScript, ScriptFunction, ScriptPiece, ScriptPieceKind, Seen, SeenKind};

/// Words of scripts that are no names.
pub const SCRIPT_WORDS: [&str; 14] = ["fn", "let", "const", "if", "else", "switch", "for", "in", "return", "break", "continue", "true", "false", "_"];

/// Looks through all scripts of a book.
pub(super) fn scripts(checked: &Checked, index: &mut Index) {
    for (file, source) in checked.sources.files().filter(|(_, f)| f.name.ends_with(".rhai")) {
        let Ok(layer) = Layer::of_path(&source.name) else { continue };
        let script = RuleScript { path: source.name.clone(), layer, text: Arc::clone(&source.text), file };
        one(&checked.draft.vocabulary, &script, index);
    }
}

fn one(vocabulary: &Vocabulary, script: &RuleScript, index: &mut Index) {
    let pieces = rules::pieces(&script.text);
    let functions = rules::functions(&script.text);
    let names: BTreeSet<&str> = functions.iter().map(|f| f.name.as_str()).collect();
    let reader = Reader { vocabulary, script, pieces: &pieces, functions: &functions, names };
    for function in &functions {
        reader.header(function, index);
        reader.inside(function, index);
    }
    for seen in rules::survey(vocabulary, script).unwrap_or_default() {
        reader.seen(seen, index);
    }
}

struct Reader<'a> {
    vocabulary: &'a Vocabulary,
    script: &'a RuleScript,
    pieces: &'a [ScriptPiece],
    functions: &'a [ScriptFunction],
    names: BTreeSet<&'a str>,
}

impl Reader<'_> {
    const fn file(&self) -> FileId {
        self.script.file
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.script.text.get(range.clone()).unwrap_or("")
    }

    fn push(&self, range: &Range<usize>, symbol: Symbol, role: Role, index: &mut Index) {
        index.places.push(Occurrence { span: Span::new(self.file(), range.start, range.end), symbol, role });
    }

    fn is_rule(&self, name: &str) -> bool {
        self.vocabulary.rules.contains_key(name)
    }

    fn function(&self, name: &str) -> Symbol {
        if self.is_rule(name) { Symbol::Word(WordKind::Rule, name.to_owned()) } else { Symbol::Local(Local::Function, self.file(), 0, name.to_owned()) }
    }

    fn variable(&self, function: &ScriptFunction, name: &str) -> Symbol {
        Symbol::Local(Local::Variable, self.file(), super::super::text::number(function.range.start), name.to_owned())
    }

    /// The name of a function and its parameters.
    fn header(&self, function: &ScriptFunction, index: &mut Index) {
        let symbol = self.function(&function.name);
        let rule = matches!(symbol, Symbol::Word(..));
        let role = if rule { Role::Writes } else { Role::Declares };
        if !rule {
            let line_end = self.script.text.get(function.at.end..).and_then(|rest| rest.find(['{', '\n'])).map_or(function.at.end, |i| function.at.end + i);
            let fact =
                Fact { whole: Span::new(self.file(), function.range.start, line_end), label: String::new(), doc: self.comment_above(function.range.start) };
            index.facts.entry(symbol.clone()).or_insert(fact);
        }
        self.push(&function.at, symbol, role, index);
        for (name, at) in &function.params {
            self.push(at, self.variable(function, name), Role::Declares, index);
        }
    }

    /// The comment lines right above a place.
    fn comment_above(&self, at: usize) -> String {
        let before = self.script.text.get(..at).unwrap_or("");
        let mut lines: Vec<&str> = before.lines().rev().map_while(|line| line.trim().strip_prefix("//")).map(str::trim).collect();
        lines.reverse();
        lines.join(" ")
    }

    /// Variables, calls of functions of the script, and `base`.
    fn inside(&self, function: &ScriptFunction, index: &mut Index) {
        let words: Vec<(usize, &ScriptPiece)> = self.pieces.iter().enumerate().filter(|(_, p)| function.range.contains(&p.range.start)).collect();
        let piece = |n: usize| self.pieces.get(n).map_or("", |p| self.text(&p.range));
        let before = |n: usize| n.checked_sub(1).map_or("", piece);
        let named = |n: usize| matches!(before(n), "let" | "const" | "for" | "|");
        let mut variables: BTreeSet<&str> = function.params.iter().map(|(name, _)| name.as_str()).collect();
        for (n, word) in words {
            let text = self.text(&word.range);
            let skipped = word.kind != ScriptPieceKind::Word || SCRIPT_WORDS.contains(&text) || matches!(before(n), "." | "?.") || word.range == function.at;
            if skipped || piece(n + 1) == ":" || function.params.iter().any(|(_, at)| *at == word.range) {
                continue;
            }
            if piece(n + 1) == "(" {
                self.call(text, &function.name, word, index);
            } else if named(n) && variables.insert(text) {
                self.push(&word.range, self.variable(function, text), Role::Declares, index);
            } else if variables.contains(text) {
                self.push(&word.range, self.variable(function, text), Role::Uses, index);
            }
        }
    }

    fn call(&self, name: &str, within: &str, word: &ScriptPiece, index: &mut Index) {
        if name == "base" && self.is_rule(within) {
            self.push(&word.range, Symbol::Word(WordKind::Rule, within.to_owned()), Role::Uses, index);
        } else if self.names.contains(name) || self.is_rule(name) {
            self.push(&word.range, self.function(name), Role::Uses, index);
        }
    }

    /// What the survey found.
    fn seen(&self, seen: Seen, index: &mut Index) {
        let range = seen.span.range();
        let text = self.text(&range).to_owned();
        match seen.kind {
            SeenKind::Variable { is, .. } => {
                index.kinds.push((seen.span, is));
                // Also in the holes of texts, which are one piece.
                if let Some(function) = self.functions.iter().find(|f| f.range.contains(&range.start)) {
                    self.push(&range, self.variable(function, &text), Role::Uses, index);
                }
            }
            SeenKind::Property { of, rule, is, .. } => {
                let Some(is) = is else { return };
                index.kinds.push((seen.span, is));
                let symbol = match rule {
                    Some(rule) => Symbol::Inner(Inner::Answer, rule.to_string(), text),
                    None => Symbol::Property(of.trim_start_matches("a ").trim_start_matches("an ").to_owned(), text),
                };
                self.push(&range, symbol, Role::Uses, index);
            }
            SeenKind::Word(what) => {
                let kind = match what {
                    "condition" => WordKind::Condition,
                    "owner" => WordKind::Owner,
                    "pool" => WordKind::Pool,
                    "role" => WordKind::Role,
                    _ => return,
                };
                self.push(&range, Symbol::Word(kind, text), Role::Uses, index);
            }
        }
    }
}
