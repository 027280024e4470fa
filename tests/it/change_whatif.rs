//! The past under a changed book: sums worked out by hand, what depends on a difference told apart, and a live store untouched.

use std::io::Cursor;
use std::sync::Arc;

use bincard::base::{Bu, Money, PersonCode, Quantity, Timestamp};
use bincard::change::whatif::{Kind, Question, Row, Side, Sum, Whatif, whatif};
use bincard::check::BookFiles;
use bincard::domain::{Command, MasterData};
use bincard::engine::{Outcome, stored};
use bincard::store::{Book, Deployment, Store};
use serde_json::json;

use crate::cli::{self, shell};
use crate::support::book;
use crate::support::desk::{Desk, ac, fire, open};
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

/// What the past would have been from a time on, with other limits.
async fn asked(f: &Fixture, change: impl FnOnce(&mut MasterData), since: Timestamp) -> Whatif {
    asked_in(f, |_| {}, change, since).await
}

/// The same with another book as well.
async fn asked_in(f: &Fixture, change_book: impl FnOnce(&mut BookFiles), change: impl FnOnce(&mut MasterData), since: Timestamp) -> Whatif {
    let live = Store::open_to_read(&f.url).await.expect("a store that is there");
    let hash = live.deployed().await.expect("no fault").expect("a book in use").hash;
    let kept = live.book(&hash).await.expect("no fault").expect("a book");
    let mut files = BookFiles::of_stored(&kept.files).expect("the files of a book");
    let in_force = book::of_stored(&kept.files).expect("the book in force");
    change_book(&mut files);
    let changed = book::made(&files);
    let mut text = Vec::new();
    live.export(&mut text, &mut |_| {}).await.expect("a journal");
    let mut from = Cursor::new(text);
    let master = live.all_master().await.expect("master data");
    let mut changed_master = master.clone();
    change(&mut changed_master);
    let question = Question {
        live: &live,
        open: Arc::new(book::of_stored),
        in_force,
        changed,
        changed_master: (changed_master != master).then_some(changed_master),
        master,
        since,
        until: Timestamp::from_micros(i64::MAX),
    };
    whatif(question, &mut from, &mut |_| {}).await.expect("an answer")
}

/// A rule of the shipped book, said otherwise.
fn ruled(files: &mut BookFiles, path: &str, old: &str, new: &str) {
    let file = files.rules.iter_mut().find(|f| f.path == path).expect("the rule");
    assert!(file.text.contains(old), "{path} does not say `{old}`");
    file.text = file.text.replace(old, new);
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
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
        assert_eq!((first.then.to.as_deref(), &first.then.refusal), (Some("submitted"), &None));
        let refusal = first.now.refusal.as_ref().expect("a refusal");
        assert!(refusal.reasons.iter().any(|r| r.sentence.contains("over the maximum of 15")), "{refusal:#?}");
        // Both sides in the words of `explain`: what the rule answered by which layer, and the guard with its values.
        let said: Vec<String> = first.differences.iter().map(|d| format!("{} {:?}: {} -> {}", d.what, d.line, d.then, d.now)).collect();
        assert_eq!(said[0], "limit of Some(1): maximum 50 -> maximum 15", "what the books said comes first: {said:#?}");
        let answered = |side: &Side| side.account.answers.iter().filter(|t| t.rule == *"msl").map(|t| t.layer.to_string()).collect::<Vec<_>>();
        assert_eq!((answered(&first.then), answered(&first.now)), (vec!["default".to_owned()], vec!["default".to_owned()]));
        let guard = |side: &Side| side.account.conditions.iter().filter(|c| c.written.contains("limits.maximum")).map(|c| (c.held, c.values.clone())).next();
        let (then, now) = (guard(&first.then).expect("the guard"), guard(&first.now).expect("the guard"));
        assert!(then.0 && !now.0, "{then:?} {now:?}");
        assert_eq!((then.1["limits.maximum"].to_string(), now.1["limits.maximum"].to_string()), ("50".to_owned(), "15".to_owned()));
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

/// Two lots at the warehouse, 12 capacitors and a day later 10, and two requests of 10 that take the older first.
async fn two_lots(f: &Fixture) -> Desk {
    let mut desk = Desk::on(f.store.clone()).await;
    desk.stocked("wh_blr", &[json!({ "part": "CAP", "quantity": 12 })]).await;
    desk.now = desk.now.plus_micros(DAY);
    let (manager, picker) = (desk.who("warehouse_manager", Some("wh_blr")), desk.who("picker", Some("wh_blr")));
    desk.must(&manager, "U1", open("supply"), json!({ "warehouse": "wh_blr" }), &[json!({ "part": "CAP", "quantity": 10 })]).await;
    desk.must(&picker, "U1", fire("receive"), json!({}), &[json!({ "line": 1, "received": 10 })]).await;
    let asker = desk.who("asp_manager", Some("coolfix"));
    for doc in ["R1", "R2"] {
        desk.now = desk.now.plus_micros(DAY);
        let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "replenishment", "pool": "in_warranty" });
        desk.must(&asker, doc, open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 10 })]).await;
        let submitted = desk.must(&asker, doc, fire("submit"), json!({}), &[]).await;
        assert_eq!(submitted.document.state, "allocated");
    }
    desk
}

