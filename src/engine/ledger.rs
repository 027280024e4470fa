//! The balances of a decision: as loaded, then as its moves change them.
//!
//! Must not know where they come from. Tests: below.

use std::cmp::Ordering;

use crate::base::{PartCode, Quantity};
use crate::domain::{Balance, Move, Position};

/// Balances in the order of position, part, lot and serial, so that equal ledgers are walked equally.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    // INVARIANT: in order, and none twice.
    units: Vec<Balance>,
}

fn order(a: &Balance, b: &Balance) -> Ordering {
    let rest = || (&a.part, &a.lot, &a.serial).cmp(&(&b.part, &b.lot, &b.serial));
    a.position.cmp(&b.position).then_with(rest)
}

impl Ledger {
    /// A ledger of loaded balances.
    pub fn of(balances: &[Balance]) -> Self {
        let mut units = balances.to_vec();
        if !units.is_sorted_by(|a, b| order(a, b).is_lt()) {
            units.sort_by(order);
            // Of two for one unit the last counts.
            units.dedup_by(|later, earlier| {
                let same = order(later, earlier).is_eq();
                if same {
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Self { units }
    }

    /// Applies both ends of a move.
    pub fn apply(&mut self, m: &Move) {
        self.add(&m.from, m, -m.quantity);
        self.add(&m.to, m, m.quantity);
    }

    fn add(&mut self, position: &Position, m: &Move, quantity: Quantity) {
        let rest = |unit: &Balance| (&unit.part, &unit.lot, &unit.serial).cmp(&(&m.part, &m.lot, &m.serial));
        let found = self.units.binary_search_by(|unit| unit.position.cmp(position).then_with(|| rest(unit)));
        match (found, found.ok().and_then(|at| self.units.get_mut(at))) {
            (Ok(at), Some(unit)) => {
                unit.quantity = unit.quantity + quantity;
                if unit.quantity.is_zero() {
                    self.units.remove(at);
                }
            }
            (Ok(_), None) => {}
            (Err(_), _) if quantity.is_zero() => {}
            (Err(at), _) => {
                let (position, part, lot, serial) = (position.clone(), m.part.clone(), m.lot.clone(), m.serial.clone());
                self.units.insert(at, Balance { position, part, lot, serial, quantity });
            }
        }
    }

    /// Balances that fit, in order.
    pub fn select<'l>(&'l self, mut fits: impl FnMut(&Position, &PartCode) -> bool + 'l) -> impl Iterator<Item = &'l Balance> + 'l {
        self.units.iter().filter(move |unit| !unit.quantity.is_zero() && fits(&unit.position, &unit.part))
    }

    /// The sum of the balances that fit.
    pub fn sum(&self, mut fits: impl FnMut(&Position, &PartCode) -> bool) -> Quantity {
        self.units.iter().filter(|unit| fits(&unit.position, &unit.part)).map(|unit| unit.quantity).sum()
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
        assert_eq!(ledger.select(|_, _| true).map(|b| b.position.bin.as_str()).collect::<Vec<_>>(), ["reserved"]);
        assert_eq!(ledger.sum(|p, _| p.bin == "reserved"), Quantity::units(3));
    }
}
