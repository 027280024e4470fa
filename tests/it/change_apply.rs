//! A plan is applied: the book comes into force, documents move over or stay, and what is stale or would strand is refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use bincard::base::{DocId, Name, PersonCode, Timestamp};
use bincard::change::{ApplyError, Fate, Plan, Proofs, Target, Unproved, apply, plan};
use bincard::check::BookFiles;
use bincard::domain::TimerKind;
use bincard::engine::{Engine, OlderBooks};
use bincard::store::Deployment;
use serde_json::json;

use crate::cli::{self, shell};
use crate::support::book;
use crate::support::desk::{Desk, ac, fire, open};
use crate::support::stores::{self, Fixture};

/// The next version of the request: `draft` is called `noted`, and something is said of the documents that run.
fn next(files: &mut BookFiles, clause: &str) {
    let flow = files.flows.iter_mut().find(|f| f.path == "workflows/ship_to_store.flow").expect("the flow");
    let text = flow.text.replacen("version 1 {", "version 2 {", 1).replace("draft", "noted");
    flow.text = text.replacen("version 2 {", &format!("version 2 {{\n  {clause}\n"), 1);
}

/// The same with one more field.
fn next_with_field(files: &mut BookFiles, ty: &str) {
    next(files, ANEW);
    let flow = files.flows.iter_mut().find(|f| f.path == "workflows/ship_to_store.flow").expect("the flow");
    flow.text = flow.text.replacen("  field purpose", &format!("  field urgency : {ty}\n  field purpose"), 1);
}

const HOUR: i64 = 3_600_000_000;
const KEPT: &str = "migrate from 1 { state draft -> noted keep deadlines }";
const ANEW: &str = "migrate from 1 { state draft -> noted }";

async fn requested(desk: &Desk, doc: &str) {
    let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
    desk.must(&desk.who("asp_manager", Some("coolfix")), doc, open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 10 })]).await;
}

async fn planned(desk: &Desk, run_out: &[&str]) -> Plan {
    let run_out: BTreeSet<Name> = run_out.iter().map(|n| Name::from(*n)).collect();
    let made = plan(Target { engine: &desk.engine, master: None, run_out, now: desk.now }, &mut |_| {}).await.expect("a plan");
    proved(made)
}

/// A plan with proofs that all hold: what they find is not the matter of these tests.
fn proved(plan: Plan) -> Plan {
    Plan { proofs: Some(Proofs { book: plan.new.clone(), errors: Vec::new() }), ..plan }
}

async fn applied(plan: &Plan, desk: &Desk) -> Result<bincard::change::Applied, ApplyError> {
    apply(plan, &desk.engine, None, (PersonCode::from("ravi"), desk.now), &mut |_| {}).await
}

/// When each timer of a document is due, by what it does.
async fn timers(f: &Fixture, doc: &str) -> Vec<(String, Timestamp)> {
    let far = Timestamp::from_micros(i64::MAX);
    let due = f.store.due_timers(Some(&ac()), Some(&DocId::from(doc)), far, 10).await.expect("timers");
    let kind = |kind: &TimerKind| match kind {
        TimerKind::Deadline { .. } => "deadline".to_owned(),
        TimerKind::Fire { transition } => transition.to_string(),
        other => format!("{other:?}"),
    };
    due.iter().map(|d| (format!("{} of {}", kind(&d.timer.kind), d.timer.state), d.timer.due_at)).collect()
}

