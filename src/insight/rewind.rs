//! What a transition read when it was decided: the snapshot of now, with everything that came later taken away.
//!
//! Must not know how decisions are compared (`recall.rs`). Reads only. Tests: `tests/it/explain.rs`.

use std::collections::BTreeSet;

use crate::base::{Bu, DocId, LotId, PartCode, Quantity, Timestamp};
use crate::domain::{Actor, Balance, Child, Command, LoadRequest, Move, Person, RoleGrant, Snapshot, Value};
use crate::engine::request;
use crate::model::Book;
use crate::store::{AsOf, EventRecord, LotFilter, MoveFilter, MoveRecord, StockFilter, Store, StoreError};

use super::recall::{Going, parts_of, past_event};

/// Whether what other documents moved at the very same moment came before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ties {
    /// After: it is not seen.
    Before,
    /// Before: it is seen.
    After,
    /// What came from outside before, all else after.
    Entered,
}

/// The moment before an event.
pub(super) struct Past<'a> {
    /// All events of the document.
    pub events: &'a [EventRecord],
    /// The event.
    pub record: &'a EventRecord,
    /// The document as it was.
    pub going: &'a Going,
    /// All moves of the document.
    pub moves: &'a [MoveRecord],
    pub doc: &'a DocId,
    pub ties: Ties,
}

