//! Guards: whether they hold, and where they do not, the numbers and what would make them pass.
//!
//! What would pass is found by asking the same guard again with another input, so it is never a guess. Pure.
//! Tests: the scenarios.

use rust_decimal::Decimal;

use crate::base::{Name, Quantity};
use crate::domain::{Need, Reason, ReasonCode, Remedy, RuleSource, Value};
use crate::model::{BinaryOp, ClauseKind, Expr, ExprKind, Guard, LineTest, Query, Type};

use super::operate;
use super::run::{Run, Written};
use super::witness::Purpose;

impl Run<'_> {
    /// Checks a guard.
    pub fn require(&mut self, guard: &Guard) {
        let held = self.truth(&guard.test);
        if let Ok(held) = held {
            self.saw(Purpose::Require, &guard.test, held);
        }
        match held {
            Ok(true) => {}
            Ok(false) => {
                let reason = self.failed(guard);
                self.refuse(reason);
            }
            Err(halt) => self.stopped(halt),
        }
    }

    fn failed(&mut self, guard: &Guard) -> Reason {
        let sentence = self.sentence(&guard.otherwise);
        let waits = matches!(&guard.test.kind, ExprKind::Query(query) if matches!(**query, Query::AllStartedEnded));
        let code = if waits { ReasonCode::ChildrenOpen } else { ReasonCode::Guard };
        let mut reason = self.reason(code, sentence, guard.test.span);
        reason.name.clone_from(&guard.code);
        (reason.values, reason.rules) = self.looked_at(&guard.test);
        let Some((op, left, right)) = self.failing_comparison(&guard.test) else { return reason };
        if let (Ok(have), Ok(need)) = (self.eval(left), self.eval(right)) {
            reason.numbers = Some(Need { have, need });
        }
        for field in self.asked_fields() {
            reason.remedies.extend(self.input_that_passes(guard, (left, right), &field));
        }
        reason.remedies.extend(self.rule_that_passes(op, left, right));
        reason.remedies.extend(self.rule_that_passes(op, right, left));
        reason
    }

    /// The values that a condition looks at, by how they are written, and the rules that gave some of them.
    pub fn looked_at(&self, expr: &Expr) -> (Written, Vec<RuleSource>) {
        let (mut values, mut rules) = (Written::new(), Vec::new());
        let mut pending = vec![expr];
        while let Some(e) = pending.pop() {
            match &e.kind {
                ExprKind::Field(_) | ExprKind::LineField(_) | ExprKind::Local(_) | ExprKind::Property(..) | ExprKind::Rule(..) | ExprKind::Query(_) => {
                    if let Ok(value) = self.eval(e) {
                        values.insert(self.env.book.sources.text(e.span).to_owned(), value);
                    }
                    if let Some(source) = self.source_of(e)
                        && !rules.contains(&source)
                    {
                        rules.push(source);
                    }
                }
                ExprKind::Binary(_, a, b) => pending.extend([&**a, &**b]),
                ExprKind::Between(a, b, c) => pending.extend([&**a, &**b, &**c]),
                ExprKind::Not(a) | ExprKind::Negate(a) | ExprKind::Has(a) => pending.push(a),
                ExprKind::Lines(which, a) => {
                    let (of_line, more) = self.looked_at_in_line(*which, a);
                    values.extend(of_line);
                    rules.extend(more.into_iter().filter(|source| !rules.contains(source)).collect::<Vec<_>>());
                }
                ExprKind::In(a, items, _) => {
                    pending.push(a);
                    pending.extend(items);
                }
                ExprKind::Sum(..) | ExprKind::Count(_) => {
                    if let Ok(value) = self.eval(e) {
                        values.insert(self.env.book.sources.text(e.span).to_owned(), value);
                    }
                }
                _ => {}
            }
        }
        (values, rules)
    }

    /// The values in the line that decides what is asked of all lines, or in the first where none does.
    fn looked_at_in_line(&self, which: LineTest, inner: &Expr) -> (Written, Vec<RuleSource>) {
        let decides = |run: &Self| run.truth(inner).is_ok_and(|held| held != matches!(which, LineTest::Every));
        let at = (0..self.doc.lines.len()).find(|at| self.at_line(*at, decides)).unwrap_or(0);
        let (values, rules) = self.at_line(at, |run| run.looked_at(inner));
        match self.doc.lines.get(at) {
            Some(line) if self.doc.lines.len() > 1 => (values.into_iter().map(|(written, v)| (format!("{written} of line {}", line.no), v)).collect(), rules),
            _ => (values, rules),
        }
    }

    /// The first comparison of a guard that does not hold; of alternatives, the one with numbers says most.
    fn failing_comparison<'e>(&self, test: &'e Expr) -> Option<(BinaryOp, &'e Expr, &'e Expr)> {
        match &test.kind {
            ExprKind::Binary(BinaryOp::And, a, b) => {
                let a_holds = self.truth(a).unwrap_or(false);
                if a_holds { self.failing_comparison(b) } else { self.failing_comparison(a) }
            }
            ExprKind::Binary(BinaryOp::Or, a, b) => match self.failing_comparison(a) {
                Some(found) if found.0 != BinaryOp::Is => Some(found),
                other => self.failing_comparison(b).or(other),
            },
            ExprKind::Binary(op @ (BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Is), a, b) => {
                Some((*op, a, b))
            }
            _ => None,
        }
    }

    /// Fields that the actor gives in this transition: those asked for, and all of them in an opening.
    fn asked_fields(&self) -> Vec<Name> {
        let mut fields = Vec::new();
        let mut pending: Vec<&crate::model::Clause> = self.env.transition.body.iter().collect();
        while let Some(clause) = pending.pop() {
            match &clause.kind {
                ClauseKind::Ask(asks) => fields.extend(asks.iter().map(|a| a.field.clone())),
                ClauseKind::EachLine(each) => pending.extend(&each.body),
                _ => {}
            }
        }
        let workflow = self.env.workflow;
        // Requests are written when a document is opened and judged when it is submitted.
        fields.extend(workflow.line_fields.iter().filter(|f| f.default.is_none() && !f.ty.is_optional()).map(|f| f.name.clone()));
        fields.sort();
        fields.dedup();
        fields
    }

    /// `at most 2`: the value of one input nearest to what was given with which the guard holds.
    fn input_that_passes(&mut self, guard: &Guard, sides: (&Expr, &Expr), field: &Name) -> Option<Remedy> {
        let given = self.input_value(field)?;
        let x = operate::as_decimal(&given)?;
        let gap = |run: &mut Self, x: Decimal| -> Option<Decimal> {
            run.with_input(field, &given, x, |run| {
                let (left, right) = (run.eval(sides.0).ok()?, run.eval(sides.1).ok()?);
                operate::as_decimal(&left)?.checked_sub(operate::as_decimal(&right)?)
            })
        };
        let (here, next) = (gap(self, x)?, gap(self, x.checked_add(Decimal::ONE)?)?);
        let slope = next.checked_sub(here)?;
        if slope.is_zero() {
            return None;
        }
        let step = match given {
            Value::Quantity(_) => Decimal::ONE,
            _ => Decimal::new(1, 2),
        };
        let bound = x.checked_sub(here.checked_div(slope)?)?;
        let bound = if bound < x { bound.floor() } else { bound.ceil() };
        // A strict comparison holds one step further; what is offered has been tried.
        let candidates = if bound < x { [bound, bound - step] } else { [bound, bound + step] };
        let passes =
            candidates.into_iter().find(|c| !c.is_sign_negative() && self.with_input(field, &given, *c, |run| run.truth(&guard.test).unwrap_or(false)))?;
        let direction = if passes < x { "at most" } else { "at least" };
        let value = like(&given, passes)?;
        Some(Remedy { text: format!("{direction} {value} as `{field}`"), field: Some(field.clone()), value: Some(value) })
    }

    fn input_value(&self, field: &Name) -> Option<Value> {
        match self.current_line() {
            Some(line) if self.env.workflow.line_field(field.as_str()).is_some() => line.values.get(field).cloned(),
            _ => self.doc.fields.get(field).cloned(),
        }
    }

    fn with_input<T>(&mut self, field: &Name, given: &Value, x: Decimal, look: impl FnOnce(&mut Self) -> T) -> T {
        if let Some(value) = like(given, x) {
            self.set_field(field, value);
        }
        let seen = look(self);
        self.set_field(field, given.clone());
        seen
    }

    /// `a maximum of 14 (now 12, from bu/ac)`: what the rule would have to answer.
    fn rule_that_passes(&self, op: BinaryOp, side: &Expr, other: &Expr) -> Option<Remedy> {
        let source = self.source_of(side)?;
        let ExprKind::Property(_, property) = &side.kind else { return None };
        if !matches!(side.ty.required(), Type::Quantity | Type::Money | Type::Number) || matches!(op, BinaryOp::Is) {
            return None;
        }
        let (now, wanted) = (self.eval(side).ok()?, self.eval(other).ok()?);
        Some(Remedy { text: format!("a {property} of {wanted} (now {now}, from rule `{}` in {})", source.rule, source.layer), field: None, value: None })
    }
}

/// A decimal as the kind of value that was given.
fn like(given: &Value, x: Decimal) -> Option<Value> {
    match given {
        Value::Quantity(_) => Quantity::from_decimal(x).ok().map(Value::Quantity),
        Value::Money(_) => crate::base::Money::from_decimal(x).ok().map(Value::Money),
        Value::Number(_) => Some(Value::Number(x)),
        _ => None,
    }
}
