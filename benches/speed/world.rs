//! The world of the bench: the shipped book, and a network of service partners with full shelves.
//!
//! Every partner has a storekeeper, a manager and a technician of its own, and eight consumables in three lots each; every
//! part lies with four partners. Sizes are chosen so that no job runs short.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bincard::base::{Bu, DocId, Key, Name, PersonCode, Timestamp};
use bincard::domain::{Action, Actor, Command, Input, InputLine, MasterData, RoleGrant};
use bincard::engine::{Done, Engine, Outcome};
use bincard::model::Book;
use bincard::rules::Rules;
use bincard::store::Store;
use bincard::{book_folder, check, network};
use serde_json::{Value as Json, json};

/// Service partners: as many as there are clients at most.
pub const PARTNERS: usize = 32;
/// Consumables, eight at each partner.
const PARTS: usize = 64;
const AT_PARTNER: usize = 8;
const LOTS: usize = 3;

/// The book with its rules and the network.
#[derive(Clone)]
pub struct World {
    pub book: Arc<Book>,
    pub rules: Arc<Rules>,
    pub master: Arc<MasterData>,
    pub now: Timestamp,
}

pub fn bu() -> Bu {
    Bu::from("ac")
}

/// The `n`-th part of a partner.
pub fn part(partner: usize, n: usize) -> String {
    format!("BP{:02}", (partner * 2 + n * 8) % PARTS)
}

impl World {
    pub fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let checked = check::check(&book_folder::read(root).expect("the shipped book"));
        let book = Arc::new(checked.book.expect("the shipped book has no errors"));
        let sources = network::read_folder(&root.join("examples/network")).expect("the example network");
        let mut master = network::check(&sources, &network::Known::of(&book.vocabulary)).expect("the example network checks").data;
        grow(&mut master);
        let now = Timestamp::parse_local("2026-04-20 10:00", &book.manifest.zone).expect("a time");
        Self { book, rules: Arc::new(checked.rules), master: Arc::new(master), now }
    }

    /// An engine on a new database, with the network and the stock in it.
    pub async fn furnished(&self, store: Store) -> Engine {
        let engine = self.with_network(store).await;
        for partner in 0..PARTNERS {
            let lots = (0..AT_PARTNER).flat_map(|n| std::iter::repeat_n(part(partner, n), LOTS));
            let lines: Vec<Json> = lots.map(|part| json!({ "part": part, "quantity": 10_000_000 })).collect();
            self.stock(&engine, partner, &lines).await;
        }
        engine
    }

    /// An engine on a new database, with the network and empty shelves.
    pub async fn with_network(&self, store: Store) -> Engine {
        let engine = self.on(store).await;
        engine.load_master(&self.master).await.expect("master data");
        engine
    }

    /// An engine on a database that is furnished already.
    pub async fn on(&self, store: Store) -> Engine {
        Engine::new(self.book.clone(), self.rules.clone(), store).await.expect("an engine")
    }

    /// The parts of a partner enter its store by its opening balance.
    pub async fn stock(&self, engine: &Engine, partner: usize, lines: &[Json]) {
        let doc = format!("OPN-{partner}");
        let action = Action::Open { workflow: "opening_balance".into(), transition: None, parent: None };
        carried_out(engine, self.command(&format!("keeper{partner}"), &doc, action, json!({ "store": format!("asp{partner}") }), lines)).await;
        for (transition, who) in [("sign", format!("manager{partner}")), ("post", "priya".to_owned())] {
            carried_out(engine, self.command(&who, &doc, fire(transition), json!({}), &[])).await;
        }
    }

    pub fn command(&self, who: &str, doc: &str, action: Action, fields: Json, lines: &[Json]) -> Command {
        let name = match &action {
            Action::Open { .. } => "open",
            Action::Fire { transition } => transition.as_str(),
        };
        let key = Key::from(format!("{doc}:{name}"));
        Command {
            bu: bu(),
            doc: DocId::from(doc),
            actor: Actor::Person(PersonCode::from(who)),
            input: Input { fields: object(fields), lines: lines.iter().map(|l| InputLine { line: None, values: object(l.clone()) }).collect() },
            key,
            action,
            recorded_at: self.now,
            effective_at: self.now,
            seen_revision: None,
        }
    }
}

pub fn fire(transition: &str) -> Action {
    Action::Fire { transition: transition.into() }
}

/// Carries a command out that must pass.
pub async fn carried_out(engine: &Engine, command: Command) -> Done {
    let what = format!("{:?} on {}", command.action, command.doc);
    passed(&what, engine.execute(command).await)
}

pub fn passed<E: std::fmt::Debug>(what: &str, outcome: Result<Outcome, E>) -> Done {
    match outcome.unwrap_or_else(|fault| panic!("{what}: {fault:?}")) {
        Outcome::Done(done) => *done,
        Outcome::Refused(refusal) => panic!("{what} was refused: {refusal:#?}"),
    }
}

fn object(json: Json) -> BTreeMap<Name, Json> {
    let Json::Object(map) = json else { panic!("an object") };
    map.into_iter().map(|(name, value)| (Name::from(name), value)).collect()
}

/// Adds the partners, their people and the parts, each made after one of the example network.
fn grow(master: &mut MasterData) {
    let party = |code: &str| master.parties.iter().find(|p| p.bu == "ac" && p.code == code).expect("a party of the example").clone();
    let (store, technician) = (party("coolfix"), party("arjun"));
    let cap = master.parts.iter().find(|p| p.bu == "ac" && p.code == "CAP").expect("a part of the example").clone();
    let rate = master.rates.iter().find(|r| r.bu == "ac" && r.part == "CAP").expect("its rate").clone();
    let person = master.people.iter().find(|p| p.code == "asha").expect("a person of the example").clone();
    for n in 0..PARTNERS {
        let (asp, tech) = (format!("asp{n}"), format!("tech{n}"));
        master.parties.push(bincard::domain::Party { code: asp.as_str().into(), ..store.clone() });
        master.parties.push(bincard::domain::Party { code: tech.as_str().into(), parent: Some(asp.as_str().into()), ..technician.clone() });
        for (who, role, at) in [(format!("keeper{n}"), "storekeeper", &asp), (format!("manager{n}"), "asp_manager", &asp), (tech.clone(), "technician", &tech)]
        {
            let roles = vec![RoleGrant { role: role.into(), at: Some(at.as_str().into()) }];
            master.people.push(bincard::domain::Person { code: who.into(), roles, ..person.clone() });
        }
    }
    for n in 0..PARTS {
        let code = bincard::base::PartCode::from(format!("BP{n:02}"));
        master.parts.push(bincard::domain::Part { code: code.clone(), ..cap.clone() });
        master.rates.push(bincard::domain::Rate { part: code, ..rate.clone() });
    }
}