#[tokio::test]
async fn documents_move_over_once_and_keep_their_deadlines_where_that_is_said() {
    for f in stores::stores().await {
        let old = Desk::on(f.store.clone()).await;
        let first = planned(&old, &[]).await;
        applied(&first, &old).await.expect("the first deployment");
        requested(&old, "R1").await;
        let before = timers(&f, "R1").await;
        let mut new = Desk::with(f.store.clone(), |files| next(files, KEPT)).await;
        new.now = old.now.plus_micros(HOUR);
        let made = planned(&new, &[]).await;
        assert!(made.may_be_applied(), "{made:#?}");
        let group = made.documents.iter().find(|g| g.fate != Fate::Unaffected).expect("a group");
        let kept = if before.is_empty() { "none" } else { "kept" };
        let by = "state draft -> noted keep deadlines".to_owned();
        assert_eq!(group.fate, Fate::Moves { version: 2, state: "noted".into(), by, deadlines: kept.into() }, "{}", f.url);
        assert_eq!(applied(&made, &new).await.expect("applied").moved, 1, "{}", f.url);
        let document = f.store.document(&ac(), &"R1".into()).await.expect("no fault").expect("R1");
        assert_eq!((document.version, document.state.as_str(), document.revision), (2, "noted", 2));
        let after: Vec<Timestamp> = timers(&f, "R1").await.into_iter().map(|(_, at)| at).collect();
        assert_eq!(after, before.into_iter().map(|(_, at)| at).collect::<Vec<_>>());
        let again = applied(&made, &new).await.expect("again");
        assert_eq!((again.resumed, again.moved, again.deployment), (true, 0, 2));
        assert!(planned(&new, &[]).await.is_empty());
        assert!(f.store.verify().await.expect("verify").is_sound());
        new.must(&new.who("asp_manager", Some("coolfix")), "R1", fire("submit"), json!({}), &[]).await;
    }
}

#[tokio::test]
async fn deadlines_begin_anew_where_nothing_is_said_of_them() {
    for f in stores::stores().await {
        let old = Desk::on(f.store.clone()).await;
        requested(&old, "R1").await;
        old.must(&old.who("asp_manager", Some("coolfix")), "R1", fire("submit"), json!({}), &[]).await;
        let before = timers(&f, "R1").await;
        assert!(!before.is_empty(), "a request that waits has a deadline");
        let mut new = Desk::with(f.store.clone(), |files| next(files, "migrate from 1 { state submitted -> submitted }")).await;
        new.now = old.now.plus_micros(HOUR);
        assert_eq!(applied(&planned(&new, &[]).await, &new).await.expect("applied").moved, 1);
        let hour_later: Vec<_> = before.into_iter().map(|(what, at)| (what, at.plus_micros(HOUR))).collect();
        assert_eq!(timers(&f, "R1").await, hour_later, "{}: the working day begins anew", f.url);
        assert!(f.store.verify().await.expect("verify").is_sound());
    }
}

#[tokio::test]
async fn what_would_strand_a_document_is_refused_with_what_to_write() {
    for f in stores::stores().await {
        let old = Desk::on(f.store.clone()).await;
        requested(&old, "R1").await;
        let silent = Desk::with(f.store.clone(), |files| next(files, "")).await;
        let made = planned(&silent, &[]).await;
        let Some(Fate::Stranded { why, write }) = made.stranded().next().map(|g| g.fate.clone()) else { panic!("{made:#?}") };
        assert!(why.contains("version 1") && write.contains("`migrate from 1 { state draft -> … keep deadlines }`"), "{why}: {write}");
        assert!(matches!(applied(&made, &silent).await, Err(ApplyError::Stranded(_))));
        let counter = old.who("storekeeper", Some("coolfix"));
        old.must(&counter, "O1", open("opening_balance"), json!({ "store": "coolfix" }), &[json!({ "part": "CAP", "quantity": 2 })]).await;
        let lost = Desk::with(f.store.clone(), |files| {
            let flow = files.flows.iter_mut().find(|f| f.path == "workflows/opening_balance.flow").expect("the flow");
            let more = "version 2 {\n  migrate from 1 { }\n  field urgency : text\n";
            flow.text = flow.text.replacen("version 1 {", more, 1);
            files.flows.retain(|f| !f.path.ends_with(".scenarios.flow"));
        })
        .await;
        let made = planned(&lost, &[]).await;
        let Some(Fate::Stranded { why, write }) = made.stranded().next().map(|g| g.fate.clone()) else { panic!("{made:#?}") };
        assert!(why.contains("adds the field `urgency`") && write.contains("with a default"), "{why}: {write}");
        assert!(matches!(applied(&made, &lost).await, Err(ApplyError::Stranded(_))));
        assert_eq!(f.store.document(&ac(), &"R1".into()).await.expect("no fault").expect("R1").version, 1);
        assert_eq!(f.store.deployments().await.expect("deployments"), [], "nothing came into force");
    }
}

