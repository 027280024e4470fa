//! Which goods a paper speaks of: picked from the moves of the document that issued it.
//!
//! A bin's name tells nothing here. What does: whose bin it is, and whether it holds parts for one document (a clearing bin).
//! Must not know how papers look. Tests: `tests.rs`.

use std::collections::BTreeMap;

use crate::base::{LotId, Money, Name, PartCode, PartyCode, Quantity, SerialNo};
use crate::domain::{Move, Paper, Position};
use crate::store::MoveRecord;

/// One stretch of goods: the same part, lot, unit, condition and rate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Goods {
    pub part: PartCode,
    pub rate: Money,
    pub condition: Name,
    pub lot: LotId,
    pub serial: Option<SerialNo>,
    pub quantity: Quantity,
}

/// What a challan sends: all that its transition puts on the way for the document, or hands to another party.
pub(super) fn sent(paper: &Paper, consigner: Option<&PartyCode>, moves: &[MoveRecord]) -> Vec<Goods> {
    let leaves = |to: &Position| to.party.is_some() && (to.holder.is_some() || to.party.as_ref() != consigner);
    net(moves.iter().filter(|m| m.revision == paper.revision).map(|m| &m.movement), leaves)
}

/// What a party took in by transitions after `after`, up to and with `until`: from others, or out of what was on the way.
pub(super) fn taken_in(party: Option<&PartyCode>, after: u64, until: u64, moves: &[MoveRecord]) -> Vec<Goods> {
    let arrives = |m: &&Move| {
        let comes = m.from.party.as_ref() != party || (m.from.holder.is_some() && m.to.holder.is_none());
        party.is_some() && m.to.party.as_ref() == party && comes
    };
    let moves: Vec<&Move> = moves.iter().filter(|m| m.revision > after && m.revision <= until).map(|m| &m.movement).collect();
    add_up(moves.into_iter().filter(arrives).map(|m| (goods(m), m.quantity)))
}

/// From whom: the first other party that the goods of a receipt left.
pub(super) fn source<'a>(party: Option<&PartyCode>, after: u64, until: u64, moves: &'a [MoveRecord]) -> Option<&'a PartyCode> {
    let received = moves.iter().filter(|m| m.revision > after && m.revision <= until).map(|m| &m.movement);
    received.filter(|m| m.to.party.as_ref() == party && m.from.party.as_ref() != party).find_map(|m| m.from.party.as_ref())
}

/// What these moves leave behind at the positions that count: what came there and was not taken away again.
fn net<'a>(moves: impl Iterator<Item = &'a Move>, counts: impl Fn(&Position) -> bool) -> Vec<Goods> {
    let mut left: BTreeMap<(&Position, Goods), Quantity> = BTreeMap::new();
    for m in moves {
        let arrived = left.entry((&m.to, goods(m))).or_default();
        *arrived = *arrived + m.quantity;
        let gone = left.entry((&m.from, Goods { condition: m.from.condition.clone(), ..goods(m) })).or_default();
        *gone = *gone - m.quantity;
    }
    add_up(left.into_iter().filter(|((position, _), sum)| counts(position) && *sum > Quantity::ZERO).map(|((_, goods), sum)| (goods, sum)))
}

fn goods(m: &Move) -> Goods {
    let (lot, serial) = (m.lot.clone(), m.serial.clone());
    Goods { part: m.part.clone(), rate: m.rate, condition: m.to.condition.clone(), lot, serial, quantity: Quantity::ZERO }
}

fn add_up(changes: impl Iterator<Item = (Goods, Quantity)>) -> Vec<Goods> {
    let mut sums: BTreeMap<Goods, Quantity> = BTreeMap::new();
    for (goods, quantity) in changes {
        let sum = sums.entry(goods).or_default();
        *sum = *sum + quantity;
    }
    sums.into_iter().filter(|(_, sum)| *sum > Quantity::ZERO).map(|(goods, quantity)| Goods { quantity, ..goods }).collect()
}
