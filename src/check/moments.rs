//! Times that are computed: how long a deadline runs, and the moments that timers are set to.
//!
//! Must not know when they are over. Tests: `check::tests`.

use super::declared::name;
use super::findings::{states as say_state, times as say};
use super::typer::{Typer, field_path};
use super::walk;
use crate::base::Name;
use crate::model::{Expr, ExprKind, Moment, Query, Type};
use crate::syntax::ast::{self, HowLong};

impl Typer<'_> {
    /// How long, where it is computed: a duration, or a number of days.
    pub(super) fn days(&mut self, written: &HowLong) -> Expr {
        let found = self.expr(&written.value, Some(&Type::Number));
        let found = self.present(&written.value, found);
        self.how_long(written, found)
    }

    fn how_long(&mut self, written: &HowLong, found: Expr) -> Expr {
        let text = self.book.written(found.span);
        match (&found.ty, written.in_days) {
            (Type::Number, false) => self.reports.add(say::no_unit(found.span, &text)),
            (Type::Duration, true) => self.reports.add(say::two_units(found.span)),
            (Type::Duration, false) => {}
            _ => return self.fitting(&written.value, found, &Type::Number),
        }
        found
    }

    /// The moment that a timer of a transition is set to. Optional fields may be read: without one there is no moment.
    pub(super) fn moment(&mut self, written: &ast::Moment, transition: &ast::Transition) -> Option<Moment> {
        let from: Vec<&str> = transition.from.iter().map(|f| f.text.as_str()).collect();
        if from.is_empty() {
            self.reports.add(say_state::trigger_on_opening(written.span, &transition.name.text));
            return None;
        }
        let optional: Vec<Name> = self.outline.fields(false).iter().filter(|f| f.ty.is_optional()).map(|f| f.name.clone()).collect();
        self.given.extend(optional.iter().map(|field| field_path(field.as_str())));
        let found = self.expr(&written.when.value, Some(&Type::Date));
        let found = self.present(&written.when.value, found);
        let when = match found.ty {
            Type::Date | Type::Time if !written.when.in_days => self.moment_of(found),
            Type::Unknown => found,
            Type::Duration | Type::Number => self.wait(written, found, &from),
            _ => {
                self.reports.add(say::no_moment(found.span, &found.ty));
                Expr { ty: Type::Unknown, ..found }
            }
        };
        let states = match &written.state {
            Some(state) if self.outline.model.state(&state.text).is_none() => {
                if !self.outline.written.broken {
                    self.reports.add(super::findings::names::unknown(state, "a state of this workflow", self.outline.states()));
                }
                Vec::new()
            }
            Some(state) => {
                if !from.contains(&state.text.as_str()) {
                    self.reports.add(say_state::timer_elsewhere(state, &transition.name.text, &from));
                }
                vec![name(state)]
            }
            None => transition.from.iter().map(name).collect(),
        };
        let mut needs = Vec::new();
        walk::expr(&when, &mut |expr| {
            if let ExprKind::Field(field) = &expr.kind
                && optional.contains(field)
                && !needs.contains(field)
            {
                needs.push(field.clone());
            }
        });
        (when.ty != Type::Unknown).then_some(Moment { when, over: written.over, states, needs })
    }

    /// A day or a point in time that stays where it is while the document does not change.
    fn moment_of(&mut self, found: Expr) -> Expr {
        let mut moves = None;
        walk::expr(&found, &mut |expr| {
            if let ExprKind::Query(query) = &expr.kind {
                moves = moves.or(Some((expr.span, matches!(**query, Query::Today | Query::Now))));
            }
        });
        if let Some((span, clock)) = moves {
            self.reports.add(say::moving_moment(span, &self.book.written(span), clock));
        }
        found
    }

    /// So long after a state was entered.
    fn wait(&mut self, written: &ast::Moment, found: Expr, from: &[&str]) -> Expr {
        let text = self.book.written(written.when.value.span);
        let text = if written.when.in_days { format!("{text} days") } else { text };
        if !written.over {
            self.reports.add(say::at_a_duration(written.span, &text, from));
        } else if written.state.is_none() {
            self.reports.add(say::wait_where(written.span, &text, from));
        }
        self.how_long(&written.when, found)
    }
}
