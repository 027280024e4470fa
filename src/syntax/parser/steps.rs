//! What a scenario expects.
//!
//! Must not know which documents exist. Tests: `tests.rs`.

use super::node::Node;
use super::{Reader, Rule};
use crate::syntax::ast::{Ident, PlaceRef, RowWord, Step, StepKind, Then, ThenKind};

impl<'a> Reader<'a> {
    /// One step for each expectation of `then … and …`.
    pub(super) fn expectations(&self, node: &Node<'a>) -> Vec<Step> {
        let expected = node.kids().filter(|k| !matches!(k.rule(), Rule::kw_then | Rule::kw_and | Rule::EOI));
        expected
            .map(|e| {
                let kind = self.expectation(&e).map_or(StepKind::Broken, |kind| StepKind::Then(Box::new(Then { kind })));
                Step { kind, span: self.span(&e) }
            })
            .collect()
    }

    fn expectation(&self, node: &Node<'a>) -> Option<ThenKind> {
        let codes: Vec<Ident> = node.all(Rule::code).map(|c| self.ident(&c)).collect();
        let mut codes = codes.into_iter();
        Some(match node.rule() {
            Rule::then_refused => ThenKind::Refused { code: self.name(node)?, sentence: self.label(node) },
            Rule::then_nothing => ThenKind::NothingChanged,
            Rule::then_books => ThenKind::BooksBalance,
            Rule::then_stock => ThenKind::Stock {
                place: self.code_place(&node.get(Rule::code_place)?)?,
                document: node.get(Rule::with_for).and_then(|f| self.code(&f)),
                rows: self.rows(node),
            },
            Rule::then_obligations => ThenKind::Obligations { party: codes.next()?, rows: node.all(Rule::owed_row).filter_map(|r| self.row(&r)).collect() },
            Rule::then_line => ThenKind::LineHas { document: codes.next()?, line: codes.next()?, words: self.row_list(node) },
            Rule::then_paper => ThenKind::Paper {
                document: codes.next()?,
                kind: self.name(node)?,
                number: node.get(Rule::paper_number).and_then(|n| self.label(&n)),
                state: node.get(Rule::paper_state).and_then(|s| s.first()).map(|s| self.ident(&s)),
            },
            Rule::then_started => ThenKind::Started {
                document: codes.next()?,
                workflow: self.name(node)?,
                name: codes.next()?,
                with: node.get(Rule::started_with).iter().flat_map(Node::kids).filter_map(|w| self.row_word(&w)).collect(),
            },
            Rule::then_has => ThenKind::DocumentHas { document: codes.next()?, words: self.row_list(node) },
            Rule::then_state => ThenKind::StateIs { document: codes.next()?, state: self.name(node)? },
            _ => return None,
        })
    }

    fn row_list(&self, node: &Node<'a>) -> Vec<RowWord> {
        node.get(Rule::row_list).iter().flat_map(Node::kids).filter_map(|w| self.row_word(&w)).collect()
    }

    fn code_place(&self, node: &Node<'a>) -> Option<PlaceRef> {
        let (party, span) = (self.code(node)?, self.span(node));
        Some(match self.name(node) {
            Some(bin) => PlaceRef { party: Some(party), bin, span },
            None => PlaceRef { party: None, bin: party, span },
        })
    }
}
