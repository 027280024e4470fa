//! The second book: raising obligations and settling, waiving or debiting them.
//!
//! Pure. Tests: the scenarios.

use crate::base::{Duration, DurationUnit, Money, ObligationId, Quantity, Span};
use crate::domain::{Need, Obligation, ObligationChange, ObligationChangeKind, ReasonCode, Value};
use crate::model::{ObligationSpec, ObligationVerb, Within};

use super::operate;
use super::run::{Halt, Run};

impl Run<'_> {
    /// Carries out `owe`, `settle`, `waive` or `debit`.
    pub fn oblige(&mut self, spec: &ObligationSpec, span: Span) {
        let done = match spec.verb {
            ObligationVerb::Owe => self.owe(spec, span),
            ObligationVerb::Settle => self.reduce(spec, ObligationChangeKind::Settled, span),
            ObligationVerb::Waive => self.reduce(spec, ObligationChangeKind::Waived, span),
            ObligationVerb::Debit => self.reduce(spec, ObligationChangeKind::Debited, span),
        };
        if let Err(halt) = done {
            self.stopped(halt);
        }
    }

    fn owe(&mut self, spec: &ObligationSpec, span: Span) -> Result<(), Halt> {
        let quantity = spec.quantity.as_ref().map(|q| self.quantity(q)).transpose()?.unwrap_or_default();
        if !quantity.is_positive() {
            return Ok(());
        }
        let part = self.part(&spec.part)?;
        let debtor = self.need_party(&spec.by, span)?;
        let creditor = spec.to.as_ref().map_or_else(|| Ok(debtor.clone()), |to| self.need_party(to, span))?;
        let within = match &spec.within {
            Some(Within::Fixed(duration)) => *duration,
            Some(Within::Days(days)) => self.days(days)?,
            None => Duration { count: 0, unit: DurationUnit::Days },
        };
        let opened_at = self.env.command.effective_at;
        let rate = match &spec.rate {
            Some(expr) => self.present(expr)?.as_money(),
            None => self.rate_on_date(&part),
        };
        let id = ObligationId::from(format!("{}.{}.o{}", self.doc.id, self.doc.revision + 1, self.out.owed.len() + 1));
        self.out.owed.push(Obligation {
            id,
            doc: self.doc.id.clone(),
            line: self.line_no().unwrap_or(0),
            kind: spec.kind.clone(),
            part,
            quantity,
            open: quantity,
            debtor,
            creditor,
            opened_at,
            due_at: self.calendar().due(opened_at, within),
            rate: rate.unwrap_or(Money::ZERO),
            number: self.doc.number.clone(),
        });
        Ok(())
    }

    /// How long, where it is computed: a duration, or a number of days.
    pub fn days(&self, expr: &crate::model::Expr) -> Result<Duration, Halt> {
        use rust_decimal::prelude::ToPrimitive;
        let value = self.present(expr)?;
        if let Value::Duration(duration) = value {
            return Ok(duration);
        }
        let count = operate::as_decimal(&value).and_then(|d| d.to_u32());
        count.map(|count| Duration { count, unit: DurationUnit::Days }).ok_or_else(|| self.mismatch("a number of days", &value, expr.span))
    }

    /// Oldest obligations first: those of this document (and line) of the kind, part and debtor.
    fn reduce(&mut self, spec: &ObligationSpec, kind: ObligationChangeKind, span: Span) -> Result<(), Halt> {
        let part = self.part(&spec.part)?;
        let debtor = self.need_party(&spec.by, span)?;
        let line = self.line_no();
        let fits = |o: &&Obligation| o.doc == self.doc.id && o.kind == spec.kind && o.part == part && o.debtor == debtor && line.is_none_or(|l| o.line == l);
        let mut open: Vec<(Obligation, Quantity)> =
            self.env.snapshot.obligations.iter().chain(&self.out.owed).filter(fits).map(|o| (o.clone(), o.open - self.changed(&o.id))).collect();
        open.retain(|(_, left)| left.is_positive());
        open.sort_by(|(a, _), (b, _)| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)));
        let total: Quantity = open.iter().map(|(_, left)| *left).sum();
        let mut wanted = match &spec.quantity {
            Some(expr) => self.quantity(expr)?,
            None => total,
        };
        if wanted > total {
            let mut reason = self.reason(ReasonCode::Guard, format!("{debtor} owes {total} of {part} as `{}` here, not {wanted}", spec.kind), span);
            reason.numbers = Some(Need { have: Value::Quantity(total), need: Value::Quantity(wanted) });
            return Err(reason.remedy(format!("at most {total}")).into());
        }
        for (obligation, left) in open {
            let quantity = left.min(wanted);
            if quantity.is_positive() {
                self.out.obligation_changes.push(ObligationChange { id: obligation.id, kind, quantity });
                wanted = wanted - quantity;
            }
        }
        Ok(())
    }

    /// What is still open of the document's obligations after this transition.
    pub fn open_obligations(&self) -> Vec<(Obligation, Quantity)> {
        let mine = self.env.snapshot.obligations.iter().chain(&self.out.owed).filter(|o| o.doc == self.doc.id);
        mine.map(|o| (o.clone(), o.open - self.changed(&o.id))).filter(|(_, left)| left.is_positive()).collect()
    }
}
