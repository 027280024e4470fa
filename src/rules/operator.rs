//! The operators of rules: strict, exact, and with units. What does not fit is a mistake, never silently false.
//!
//! They replace all of rhai's own. Must not know layers or files. Tests: below.

use std::cmp::Ordering;

use rhai::{Dynamic, Engine};
use rust_decimal::Decimal;

use super::library;
use super::value::{Complaint, Item, Outcome, Unit, absent, complain, in_unit, number, raise, show};
use crate::base::Date;
use crate::domain::{Record, Value};

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

pub(super) const OPERATORS: [(&str, Operator); 11] = [
    ("+", Operator::Add),
    ("-", Operator::Subtract),
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("%", Operator::Remainder),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::More),
    (">=", Operator::MoreOrEqual),
];

impl Operator {
    pub(super) fn from_symbol(symbol: &str) -> Option<Self> {
        OPERATORS.iter().find(|(s, _)| *s == symbol).map(|(_, op)| *op)
    }

    pub(super) const fn compares(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual | Self::Less | Self::LessOrEqual | Self::More | Self::MoreOrEqual)
    }

    pub(super) const fn orders(self) -> bool {
        self.compares() && !matches!(self, Self::Equal | Self::NotEqual)
    }

    const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::More => order.is_gt(),
            _ => order.is_ge(),
        }
    }
}

/// Applies an operator, or says in an analyst's words why it cannot be applied.
pub(super) fn apply(op: Operator, left: &Dynamic, right: &Dynamic) -> Outcome {
    if let (Ok(a), Ok(b)) = (left.as_int(), right.as_int())
        && let Some(done) = whole(op, a, b)
    {
        return Ok(done);
    }
    // Nearly all else that rules compare is text: without a copy of either.
    if op.compares()
        && let (Ok(a), Ok(b)) = (left.as_immutable_string_ref(), right.as_immutable_string_ref())
    {
        return Ok(op.holds(a.as_str().cmp(b.as_str())).into());
    }
    match (Item::of(left), Item::of(right)) {
        (Item::Absent, _) => Err(absent(0)),
        (_, Item::Absent) => Err(absent(1)),
        (Item::Decimal(u, a), Item::Decimal(v, b)) => decimals(op, (u, a), (v, b)),
        (Item::Text(a), b) if op == Operator::Add && joins(&b) => Ok(Dynamic::from(format!("{a}{}", show(right)))),
        (a, Item::Text(b)) if op == Operator::Add && joins(&a) => Ok(Dynamic::from(format!("{}{b}", show(left)))),
        (Item::Text(a), Item::Text(b)) if op.compares() => Ok(op.holds(a.as_str().cmp(b.as_str())).into()),
        (Item::YesNo(a), Item::YesNo(b)) if op.compares() && !op.orders() => Ok(op.holds(a.cmp(&b)).into()),
        (Item::Date(a), Item::Date(b)) if op.compares() => Ok(op.holds(a.cmp(&b)).into()),
        (Item::Date(a), Item::Date(b)) if op == Operator::Subtract => Ok(Dynamic::from_int(a.days_since(b))),
        (Item::Date(a), Item::Decimal(Unit::Plain, days)) if matches!(op, Operator::Add | Operator::Subtract) => shift(a, days, op == Operator::Subtract),
        (Item::Time(a), Item::Time(b)) if op.compares() => Ok(op.holds(a.cmp(&b)).into()),
        (Item::Duration(a), Item::Duration(b)) if op.compares() && !op.orders() => Ok(op.holds(if a == b { Ordering::Equal } else { Ordering::Less }).into()),
        (Item::List, Item::List) if op == Operator::Add => library::joined(left, right),
        (a, b) => coded(op, &a, &b).unwrap_or_else(|| Err(unlike(op, &a.kind(), &b.kind()))),
    }
}

/// Whole numbers, where the result is whole: the common case, without decimals in between.
fn whole(op: Operator, a: i64, b: i64) -> Option<Dynamic> {
    match op {
        Operator::Add => a.checked_add(b).map(Dynamic::from_int),
        Operator::Subtract => a.checked_sub(b).map(Dynamic::from_int),
        Operator::Multiply => a.checked_mul(b).map(Dynamic::from_int),
        Operator::Divide | Operator::Remainder => None,
        _ => Some(op.holds(a.cmp(&b)).into()),
    }
}

