//! What a caller of the engine may count on: keys, dry runs, refusals that list everything, races, the clock.

use std::collections::BTreeSet;

use bincard::base::Quantity;
use bincard::domain::{ReasonCode, Value};
use bincard::engine::Outcome;
use bincard::store::Store;
use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::stores;

fn request(parts: &[(&str, u32)]) -> Vec<serde_json::Value> {
    parts.iter().map(|(part, n)| json!({ "part": part, "requested": n })).collect()
}

fn base_stock() -> serde_json::Value {
    json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" })
}

#[tokio::test]
async fn the_same_key_is_the_same_command_however_often_it_comes() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        let manager = desk.who("asp_manager", Some("coolfix"));
        let command = desk.command(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 10)]));
        let racers: Vec<_> = (0..5)
            .map(|_| {
                tokio::spawn({
                    let (engine, command) = (desk.engine.clone(), command.clone());
                    async move { engine.execute(command).await }
                })
            })
            .collect();
        let mut answers = BTreeSet::new();
        let mut first = 0;
        for racer in racers {
            let Outcome::Done(done) = racer.await.expect("no panic").expect("no fault") else { panic!("refused") };
            first += usize::from(!done.repeated());
            answers.insert((done.document.number, done.revision));
        }
        assert_eq!((first, answers.len()), (1, 1), "{}", fixture.url);
        let counts = desk.engine.store().counts(None).await.expect("counts");
        assert_eq!((counts.documents, counts.transitions), (1, 1), "{}", fixture.url);

        let mut other = command;
        other.input.lines.clear();
        let Outcome::Refused(refusal) = desk.engine.execute(other).await.expect("no fault") else { panic!("another body was taken") };
        assert_eq!(refusal.code(), ReasonCode::IdempotencyConflict);
    }
}

#[tokio::test]
async fn a_refusal_lists_every_line_with_its_numbers_and_what_it_offers_passes() {
    let desk = Desk::on(Store::memory()).await;
    let manager = desk.who("asp_manager", Some("coolfix"));
    desk.must(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 60), ("PCB", 7), ("CON", 1)])).await;
    let refusal = desk.refused(&manager, "R1", fire("submit"), json!({}), &[]).await;
    let lines: Vec<_> = refusal.reasons.iter().map(|r| (r.line, r.name.as_ref().map(ToString::to_string))).collect();
    let over = Some("msl_quantity_exceeded".to_owned());
    assert_eq!(lines, [(Some(1), over.clone()), (Some(2), over)], "{refusal:#?}");
    let cap = &refusal.reasons[0];
    let numbers = cap.numbers.as_ref().expect("numbers");
    assert_eq!((numbers.have.to_string(), numbers.need.to_string()), ("60".to_owned(), "50".to_owned()));
    assert_eq!(cap.rules.first().map(|r| (r.rule.to_string(), r.file.to_string())), Some(("msl".to_owned(), "rules/default/msl.rhai".to_owned())));
    assert!(cap.place.as_ref().is_some_and(|p| p.file == "workflows/ship_to_store.flow" && p.line > 1));

    let offered = |i: usize| refusal.reasons[i].remedies.iter().find_map(|r| r.value.clone()).expect("a value that passes");
    let (cap, pcb) = (offered(0), offered(1));
    assert_eq!((cap.clone(), pcb.clone()), (Value::Quantity(Quantity::units(50)), Value::Quantity(Quantity::units(6))));
    let lines = [json!({ "part": "CAP", "requested": cap.to_string() }), json!({ "part": "PCB", "requested": pcb.to_string() })];
    desk.must(&manager, "R1", fire("amend"), json!({}), &lines).await;
    assert_eq!(desk.must(&manager, "R1", fire("submit"), json!({}), &[]).await.document.state, "submitted");
}

