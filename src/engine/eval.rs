//! Evaluates expressions of a flow. Total: an expression has a value, or a reason why it has none.
//!
//! Pure. Tests: `tests/it/engine_*.rs` and the scenarios.

use rust_decimal::Decimal;

use crate::base::{Name, Quantity, Span};
use crate::domain::{Reason, ReasonCode, Value};
use crate::model::{BinaryOp, Builtin, Expr, ExprKind, LineTest, Type};

use super::operate;
use super::run::{Halt, Run};

/// A value or why there is none.
pub type Evaluated = Result<Value, Halt>;

impl Run<'_> {
    /// The value of an expression.
    pub fn eval(&self, expr: &Expr) -> Evaluated {
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Text(template) => self.render(template).map(|t| Value::text(&t)),
            ExprKind::Field(name) => Ok(self.doc.field(name.as_str()).clone()),
            ExprKind::LineField(name) => Ok(self.current_line().and_then(|l| l.values.get(name)).cloned().unwrap_or(Value::Absent)),
            ExprKind::Local(name) => self.local(name.as_str()).and_then(|l| l.value.clone()).ok_or(Halt::Reported),
            ExprKind::Property(of, name) => self.property(of, name, expr.span),
            ExprKind::Rule(name, args) => self.ask_rule(name, args, expr.span).map(|(value, _)| value),
            ExprKind::Document => Ok(self.document_record()),
            ExprKind::Line => Ok(self.line_record()),
            ExprKind::Call(function, args) => self.call(*function, args, expr.span),
            ExprKind::Not(inner) => Ok(Value::YesNo(!self.truth(inner)?)),
            ExprKind::Negate(inner) => self.arithmetic(operate::negate(&self.present(inner)?), expr.span),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, expr.span),
            ExprKind::Between(value, low, high) => {
                let value = self.present(value)?;
                let above = self.compare(&value, &self.present(low)?, expr.span)?.is_ge();
                let below = self.compare(&value, &self.present(high)?, expr.span)?.is_le();
                Ok(Value::YesNo(above && below))
            }
            ExprKind::In(value, items, negated) => self.is_in(value, items, *negated),
            ExprKind::Has(inner) => Ok(Value::YesNo(!self.eval(inner)?.is_absent())),
            ExprKind::AnyLine => Ok(Value::YesNo(!self.doc.lines.is_empty())),
            ExprKind::Lines(test, inner) => self.lines(*test, inner),
            ExprKind::Sum(inner, filter) => self.sum(inner, filter.as_deref(), &expr.ty),
            ExprKind::Count(filter) => Ok(Value::Number(Decimal::from(self.matching(filter.as_deref())?.len()))),
            ExprKind::Query(query) => self.query(query, expr.span),
        }
    }

    /// The value of an expression that must have one.
    pub fn present(&self, expr: &Expr) -> Evaluated {
        let value = self.eval(expr)?;
        if value.is_absent() {
            if self.lacking > 0 {
                return Err(Halt::Reported);
            }
            let written = self.env.book.sources.text(expr.span);
            return Err(self.reason(ReasonCode::Guard, format!("`{written}` has no value here"), expr.span).into());
        }
        Ok(value)
    }

    /// The truth of a condition.
    pub fn truth(&self, expr: &Expr) -> Result<bool, Halt> {
        let value = self.present(expr)?;
        value.as_yes_no().ok_or_else(|| self.mismatch("yes or no", &value, expr.span))
    }

    /// The quantity of an expression; plain numbers count as units.
    pub fn quantity(&self, expr: &Expr) -> Result<Quantity, Halt> {
        let value = self.present(expr)?;
        operate::as_quantity(&value).ok_or_else(|| self.mismatch("a quantity", &value, expr.span))
    }

    /// The declared name (condition, owner, pool …) of an expression.
    pub fn declared(&self, expr: &Expr) -> Result<Name, Halt> {
        let value = self.present(expr)?;
        match value {
            Value::Name(name) => Ok(name),
            Value::Text(text) => Ok(Name::from(&*text)),
            other => Err(self.mismatch("a declared name", &other, expr.span)),
        }
    }

    pub fn mismatch(&self, wanted: &str, got: &Value, span: Span) -> Halt {
        self.reason(ReasonCode::Guard, format!("`{}` is `{got}`, which is not {wanted}", self.env.book.sources.text(span)), span).into()
    }

    fn arithmetic(&self, result: Result<Value, String>, span: Span) -> Evaluated {
        result.map_err(|why| self.reason(ReasonCode::Guard, format!("`{}`: {why}", self.env.book.sources.text(span)), span).into())
    }

    pub fn compare(&self, left: &Value, right: &Value, span: Span) -> Result<std::cmp::Ordering, Halt> {
        operate::compare(left, right)
            .ok_or_else(|| self.reason(ReasonCode::Guard, format!("`{}` compares `{left}` with `{right}`", self.env.book.sources.text(span)), span).into())
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Evaluated {
        match op {
            // Both sides are looked at only as far as needed: `has sodo and sodo is …` must not ask for what is absent.
            BinaryOp::And => Ok(Value::YesNo(self.truth(left)? && self.truth(right)?)),
            BinaryOp::Or => Ok(Value::YesNo(self.truth(left)? || self.truth(right)?)),
            BinaryOp::Is => Ok(Value::YesNo(operate::same(&self.present(left)?, &self.present(right)?))),
            BinaryOp::IsNot => Ok(Value::YesNo(!operate::same(&self.present(left)?, &self.present(right)?))),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                let order = self.compare(&self.present(left)?, &self.present(right)?, span)?;
                Ok(Value::YesNo(match op {
                    BinaryOp::Less => order.is_lt(),
                    BinaryOp::LessEqual => order.is_le(),
                    BinaryOp::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                self.arithmetic(operate::arithmetic(op, &self.present(left)?, &self.present(right)?), span)
            }
        }
    }

    fn call(&self, function: Builtin, args: &[Expr], span: Span) -> Evaluated {
        let values: Vec<Value> = args.iter().map(|a| self.present(a)).collect::<Result<_, _>>()?;
        match (function, values.as_slice()) {
            (Builtin::Min, [a, b]) => Ok(if self.compare(a, b, span)?.is_le() { a.clone() } else { b.clone() }),
            (Builtin::Max, [a, b]) => Ok(if self.compare(a, b, span)?.is_ge() { a.clone() } else { b.clone() }),
            (Builtin::Floor, [a]) => self.arithmetic(operate::whole(a, operate::Whole::Down), span),
            (Builtin::Round, [a]) => self.arithmetic(operate::whole(a, operate::Whole::Nearest), span),
            _ => Err(self.reason(ReasonCode::Guard, format!("`{}` has the wrong number of values", self.env.book.sources.text(span)), span).into()),
        }
    }

    fn is_in(&self, value: &Expr, items: &[Expr], negated: bool) -> Evaluated {
        let value = self.present(value)?;
        let mut found = false;
        for item in items {
            found |= match self.present(item)? {
                Value::List(inner) => inner.iter().any(|i| operate::same(&value, i)),
                other => operate::same(&value, &other),
            };
        }
        Ok(Value::YesNo(found != negated))
    }

    /// Indexes of the lines for which a filter holds.
    pub fn matching(&self, filter: Option<&Expr>) -> Result<Vec<usize>, Halt> {
        let mut found = Vec::with_capacity(self.doc.lines.len());
        for index in 0..self.doc.lines.len() {
            let holds = match filter {
                Some(filter) => self.at_line(index, |run| run.truth(filter))?,
                None => true,
            };
            if holds {
                found.push(index);
            }
        }
        Ok(found)
    }

    fn lines(&self, test: LineTest, inner: &Expr) -> Evaluated {
        let found = self.matching(Some(inner))?.len();
        Ok(Value::YesNo(match test {
            LineTest::Any => found > 0,
            LineTest::Every => found == self.doc.lines.len(),
            LineTest::No => found == 0,
        }))
    }

    fn sum(&self, inner: &Expr, filter: Option<&Expr>, ty: &Type) -> Evaluated {
        let mut total = operate::zero(ty);
        for index in self.matching(filter)? {
            let value = self.at_line(index, |run| run.present(inner))?;
            total = self.arithmetic(operate::arithmetic(BinaryOp::Add, &total, &value), inner.span)?;
        }
        Ok(total)
    }

    fn property(&self, of: &Expr, name: &Name, span: Span) -> Evaluated {
        let owner = self.present(of)?;
        self.property_of(&owner, name.as_str()).ok_or_else(|| {
            let reason: Reason = self.reason(ReasonCode::Guard, format!("`{owner}` has no `{name}`"), span);
            reason.into()
        })
    }
}
