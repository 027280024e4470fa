//! Explanations: what was decided is decided again exactly, from the stored book and the stock as it stood; today's book is
//! asked beside it; and why something is not possible is told before anybody tries.

use std::path::Path;

use bincard::base::{Bu, DocId};
use bincard::check::BookFile;
use bincard::domain::{MasterData, ReasonCode};
use bincard::engine::{Engine, Outcome};
use bincard::insight::{Change, Explanation, Today, Which, explain, why_not};
use bincard::scenario::simulate::{Settings, simulate};
use bincard::scenario::{Masters, run};
use bincard::store::{DocumentFilter, MoveFilter, Store};
use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::{book, root, stores};

/// Everything that a store can explain.
async fn all(engine: &Engine) -> Vec<Explanation> {
    let store = engine.store();
    let mut told = Vec::new();
    for unit in store.business_units().await.expect("business units") {
        for head in store.documents(&DocumentFilter::new(unit.code.clone())).await.expect("documents") {
            let today = Some((engine.book(), engine.rules()));
            told.extend(explain(store, today, &unit.code, &head.id, Which::All).await.expect("no fault"));
        }
    }
    told
}

/// Whether another document moved parts at a moment at which this one did something: which came first is not told.
async fn tied(store: &Store, bu: &Bu, doc: &DocId) -> bool {
    let times: Vec<_> = store.events(bu, doc).await.expect("events").into_iter().map(|r| r.event.recorded_at).collect();
    let moves = store.moves(&MoveFilter::new(bu.clone())).await.expect("moves");
    moves.iter().any(|m| m.doc != *doc && times.contains(&m.recorded_at))
}

/// Every event of every shipped scenario is decided again to the last move and answer. Their clocks stand still while several
/// documents move, so a few cannot be: those say so.
#[tokio::test]
async fn every_decision_of_every_scenario_is_made_again_exactly() {
    let (book, rules) = book::shipped();
    let masters = Masters::new(Path::new(root()));
    let (mut decided, mut excused, mut wrong) = (0, 0, Vec::new());
    for scenario in &book.scenarios {
        let engine = Engine::new(book.clone(), rules.clone(), Store::memory()).await.expect("an engine");
        run(&engine, scenario, &masters).await.unwrap_or_else(|e| panic!("{}: {e}", scenario.title));
        for e in all(&engine).await.into_iter().filter(|e| e.workflow != "given") {
            decided += 1;
            if e.doubts.is_empty() {
                continue;
            }
            if tied(engine.store(), &e.bu, &e.doc).await {
                excused += 1;
            } else {
                wrong.push(format!("{}: {}#{} {}: {}", scenario.title, e.number, e.revision, e.event.transition, e.doubts.join("; ")));
            }
        }
    }
    assert!(decided > 1000 && excused * 30 < decided && wrong.is_empty(), "{excused} of {decided} excused; wrong:\n{}", wrong.join("\n"));
}

/// Where the clock goes on there is nothing to excuse.
#[tokio::test]
async fn every_decision_of_a_simulation_is_made_again_exactly() {
    let (book, rules) = book::untold();
    let store = Store::memory();
    simulate((&book, &rules, &store), Settings { days: 45, asps: 2, seed: 7, until_step: None }, &mut |_| {}).await.expect("it can be simulated");
    let engine = Engine::new(book, rules, store).await.expect("an engine");
    let told = all(&engine).await;
    let doubted: Vec<String> = told.iter().filter(|e| !e.doubts.is_empty()).map(|e| format!("{}#{}: {}", e.number, e.revision, e.doubts.join("; "))).collect();
    assert!(told.len() > 300 && doubted.is_empty(), "{} of {} are not the same:\n{}", doubted.len(), told.len(), doubted.join("\n"));
}

/// A request for base stock is submitted and approved, ten minutes after each other.
async fn requested(desk: &mut Desk) {
    let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
    let manager = desk.who("asp_manager", Some("coolfix"));
    desk.must(&manager, "R1", open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 10 })]).await;
    desk.now = desk.now.plus_micros(600_000_000);
    desk.must(&manager, "R1", fire("submit"), json!({}), &[]).await;
}

async fn submitted(engine: &Engine) -> Explanation {
    let today = Some((engine.book(), engine.rules()));
    explain(engine.store(), today, &ac(), &DocId::from("R1"), Which::Revision(2)).await.expect("no fault").pop().expect("a second revision")
}