#[tokio::test]
async fn everything_wrong_with_an_input_is_told_at_once() {
    let desk = Desk::on(Store::memory()).await;
    let manager = desk.who("asp_manager", Some("coolfix"));
    let fields = json!({ "asp": "wh_blr", "warehouse": "wh_nowhere", "purpos": "base_stock", "pool": "in_waranty" });
    let lines = [
        json!({ "part": "CAP", "requested": "-1" }),
        json!({ "part": "NOPE", "requested": "0.5" }),
        json!({ "part": "COMP", "requested": "1.5" }),
        json!({ "requested": 1 }),
    ];
    let refusal = desk.refused(&manager, "R1", open("ship_to_store"), fields, &lines).await;
    assert_eq!(refusal.code(), ReasonCode::BadInput);
    let told: Vec<String> = refusal
        .reasons
        .iter()
        .map(|r| {
            format!(
                "{}{}{}",
                r.line.map_or_else(String::new, |l| format!("line {l}: ")),
                r.sentence,
                r.remedies.iter().map(|m| format!(" [{}]", m.text)).collect::<String>()
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(desk.engine.store().counts(None).await.expect("counts").documents, 0);
}

#[tokio::test]
async fn a_dry_run_decides_what_is_then_committed_and_writes_nothing() {
    let desk = Desk::on(Store::memory()).await;
    desk.stocked("wh_blr", &[json!({ "part": "CAP", "quantity": 100 })]).await;
    let (manager, ops) = (desk.who("asp_manager", Some("coolfix")), desk.who("service_ops", None));
    desk.must(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 10)])).await;
    desk.must(&manager, "R1", fire("submit"), json!({}), &[]).await;
    let before = desk.engine.store().counts(None).await.expect("counts");
    let approve = desk.command(&ops, "R1", fire("approve"), json!({}), &[json!({ "part": "CAP", "approved": 10 })]);
    let dry = desk.engine.dry_run(approve.clone()).await.expect("no fault").expect("allowed");
    assert_eq!(desk.engine.store().counts(None).await.expect("counts"), before);
    let Outcome::Done(done) = desk.engine.execute(approve).await.expect("no fault") else { panic!("refused") };
    assert_eq!(done.decision.expect("a decision"), dry);
}

#[tokio::test]
async fn what_the_clock_fires_happens_once_also_after_a_restart() {
    for fixture in [stores::sqlite().await, stores::postgres().await] {
        let mut desk = Desk::on(fixture.store.clone()).await;
        desk.stocked("coolfix", &[json!({ "part": "CON", "quantity": 5 })]).await;
        let fields = json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": "SO-1", "contract": "IW-1001" });
        let done = desk.must(&desk.who("service_desk", None), "I1", open("indent"), fields, &request(&[("CON", 2)])).await;
        assert_eq!(done.document.state, "reserved");
        drop(desk);
        desk = Desk::on(Store::open(&fixture.url).await.expect("opens again")).await;
        let later = desk.now.plus_micros(49 * 3_600_000_000);
        let (a, b) = tokio::join!(desk.engine.tick(None, later), desk.engine.tick(None, later));
        let fired = a.expect("no fault").fired + b.expect("no fault").fired;
        assert_eq!(fired, 1, "{}", fixture.url);
        let document = desk.engine.store().document(&ac(), &"I1".into()).await.expect("no fault").expect("a document");
        assert_eq!(document.state, "released");
        assert!(desk.engine.store().verify().await.expect("verify").is_sound());
    }
}

#[tokio::test]
async fn a_rule_says_how_long_a_document_may_wait_and_on_hold_no_time_passes() {
    let mut desk = Desk::on(Store::memory()).await;
    let service_desk = desk.who("service_desk", None);
    let minutes = |desk: &Desk, n: i64| desk.now.plus_micros(n * 60_000_000);
    for (doc, priority) in [("I1", "p1"), ("I3", "p3")] {
        let fields = json!({
            "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": doc, "contract": "IW-1001", "priority": priority
        });
        desk.must(&service_desk, doc, open("indent"), fields, &request(&[("CON", 1)])).await;
    }
    // An urgent job is short for 40 minutes of its hour, on hold for a day, and short again.
    desk.now = minutes(&desk, 40);
    desk.must(&service_desk, "I1", fire("hold"), json!({ "reason": "the customer is away" }), &[]).await;
    desk.now = minutes(&desk, 24 * 60);
    assert_eq!(desk.engine.tick(None, desk.now).await.expect("no fault").deadlines, 1, "the day of the other job is over");
    desk.must(&service_desk, "I1", fire("release"), json!({}), &[]).await;
    let document = desk.engine.store().document(&ac(), &"I1".into()).await.expect("no fault").expect("a document");
    assert_eq!((document.state.as_str(), document.entered_at), ("short", minutes(&desk, -40)));
    assert!(!document.fields.keys().any(|name| name.as_str().starts_with("before")), "{:?}", document.fields);
    assert_eq!(desk.engine.tick(None, minutes(&desk, 19)).await.expect("no fault").deadlines, 0);
    assert_eq!(desk.engine.tick(None, minutes(&desk, 21)).await.expect("no fault").deadlines, 1);
}

