//! The balances of a decision: as loaded, then as its moves change them.
//!
//! Must not know where they come from. Tests: below.

use std::collections::BTreeMap;

use crate::base::{LotId, PartCode, Quantity, SerialNo};
use crate::domain::{Balance, Move, Position};

type Unit = (Position, PartCode, LotId, Option<SerialNo>);

/// Balances by position, part, lot and serial; ordered, so that equal ledgers are walked equally.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    units: BTreeMap<Unit, Quantity>,
}

impl Ledger {
    /// A ledger of loaded balances.
    pub fn of(balances: &[Balance]) -> Self {
        let mut units = BTreeMap::new();
        for b in balances {
            units.insert((b.position.clone(), b.part.clone(), b.lot.clone(), b.serial.clone()), b.quantity);
        }
        Self { units }
    }

    /// Applies both ends of a move.
    pub fn apply(&mut self, m: &Move) {
        self.add(&m.from, m, -m.quantity);
        self.add(&m.to, m, m.quantity);
    }

    fn add(&mut self, position: &Position, m: &Move, quantity: Quantity) {
        let unit = (position.clone(), m.part.clone(), m.lot.clone(), m.serial.clone());
        let balance = self.units.entry(unit.clone()).or_default();
        *balance = *balance + quantity;
        if balance.is_zero() {
            self.units.remove(&unit);
        }
    }

    /// Balances that fit, in order of their keys.
    pub fn select<'l>(&'l self, mut fits: impl FnMut(&Position, &PartCode) -> bool + 'l) -> impl Iterator<Item = Balance> + 'l {
        self.units.iter().filter(move |((position, part, ..), q)| !q.is_zero() && fits(position, part)).map(|((position, part, lot, serial), q)| Balance {
            position: position.clone(),
            part: part.clone(),
            lot: lot.clone(),
            serial: serial.clone(),
            quantity: *q,
        })
    }

    /// The sum of the balances that fit.
    pub fn sum(&self, mut fits: impl FnMut(&Position, &PartCode) -> bool) -> Quantity {
        self.units.iter().filter(|((position, part, ..), _)| fits(position, part)).map(|(_, q)| *q).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Money;

    fn at(bin: &str) -> Position {
        Position { party: Some("pune".into()), bin: bin.into(), holder: None, condition: "ok".into(), owner: "oem".into(), pool: "amc".into() }
    }

    #[test]
    fn a_move_changes_both_ends_and_forgets_what_is_empty() {
        let loaded = Balance { position: at("available"), part: "PCB".into(), lot: "L1".into(), serial: None, quantity: Quantity::units(3) };
        let mut ledger = Ledger::of(&[loaded]);
        let m = Move {
            line: 1,
            part: "PCB".into(),
            lot: "L1".into(),
            serial: None,
            quantity: Quantity::units(3),
            from: at("available"),
            to: at("reserved"),
            rate: Money::ZERO,
        };
        ledger.apply(&m);
        assert_eq!(ledger.select(|_, _| true).map(|b| b.position.bin).collect::<Vec<_>>(), ["reserved"]);
        assert_eq!(ledger.sum(|p, _| p.bin == "reserved"), Quantity::units(3));
    }
}
