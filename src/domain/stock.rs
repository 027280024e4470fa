//! Stock: positions, balances, lots, moves. A move has two ends and is the only thing that changes a balance.
//!
//! Must not know how any of it is stored. Tests: below.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Date, DocId, LotId, Money, Name, PartCode, PartyCode, Quantity, SerialNo, Timestamp};

/// For which document and line a clearing bin holds parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// The document.
    pub doc: DocId,
    /// Its line.
    pub line: u32,
}

/// Where a unit is and as what: everything about it that a move can change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// At whom; absent for the outside world (supplier, fitted, scrap …).
    pub party: Option<PartyCode>,
    /// In which bin.
    pub bin: Name,
    /// For which document, in a clearing bin.
    pub holder: Option<Holder>,
    /// In which condition.
    pub condition: Name,
    /// Whose it is.
    pub owner: Name,
    /// For which pool of contracts.
    pub pool: Name,
}

/// How much stands at a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Where and as what.
    pub position: Position,
    /// The part.
    pub part: PartCode,
    /// The lot.
    pub lot: LotId,
    /// The unit, for serial-tracked parts.
    pub serial: Option<SerialNo>,
    /// How much; below zero only in the outside world.
    pub quantity: Quantity,
}

/// SAP sales order and delivery order, each with its item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sodo {
    /// Sales order, up to 10 digits.
    pub so: String,
    /// Item of the sales order, up to 6 digits; 0 where none was given.
    pub so_item: u32,
    /// Delivery order, up to 10 digits.
    pub delivery: String,
    /// Item of the delivery order; 0 where none was given.
    pub delivery_item: u32,
}

/// What a SODO reference must look like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SODO reference: write sales order and delivery order, such as `4500010001/10 80001234/10`")]
pub struct SodoError(String);

impl std::str::FromStr for Sodo {
    type Err = SodoError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || SodoError(text.to_owned());
        let part = |written: &str| -> Option<(String, u32)> {
            let (number, item) = written.split_once('/').unwrap_or((written, "0"));
            let digits = |s: &str, most: usize| !s.is_empty() && s.len() <= most && s.bytes().all(|b| b.is_ascii_digit());
            (digits(number, 10) && digits(item, 6)).then(|| Some((number.to_owned(), item.parse().ok()?)))?
        };
        let mut words = text.split_whitespace();
        let (Some(so), Some(delivery), None) = (words.next(), words.next(), words.next()) else {
            return Err(fail());
        };
        let (so, so_item) = part(so).ok_or_else(fail)?;
        let (delivery, delivery_item) = part(delivery).ok_or_else(fail)?;
        Ok(Self { so, so_item, delivery, delivery_item })
    }
}

impl fmt::Display for Sodo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = |n: u32| {
            if n == 0 { String::new() } else { format!("/{n}") }
        };
        write!(f, "{}{} {}{}", self.so, item(self.so_item), self.delivery, item(self.delivery_item))
    }
}

impl Serialize for Sodo {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Sodo {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One receipt of one part: what must survive every trip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The engine's id, unique in the business unit.
    pub id: LotId,
    /// The part.
    pub part: PartCode,
    /// The supplier's lot number, for lot-tracked parts.
    pub label: Option<String>,
    /// When it came: the FIFO age.
    pub received_at: Timestamp,
    /// The SAP reference it came under.
    pub sodo: Option<Sodo>,
    /// Its rate for one base unit.
    pub rate: Money,
    /// The last day on which it may be used.
    pub expires: Option<Date>,
    /// The lot it came from: for a collected defective, the lot of the unit that was fitted.
    pub parent: Option<LotId>,
    /// The document that brought it into the world.
    pub doc: DocId,
}

/// One move: the same part, lot and units leave one position and reach another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The line of the document, 0 for the document as a whole.
    pub line: u32,
    /// The part.
    pub part: PartCode,
    /// The lot.
    pub lot: LotId,
    /// The unit, for serial-tracked parts.
    pub serial: Option<SerialNo>,
    /// How much; always above zero.
    pub quantity: Quantity,
    /// Where it leaves.
    pub from: Position,
    /// Where it arrives.
    pub to: Position,
    /// The rate of the lot at the time, for one base unit.
    pub rate: Money,
}

impl Move {
    /// The value that travels: quantity times rate; zero where it does not fit an amount.
    #[must_use]
    pub fn value(&self) -> Money {
        self.rate.times(self.quantity).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sodo_is_two_orders_each_with_an_item() {
        let sodo: Sodo = "4500010001/10 80001234/20".parse().unwrap();
        assert_eq!((sodo.so_item, sodo.delivery_item), (10, 20));
        assert_eq!(sodo.to_string(), "4500010001/10 80001234/20");
        assert_eq!("4500010001 80001234".parse::<Sodo>().unwrap().to_string(), "4500010001 80001234");
        for bad in ["", "4500010001", "45000100011 8", "abc 80001234", "1 2 3", "1/ 2"] {
            assert!(bad.parse::<Sodo>().is_err(), "{bad}");
        }
    }
}
