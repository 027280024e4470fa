//! Verify: each wrong row that somebody with all rights could leave behind is found and named, on both databases.

use std::collections::BTreeSet;

use bincard::base::Quantity;
use bincard::domain::Decision;
use bincard::store::{VerifyOptions, VerifyReport};
use sqlx::{AssertSqlSafe, Executor};

use crate::support::plant::plant;
use crate::support::stores::{
    Fixture, book, challan, firing, lot, minute, moved, opening, postgres, raw_postgres, raw_sqlite, receiving, request, sqlite, stores, unit, with_everything,
};

/// Documents in every condition: one with a row in every table, one that holds stock for itself, with a unit; one that ended.
async fn filled(f: &Fixture) {
    f.store.put_book(&book()).await.unwrap();
    f.store.commit(&with_everything()).await.unwrap();
    f.store.commit(&firing(&f.store.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
    let mut d = opening("D2");
    d.lots = vec![lot("FAN#1", "D2")];
    d.moves = vec![unit("FAN#1", "S1", "supplier", "PUNE.available"), moved("FAN#1", 2, "supplier", "PUNE.reserved for D2/1")];
    f.store.commit(&d).await.unwrap();
    f.store.commit(&opening("D3")).await.unwrap();
    f.store.commit(&ending(f, "D3").await).await.unwrap();
}

async fn ending(f: &Fixture, doc: &str) -> Decision {
    let mut d = firing(&f.store.load(&request(doc)).await.unwrap(), "close");
    d.document.state = "closed".into();
    d.document.ended = true;
    d.document.entered_at = d.event.effective_at;
    d.event.to = "closed".into();
    d
}

/// Two papers of different events change their numbers, hours apart.
#[tokio::test]
async fn numbers_follow_each_other_as_events_do() {
    for f in [sqlite().await, postgres().await] {
        for (doc, hour) in [("D1", 0), ("D2", 3)] {
            let mut d = opening(doc);
            d.papers = vec![challan(1, None)];
            d.event.recorded_at = minute(60 * hour);
            f.store.commit(&d).await.unwrap();
        }
        assert_eq!(told(&f.store.verify().await.unwrap(), "paper"), "");
        let exchange = "UPDATE paper SET number = 'x' WHERE doc = 'D1'; UPDATE paper SET number = 'DC/26-27/00001' WHERE doc = 'D2'; \
                        UPDATE paper SET number = 'DC/26-27/00002' WHERE doc = 'D1'";
        plant(&f, exchange).await;
        let report = f.admin().await.verify().await.unwrap();
        assert!(
            told(&report, "paper")
                .ends_with("papers DC/26-27/00001 and DC/26-27/00002 have each other's numbers: DC/26-27/00002 was issued before DC/26-27/00001"),
            "{report:?}"
        );
    }
}

/// Three papers of different events within minutes, the earlier ones recorded by a machine whose clock is ahead: any two that
/// change their numbers are found, and named with the papers around them.
#[tokio::test]
async fn numbers_exchanged_within_minutes_are_found_without_a_seal() {
    let exchange = |one: &str, other: &str, numbers: [u8; 2]| {
        let [n, m] = numbers.map(|n| format!("DC/26-27/0000{n}"));
        format!(
            "UPDATE paper SET number = 'x' WHERE doc = '{one}'; UPDATE paper SET number = '{n}' WHERE doc = '{other}'; UPDATE paper SET number = '{m}' WHERE doc = '{one}'"
        )
    };
    for (one, other, numbers, words) in [
        (
            "D1",
            "D2",
            [1, 2],
            "paper DC/26-27/00001 of revision 1 of document D2 was issued after revision 1 of document D1, the number before it belongs to nothing",
        ),
        (
            "D2",
            "D3",
            [2, 3],
            "paper DC/26-27/00002 of revision 1 of document D3 was issued after revision 1 of document D2, the number before it belongs to revision 1 of document D1",
        ),
        (
            "D1",
            "D3",
            [1, 3],
            "paper DC/26-27/00001 of revision 1 of document D3 was issued after revision 1 of document D2, the number before it belongs to nothing",
        ),
    ] {
        for f in [sqlite().await, postgres().await] {
            for (doc, at) in [("D1", 9), ("D2", 5), ("D3", 7)] {
                let mut d = opening(doc);
                d.papers = vec![challan(1, None)];
                d.event.recorded_at = minute(at);
                f.store.commit(&d).await.unwrap();
            }
            assert!(f.store.verify().await.unwrap().is_sound());
            plant(&f, &exchange(one, other, numbers)).await;
            let report = f.admin().await.verify().await.unwrap();
            assert!(told(&report, "exchanged").contains(words), "{report:?}");
        }
    }
}

fn told<'r>(report: &'r VerifyReport, code: &str) -> &'r str {
    report.findings.iter().find(|f| f.code == code).map_or("", |f| &f.text)
}

