//! Random walks through the shipped book: whatever people do, and in whatever order, no part is left behind, no rule
//! breaks, and the books balance. And every transition of the book is told by one of its scenarios.
//!
//! A walk is the same for the same seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bincard::base::{Bu, DocId, Key, Name, PersonCode, Timestamp};
use bincard::domain::{Action, Actor, Command, Document, Input, InputLine, ReasonCode};
use bincard::engine::{AskInfo, Engine, Outcome, Possible};
use bincard::network::{self, Known};
use bincard::scenario::{Masters, run};
use bincard::store::{DocumentFilter, StockFilter, StockRow, Store};
use serde_json::{Value as Json, json};

use crate::support::{book, root};

const PEOPLE: [&str; 14] = ["priya", "suresh", "lata", "vikram", "manoj", "deepa", "vani", "asha", "meera", "arjun", "bala", "farida", "gopal", "dinesh"];

/// Ways out; a walk that takes them as often as the others gets nowhere.
const WAYS_OUT: [&str; 12] =
    ["cancel", "withdraw", "decline", "reject", "refuse", "amend", "give_up", "change_contract", "short_close", "turn_down", "look_again", "cancel_job"];

/// What everybody may do at any time; a walk that does it as often as the rest does nothing else.
const ASIDE: [&str; 3] = ["note", "hold", "reassign"];

async fn engine() -> Engine {
    let (book, rules) = book::untold();
    Engine::new(book, rules, Store::memory()).await.expect("an engine")
}

/// xorshift: enough to wander about.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap_or(0)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

struct Walk {
    engine: Engine,
    chance: Chance,
    bu: Bu,
    now: Timestamp,
    commands: u64,
    done: BTreeMap<String, usize>,
}

impl Walk {
    async fn begin(seed: u64) -> Self {
        let engine = engine().await;
        let sources = network::read_folder(&root().join("examples/network")).expect("the example network");
        let checked = network::check(&sources, &Known::of(&engine.book().vocabulary));
        let master = checked.map_err(|found| format!("{found:?}")).expect("the example network loads").data;
        engine.load_master(&master).await.expect("loaded");
        let now = Timestamp::parse_local("2026-04-01 10:00", &engine.book().manifest.zone).expect("a time");
        let mut walk = Self { engine, chance: Chance::new(seed), bu: "ac".into(), now, commands: 0, done: BTreeMap::new() };
        for (store, counts, signs) in [("wh_blr", "manoj", "deepa"), ("coolfix", "asha", "meera"), ("sri_balaji", "farida", "gopal")] {
            walk.stock(store, counts, signs).await;
        }
        walk
    }

    /// Stock begins by an opening balance, as everywhere.
    async fn stock(&mut self, store: &str, counts: &str, signs: &str) {
        let units: Vec<String> = (1..=8).map(|n| format!("{store}-P{n}")).collect();
        let lines = json!([
            { "part": "CON", "quantity": "30" },
            { "part": "FAN", "quantity": "12" },
            { "part": "CAP", "quantity": "40" },
            { "part": "SEAL", "quantity": "9", "label": "B-1" },
            { "part": "PCB", "quantity": "8", "serials": units },
            { "part": "FAN", "quantity": "5", "place": "defectives", "grade": "defective" },
        ]);
        let lines = serde_json::from_value(lines).expect("lines");
        let input = Input { fields: BTreeMap::from([("store".into(), json!(store))]), lines };
        let doc = DocId::from(format!("opening-{store}"));
        let open = Action::Open { workflow: "opening_balance".into(), transition: None, parent: None };
        assert!(self.send(&doc, open, counts, input).await, "{store} counts");
        for (transition, person) in [("sign", signs), ("post", "priya")] {
            assert!(self.send(&doc, Action::Fire { transition: transition.into() }, person, Input::default()).await, "{store}: {transition}");
        }
    }

    /// Sends a command. It may be refused, but never for what the book itself must prevent.
    async fn send(&mut self, doc: &DocId, action: Action, person: &str, input: Input) -> bool {
        self.commands += 1;
        let told = match &action {
            Action::Open { workflow, .. } => format!("open {workflow}"),
            Action::Fire { transition } => transition.to_string(),
        };
        let command = Command {
            bu: self.bu.clone(),
            doc: doc.clone(),
            action,
            actor: Actor::Person(person.into()),
            input,
            key: Key::from(format!("walk-{}", self.commands)),
            recorded_at: self.now,
            effective_at: self.now,
            seen_revision: None,
        };
        let shown = format!("{command:?}");
        match self.engine.execute(command).await.expect("the engine answers") {
            Outcome::Done(_) => {
                *self.done.entry(told).or_default() += 1;
                true
            }
            Outcome::Refused(refusal) => {
                let wrong = [ReasonCode::RuleFault, ReasonCode::PartsLeftBehind, ReasonCode::ObligationOpen, ReasonCode::ReverseOpen];
                assert!(!refusal.reasons.iter().any(|r| wrong.contains(&r.code)), "{shown}\n{:#?}", refusal.reasons);
                false
            }
        }
    }

