//! The functions that rules may call: this list and no other. Nothing here reads a clock, a file or chance.
//!
//! rhai's own packages are not loaded, so whatever is not in [`FUNCTIONS`] does not exist. Must not know layers or
//! files. Tests: below and `tests/`.

use std::ops::Deref;

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Module, NativeCallContext};
use rust_decimal::{Decimal, RoundingStrategy};

use super::operator::{Operator, apply, order};
use super::value::{Item, Outcome, Unit, absent, complain, in_unit, number, show};
use crate::base::Date;

type Arguments<'a, 'b> = &'a mut [&'b mut Dynamic];
type Body = fn(&NativeCallContext, Arguments) -> Outcome;

/// A function that rules may call, as `name(a, b)` or `a.name(b)`.
pub(super) struct Function {
    pub name: &'static str,
    pub arity: usize,
    /// What it answers: `number`, `quantity`, `money`, `text`, `yes or no`, `date`, `list`, `same` (what its first
    /// argument is), `either` (what its arguments are), `item` (of its list, if there is one) or `any`.
    pub answers: &'static str,
    body: Body,
}

const fn function(name: &'static str, arity: usize, answers: &'static str, body: Body) -> Function {
    Function { name, arity, answers, body }
}

/// Longest list that a rule may make, counting what is inside its items. It also bounds how deep lists nest, and so how
/// much stack it takes to measure and drop them: 2,500 levels overflow a stack of 2 MiB in a debug build.
pub(super) const LONGEST_LIST: usize = 1_000;

