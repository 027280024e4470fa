//! The days that are tried where a flow asks for a date or a time: those on which its own guards turn.
//!
//! Must not know what comes of them. Tests: `prove::tests`.

use std::collections::BTreeSet;

use crate::base::{Date, DurationUnit};
use crate::check::walk;
use crate::domain::{Document, Value};
use crate::model::{Book, Expr, ExprKind, Query, Type, Workflow};

use super::stage;

/// What lies ahead where a flow says nothing of how far.
const FORTNIGHT: i64 = 14;
/// So many days beyond that, what is put off is put off no more.
const PUT_OFF: i64 = 2;

/// What is due lies ahead, what has happened lies behind, and what is put off lies behind what was due: flows ask for all of
/// it. How far ahead, they say themselves: the nearest and the farthest day that they count from another.
///
/// They are the same days whenever the flow does not ask what day it is, so that stories which go round come back to where
/// they were.
#[must_use]
pub fn days(book: &Book, workflow: &Workflow, doc: Option<&Document>) -> Vec<Date> {
    let asked = Asked::of(workflow);
    let begin = stage::begin(book);
    let today = doc.filter(|_| asked.today).map_or(begin, |doc| doc.entered_at).date(&book.manifest.zone);
    let farthest = asked.spans.last().copied().unwrap_or(FORTNIGHT);
    let nearest = asked.spans.first().copied().unwrap_or(FORTNIGHT);
    let mut days = vec![today.plus_days(farthest), today.plus_days(nearest), today.plus_days(-1)];
    let named = doc.into_iter().flat_map(|doc| doc.fields.values()).filter_map(|value| if let Value::Date(day) = value { Some(*day) } else { None });
    let later = named.max().map(|last| last.plus_days(1)).filter(|_| asked.compares);
    // What is put off again and again is put off a few times.
    days.extend(later.filter(|day| day.days_since(today) <= farthest + PUT_OFF));
    let mut seen = BTreeSet::new();
    days.retain(|day| seen.insert(*day));
    days
}

/// What the expressions of a workflow say of days.
#[derive(Default)]
struct Asked {
    /// The numbers of days that they name.
    spans: BTreeSet<i64>,
    /// Whether they ask what day it is.
    today: bool,
    /// Whether they compare one field's day with another's.
    compares: bool,
}

impl Asked {
    fn of(workflow: &Workflow) -> Self {
        let mut asked = Self::default();
        for transition in &workflow.transitions {
            walk::expressions(&transition.body, &mut |expr| asked.note(expr));
        }
        asked
    }

    fn note(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Const(Value::Duration(span)) => match span.unit {
                DurationUnit::Days | DurationUnit::WorkingDays => drop(self.spans.insert(i64::from(span.count))),
                DurationUnit::Weeks => drop(self.spans.insert(7 * i64::from(span.count))),
                DurationUnit::Minutes | DurationUnit::Hours | DurationUnit::WorkingHours => {}
            },
            ExprKind::Query(query) => self.today |= matches!(**query, Query::Today | Query::Now),
            ExprKind::Binary(_, a, b) => self.compares |= [a, b].iter().all(|of| matches!(of.kind, ExprKind::Field(_)) && *of.ty.required() == Type::Date),
            _ => {}
        }
    }
}
