//! Operators: what can be compared with what, and what can be counted with what.
//!
//! Must not know where values come from. Tests: `check::tests`.

use super::findings::types as say;
use super::typer::{Typer, unknown};
use super::types::{comparable, counts, ordered};
use crate::base::{DurationUnit, Span};
use crate::domain::Value;
use crate::model::{BinaryOp, Expr, ExprKind, Query, Type};
use crate::syntax::ast::{self, BinaryOp as Written, UnaryOp};

impl Typer<'_> {
    pub(super) fn binary(&mut self, op: Written, a: &ast::Expr, b: &ast::Expr, wanted: Option<&Type>, span: Span) -> Expr {
        match op {
            Written::And | Written::Or => self.joined(op, a, b, span),
            Written::Is | Written::IsNot => {
                let op = if op == Written::Is { BinaryOp::Is } else { BinaryOp::IsNot };
                let (a, b) = self.compared(a, b);
                made(op, a, b, Type::YesNo, span)
            }
            Written::Less | Written::LessEqual | Written::Greater | Written::GreaterEqual => {
                let op = match op {
                    Written::Less => BinaryOp::Less,
                    Written::LessEqual => BinaryOp::LessEqual,
                    Written::Greater => BinaryOp::Greater,
                    _ => BinaryOp::GreaterEqual,
                };
                let (a, b) = self.compared(a, b);
                for side in [&a, &b] {
                    if !ordered(&side.ty) && comparable(&a.ty, &b.ty) {
                        self.reports.add(say::no_order(span, &side.ty));
                    }
                }
                made(op, a, b, Type::YesNo, span)
            }
            Written::Add | Written::Subtract => self.added(op, a, b, wanted, span),
            Written::Multiply => self.multiplied(a, b, wanted, span),
            Written::Divide => self.divided(a, b, wanted, span),
        }
    }

    fn joined(&mut self, op: Written, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        let left = self.truth(a);
        let facts = self.facts(a, op == Written::And);
        let right = self.knowing(facts, |t| t.truth(b));
        made(if op == Written::And { BinaryOp::And } else { BinaryOp::Or }, left, right, Type::YesNo, span)
    }

    /// Whether the meaning of an operand depends on the other one: literals and words that are not fields.
    fn leans(&self, written: &ast::Expr) -> bool {
        match &written.kind {
            ast::ExprKind::Number(_) | ast::ExprKind::Text(_) => true,
            ast::ExprKind::Name(id) => self.binding(&id.text).is_none() && id.text != "line" && id.text != "document",
            ast::ExprKind::Unary(UnaryOp::Negate, inner) => self.leans(inner),
            ast::ExprKind::Binary(Written::Add | Written::Subtract, a, b) => self.leans(a) && self.leans(b),
            _ => false,
        }
    }

    /// A value that is there.
    fn operand(&mut self, written: &ast::Expr, wanted: Option<&Type>) -> Expr {
        let found = self.expr(written, wanted);
        self.present(written, found)
    }

    /// Two operands; the one that leans takes its meaning from the other.
    fn pair(&mut self, a: &ast::Expr, b: &ast::Expr, wanted: Option<&Type>) -> (Expr, Expr) {
        if self.leans(a) && !self.leans(b) {
            let right = self.operand(b, wanted);
            let left = self.operand(a, Some(&right.ty));
            return (left, right);
        }
        let left = self.operand(a, wanted);
        let right = self.operand(b, Some(&left.ty));
        (left, right)
    }

    fn compared(&mut self, a: &ast::Expr, b: &ast::Expr) -> (Expr, Expr) {
        if let Some(text) = self.kind_word(a, b) {
            let left = self.operand(a, None);
            return (left, text);
        }
        let (left, right) = self.pair(a, b, None);
        if !comparable(&left.ty, &right.ty) {
            self.reports.add(say::cannot_compare((left.span, &left.ty), (right.span, &right.ty)));
        } else if let Some((sum, one)) = mixed(&left, &right) {
            self.reports.add(say::parts_mixed(sum.span, one.span));
        }
        (left, right)
    }

    /// `document.state is short`: states, workflows, obligations and kinds of party are texts that need no quotes.
    fn kind_word(&self, of: &ast::Expr, word: &ast::Expr) -> Option<Expr> {
        let ast::ExprKind::Name(id) = &word.kind else { return None };
        let property = match &of.kind {
            ast::ExprKind::Property(_, property) => property.text.as_str(),
            ast::ExprKind::Name(own) if self.binding(&own.text).is_none() => own.text.as_str(),
            _ => return None,
        };
        let word = id.text.as_str();
        let known = match property {
            _ if self.binding(word).is_some() => false,
            "state" => self.outline.states().any(|s| s == word),
            "workflow" => self.book.outlines.contains_key(word),
            "kind" => self.book.vocabulary.obligations.iter().chain(&self.book.vocabulary.party_kinds).any(|k| k.name == *word),
            "bin" => self.book.vocabulary.bins.contains_key(word),
            _ => false,
        };
        known.then(|| Expr { kind: ExprKind::Const(Value::text(word)), ty: Type::Text, span: id.span })
    }

    pub(super) fn between(&mut self, of: &ast::Expr, low: &ast::Expr, high: &ast::Expr, span: Span) -> Expr {
        let (of, low) = self.compared(of, low);
        let high_found = self.operand(high, Some(&of.ty));
        if !comparable(&of.ty, &high_found.ty) {
            self.reports.add(say::cannot_compare((of.span, &of.ty), (high_found.span, &high_found.ty)));
        } else if !ordered(&of.ty) {
            self.reports.add(say::no_order(span, &of.ty));
        }
        Expr { kind: ExprKind::Between(Box::new(of), Box::new(low), Box::new(high_found)), ty: Type::YesNo, span }
    }

    pub(super) fn one_of(&mut self, of: &ast::Expr, items: &[ast::Expr], not: bool, span: Span) -> Expr {
        let value = self.operand(of, None);
        let mut found = Vec::new();
        for item in items {
            let item = match self.kind_word(of, item) {
                Some(text) => text,
                None => self.operand(item, Some(&value.ty)),
            };
            let inside = match &item.ty {
                Type::List(inner) if items.len() == 1 => inner,
                other => other,
            };
            if !comparable(&value.ty, inside) {
                self.reports.add(say::cannot_compare((value.span, &value.ty), (item.span, &item.ty)));
            }
            found.push(item);
        }
        Expr { kind: ExprKind::In(Box::new(value), found, not), ty: Type::YesNo, span }
    }

    fn added(&mut self, op: Written, a: &ast::Expr, b: &ast::Expr, wanted: Option<&Type>, span: Span) -> Expr {
        let hint = wanted.filter(|ty| counts(ty.required()));
        let (left, right) = self.pair(a, b, hint);
        let (op, verb) = if op == Written::Add { (BinaryOp::Add, "added") } else { (BinaryOp::Subtract, "subtracted") };
        let ty = match (&left.ty, &right.ty) {
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            (x, y) if x == y && counts(x) => {
                if let Some((sum, one)) = mixed(&left, &right) {
                    self.reports.add(say::parts_mixed(sum.span, one.span));
                }
                x.clone()
            }
            (Type::Date | Type::Time, Type::Duration) => {
                self.shift(&left, &right);
                left.ty.clone()
            }
            (Type::Date, Type::Date) | (Type::Time, Type::Time) if op == BinaryOp::Subtract => Type::Duration,
            _ => return self.cannot(verb, &left, &right, span),
        };
        made(op, left, right, ty, span)
    }

    /// Dates move by whole days, points in time by what every clock knows; working time needs a calendar, which only
    /// deadlines have.
    fn shift(&mut self, from: &Expr, by: &Expr) {
        let ExprKind::Const(Value::Duration(duration)) = &by.kind else { return };
        let fits = match duration.unit {
            DurationUnit::Days | DurationUnit::Weeks => true,
            DurationUnit::Minutes | DurationUnit::Hours => from.ty == Type::Time,
            DurationUnit::WorkingHours | DurationUnit::WorkingDays => false,
        };
        if !fits {
            self.reports.add(say::cannot_shift(by.span, &from.ty));
        }
    }

    fn multiplied(&mut self, a: &ast::Expr, b: &ast::Expr, wanted: Option<&Type>, span: Span) -> Expr {
        // A literal beside a quantity or money is a plain number, unless both are literals.
        let hint = wanted.filter(|_| self.leans(a) && self.leans(b));
        let left = self.operand(a, hint);
        let right = self.operand(b, None);
        let ty = match (&left.ty, &right.ty) {
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            (Type::Number, other) | (other, Type::Number) if counts(other) => other.clone(),
            (Type::Quantity, Type::Money) | (Type::Money, Type::Quantity) => Type::Money,
            (Type::Duration, Type::Number) | (Type::Number, Type::Duration) => Type::Duration,
            _ => return self.cannot("multiplied", &left, &right, span),
        };
        made(BinaryOp::Multiply, left, right, ty, span)
    }

    fn divided(&mut self, a: &ast::Expr, b: &ast::Expr, wanted: Option<&Type>, span: Span) -> Expr {
        let hint = wanted.filter(|_| self.leans(a) && self.leans(b));
        let left = self.operand(a, hint);
        let right = self.operand(b, None);
        let ty = match (&left.ty, &right.ty) {
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            (x, Type::Number) if counts(x) => x.clone(),
            (x, y) if x == y && counts(x) => Type::Number,
            (Type::Money, Type::Quantity) => Type::Money,
            _ => return self.cannot("divided", &left, &right, span),
        };
        if let ExprKind::Const(Value::Number(n)) = &right.kind
            && n.is_zero()
        {
            self.reports.add(say::literal(b.span, "nothing can be divided by zero"));
        }
        made(BinaryOp::Divide, left, right, ty, span)
    }

    fn cannot(&mut self, verb: &str, left: &Expr, right: &Expr, span: Span) -> Expr {
        self.reports.add(say::cannot_compute(verb, (left.span, &left.ty), (right.span, &right.ty)));
        unknown(span)
    }
}

/// A sum over the lines beside a quantity of one part: the parts of the lines are not that part.
fn mixed<'e>(a: &'e Expr, b: &'e Expr) -> Option<(&'e Expr, &'e Expr)> {
    let sum = |e: &Expr| e.ty == Type::Quantity && matches!(e.kind, ExprKind::Sum(..));
    let of_one_part = |e: &Expr| match &e.kind {
        ExprKind::LineField(_) => true,
        ExprKind::Query(query) => matches!(**query, Query::OnHand { .. } | Query::Inbound { .. } | Query::QuantityIn { .. } | Query::Held { .. }),
        _ => false,
    };
    [(a, b), (b, a)].into_iter().find(|(x, y)| sum(x) && y.ty == Type::Quantity && of_one_part(y))
}

fn made(op: BinaryOp, a: Expr, b: Expr, ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Binary(op, Box::new(a), Box::new(b)), ty, span }
}