#[tokio::test]
async fn a_new_field_gets_its_default_in_a_document_that_moves() {
    let f = stores::memory().await;
    let old = Desk::on(f.store.clone()).await;
    requested(&old, "R1").await;
    let new = Desk::with(f.store.clone(), |files| next_with_field(files, "text = \"none\"")).await;
    assert_eq!(applied(&planned(&new, &[]).await, &new).await.expect("applied").moved, 1);
    let moved = f.store.document(&ac(), &"R1".into()).await.expect("no fault").expect("R1");
    assert_eq!(moved.field("urgency").to_string(), "none");
}

#[tokio::test]
async fn a_stale_plan_is_refused() {
    for f in stores::stores().await {
        let old = Desk::on(f.store.clone()).await;
        requested(&old, "R1").await;
        let new = Desk::with(f.store.clone(), |files| next(files, KEPT)).await;
        let made = planned(&new, &[]).await;
        let other = Desk::with(f.store.clone(), |files| next(files, ANEW)).await;
        assert!(matches!(applied(&made, &other).await, Err(ApplyError::BookChanged)), "the folder has changed");
        let theirs = planned(&other, &[]).await;
        applied(&theirs, &other).await.expect("the other comes first");
        assert!(matches!(applied(&made, &new).await, Err(ApplyError::DatabaseChanged)), "another book is in force");
        let target = Target { engine: &other.engine, master: Some(&other.master), run_out: BTreeSet::new(), now: other.now };
        let with_master = proved(plan(target, &mut |_| {}).await.expect("a plan"));
        assert!(matches!(applied(&with_master, &other).await, Err(ApplyError::MasterMissing("with"))));
        let mut less = (*other.master).clone();
        less.limits.pop();
        let by = (PersonCode::from("ravi"), other.now);
        let refused = apply(&with_master, &other.engine, Some(&less), by, &mut |_| {}).await;
        assert!(matches!(refused, Err(ApplyError::MasterChanged("in the files have"))), "{refused:?}");
    }
}

#[tokio::test]
async fn an_apply_that_was_cut_off_goes_on() {
    for f in stores::stores().await {
        let old = Desk::on(f.store.clone()).await;
        for n in 1..=5 {
            requested(&old, &format!("R{n}")).await;
        }
        let new = Desk::with(f.store.clone(), |files| next(files, KEPT)).await;
        let made = planned(&new, &[]).await;
        // As if the power had failed after the book and two of the documents.
        let deployment = Deployment { number: 1, hash: made.new.clone(), by: PersonCode::from("ravi"), at: new.now };
        f.store.deploy(&bincard::engine::stored(new.engine.book()).expect("a book"), &deployment).await.expect("deployed");
        for doc in ["R2", "R4"] {
            new.engine.move_over(&ac(), &doc.into(), new.now).await.expect("moved");
        }
        let done = applied(&made, &new).await.expect("the same plan again");
        assert_eq!((done.resumed, done.moved, done.deployment), (true, 3, 1), "{}", f.url);
        for n in 1..=5 {
            let document = f.store.document(&ac(), &format!("R{n}").as_str().into()).await.expect("no fault").expect("it is there");
            assert_eq!((document.version, document.revision), (2, 2), "moved once");
        }
        assert!(f.store.verify().await.expect("verify").is_sound());
    }
}

fn stored_books() -> OlderBooks {
    OlderBooks::new(Arc::new(book::of_stored))
}