/// The kind of finding, what is done, and words of what is told.
const PLANTED: [(&str, &str, &str); 38] = [
    (
        "balance",
        "UPDATE stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND part = 'PCB'",
        "part PCB, lot PCB#1 at PUNE, bin available, ok company main holds 11, its moves add up to 10",
    ),
    ("sum", "UPDATE stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND part = 'PCB'", "the balances of part PCB add up to 1 instead of 0"),
    ("balance", "DELETE FROM stock WHERE party = 'PUNE' AND part = 'PCB'", "holds 0, its moves add up to 10"),
    (
        "balance",
        "INSERT INTO stock SELECT bu, 'MUM', 'GHOST', bin, doc, line, condition, owner, pool, lot, '', 5000 FROM stock WHERE party = 'PUNE' AND part = 'PCB'",
        "part GHOST, lot PCB#1 at MUM, bin available, ok company main holds 5, its moves add up to 0",
    ),
    ("balance", "UPDATE stock SET party = 'MUM' WHERE party = 'PUNE' AND part = 'PCB'", "its moves add up to"),
    ("balance", "UPDATE stock SET quantity = 9223372036854775807 WHERE party = 'PUNE' AND part = 'PCB'", "its moves add up to 10"),
    ("balance", "UPDATE move SET quantity = 9000 WHERE part = 'PCB'", "its moves add up to"),
    ("chain", "UPDATE move SET quantity = 9000 WHERE part = 'PCB'", "revision 1 of document D1 is not what was written"),
    ("chain", "UPDATE move SET rate = 1 WHERE part = 'PCB'", "revision 1 of document D1 is not what was written"),
    ("chain", "DELETE FROM move WHERE part = 'PCB'", "revision 1 of document D1 is not what was written"),
    ("chain", "UPDATE event SET actor = 'mallory' WHERE doc = 'D1' AND revision = 2", "revision 2 of document D1 is not what was written"),
    ("chain", "UPDATE event SET previous = '' WHERE doc = 'D1' AND revision = 2", "revision 2 of document D1"),
    ("chain", "UPDATE lot SET so = '4500099999' WHERE lot = 'FAN#1'", "revision 1 of document D2 is not what was written"),
    ("chain", "UPDATE obligation SET quantity = 5000, open = 4000", "revision 1 of document D1 is not what was written"),
    ("chain", "UPDATE obligation SET due_at = due_at + 1", "revision 1 of document D1 is not what was written"),
    ("chain", "DELETE FROM obligation_change", "revision 1 of document D1 is not what was written"),
    ("move", "UPDATE move SET effective_at = effective_at - 60000000 WHERE doc = 'D2'", "move 1 of revision 1 of document D2 happened at"),
    ("move", "UPDATE move SET ordinal = 5 WHERE doc = 'D2' AND ordinal = 2", "move 5 of revision 1 of document D2 should be move 2"),
    ("orphan", "UPDATE move SET revision = 9 WHERE doc = 'D2'", "a move says that revision 9 of document D2 wrote it; there is no such event"),
    ("revision", "DELETE FROM event WHERE doc = 'D1' AND revision = 1", "document D1 has revision 2 where revision 1 should follow"),
    ("revision", "DELETE FROM event WHERE doc = 'D1' AND revision = 2", "document D1 has a revision without an event"),
    ("revision", "UPDATE document SET revision = 1 WHERE doc = 'D1'", "document D1 has the revision 1, its events say 2"),
    ("state", "UPDATE document SET state = 'closed' WHERE doc = 'D1'", "document D1 has the state closed, its events say open"),
    ("state", "UPDATE document SET version = 2 WHERE doc = 'D1'", "document D1 has the version 2, its events say 1"),
    ("state", "UPDATE document SET entered_at = 9000000000000000 WHERE doc = 'D3'", "document D3 has entered its state at 9000000000000000"),
    ("content", "UPDATE document SET entered_at = 7 WHERE doc = 'D3'", "document D3 does not say what its last event wrote"),
    ("content", "UPDATE document_line SET vals = '{}' WHERE doc = 'D2'", "document D2 does not say what its last event wrote"),
    ("opened", "UPDATE document SET opened_by = 'mallory' WHERE doc = 'D1'", "document D1 has been opened by mallory, its events say asha"),
    ("document", "DELETE FROM document WHERE doc = 'D2'", "document D2 is gone, its events are there"),
    ("mention", "DELETE FROM mention WHERE doc = 'D2' AND kind = 'party'", "document D2 names the party PUNE, and is not found by it"),
    ("obligation", "UPDATE obligation SET open = 0", "obligation O1 of document D1 has 0 open; of 2 owed 1 were settled, waived or debited, which leaves 1"),
    ("series", "UPDATE series SET last = last + 1 WHERE series LIKE 'ship%'", "number 4 of the series STS/26-27/… is missing; 4 were given"),
    ("series", "UPDATE document SET number = 'STS/26-27/00001' WHERE doc = 'D2'", "has the number STS/26-27/00001, which another one has"),
    ("series", "UPDATE paper SET number = 'DC/26-27/00009' WHERE ordinal = 1", "paper DC/26-27/00009 was never given: 2 is the last number of its series"),
    (
        "exchanged",
        "UPDATE paper SET follows = 'D9 1' WHERE ordinal = 1",
        "paper DC/26-27/00001 of revision 1 of document D1 was issued after revision 1 of document D9, the number before it belongs to nothing",
    ),
    ("paper", "UPDATE paper SET open = 1", "paper DC/26-27/00001 of revision 1 of document D1 is open; only reverse papers can be"),
    (
        "left_behind",
        "UPDATE document SET ended = 1 WHERE doc = 'D2'",
        "at PUNE, bin reserved for document D2 line 1, ok company main holds 2 though the document has ended",
    ),
    ("unreadable", "UPDATE event SET input = 'x' WHERE doc = 'D2'", "revision 1 of document D2 cannot be read"),
];

