//! The shipped book on the example network, with people who act: for tests of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bincard::base::{Bu, DocId, Key, Name, PersonCode, Timestamp};
use bincard::check::BookFiles;
use bincard::domain::{Action, Actor, Command, Input, InputLine, MasterData, Refusal};
use bincard::engine::{Done, Engine, Outcome};
use bincard::network::{Known, read_folder};
use bincard::store::Store;
use serde_json::Value as Json;

use super::{book, root};

/// An engine, the example network, and a clock that stands still until a test moves it.
#[derive(Clone)]
pub struct Desk {
    pub engine: Engine,
    pub master: Arc<MasterData>,
    pub now: Timestamp,
}

/// The business unit of air conditioners.
pub fn ac() -> Bu {
    Bu::from("ac")
}

impl Desk {
    /// The shipped book on a store; without its scenarios, which nobody at a desk asks for.
    pub async fn on(store: Store) -> Self {
        let (book, rules) = book::untold();
        Self::of(Engine::new(book, rules, store).await.expect("an engine")).await
    }

    /// The shipped book, changed by a test.
    pub async fn with(store: Store, change: impl FnOnce(&mut BookFiles)) -> Self {
        let mut files = book::files_untold();
        change(&mut files);
        let (book, rules) = book::made(&files);
        Self::of(Engine::new(book, rules, store).await.expect("an engine")).await
    }

    async fn of(engine: Engine) -> Self {
        let sources = read_folder(&root().join("examples/network")).expect("the example network");
        let master = bincard::network::check(&sources, &Known::of(&engine.book().vocabulary)).expect("the example network checks").data;
        engine.load_master(&master).await.expect("master data");
        let now = Timestamp::parse_local("2026-04-20 10:00", &engine.book().manifest.zone).expect("a time");
        Self { engine, master: Arc::new(master), now }
    }

    /// Someone who holds a role, at a party or everywhere.
    pub fn who(&self, role: &str, at: Option<&str>) -> PersonCode {
        let holds = |p: &&bincard::domain::Person| p.bu == "ac" && p.roles.iter().any(|r| r.role == role && r.at.as_ref().map(|a| a.as_str()) == at);
        self.master.people.iter().find(holds).unwrap_or_else(|| panic!("nobody is {role} at {at:?}")).code.clone()
    }

    /// A command with a key of its own.
    pub fn command(&self, who: &PersonCode, doc: &str, action: Action, fields: Json, lines: &[Json]) -> Command {
        static KEYS: AtomicU32 = AtomicU32::new(0);
        let key = format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed));
        Command {
            bu: ac(),
            doc: DocId::from(doc),
            action,
            actor: Actor::Person(who.clone()),
            input: Input { fields: object(fields), lines: lines.iter().map(|l| line(l.clone())).collect() },
            key: Key::from(key),
            recorded_at: self.now,
            effective_at: self.now,
            seen_revision: None,
        }
    }

    /// Carries a command out that must pass.
    pub async fn must(&self, who: &PersonCode, doc: &str, action: Action, fields: Json, lines: &[Json]) -> Done {
        match self.engine.execute(self.command(who, doc, action, fields, lines)).await.expect("no fault") {
            Outcome::Done(done) => *done,
            Outcome::Refused(refusal) => panic!("{doc} was refused: {refusal:#?}"),
        }
    }

    /// Carries a command out that must be refused.
    pub async fn refused(&self, who: &PersonCode, doc: &str, action: Action, fields: Json, lines: &[Json]) -> Refusal {
        match self.engine.execute(self.command(who, doc, action, fields, lines)).await.expect("no fault") {
            Outcome::Done(done) => panic!("{doc} is {} now, and should have been refused", done.document.state),
            Outcome::Refused(refusal) => *refusal,
        }
    }

    /// Parts enter a store by its opening balance.
    pub async fn stocked(&self, store: &str, lines: &[Json]) {
        let (counter, signer) = match store.starts_with("wh") {
            true => (self.who("picker", Some(store)), self.who("warehouse_manager", Some(store))),
            false => (self.who("storekeeper", Some(store)), self.who("asp_manager", Some(store))),
        };
        let doc = format!("OPN-{store}");
        self.must(&counter, &doc, open("opening_balance"), serde_json::json!({ "store": store }), lines).await;
        self.must(&signer, &doc, fire("sign"), Json::Object(Default::default()), &[]).await;
        self.must(&self.who("service_ops", None), &doc, fire("post"), Json::Object(Default::default()), &[]).await;
    }
}

/// Opening a document.
pub fn open(workflow: &str) -> Action {
    Action::Open { workflow: workflow.into(), transition: None, parent: None }
}

/// Firing a transition.
pub fn fire(transition: &str) -> Action {
    Action::Fire { transition: transition.into() }
}

fn object(json: Json) -> BTreeMap<Name, Json> {
    let Json::Object(map) = json else { panic!("an object") };
    map.into_iter().map(|(name, value)| (Name::from(name), value)).collect()
}

fn line(json: Json) -> InputLine {
    let mut values = object(json);
    let line = values.remove("line").and_then(|v| v.as_u64()).and_then(|n| u32::try_from(n).ok());
    InputLine { line, values }
}
