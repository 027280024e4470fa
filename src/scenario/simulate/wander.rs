//! People who do whatever is possible: any document is opened, any transition fired, by whoever may, with whatever fits.
//!
//! So every workflow of the book is met, also those that the people of a replay never need. Must not know how commands are
//! sent. Tests: `tests/it/simulate.rs`.

use std::collections::BTreeMap;

use super::super::replay::ReplayError;
use super::super::replay::dice::Dice;
use super::super::replay::network::WAREHOUSE;
use super::guess::{Around, one_of, value};
use crate::base::{DocId, Key, Name, PartyCode, PersonCode, Timestamp};
use crate::domain::{Action, Actor, Command, Document, Input, InputLine, MasterData, Party, Person, Value};
use crate::engine::{AskInfo, Engine, Possible};
use crate::model::{Book, Field, FieldKind, Transition, Type, Workflow};
use crate::store::{StockFilter, Store};

/// Lines of a document that is opened.
const LINES: u64 = 3;
/// Of a thousand acts, so many open a document.
const OPENS: u64 = 400;
/// Of a thousand acts, so many are notes and the like, where there is anything else.
const ASIDE: u64 = 100;
/// People who are asked what they could do.
const ASKED: u64 = 3;

/// People who wander about.
pub struct Wanderer<'s> {
    book: &'s Book,
    store: &'s Store,
    master: &'s MasterData,
    dice: Dice,
}

impl<'s> Wanderer<'s> {
    /// In a network.
    pub fn new(book: &'s Book, store: &'s Store, master: &'s MasterData, dice: Dice) -> Self {
        Self { book, store, master, dice: dice.of("wander") }
    }

    /// Whether one of them acts at a turn, which happens so many times in a thousand.
    pub fn acts(&self, turn: u64, times: u64) -> bool {
        self.dice.of("acts").at(turn).per_mille(times)
    }

