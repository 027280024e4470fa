//! Commit and load on all three stores: what is written is read back, nothing is half done, and a lost race is told apart.

use bincard::base::{Quantity, Timestamp};
use bincard::domain::{ChildStart, FiredTimer, Obligation, ObligationChange, ObligationChangeKind, OutboxKind, OutboxRow, TimerKind, Value};
use bincard::store::{CommitError, Conflict, DueTimer, LEASE_MICROS, StockFilter, Store, TimerOutcome};

use crate::support::stores::{
    bu, challan, claim, everything, firing, lot, memory, minute, moved, opening, owed, place, promise, receiving, request, stores, take, timer, unit,
};

/// Stock as lines of text, without the outside world.
async fn stock(store: &Store) -> Vec<String> {
    let rows = store.stock(&StockFilter::new(bu())).await.unwrap();
    rows.iter().map(|r| format!("{} {}.{} {}", r.balance.lot, r.balance.position.party.as_ref().unwrap(), r.balance.position.bin, r.balance.quantity)).collect()
}

#[tokio::test]
async fn what_is_committed_is_loaded_again() {
    for f in stores().await {
        let mut d = receiving("D1", &["PCB#1"]);
        d.document.lines[0].inbound = Some(promise(4));
        d.owed = vec![owed("O1", "D1", 2)];
        d.papers = vec![challan(1, None), challan(2, Some(0))];
        d.timers = vec![timer("1.1", minute(5), TimerKind::Deadline { notify: Some("service_ops".into()) })];
        d.outbox = vec![OutboxRow { kind: OutboxKind::Notify, topic: "service_ops".into(), text: "look".into(), payload: serde_json::json!({"a": "é"}) }];
        d.claims = vec![claim("job 7", &["closed"])];
        d.children = vec![ChildStart { doc: "D2".into(), workflow: "shipment".into() }];
        let committed = f.store.commit(&d).await.unwrap();
        assert_eq!((committed.number.as_str(), committed.revision), ("STS/26-27/00001", 1), "{}", f.store.kind());
        assert_eq!(committed.papers, ["DC/26-27/00001", "DC/26-27/00002"]);

        let s = f.store.load(&everything("D1")).await.unwrap();
        let mut expected = d.document.clone();
        expected.number.clone_from(&committed.number);
        assert_eq!(s.document.as_ref(), Some(&expected), "{}", f.store.kind());
        assert_eq!(s.past_moves, d.moves);
        assert_eq!(s.lots, d.lots);
        assert_eq!(s.obligations, [Obligation { number: committed.number, ..d.owed[0].clone() }], "an obligation says which document raised it");
        assert_eq!(s.inbound, [promise(4)]);
        assert_eq!(s.balances.iter().map(|b| b.quantity).collect::<Vec<_>>(), [Quantity::units(10)]);
        assert_eq!(s.papers.iter().map(|p| (p.open, p.reverse_of.as_deref())).collect::<Vec<_>>(), [(false, None), (true, Some("DC/26-27/00001"))]);
        assert_eq!(s.children[0].state, None);
        assert_eq!(s.events[0].transition, "open");
        assert_eq!(s.chain.len(), 64);
        assert_eq!(f.store.due_timers(None, None, minute(5), 10).await.unwrap()[0].timer, d.timers[0]);
        assert_eq!(f.store.outbox_pending(None, 10).await.unwrap()[0].row, d.outbox[0]);
        assert!(f.store.verify().await.unwrap().is_sound(), "{:?}", f.store.verify().await);
    }
}

#[tokio::test]
async fn the_same_key_is_the_same_command() {
    for f in stores().await {
        f.store.commit(&opening("D1")).await.unwrap();
        match f.store.commit(&opening("D1")).await {
            Err(CommitError::DuplicateKey { doc, revision, body_hash }) => assert_eq!((doc.as_str(), revision, body_hash.as_str()), ("D1", 1, "body")),
            other => panic!("{}: {other:?}", f.store.kind()),
        }
        let mut r = request("D9");
        r.key = "D1-1".into();
        assert_eq!(f.store.load(&r).await.unwrap().repeat, Some(("D1".into(), 1, "body".into())));
    }
}

