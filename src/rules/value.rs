//! Values as rules see them: exact numbers with their unit, read-only records, plain text for every name and code.
//!
//! Must not know layers or files. Tests: `operator.rs`, `tests/`.

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, ImmutableString, Position};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::operator::Operator;
use crate::base::{Date, Duration, Timestamp, suggest};
use crate::domain::{Record, Value};

/// A quantity inside a rule: exact to 28 digits, rounded only where the rule says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Qty(pub Decimal);

/// Money inside a rule, like [`Qty`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount(pub Decimal);

/// A record that a rule can read and not change.
#[derive(Debug, Clone)]
pub(super) struct Rec(pub Arc<Record>);

/// What a decimal counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Plain,
    Quantity,
    Money,
}

impl Unit {
    /// What it is, in words that fit after "is".
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Plain => "a number",
            Self::Quantity => "a quantity",
            Self::Money => "money",
        }
    }
}

/// A value taken out of its box, to compute with.
pub(super) enum Item {
    Absent,
    YesNo(bool),
    Decimal(Unit, Decimal),
    Text(ImmutableString),
    Date(Date),
    Time(Timestamp),
    Duration(Duration),
    Record(Arc<Record>),
    List,
    Map,
    Other,
}

/// A mistake of the script, in an analyst's words. Travels through rhai as the value of a run-time error, so that
/// it is told apart from what a script throws itself.
#[derive(Debug, Clone)]
pub(super) struct Complaint {
    pub message: String,
    /// Which operand or argument is absent, where that is the mistake.
    pub absent: Option<usize>,
    /// The operator and the kinds of its operands, where those do not go together.
    pub unlike: Option<(Operator, String, String)>,
}

pub(super) type Outcome = Result<Dynamic, Box<EvalAltResult>>;

pub(super) fn complain(message: impl Into<String>) -> Box<EvalAltResult> {
    raise(Complaint { message: message.into(), absent: None, unlike: None })
}

pub(super) fn raise(complaint: Complaint) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(complaint), Position::NONE))
}

pub(super) fn absent(operand: usize) -> Box<EvalAltResult> {
    raise(Complaint { message: "a value is absent here: ask `has(…)` before using it".into(), absent: Some(operand), unlike: None })
}

impl Item {
    pub(super) fn of(value: &Dynamic) -> Self {
        if value.is_shared() {
            return Self::of(&value.flatten_clone());
        }
        if let Ok(text) = value.as_immutable_string_ref() {
            return Self::Text(text.clone());
        }
        if let Ok(n) = value.as_int() {
            return Self::Decimal(Unit::Plain, Decimal::from(n));
        }
        if let Some(q) = value.read_lock::<Qty>() {
            return Self::Decimal(Unit::Quantity, q.0);
        }
        if let Some(m) = value.read_lock::<Amount>() {
            return Self::Decimal(Unit::Money, m.0);
        }
        if let Some(rec) = value.read_lock::<Rec>() {
            return Self::Record(Arc::clone(&rec.0));
        }
        Self::of_rarer(value)
    }

    fn of_rarer(value: &Dynamic) -> Self {
        if value.is_unit() {
            Self::Absent
        } else if let Ok(b) = value.as_bool() {
            Self::YesNo(b)
        } else if let Ok(d) = value.as_decimal() {
            Self::Decimal(Unit::Plain, d)
        } else if let Some(date) = value.read_lock::<Date>() {
            Self::Date(*date)
        } else if value.is_array() {
            Self::List
        } else if value.is_map() {
            Self::Map
        } else if let Some(time) = value.read_lock::<Timestamp>() {
            Self::Time(*time)
        } else if let Some(duration) = value.read_lock::<Duration>() {
            Self::Duration(*duration)
        } else if let Ok(c) = value.as_char() {
            Self::Text(c.to_string().into())
        } else {
            Self::Other
        }
    }

    /// What it is, in words that fit after "is".
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Absent => "absent".into(),
            Self::YesNo(_) => "yes or no".into(),
            Self::Decimal(unit, _) => unit.in_words().into(),
            Self::Text(_) => "text".into(),
            Self::Date(_) => "a date".into(),
            Self::Time(_) => "a point in time".into(),
            Self::Duration(_) => "a duration".into(),
            Self::Record(record) => with_article(record.kind.as_str()),
            Self::List => "a list".into(),
            Self::Map => "a record".into(),
            Self::Other => "a function".into(),
        }
    }
}

/// `a lot`, `an offer`.
pub(super) fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// A plain number: whole ones as integers, so that they can index and count.
pub(super) fn number(value: Decimal) -> Dynamic {
    match value.to_i64() {
        Some(whole) if value.fract().is_zero() => Dynamic::from_int(whole),
        _ => Dynamic::from_decimal(value.normalize()),
    }
}