    async fn open_documents(&self) -> Vec<DocId> {
        let filter = DocumentFilter { open_only: true, ..DocumentFilter::new(self.bu.clone()) };
        self.engine.store().documents(&filter).await.expect("documents").into_iter().map(|head| head.id).collect()
    }

    async fn step(&mut self) {
        if self.chance.one_in(12) {
            let hours = 1 + self.chance.below(40);
            self.now = Timestamp::from_micros(self.now.micros() + i64::try_from(hours).unwrap_or(1) * 3_600_000_000);
            self.engine.tick(None, self.now).await.expect("timers run");
        }
        let open = self.open_documents().await;
        if open.len() < 6 || self.chance.one_in(15) {
            self.open_one().await;
            return;
        }
        let doc = self.chance.pick(&open).clone();
        if let Some((person, possible)) = self.choose(&doc).await {
            self.fire(&doc, &person, &possible).await;
        }
    }

    async fn open_one(&mut self) {
        let (asp, technicians, keeper) = *self.chance.pick(&[("coolfix", ["arjun", "bala"], "asha"), ("sri_balaji", ["dinesh", "ezhil"], "farida")]);
        let part = *self.chance.pick(&["CON", "FAN", "CAP", "PCB", "SEAL"]);
        let quantity = (1 + self.chance.below(4)) * if part == "CAP" { 10 } else { 1 };
        let contract = *self.chance.pick(&["IW-1001", "IW-1001", "AMC-2001", "OOW-3001"]);
        let cause = *self.chance.pick(&["excess", "defective", "recall"]);
        let purpose = *self.chance.pick(&["replenishment", "emergency"]);
        let doc = DocId::from(format!("walk-{}", self.commands));
        let (workflow, person, fields, counted) = match self.chance.below(6) {
            0 => ("ship_to_store", keeper, json!({ "asp": asp, "warehouse": "wh_blr", "purpose": purpose, "pool": "in_warranty" }), "requested"),
            1 => ("return_to_warehouse", keeper, json!({ "asp": asp, "warehouse": "wh_blr", "cause": cause }), "quantity"),
            2 => ("hold", "vikram", json!({ "store": asp, "cause": "quality" }), "quantity"),
            3 => ("disposition", "vikram", json!({ "store": "wh_blr", "decision": "repair" }), "quantity"),
            _ => {
                let technician = *self.chance.pick(&technicians);
                let job = format!("SO-{}", self.commands);
                let fields = json!({ "asp": asp, "customer": "cust_anand", "technician": technician, "service_order": job, "contract": contract });
                ("indent", "suresh", fields, "requested")
            }
        };
        let lines = serde_json::from_value(json!([{ "part": part, counted: quantity.to_string() }])).expect("a line");
        let fields = serde_json::from_value(fields).expect("fields");
        self.send(&doc, Action::Open { workflow: workflow.into(), transition: None, parent: None }, person, Input { fields, lines }).await;
    }

    /// Someone, and something that this person may do now.
    async fn choose(&mut self, doc: &DocId) -> Option<(PersonCode, Possible)> {
        let mut options = Vec::new();
        for person in PEOPLE.map(PersonCode::from) {
            let can = self.engine.can(&self.bu, doc, &person, self.now).await.expect("an answer");
            options.extend(can.into_iter().map(|possible| (person.clone(), possible)));
        }
        if !self.chance.one_in(20) {
            options.retain(|(_, possible)| !ASIDE.contains(&possible.transition.as_str()));
        }
        let mut chosen = None;
        for _ in 0..5 {
            if options.is_empty() || chosen.as_ref().is_some_and(|(_, p): &(PersonCode, Possible)| !WAYS_OUT.contains(&p.transition.as_str())) {
                break;
            }
            chosen = Some(self.chance.pick(&options).clone());
        }
        chosen
    }