#[tokio::test]
async fn other_lots_are_told_apart_from_those_that_follow_from_them() {
    for f in databases().await {
        two_lots(&f).await;
        // The smaller lot first: the first request takes the 10 that came later, so the second finds the 12.
        let smaller_first = |files: &mut BookFiles| ruled(files, "rules/default/picking.rhai", "rank: [lot.received]", "rank: [lot.quantity, lot.received]");
        let answer = asked_in(&f, smaller_first, |_| {}, Timestamp::from_micros(0)).await;
        let kinds: Vec<_> = answer.kinds.iter().map(|(kind, what, n)| (*kind, what.as_str(), *n)).collect();
        assert_eq!(kinds, [(Kind::Otherwise, "ship_to_store allocate", 1), (Kind::KnockOn, "ship_to_store allocate", 1)], "{answer:#?}");
        let sum = Sum { documents: 1, then: Quantity::units(10), now: Quantity::units(10), value_then: money("1200.00"), value_now: money("1200.00") };
        let totals: Vec<_> = answer.totals.iter().map(|r| (r.kind, r.sum)).collect();
        assert_eq!(totals, [(Kind::Otherwise, sum), (Kind::KnockOn, sum)], "{}", f.url);
        assert_eq!(answer.same + 2, answer.decisions);
        let first = answer.first.expect("the first difference");
        assert_eq!((first.transition.as_str(), first.actor.as_str()), ("allocate", "system"));
        let taken = |side: &Side| -> Vec<_> {
            let lots = side.account.offers.iter().flat_map(|o| &o.lots);
            lots.map(|l| (l.there, l.taken)).collect()
        };
        let units = Quantity::units;
        assert_eq!(taken(&first.then), [(units(12), units(10)), (units(10), units(0))], "the older is offered first");
        assert_eq!(taken(&first.now), [(units(10), units(10)), (units(12), units(0))], "the smaller is");
        assert!(first.differences.iter().any(|d| d.what == "lots of CAP"), "{:#?}", first.differences);
    }
}

/// Someone of a business unit who holds a role at a party.
fn of_unit(desk: &Desk, bu: &str, role: &str, at: &str) -> PersonCode {
    let holds = |p: &&bincard::domain::Person| p.bu == *bu && p.roles.iter().any(|r| r.role == *role && r.at.as_ref().is_some_and(|a| *a == *at));
    desk.master.people.iter().find(holds).unwrap_or_else(|| panic!("nobody is {role} at {at}")).code.clone()
}

