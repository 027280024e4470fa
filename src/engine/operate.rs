//! Arithmetic and order on values: exact, and only between values that go together.
//!
//! Must not know documents. Tests: below.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::base::{Money, Quantity};
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
    if let (Value::Date(date), Value::Number(days)) = (left, right) {
        return dated(op, *date, *days);
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

fn dated(op: BinaryOp, date: crate::base::Date, days: Decimal) -> Result<Value, String> {
    use rust_decimal::prelude::ToPrimitive;
    let days = days.to_i64().ok_or_else(|| format!("`{days}` is not a number of days"))?;
    match op {
        BinaryOp::Add => Ok(Value::Date(date.plus_days(days))),
        BinaryOp::Subtract => Ok(Value::Date(date.plus_days(-days))),
        _ => Err(format!("`{date}` and `{days}` do not go together")),
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
