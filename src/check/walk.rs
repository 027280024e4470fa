//! Walks every clause and expression of a checked body.
//!
//! Must not know what is looked for. Tests: `check::tests`.

use crate::model::{Choosing, Clause, ClauseKind, Expr, ExprKind, MoveQuantity, MoveSpec, NewLot, ObligationSpec, Query, Template, TemplatePart, Within};

/// Visits every clause, those inside `each line` too.
pub fn clauses<'c>(body: &'c [Clause], see: &mut impl FnMut(&'c Clause)) {
    for clause in body {
        see(clause);
        if let ClauseKind::EachLine(each) = &clause.kind {
            clauses(&each.body, see);
        }
    }
}

/// Visits every expression of a body, inner ones too.
pub fn expressions<'c>(body: &'c [Clause], see: &mut impl FnMut(&'c Expr)) {
    clauses(body, &mut |clause| {
        clause.when.iter().for_each(|when| expr(when, see));
        of_clause(&clause.kind, see);
    });
}

fn of_clause<'c>(kind: &'c ClauseKind, see: &mut impl FnMut(&'c Expr)) {
    match kind {
        ClauseKind::Ask(_) | ClauseKind::AskLines | ClauseKind::Issue { .. } | ClauseKind::CloseReverse(_) | ClauseKind::Become(_) => {}
        ClauseKind::Let(_, value) | ClauseKind::Set(_, value) | ClauseKind::CloseBooks(value) => expr(value, see),
        ClauseKind::Require(guard) => {
            expr(&guard.test, see);
            template(&guard.otherwise, see);
        }
        ClauseKind::EachLine(each) => each.filter.iter().for_each(|f| expr(f, see)),
        ClauseKind::Move(spec) => of_move(spec, see),
        ClauseKind::Obligation(spec) => of_obligation(spec, see),
        ClauseKind::Start(spec) => spec.with.iter().chain(&spec.lines).for_each(|(_, value)| expr(value, see)),
        ClauseKind::Notify { text, .. } => template(text, see),
        ClauseKind::Emit { with, .. } => with.iter().for_each(|(_, value)| expr(value, see)),
        ClauseKind::Claim { key, otherwise, .. } => {
            template(key, see);
            template(otherwise, see);
        }
    }
}

fn of_move<'c>(spec: &'c MoveSpec, see: &mut impl FnMut(&'c Expr)) {
    match &spec.quantity {
        MoveQuantity::Exactly(q) | MoveQuantity::UpTo(q) => expr(q, see),
        MoveQuantity::All => {}
    }
    expr(&spec.part, see);
    match &spec.choosing {
        Choosing::Oldest => {}
        Choosing::Rule(_, args) => args.iter().flatten().for_each(|arg| expr(arg, see)),
        Choosing::Serials(field) | Choosing::Lots(field) => expr(field, see),
    }
    let changes = [&spec.changes.condition, &spec.changes.owner, &spec.changes.pool];
    changes.into_iter().chain([&spec.lots]).flatten().for_each(|e| expr(e, see));
    if let Some(NewLot { sodo, rate, expires, label, received }) = &spec.new_lot {
        [sodo, rate, expires, label, received].into_iter().flatten().for_each(|e| expr(e, see));
    }
}

fn of_obligation<'c>(spec: &'c ObligationSpec, see: &mut impl FnMut(&'c Expr)) {
    spec.quantity.iter().chain([&spec.part]).chain(&spec.rate).for_each(|e| expr(e, see));
    if let Some(Within::Days(days)) = &spec.within {
        expr(days, see);
    }
}

fn template<'c>(text: &'c Template, see: &mut impl FnMut(&'c Expr)) {
    for part in &text.parts {
        if let TemplatePart::Hole(hole) = part {
            expr(hole, see);
        }
    }
}

/// Visits an expression and all that stands in it.
pub fn expr<'c>(of: &'c Expr, see: &mut impl FnMut(&'c Expr)) {
    see(of);
    match &of.kind {
        ExprKind::Const(_) | ExprKind::Field(_) | ExprKind::LineField(_) | ExprKind::Local(_) => {}
        ExprKind::Document | ExprKind::Line | ExprKind::AnyLine => {}
        ExprKind::Text(text) => template(text, see),
        ExprKind::Property(inner, _) | ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Has(inner) | ExprKind::Lines(_, inner) => expr(inner, see),
        ExprKind::Rule(_, args) | ExprKind::Call(_, args) => args.iter().for_each(|arg| expr(arg, see)),
        ExprKind::Binary(_, a, b) => [a, b].into_iter().for_each(|e| expr(e, see)),
        ExprKind::Between(a, b, c) => [a, b, c].into_iter().for_each(|e| expr(e, see)),
        ExprKind::In(value, items, _) => {
            expr(value, see);
            items.iter().for_each(|item| expr(item, see));
        }
        ExprKind::Sum(inner, filter) => {
            expr(inner, see);
            filter.iter().for_each(|f| expr(f, see));
        }
        ExprKind::Count(filter) => filter.iter().for_each(|f| expr(f, see)),
        ExprKind::Query(query) => of_query(query, see),
    }
}

fn of_query<'c>(query: &'c Query, see: &mut impl FnMut(&'c Expr)) {
    match query {
        Query::OnHand { part, party, pool } | Query::Inbound { part, party, pool } => [part, party].into_iter().chain(pool).for_each(|e| expr(e, see)),
        Query::QuantityIn { part, condition, pool, .. } => [part].into_iter().chain(condition).chain(pool).for_each(|e| expr(e, see)),
        Query::Limit { part, party, pool } => part.iter().chain([party]).chain(pool).for_each(|e| expr(e, see)),
        Query::ValueAt { party, pool } => [party].into_iter().chain(pool).for_each(|e| expr(e, see)),
        Query::Held { part: inner, .. } | Query::Rate(inner) | Query::Offers(inner) | Query::Owed(inner) | Query::Open { party: inner, .. } => expr(inner, see),
        Query::Today | Query::Now | Query::PersonWhoDid(_) | Query::AllStartedEnded => {}
    }
}