fn decimals(op: Operator, (u, a): (Unit, Decimal), (v, b): (Unit, Decimal)) -> Outcome {
    let unit = unit_of(op, u, v).ok_or_else(|| unlike(op, u.in_words(), v.in_words()))?;
    let value = match op {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Remainder if b.is_zero() => return Err(complain("division by zero: ask whether it is zero first")),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
        _ => return Ok(op.holds(a.cmp(&b)).into()),
    };
    value.map(|value| in_unit(unit, value)).ok_or_else(|| complain("the result is too large to be exact"))
}

/// The unit of a result; nothing where the units do not go together. A plain number takes the unit of what it stands beside.
pub(super) fn unit_of(op: Operator, left: Unit, right: Unit) -> Option<Unit> {
    use Unit::{Money, Plain, Quantity};
    match (op, left, right) {
        (Operator::Multiply, Plain, unit) | (Operator::Multiply | Operator::Divide, unit, Plain) => Some(unit),
        (Operator::Multiply, Quantity, Money) | (Operator::Multiply, Money, Quantity) | (Operator::Divide, Money, Quantity) => Some(Money),
        (Operator::Multiply, _, _) => None,
        (Operator::Divide, a, b) => (a == b).then_some(Plain),
        (_, Plain, unit) | (_, unit, Plain) => Some(unit),
        (_, a, b) => (a == b).then_some(a),
    }
}

fn unlike(op: Operator, left: &str, right: &str) -> Box<rhai::EvalAltResult> {
    raise(Complaint { message: misfit(op, (left, right), (None, None)), absent: None, unlike: Some((op, left.to_owned(), right.to_owned())) })
}

/// Part, party or contract beside a code or beside another record of the same kind: their codes are compared.
fn coded(op: Operator, left: &Item, right: &Item) -> Option<Outcome> {
    if !op.compares() || op.orders() {
        return None;
    }
    let code = |record: &Record| record.fields.get("code").map(Value::to_string);
    let order = match (left, right) {
        (Item::Record(a), Item::Record(b)) if a.kind == b.kind => code(a)?.cmp(&code(b)?),
        (Item::Record(a), Item::Text(b)) => code(a)?.as_str().cmp(b.as_str()),
        (Item::Text(a), Item::Record(b)) => a.as_str().cmp(code(b)?.as_str()),
        _ => return None,
    };
    Some(Ok(op.holds(order).into()))
}

const fn joins(item: &Item) -> bool {
    !matches!(item, Item::Absent | Item::List | Item::Map | Item::Other)
}

fn shift(date: Date, days: Decimal, back: bool) -> Outcome {
    use rust_decimal::prelude::ToPrimitive;
    let days = days.fract().is_zero().then(|| days.to_i64()).flatten().filter(|d| d.abs() <= 4_000_000);
    let days = days.ok_or_else(|| complain("a date moves by whole days"))?;
    Ok(Dynamic::from(date.plus_days(if back { -days } else { days })))
}

/// Why two kinds of value do not go together; each is named where it has a name.
pub(super) fn misfit(op: Operator, (a, b): (&str, &str), names: (Option<String>, Option<String>)) -> String {
    let named = |kind: &str, name: Option<String>| name.map_or_else(|| kind.to_owned(), |name| format!("`{name}` ({kind})"));
    let alike = a == b;
    let lists = a == "a list" || b == "a list";
    let (a, b) = (named(a, names.0), named(b, names.1));
    match op {
        _ if op.orders() && alike => format!("{a} cannot be ordered"),
        _ if op.compares() && lists => "lists are not compared: ask `list.contains(x)`, or compare what is in them".into(),
        _ if op.compares() => format!("{a} cannot be compared with {b}"),
        Operator::Add => format!("{a} and {b} cannot be added"),
        Operator::Subtract => format!("{b} cannot be subtracted from {a}"),
        Operator::Multiply => format!("{a} cannot be multiplied by {b}"),
        _ => format!("{a} cannot be divided by {b}"),
    }
}

/// `-x` and `!x`.
fn unary(symbol: char, value: &Dynamic) -> Outcome {
    match (symbol, Item::of(value)) {
        (_, Item::Absent) => Err(absent(0)),
        ('-', Item::Decimal(unit, n)) => Ok(in_unit(unit, -n)),
        ('!', Item::YesNo(b)) => Ok((!b).into()),
        ('!', other) => Err(complain(format!("`!` turns yes into no, and this is {}", other.kind()))),
        (_, other) => Err(complain(format!("`-` needs a number, and this is {}", other.kind()))),
    }
}

