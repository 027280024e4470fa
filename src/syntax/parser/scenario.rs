//! Scenarios: what is given, and what is done.
//!
//! Must not know which documents and parties exist. Tests: `tests.rs`.

use super::items::statements;
use super::node::Node;
use super::{Reader, Rule};
use crate::syntax::ast::{Expr, ExprKind, Given, GivenStock, Ident, Row, RowWord, Scenario, Step, StepKind, When, WhenAction};
use crate::syntax::outline::{Block, Statement};
use crate::syntax::words::{Context, opening_of};

impl<'a> Reader<'a> {
    pub(super) fn scenario(&self, statement: &Statement, pattern: &str) -> Option<Scenario> {
        let node = self.head(Rule::scenario_head, statement, pattern);
        let Some(block) = &statement.block else {
            if node.is_some() {
                self.no_body(statement, "scenario");
            }
            return None;
        };
        let steps = self.steps_of(block);
        let title = self.label(&node?)?;
        Some(Scenario { title, steps, doc: self.doc(statement), span: self.span_of(Self::whole(statement)) })
    }

    pub(super) fn steps_of(&self, block: &Block) -> Vec<Step> {
        statements(&block.entries).flat_map(|s| self.steps(s)).collect()
    }

    fn steps(&self, statement: &Statement) -> Vec<Step> {
        self.no_block(statement);
        let span = self.span_of(statement.head);
        let broken = || vec![Step { kind: StepKind::Broken, span }];
        let Some(opening) = opening_of(Context::Scenario, self.slice(statement.head)) else {
            self.unknown_line(Context::Scenario, statement);
            return broken();
        };
        let rule = match opening.words {
            "given" => Rule::given_step,
            "on" => Rule::on_step,
            "when" => Rule::when_step,
            _ => Rule::then_step,
        };
        let Some(node) = self.head(rule, statement, opening.pattern) else { return broken() };
        if rule == Rule::then_step {
            return self.expectations(&node);
        }
        let kind = match rule {
            Rule::given_step => self.given(&node).map(StepKind::Given),
            Rule::on_step => node.get(Rule::date).map(|d| StepKind::On { date: self.ident(&d), time: node.get(Rule::time_of_day).map(|t| self.ident(&t)) }),
            _ => self.when(&node).map(|w| StepKind::When(Box::new(w))),
        };
        vec![Step { kind: kind.unwrap_or(StepKind::Broken), span }]
    }

    fn given(&self, node: &Node<'a>) -> Option<Given> {
        let inner = node.kids().find(|k| matches!(k.rule(), Rule::given_master | Rule::given_stock | Rule::given_fact))?;
        Some(match inner.rule() {
            Rule::given_master => Given::Master(self.label(&inner)?),
            Rule::given_stock => Given::Stock(GivenStock { party: self.code(&inner)?, rows: self.rows(&inner) }),
            _ => Given::Fact { kind: self.name(&inner)?, row: self.row(&inner.get(Rule::row)?)? },
        })
    }

    fn when(&self, node: &Node<'a>) -> Option<When> {
        let code_in = |rule| node.get(rule).and_then(|n| self.code(&n));
        let action = match (node.get(Rule::when_opens), node.get(Rule::when_fires)) {
            (Some(opens), _) => {
                let (mut with, lines) = self.with_items(&opens);
                if let Some(party) = opens.get(Rule::with_for) {
                    let word = party.get(Rule::kw_for).map(|w| self.ident(&w))?;
                    with.insert(0, RowWord { word, values: vec![self.code_expr(&party.get(Rule::code)?)] });
                }
                WhenAction::Opens { workflow: self.name(&opens)?, name: self.code(&opens)?, transition: self.name_in(&opens, Rule::opens_by), with, lines }
            }
            (None, fires) => {
                let fires = fires?;
                let (with, lines) = self.with_items(&fires);
                WhenAction::Fires { transition: self.name(&fires)?, document: self.code(&fires)?, with, lines }
            }
        };
        let key = node.get(Rule::when_key).and_then(|k| self.label(&k));
        Some(When { role: self.name(node)?, at: code_in(Rule::when_at), person: code_in(Rule::when_person), key, action })
    }

    /// Fields and lines of `with …`.
    fn with_items(&self, node: &Node<'a>) -> (Vec<RowWord>, Vec<Row>) {
        let (mut with, mut lines) = (Vec::new(), Vec::new());
        for item in node.get(Rule::with_items).iter().flat_map(Node::kids) {
            match item.rule() {
                Rule::with_lines => lines.extend(self.rows(&item)),
                Rule::with_line => lines.extend(item.get(Rule::row).and_then(|r| self.row(&r))),
                Rule::with_word => with.extend(self.row_word(&item)),
                _ => {}
            }
        }
        (with, lines)
    }

    /// The first code directly in a node.
    pub(super) fn code(&self, node: &Node<'a>) -> Option<Ident> {
        node.get(Rule::code).map(|n| self.ident(&n))
    }

    /// The rows in a node that holds some.
    pub(super) fn rows(&self, node: &Node<'a>) -> Vec<Row> {
        let rows = node.get(Rule::rows);
        rows.iter().flat_map(|r| r.all(Rule::row)).filter_map(|r| self.row(&r)).collect()
    }

    pub(super) fn row(&self, node: &Node<'a>) -> Option<Row> {
        let words = node.kids().filter_map(|k| self.row_word(&k)).collect();
        Some(Row { subject: self.code(node)?, words, span: self.span(node) })
    }

    /// A word of a row with its values; a number alone has no word.
    pub(super) fn row_word(&self, node: &Node<'a>) -> Option<RowWord> {
        let here = |text: &str| Ident { text: text.to_owned(), span: self.span(node) };
        match node.rule() {
            Rule::row_number => Some(RowWord { word: here(""), values: vec![self.number_value(&node.first()?)?] }),
            Rule::owed_kind => Some(RowWord { word: here(node.text()), values: Vec::new() }),
            Rule::row_word | Rule::with_word | Rule::with_row => {
                let list = node.kids().find(|k| matches!(k.rule(), Rule::row_values | Rule::with_value_list));
                let values = list.iter().flat_map(|l| l.all(Rule::value)).filter_map(|v| self.value(&v)).collect();
                Some(RowWord { word: self.name(node)?, values })
            }
            _ => None,
        }
    }

    fn value(&self, node: &Node<'a>) -> Option<Expr> {
        let inner = node.first()?;
        let kind = match inner.rule() {
            Rule::value_number => return self.number_value(&inner),
            Rule::value_date => self.date(&inner)?,
            Rule::text => ExprKind::Text(self.text_in(node)?),
            _ => return Some(self.code_expr(&inner)),
        };
        Some(Expr { kind, span: self.span(&inner) })
    }

    fn number_value(&self, node: &Node<'a>) -> Option<Expr> {
        Some(Expr { kind: self.number(node)?, span: self.span(node) })
    }

    fn code_expr(&self, node: &Node<'a>) -> Expr {
        let kind = match node.text() {
            "yes" => ExprKind::YesNo(true),
            "no" => ExprKind::YesNo(false),
            _ => ExprKind::Name(self.ident(node)),
        };
        Expr { kind, span: self.span(node) }
    }
}