#[tokio::test]
async fn a_document_that_moved_on_refuses_the_commit() {
    for f in stores().await {
        let kind = f.store.kind();
        f.store.commit(&opening("D1")).await.unwrap();
        let s = f.store.load(&request("D1")).await.unwrap();
        let d = firing(&s, "approve");
        f.store.commit(&d).await.unwrap();
        for (name, spoil) in [("again", 0), ("from the future", 3), ("from the past", 1)] {
            let mut late = d.clone();
            late.event.key = format!("late {name}").into();
            late.document.revision = if spoil == 0 { 2 } else { spoil };
            assert!(matches!(f.store.commit(&late).await, Err(CommitError::Conflict(Conflict::Revision))), "{kind} {name}");
        }
        let mut twice = opening("D1");
        twice.event.key = "other".into();
        assert!(matches!(f.store.commit(&twice).await, Err(CommitError::Conflict(Conflict::Revision))), "{kind}");
        let mut forged = firing(&f.store.load(&request("D1")).await.unwrap(), "approve");
        forged.chain = "0".repeat(64);
        assert!(matches!(f.store.commit(&forged).await, Err(CommitError::Conflict(Conflict::Revision))), "{kind}");
    }
}

#[tokio::test]
async fn a_balance_never_goes_below_zero_and_nothing_stays_half_done() {
    for f in stores().await {
        f.store.commit(&receiving("D1", &["PCB#1"])).await.unwrap();
        let before = f.store.load(&everything("D1")).await.unwrap();
        let mut d = firing(&before, "ship");
        d.lots = vec![lot("FAN#1", "D1")];
        d.papers = vec![challan(1, None)];
        d.moves = vec![
            moved("FAN#1", 1, "supplier", "PUNE.available"),
            moved("PCB#1", 8, "PUNE.available", "MUM.available"),
            moved("PCB#1", 3, "PUNE.available", "MUM.available"),
        ];
        assert!(matches!(f.store.commit(&d).await, Err(CommitError::Conflict(Conflict::Balance))), "{}", f.store.kind());
        let after = f.store.load(&everything("D1")).await.unwrap();
        assert_eq!(format!("{before:?}"), format!("{after:?}"));
        d.moves.pop();
        assert_eq!(f.store.commit(&d).await.unwrap().papers, ["DC/26-27/00001"], "a number was lost");
        assert_eq!(stock(&f.store).await, ["FAN#1 PUNE.available 1", "PCB#1 MUM.available 8", "PCB#1 PUNE.available 2"]);
        assert!(f.store.verify().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn moves_of_one_commit_follow_each_other() {
    for f in stores().await {
        let mut d = receiving("D1", &["PCB#1"]);
        d.moves.push(moved("PCB#1", 10, "PUNE.available", "PUNE.reserved for D1/1"));
        d.moves.push(moved("PCB#1", 10, "PUNE.reserved for D1/1", "scrap"));
        f.store.commit(&d).await.unwrap();
        assert!(stock(&f.store).await.is_empty(), "{}: clearing bins must not keep zeros", f.store.kind());
        assert!(f.store.load(&request("D1")).await.unwrap().balances.is_empty());
        let mut all = StockFilter::new(bu());
        all.outside = true;
        let outside: Vec<String> = f.store.stock(&all).await.unwrap().iter().map(|r| format!("{} {}", r.balance.position.bin, r.balance.quantity)).collect();
        assert_eq!(outside, ["scrap 10", "supplier -10"]);
    }
}

#[tokio::test]
async fn a_serial_number_is_in_one_place() {
    for f in stores().await {
        let kind = f.store.kind();
        let mut d = opening("D1");
        d.lots = vec![lot("PCB#1", "D1"), lot("PCB#2", "D1")];
        d.moves = vec![unit("PCB#1", "S1", "supplier", "PUNE.available"), unit("PCB#1", "S2", "supplier", "PUNE.available")];
        f.store.commit(&d).await.unwrap();
        let s = f.store.load(&everything("D1")).await.unwrap();
        assert_eq!(s.serials.iter().map(|b| b.serial.clone().unwrap().to_string()).collect::<Vec<_>>(), ["S1", "S2"]);
        for (name, moves) in [
            ("a second place", vec![unit("PCB#2", "S1", "supplier", "MUM.available")]),
            ("the same place again", vec![unit("PCB#1", "S1", "supplier", "PUNE.available")]),
            ("a place where it is not", vec![unit("PCB#1", "S1", "MUM.available", "PUNE.available")]),
            (
                "two units of one number",
                vec![moved("PCB#1", 2, "supplier", "MUM.available")].into_iter().map(|m| bincard::domain::Move { serial: Some("S9".into()), ..m }).collect(),
            ),
        ] {
            let mut d = firing(&s, "move");
            d.moves = moves;
            assert!(matches!(f.store.commit(&d).await, Err(CommitError::Conflict(Conflict::Serial))), "{kind} {name}");
        }
        let mut d = firing(&s, "move");
        d.moves = vec![unit("PCB#1", "S1", "PUNE.available", "fitted"), unit("PCB#1", "S1", "fitted", "MUM.available")];
        f.store.commit(&d).await.unwrap();
        assert!(f.store.verify().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn obligations_are_settled_once() {
    for f in stores().await {
        let kind = f.store.kind();
        let mut d = opening("D1");
        d.owed = vec![owed("O1", "D1", 3), owed("O2", "D1", 1)];
        f.store.commit(&d).await.unwrap();
        let change = |id: &str, units, kind| ObligationChange { id: id.into(), kind, quantity: Quantity::units(units) };
        let s = f.store.load(&request("D1")).await.unwrap();
        let mut d = firing(&s, "settle");
        d.obligation_changes = vec![change("O1", 2, ObligationChangeKind::Settled), change("O1", 2, ObligationChangeKind::Waived)];
        assert!(matches!(f.store.commit(&d).await, Err(CommitError::Conflict(Conflict::Obligation))), "{kind}");
        d.obligation_changes = vec![change("O1", 2, ObligationChangeKind::Settled), change("O1", 1, ObligationChangeKind::Debited)];
        f.store.commit(&d).await.unwrap();
        let s = f.store.load(&request("D1")).await.unwrap();
        assert_eq!(s.obligations.iter().map(|o| o.id.as_str()).collect::<Vec<_>>(), ["O2"], "{kind}");
        assert!(f.store.verify().await.unwrap().is_sound(), "{kind} {:?}", f.store.verify().await);
    }
}

#[tokio::test]
async fn a_reverse_paper_is_closed_once() {
    for f in stores().await {
        let mut d = opening("D1");
        d.papers = vec![challan(1, None), challan(2, Some(0))];
        f.store.commit(&d).await.unwrap();
        for (number, fits) in [("DC/26-27/00001", false), ("DC/26-27/00002", true), ("DC/26-27/00002", false)] {
            let mut d = firing(&f.store.load(&request("D1")).await.unwrap(), "close");
            d.papers_closed = vec![number.to_owned()];
            let done = f.store.commit(&d).await;
            assert!(if fits { done.is_ok() } else { matches!(done, Err(CommitError::Conflict(Conflict::Paper))) }, "{} {number}: {done:?}", f.store.kind());
        }
    }
}

#[tokio::test]
async fn numbers_run_without_gaps_in_each_series() {
    for f in stores().await {
        for (doc, series, expected) in [("D1", "A", "A/26-27/00001"), ("D2", "A", "A/26-27/00002"), ("D3", "B", "B/26-27/00001"), ("D4", "A", "A/26-27/00003")]
        {
            let mut d = opening(doc);
            d.number = Some(take(series, 1));
            assert_eq!(f.store.commit(&d).await.unwrap().number, expected, "{}", f.store.kind());
        }
    }
}

#[tokio::test]
async fn a_key_that_two_lines_claim_is_claimed_once() {
    for f in stores().await {
        let mut d = opening("D1");
        d.claims = vec![claim("job 7", &["closed"]), claim("job 7", &["closed"])];
        f.store.commit(&d).await.unwrap();
        assert_eq!(f.store.claim_holders(&bu(), &"ship_to_store".into(), &["job 7".to_owned()]).await.unwrap().len(), 1, "{}", f.url);
    }
}

#[tokio::test]
async fn a_claim_is_held_by_one_document_until_a_state_gives_it_up() {
    for f in stores().await {
        let kind = f.store.kind();
        let claims = || vec![claim("job 7", &["closed", "cancelled"])];
        let mut d = opening("D1");
        d.claims = claims();
        f.store.commit(&d).await.unwrap();
        let mut other = opening("D2");
        other.claims = claims();
        match f.store.commit(&other).await {
            Err(CommitError::Claimed { key, holder }) => assert_eq!((key.as_str(), holder.as_str()), ("job 7", "D1"), "{kind}"),
            done => panic!("{kind}: {done:?}"),
        }
        let keys = ["job 7".to_owned(), "job 8".to_owned()];
        assert_eq!(f.store.claim_holders(&bu(), &"ship_to_store".into(), &keys).await.unwrap(), [("job 7".to_owned(), "D1".into())], "{kind}");
        let mut end = firing(&f.store.load(&request("D1")).await.unwrap(), "cancel");
        end.document.state = "cancelled".into();
        end.event.to = "cancelled".into();
        f.store.commit(&end).await.unwrap();
        f.store.commit(&other).await.unwrap();
    }
}

#[tokio::test]
async fn timers_end_with_their_state_and_refused_starts_are_recorded() {
    for f in stores().await {
        let kind = f.store.kind();
        let start = bincard::domain::Command {
            bu: bu(),
            doc: "D2".into(),
            action: bincard::domain::Action::Open { workflow: "shipment".into(), transition: None, parent: Some("D1".into()) },
            actor: bincard::domain::Actor::System,
            input: bincard::domain::Input::default(),
            key: "start".into(),
            recorded_at: minute(1),
            effective_at: minute(1),
            seen_revision: None,
        };
        let mut d = opening("D1");
        d.children = vec![ChildStart { doc: "D2".into(), workflow: "shipment".into() }];
        d.timers = vec![
            timer("1.1", minute(5), TimerKind::Deadline { notify: None }),
            timer("1.2", minute(6), TimerKind::Fire { transition: "expire".into() }),
            timer("1.3", minute(1), TimerKind::Start(Box::new(start))),
        ];
        f.store.commit(&d).await.unwrap();
        assert_eq!(f.store.next_due(Some(&bu())).await.unwrap(), Some(minute(1).plus_micros(LEASE_MICROS)), "{kind}: until then it is the committer's");
        let s = f.store.load(&request("D1")).await.unwrap();
        f.store.commit(&firing(&s, "approve")).await.unwrap();
        let due = f.store.due_timers(Some(&bu()), Some(&"D1".into()), minute(60), 10).await.unwrap();
        assert_eq!(due.iter().map(|d| d.timer.id.as_str()).collect::<Vec<_>>(), ["1.3"], "{kind}: only what starts a document outlives the state");
        assert!(f.store.finish_timer(&due[0], &TimerOutcome::Again { at: minute(2) }, minute(1)).await.unwrap());
        assert!(f.store.finish_timer(&due[0], &TimerOutcome::Refused { reason: "no stock".into() }, minute(2)).await.unwrap());
        assert!(!f.store.finish_timer(&due[0], &TimerOutcome::Done { outbox: Vec::new() }, minute(2)).await.unwrap(), "{kind}: it is gone");
        let children = f.store.children(&bu(), &"D1".into()).await.unwrap();
        assert_eq!((children[0].refused.as_deref(), children[0].child.ended), (Some("no stock"), true), "{kind}");
    }
}

#[tokio::test]
async fn a_child_that_opens_takes_its_timer_along_and_sees_what_its_parent_holds() {
    for f in stores().await {
        let kind = f.store.kind();
        let mut d = receiving("D1", &["PCB#1"]);
        d.children = vec![ChildStart { doc: "D2".into(), workflow: "shipment".into() }];
        d.moves.push(moved("PCB#1", 4, "PUNE.available", "PUNE.picked for D1/1"));
        d.timers = vec![timer("1.3", minute(1), TimerKind::Fire { transition: "t".into() })];
        f.store.commit(&d).await.unwrap();
        let mut r = request("D2");
        r.parent = Some("D1".into());
        assert_eq!(f.store.load(&r).await.unwrap().balances[0].position, place("PUNE.picked for D1/1"), "{kind}");
        let mut child = opening("D2");
        child.document.parent = Some("D1".into());
        child.fired_timer = Some(FiredTimer { doc: "D1".into(), id: "1.3".into() });
        child.moves = vec![moved("PCB#1", 4, "PUNE.picked for D1/1", "PUNE.in_transit for D2/1")];
        f.store.commit(&child).await.unwrap();
        assert_eq!(f.store.next_due(None).await.unwrap(), None, "{kind}");
        assert_eq!(f.store.load(&request("D2")).await.unwrap().balances.len(), 1);
        assert_eq!(f.store.load(&request("D1")).await.unwrap().children[0].state, Some("open".into()), "{kind}");
        word_left_by_a_child_goes_with_what_its_parent_does(&f.store).await;
    }
}

async fn word_left_by_a_child_goes_with_what_its_parent_does(store: &Store) {
    let mut ends = firing(&store.load(&request("D2")).await.unwrap(), "note");
    ends.timers = vec![timer("2.ended", minute(1), TimerKind::Tell { parent: "D1".into() })];
    store.commit(&ends).await.unwrap();
    assert_eq!(store.next_due(None).await.unwrap(), Some(minute(2).plus_micros(LEASE_MICROS)));
    let mut goes_on = firing(&store.load(&request("D1")).await.unwrap(), "note");
    goes_on.fired_timer = Some(FiredTimer { doc: "D2".into(), id: "2.ended".into() });
    store.commit(&goes_on).await.unwrap();
    assert_eq!(store.next_due(None).await.unwrap(), None, "{}", store.kind());
}

#[tokio::test]
async fn messages_of_timers_go_out_and_are_sent_once() {
    for f in stores().await {
        let row = OutboxRow { kind: OutboxKind::Notify, topic: "ops".into(), text: "late".into(), payload: serde_json::Value::Null };
        let mut d = opening("D1");
        d.timers = vec![timer("1.1", minute(5), TimerKind::Deadline { notify: Some("ops".into()) })];
        f.store.commit(&d).await.unwrap();
        let due: Vec<DueTimer> = f.store.due_timers(None, None, minute(5), 10).await.unwrap();
        assert!(f.store.finish_timer(&due[0], &TimerOutcome::Done { outbox: vec![row.clone()] }, minute(5)).await.unwrap());
        let pending = f.store.outbox_pending(Some(&bu()), 10).await.unwrap();
        assert_eq!((pending.len(), &pending[0].row, pending[0].recorded_at), (1, &row, minute(5)), "{}", f.store.kind());
        assert!(f.store.mark_sent(&pending[0], minute(6)).await.unwrap());
        assert!(!f.store.mark_sent(&pending[0], minute(7)).await.unwrap());
        assert!(f.store.outbox_pending(None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn lines_that_are_given_anew_replace_the_old_ones() {
    for f in stores().await {
        f.store.commit(&opening("D1")).await.unwrap();
        let mut d = firing(&f.store.load(&request("D1")).await.unwrap(), "revise");
        let mut second = d.document.lines[0].clone();
        second.no = 2;
        second.values.insert("part".into(), Value::Part("FAN".into()));
        second.inbound = Some(promise(1));
        d.document.lines = vec![second];
        f.store.commit(&d).await.unwrap();
        assert_eq!(f.store.document(&bu(), &"D1".into()).await.unwrap().unwrap().lines, d.document.lines, "{}", f.store.kind());
        let mut end = firing(&f.store.load(&request("D1")).await.unwrap(), "close");
        end.document.ended = true;
        f.store.commit(&end).await.unwrap();
        assert!(f.store.load(&everything("D1")).await.unwrap().inbound.is_empty(), "an ended document promises nothing");
        assert!(f.store.verify().await.unwrap().is_sound());
    }
}

#[tokio::test]
async fn commits_at_the_same_time_never_lose_a_unit() {
    for f in stores().await {
        f.store.commit(&receiving("D0", &["PCB#1"])).await.unwrap();
        let tasks: Vec<_> = (1..=16)
            .map(|n| {
                let store = f.store.clone();
                tokio::spawn(async move {
                    let mut d = opening(&format!("D{n}"));
                    d.moves = vec![moved("PCB#1", 1, "PUNE.available", "fitted")];
                    loop {
                        match store.commit(&d).await {
                            Ok(_) => return true,
                            Err(CommitError::Conflict(Conflict::Balance)) => return false,
                            Err(CommitError::Conflict(Conflict::Contention)) => {}
                            Err(e) => panic!("{e}"),
                        }
                    }
                })
            })
            .collect();
        let mut taken = 0;
        for task in tasks {
            taken += u32::from(task.await.unwrap());
        }
        assert_eq!(taken, 10, "{}", f.store.kind());
        assert!(stock(&f.store).await.is_empty());
        let report = f.store.verify().await.unwrap();
        assert!(report.is_sound() && report.events == 11 && report.moves == 11, "{report:?}");
        let mut numbers: Vec<String> = f.store.documents(&bincard::store::DocumentFilter::new(bu())).await.unwrap().into_iter().map(|d| d.number).collect();
        numbers.sort();
        assert_eq!(numbers.last().unwrap(), "STS/26-27/00011", "{}: a gap", f.store.kind());
    }
}

#[tokio::test]
async fn a_store_in_memory_answers_for_units_it_does_not_know() {
    let f = memory().await;
    assert!(f.store.load(&everything("D1")).await.unwrap().document.is_none());
    assert_eq!(f.store.next_due(None).await.unwrap(), None::<Timestamp>);
}

#[tokio::test]
async fn nobody_opens_as_started_by_a_document_that_did_not_start_it() {
    for f in stores().await {
        f.store.commit(&receiving("D1", &["PCB#1"])).await.unwrap();
        let mut child = opening("D2");
        child.document.parent = Some("D1".into());
        let refused = f.store.commit(&child).await.expect_err("D1 started nothing");
        assert!(refused.to_string().contains("held for another document"), "{}: {refused}", f.store.kind());
        assert_eq!(f.store.load(&request("D2")).await.unwrap().document, None, "{}", f.store.kind());
    }
}

#[tokio::test]
async fn a_document_is_started_once() {
    for f in stores().await {
        let mut d = receiving("D1", &["PCB#1"]);
        d.children = vec![ChildStart { doc: "D2".into(), workflow: "shipment".into() }];
        f.store.commit(&d).await.unwrap();
        let mut again = firing(&f.store.load(&request("D1")).await.unwrap(), "again");
        again.children = d.children.clone();
        assert!(f.store.commit(&again).await.is_err(), "{}", f.store.kind());
        assert_eq!(f.store.load(&request("D1")).await.unwrap().document.unwrap().revision, 1, "{}", f.store.kind());
    }
}