/// How two values that must be comparable stand to each other.
pub(super) fn order(left: &Dynamic, right: &Dynamic) -> Result<Ordering, Box<rhai::EvalAltResult>> {
    let yes = |op| apply(op, left, right).map(|v| v.as_bool().unwrap_or(false));
    Ok(if yes(Operator::Less)? {
        Ordering::Less
    } else if yes(Operator::Equal)? {
        Ordering::Equal
    } else {
        Ordering::Greater
    })
}

/// Puts the operators into an engine, for values of every type.
pub(super) fn register(engine: &mut Engine) {
    let any = std::any::TypeId::of::<Dynamic>();
    for (symbol, op) in OPERATORS {
        engine.register_raw_fn(symbol, [any, any], move |_, args| match args {
            [left, right] => apply(op, left, right),
            _ => Ok(Dynamic::UNIT),
        });
        if !op.compares() {
            engine.register_raw_fn(format!("{symbol}="), [any, any], move |_, args| {
                if let [left, right] = args {
                    **left = apply(op, left, right)?;
                }
                Ok(Dynamic::UNIT)
            });
        }
    }
    for symbol in ['-', '!'] {
        engine.register_raw_fn(symbol.to_string(), [any], move |_, args| match args {
            [value] => unary(symbol, value),
            _ => Ok(number(Decimal::ZERO)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::value::{Amount, Qty};
    use rhai::EvalAltResult;

    fn eval(text: &str) -> Result<String, String> {
        let mut engine = Engine::new_raw();
        engine.set_fast_operators(false).set_optimization_level(rhai::OptimizationLevel::None);
        register(&mut engine);
        let mut scope = rhai::Scope::new();
        scope.push("q", Qty("2.5".parse().unwrap())).push("m", Amount("10.00".parse().unwrap()));
        scope.push("d", "2026-03-30".parse::<Date>().unwrap()).push("none", ());
        engine.eval_with_scope::<Dynamic>(&mut scope, text).map(|v| format!("{}: {}", show(&v), Item::of(&v).kind())).map_err(|e| match *e {
            EvalAltResult::ErrorRuntime(v, _) => v.cast::<Complaint>().message,
            other => other.to_string(),
        })
    }

    #[test]
    fn units_travel_and_never_mix() {
        for (text, expected) in [
            ("q + 2", "4.5: a quantity"),
            ("2 * q", "5: a quantity"),
            ("q / 2", "1.25: a quantity"),
            ("q / q", "1: a number"),
            ("m * q", "25.00: money"),
            ("m / q", "4.00: money"),
            ("7 / 2", "3.5: a number"),
            ("0.1 + 0.2 == 0.3", "yes: yes or no"),
            ("d + 2", "2026-04-01: a date"),
            ("d - d", "0: a number"),
            ("q > 2 && m <= 10", "yes: yes or no"),
            ("\"a\" + q", "a2.5: text"),
            ("-q", "-2.5: a quantity"),
            ("[1] + [2]", "[1, 2]: a list"),
            ("let x = 1; x /= 2; x += q; x", "3: a quantity"),
        ] {
            assert_eq!(eval(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_a_mistake_and_never_silently_false() {
        for (text, message) in [
            ("q + m", "a quantity and money cannot be added"),
            ("q < m", "a quantity cannot be compared with money"),
            ("1 < \"a\"", "a number cannot be compared with text"),
            ("1 == \"1\"", "a number cannot be compared with text"),
            ("1 != true", "a number cannot be compared with yes or no"),
            ("none > 1", "a value is absent here: ask `has(…)` before using it"),
            ("q * q", "a quantity cannot be multiplied by a quantity"),
            ("true < false", "yes or no cannot be ordered"),
            ("1 / 0", "division by zero: ask whether it is zero first"),
            ("d + 0.5", "a date moves by whole days"),
            ("9223372036854775807 * 9223372036854775807 * 9223372036854775807", "the result is too large to be exact"),
            ("[1] == [1]", "lists are not compared: ask `list.contains(x)`, or compare what is in them"),
            ("!q", "`!` turns yes into no, and this is a quantity"),
        ] {
            assert_eq!(eval(text), Err(message.to_owned()), "{text}");
        }
    }
}
