//! Reads flow files: outline first, then each clause by the rule of its first word.
//!
//! This folder is the only place that names pest. `node.rs` wraps its pairs; `items.rs` … `scenario.rs` make the tree;
//! `expected.rs` turns what pest says about a failed clause into an analyst's words, `mistake.rs` says what else can be
//! wrong, `habit.rs` repairs habits.
//! Must not know what a name means. Tests: `tests.rs`, and `tests/it`.

mod clause;
mod expected;
mod expr;
mod habit;
mod items;
mod mistake;
mod node;
mod scenario;
mod steps;
mod symbol;
mod types;
mod workflow;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};

use pest::Parser as _;

use self::node::Node;
use super::ast;
use super::outline::{Outline, Piece, PieceKind, Range, Slip, Statement, outline};
use super::report::{Comment, Fix, Parsed};
use super::token::{Token, TokenKind};
use super::words::Context;
use crate::base::{Diagnostic, FileId, Span};

/// Longer files are refused: no book needs them, and positions stay small.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/flow.pest"]
struct FlowParser;

/// Reads a file. Never fails: what cannot be read is reported, and stands in the tree as a hole.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed {
    Reader::new(file, text, true).read()
}

/// The tree without any places, so that two texts can be compared by what they say.
pub(super) fn shape(text: &str) -> Parsed {
    Reader::new(FileId::default(), text, false).read()
}

/// The outline of a text, for the formatter.
pub(super) fn outline_of(text: &str) -> Outline {
    outline(text, &pieces(text))
}

fn pieces(text: &str) -> Vec<Piece> {
    let Ok(pairs) = FlowParser::parse(Rule::outline, text) else { return Vec::new() };
    let kind = |rule| match rule {
        Rule::newline => Some(PieceKind::Newline),
        Rule::comment => Some(PieceKind::Comment),
        Rule::doc => Some(PieceKind::Doc),
        Rule::hash => Some(PieceKind::Hash),
        Rule::open => Some(PieceKind::Open),
        Rule::close => Some(PieceKind::Close),
        Rule::joined => Some(PieceKind::Joined),
        Rule::line => Some(PieceKind::Line),
        _ => None,
    };
    let inner = pairs.flat_map(pest::iterators::Pair::into_inner);
    inner
        .filter_map(|pair| {
            let span = pair.as_span();
            kind(pair.as_rule()).map(|kind| Piece { kind, range: Range { start: span.start(), end: span.end() } })
        })
        .collect()
}

/// The pieces of a clause, for the formatter; in a scenario a code such as `SO-700301` is one piece.
pub(super) fn tokens(text: &str, scenario: bool) -> Vec<Token<'_>> {
    let rule = if scenario { Rule::row_tokens } else { Rule::tokens };
    let Ok(pairs) = FlowParser::parse(rule, text) else { return Vec::new() };
    let mut fresh = false;
    let mut tokens = Vec::new();
    for pair in pairs.flat_map(pest::iterators::Pair::into_inner) {
        let kind = match pair.as_rule() {
            Rule::newline => {
                fresh = true;
                continue;
            }
            Rule::t_comment => TokenKind::Comment,
            Rule::t_text | Rule::t_bad_text => TokenKind::Text,
            Rule::t_word | Rule::t_code => TokenKind::Word,
            Rule::t_sign => TokenKind::Sign,
            _ => continue,
        };
        tokens.push(Token { kind, text: pair.as_str().trim_end(), fresh: std::mem::take(&mut fresh) });
    }
    tokens
}

/// The pieces of a whole file with their places: comments, texts, words and signs.
pub(super) fn lexemes(text: &str) -> Vec<(TokenKind, Range)> {
    let Ok(pairs) = FlowParser::parse(Rule::tokens, text) else { return Vec::new() };
    let kind = |rule| match rule {
        Rule::t_comment => Some(TokenKind::Comment),
        Rule::t_text | Rule::t_bad_text => Some(TokenKind::Text),
        Rule::t_word => Some(TokenKind::Word),
        Rule::t_sign => Some(TokenKind::Sign),
        _ => None,
    };
    let inner = pairs.flat_map(pest::iterators::Pair::into_inner);
    inner.filter_map(|pair| kind(pair.as_rule()).map(|kind| (kind, Range { start: pair.as_span().start(), end: pair.as_span().end() }))).collect()
}

/// Whether a line would continue the clause above it.
fn joins(line: &str) -> bool {
    let pieces = pieces(line);
    pieces.first().is_some_and(|p| p.kind == PieceKind::Joined) && !super::words::first_word(line).is_empty()
}

