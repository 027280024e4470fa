//! Whoever waits for parts is served when they come free, in the order that the flow says, once, and also where the process
//! died in between.

use bincard::base::DocId;
use bincard::domain::{Actor, Command, Decision, TimerKind};
use bincard::engine::{decide, request};
use bincard::store::{LEASE_MICROS, Store};
use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::stores;

const FAR: bincard::base::Timestamp = bincard::base::Timestamp::from_micros(i64::MAX);

/// One fan that a first job has; jobs of other priorities wait for it, in this order.
async fn waiting(store: &Store, priorities: &[&str]) -> Desk {
    let desk = Desk::on(store.clone()).await;
    desk.stocked("coolfix", &[json!({ "part": "CON", "quantity": 1 })]).await;
    let service_desk = desk.who("service_desk", None);
    for (n, priority) in std::iter::once(&"p2").chain(priorities).enumerate() {
        let fields = json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": format!("SO-{n}"), "contract": "IW-1001", "priority": priority });
        desk.must(&service_desk, &format!("I{n}"), open("indent"), fields, &[json!({ "part": "CON", "requested": 1 })]).await;
    }
    desk
}

async fn states(desk: &Desk, count: usize) -> Vec<String> {
    let mut states = Vec::new();
    for n in 0..count {
        states.push(desk.engine.store().document(&ac(), &DocId::from(format!("I{n}"))).await.unwrap().unwrap().state.to_string());
    }
    states
}

/// Arrivals, and documents that wait for them, that are still to be seen to.
async fn unseen(desk: &Desk) -> usize {
    let timers = desk.engine.store().due_timers(None, None, FAR, 1_000).await.unwrap();
    timers.iter().filter(|t| matches!(t.timer.kind, TimerKind::Arrived(_) | TimerKind::Waits(_))).count()
}

/// Decides a command by hand and commits it where it is to be done now; what follows at once is left undone.
async fn by_hand(desk: &Desk, command: &Command, now: bool) -> Decision {
    let store = desk.engine.store();
    let snapshot = store.load(&request(desk.engine.book(), command)).await.unwrap();
    let decision = decide(desk.engine.book(), desk.engine.rules(), &snapshot, command).expect("allowed");
    if now {
        store.commit(&decision).await.unwrap();
    }
    decision
}

#[tokio::test]
async fn the_most_urgent_comes_first_then_the_oldest() {
    for fixture in stores::stores().await {
        let desk = waiting(&fixture.store, &["p3", "p1", "p1"]).await;
        assert_eq!(states(&desk, 4).await, ["reserved", "short", "short", "short"], "{}", fixture.url);
        let service_desk = desk.who("service_desk", None);
        let done = desk.must(&service_desk, "I0", fire("give_up"), json!({ "reason": "urgent" }), &[]).await;
        let followed: Vec<String> = done.followed.iter().map(|f| format!("{} {}", f.document.id, f.transition)).collect();
        assert_eq!(followed, ["I2 freed", "I2 find", "I2 allocate"], "{}", fixture.url);
        assert_eq!(states(&desk, 4).await, ["released", "short", "reserved", "short"], "{}", fixture.url);
        desk.must(&service_desk, "I2", fire("cancel"), json!({ "reason": "repaired" }), &[]).await;
        desk.must(&service_desk, "I3", fire("cancel"), json!({ "reason": "repaired" }), &[]).await;
        assert_eq!(states(&desk, 4).await, ["released", "reserved", "cancelled", "cancelled"], "{}", fixture.url);
        assert_eq!(unseen(&desk).await, 0, "{}", fixture.url);
        assert!(desk.engine.store().verify().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn an_arrival_that_a_process_died_over_is_seen_to_by_the_next_tick() {
    for fixture in stores::stores().await {
        let desk = waiting(&fixture.store, &["p1"]).await;
        let give_up = desk.command(&desk.who("service_desk", None), "I0", fire("give_up"), json!({ "reason": "urgent" }), &[]);
        by_hand(&desk, &give_up, true).await;
        // Nobody is there to see to it.
        assert_eq!((states(&desk, 2).await, unseen(&desk).await), (vec!["released".to_owned(), "short".to_owned()], 1), "{}", fixture.url);
        let ticked = desk.engine.tick(None, desk.now.plus_micros(LEASE_MICROS)).await.unwrap();
        assert_eq!((ticked.fired, unseen(&desk).await), (3, 0), "{}", fixture.url);
        assert_eq!(states(&desk, 2).await, ["released", "reserved"], "{}", fixture.url);
        assert_eq!(desk.engine.tick(None, desk.now.plus_micros(2 * LEASE_MICROS)).await.unwrap(), Default::default(), "{}", fixture.url);
    }
}

#[tokio::test]
async fn who_gave_the_parts_up_does_not_take_them_again() {
    for fixture in stores::stores().await {
        let desk = waiting(&fixture.store, &[]).await;
        let change = |files: &mut bincard::check::BookFiles| {
            for file in files.flows.iter_mut().filter(|f| f.path.ends_with("/indent.flow")) {
                file.text = file.text.replace("transition give_up: reserved -> released", "transition give_up: reserved -> short");
            }
        };
        let desk = Desk { engine: Desk::with(fixture.store.clone(), change).await.engine, ..desk };
        desk.must(&desk.who("service_desk", None), "I0", fire("give_up"), json!({ "reason": "later" }), &[]).await;
        assert_eq!((states(&desk, 1).await, unseen(&desk).await), (vec!["short".to_owned()], 0), "{}", fixture.url);
    }
}

#[tokio::test]
async fn what_came_while_a_document_was_about_to_wait_serves_it() {
    for fixture in stores::stores().await {
        let desk = waiting(&fixture.store, &[]).await;
        let service_desk = desk.who("service_desk", None);
        let fields =
            json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": "SO-1", "contract": "IW-1001", "priority": "p1" });
        let lines = [json!({ "part": "CON", "requested": 1 })];
        by_hand(&desk, &desk.command(&service_desk, "I1", open("indent"), fields, &lines), true).await;
        let system = |transition: &str| Command { actor: Actor::System, ..desk.command(&service_desk, "I1", fire(transition), json!({}), &[]) };
        by_hand(&desk, &system("find"), true).await;
        let decided = by_hand(&desk, &system("allocate"), false).await;
        desk.must(&service_desk, "I0", fire("give_up"), json!({ "reason": "urgent" }), &[]).await;
        fixture.store.commit(&decided).await.unwrap();
        assert_eq!(states(&desk, 2).await, ["released", "short"], "{}: nobody has looked again", fixture.url);
        desk.engine.tick(None, desk.now.plus_micros(LEASE_MICROS)).await.unwrap();
        assert_eq!((states(&desk, 2).await, unseen(&desk).await), (vec!["released".to_owned(), "reserved".to_owned()], 0), "{}", fixture.url);
    }
}
