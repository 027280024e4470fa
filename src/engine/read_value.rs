//! Reads one raw value as what its field's type asks for.
//!
//! Pure. Tests: below and `tests/it/engine_commands.rs`.

use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::base::{ContractCode, Money, Name, PartCode, PartyCode, Quantity, SerialNo, Timestamp, suggest};
use crate::domain::{Snapshot, Tracking, Value};
use crate::model::{Book, Named, Type};

/// What is wrong with a raw value, and what would be right.
pub struct Wrong {
    pub what: String,
    pub hint: Option<String>,
}

/// What raw values are read against.
pub struct Reader<'a> {
    pub book: &'a Book,
    pub snapshot: &'a Snapshot,
    /// The part of the line, for its decimals.
    pub part: Option<&'a PartCode>,
}

fn wrong(what: impl Into<String>) -> Wrong {
    Wrong { what: what.into(), hint: None }
}

fn one_of<'n>(text: &str, kind: &str, known: impl Iterator<Item = &'n str> + Clone) -> Result<Value, Wrong> {
    if known.clone().any(|k| k == text) {
        return Ok(Value::name(text));
    }
    Err(Wrong { what: format!("`{text}` is not {kind}"), hint: suggest::did_you_mean(text, known) })
}

impl Reader<'_> {
    /// The value, as the type asks for.
    pub fn read(&self, json: &Json, ty: &Type) -> Result<Value, Wrong> {
        match ty {
            Type::Optional(inner) => self.read(json, inner),
            Type::List(inner) => match json {
                Json::Array(items) => items.iter().map(|i| self.read(i, inner)).collect::<Result<_, _>>().map(Value::List),
                // A single value, or several in one text, as they come from a command line.
                Json::String(text) => {
                    text.split([',', ' ']).filter(|s| !s.is_empty()).map(|s| self.read(&Json::from(s), inner)).collect::<Result<_, _>>().map(Value::List)
                }
                other => self.read(other, inner).map(|v| Value::List(vec![v])),
            },
            Type::YesNo => match json {
                Json::Bool(b) => Ok(Value::YesNo(*b)),
                Json::String(s) if s == "yes" => Ok(Value::YesNo(true)),
                Json::String(s) if s == "no" => Ok(Value::YesNo(false)),
                _ => Err(wrong(format!("`{}` is not yes or no", plain(json)))),
            },
            _ => self.read_text(plain(json).trim(), ty),
        }
    }

    fn read_text(&self, text: &str, ty: &Type) -> Result<Value, Wrong> {
        let vocabulary = &self.book.vocabulary;
        let named = |list: &'_ [Named], kind: &str| one_of(text, kind, list.iter().map(|n| n.name.as_str()).collect::<Vec<_>>().into_iter());
        match ty {
            Type::Quantity => self.quantity(text),
            Type::Money => text
                .parse::<Money>()
                .map_err(|e| wrong(e.to_string()))
                .and_then(|m| if m < Money::ZERO { Err(wrong(format!("{m} is below zero"))) } else { Ok(Value::Money(m)) }),
            Type::Number | Type::NumberOrDate => text.parse::<Decimal>().map(Value::Number).map_err(|_| wrong(format!("`{text}` is not a number"))),
            Type::Text => Ok(Value::text(text)),
            Type::Date => {
                text.parse().map(Value::Date).map_err(|_| Wrong { what: format!("`{text}` is not a date"), hint: Some("write it as 2026-04-30".into()) })
            }
            Type::Time => Timestamp::parse_local(text, &self.book.manifest.zone)
                .map(Value::Time)
                .ok_or_else(|| Wrong { what: format!("`{text}` is not a point in time"), hint: Some("write it as 2026-04-30 09:30".into()) }),
            Type::Sodo => text.parse().map(Value::sodo).map_err(|e: crate::domain::stock::SodoError| wrong(e.to_string())),
            Type::Serial => Ok(Value::Serial(SerialNo::from(text))),
            Type::Lot => Ok(Value::Lot(text.into())),
            Type::Part => self.known_part(text),
            Type::Party(_) => self.known_party(text),
            Type::Contract => {
                let code = ContractCode::from(text);
                let known = self.snapshot.contract(&code).is_some();
                if known { Ok(Value::Contract(code)) } else { Err(wrong(format!("no contract `{text}` is known in this business unit"))) }
            }
            Type::Condition => named(&vocabulary.conditions, "a condition"),
            Type::Owner => named(&vocabulary.owners, "an owner"),
            Type::Pool => named(&vocabulary.pools, "a pool"),
            Type::Role => one_of(text, "a role", vocabulary.roles.keys().map(Name::as_str)),
            Type::Choice(names) => one_of(text, "one of the choices", names.iter().map(Name::as_str)),
            _ => Err(wrong(format!("a value of type {ty} cannot be given"))),
        }
    }

    /// A party, if it is of one of the kinds that a field takes.
    pub fn of_kind(&self, value: Value, kinds: &[Name]) -> Result<Value, Wrong> {
        let Some(party) = value.as_party().and_then(|code| self.snapshot.party(code)) else { return Ok(value) };
        if kinds.is_empty() || kinds.contains(&party.kind) {
            return Ok(value);
        }
        let wanted = kinds.iter().map(Name::as_str).collect::<Vec<_>>().join(" or ");
        Err(wrong(format!("`{}` is a party of kind {}, not {wanted}", party.code, party.kind)))
    }

    fn quantity(&self, text: &str) -> Result<Value, Wrong> {
        let quantity: Quantity = text.parse().map_err(|e: crate::base::quantity::QuantityError| wrong(e.to_string()))?;
        if quantity.is_negative() {
            return Err(Wrong { what: format!("{quantity} is below zero"), hint: Some("0 or more".into()) });
        }
        let Some(part) = self.part.and_then(|code| self.snapshot.part(code)) else { return Ok(Value::Quantity(quantity)) };
        if part.tracking == Tracking::Serial && !quantity.is_whole() {
            return Err(Wrong { what: format!("{quantity} of {}: each unit has a serial number, so only whole numbers are possible", part.code), hint: None });
        }
        if quantity.decimals() > part.decimals {
            let what = format!("{quantity} of {}: {} are counted with {} decimals", part.code, part.unit, part.decimals);
            return Err(Wrong { what, hint: None });
        }
        Ok(Value::Quantity(quantity))
    }

    fn known_part(&self, text: &str) -> Result<Value, Wrong> {
        let code = PartCode::from(text);
        if self.snapshot.part(&code).is_some() { Ok(Value::Part(code)) } else { Err(wrong(format!("no part `{text}` is known in this business unit"))) }
    }

    fn known_party(&self, text: &str) -> Result<Value, Wrong> {
        let code = PartyCode::from(text);
        if self.snapshot.party(&code).is_some() { Ok(Value::Party(code)) } else { Err(wrong(format!("no party `{text}` is known in this business unit"))) }
    }
}

/// The text of a raw scalar.
fn plain(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