/// What is being read, and what has been found wrong with it so far.
struct Reader<'a> {
    file: FileId,
    text: &'a str,
    spans: bool,
    depth: Cell<usize>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    fixes: RefCell<Vec<Fix>>,
    unmended: Cell<bool>,
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str, spans: bool) -> Self {
        let depth = Cell::new(0);
        Self { file, text, spans, depth, diagnostics: RefCell::default(), fixes: RefCell::default(), unmended: Cell::new(false) }
    }

    fn read(self) -> Parsed {
        if self.text.len() > MAX_BYTES {
            let kib = self.text.len() / 1024;
            let message = format!("this file is too large to be read: {kib} KiB, at most {} KiB", MAX_BYTES / 1024);
            self.mistake(Diagnostic::error("too-large", self.place(0, 0), message).help("split it: every flow file of a book sees all the others"));
            return self.finish(ast::File::default(), Vec::new());
        }
        let pieces = pieces(self.text);
        let outline = outline(self.text, &pieces);
        self.slips(&outline.slips);
        let items = self.items(&outline.entries);
        let comments = pieces.iter().filter(|p| matches!(p.kind, PieceKind::Comment | PieceKind::Doc | PieceKind::Hash));
        let comments = comments.map(|p| Comment { text: self.slice(p.range).trim_end().to_owned(), span: self.span_of(p.range) }).collect();
        for hash in pieces.iter().filter(|p| p.kind == PieceKind::Hash) {
            self.habit(Range { start: hash.range.start, end: hash.range.start + 1 }, "//", "comments begin with `//`");
        }
        self.finish(ast::File { items }, comments)
    }

    fn finish(self, file: ast::File, comments: Vec<Comment>) -> Parsed {
        let mut diagnostics = self.diagnostics.into_inner();
        diagnostics.sort_by_key(|d| (d.span().start, d.span().end));
        let mut fixes = self.fixes.into_inner();
        fixes.sort_by_key(|f| (f.span.start, f.span.end));
        Parsed { file, diagnostics, comments, fixes, complete: !self.unmended.get() }
    }

    fn slice(&self, range: Range) -> &'a str {
        self.text.get(range.start..range.end).unwrap_or("")
    }

    /// A span for the tree.
    fn span_of(&self, range: Range) -> Span {
        if self.spans { self.place(range.start, range.end) } else { Span::default() }
    }

    /// A span for a report.
    fn place(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// Reports something that leaves a hole in the tree.
    fn mistake(&self, diagnostic: Diagnostic) {
        self.unmended.set(true);
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Reads a stretch of text by a rule, and reports where it could not be read.
    fn by_rule(&self, rule: Rule, range: Range, pattern: &str) -> Option<Node<'a>> {
        let slice = self.slice(range);
        if let Some(too_deep) = mistake::nesting(slice) {
            self.mistake(self.too_deep(range.start + too_deep));
            return None;
        }
        match FlowParser::parse(rule, slice) {
            Ok(mut pairs) => {
                let node = Node::new(pairs.next()?, range.start);
                self.habits(&node);
                Some(node)
            }
            Err(error) => {
                self.mistake(self.explain(&error, range, pattern));
                None
            }
        }
    }

    /// Reads the head of a statement; a semicolon at its end is a habit.
    fn head(&self, rule: Rule, statement: &Statement, pattern: &str) -> Option<Node<'a>> {
        self.by_rule(rule, self.without_semicolon(statement.head), pattern)
    }

    fn without_semicolon(&self, range: Range) -> Range {
        let text = self.slice(range);
        let kept = text.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        let end = range.start + kept.len();
        if !kept.is_empty() && text.len() > kept.len() && text.get(kept.len()..).is_some_and(|t| t.contains(';')) {
            self.habit(Range { start: end, end: range.end }, "", "the end of the line ends a clause, without `;`");
            return Range { start: range.start, end };
        }
        range
    }

    fn doc(&self, statement: &Statement) -> Vec<String> {
        statement.doc.iter().map(|r| self.slice(*r).trim_start_matches('/').trim().to_owned()).collect()
    }

    /// The whole of a statement, its block included.
    fn whole(statement: &Statement) -> Range {
        let block_end = statement.block.as_ref().map(|b| b.close.map_or_else(|| end_of(&b.entries, b.open + 1), |c| c + 1));
        Range { start: statement.head.start, end: block_end.unwrap_or(statement.head.end) }
    }

    fn slips(&self, slips: &[Slip]) {
        for slip in slips {
            self.mistake(self.explain_slip(slip));
        }
    }

    fn words_known(context: Context) -> impl Iterator<Item = &'static str> {
        super::words::openings(context).iter().map(|o| o.words)
    }
}

fn end_of(entries: &[super::outline::Entry], open: usize) -> usize {
    let ends = entries.iter().map(|e| match e {
        super::outline::Entry::Statement(s) => Reader::whole(s).end,
        super::outline::Entry::Comment { range, .. } => range.end,
        super::outline::Entry::Blank => open,
    });
    ends.max().unwrap_or(open)
}