#[tokio::test]
async fn each_planted_row_is_found_and_named() {
    for f in [sqlite().await, postgres().await] {
        filled(&f).await;
        assert!(f.store.verify().await.unwrap().is_sound(), "{:?}", f.store.verify().await);
    }
    let mut kinds = BTreeSet::new();
    for (code, edits, words) in PLANTED {
        // Both databases are asked the same; making a PostgreSQL schema takes its time, so there it is one row of each kind.
        let fixtures = if kinds.insert(code) { vec![sqlite().await, postgres().await] } else { vec![sqlite().await] };
        for f in fixtures {
            filled(&f).await;
            plant(&f, edits).await;
            let report = f.store.verify().await.unwrap();
            assert!(told(&report, code).contains(words), "{}: {edits}: {report:#?}", f.store.kind());
            assert_eq!(told(&report, "guard"), "", "{edits}: the guards stand as before");
        }
    }
}

#[tokio::test]
async fn a_unit_in_two_places_is_found() {
    for f in [sqlite().await, postgres().await] {
        filled(&f).await;
        plant(&f, "DROP INDEX stock_unit; INSERT INTO stock SELECT bu, 'MUM', part, bin, doc, line, condition, owner, pool, lot, serial, quantity FROM stock WHERE serial = 'S1' AND party <> ''").await;
        let report = f.store.verify().await.unwrap();
        assert!(told(&report, "serial").contains("part FAN, lot FAN#1, serial S1 at MUM, bin available, ok company main is also at PUNE"), "{report:#?}");
    }
}

