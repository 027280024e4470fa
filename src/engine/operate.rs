//! Arithmetic and order on values: exact, and only between values that go together.
//!
//! Must not know documents. Tests: below.

use std::cmp::Ordering;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::base::{Duration, DurationUnit, Money, Quantity};
use crate::domain::Value;
use crate::model::{BinaryOp, Type};

/// How a number becomes whole.
#[derive(Clone, Copy)]
pub enum Whole {
    /// Down.
    Down,
    /// To the nearest, halves away from zero.
    Nearest,
}

/// A value as a quantity; plain numbers count as units.
pub fn as_quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::Quantity(q) => Some(*q),
        Value::Number(n) => Quantity::from_decimal(*n).ok(),
        _ => None,
    }
}

/// The number in a value: plain number, quantity or amount.
pub fn as_decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Quantity(q) => Some(q.to_decimal()),
        Value::Money(m) => Some(m.to_decimal()),
        _ => None,
    }
}

/// Nothing, of a type.
pub fn zero(ty: &Type) -> Value {
    match ty.required() {
        Type::Money => Value::Money(Money::ZERO),
        Type::Quantity => Value::Quantity(Quantity::ZERO),
        _ => Value::Number(Decimal::ZERO),
    }
}

/// The order of two values that go together.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(micros_of(*a)?.cmp(&micros_of(*b)?)),
        (Value::Quantity(_), Value::Money(_)) | (Value::Money(_), Value::Quantity(_)) => None,
        _ => Some(as_decimal(left)?.cmp(&as_decimal(right)?)),
    }
}

/// Whether two values are the same; names and texts of the same letters are.
pub fn same(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    let text = |v: &Value| match v {
        Value::Text(_) | Value::Name(_) | Value::Part(_) | Value::Party(_) | Value::Contract(_) | Value::Serial(_) | Value::Lot(_) => Some(v.to_string()),
        _ => None,
    };
    match (text(left), text(right)) {
        (Some(a), Some(b)) => a == b,
        _ => as_decimal(left).is_some() && compare(left, right) == Some(Ordering::Equal),
    }
}

/// A result as the kind of value that the operands call for.
fn as_kind_of(sample: &Value, number: Decimal) -> Result<Value, String> {
    match sample {
        Value::Quantity(_) => Quantity::from_decimal(number).map(Value::Quantity).map_err(|e| e.to_string()),
        Value::Money(_) => Money::round_decimal(number).map(Value::Money).map_err(|e| e.to_string()),
        _ => Ok(Value::Number(number)),
    }
}

/// `-x`
pub fn negate(value: &Value) -> Result<Value, String> {
    let number = as_decimal(value).ok_or_else(|| format!("`{value}` is not a number"))?;
    as_kind_of(value, -number)
}

/// To a whole number of units.
pub fn whole(value: &Value, how: Whole) -> Result<Value, String> {
    let number = as_decimal(value).ok_or_else(|| format!("`{value}` is not a number"))?;
    let rounded = match how {
        Whole::Down => number.floor(),
        Whole::Nearest => number.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
    };
    as_kind_of(value, rounded)
}

/// `+ - * /`
pub fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    if let Some(result) = in_time(op, left, right) {
        return result;
    }
    let unfit = || format!("`{left}` and `{right}` do not go together");
    let (a, b) = (as_decimal(left).ok_or_else(unfit)?, as_decimal(right).ok_or_else(unfit)?);
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide if b.is_zero() => return Err("division by zero".to_owned()),
        BinaryOp::Divide => a.checked_div(b),
        _ => return Err(unfit()),
    };
    let result = result.ok_or_else(|| "the result is too large".to_owned())?;
    let sample = match (op, left, right) {
        (BinaryOp::Multiply, Value::Quantity(_), Value::Money(_)) => right,
        (BinaryOp::Multiply | BinaryOp::Divide, Value::Money(_), Value::Quantity(_)) | (_, _, Value::Number(_)) => left,
        (BinaryOp::Divide, _, _) => return Ok(Value::Number(result)),
        (_, Value::Number(_), _) => right,
        (_, Value::Quantity(_), Value::Money(_)) | (_, Value::Money(_), Value::Quantity(_)) => return Err(unfit()),
        _ => left,
    };
    as_kind_of(sample, result)
}

