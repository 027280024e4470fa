//! The values that flows and rules compute with.
//!
//! Must not know types as the checker sees them (`model::types`). Tests: below.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Record, Sodo};
use crate::base::{ContractCode, Date, Duration, LotId, Money, Name, PartCode, PartyCode, Quantity, SerialNo, Timestamp};

/// One value. There are no floats and there is no null: `Absent` is an optional field that was never given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// An optional field without a value.
    Absent,
    /// Yes or no.
    YesNo(bool),
    /// A plain number.
    Number(Decimal),
    /// A quantity in the part's base unit.
    Quantity(Quantity),
    /// An amount in the book's currency.
    Money(Money),
    /// Text.
    Text(Arc<str>),
    /// A date.
    Date(Date),
    /// A point in time.
    Time(Timestamp),
    /// How long.
    Duration(Duration),
    /// A declared name: condition, owner, pool, role, state, bin, or one of a field's choices.
    Name(Name),
    /// A part.
    Part(PartCode),
    /// A party.
    Party(PartyCode),
    /// A contract.
    Contract(ContractCode),
    /// A lot.
    Lot(LotId),
    /// A serial number.
    Serial(SerialNo),
    /// A SAP sales order and delivery order.
    Sodo(Arc<Sodo>),
    /// Several values of one type.
    List(Vec<Value>),
    /// Named values, such as a rule's answer.
    Record(Arc<Record>),
}

impl Value {
    /// Text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    /// A SAP reference.
    #[must_use]
    pub fn sodo(sodo: Sodo) -> Self {
        Self::Sodo(Arc::new(sodo))
    }

    /// A declared name.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self::Name(Name::from(name))
    }

    /// A record.
    #[must_use]
    pub fn record(record: Record) -> Self {
        Self::Record(Arc::new(record))
    }

    /// True when an optional field has no value.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The quantity, if it is one.
    #[must_use]
    pub const fn as_quantity(&self) -> Option<Quantity> {
        match self {
            Self::Quantity(q) => Some(*q),
            _ => None,
        }
    }

    /// The amount, if it is one.
    #[must_use]
    pub const fn as_money(&self) -> Option<Money> {
        match self {
            Self::Money(m) => Some(*m),
            _ => None,
        }
    }

    /// The truth, if it is yes or no.
    #[must_use]
    pub const fn as_yes_no(&self) -> Option<bool> {
        match self {
            Self::YesNo(b) => Some(*b),
            _ => None,
        }
    }

    /// The part, if it is one.
    #[must_use]
    pub const fn as_part(&self) -> Option<&PartCode> {
        match self {
            Self::Part(p) => Some(p),
            _ => None,
        }
    }

    /// The party, if it is one.
    #[must_use]
    pub const fn as_party(&self) -> Option<&PartyCode> {
        match self {
            Self::Party(p) => Some(p),
            _ => None,
        }
    }

    /// The declared name, if it is one.
    #[must_use]
    pub const fn as_name(&self) -> Option<&Name> {
        match self {
            Self::Name(n) => Some(n),
            _ => None,
        }
    }

    /// A property, if this is a record that has it.
    #[must_use]
    pub fn get(&self, property: &str) -> Option<&Value> {
        match self {
            Self::Record(record) => record.fields.get(property),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("nothing"),
            Self::YesNo(b) => f.write_str(if *b { "yes" } else { "no" }),
            Self::Number(n) => write!(f, "{}", n.normalize()),
            Self::Quantity(q) => write!(f, "{q}"),
            Self::Money(m) => write!(f, "{m}"),
            Self::Text(t) => f.write_str(t),
            Self::Date(d) => write!(f, "{d}"),
            Self::Time(t) => write!(f, "{t}"),
            Self::Duration(d) => write!(f, "{d}"),
            Self::Name(n) => write!(f, "{n}"),
            Self::Part(p) => write!(f, "{p}"),
            Self::Party(p) => write!(f, "{p}"),
            Self::Contract(c) => write!(f, "{c}"),
            Self::Lot(l) => write!(f, "{l}"),
            Self::Serial(s) => write!(f, "{s}"),
            Self::Sodo(s) => write!(f, "{s}"),
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Record(record) => {
                write!(f, "{} {{", record.kind)?;
                for (i, (name, value)) in record.fields.iter().enumerate() {
                    write!(f, "{}{name} {value}", if i == 0 { " " } else { ", " })?;
                }
                f.write_str(" }")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_journal() {
        let record = Record::new("cover", [("covered", Value::YesNo(true)), ("cap", Value::Money("1.50".parse().unwrap()))]);
        for value in [Value::Quantity("2.5".parse().unwrap()), Value::Part("PCB".into()), Value::record(record), Value::Absent] {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
    }
}