pub(super) const FUNCTIONS: &[Function] = &[
    function("has", 1, "yes or no", |_, a| Ok((!arg(a, 0).is_unit()).into())),
    // numbers
    function("min", 2, "either", |_, a| extreme(arg(a, 0), arg(a, 1), Operator::LessOrEqual)),
    function("max", 2, "either", |_, a| extreme(arg(a, 0), arg(a, 1), Operator::MoreOrEqual)),
    function("abs", 1, "same", |_, a| rounded(a, |n| n.abs())),
    function("floor", 1, "same", |_, a| rounded(a, |n| n.floor())),
    function("ceil", 1, "same", |_, a| rounded(a, |n| n.ceil())),
    function("round", 1, "same", |_, a| rounded(a, |n| n.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))),
    function("round", 2, "same", |_, a| {
        let places = places(arg(a, 1))?;
        rounded(a, |n| n.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero))
    }),
    function("number", 1, "number", |_, a| Ok(number(decimal("number", arg(a, 0))?.1))),
    function("quantity", 1, "quantity", |_, a| unit("quantity", arg(a, 0), Unit::Quantity)),
    function("money", 1, "money", |_, a| unit("money", arg(a, 0), Unit::Money)),
    // dates
    function("date", 1, "date", |_, a| {
        let written = text("date", arg(a, 0))?;
        written.parse::<Date>().map(Dynamic::from).map_err(|_| complain(format!("`{written}` is not a date: write it like `date(\"2026-04-30\")`")))
    }),
    function("days_between", 2, "number", |_, a| Ok(Dynamic::from_int(day("days_between", arg(a, 1))?.days_since(day("days_between", arg(a, 0))?)))),
    function("year", 1, "number", |_, a| Ok(Dynamic::from_int(day("year", arg(a, 0))?.0.year().into()))),
    function("month", 1, "number", |_, a| Ok(Dynamic::from_int(day("month", arg(a, 0))?.0.month().into()))),
    function("day", 1, "number", |_, a| Ok(Dynamic::from_int(day("day", arg(a, 0))?.0.day().into()))),
    function("weekday", 1, "number", |_, a| Ok(Dynamic::from_int(day("weekday", arg(a, 0))?.0.weekday().to_monday_one_offset().into()))),
    // text
    function("text", 1, "text", |_, a| if arg(a, 0).is_unit() { Err(absent(0)) } else { Ok(show(arg(a, 0)).into()) }),
    function("to_string", 1, "text", |_, a| Ok(show(arg(a, 0)).into())),
    function("to_upper", 1, "text", |_, a| Ok(text("to_upper", arg(a, 0))?.to_uppercase().into())),
    function("to_lower", 1, "text", |_, a| Ok(text("to_lower", arg(a, 0))?.to_lowercase().into())),
    function("trim", 1, "text", |_, a| Ok(text("trim", arg(a, 0))?.trim().to_owned().into())),
    function("starts_with", 2, "yes or no", |_, a| Ok(text("starts_with", arg(a, 0))?.starts_with(text("starts_with", arg(a, 1))?.as_str()).into())),
    function("ends_with", 2, "yes or no", |_, a| Ok(text("ends_with", arg(a, 0))?.ends_with(text("ends_with", arg(a, 1))?.as_str()).into())),
    function("split", 2, "list", |_, a| {
        let (whole, by) = (text("split", arg(a, 0))?, text("split", arg(a, 1))?);
        listed(whole.split(by.as_str()).map(|s| Dynamic::from(ImmutableString::from(s))).collect())
    }),
    function("join", 2, "text", |_, a| {
        let by = text("join", arg(a, 1))?;
        Ok(items("join", arg(a, 0))?.iter().map(show).collect::<Vec<_>>().join(by.as_str()).into())
    }),
    // lists, and text where it makes sense
    function("len", 1, "number", |_, a| match Item::of(arg(a, 0)) {
        Item::Text(t) => Ok(number(Decimal::from(t.chars().count()))),
        _ => Ok(number(Decimal::from(items("len", arg(a, 0))?.len()))),
    }),
    function("is_empty", 1, "yes or no", |_, a| match Item::of(arg(a, 0)) {
        Item::Text(t) => Ok(t.is_empty().into()),
        _ => Ok(items("is_empty", arg(a, 0))?.is_empty().into()),
    }),
    function("contains", 2, "yes or no", |_, a| match (Item::of(arg(a, 0)), Item::of(arg(a, 1))) {
        (Item::Text(whole), Item::Text(part)) => Ok(whole.contains(part.as_str()).into()),
        _ => Ok(position("contains", arg(a, 0), arg(a, 1))?.is_some().into()),
    }),
    function("index_of", 2, "any", |_, a| Ok(position("index_of", arg(a, 0), arg(a, 1))?.map_or(Dynamic::UNIT, |i| number(Decimal::from(i))))),
    function("first", 1, "item", |_, a| Ok(items("first", arg(a, 0))?.first().cloned().unwrap_or(Dynamic::UNIT))),
    function("last", 1, "item", |_, a| Ok(items("last", arg(a, 0))?.last().cloned().unwrap_or(Dynamic::UNIT))),
    function("sum", 1, "any", |_, a| items("sum", arg(a, 0))?.iter().try_fold(Dynamic::from_int(0), |sum, item| apply(Operator::Add, &sum, item))),
    function("push", 2, "any", |_, a| {
        let mut items = list("push", arg(a, 0))?;
        items.push(arg(a, 1).clone());
        if let Some(target) = a.first_mut() {
            **target = listed(items)?;
        }
        Ok(Dynamic::UNIT)
    }),
    function("reverse", 1, "list", |_, a| listed(list("reverse", arg(a, 0))?.into_iter().rev().collect())),
    function("unique", 1, "list", |_, a| {
        let mut kept = Array::new();
        for item in list("unique", arg(a, 0))? {
            if find(&kept, &item)?.is_none() {
                kept.push(item);
            }
        }
        listed(kept)
    }),
    function("sort", 1, "list", |_, a| {
        let items = list("sort", arg(a, 0))?;
        sorted(items.clone(), items)
    }),
    function("sort_by", 2, "list", |ctx, a| {
        let items = list("sort_by", arg(a, 0))?;
        let keys = mapped(ctx, "sort_by", &items, arg(a, 1))?;
        sorted(keys, items)
    }),
    function("filter", 2, "list", |ctx, a| {
        let items = list("filter", arg(a, 0))?;
        let kept = tests(ctx, "filter", &items, arg(a, 1))?;
        listed(items.into_iter().zip(kept).filter(|(_, keep)| *keep).map(|(item, _)| item).collect())
    }),
    function("map", 2, "list", |ctx, a| listed(mapped(ctx, "map", &list("map", arg(a, 0))?, arg(a, 1))?)),
    function("any", 2, "yes or no", |ctx, a| Ok(tests(ctx, "any", &list("any", arg(a, 0))?, arg(a, 1))?.contains(&true).into())),
    function("all", 2, "yes or no", |ctx, a| Ok((!tests(ctx, "all", &list("all", arg(a, 0))?, arg(a, 1))?.contains(&false)).into())),
    function("find", 2, "item", |ctx, a| {
        let items = list("find", arg(a, 0))?;
        let found = tests(ctx, "find", &items, arg(a, 1))?.into_iter().position(|t| t);
        Ok(found.and_then(|i| items.get(i).cloned()).unwrap_or(Dynamic::UNIT))
    }),
];

