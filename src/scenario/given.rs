//! Stock that is there before a story begins: moved in from outside by a document of its own, like all stock.
//!
//! Must not write to the store but by a commit. Tests: `tests/it/scenarios.rs`.

use std::collections::BTreeMap;

use crate::base::{Bu, LotId, Money, PartyCode, Quantity, Timestamp};
use crate::domain::{Decision, Document, Event, Input, Lot, MasterData, Move, Position};
use crate::model::{Book, GivenUnit};

/// The outside bin that given stock comes from; no flow knows it.
const GIVEN: &str = "given";

/// The decision that brings given stock in.
pub fn decision(book: &Book, master: &MasterData, bu: &Bu, party: &PartyCode, units: &[GivenUnit], now: Timestamp, ordinal: usize) -> Decision {
    let id = format!("GIVEN-{ordinal}");
    let mut lots: BTreeMap<LotId, Lot> = BTreeMap::new();
    let mut moves = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let lot = lot(book, master, bu, unit, now, &format!("{id}.{}", index + 1), &id);
        let at = Position {
            party: Some(party.clone()),
            bin: unit.bin.clone(),
            holder: None,
            condition: unit.condition.clone(),
            owner: unit.owner.clone(),
            pool: unit.pool.clone(),
        };
        let from = Position { party: None, bin: GIVEN.into(), ..at.clone() };
        moves.push(Move {
            line: 0,
            part: unit.part.as_str().into(),
            lot: lot.id.clone(),
            serial: unit.serial.as_deref().map(Into::into),
            quantity: unit.quantity,
            from,
            to: at,
            rate: lot.rate,
        });
        lots.entry(lot.id.clone()).or_insert(lot);
    }
    Decision {
        lots: lots.into_values().collect(),
        moves: moves.into_iter().filter(|m| m.quantity > Quantity::ZERO).collect(),
        ..Decision::plain(document(bu, &id, now), event(book, &id, now))
    }
}

/// A document that begins and ends with its stock.
fn document(bu: &Bu, id: &str, now: Timestamp) -> Document {
    Document {
        bu: bu.clone(),
        id: id.into(),
        number: String::new(),
        workflow: GIVEN.into(),
        version: 1,
        state: GIVEN.into(),
        ended: true,
        revision: 1,
        fields: BTreeMap::new(),
        lines: Vec::new(),
        opened_by: "system".into(),
        opened_at: now,
        entered_at: now,
        parent: None,
    }
}

fn event(book: &Book, id: &str, now: Timestamp) -> Event {
    Event {
        transition: GIVEN.into(),
        from: None,
        to: GIVEN.into(),
        actor: "system".into(),
        role: "system".into(),
        key: id.into(),
        body_hash: String::new(),
        book_hash: book.hash.clone(),
        version: 1,
        recorded_at: now,
        effective_at: now,
        input: Input::default(),
        rules: Vec::new(),
    }
}

/// A lot that the scenario names keeps its name; the others are numbered.
fn lot(book: &Book, master: &MasterData, bu: &Bu, unit: &GivenUnit, now: Timestamp, numbered: &str, doc: &str) -> Lot {
    let midnight = |d: crate::base::Date| Timestamp::from_civil(d.0.to_datetime(jiff::civil::Time::midnight()), &book.manifest.zone);
    let received_at = unit.received.and_then(midnight).unwrap_or(now);
    let on = received_at.date(&book.manifest.zone);
    let part = master.parts.iter().find(|p| p.bu == *bu && p.code == *unit.part.as_str());
    let listed = master.rates.iter().filter(|r| r.bu == *bu && r.part == *unit.part.as_str() && r.from <= now.date(&book.manifest.zone));
    let rate = unit.rate.or_else(|| listed.max_by_key(|r| r.from).map(|r| r.rate)).unwrap_or(Money::ZERO);
    let ages = part.and_then(|p| p.shelf_life_days).map(|days| on.plus_days(i64::from(days)));
    Lot {
        id: if unit.lot.is_empty() { numbered.into() } else { unit.lot.as_str().into() },
        part: unit.part.as_str().into(),
        label: (!unit.lot.is_empty()).then(|| unit.lot.clone()),
        received_at,
        sodo: unit.sodo.clone(),
        rate,
        expires: unit.expires.or(ages),
        parent: None,
        doc: doc.into(),
    }
}
