//! The past under a changed book: sums worked out by hand, what depends on a difference told apart, and a live store untouched.

use std::io::BufReader;
use std::sync::Arc;

use bincard::base::{Money, Quantity, Timestamp};
use bincard::change::whatif::{Kind, Question, Sum, Whatif, whatif};
use bincard::check::{BookFiles, check};
use bincard::domain::MasterData;
use bincard::engine::Runnable;
use bincard::store::{Book, Journal, Store};
use serde_json::json;

use crate::support::desk::{Desk, fire, open};
use crate::support::stores::{self, Fixture};

const DAY: i64 = 86_400_000_000;

/// Base stock for two pools: 20 and, a day later, 10 capacitors; somebody approves what does not pass by itself.
async fn past(f: &Fixture) -> Desk {
    let mut desk = Desk::on(f.store.clone()).await;
    desk.stocked("wh_blr", &[json!({ "part": "CAP", "quantity": 50 })]).await;
    for (doc, pool, requested) in [("R1", "in_warranty", 20), ("R2", "amc", 10)] {
        let (manager, ops) = (desk.who("asp_manager", Some("coolfix")), desk.who("service_ops", None));
        let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": pool });
        desk.must(&manager, doc, open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": requested })]).await;
        let submitted = desk.must(&manager, doc, fire("submit"), json!({}), &[]).await;
        if submitted.document.state == "submitted" {
            desk.must(&ops, doc, fire("approve"), json!({}), &[json!({ "line": 1, "approved": requested })]).await;
        }
        desk.now = desk.now.plus_micros(DAY);
    }
    desk
}

fn runnable(files: &str) -> Option<Runnable> {
    let checked = check(&BookFiles::of_stored(files)?);
    Some((Arc::new(checked.book?), Arc::new(checked.rules)))
}

/// What the past would have been from a time on, with other limits.
async fn asked(f: &Fixture, change: impl FnOnce(&mut MasterData), since: Timestamp) -> Whatif {
    let live = Store::open_to_read(&f.url).await.expect("a store that is there");
    let hash = live.deployed().await.expect("no fault").expect("a book in use").hash;
    let kept = live.book(&hash).await.expect("no fault").expect("a book");
    let mut text = Vec::new();
    live.export(&mut text, &mut |_| {}).await.expect("a journal");
    let mut from = BufReader::new(text.as_slice());
    let mut journal = Journal::open(&mut from).expect("a journal");
    let master = live.all_master().await.expect("master data");
    let mut changed_master = master.clone();
    change(&mut changed_master);
    let question = Question {
        live: &live,
        scratch: Store::memory(),
        open: Arc::new(runnable),
        changed: runnable(&kept.files).expect("a book without mistakes"),
        master,
        changed_master: Some(changed_master),
        since,
        until: Timestamp::from_micros(i64::MAX),
    };
    whatif(question, &mut journal, &mut |_| {}).await.expect("an answer")
}

/// At most 15 capacitors under warranty at Coolfix, where it was 50.
fn tighter(master: &mut MasterData) {
    let limit = master.limits.iter_mut().find(|l| l.scope.part.as_ref().is_some_and(|p| p.as_str() == "CAP")).expect("the limit of capacitors");
    limit.maximum = Some(Quantity::units(15));
}

async fn databases() -> [Fixture; 2] {
    [stores::sqlite().await, stores::postgres().await]
}

#[tokio::test]
async fn a_tighter_limit_refuses_what_passed_and_what_depends_on_it_is_not_reached() {
    for f in databases().await {
        let begun = Desk::on(f.store.clone()).await.now;
        past(&f).await;
        let answer = asked(&f, tighter, begun).await;
        // 20 capacitors at 120.00 each were asked for under warranty; nothing had moved yet.
        let money = |text: &str| text.parse::<Money>().expect("an amount");
        let sum = Sum { documents: 1, then: Quantity::units(20), now: Quantity::ZERO, value_then: money("2400.00"), value_now: money("0") };
        let totals: Vec<_> = answer.totals.iter().map(|r| (r.kind, r.sum)).collect();
        assert_eq!(totals, [(Kind::Refused, sum)], "{}: {answer:#?}", f.url);
        assert_eq!(answer.parties.iter().map(|r| r.of.as_str()).collect::<Vec<_>>(), ["ac coolfix"]);
        assert_eq!(answer.parts.iter().map(|r| r.of.as_str()).collect::<Vec<_>>(), ["CAP"]);
        assert_eq!(answer.reasons, [("msl_quantity_exceeded".to_owned(), 1)]);
        let refused: Vec<_> = answer.kinds.iter().filter(|(kind, ..)| *kind == Kind::Refused).collect();
        assert_eq!(refused, [&(Kind::Refused, "ship_to_store submit".to_owned(), 1)]);
        let waiting: u64 = answer.roots.iter().map(|(_, n)| n).sum();
        assert_eq!(answer.roots.len(), 1, "one difference, however much depends on it: {:?}", answer.roots);
        assert_eq!(answer.same + waiting + 1, answer.decisions);
        let first = answer.first.expect("the first difference");
        assert_eq!(first.transition, "submit");
        assert!(first.then.outcome.starts_with("done: "), "{first:#?}");
        assert!(first.now.outcome.contains("over the maximum of 15"), "{first:#?}");
        assert!(first.now.rules.iter().any(|r| r.starts_with("msl of default")), "{first:#?}");
    }
}

#[tokio::test]
async fn before_the_change_everything_is_as_it_was_and_without_one_too() {
    for f in databases().await {
        let desk = past(&f).await;
        let later = asked(&f, tighter, desk.now).await;
        assert_eq!((later.decisions, later.taken_over, later.totals.len()), (0, 0, 0), "{later:#?}");
        assert!(later.before > 6);
        let nothing = asked(&f, |_| {}, Timestamp::from_micros(0)).await;
        assert_eq!((nothing.decisions, nothing.same), (later.before, later.before), "{nothing:#?}");
        let second_day = desk.now.plus_micros(-DAY);
        let half = asked(&f, tighter, second_day).await;
        assert!(half.totals.is_empty() && half.before > 0 && half.decisions > 0, "the other pool has room: {half:#?}");
    }
}

#[tokio::test]
async fn the_live_store_is_only_read() {
    for f in databases().await {
        let begun = past(&f).await.now;
        f.store.close().await;
        let file = f.url.strip_prefix("sqlite://").map(str::to_owned);
        let bytes = || file.as_ref().map(|path| std::fs::read(path).expect("the file"));
        let before = bytes();
        asked(&f, tighter, begun.plus_micros(-2 * DAY)).await;
        assert!(bytes() == before, "{}: not a byte is other", f.url);
        let live = Store::open_to_read(&f.url).await.expect("a store that is there");
        let book = Book { hash: "x".into(), name: "x".into(), files: "{}".into() };
        assert!(live.put_book(&book).await.is_err(), "{}: who may only read writes nothing", f.url);
        let mut more = live.all_master().await.expect("master data");
        tighter(&mut more);
        assert!(live.upsert_master(&more).await.is_err(), "{}", f.url);
    }
}
