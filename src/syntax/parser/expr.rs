//! Expressions: flat in the grammar, shaped here by a Pratt parser.
//!
//! Must not know types. Tests: `tests.rs`.

use std::sync::LazyLock;

use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::node::{Node, unescape};
use super::{Reader, Rule};
use crate::base::{Duration, DurationUnit};
use crate::syntax::ast::{BinaryOp, DurationLit, Expr, ExprKind, LineTest, PlaceRef, Query, TextPart, TextTemplate, UnaryOp};
use crate::syntax::outline::Range;

/// How deep an expression may be nested.
pub(super) const MAX_DEPTH: usize = 64;

/// From what binds least to what binds most.
static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let compare = [Rule::op_is, Rule::op_is_not, Rule::op_less, Rule::op_less_equal, Rule::op_greater, Rule::op_greater_equal];
    let comparisons = compare.into_iter().map(|rule| Op::infix(rule, Assoc::Left));
    let tails = [Rule::tail_between, Rule::tail_in, Rule::tail_choice].into_iter().map(Op::postfix);
    let level = comparisons.chain(tails).reduce(|a, b| a | b).unwrap_or_else(|| Op::infix(Rule::op_is, Assoc::Left));
    PrattParser::new()
        .op(Op::infix(Rule::op_or, Assoc::Left))
        .op(Op::infix(Rule::op_and, Assoc::Left))
        .op(Op::prefix(Rule::op_not))
        .op(level)
        .op(Op::infix(Rule::op_add, Assoc::Left) | Op::infix(Rule::op_subtract, Assoc::Left))
        .op(Op::infix(Rule::op_multiply, Assoc::Left) | Op::infix(Rule::op_divide, Assoc::Left))
        .op(Op::prefix(Rule::op_negate))
});

/// An expression with how deep it is, and where it stands whether or not spans are kept.
struct Deep {
    expr: Expr,
    depth: usize,
    range: Range,
}

impl<'a> Reader<'a> {
    /// The expression in a node that holds one.
    pub(super) fn expr_in(&self, node: &Node<'a>) -> Option<Expr> {
        let inner = node.kids().find(|k| matches!(k.rule(), Rule::expr | Rule::amount | Rule::operand))?;
        Some(self.expr(&inner))
    }

    /// The expressions directly in a node.
    pub(super) fn exprs(&self, node: &Node<'a>) -> Vec<Expr> {
        node.kids().filter(|k| matches!(k.rule(), Rule::expr | Rule::amount)).map(|k| self.expr(&k)).collect()
    }

    /// Reads a node of the rules `expr`, `amount` or `operand`.
    pub(super) fn expr(&self, node: &Node<'a>) -> Expr {
        self.deep(node).expr
    }

    fn deep(&self, node: &Node<'a>) -> Deep {
        let prefixes = node.kids().fold((0, 0), |(run, most), k| if is_prefix(&k) { (run + 1, most.max(run + 1)) } else { (0, most) }).1;
        if self.depth.get() > MAX_DEPTH || prefixes > MAX_DEPTH {
            return self.broken(node.range());
        }
        self.depth.set(self.depth.get() + 1);
        let base = node.base();
        let deep = PRATT
            .map_primary(|pair| self.primary(&Node::new(pair, base)))
            .map_prefix(|op, operand| self.unary(&Node::new(op, base), operand))
            .map_infix(|left, op, right| self.binary(left, &op, right))
            .map_postfix(|left, op| self.tail(left, &Node::new(op, base)))
            .parse(node.pairs());
        self.depth.set(self.depth.get() - 1);
        deep
    }

    fn broken(&self, range: Range) -> Deep {
        self.mistake(self.too_deep(range.start));
        Deep { expr: Expr { kind: ExprKind::Broken, span: self.span_of(range) }, depth: 0, range }
    }

    fn built(&self, kind: ExprKind, depth: usize, range: Range) -> Deep {
        if depth > MAX_DEPTH {
            return self.broken(range);
        }
        Deep { expr: Expr { kind, span: self.span_of(range) }, depth, range }
    }

    fn unary(&self, op: &Node<'a>, operand: Deep) -> Deep {
        let range = Range { start: op.range().start, end: operand.range.end };
        let word = if op.rule() == Rule::op_not { UnaryOp::Not } else { UnaryOp::Negate };
        self.built(ExprKind::Unary(word, Box::new(operand.expr)), operand.depth + 1, range)
    }

