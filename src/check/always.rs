//! Conditions of flows that are the same whatever the values are: `1 > 2`, `state is a and state is b`, `x is x`.
//!
//! Only what the text of one condition tells; what the order of transitions tells is the proof's. Must not know how
//! conditions are evaluated. Tests: `check::tests`.

use super::findings::idle as say;
use super::reports::Reports;
use super::walk;
use crate::domain::Value;
use crate::model::{BinaryOp, ClauseKind, Comparison, Expr, ExprKind, Plain, Relation, Type, Workflow, decided};

/// Reports the conditions of a workflow that are always the same.
pub(super) fn conditions(workflow: &Workflow, reports: &Reports) {
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            let own = match &clause.kind {
                ClauseKind::Require(guard) => Some(&guard.test),
                ClauseKind::EachLine(each) => each.filter.as_ref(),
                _ => None,
            };
            clause.when.iter().chain(own).for_each(|condition| told(condition, reports));
        });
        walk::expressions(&transition.body, &mut |expr| match &expr.kind {
            ExprKind::Lines(_, condition) | ExprKind::Sum(_, Some(condition)) | ExprKind::Count(Some(condition)) => told(condition, reports),
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..) => told(expr, reports),
            _ => {}
        });
    }
}

fn told(condition: &Expr, reports: &Reports) {
    look(condition, &mut Vec::new(), reports);
}

/// Looks at the parts of a condition, each with what those before it leave known.
fn look(expr: &Expr, known: &mut Vec<Comparison>, reports: &Reports) {
    match &expr.kind {
        ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
            look(a, known, reports);
            let before = known.len();
            known.extend(says(a, *op == BinaryOp::And));
            look(b, known, reports);
            known.truncate(before);
        }
        ExprKind::Not(inner) if matches!(inner.kind, ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..)) => look(inner, known, reports),
        _ => {
            if let Some(holds) = always(expr, known) {
                reports.add(say::constant(expr.span, holds));
            }
        }
    }
}

/// Whether a condition holds, where that does not depend on any value that is not known.
fn always(expr: &Expr, known: &[Comparison]) -> Option<bool> {
    match &expr.kind {
        ExprKind::Const(Value::YesNo(yes)) => Some(*yes),
        ExprKind::Not(inner) => always(inner, known).map(|holds| !holds),
        ExprKind::Binary(op, a, b) => {
            let relation = relation(*op)?;
            if let (Some(a), Some(b)) = (plain(a), plain(b)) {
                return Some(relation.holds(&a, &b));
            }
            if let (Some(a), Some(b)) = (path(a), path(b)) {
                return (a == b).then(|| relation.holds(&a, &b));
            }
            decided(known, &comparison(expr)?)
        }
        ExprKind::Between(of, low, high) => {
            if let (Some(low), Some(high)) = (plain(low), plain(high))
                && low > high
            {
                return Some(false);
            }
            let bounds = between(of, low, high)?;
            let held: Vec<Option<bool>> = bounds.iter().map(|bound| decided(known, bound)).collect();
            if held.contains(&Some(false)) { Some(false) } else { held.iter().all(|h| *h == Some(true)).then_some(true) }
        }
        ExprKind::In(of, items, not) => one_of(of, items, known).map(|holds| holds != *not),
        _ => decided(known, &comparison(expr)?),
    }
}

fn one_of(of: &Expr, items: &[Expr], known: &[Comparison]) -> Option<bool> {
    let wanted: Vec<Plain> = items.iter().map(plain).collect::<Option<_>>()?;
    if let Type::Choice(choices) = of.ty.required()
        && choices.iter().all(|choice| wanted.contains(&Plain::Word(choice.to_string())))
    {
        return Some(true);
    }
    let of = path(of)?;
    let held: Vec<Option<bool>> = wanted.into_iter().map(|with| decided(known, &Comparison { of: of.clone(), relation: Relation::Is, with })).collect();
    if held.contains(&Some(true)) { Some(true) } else { held.iter().all(|h| *h == Some(false)).then_some(false) }
}

/// What is known where a condition holds, or where it does not.
fn says(expr: &Expr, holds: bool) -> Vec<Comparison> {
    match &expr.kind {
        ExprKind::Not(inner) => says(inner, !holds),
        ExprKind::Binary(BinaryOp::And, a, b) if holds => [says(a, true), says(b, true)].concat(),
        ExprKind::Binary(BinaryOp::Or, a, b) if !holds => [says(a, false), says(b, false)].concat(),
        ExprKind::Between(of, low, high) if holds => between(of, low, high).unwrap_or_default(),
        ExprKind::In(of, items, not) if holds == *not => {
            let Some(of) = path(of) else { return Vec::new() };
            items.iter().filter_map(plain).map(|with| Comparison { of: of.clone(), relation: Relation::IsNot, with }).collect()
        }
        _ => comparison(expr).map(|c| if holds { c } else { c.negated() }).into_iter().collect(),
    }
}

fn between(of: &Expr, low: &Expr, high: &Expr) -> Option<Vec<Comparison>> {
    let of = path(of)?;
    let bound = |relation, with| Comparison { of: of.clone(), relation, with };
    Some(vec![bound(Relation::GreaterEqual, plain(low)?), bound(Relation::LessEqual, plain(high)?)])
}

/// A value beside a plain one; a value that is yes or no by itself.
fn comparison(expr: &Expr) -> Option<Comparison> {
    let ExprKind::Binary(op, a, b) = &expr.kind else {
        let of = path(expr).filter(|_| expr.ty == Type::YesNo)?;
        return Some(Comparison { of, relation: Relation::Is, with: word(true) });
    };
    let relation = relation(*op)?;
    match (path(a), plain(b), plain(a), path(b)) {
        (Some(of), Some(with), _, _) => Some(Comparison { of, relation, with }),
        (_, _, Some(with), Some(of)) => Some(Comparison { of, relation: relation.turned(), with }),
        _ => None,
    }
}

const fn relation(op: BinaryOp) -> Option<Relation> {
    match op {
        BinaryOp::Is => Some(Relation::Is),
        BinaryOp::IsNot => Some(Relation::IsNot),
        BinaryOp::Less => Some(Relation::Less),
        BinaryOp::LessEqual => Some(Relation::LessEqual),
        BinaryOp::Greater => Some(Relation::Greater),
        BinaryOp::GreaterEqual => Some(Relation::GreaterEqual),
        _ => None,
    }
}

/// What names one and the same value wherever it stands in a condition.
fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Field(name) => Some(format!("document.{name}")),
        ExprKind::LineField(name) => Some(format!("line.{name}")),
        ExprKind::Local(name) => Some(format!("let.{name}")),
        ExprKind::Document => Some("document".to_owned()),
        ExprKind::Line => Some("line".to_owned()),
        ExprKind::Property(of, name) => Some(format!("{}.{name}", path(of)?)),
        _ => None,
    }
}

fn word(yes: bool) -> Plain {
    Plain::Word(if yes { "yes" } else { "no" }.to_owned())
}

fn plain(expr: &Expr) -> Option<Plain> {
    let ExprKind::Const(value) = &expr.kind else { return None };
    match value {
        Value::Number(n) => Some(Plain::Number(*n)),
        Value::Quantity(q) => Some(Plain::Number(q.to_decimal())),
        Value::Money(m) => Some(Plain::Number(m.to_decimal())),
        Value::YesNo(yes) => Some(word(*yes)),
        Value::Name(_) | Value::Text(_) | Value::Date(_) => Some(Plain::Word(value.to_string())),
        _ => None,
    }
}
