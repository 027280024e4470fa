//! Fifty at once want one unit: one gets it, and the others hear at once, and in numbers, that it is gone.

use std::collections::BTreeMap;

use bincard::base::Quantity;
use bincard::domain::{Command, ReasonCode, Value};
use bincard::engine::{Engine, Outcome};
use bincard::store::StockFilter;
use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::{jobs, stores};

const RACERS: usize = 50;

/// Sends all commands at the same time.
async fn race(engine: &Engine, commands: Vec<Command>) -> Vec<Outcome> {
    let racers: Vec<_> = commands
        .into_iter()
        .map(|command| {
            tokio::spawn({
                let engine = engine.clone();
                async move { engine.execute(command).await }
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for racer in racers {
        outcomes.push(racer.await.expect("no panic").expect("no fault reaches a caller"));
    }
    outcomes
}

/// What lies where at the store.
async fn at_coolfix(engine: &Engine) -> Vec<(String, Quantity)> {
    let stock = engine.store().stock(&StockFilter { party: Some("coolfix".into()), ..StockFilter::new(ac()) }).await.expect("stock");
    stock.iter().map(|r| (r.balance.position.bin.to_string(), r.balance.quantity)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_jobs_that_race_for_one_unit_one_gets_it_and_the_others_wait() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        desk.stocked("coolfix", &[json!({ "part": "COMP", "quantity": 1, "serials": ["C1"] })]).await;
        let commands = (0..RACERS).map(|n| jobs::opening(&desk, &format!("I{n}"), &[("COMP", 1)])).collect();
        let mut states = BTreeMap::<String, usize>::new();
        for outcome in race(&desk.engine, commands).await {
            let Outcome::Done(done) = outcome else { panic!("{}: {outcome:#?}", fixture.url) };
            *states.entry(done.document.state.to_string()).or_default() += 1;
        }
        assert_eq!(states, BTreeMap::from([("reserved".to_owned(), 1), ("short".to_owned(), RACERS - 1)]), "{}", fixture.url);
        assert_eq!(at_coolfix(&desk.engine).await, [("reserved".to_owned(), Quantity::ONE)], "{}", fixture.url);
        assert!(desk.engine.store().verify().await.expect("verify").is_sound());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_that_take_the_last_one_one_does_and_the_others_are_refused_in_numbers() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        desk.stocked("coolfix", &[json!({ "part": "FAN", "quantity": 1, "place": "defectives", "grade": "defective" })]).await;
        let (keeper, ops) = (desk.who("storekeeper", Some("coolfix")), desk.who("service_ops", None));
        let paper = |n: usize| format!("D{n}");
        for n in 0..RACERS {
            let fields = json!({ "store": "coolfix", "decision": "repair" });
            desk.must(&keeper, &paper(n), open("disposition"), fields, &[json!({ "part": "FAN", "quantity": 1 })]).await;
        }
        let commands = (0..RACERS).map(|n| desk.command(&ops, &paper(n), fire("approve"), json!({}), &[])).collect();
        let mut taken = 0;
        for outcome in race(&desk.engine, commands).await {
            let Outcome::Refused(refusal) = outcome else {
                taken += 1;
                continue;
            };
            assert_eq!(refusal.code(), ReasonCode::NotEnough, "{}: {refusal:#?}", fixture.url);
            let numbers = refusal.reasons[0].numbers.as_ref().expect("numbers");
            assert_eq!((&numbers.have, &numbers.need), (&Value::Quantity(Quantity::ZERO), &Value::Quantity(Quantity::ONE)), "{}", fixture.url);
        }
        assert_eq!(taken, 1, "{}", fixture.url);
        assert_eq!(at_coolfix(&desk.engine).await, [("bench".to_owned(), Quantity::ONE)], "{}", fixture.url);
        assert!(desk.engine.store().verify().await.expect("verify").is_sound());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_name_the_same_unit_one_gets_it_and_the_others_hear_that_it_is_elsewhere() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        let there = json!({ "part": "COMP", "quantity": 2, "serials": ["C1", "C2"], "place": "defectives", "grade": "defective" });
        desk.stocked("coolfix", &[there]).await;
        let (keeper, ops) = (desk.who("storekeeper", Some("coolfix")), desk.who("service_ops", None));
        for n in 0..RACERS {
            let fields = json!({ "store": "coolfix", "decision": "repair" });
            let line = json!({ "part": "COMP", "quantity": 1, "serials": [if n % 2 == 0 { "C1" } else { "C2" }] });
            desk.must(&keeper, &format!("D{n}"), open("disposition"), fields, &[line]).await;
        }
        let commands = (0..RACERS).map(|n| desk.command(&ops, &format!("D{n}"), fire("approve"), json!({}), &[])).collect();
        let mut codes = BTreeMap::<String, usize>::new();
        for outcome in race(&desk.engine, commands).await {
            let code = match outcome {
                Outcome::Done(_) => "done".to_owned(),
                Outcome::Refused(refusal) => format!("{:?}", refusal.code()),
            };
            *codes.entry(code).or_default() += 1;
        }
        let expected = BTreeMap::from([("done".to_owned(), 2), (format!("{:?}", ReasonCode::SerialPlace), RACERS - 2)]);
        assert_eq!(codes, expected, "{}", fixture.url);
        assert_eq!(at_coolfix(&desk.engine).await, [("bench".to_owned(), Quantity::ONE), ("bench".to_owned(), Quantity::ONE)], "{}", fixture.url);
        assert!(desk.engine.store().verify().await.expect("verify").is_sound());
    }
}