    fn binary(&self, left: Deep, op: &Pair<'a, Rule>, right: Deep) -> Deep {
        let word = match op.as_rule() {
            Rule::op_or => BinaryOp::Or,
            Rule::op_and => BinaryOp::And,
            Rule::op_is_not => BinaryOp::IsNot,
            Rule::op_less => BinaryOp::Less,
            Rule::op_less_equal => BinaryOp::LessEqual,
            Rule::op_greater => BinaryOp::Greater,
            Rule::op_greater_equal => BinaryOp::GreaterEqual,
            Rule::op_add => BinaryOp::Add,
            Rule::op_subtract => BinaryOp::Subtract,
            Rule::op_multiply => BinaryOp::Multiply,
            Rule::op_divide => BinaryOp::Divide,
            _ => BinaryOp::Is,
        };
        let range = Range { start: left.range.start, end: right.range.end };
        let depth = left.depth.max(right.depth) + 1;
        self.built(ExprKind::Binary(word, Box::new(left.expr), Box::new(right.expr)), depth, range)
    }

    fn tail(&self, left: Deep, tail: &Node<'a>) -> Deep {
        let range = Range { start: left.range.start, end: tail.range().end };
        let depth = left.depth + 1;
        let left = Box::new(left.expr);
        let kind = match tail.rule() {
            Rule::tail_between => {
                let mut bounds = self.exprs(tail).into_iter();
                match (bounds.next(), bounds.next()) {
                    (Some(low), Some(high)) => ExprKind::Between(left, Box::new(low), Box::new(high)),
                    _ => ExprKind::Broken,
                }
            }
            Rule::tail_in => ExprKind::In(left, self.exprs(tail), tail.has(Rule::kw_not)),
            _ => {
                let choices = tail.all(Rule::choice).filter_map(|c| c.first()).map(|c| self.atom(&c).expr);
                ExprKind::In(left, choices.collect(), tail.has(Rule::kw_not))
            }
        };
        self.built(kind, depth, range)
    }

    fn primary(&self, node: &Node<'a>) -> Deep {
        let Some(atom) = node.first() else { return self.broken(node.range()) };
        let start = node.range().start;
        node.all(Rule::property).fold(self.atom(&atom), |of, property| {
            let range = Range { start, end: property.range().end };
            match self.name(&property) {
                Some(name) => self.built(ExprKind::Property(Box::new(of.expr), name), of.depth + 1, range),
                None => of,
            }
        })
    }

    fn primary_expr(&self, node: &Node<'a>) -> Expr {
        if self.depth.get() > MAX_DEPTH {
            return self.broken(node.range()).expr;
        }
        self.depth.set(self.depth.get() + 1);
        let deep = self.primary(node);
        self.depth.set(self.depth.get() - 1);
        deep.expr
    }

    fn primary_in(&self, node: &Node<'a>) -> Option<Expr> {
        node.get(Rule::primary).map(|p| self.primary_expr(&p))
    }

    fn atom(&self, node: &Node<'a>) -> Deep {
        if node.rule() == Rule::paren {
            return node.get(Rule::expr).map_or_else(|| self.broken(node.range()), |inner| self.deep(&inner));
        }
        let kind = self.atom_kind(node).unwrap_or(ExprKind::Broken);
        Deep { expr: Expr { kind, span: self.span(node) }, depth: 1, range: node.range() }
    }

    fn atom_kind(&self, node: &Node<'a>) -> Option<ExprKind> {
        Some(match node.rule() {
            Rule::text | Rule::text_flat => ExprKind::Text(self.text_node(node)),
            Rule::date | Rule::habit_date => return self.date(node),
            Rule::duration => ExprKind::Duration(self.duration(node)?.value),
            Rule::number => return self.number(node),
            Rule::yes => ExprKind::YesNo(true),
            Rule::no => ExprKind::YesNo(false),
            Rule::name_ref => ExprKind::Name(self.name(node)?),
            Rule::call => ExprKind::Call(self.name(node)?, node.get(Rule::call_args).map(|a| self.exprs(&a)).unwrap_or_default()),
            Rule::has => ExprKind::Has(Box::new(self.primary_in(node)?)),
            Rule::any_line => ExprKind::AnyLine,
            Rule::lines_has => {
                let test = match node.first()?.rule() {
                    Rule::kw_any => LineTest::Any,
                    Rule::kw_every => LineTest::Every,
                    _ => LineTest::No,
                };
                ExprKind::Lines(test, Box::new(self.expr_in(node)?))
            }
            Rule::sum_of => ExprKind::Sum(Box::new(self.expr_in(node)?), self.filter(node).map(Box::new)),
            Rule::count_of => ExprKind::Count(self.filter(node).map(Box::new)),
            _ => ExprKind::Query(Box::new(self.query(node)?)),
        })
    }

    /// `where …`
    pub(super) fn filter(&self, node: &Node<'a>) -> Option<Expr> {
        node.get(Rule::where_suffix).and_then(|w| self.expr_in(&w))
    }

