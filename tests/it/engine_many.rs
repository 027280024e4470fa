//! Many processes on one database: they share what the clock brings, each timer rings once, and nobody treads on another.

use std::collections::BTreeMap;
use std::sync::Arc;

use bincard::base::{DocId, Key, PersonCode};
use bincard::check::{BookFile, BookFiles, check};
use bincard::domain::{Action, Actor, Command, Input, MasterData, Person, RoleGrant};
use bincard::engine::{Engine, Outcome, Ticked};
use bincard::store::{DocumentFilter, LEASE_MICROS, Store};

use crate::support::stores::{Fixture, bu, minute, sqlite, stores};

const BOOK: &str = "name: Reminders\ncurrency: INR\nzone: Asia/Kolkata\nworkflows: workflows\nrules: rules\nmaster: master\ndatabase: sqlite:bincard.db\n";
/// A deadline after half an hour, then a transition after one; entering the state anew would make a deadline void that had not rung.
const FLOW: &str = r#"
condition ok "Good"
owner us "Ours"
pool general "For everybody"
party kind store "Store"
bin shelf at store "On the shelf"
bin supplier outside "Supplier"
on hand counts shelf in ok
role clerk "Clerk"
calendar working always

workflow reminder "Reminder" version 1 {
  number "REM/{fy}/{seq:5}"
  party store : store
  state open "Open" initial within 30 minutes else notify clerk
  state late "Late"
  state noted "Noted" final
  transition open: -> open by clerk {}
  transition lapse: open -> late after 1 hour in open { notify clerk "It has lapsed." }
  transition note: late -> noted at once { notify clerk "It is noted." }
}
"#;

/// Engines as they would be in processes of their own: each with its own connections.
async fn engines(f: &Fixture, count: usize) -> Vec<Engine> {
    let file = |path: &str, text: &str| BookFile { path: path.into(), text: text.into() };
    let files = BookFiles { manifest: file("bincard.yaml", BOOK), flows: vec![file("workflows/reminder.flow", FLOW)], rules: Vec::new() };
    let checked = check(&files);
    let told: Vec<&str> = checked.diagnostics.iter().map(|d| d.title.as_str()).collect();
    let (book, rules) = (Arc::new(checked.book.unwrap_or_else(|| panic!("{told:?}"))), Arc::new(checked.rules));
    let mut engines = vec![Engine::new(book.clone(), rules.clone(), f.store.clone()).await.unwrap()];
    while engines.len() < count {
        let store = if f.store.kind() == "memory" { f.store.clone() } else { f.again().await };
        engines.push(Engine::new(book.clone(), rules.clone(), store).await.unwrap());
    }
    let clerk = Person { bu: bu(), code: "asha".into(), name: "Asha".into(), roles: vec![RoleGrant { role: "clerk".into(), at: None }] };
    let mut master = crate::store_parity::master();
    master.parties.iter_mut().for_each(|party| party.kind = "store".into());
    engines[0].load_master(&MasterData { people: vec![clerk], ..master }).await.unwrap();
    engines
}

async fn opened(engine: &Engine, documents: usize) {
    for n in 0..documents {
        let command = Command {
            bu: bu(),
            doc: DocId::from(format!("R{n:03}")),
            action: Action::Open { workflow: "reminder".into(), transition: None, parent: None },
            actor: Actor::Person(PersonCode::from("asha")),
            input: Input { fields: BTreeMap::from([("store".into(), serde_json::json!("PUNE"))]), lines: Vec::new() },
            key: Key::from(format!("open {n}")),
            recorded_at: minute(0),
            effective_at: minute(0),
            seen_revision: None,
        };
        assert!(matches!(engine.execute(command).await.unwrap(), Outcome::Done(_)));
    }
}

