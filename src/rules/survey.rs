//! What an editor asks about scripts: their functions and pieces, what names stand for, what could be called.
//!
//! Never runs a script. Must not know protocols or files. Tests: `tests/survey.rs`.

use std::ops::Range;

use super::check::{self, Seen};
use super::compile::RuleScript;
use super::host::{self, Limits};
use super::library::FUNCTIONS;
use super::parse::{self, Source};
use super::scan::{self, TokenKind};
use crate::model::Vocabulary;

/// A piece of a script; comments and blanks are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPiece {
    /// What it is.
    pub kind: ScriptPieceKind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// What a piece of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptPieceKind {
    /// A word.
    Word,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// A sign.
    Sign,
}

/// A function of a script, as its header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFunction {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub at: Range<usize>,
    /// Its parameters with their places.
    pub params: Vec<(String, Range<usize>)>,
    /// From its `fn` to the next one or the end of the text.
    pub range: Range<usize>,
}

/// A function that every rule may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibraryFunction {
    /// Its name.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: usize,
    /// What it answers, in words.
    pub answers: &'static str,
}

/// The pieces of a script, in order; also of one that does not parse.
#[must_use]
pub fn pieces(text: &str) -> Vec<ScriptPiece> {
    let kind = |kind| match kind {
        TokenKind::Word => ScriptPieceKind::Word,
        TokenKind::Number => ScriptPieceKind::Number,
        TokenKind::Text => ScriptPieceKind::Text,
        TokenKind::Symbol => ScriptPieceKind::Sign,
    };
    scan::tokens(text).into_iter().map(|t| ScriptPiece { kind: kind(t.kind), range: t.start..t.end }).collect()
}

/// The functions of a script, in order; also of one that does not parse.
#[must_use]
pub fn functions(text: &str) -> Vec<ScriptFunction> {
    let range = |(start, end): (usize, usize)| start..end;
    let headers = scan::headers(text, &scan::tokens(text)).into_iter();
    headers
        .map(|h| ScriptFunction {
            name: h.name,
            at: range(h.at),
            params: h.params.into_iter().map(|(name, at)| (name, range(at))).collect(),
            range: range(h.range),
        })
        .collect()
}

/// The functions that every rule may call.
pub fn library() -> impl Iterator<Item = LibraryFunction> {
    let words = |answers| match answers {
        "same" => "what it is given",
        "either" => "one of the two",
        "item" => "an item of the list, if there is one",
        "any" => "something",
        other => other,
    };
    FUNCTIONS.iter().map(move |f| LibraryFunction { name: f.name, arity: f.arity, answers: words(f.answers) })
}

/// What the names and texts of a script stand for; nothing where it does not parse.
#[must_use]
pub fn survey(vocabulary: &Vocabulary, script: &RuleScript) -> Option<Vec<Seen>> {
    let limits = Limits::default();
    let source = Source::new(&script.text, script.file);
    let reader = host::reader(&limits);
    host::metered(&limits, || {
        let ast = parse::parse(&reader, &source).ok()?;
        Some(check::seen(vocabulary, script, &source, &ast))
    })
    .flatten()
}