/// The functions of a name.
pub(super) fn named(name: &str) -> impl Iterator<Item = &'static Function> + '_ {
    FUNCTIONS.iter().filter(move |f| f.name == name)
}

/// Puts the functions, and what `for` can go over, into an engine.
pub(super) fn register(engine: &mut Engine) {
    let any = std::any::TypeId::of::<Dynamic>();
    for function in FUNCTIONS {
        let body = function.body;
        engine.register_raw_fn(function.name, vec![any; function.arity], move |ctx, args| body(&ctx, args));
    }
    let mut walks = Module::new();
    walks.set_iterable::<Array>();
    walks.set_iterator::<std::ops::Range<i64>>();
    walks.set_iterator::<std::ops::RangeInclusive<i64>>();
    engine.register_global_module(walks.into());
}

fn arg<'a>(args: &'a [&mut Dynamic], n: usize) -> &'a Dynamic {
    static NONE: Dynamic = Dynamic::UNIT;
    args.get(n).map_or(&NONE, |a| &**a)
}

fn wrong(function: &str, needs: &str, got: &Dynamic) -> Box<rhai::EvalAltResult> {
    if got.is_unit() { absent(0) } else { complain(format!("`{function}` needs {needs}, and this is {}", Item::of(got).kind())) }
}

fn decimal(function: &str, value: &Dynamic) -> Result<(Unit, Decimal), Box<rhai::EvalAltResult>> {
    match Item::of(value) {
        Item::Decimal(unit, n) => Ok((unit, n)),
        _ => Err(wrong(function, "a number", value)),
    }
}

fn text(function: &str, value: &Dynamic) -> Result<ImmutableString, Box<rhai::EvalAltResult>> {
    match Item::of(value) {
        Item::Text(text) => Ok(text),
        _ => Err(wrong(function, "text", value)),
    }
}

fn day(function: &str, value: &Dynamic) -> Result<Date, Box<rhai::EvalAltResult>> {
    match Item::of(value) {
        Item::Date(date) => Ok(date),
        _ => Err(wrong(function, "a date", value)),
    }
}

fn list(function: &str, value: &Dynamic) -> Result<Array, Box<rhai::EvalAltResult>> {
    value.flatten_clone().into_array().map_err(|_| wrong(function, "a list", value))
}

/// A list to look into, without a copy of it.
fn items<'v>(function: &str, value: &'v Dynamic) -> Result<impl Deref<Target = Array> + use<'v>, Box<rhai::EvalAltResult>> {
    value.as_array_ref().map_err(|_| wrong(function, "a list", value))
}