    async fn fire(&mut self, doc: &DocId, person: &PersonCode, possible: &Possible) {
        if !possible.blocked.is_empty() {
            let approval = Action::Fire { transition: Name::from(format!("approve_{}", possible.transition)) };
            let other = *self.chance.pick(&PEOPLE);
            self.send(doc, approval, other, Input::default()).await;
            return;
        }
        let document = self.engine.store().document(&self.bu, doc).await.expect("a document").expect("it is there");
        let stock = self.engine.store().stock(&StockFilter { holder: Some(doc.clone()), ..StockFilter::new(self.bu.clone()) }).await.expect("stock");
        let input = self.input(&document, &possible.asks, &stock);
        self.send(doc, Action::Fire { transition: possible.transition.clone() }, person.as_str(), input).await;
    }

    fn input(&mut self, document: &Document, asks: &[AskInfo], stock: &[StockRow]) -> Input {
        let mut input = Input::default();
        for ask in asks.iter().filter(|a| !a.per_line) {
            if ask.field == "lines" {
                input.lines = serde_json::from_value(json!([{ "part": "CON", "requested": "1" }])).expect("a line");
            } else if let Some(value) = self.value(ask, None, &[], None) {
                input.fields.insert(ask.field.clone(), value);
            }
        }
        for line in document.lines.iter().filter(|_| asks.iter().any(|a| a.per_line)) {
            let number = |f: &str| line.values.get(f).and_then(|v| v.as_quantity()).filter(|q| q.is_positive());
            let most = ["in_hand", "owing", "approved", "requested", "quantity"].iter().find_map(|f| number(f)).map(|q| q.to_string());
            let full = self.chance.one_in(2);
            let mut values = BTreeMap::new();
            for (n, ask) in asks.iter().filter(|a| a.per_line).enumerate() {
                let wanted = most.clone().filter(|_| full && n == 0);
                if let Some(value) = self.value(ask, line.part().map(|p| p.as_str()), stock, wanted) {
                    values.insert(ask.field.clone(), value);
                }
            }
            input.lines.push(InputLine { line: Some(line.no), values });
        }
        input
    }

    /// Something that fits the type of what is asked, likely or not.
    fn value(&mut self, ask: &AskInfo, part: Option<&str>, stock: &[StockRow], wanted: Option<String>) -> Option<Json> {
        if ask.optional && wanted.is_none() && self.chance.one_in(2) {
            return None;
        }
        Some(match ask.ty.trim_end_matches('?') {
            "quantity" => json!(wanted.unwrap_or_else(|| self.chance.below(4).to_string())),
            "text" => json!("as seen"),
            "sodo" => json!("4500010001 80001234"),
            "date" => json!("2027-01-31"),
            "part" => json!("CON"),
            "contract" => json!(self.chance.pick(&["IW-1001", "AMC-2001", "OOW-3001"])),
            "technician" => json!(self.chance.pick(&["arjun", "bala"])),
            "list of serial" if part == Some("PCB") => {
                let held: Vec<&str> = stock.iter().filter_map(|row| row.balance.serial.as_ref()).map(|s| s.as_str()).collect();
                if held.is_empty() || self.chance.one_in(3) { json!([format!("N{}", self.commands)]) } else { json!([self.chance.pick(&held)]) }
            }
            _ => return None,
        })
    }
}

#[tokio::test]
async fn whatever_people_do_no_part_is_left_behind() {
    let mut done = BTreeSet::new();
    for seed in 1..=3 {
        let mut walk = Walk::begin(seed).await;
        for _ in 0..500 {
            walk.step().await;
        }
        let report = walk.engine.store().verify().await.expect("verified");
        assert!(report.findings.is_empty(), "seed {seed}: {:#?}", report.findings);
        done.extend(walk.done.into_keys());
    }
    assert!(done.len() > 50, "the walks went nowhere: {done:?}");
}

#[tokio::test]
async fn every_transition_of_the_book_is_told_by_a_scenario() {
    let (book, rules) = book::shipped();
    let mut untold: BTreeSet<(Name, Name)> = BTreeSet::new();
    for workflow in book.workflows.values() {
        untold.extend(workflow.transitions.iter().map(|t| (workflow.name.clone(), t.name.clone())));
    }
    let masters = Masters::new(Path::new(root()));
    for scenario in &book.scenarios {
        let engine = Engine::new(book.clone(), rules.clone(), Store::memory()).await.expect("an engine");
        run(&engine, scenario, &masters).await.expect("it can be played");
        for bu in engine.store().business_units().await.expect("business units") {
            for head in engine.store().documents(&DocumentFilter::new(bu.code.clone())).await.expect("documents") {
                for event in engine.store().events(&bu.code, &head.id).await.expect("events") {
                    untold.remove(&(head.workflow.clone(), event.event.transition));
                }
            }
        }
    }
    assert!(untold.is_empty(), "no scenario tells {untold:?}");
}