#[tokio::test]
async fn what_is_refused_is_summed_by_business_unit_partner_and_part() {
    let f = stores::sqlite().await;
    let desk = Desk::on(f.store.clone()).await;
    let begun = desk.now;
    let asks = [
        ("R1", "ac", "coolfix", "wh_blr", json!([{ "part": "CAP", "requested": 20 }, { "part": "FAN", "requested": 1 }])),
        ("R2", "ac", "sri_balaji", "wh_blr", json!([{ "part": "CON", "requested": 4 }])),
        ("R3", "wm", "spinwell", "wm_blr", json!([{ "part": "BELT-2", "requested": 4 }])),
        ("R4", "ac", "coolfix", "wh_blr", json!([{ "part": "SENS", "requested": 1 }])),
    ];
    for (doc, bu, asp, warehouse, lines) in asks {
        let manager = of_unit(&desk, bu, "asp_manager", asp);
        let fields = json!({ "asp": asp, "warehouse": warehouse, "purpose": "replenishment", "pool": "in_warranty" });
        for (action, fields, lines) in [(open("ship_to_store"), fields, lines.as_array().expect("lines").clone()), (fire("submit"), json!({}), vec![])] {
            let command = Command { bu: Bu::from(bu), ..desk.command(&manager, doc, action, fields, &lines) };
            let outcome = desk.engine.execute(command).await.expect("no fault");
            assert!(matches!(outcome, Outcome::Done(_)), "{doc}: {outcome:#?}");
        }
    }
    // Two of anything, where it was 50 capacitors, 10 contactors and 20 belts.
    let two = |master: &mut MasterData| master.limits.iter_mut().filter(|l| l.maximum.is_some()).for_each(|l| l.maximum = Some(Quantity::units(2)));
    let answer = asked(&f, two, begun).await;
    let rows = |rows: &[Row]| -> Vec<(String, Kind, u64, Quantity, Money)> {
        rows.iter().map(|r| (r.of.clone(), r.kind, r.sum.documents, r.sum.then, r.sum.value_then)).collect()
    };
    let refused = |of: &str, documents: u64, units: u32, value: &str| (of.to_owned(), Kind::Refused, documents, Quantity::units(units.into()), money(value));
    // 20 × 120.00 and 1 × 1,450.00 at Coolfix, 4 × 210.00 at Sri Balaji, 4 × 195.00 at Spinwell; one sensor still passes.
    assert_eq!(rows(&answer.totals), [refused("", 3, 29, "5470.00")], "{answer:#?}");
    assert_eq!(rows(&answer.units), [refused("ac", 2, 25, "4690.00"), refused("wm", 1, 4, "780.00")]);
    assert_eq!(
        rows(&answer.parties),
        [refused("ac coolfix", 1, 21, "3850.00"), refused("ac sri_balaji", 1, 4, "840.00"), refused("wm spinwell", 1, 4, "780.00")]
    );
    let parts = [refused("CAP", 1, 20, "2400.00"), refused("FAN", 1, 1, "1450.00"), refused("CON", 1, 4, "840.00"), refused("BELT-2", 1, 4, "780.00")];
    assert_eq!(rows(&answer.parts), parts);
    assert!(answer.totals.iter().all(|r| r.sum.now.is_zero() && r.sum.value_now == Money::default()));
    assert_eq!(answer.reasons, [("msl_quantity_exceeded".to_owned(), 3)]);
}