/// Two lists in one.
pub(super) fn joined(first: &Dynamic, second: &Dynamic) -> Outcome {
    let mut items = list("+", first)?;
    items.extend(list("+", second)?);
    listed(items)
}

fn listed(items: Array) -> Outcome {
    if items.len() > LONGEST_LIST { Err(complain(format!("the list grows beyond {LONGEST_LIST} items"))) } else { Ok(Dynamic::from_array(items)) }
}

fn places(value: &Dynamic) -> Result<u32, Box<rhai::EvalAltResult>> {
    value.as_int().ok().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 28).ok_or_else(|| complain("`round` needs a number of decimals from 0 to 28"))
}

fn rounded(args: &[&mut Dynamic], by: impl Fn(Decimal) -> Decimal) -> Outcome {
    let (unit, n) = decimal("rounding", arg(args, 0))?;
    Ok(in_unit(unit, by(n)))
}

/// Gives a plain number a unit. Giving money the unit of quantities is a mistake.
fn unit(function: &str, value: &Dynamic, unit: Unit) -> Outcome {
    match decimal(function, value)? {
        (found, n) if found == Unit::Plain || found == unit => Ok(in_unit(unit, n)),
        _ => Err(wrong(function, "a plain number: `number(x)` drops a unit", value)),
    }
}

fn extreme(a: &Dynamic, b: &Dynamic, wins: Operator) -> Outcome {
    let left = apply(wins, a, b)?.as_bool().unwrap_or(false);
    // `min(2, quantity)` is a quantity, whichever of the two it is.
    let (won, lost) = if left { (a, b) } else { (b, a) };
    match (Item::of(won), Item::of(lost)) {
        (Item::Decimal(Unit::Plain, n), Item::Decimal(unit, _)) => Ok(in_unit(unit, n)),
        _ => Ok(won.clone()),
    }
}

fn find(items: &[Dynamic], wanted: &Dynamic) -> Result<Option<usize>, Box<rhai::EvalAltResult>> {
    for (i, item) in items.iter().enumerate() {
        if apply(Operator::Equal, item, wanted)?.as_bool().unwrap_or(false) {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn position(function: &str, whole: &Dynamic, wanted: &Dynamic) -> Result<Option<usize>, Box<rhai::EvalAltResult>> {
    if wanted.is_unit() {
        return Err(absent(1));
    }
    find(&items(function, whole)?, wanted)
}

fn mapped(ctx: &NativeCallContext, function: &str, items: &[Dynamic], with: &Dynamic) -> Result<Array, Box<rhai::EvalAltResult>> {
    let with = with.clone().try_cast::<FnPtr>().ok_or_else(|| complain(format!("`{function}` needs a condition such as `|x| x > 1`")))?;
    items.iter().map(|item| with.call_within_context::<Dynamic>(ctx, (item.clone(),))).collect()
}

fn tests(ctx: &NativeCallContext, function: &str, items: &[Dynamic], with: &Dynamic) -> Result<Vec<bool>, Box<rhai::EvalAltResult>> {
    let answers = mapped(ctx, function, items, with)?;
    answers
        .iter()
        .map(|v| v.as_bool().map_err(|_| complain(format!("the condition of `{function}` must answer yes or no, and answers {}", Item::of(v).kind()))))
        .collect()
}

/// Items in the order of their keys; equal keys keep the order they had. Keys are compared once, outside the sort, so
/// that no comparison can fail or be inconsistent in the middle of it.
fn sorted(keys: Array, items: Array) -> Outcome {
    if let Some(first) = keys.first() {
        for key in &keys {
            order(first, key)?;
        }
    }
    let mut paired: Vec<(Dynamic, Dynamic)> = keys.into_iter().zip(items).collect();
    paired.sort_by(|(a, _), (b, _)| order(a, b).unwrap_or(std::cmp::Ordering::Equal));
    listed(paired.into_iter().map(|(_, item)| item).collect())
}