#[tokio::test]
async fn a_document_that_stays_ends_under_the_book_that_has_its_version() {
    for f in stores::stores().await {
        let old = Desk::on(f.store.clone()).await;
        applied(&planned(&old, &[]).await, &old).await.expect("the first deployment");
        requested(&old, "R1").await;
        let new = Desk::with(f.store.clone(), |files| next(files, "")).await;
        let made = planned(&new, &["ship_to_store"]).await;
        assert!(made.documents.iter().any(|g| g.fate == Fate::RunOut { version: 1 }), "{made:#?}");
        assert_eq!(applied(&made, &new).await.expect("applied").moved, 0);
        let new = Desk { engine: Engine::clone(&new.engine).with_older(stored_books()), ..new };
        let manager = new.who("asp_manager", Some("coolfix"));
        let may = new.engine.can(&ac(), &"R1".into(), &manager, new.now).await.expect("what may be done");
        assert!(may.iter().any(|p| p.transition == "submit"), "{may:?}");
        let todo = new.engine.todo(&ac(), &manager).await.expect("what waits");
        let waits: Vec<&str> = todo.iter().filter(|t| t.document.id == *"R1").flat_map(|t| &t.transitions).map(Name::as_str).collect();
        assert!(waits.contains(&"submit"), "{}: the new book has no state `draft`, the document's has: {waits:?}", f.url);
        let done = new.must(&manager, "R1", fire("submit"), json!({}), &[]).await;
        assert_eq!((done.document.version, done.document.state.as_str()), (1, "submitted"), "{}", f.url);
        let events = f.store.events(&ac(), &"R1".into()).await.expect("events");
        assert_eq!(events.last().expect("an event").event.book_hash, old.engine.book().hash, "under the old book");
        requested(&new, "R2").await;
        let second = f.store.document(&ac(), &"R2".into()).await.expect("no fault").expect("R2");
        assert_eq!((second.version, second.state.as_str()), (2, "noted"), "new ones are new");
    }
}

#[tokio::test]
async fn what_is_other_under_the_same_version_is_refused() {
    let f = stores::memory().await;
    let old = Desk::on(f.store.clone()).await;
    requested(&old, "R1").await;
    let same = Desk::with(f.store.clone(), |files| {
        let flow = files.flows.iter_mut().find(|f| f.path == "workflows/ship_to_store.flow").expect("the flow");
        flow.text = flow.text.replacen("within 1 working day", "within 2 working days", 1);
    })
    .await;
    let made = planned(&same, &[]).await;
    assert_eq!(made.unversioned, [Name::from("ship_to_store")]);
    assert!(matches!(applied(&made, &same).await, Err(ApplyError::Unversioned(_))));
}

#[tokio::test]
async fn a_plan_is_applied_only_where_its_very_book_was_proved() {
    let f = stores::memory().await;
    let desk = Desk::on(f.store.clone()).await;
    let good = planned(&desk, &[]).await;
    let never = Plan { proofs: None, ..good.clone() };
    let of_another = Plan { proofs: Some(Proofs { book: "0".repeat(64), errors: Vec::new() }), ..good.clone() };
    for plan in [never, of_another] {
        assert!(!plan.may_be_applied(), "{:?}", plan.proofs);
        assert!(matches!(applied(&plan, &desk).await, Err(ApplyError::NotProved)));
    }
    let leak = Unproved { code: "leak".into(), title: "a part can be left behind in reserved".into(), place: "workflows/loan.flow:9:3".into() };
    let wrong = Plan { proofs: Some(Proofs { book: good.new.clone(), errors: vec![leak] }), ..good.clone() };
    assert!(!wrong.may_be_applied());
    let refused = applied(&wrong, &desk).await.expect_err("a proof does not hold").to_string();
    assert_eq!(refused, "the book has an error that its proofs show: a part can be left behind in reserved (workflows/loan.flow:9:3)");
    assert_eq!(f.store.deployments().await.expect("deployments"), [], "nothing came into force");
    assert_eq!(applied(&good, &desk).await.expect("applied").deployment, 1);
}

#[test]
fn a_book_that_check_calls_wrong_by_its_proofs_is_not_planned() {
    let folder = cli::book();
    let said = |line: &str| {
        let output = shell(folder.path(), line);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr))
    };
    let (code, first) = said("bincard plan --out first.plan && bincard apply first.plan");
    assert_eq!(code, Some(0), "{first}");
    let forgets =
        "sed -i '/each line { move all of part from store.put_aside to store.shelf }/d; s/version 1 {/version 2 {\\n  migrate from 1 { }/' workflows/job.flow";
    assert_eq!(said(forgets).0, Some(0));
    let (code, checked) = said("bincard check");
    assert!(code == Some(1) && checked.contains("a part can be left behind in store.put_aside"), "{checked}");
    let (code, told) = said("bincard plan --out leak.plan");
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("refused: the proofs of the new book find 1 error; `bincard check` shows more\n  leak: a part can be left behind in store.put_aside (workflows/job.flow:"), "{told}");
    assert!(told.contains("the plan is refused, so `leak.plan` is not written"), "{told}");
    assert!(!folder.path().join("leak.plan").exists());
}