/// Master data of today does not change what was decided: what the books answered stands with the event, and so does the role.
#[tokio::test]
async fn what_has_changed_since_does_not_change_what_was_decided() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        requested(&mut desk).await;
        let before = submitted(&desk.engine).await;
        assert_eq!((before.doubts.len(), &before.today), (0, &Today::SameBook), "{}: {:?}", fixture.url, before.doubts);
        let mut limits: Vec<_> = desk.master.limits.clone();
        limits.iter_mut().for_each(|l| l.maximum = l.maximum.map(|m| m + m));
        let mut people = desk.master.people.clone();
        people.iter_mut().for_each(|p| p.roles.clear());
        let changed = MasterData { limits, people, ..MasterData::default() };
        desk.engine.load_master(&changed).await.expect("no fault");
        let after = submitted(&desk.engine).await;
        assert_eq!(serde_json::to_value(&after).expect("json"), serde_json::to_value(&before).expect("json"), "{}", fixture.url);
        let account = after.account.expect("it is told again");
        assert!(account.conditions.iter().any(|c| c.held && c.line == Some(1) && !c.values.is_empty() && c.place.is_some()), "{account:#?}");
        assert!(
            account.answers.iter().any(|a| a.rule == "limit of" && a.is_question())
                && account.answers.iter().any(|a| a.rule == "msl" && &*a.layer == "default")
        );
    }
}

/// Another book is asked beside the one that decided, and the first difference is what the rule answers now.
#[tokio::test]
async fn todays_book_is_asked_beside_the_one_that_decided() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        requested(&mut desk).await;
        let none = "fn msl(party, part, limit, position) { #{ maximum: 3, trigger: 0, most: 3, reason: \"three are enough\" } }";
        let other = Desk::with(fixture.store.clone(), |files| {
            files.rules.push(BookFile { path: "rules/bu/ac/msl_of_today.rhai".to_owned(), text: none.to_owned() });
        })
        .await;
        let told = submitted(&other.engine).await;
        assert_eq!(told.doubts, Vec::<String>::new(), "{}", fixture.url);
        let Today::Otherwise { differences, refusal } = &told.today else { panic!("{}: {:?}", fixture.url, told.today) };
        assert_eq!(differences[0].what, "rule msl", "{differences:#?}");
        assert!(differences[0].now.ends_with("(from bu/ac)") && differences[0].then.ends_with("(from default)"), "{differences:#?}");
        let refusal = refusal.as_ref().expect("it would be refused");
        assert_eq!((refusal.code(), differences.last().map(|d| d.what.as_str())), (ReasonCode::Guard, Some("outcome")), "{differences:#?}");
    }
}

/// Everything that stands in the way is told at once, and what is said to pass has been tried.
#[tokio::test]
async fn why_not_tells_everything_at_once_and_what_passes() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
        let (manager, picker) = (desk.who("asp_manager", Some("coolfix")), desk.who("picker", Some("wh_blr")));
        desk.must(&manager, "R1", open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 10 })]).await;
        desk.now = desk.now.plus_micros(600_000_000);
        // Far from the state, and by somebody who may not.
        let asked = desk.command(&picker, "R1", fire("approve"), json!({}), &[]);
        let answer = why_not(&desk.engine, &asked).await.expect("no fault");
        let reasons = &answer.refusal.as_ref().expect("refused").reasons;
        let codes: Vec<ReasonCode> = reasons.iter().map(|r| r.code).collect();
        assert_eq!(codes, [ReasonCode::NotAllowed, ReasonCode::RoleDenied], "{}", fixture.url);
        assert_eq!(reasons[0].remedies[0].text, "first `submit` by asp_manager or storekeeper");
        assert!(answer.people.iter().any(|someone| someone.role == "service_ops") && answer.passes_with.is_empty(), "{answer:#?}");
        // In the state, by somebody who may not, and more than was requested: both, with the person and the quantity.
        desk.must(&manager, "R1", fire("submit"), json!({}), &[]).await;
        let asked = desk.command(&picker, "R1", fire("approve"), json!({}), &[json!({ "line": 1, "approved": 50 })]);
        let answer = why_not(&desk.engine, &asked).await.expect("no fault");
        let codes: Vec<ReasonCode> = answer.refusal.as_ref().expect("refused").reasons.iter().map(|r| r.code).collect();
        assert!(codes.starts_with(&[ReasonCode::RoleDenied, ReasonCode::Guard]), "{}: {codes:?}", fixture.url);
        let changed = |c: &Change| matches!(c, Change::Input { line: Some(1), .. }) || matches!(c, Change::Person { role, .. } if *role == "service_ops");
        assert!(answer.passes_with.len() == 2 && answer.passes_with.iter().all(changed), "{answer:#?}");
        // The refusal of the command itself says the same.
        let Outcome::Refused(refused) = desk.engine.execute(asked).await.expect("no fault") else { panic!("done") };
        assert_eq!(&refused.reasons, &answer.refusal.expect("refused").reasons);
    }
}