#[tokio::test]
async fn guards_that_were_tampered_with_are_found() {
    let f = sqlite().await;
    filled(&f).await;
    let raw = raw_sqlite(&f).await;
    raw.execute("DROP TRIGGER stock_no_update; CREATE TRIGGER stock_no_update BEFORE UPDATE ON stock BEGIN SELECT 1; END").await.unwrap();
    assert!(told(&f.store.verify().await.unwrap(), "guard").contains("the trigger stock_no_update of the database is not the one that bincard made"));
    raw.execute("DROP TRIGGER stock_no_update").await.unwrap();
    assert!(told(&f.store.verify().await.unwrap(), "guard").contains("the trigger stock_no_update is gone from the database"));
    raw.execute("INSERT INTO command VALUES ('', '', '', 0, '')").await.expect_err("it is guarded");

    let f = postgres().await;
    filled(&f).await;
    let (raw, schema) = raw_postgres(&f).await;
    raw.execute("ALTER TABLE stock DISABLE TRIGGER stock_guard").await.unwrap();
    assert!(told(&f.store.verify().await.unwrap(), "guard").contains("the trigger stock_guard of the database is not the one that bincard made"));
    raw.execute("ALTER TABLE stock ENABLE ALWAYS TRIGGER stock_guard").await.unwrap();
    assert!(f.store.verify().await.unwrap().is_sound());
    let open = format!("CREATE OR REPLACE FUNCTION {schema}.guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
    raw.execute(AssertSqlSafe(open)).await.unwrap();
    assert!(told(&f.store.verify().await.unwrap(), "guard").contains("the procedure guard of the database is not the one that bincard made"));
}

#[tokio::test]
async fn less_than_nothing_and_commands_left_behind_are_found() {
    let f = sqlite().await;
    filled(&f).await;
    plant(&f, "PRAGMA ignore_check_constraints = ON; UPDATE stock SET quantity = -1000 WHERE party = 'PUNE' AND part = 'PCB'; INSERT INTO gate VALUES (1, 1)")
        .await;
    let report = f.store.verify().await.unwrap();
    assert!(told(&report, "negative").contains("holds -1, less than nothing"), "{report:#?}");
    assert!(told(&report, "gate").contains("the gate stands open with 1 rows"), "{report:#?}");
}

#[tokio::test]
async fn all_pages_are_looked_at_and_their_watcher_told() {
    for f in stores().await {
        for n in 0..1_100 {
            let mut d = receiving(&format!("D{n}"), &[&format!("P{n}#1")]);
            d.moves.push(moved(&format!("P{n}#1"), 1, "PUNE.available", "customer"));
            f.store.commit(&d).await.unwrap();
        }
        let mut steps = Vec::new();
        let report = f.store.verify_with(&VerifyOptions::default(), &mut |p| steps.push(*p)).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        let looked_at = (report.moves, report.balances, report.events, report.documents, report.parts, report.numbers);
        assert_eq!(looked_at, (2_200, 3_300, 1_100, 1_100, 1_100, 1_100), "{}", f.store.kind());
        assert!(steps.is_sorted_by_key(|p| p.done) && steps.last().is_none_or(|p| p.done == p.of), "{:?}", steps.last());
        if f.store.kind() != "memory" {
            plant(&f, "UPDATE stock SET quantity = quantity + 1 WHERE part = 'P1099' AND party <> ''").await;
            let report = f.store.verify().await.unwrap();
            assert!(told(&report, "balance").contains(&format!("its moves add up to {}", Quantity::units(9))), "{report:?}");
        }
    }
}