/// A new book with a job of four fans, and what `bincard whatif` says of a folder with these files.
fn of_folder(files: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = cli::book();
    let at = "BINCARD_AT='2026-04-01 09:30'";
    for line in ["open receipt --as asha store=main --line part=FAN,quantity=20,rate=450", "open job --as asha store=main job=J1 --line part=FAN,requested=4"] {
        let done = shell(folder.path(), &format!("{at} bincard {line}"));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    for (path, text) in files {
        let path = folder.path().join("other").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let told = shell(folder.path(), "bincard whatif --since 2026-01-01 --with other");
    (told.status.code(), String::from_utf8_lossy(&told.stdout).into_owned() + &*String::from_utf8_lossy(&told.stderr))
}

const SHARE: &str = "fn fair_share(part, on_hand) {\n    #{ most: quantity(2), reason: `there are ${on_hand}` }\n}\n";

#[test]
fn a_file_that_plays_no_part_is_an_error_that_says_where_it_would_lie() {
    let lost =
        [("fair_share.rhai", SHARE), ("job.flow", ""), ("limits.csv", ""), ("workflows/job.flow.bak", ""), ("notes.md", "why"), ("workflows/job.rhai", SHARE)];
    let (code, told) = of_folder(&lost);
    assert_eq!(code, Some(1), "{told}");
    for line in [
        "what `other` holds plays no part there",
        "  fair_share.rhai: put it at `rules/default/fair_share.rhai`, or into the folder of a business unit or party in `rules/`",
        "  job.flow: put it at `workflows/job.flow`",
        "  limits.csv: master data go into `master/`",
        "  workflows/job.flow.bak: only flows in `workflows/`",
        "  workflows/job.rhai: put it at `rules/default/job.rhai`",
    ] {
        assert!(told.contains(line), "`{line}` is not in\n{told}");
    }
    assert!(!told.contains("notes.md"), "{told}");
}

#[test]
fn a_rule_of_a_party_or_business_unit_that_is_not_there_is_told_with_what_was_meant() {
    let (code, told) = of_folder(&[("rules/store/mian/fair_share.rhai", SHARE)]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("  rules/store/mian/fair_share.rhai: ") && told.contains("did you mean `store/main`?"), "{told}");
    let (code, told) = of_folder(&[("rules/bu/shopp/fair_share.rhai", SHARE)]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("master data has no business unit `shopp`"), "{told}");
    let (code, told) = of_folder(&[("rules/store/main/fair_share.rhai", SHARE)]);
    assert!(code == Some(0) && told.contains("nothing would have been otherwise"), "{told}");
}

#[test]
fn scenarios_that_do_not_fit_a_changed_flow_are_left_out() {
    let flow = include_str!("../../src/cli/scaffold/workflows/job.flow").replace("asked", "wanted");
    let (code, told) = of_folder(&[("workflows/job.flow", &flow)]);
    assert_eq!(code, Some(0), "the scenarios of the book say `asked`: {told}");
    assert!(told.contains("would go otherwise") && told.contains("job open"), "{told}");
    let (code, told) = of_folder(&[("workflows/job.flow", &flow.replace("final", "fnial"))]);
    assert!(code == Some(1) && told.contains("workflows/job.flow:") && !told.contains("scenarios.flow"), "{told}");
}

/// Version 2 of the request asks with `submit` what version 1 did not ask.
async fn next_version(f: &Fixture, old: &Desk) -> Desk {
    let mut new = Desk::with(f.store.clone(), |files| {
        let flow = files.flows.iter_mut().find(|f| f.path == "workflows/ship_to_store.flow").expect("the flow");
        let text = flow.text.replacen("version 1 {", "version 2 {\n  migrate from 1 { }\n", 1);
        flow.text = text.replacen(
            "transition submit: draft -> submitted by asp_manager, storekeeper {",
            "transition submit: draft -> submitted by asp_manager, storekeeper {\n    ask remark",
            1,
        );
        files.flows.retain(|f| !f.path.ends_with(".scenarios.flow"));
    })
    .await;
    new.now = old.now;
    let deployment = Deployment { number: 1, hash: new.engine.book().hash.clone(), by: PersonCode::from("ravi"), at: new.now };
    f.store.deploy(&stored(new.engine.book()).expect("a book"), &deployment).await.expect("deployed");
    new
}

#[tokio::test]
async fn what_ran_under_an_older_version_is_as_it_was_and_an_empty_folder_changes_nothing() {
    for f in databases().await {
        let old = past(&f).await;
        let new = next_version(&f, &old).await;
        let manager = new.who("asp_manager", Some("coolfix"));
        let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "replenishment", "pool": "amc" });
        // One that began under version 1 goes on under version 2, and another is of version 2 altogether.
        old.must(&manager, "R3", open("ship_to_store"), fields.clone(), &[json!({ "part": "FAN", "requested": 1 })]).await;
        for doc in ["R1", "R2", "R3"] {
            new.engine.move_over(&ac(), &doc.into(), new.now).await.expect("no fault");
        }
        new.must(&manager, "R3", fire("submit"), json!({ "remark": "soon" }), &[]).await;
        new.must(&manager, "R4", open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 10 })]).await;
        new.must(&manager, "R4", fire("submit"), json!({ "remark": "soon" }), &[]).await;
        let all = Timestamp::from_micros(0);
        let nothing = asked(&f, |_| {}, all).await;
        assert_eq!((nothing.totals.len(), &nothing.first, nothing.older), (0, &None, 2), "{}: two were submitted without a remark: {nothing:#?}", f.url);
        assert_eq!((nothing.same, nothing.taken_over, nothing.left_out), (nothing.decisions, 0, 0));
        // What ran under version 2 is decided again: nobody may submit any more.
        let nobody = |files: &mut BookFiles| {
            let flow = files.flows.iter_mut().find(|f| f.path == "workflows/ship_to_store.flow").expect("the flow");
            flow.text = flow.text.replacen("ask remark", "ask remark\n    require remark is \"never\" else \"Not now.\" code not_now", 1);
        };
        let answer = asked_in(&f, nobody, |_| {}, all).await;
        assert_eq!((answer.older, answer.reasons.as_slice()), (2, &[("not_now".to_owned(), 2)][..]), "{answer:#?}");
    }
}