    /// What one of them does, and what it is called.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn command(&self, engine: &Engine, turn: u64, now: Timestamp, open: &[&Document]) -> Result<Option<(Command, Name)>, ReplayError> {
        let dice = self.dice.at(turn);
        if open.is_empty() || dice.of("opens").per_mille(OPENS) {
            return self.opening(turn, now, dice).await;
        }
        let Some(document) = one_of(open, dice.of("document")) else { return Ok(None) };
        let mut options: Vec<(PersonCode, Possible)> = Vec::new();
        let people = self.around(document);
        for n in 0..ASKED {
            let Some(person) = one_of(&people, dice.of("person").at(n)) else { continue };
            options.extend(engine.can(&document.bu, &document.id, &person.code, now).await?.into_iter().map(|p| (person.code.clone(), p)));
        }
        let anywhere = |name: &Name| self.book.workflows.get(&document.workflow).and_then(|w| w.transition(name.as_str())).is_some_and(|t| t.anywhere);
        if !dice.of("aside").per_mille(ASIDE) && options.iter().any(|(_, p)| !anywhere(&p.transition)) {
            options.retain(|(_, p)| !anywhere(&p.transition));
        }
        let Some((person, possible)) = one_of(&options, dice.of("transition")) else { return Ok(None) };
        let input = self.answers(document, &possible.asks, now, dice).await?;
        let action = Action::Fire { transition: possible.transition.clone() };
        Ok(Some((command(document.id.clone(), action, person, input, turn, now), possible.transition.clone())))
    }

    /// Whoever has to do with a document.
    fn around(&self, document: &Document) -> Vec<&Person> {
        let parties: Vec<&PartyCode> = document.fields.values().filter_map(Value::as_party).collect();
        let near = |p: &&Person| p.roles.iter().any(|grant| grant.at.as_ref().is_none_or(|at| parties.contains(&at)));
        self.master.people.iter().filter(near).collect()
    }

    async fn opening(&self, turn: u64, now: Timestamp, dice: Dice) -> Result<Option<(Command, Name)>, ReplayError> {
        let openings: Vec<(&Workflow, &Transition)> =
            self.book.workflows.values().flat_map(|w| w.transitions.iter().filter(|t| t.opens()).map(move |t| (&**w, t))).collect();
        let Some((workflow, transition)) = one_of(&openings, dice.of("workflow")).copied() else { return Ok(None) };
        let mut input = Input::default();
        let mut parties: BTreeMap<PartyCode, ()> = BTreeMap::new();
        let store = one_of(&self.of_kind("asp", None), dice.of("store")).map(|p| p.code.clone());
        for (field, n) in workflow.fields.iter().filter(|f| f.kind == FieldKind::Party).zip(0..) {
            let kind = one_of(&field.kinds, dice.of("kind").at(n)).map_or("asp", Name::as_str);
            let found = self.of_kind(kind, store.as_ref());
            let Some(party) = one_of(&found, dice.of("party").at(n)) else { continue };
            parties.insert(party.code.clone(), ());
            input.fields.insert(field.name.clone(), party.code.as_str().into());
        }
        let holders: Vec<&Person> = self.master.people.iter().filter(|p| self.may(p, transition, &parties)).collect();
        let Some(person) = one_of(&holders, dice.of("opener")) else { return Ok(None) };
        let here: Vec<&PartyCode> = parties.keys().collect();
        let mut around = self.stock_of(one_of(&here, dice.of("place")).copied(), now).await?;
        around.contracts =
            self.master.contracts.iter().filter(|c| c.customer.as_ref().is_some_and(|p| parties.contains_key(p))).map(|c| c.code.to_string()).collect();
        for (field, n) in workflow.fields.iter().filter(|f| f.kind == FieldKind::Plain).zip(0..) {
            if let Some(json) = self.given(field, &around, dice.of("field").at(n)) {
                input.fields.insert(field.name.clone(), json);
            }
        }
        for n in 0..(1 + dice.of("lines").below(LINES)) * u64::from(!workflow.line_fields.is_empty()) {
            input.lines.push(self.line(workflow, &mut around, dice.of("line").at(n)));
        }
        let action = Action::Open { workflow: workflow.name.clone(), transition: Some(transition.name.clone()), parent: None };
        let doc = DocId::from(format!("w{turn}-{}", workflow.name));
        Ok(Some((command(doc, action, &person.code, input, turn, now), transition.name.clone())))
    }

    /// Parties of a kind; of those that belong to a store, only its own.
    fn of_kind(&self, kind: &str, store: Option<&PartyCode>) -> Vec<&Party> {
        let belongs = |p: &&Party| match (kind, store) {
            ("technician", Some(store)) => p.parent.as_ref() == Some(store),
            ("customer", Some(store)) => p.code.as_str().starts_with(store.as_str()),
            ("asp", Some(store)) => p.code == *store,
            _ => true,
        };
        self.master.parties.iter().filter(|p| p.kind == *kind).filter(belongs).collect()
    }

    fn may(&self, person: &Person, transition: &Transition, parties: &BTreeMap<PartyCode, ()>) -> bool {
        person.roles.iter().any(|grant| transition.by.contains(&grant.role) && grant.at.as_ref().is_none_or(|at| parties.contains_key(at)))
    }

    /// What a field is given when its document is opened.
    fn given(&self, field: &Field, around: &Around, dice: Dice) -> Option<serde_json::Value> {
        let needed = field.default.is_none() && !matches!(field.ty, Type::Optional(_));
        (needed || dice.of("given").per_mille(400)).then(|| value(self.book, &field.ty.to_string(), around, dice)).flatten()
    }

    fn line(&self, workflow: &Workflow, around: &mut Around, dice: Dice) -> InputLine {
        around.part = one_of(&around.parts, dice.of("part")).cloned();
        around.most = Some((1 + dice.of("most").below(3)).to_string());
        let mut values = BTreeMap::new();
        for (field, n) in workflow.line_fields.iter().zip(0..) {
            let ty = field.ty.to_string();
            let needed = field.default.is_none() && !matches!(field.ty, Type::Optional(_)) || ty == "list of serial";
            if needed && let Some(json) = value(self.book, &ty, around, dice.of("value").at(n)) {
                values.insert(field.name.clone(), json);
            }
        }
        InputLine { line: None, values }
    }

    /// What stands at a party, or anywhere.
    async fn stock_of(&self, party: Option<&PartyCode>, now: Timestamp) -> Result<Around, ReplayError> {
        let place = party.filter(|p| self.master.parties.iter().any(|known| known.code == **p && (known.kind == "asp" || known.kind == "warehouse")));
        let filter = StockFilter { party: Some(place.cloned().unwrap_or_else(|| WAREHOUSE.into())), ..StockFilter::new(super::bu()) };
        let rows = self.store.stock(&filter).await?;
        let mut around = Around { now, ..Around::default() };
        for row in &rows {
            let part = row.balance.part.to_string();
            around.units.extend(row.balance.serial.iter().map(|s| (s.to_string(), part.clone())));
            around.lots.push((row.balance.lot.to_string(), part.clone()));
            if around.parts.last() != Some(&part) {
                around.parts.push(part);
            }
        }
        if around.parts.is_empty() {
            around.parts = self.master.parts.iter().take(20).map(|p| p.code.to_string()).collect();
        }
        Ok(around)
    }

    /// What a transition asks for.
    async fn answers(&self, document: &Document, asks: &[AskInfo], now: Timestamp, dice: Dice) -> Result<Input, ReplayError> {
        let mut input = Input::default();
        let Some(workflow) = self.book.workflows.get(&document.workflow) else { return Ok(input) };
        let mut around = self.stock_of(document.fields.values().find_map(Value::as_party), now).await?;
        let held = self.store.stock(&StockFilter { holder: Some(document.id.clone()), ..StockFilter::new(super::bu()) }).await?;
        if dice.of("held").per_mille(700) {
            around.units = held.iter().filter_map(|r| Some((r.balance.serial.as_ref()?.to_string(), r.balance.part.to_string()))).collect();
        }
        around.contracts = self.master.contracts.iter().map(|c| c.code.to_string()).take(30).collect();
        around.parties = self.master.parties.iter().map(|p| (p.kind.clone(), p.code.to_string())).collect();
        for (ask, n) in asks.iter().filter(|a| !a.per_line).zip(0..) {
            if ask.ty == "lines" {
                input.lines.push(self.line(workflow, &mut around, dice.of("new line")));
            } else if let Some(json) = answer(self.book, ask, &around, dice.of("ask").at(n)) {
                input.fields.insert(ask.field.clone(), json);
            }
        }
        for line in document.lines.iter().filter(|_| asks.iter().any(|a| a.per_line)) {
            around.part = line.part().map(ToString::to_string);
            let amounts: Vec<String> = line.values.values().filter_map(Value::as_quantity).filter(|q| q.is_positive()).map(|q| q.to_string()).collect();
            let of_line = dice.of("of line").at(u64::from(line.no));
            around.most = one_of(&amounts, of_line).cloned();
            let mut values = BTreeMap::new();
            for (ask, n) in asks.iter().filter(|a| a.per_line).zip(0..) {
                if let Some(json) = answer(self.book, ask, &around, of_line.at(n)) {
                    values.insert(ask.field.clone(), json);
                }
            }
            input.lines.push(InputLine { line: Some(line.no), values });
        }
        Ok(input)
    }
}

/// An answer to one thing that is asked; what may be left out often is.
fn answer(book: &Book, ask: &AskInfo, around: &Around, dice: Dice) -> Option<serde_json::Value> {
    if ask.optional && dice.of("left out").per_mille(500) { None } else { value(book, &ask.ty, around, dice) }
}

fn command(doc: DocId, action: Action, person: &PersonCode, input: Input, turn: u64, now: Timestamp) -> Command {
    Command {
        bu: super::bu(),
        doc,
        action,
        actor: Actor::Person(person.clone()),
        input,
        key: Key::from(format!("wander:{turn}")),
        recorded_at: now,
        effective_at: now,
        seen_revision: None,
    }
}