/// A decimal in its unit.
pub(super) fn in_unit(unit: Unit, value: Decimal) -> Dynamic {
    match unit {
        Unit::Plain => number(value),
        Unit::Quantity => Dynamic::from(Qty(value)),
        Unit::Money => Dynamic::from(Amount(value)),
    }
}

/// A value of the engine as rules see it. Names, codes and references are plain text.
pub(super) fn to_script(value: &Value) -> Dynamic {
    let text = |t: &str| Dynamic::from(ImmutableString::from(t));
    match value {
        Value::Absent => Dynamic::UNIT,
        Value::YesNo(b) => Dynamic::from_bool(*b),
        Value::Number(n) => number(*n),
        Value::Quantity(q) => Dynamic::from(Qty(q.to_decimal())),
        Value::Money(m) => Dynamic::from(Amount(m.to_decimal())),
        Value::Text(t) => text(t),
        Value::Date(d) => Dynamic::from(*d),
        Value::Time(t) => Dynamic::from(*t),
        Value::Duration(d) => Dynamic::from(*d),
        Value::Name(n) => text(n.as_str()),
        Value::Part(p) => text(p.as_str()),
        Value::Party(p) => text(p.as_str()),
        Value::Contract(c) => text(c.as_str()),
        Value::Lot(l) => text(l.as_str()),
        Value::Serial(s) => text(s.as_str()),
        Value::Sodo(s) => text(&s.to_string()),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_script).collect()),
        Value::Record(record) => Dynamic::from(Rec(Arc::clone(record))),
    }
}

/// The answer of a lower layer as `base(…)` gives it: a record that the override may change and pass on.
pub(super) fn to_open_record(value: &Value) -> Dynamic {
    match value {
        Value::Record(record) => Dynamic::from_map(record.fields.iter().map(|(name, value)| (name.as_str().into(), to_script(value))).collect()),
        other => to_script(other),
    }
}

/// A property of any value: `lot.days_left`.
pub(super) fn property(value: &Dynamic, name: &str) -> Outcome {
    // Nearly all that a rule looks at is a record that has it.
    if let Some(found) = value.read_lock::<Rec>().and_then(|rec| rec.0.fields.get(name).map(to_script)) {
        return Ok(found);
    }
    match Item::of(value) {
        Item::Record(record) => match record.fields.get(name) {
            Some(found) => Ok(to_script(found)),
            None => Err(complain(no_property(name, &with_article(record.kind.as_str()), record.fields.keys().map(crate::base::Name::as_str)))),
        },
        Item::Absent => Err(absent(0)),
        Item::Text(text) => Err(complain(format!("text has no properties: `{text}` is a name or a code, and `{name}` cannot be asked of it"))),
        other => Err(complain(format!("`{name}` cannot be asked here: this is {}, which has no properties", other.kind()))),
    }
}

/// ``` `onhand` is not a property of a lot; did you mean `on_hand`? ```
pub(super) fn no_property<'a>(name: &str, of: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let hint = suggest::did_you_mean(name, known).map(|h| format!("; {h}")).unwrap_or_default();
    format!("`{name}` is not a property of {of}{hint}")
}

/// A value as a message shows it.
pub(super) fn show(value: &Dynamic) -> String {
    match Item::of(value) {
        Item::Absent => "nothing".into(),
        Item::YesNo(b) => (if b { "yes" } else { "no" }).into(),
        Item::Decimal(Unit::Money, n) if n.normalize().scale() <= 2 => format!("{n:.2}"),
        Item::Decimal(_, n) => n.normalize().to_string(),
        Item::Text(text) => text.to_string(),
        Item::Date(date) => date.to_string(),
        Item::Time(time) => time.to_string(),
        Item::Duration(duration) => duration.to_string(),
        Item::Record(record) => record.fields.get("code").map_or_else(|| record.kind.to_string(), Value::to_string),
        Item::List => {
            let items = value.as_array_ref().map(|list| list.iter().map(show).collect::<Vec<_>>()).unwrap_or_default();
            format!("[{}]", items.join(", "))
        }
        Item::Map => {
            let fields = value.as_map_ref().map(|map| map.iter().map(|(k, v)| format!("{k}: {}", show(v))).collect::<Vec<_>>()).unwrap_or_default();
            format!("#{{ {} }}", fields.join(", "))
        }
        Item::Other => "a function".into(),
    }
}

/// A value as a fault quotes it: short, with its kind where the text alone would not tell.
pub(super) fn quote(value: &Dynamic) -> String {
    let mut shown: String = show(value);
    if shown.chars().count() > 60 {
        shown = shown.chars().take(57).chain("…".chars()).collect();
    }
    match Item::of(value) {
        Item::Absent => "nothing".into(),
        Item::YesNo(_) => shown,
        Item::Text(_) => format!("the text `{shown}`"),
        item @ Item::Decimal(..) => format!("`{shown}` ({})", item.kind()),
        _ => format!("`{shown}`"),
    }
}
