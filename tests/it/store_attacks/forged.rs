//! Decisions that nobody decided: what the library would commit, changed by someone who has it, and JSON written by hand.

use bincard::base::{Quantity, Timestamp};
use bincard::domain::{Decision, FiredTimer, Lot, Move, Obligation, ObligationChange, ObligationChangeKind, Timer, TimerKind};
use serde_json::{Value as Json, json};
use sqlx::Row;

use crate::support::stores::{self, Fixture, minute, raw_postgres, raw_sqlite};

pub fn moved(lot: &str, units: i64, from: &str, to: &str) -> Move {
    stores::moved(lot, units, from, to)
}

pub fn unit(serial: &str, from: &str, to: &str) -> Move {
    stores::unit("FAN#1", serial, from, to)
}

pub fn lot(id: &str, doc: &str) -> Lot {
    stores::lot(id, doc)
}

pub fn owed(id: &str) -> Obligation {
    stores::owed(id, "D1", 2)
}

pub fn timer() -> Timer {
    stores::timer("9.1", minute(5), TimerKind::Fire { transition: "expire".into() })
}

pub fn fired(doc: &str, id: &str) -> FiredTimer {
    FiredTimer { doc: doc.into(), id: id.to_owned() }
}

pub fn long_ago() -> Timestamp {
    stores::long_ago()
}

/// A moment whose books are closed.
pub fn closed() -> Timestamp {
    long_ago().plus_micros(-1)
}

pub fn days_to_come() -> Timestamp {
    minute(600_000)
}

pub fn opens_again(d: &mut Decision) {
    *d = Decision { event: d.event.clone(), ..stores::opening("D1") };
    d.event.from = None;
}

pub fn two_of_one(d: &mut Decision) {
    d.moves = vec![Move { quantity: Quantity::units(2), ..unit("S7", "supplier", "PUNE.available") }];
}

/// A document opened under one that never started it, to take what that one holds.
pub fn false_child(d: &mut Decision) {
    *d = stores::opening("D8");
    d.document.parent = Some("D2".into());
    d.moves = vec![moved("FAN#1", 2, "PUNE.reserved for D2/1", "PUNE.available")];
}

pub fn other_part(d: &mut Decision) {
    d.moves = vec![Move { part: "FAN".into(), ..moved("PCB#1", 5, "supplier", "PUNE.available") }];
}

pub fn settles_too_much(d: &mut Decision) {
    d.obligation_changes = vec![ObligationChange { id: "O1".into(), kind: ObligationChangeKind::Settled, quantity: Quantity::units(9) }];
}

pub fn owes_in_secret(d: &mut Decision) {
    d.owed = vec![Obligation { open: Quantity::ZERO, ..owed("O9") }];
}

/// Another document claims the job.
pub fn claims(d: &mut Decision) {
    *d = stores::opening("D8");
    d.claims = vec![stores::claim("job 7", &["closed"])];
}

pub fn paper_outside(d: &mut Decision) {
    let mut paper = stores::challan(1, None);
    paper.number.prefix = "DC/99-99/".into();
    d.papers = vec![paper];
}

/// The text of one column of a statement's first row.
async fn texts(f: &Fixture, sql: &str) -> Vec<String> {
    let columns = |n: usize, get: &dyn Fn(usize) -> String| (0..n).map(get).collect::<Vec<_>>();
    match f.store.kind() {
        "sqlite" => {
            let raw = raw_sqlite(f).await;
            let row = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&raw).await.expect("a row");
            columns(row.len(), &|i| row.get(i))
        }
        _ => {
            let (raw, _) = raw_postgres(f).await;
            let row = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&raw).await.expect("a row");
            columns(row.len(), &|i| row.get(i))
        }
    }
}

/// The body of a commit that goes on with D1, with what a patch changes in it.
pub async fn body(f: &Fixture, patch: &str) -> Json {
    let sql = "SELECT d.fields, d.state, e.hash, CAST(d.opened_at AS TEXT), CAST(d.entered_at AS TEXT), CAST(d.revision + 1 AS TEXT), l.vals \
               FROM document d JOIN event e ON e.bu = d.bu AND e.doc = d.doc AND e.revision = d.revision JOIN document_line l ON l.bu = d.bu AND l.doc = d.doc \
               WHERE d.doc = 'D1'";
    let found = texts(f, sql).await;
    let [fields, state, hash, opened, entered, revision, vals] = found.as_slice() else { panic!("seven columns") };
    let number = |text: &String| text.parse::<i64>().expect("a number");
    let at = minute(30).micros();
    let mut body = json!({
        "doc": "D1", "revision": number(revision), "opens": false, "enters": false,
        "document": { "workflow": "ship_to_store", "version": 1, "state": state, "ended": 0, "fields": fields, "opened_by": "asha",
            "opened_at": number(opened), "entered_at": number(entered), "parent": "" },
        "event": { "transition": "approve", "from_state": state, "to_state": state, "actor": "mallory", "role": "asp_manager", "command_key": "forged",
            "body_hash": "b", "book_hash": "b", "version": 1, "recorded_at": at, "effective_at": at, "input": "{\"fields\":{},\"lines\":[]}", "rules": "[]",
            "content": "c", "previous": hash, "hash": "forged" },
        "number": null, "series": [], "mentions": [], "lots": [], "moves": [], "owed": [], "changes": [], "papers": [], "closed": [], "timers": [],
        "fired": null, "claims": [], "children": [], "outbox": [],
        "lines": [{ "line": 1, "part": "PCB", "vals": vals, "inbound_party": "", "inbound_part": "", "inbound_pool": "", "inbound_quantity": 0 }],
    });
    merge(&mut body, &serde_json::from_str(patch).expect("a patch"));
    body
}

/// Puts a patch over a value, objects into objects.
fn merge(value: &mut Json, patch: &Json) {
    match (value, patch) {
        (Json::Object(fields), Json::Object(changes)) => {
            for (name, change) in changes {
                merge(fields.entry(name.clone()).or_insert(Json::Null), change);
            }
        }
        (value, patch) => *value = patch.clone(),
    }
}