    fn query(&self, node: &Node<'a>) -> Option<Query> {
        let mut operands = node.all(Rule::primary).map(|p| self.primary_expr(&p));
        let pool = node.get(Rule::in_pool).and_then(|p| self.primary_in(&p));
        let place = node.get(Rule::place).and_then(|p| self.place_ref(&p));
        Some(match node.rule() {
            Rule::q_on_hand => Query::OnHand { part: operands.next()?, party: operands.next()?, pool },
            Rule::q_inbound => Query::Inbound { part: operands.next()?, party: operands.next()?, pool },
            Rule::q_quantity => {
                let condition = node.get(Rule::query_as).and_then(|c| self.primary_in(&c));
                Query::QuantityIn { part: operands.next()?, place: place?, condition, pool }
            }
            Rule::q_held => Query::Held { part: operands.next()?, place: place? },
            Rule::q_value => Query::ValueAt { party: operands.next()?, pool },
            Rule::q_limit => {
                let part = node.get(Rule::limit_of).and_then(|p| self.primary_in(&p));
                Query::Limit { part, party: operands.next()?, pool }
            }
            Rule::q_rate => Query::Rate(operands.next()?),
            Rule::q_offers => Query::Offers(operands.next()?),
            Rule::q_owed => Query::Owed(operands.next()?),
            Rule::q_open => Query::Open { kind: self.name(node)?, party: operands.next()? },
            Rule::q_person => Query::PersonWhoDid(self.name(node)?),
            Rule::q_started => Query::AllStartedEnded,
            Rule::q_now => Query::Now,
            _ => Query::Today,
        })
    }

    pub(super) fn place_ref(&self, node: &Node<'a>) -> Option<PlaceRef> {
        let mut names = self.names(node).into_iter();
        let (first, second) = (names.next()?, names.next());
        let span = self.span(node);
        Some(match second {
            Some(bin) => PlaceRef { party: Some(first), bin, span },
            None => PlaceRef { party: None, bin: first, span },
        })
    }

    pub(super) fn date(&self, node: &Node<'a>) -> Option<ExprKind> {
        if let Ok(date) = node.text().parse() {
            return Some(ExprKind::Date(date));
        }
        self.mistake(self.at(node, "not-a-date", format!("`{}` is not a date", node.text())).help("dates are written year-month-day, such as `2026-01-31`"));
        None
    }

    pub(super) fn number(&self, node: &Node<'a>) -> Option<ExprKind> {
        if let Ok(number) = rust_decimal::Decimal::from_str_exact(node.text()) {
            return Some(ExprKind::Number(number));
        }
        self.mistake(self.at(node, "number-too-long", "this number has too many digits to be exact"));
        None
    }

    pub(super) fn duration(&self, node: &Node<'a>) -> Option<DurationLit> {
        let unit = node.get(Rule::duration_unit)?;
        let working = unit.has(Rule::unit_working);
        let unit = match unit.kids().last()?.rule() {
            Rule::unit_minute => DurationUnit::Minutes,
            Rule::unit_hour if working => DurationUnit::WorkingHours,
            Rule::unit_hour => DurationUnit::Hours,
            Rule::unit_day if working => DurationUnit::WorkingDays,
            Rule::unit_week => DurationUnit::Weeks,
            _ => DurationUnit::Days,
        };
        let count = node.get(Rule::integer).and_then(|i| self.integer(&i))?;
        Some(DurationLit { value: Duration { count, unit }, span: self.span(node) })
    }

    pub(super) fn integer(&self, node: &Node<'a>) -> Option<u32> {
        let number = node.text().parse().ok();
        if number.is_none() {
            self.mistake(self.at(node, "number-too-long", "this number is too large"));
        }
        number
    }

    /// The text in a node that holds one.
    pub(super) fn text_in(&self, node: &Node<'a>) -> Option<TextTemplate> {
        node.get(Rule::text).map(|t| self.text_node(&t))
    }

    fn text_node(&self, node: &Node<'a>) -> TextTemplate {
        let inner = node.get(Rule::habit_text).unwrap_or_else(|| node.clone());
        let parts = inner.kids().filter_map(|part| self.text_part(&part)).collect();
        TextTemplate { parts, span: self.span(node) }
    }

    fn text_part(&self, part: &Node<'a>) -> Option<TextPart> {
        Some(match part.rule() {
            Rule::text_hole => TextPart::Hole(self.expr_in(part)?),
            Rule::text_seq => TextPart::Seq { width: part.get(Rule::integer).and_then(|i| self.integer(&i))?, span: self.span(part) },
            _ => TextPart::Plain(unescape(part.text())),
        })
    }
}

fn is_prefix(node: &Node) -> bool {
    matches!(node.rule(), Rule::op_not | Rule::op_negate)
}