#[tokio::test]
async fn a_document_that_was_on_hold_is_sound_on_every_store() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        let (manager, ops) = (desk.who("asp_manager", Some("coolfix")), desk.who("service_ops", None));
        desk.must(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 10)])).await;
        desk.must(&manager, "R1", fire("submit"), json!({}), &[]).await;
        desk.now = desk.now.plus_micros(30 * 60_000_000);
        desk.must(&ops, "R1", fire("hold"), json!({ "reason": "the customer is away" }), &[]).await;
        desk.now = desk.now.plus_micros(300 * 60_000_000);
        desk.must(&ops, "R1", fire("release"), json!({}), &[]).await;
        let report = fixture.store.verify().await.expect("verify");
        assert!(report.is_sound(), "{}: {:?}", fixture.url, report.findings);
    }
}

#[tokio::test]
async fn what_is_possible_anywhere_waits_for_nobody() {
    let desk = Desk::on(Store::memory()).await;
    let (manager, picker) = (desk.who("asp_manager", Some("coolfix")), desk.who("picker", Some("wh_blr")));
    desk.must(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 10)])).await;
    let todo = desk.engine.todo(&ac(), &manager).await.expect("no fault");
    let names: Vec<&str> = todo.iter().flat_map(|t| &t.transitions).map(|t| t.as_str()).collect();
    assert_eq!(names, ["amend", "submit", "withdraw"]);
    // A picker may write a note on the draft, and has nothing to do with it.
    assert!(desk.engine.todo(&ac(), &picker).await.expect("no fault").is_empty());
    let can = desk.engine.can(&ac(), &"R1".into(), &picker, desk.now).await.expect("no fault");
    assert_eq!(can.iter().map(|p| p.transition.as_str()).collect::<Vec<_>>(), ["note"]);
}

#[tokio::test]
async fn an_old_look_and_a_wrong_time_are_refused() {
    let desk = Desk::on(Store::memory()).await;
    let manager = desk.who("asp_manager", Some("coolfix"));
    desk.must(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 10)])).await;
    let mut command = desk.command(&manager, "R1", fire("submit"), json!({}), &[]);
    command.seen_revision = Some(7);
    command.effective_at = command.effective_at.plus_micros(-1);
    let Outcome::Refused(refusal) = desk.engine.execute(command).await.expect("no fault") else { panic!("done") };
    assert_eq!(refusal.reasons.iter().map(|r| r.code).collect::<Vec<_>>(), [ReasonCode::StaleRevision, ReasonCode::BadTime]);
}

#[tokio::test]
async fn a_rule_that_runs_away_refuses_and_the_engine_goes_on() {
    let spoil = |files: &mut bincard::check::BookFiles| {
        let rule = files.rules.iter_mut().find(|f| f.path == "rules/default/msl.rhai").expect("the rule");
        let turns = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
        let loops: String = ["a", "b", "c", "d", "e", "f"].iter().map(|n| format!("for {n} in {turns} {{ ")).collect();
        rule.text = rule.text.replacen("    let maximum", &format!("    let n = 0;\n    {loops} n += 1; }} }} }} }} }} }}\n    let maximum"), 1);
    };
    let desk = Desk::with(Store::memory(), spoil).await;
    let manager = desk.who("asp_manager", Some("coolfix"));
    desk.must(&manager, "R1", open("ship_to_store"), base_stock(), &request(&[("CAP", 10)])).await;
    let before = desk.engine.store().counts(None).await.expect("counts");
    let refusal = desk.refused(&manager, "R1", fire("submit"), json!({}), &[]).await;
    assert_eq!(refusal.code(), ReasonCode::RuleFault, "{refusal:#?}");
    let rule = &refusal.reasons[0].rules[0];
    assert_eq!((&*rule.file, rule.line.is_some()), ("rules/default/msl.rhai", true));
    assert_eq!(desk.engine.store().counts(None).await.expect("counts"), before);
    desk.must(&manager, "R1", fire("amend"), json!({}), &request(&[("CAP", 5)])).await;
}

#[tokio::test]
async fn who_has_what_is_claimed_is_told_by_its_number_and_until_when() {
    let desk = Desk::on(Store::memory()).await;
    let finance = desk.who("finance", None);
    let through = json!({ "warehouse": "wh_blr", "through": "2026-04-10" });
    let first = desk.must(&finance, "B1", open("books_closing"), through.clone(), &[]).await.document.number;
    let refusal = desk.refused(&finance, "B2", open("books_closing"), through, &[]).await;
    let remedies: Vec<&str> = refusal.reasons.iter().flat_map(|r| &r.remedies).map(|r| r.text.as_str()).collect();
    assert_eq!(remedies, [format!("wait until {first}, which has it, is `closed` or `dropped`")]);
}
