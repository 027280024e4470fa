//! Periods: books are closed by a transition, for ever; nothing is written any more that happened before, neither by the engine
//! nor past it; and stock is told as of both times.

use bincard::base::{Quantity, Timestamp};
use bincard::domain::{ReasonCode, Refusal, Value};
use bincard::engine::Outcome;
use bincard::store::{AsOf, CommitError, Conflict, StockFilter, Store};
use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::plant::plant;
use crate::support::stores::{self, firing, minute, opening, request, with_everything};

fn local(desk: &Desk, text: &str) -> Timestamp {
    Timestamp::parse_local(text, &desk.engine.book().manifest.zone).expect("a time")
}

/// The books of April are closed on the fourth of May, by two people.
async fn close_april(desk: &mut Desk, doc: &str) {
    desk.now = local(desk, "2026-05-04 10:00");
    let (finance, ops) = (desk.who("finance", None), desk.who("service_ops", None));
    desk.must(&finance, doc, open("books_closing"), json!({ "warehouse": "wh_blr", "through": "2026-04-30" }), &[]).await;
    let done = desk.must(&ops, doc, fire("close"), json!({}), &[]).await;
    assert_eq!(done.document.state, "closed");
}

/// Something that happened on a day of April, and is entered now.
async fn entered_late(desk: &Desk, doc: &str, when: &str) -> Result<(), Refusal> {
    let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
    let lines = [json!({ "part": "CAP", "requested": 10 })];
    let mut command = desk.command(&desk.who("asp_manager", Some("coolfix")), doc, open("ship_to_store"), fields, &lines);
    command.effective_at = local(desk, when);
    match desk.engine.execute(command).await.expect("no fault") {
        Outcome::Done(_) => Ok(()),
        Outcome::Refused(refusal) => Err(*refusal),
    }
}

#[tokio::test]
async fn what_would_happen_in_a_closed_period_is_refused_with_the_first_day_that_is_open() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        assert_eq!(desk.engine.store().closing(&ac()).await.expect("no fault"), None);
        desk.now = local(&desk, "2026-05-04 09:00");
        entered_late(&desk, "R1", "2026-04-30 23:00").await.expect("April is open");
        close_april(&mut desk, "C1").await;
        let refusal = entered_late(&desk, "R2", "2026-04-30 23:59").await.expect_err("April is closed");
        assert_eq!(refusal.code(), ReasonCode::BooksClosed, "{}", fixture.url);
        let (reason, number) = (&refusal.reasons[0], desk.engine.store().closing(&ac()).await.expect("no fault").expect("closed").number);
        let said =
            format!("2026-04-30 lies in a period that is closed: the books of `ac` are closed through 2026-04-30, since 2026-05-04, by `priya` with {number}");
        assert_eq!(reason.sentence, said, "{}", fixture.url);
        assert_eq!(
            (reason.remedies[0].text.as_str(), &reason.remedies[0].value),
            ("2026-05-01 or later", &Some(Value::Date("2026-05-01".parse().expect("a date"))))
        );
        entered_late(&desk, "R3", "2026-05-01").await.expect("May is open");
        // What is there already goes on, but not in April.
        let mut submit = desk.command(&desk.who("asp_manager", Some("coolfix")), "R1", fire("submit"), json!({}), &[]);
        submit.effective_at = local(&desk, "2026-04-30 23:30");
        let Outcome::Refused(refusal) = desk.engine.execute(submit.clone()).await.expect("no fault") else { panic!("done in April") };
        assert_eq!(refusal.code(), ReasonCode::BooksClosed);
        submit.effective_at = desk.now;
        assert!(matches!(desk.engine.execute(submit).await.expect("no fault"), Outcome::Done(_)));
        assert!(fixture.store.verify().await.expect("verify").is_sound());
    }
}

#[tokio::test]
async fn a_decision_from_before_the_closing_is_not_committed_after_it() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        desk.now = local(&desk, "2026-04-30 18:00");
        let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
        let command = desk.command(&desk.who("asp_manager", Some("coolfix")), "R1", open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 1 })]);
        let decided = desk.engine.dry_run(command.clone()).await.expect("no fault").expect("it passes");
        close_april(&mut desk, "C1").await;
        let lost = desk.engine.store().commit(&decided).await;
        assert!(matches!(lost, Err(CommitError::Conflict(Conflict::Books))), "{}: {lost:?}", fixture.url);
        let Outcome::Refused(refusal) = desk.engine.execute(command).await.expect("no fault") else { panic!("done in April") };
        assert_eq!(refusal.code(), ReasonCode::BooksClosed);
    }
}

