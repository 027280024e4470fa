//! A pair of pest with the place of its slice in the file, asked for its parts by rule and not by position.
//!
//! Must not know the tree. Tests: `tests.rs`.

use pest::iterators::{Pair, Pairs};

use super::{Reader, Rule};
use crate::base::Span;
use crate::syntax::ast::{Ident, Text};
use crate::syntax::outline::Range;

/// A piece of text that a rule has read.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pair: Pair<'a, Rule>,
    base: usize,
}

impl<'a> Node<'a> {
    pub(super) fn new(pair: Pair<'a, Rule>, base: usize) -> Self {
        Self { pair, base }
    }

    pub(super) fn rule(&self) -> Rule {
        self.pair.as_rule()
    }

    pub(super) fn text(&self) -> &'a str {
        self.pair.as_str()
    }

    /// Its place in the file.
    pub(super) fn range(&self) -> Range {
        let span = self.pair.as_span();
        Range { start: self.base + span.start(), end: self.base + span.start() + span.as_str().trim_end().len() }
    }

    /// The pairs inside it, for the Pratt parser.
    pub(super) fn pairs(&self) -> Pairs<'a, Rule> {
        self.pair.clone().into_inner()
    }

    pub(super) fn base(&self) -> usize {
        self.base
    }

    pub(super) fn kids(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let base = self.base;
        self.pair.clone().into_inner().map(move |pair| Node { pair, base })
    }

    pub(super) fn first(&self) -> Option<Node<'a>> {
        self.kids().next()
    }

    pub(super) fn get(&self, rule: Rule) -> Option<Node<'a>> {
        self.kids().find(|k| k.rule() == rule)
    }

    pub(super) fn has(&self, rule: Rule) -> bool {
        self.get(rule).is_some()
    }

    pub(super) fn all(&self, rule: Rule) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.kids().filter(move |k| k.rule() == rule)
    }

    /// It and everything inside it.
    pub(super) fn flat(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let base = self.base;
        Pairs::single(self.pair.clone()).flatten().map(move |pair| Node { pair, base })
    }
}

impl<'a> Reader<'a> {
    pub(super) fn span(&self, node: &Node) -> Span {
        self.span_of(node.range())
    }

    pub(super) fn ident(&self, node: &Node) -> Ident {
        Ident { text: node.text().to_owned(), span: self.span(node) }
    }

    /// The first name directly in a node.
    pub(super) fn name(&self, node: &Node<'a>) -> Option<Ident> {
        node.get(Rule::name).map(|n| self.ident(&n))
    }

    /// All names directly in a node.
    pub(super) fn names(&self, node: &Node<'a>) -> Vec<Ident> {
        node.all(Rule::name).map(|n| self.ident(&n)).collect()
    }

    /// The name in the child with that rule.
    pub(super) fn name_in(&self, node: &Node<'a>, rule: Rule) -> Option<Ident> {
        node.get(rule).and_then(|n| self.name(&n))
    }

    /// The names of a list in the child with that rule, or directly in the node.
    pub(super) fn list(&self, node: &Node<'a>) -> Vec<Ident> {
        node.get(Rule::name_list).map(|l| self.names(&l)).unwrap_or_default()
    }

    pub(super) fn label(&self, node: &Node<'a>) -> Option<Text> {
        let label = node.get(Rule::label)?;
        let plain = label.flat().find(|n| matches!(n.rule(), Rule::label_plain | Rule::habit_plain_single | Rule::habit_plain_curly));
        let text = plain.map(|p| unescape(p.text())).unwrap_or_default();
        Some(Text { text, span: self.span(&label) })
    }
}

/// `\"`, `\\`, `\{`, `\n` → what they stand for.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}
