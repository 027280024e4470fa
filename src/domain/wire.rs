//! How the types of `base` are written in JSON: ids and exact numbers as text, times as RFC 3339, dates as ISO 8601.
//!
//! Stands here because `base` knows no serde. Tests: `value.rs`.

use std::convert::Infallible;
use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::{
    Bu, ContractCode, Date, DocId, Duration, DurationUnit, Key, LotId, Money, Name, ObligationId, PartCode, PartyCode, PersonCode, Quantity, SerialNo,
    Timestamp,
};

/// Reads a text that is not kept.
struct OfText<F>(F);

impl<T, E: fmt::Display, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for OfText<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_str<W: serde::de::Error>(self, text: &str) -> Result<T, W> {
        (self.0)(text).map_err(W::custom)
    }
}

macro_rules! ids_as_text {
    ($($name:ident),+ $(,)?) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> { d.deserialize_str(OfText(|text: &str| Ok::<_, Infallible>(Self::from(text)))) }
        }
    )+};
}
ids_as_text!(Bu, Name, PartCode, PartyCode, PersonCode, ContractCode, DocId, LotId, SerialNo, ObligationId, Key);

macro_rules! parsed_from_text {
    ($($name:ident),+ $(,)?) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> { d.deserialize_str(OfText(str::parse::<Self>)) }
        }
    )+};
}
parsed_from_text!(Quantity, Money, Date);

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.written().as_str())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.written().as_str())
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse::<jiff::Timestamp>().map(|t| Self::from_micros(t.as_microsecond())).map_err(D::Error::custom)
    }
}

const UNITS: [(DurationUnit, &str); 6] = [
    (DurationUnit::Minutes, "minutes"),
    (DurationUnit::Hours, "hours"),
    (DurationUnit::Days, "days"),
    (DurationUnit::Weeks, "weeks"),
    (DurationUnit::WorkingHours, "working hours"),
    (DurationUnit::WorkingDays, "working days"),
];

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let unit = UNITS.iter().find(|(unit, _)| *unit == self.unit).map_or("days", |(_, text)| *text);
        s.collect_str(&format_args!("{} {unit}", self.count))
    }
}
impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let parsed = text.split_once(' ').and_then(|(count, unit)| {
            let unit = UNITS.iter().find(|(_, name)| *name == unit)?.0;
            Some(Self { count: count.parse().ok()?, unit })
        });
        parsed.ok_or_else(|| D::Error::custom(format!("`{text}` is not a duration")))
    }
}