#[tokio::test]
async fn a_timer_that_comes_late_rings_at_the_first_moment_that_is_open() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        desk.stocked("coolfix", &[json!({ "part": "CON", "quantity": 5 })]).await;
        desk.now = local(&desk, "2026-04-27 10:00");
        let fields = json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": "SO-1", "contract": "IW-1001" });
        desk.must(&desk.who("service_desk", None), "I1", open("indent"), fields, &[json!({ "part": "CON", "requested": 2 })]).await;
        // Nobody asks for timers until April is closed: the reservation ran out on the twenty-ninth.
        close_april(&mut desk, "C1").await;
        let ticked = desk.engine.tick(None, desk.now).await.expect("no fault");
        assert_eq!(ticked.fired, 1, "{}: {ticked:?}", fixture.url);
        let document = desk.engine.store().document(&ac(), &"I1".into()).await.expect("no fault").expect("it is there");
        assert_eq!(document.state, "released");
        let event =
            desk.engine.store().events(&ac(), &"I1".into()).await.expect("events").into_iter().find(|e| e.event.to == "released").expect("released").event;
        assert_eq!((event.effective_at, event.recorded_at), (local(&desk, "2026-05-01"), desk.now), "{}", fixture.url);
        assert_eq!(desk.engine.tick(None, desk.now).await.expect("no fault").fired, 0, "nothing is left to ring again and again");
        assert!(fixture.store.verify().await.expect("verify").is_sound());
    }
}

#[tokio::test]
async fn stock_is_told_as_of_both_times() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        desk.now = local(&desk, "2026-05-02 10:00");
        let (keeper, manager, ops) = (desk.who("storekeeper", Some("coolfix")), desk.who("asp_manager", Some("coolfix")), desk.who("service_ops", None));
        let at = local(&desk, "2026-04-30 12:00");
        // Counted in April, entered in May.
        for (who, action, lines) in
            [(&keeper, open("opening_balance"), vec![json!({ "part": "CON", "quantity": 5 })]), (&manager, fire("sign"), vec![]), (&ops, fire("post"), vec![])]
        {
            let fields = if lines.is_empty() { json!({}) } else { json!({ "store": "coolfix" }) };
            let mut command = desk.command(who, "O1", action, fields, &lines);
            command.effective_at = at;
            assert!(matches!(desk.engine.execute(command).await.expect("no fault"), Outcome::Done(_)));
        }
        let april = local(&desk, "2026-05-01").plus_micros(-1);
        let quantity = async |as_of: AsOf| {
            let stock = desk.engine.store().stock_as_of(&StockFilter::new(ac()), as_of).await.expect("stock");
            stock.iter().fold(Quantity::ZERO, |sum, b| sum + b.quantity)
        };
        let five = Quantity::units(5);
        assert_eq!(quantity(AsOf::effective(april)).await, five, "what was there at the end of April");
        assert_eq!(quantity(AsOf::recorded(april)).await, Quantity::ZERO, "what was known then");
        assert_eq!(quantity(AsOf { effective: Some(april), recorded: Some(april) }).await, Quantity::ZERO);
        assert_eq!(quantity(AsOf { effective: Some(april), recorded: Some(desk.now) }).await, five);
        assert_eq!(quantity(AsOf::default()).await, five);
    }
}

#[tokio::test]
async fn a_closing_goes_with_the_journal_from_one_database_to_the_other() {
    let from = stores::sqlite().await;
    let mut desk = Desk::on(from.store.clone()).await;
    desk.stocked("coolfix", &[json!({ "part": "CON", "quantity": 5 })]).await;
    close_april(&mut desk, "C1").await;
    entered_late(&desk, "R1", "2026-05-01").await.expect("May is open");
    let mut journal = Vec::new();
    from.store.export(&mut journal, &mut |_| {}).await.expect("written");
    let to = stores::postgres().await;
    let store = to.admin().await;
    store.import(&mut journal.as_slice(), &Default::default(), &mut |_| {}).await.expect("read");
    assert_eq!(store.closing(&ac()).await.expect("no fault"), from.store.closing(&ac()).await.expect("no fault"));
    assert!(store.verify().await.expect("verify").is_sound());
    let desk = Desk { engine: Desk::on(to.again().await).await.engine, ..desk };
    entered_late(&desk, "R2", "2026-04-30").await.expect_err("April is closed there too");
}

/// The owner of a database opens the books, has something entered by the commit procedure itself, and closes them again:
/// every hash is right, and verify finds it all the same.
#[tokio::test]
async fn books_that_were_opened_for_a_moment_are_found() {
    for f in [stores::sqlite().await, stores::postgres().await] {
        let mut closes = opening("D2");
        closes.books_closed = Some(minute(0));
        closes.event.effective_at = minute(1);
        closes.event.recorded_at = minute(1);
        f.store.commit(&with_everything()).await.expect("a start");
        f.store.commit(&closes).await.expect("the books are closed");
        let mut late = firing(&f.store.load(&request("D2")).await.expect("loaded"), "approve");
        (late.event.effective_at, late.event.recorded_at) = (minute(-5), minute(200));
        assert!(matches!(f.store.commit(&late).await, Err(CommitError::Conflict(Conflict::Books))));
        let (shut, ajar) = (minute(0).micros(), minute(-10).micros());
        plant(&f, &format!("UPDATE closing SET until = {ajar} WHERE until = {shut}")).await;
        Store::open(&f.url).await.expect("opened").commit(&late).await.expect("the books are open");
        plant(&f, &format!("UPDATE closing SET until = {shut} WHERE until = {ajar}")).await;
        let report = Store::open(&f.url).await.expect("opened").verify().await.expect("verify");
        let found: Vec<_> = report.findings.iter().filter(|x| x.code == "period").collect();
        assert!(found.len() == 1 && found[0].text.contains("revision 2 of document D2"), "{:?}", report.findings);
    }
}
