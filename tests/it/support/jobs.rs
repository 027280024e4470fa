//! Service jobs by the hundred, for tests under load: each reserves a part of one and the same shelf, is picked, and every
//! other one is cancelled again. Named by writer and number, so that the commands can be made again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bincard::base::Key;
use bincard::domain::Command;
use bincard::engine::{Engine, Outcome};
use bincard::store::{DocumentFilter, LEASE_MICROS, StockFilter, Store};
use serde_json::json;

use super::desk::{Desk, ac, fire, open};

/// What lies on the shelf before anybody works.
pub const STOCK: u32 = 5_000;

/// Fills the shelf.
pub async fn stock(desk: &Desk) {
    desk.stocked("coolfix", &[json!({ "part": "CON", "quantity": STOCK })]).await;
}

/// A store with a full shelf, and nothing else.
pub async fn prepare(store: Store) {
    let desk = Desk::on(store).await;
    stock(&desk).await;
    desk.engine.store().close().await;
}

/// Opens a job for some parts.
pub fn opening(desk: &Desk, doc: &str, parts: &[(&str, u32)]) -> Command {
    let lines: Vec<_> = parts.iter().map(|(part, n)| json!({ "part": part, "requested": n })).collect();
    let fields = json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": format!("SO-{doc}"), "contract": "IW-1001" });
    keyed(desk.command(&desk.who("service_desk", None), doc, open("indent"), fields, &lines), doc, "open")
}

fn keyed(command: Command, doc: &str, step: &str) -> Command {
    Command { key: Key::from(format!("{doc}:{step}")), ..command }
}

/// The commands of a job, in order.
pub fn job(desk: &Desk, doc: &str, cancelled: bool) -> Vec<Command> {
    let (keeper, service_desk) = (desk.who("storekeeper", Some("coolfix")), desk.who("service_desk", None));
    let mut commands = vec![opening(desk, doc, &[("CON", 1)]), keyed(desk.command(&keeper, doc, fire("pick"), json!({}), &[]), doc, "pick")];
    if cancelled {
        commands.push(keyed(desk.command(&service_desk, doc, fire("cancel"), json!({ "reason": "a mistake" }), &[]), doc, "cancel"));
    }
    commands
}

/// The job that a key belongs to, once more.
pub fn of_key(desk: &Desk, key: &str) -> Command {
    let (doc, _) = key.split_once(':').expect("a key of a job");
    let commands = job(desk, doc, true);
    commands.into_iter().find(|c| c.key.as_str() == key).expect("a command of a job")
}

/// What writers share.
pub struct Log {
    stop: AtomicBool,
    done: AtomicU64,
    acknowledged: Mutex<Vec<Command>>,
    /// What callers were told while the database was away.
    pub faults: Mutex<BTreeSet<String>>,
    told: fn(&Command),
}

impl Log {
    /// Works until told to stop: whatever fails is sent again with its key, until there is an answer.
    pub async fn work(&self, desk: &Desk, writer: u32) {
        for n in 1.. {
            for command in job(desk, &format!("W{writer}-{n}"), n % 2 == 0) {
                self.send(&desk.engine, &command).await;
            }
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    async fn send(&self, engine: &Engine, command: &Command) {
        loop {
            match engine.execute(command.clone()).await {
                Ok(Outcome::Done(_)) => break,
                Ok(Outcome::Refused(refusal)) => panic!("{}: {refusal:#?}", command.key),
                Err(fault) => {
                    self.faults.lock().unwrap().insert(fault.to_string());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        (self.told)(command);
        self.acknowledged.lock().unwrap().push(command.clone());
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for so many more acknowledged commands.
    pub async fn more(&self, n: u64) {
        let until = self.done.load(Ordering::Relaxed) + n;
        while self.done.load(Ordering::Relaxed) < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the work.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// What was acknowledged.
    pub fn acknowledged(&self) -> Vec<Command> {
        self.acknowledged.lock().unwrap().clone()
    }
}

/// Writers at work on an engine, until they are told to stop. They are numbered from `first` on; each answer is `told`.
pub fn begin(desk: &Desk, first: u32, writers: u32, told: fn(&Command)) -> (Arc<Log>, tokio::task::JoinSet<()>) {
    let log = Arc::new(Log { stop: AtomicBool::new(false), done: AtomicU64::new(0), acknowledged: Mutex::default(), faults: Mutex::default(), told });
    let mut tasks = tokio::task::JoinSet::new();
    for writer in first..first + writers {
        let (log, desk) = (log.clone(), desk.clone());
        tasks.spawn(async move { log.work(&desk, writer).await });
    }
    (log, tasks)
}

/// What was acknowledged is there, once, and nothing is missing from the shelf.
pub async fn nothing_lost_nothing_twice(engine: &Engine, acknowledged: &[Command]) {
    let store = engine.store();
    for command in acknowledged {
        match engine.execute(command.clone()).await.expect("no fault") {
            Outcome::Done(done) => assert!(done.repeated(), "{} was acknowledged and is lost", command.key),
            Outcome::Refused(refusal) => panic!("{} was acknowledged: {refusal:#?}", command.key),
        }
    }
    // What a writer that died left half way goes on here, once it is free.
    let now = acknowledged.first().expect("something was done").recorded_at.plus_micros(2 * LEASE_MICROS);
    engine.tick(None, now).await.expect("no fault");
    let documents = store.documents(&DocumentFilter { workflow: Some("indent".into()), limit: 100_000, ..DocumentFilter::new(ac()) }).await.expect("documents");
    let mut held = 0;
    for head in &documents {
        let story = store.events(&ac(), &head.id).await.expect("events");
        let steps: Vec<&str> = story.iter().map(|e| e.event.transition.as_str()).collect();
        let whole = ["open", "find", "allocate", "pick", "cancel"];
        assert!(steps.len() >= 3 && whole.starts_with(&steps), "{}: {steps:?}", head.id);
        held += u32::from(steps.len() < whole.len());
    }
    let stock = store.stock(&StockFilter { party: Some("coolfix".into()), ..StockFilter::new(ac()) }).await.expect("stock");
    let (free, taken): (Vec<_>, Vec<_>) = stock.iter().partition(|r| r.balance.position.bin == "available");
    let sum = |rows: &[&bincard::store::StockRow]| rows.iter().map(|r| r.balance.quantity.milli() / 1_000).sum::<i64>();
    assert_eq!((sum(&free), sum(&taken)), (i64::from(STOCK - held), i64::from(held)));
    let report = store.verify().await.expect("verify");
    assert!(report.is_sound(), "{report:?}");
}