/// Everything rang once and in order: the deadline, then the lapse, then what follows at once.
async fn rang_once(store: &Store, documents: usize) {
    let heads = store.documents(&DocumentFilter { limit: 1_000, ..DocumentFilter::new(bu()) }).await.unwrap();
    assert_eq!(heads.len(), documents);
    assert!(heads.iter().all(|d| d.state == "noted" && d.revision == 3), "{}", store.kind());
    let told = store.outbox_pending(None, 10_000).await.unwrap();
    assert_eq!(told.len(), 3 * documents, "{}: a deadline that rings late is void, and says nothing", store.kind());
    assert_eq!(store.next_due(None).await.unwrap(), None);
    assert!(store.verify().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_engines_share_the_timers_and_each_rings_once() {
    const DOCUMENTS: usize = 100;
    for f in stores().await {
        let engines = engines(&f, 4).await;
        opened(&engines[0], DOCUMENTS).await;
        let tasks: Vec<_> = engines.iter().cloned().map(|engine| tokio::spawn(async move { engine.tick(None, minute(90)).await.unwrap() })).collect();
        let mut each: Vec<Ticked> = Vec::new();
        for task in tasks {
            each.push(task.await.unwrap());
        }
        let sum = |of: fn(&Ticked) -> usize| each.iter().map(of).sum::<usize>();
        let all = (sum(|t| t.deadlines), sum(|t| t.fired), sum(|t| t.refused));
        assert_eq!(all, (DOCUMENTS, 2 * DOCUMENTS, 0), "{}: {each:?}", f.store.kind());
        assert!(f.store.kind() == "memory" || each.iter().filter(|t| t.fired > 0).count() > 1, "{}: one did it all: {each:?}", f.store.kind());
        rang_once(&f.store, DOCUMENTS).await;
    }
}

#[tokio::test]
async fn what_a_process_took_that_died_comes_free_after_its_lease() {
    for f in stores().await {
        let engines = engines(&f, 2).await;
        opened(&engines[0], 3).await;
        let (now, kind) = (minute(90), f.store.kind());
        let dead = f.store.take_timers(None, now, now.plus_micros(LEASE_MICROS), 4).await.unwrap();
        let of: Vec<(&str, &str)> = dead.iter().map(|t| (t.doc.as_str(), t.timer.state.as_str())).collect();
        assert_eq!(of, [("R000", "open"), ("R001", "open"), ("R002", "open"), ("R000", "open")], "{kind}: the earliest first");
        // Of R001 and R002 the second timer is nobody's, but its turn has not come.
        assert_eq!(engines[1].tick(None, now).await.unwrap(), Ticked::default(), "{kind}");
        assert_eq!(f.store.next_due(None).await.unwrap(), Some(minute(60)), "{kind}: the first that nobody holds");
        let ticked = engines[1].tick(None, now.plus_micros(LEASE_MICROS)).await.unwrap();
        assert_eq!((ticked.deadlines, ticked.fired, ticked.refused), (3, 6, 0), "{kind}");
        rang_once(&f.store, 3).await;
        // Had it only been slow, it would come too late for all of them.
        for timer in &dead {
            assert!(!f.store.finish_timer(timer, &bincard::store::TimerOutcome::Done { outbox: Vec::new() }, now).await.unwrap(), "{kind}");
        }
    }
}

#[tokio::test]
async fn who_may_not_go_on_puts_back_what_it_took() {
    let f = sqlite().await;
    let engines = engines(&f, 1).await;
    opened(&engines[0], 2).await;
    // Its first deadline rings; then there is a document that cannot be read.
    crate::support::plant::plant(&f, "UPDATE document SET fields = '{' WHERE doc = 'R000'").await;
    engines[0].tick(Some(&bu()), minute(90)).await.unwrap_err();
    let held: i64 =
        sqlx::query_scalar("SELECT count(*) FROM timer WHERE held_until > 0").fetch_one(&crate::support::stores::raw_sqlite(&f).await).await.unwrap();
    assert_eq!(held, 0, "nothing waits for the lease to end");
}