impl Past<'_> {
    /// What the transition read.
    pub(super) async fn snapshot(&self, store: &Store, book: &Book, command: &Command) -> Result<Snapshot, StoreError> {
        let mut wanted = request(book, command);
        self.mention(&mut wanted);
        let mut s = store.load(&wanted).await?;
        let at = self.record.event.recorded_at;
        s.document = self.going.document.clone();
        s.events = self.events.iter().filter(|r| r.revision < self.record.revision).map(past_event).collect();
        s.closing = s.closing.filter(|c| c.recorded_at < at);
        s.repeat = None;
        s.past_moves = self.before().map(|m| m.movement.clone()).collect();
        s.papers.retain(|p| p.revision < self.record.revision);
        for paper in &mut s.papers {
            paper.open = paper.reverse_of.is_some() && !self.going.closed.contains(&paper.number);
        }
        let others = s.obligations.into_iter().filter(|o| o.doc != *self.doc && o.opened_at < at);
        s.obligations = self.going.obligations.iter().filter(|o| o.open.is_positive()).cloned().chain(others).collect();
        self.person(book, command, &mut s);
        self.children(store, book, &command.bu, &mut s).await?;
        self.stock(store, &command.bu, &wanted, &mut s).await?;
        Ok(s)
    }

    /// What the document named then may not be what it names now.
    fn mention(&self, wanted: &mut LoadRequest) {
        let Some(document) = &self.going.document else { return };
        let values = document.fields.values().chain(document.lines.iter().flat_map(|l| l.values.values()));
        for value in values {
            match value {
                Value::Part(code) => wanted.parts.push(code.clone()),
                Value::Party(code) => wanted.parties.push(code.clone()),
                Value::Contract(code) => wanted.contracts.push(code.clone()),
                _ => {}
            }
        }
        wanted.parts.sort();
        wanted.parts.dedup();
        wanted.parties.sort();
        wanted.parties.dedup();
        wanted.contracts.sort();
        wanted.contracts.dedup();
    }

    /// The moves that the document had made.
    fn before(&self) -> impl Iterator<Item = &MoveRecord> {
        self.moves.iter().filter(|m| m.revision < self.record.revision)
    }

    /// Whoever did it held the role that the event names, whatever they hold now.
    fn person(&self, book: &Book, command: &Command, s: &mut Snapshot) {
        let Actor::Person(code) = &command.actor else { return };
        let role = &self.record.event.role;
        let person = s.person.get_or_insert_with(|| Person { bu: command.bu.clone(), code: code.clone(), name: code.to_string(), roles: Vec::new() });
        let at_parties = book.vocabulary.roles.get(role).is_some_and(|r| r.at.is_some());
        let mut grants = vec![RoleGrant { role: role.clone(), at: None }];
        if at_parties {
            grants = s.parties.iter().map(|p| RoleGrant { role: role.clone(), at: Some(p.code.clone()) }).collect();
        }
        // A book that asks for another role is answered by what the person holds now.
        if !person.roles.iter().any(|g| g.role == *role) {
            person.roles.extend(grants);
        }
    }

    /// The documents that had been started, in the states that they were in.
    async fn children(&self, store: &Store, book: &Book, bu: &Bu, s: &mut Snapshot) -> Result<(), StoreError> {
        s.children.retain(|c| self.going.children.contains(&c.doc));
        for child in &mut s.children {
            let events = store.events(bu, &child.doc).await?;
            let then = events.iter().rfind(|r| r.event.recorded_at <= self.record.event.recorded_at);
            let state = then.map(|r| r.event.to.clone());
            let is_final = |state| book.workflows.get(&child.workflow).and_then(|w| w.state(state)).is_some_and(|s| s.is_final);
            let refused = events.is_empty() && child.ended;
            *child = Child { ended: refused || state.as_ref().is_some_and(|s| is_final(s.as_str())), state, ..child.clone() };
        }
        Ok(())
    }

    /// Stock as it stood, of everything that the transition is about.
    async fn stock(&self, store: &Store, bu: &Bu, wanted: &LoadRequest, s: &mut Snapshot) -> Result<(), StoreError> {
        let mut parts: BTreeSet<PartCode> = s.parts.iter().map(|p| p.code.clone()).collect();
        parts.extend(self.before().map(|m| m.movement.part.clone()));
        parts.extend(self.going.document.iter().flat_map(parts_of).cloned());
        let mut balances = Vec::new();
        for part in &parts {
            balances.extend(self.standing(store, StockFilter { part: Some(part.clone()), ..StockFilter::new(bu.clone()) }).await?);
        }
        let mut serials = Vec::new();
        for serial in &wanted.serials {
            serials.extend(self.standing(store, StockFilter { serial: Some(serial.clone()), ..StockFilter::new(bu.clone()) }).await?);
        }
        let known: BTreeSet<LotId> = s.lots.iter().map(|l| l.id.clone()).collect();
        let needed = balances.iter().chain(&serials).map(|b: &Balance| &b.lot).chain(s.past_moves.iter().map(|m| &m.lot));
        let missing: BTreeSet<&LotId> = needed.filter(|lot| !known.contains(*lot)).collect();
        let mut lots = Vec::new();
        for lot in missing {
            lots.extend(store.lots(&LotFilter { lot: Some(lot.clone()), limit: 1, ..LotFilter::new(bu.clone()) }).await?);
        }
        s.lots.extend(lots);
        s.lots.sort_by(|a, b| a.id.cmp(&b.id));
        (s.balances, s.serials) = (balances, serials);
        Ok(())
    }

    /// Balances before the event. Moves of the same moment count by the order of the document; those of others as supposed.
    async fn standing(&self, store: &Store, filter: StockFilter) -> Result<Vec<Balance>, StoreError> {
        let at = self.record.event.recorded_at;
        let until = if self.ties == Ties::After { at } else { Timestamp::from_micros(at.micros().saturating_sub(1)) };
        let mut balances = store.stock_as_of(&filter, AsOf::recorded(until)).await?;
        let tied = |m: &&MoveRecord| m.recorded_at == at && of(&filter, &m.movement);
        let earlier = |m: &&MoveRecord| m.revision < self.record.revision;
        match self.ties {
            Ties::After => self.moves.iter().filter(tied).filter(|m| !earlier(m)).for_each(|m| post(&mut balances, &m.movement, -m.movement.quantity)),
            _ => self.moves.iter().filter(tied).filter(earlier).for_each(|m| post(&mut balances, &m.movement, m.movement.quantity)),
        }
        if self.ties == Ties::Entered {
            let all = MoveFilter { part: filter.part.clone(), serial: filter.serial.clone(), limit: u32::MAX >> 1, ..MoveFilter::new(filter.bu.clone()) };
            let others = store.moves(&all).await?;
            let entered = others.iter().filter(tied).filter(|m| m.doc != *self.doc && m.movement.from.party.is_none());
            entered.for_each(|m| post(&mut balances, &m.movement, m.movement.quantity));
        }
        balances.retain(|b| !b.quantity.is_zero() && b.position.party.is_some());
        Ok(balances)
    }
}

fn of(filter: &StockFilter, m: &Move) -> bool {
    filter.part.as_ref().is_none_or(|p| *p == m.part) && filter.serial.as_ref().is_none_or(|s| m.serial.as_ref() == Some(s))
}

/// Both ends of a move.
fn post(balances: &mut Vec<Balance>, m: &Move, quantity: Quantity) {
    add(balances, m, true, -quantity);
    add(balances, m, false, quantity);
}

/// One end of a move.
fn add(balances: &mut Vec<Balance>, m: &Move, leaves: bool, quantity: Quantity) {
    let position = if leaves { &m.from } else { &m.to };
    let same = |b: &&mut Balance| b.position == *position && b.part == m.part && b.lot == m.lot && b.serial == m.serial;
    match balances.iter_mut().find(same) {
        Some(balance) => balance.quantity = balance.quantity + quantity,
        None => balances.push(Balance { position: position.clone(), part: m.part.clone(), lot: m.lot.clone(), serial: m.serial.clone(), quantity }),
    }
}