/// Dates, times and durations; none where neither side is one.
fn in_time(op: BinaryOp, left: &Value, right: &Value) -> Option<Result<Value, String>> {
    let sign = match op {
        BinaryOp::Add => 1,
        BinaryOp::Subtract => -1,
        _ => 0,
    };
    let result = match (left, right) {
        (Value::Date(date), Value::Number(days)) if sign != 0 => days.to_i64().map(|d| Value::Date(date.plus_days(sign * d))),
        (Value::Date(date), Value::Duration(d)) if sign != 0 => days_of(*d).map(|days| Value::Date(date.plus_days(sign * days))),
        (Value::Time(at), Value::Duration(d)) if sign != 0 => micros_of(*d).map(|m| Value::Time(at.plus_micros(sign * m))),
        (Value::Date(a), Value::Date(b)) if sign == -1 => lasting(a.days_since(*b)),
        (Value::Time(a), Value::Time(b)) if sign == -1 => lasting(a.micros().saturating_sub(b.micros()) / MICROS_PER_DAY),
        (Value::Number(n), Value::Duration(d)) | (Value::Duration(d), Value::Number(n)) if op == BinaryOp::Multiply => {
            n.floor().to_u32().and_then(|n| d.count.checked_mul(n)).map(|count| Value::Duration(Duration { count, unit: d.unit }))
        }
        (Value::Date(_) | Value::Time(_) | Value::Duration(_), _) | (_, Value::Date(_) | Value::Time(_) | Value::Duration(_)) => None,
        _ => return None,
    };
    Some(result.ok_or_else(|| format!("`{left}` and `{right}` do not go together")))
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn lasting(days: i64) -> Option<Value> {
    u32::try_from(days).ok().map(|count| Value::Duration(Duration { count, unit: DurationUnit::Days }))
}

/// Plain days; working time needs a calendar and is only for deadlines.
fn days_of(duration: Duration) -> Option<i64> {
    match duration.unit {
        DurationUnit::Days => Some(i64::from(duration.count)),
        DurationUnit::Weeks => Some(i64::from(duration.count) * 7),
        _ => None,
    }
}

fn micros_of(duration: Duration) -> Option<i64> {
    match duration.unit {
        DurationUnit::Minutes => Some(i64::from(duration.count) * 60_000_000),
        DurationUnit::Hours => Some(i64::from(duration.count) * 3_600_000_000),
        _ => days_of(duration).map(|d| d * MICROS_PER_DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantity_times_rate_is_money_and_unlike_things_do_not_mix() {
        let quantity = Value::Quantity(Quantity::units(3));
        let rate = Value::Money("6500".parse().unwrap());
        assert_eq!(arithmetic(BinaryOp::Multiply, &quantity, &rate).unwrap().to_string(), "19500.00");
        assert_eq!(arithmetic(BinaryOp::Multiply, &rate, &quantity).unwrap().to_string(), "19500.00");
        assert!(arithmetic(BinaryOp::Add, &quantity, &rate).is_err());
        assert_eq!(compare(&quantity, &rate), None);
        assert_eq!(arithmetic(BinaryOp::Add, &quantity, &Value::Number(2.into())).unwrap(), Value::Quantity(Quantity::units(5)));
        assert_eq!(arithmetic(BinaryOp::Divide, &quantity, &quantity).unwrap(), Value::Number(1.into()));
        assert!(arithmetic(BinaryOp::Divide, &quantity, &Value::Number(0.into())).is_err());
    }
}
