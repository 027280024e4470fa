//! The journal as a file: from SQLite to PostgreSQL and back, every row of every table is as it was.

use std::collections::BTreeMap;
use std::io::Cursor;

use bincard::domain::{Action, Actor, ChildStart, Command, Decision, Input, OutboxKind, OutboxRow, TimerKind};
use bincard::store::{SealKey, Store, TimerOutcome, VerifyOptions};
use sqlx::AssertSqlSafe;

use crate::store_parity::master;
use crate::support::plant::plant;
use crate::support::stores::{
    Fixture, book, bu, challan, deployment, firing, guarded_postgres, guarded_sqlite, lot, minute, moved, opening, postgres, raw_postgres, raw_sqlite,
    receiving, request, sqlite, timer, unit, with_everything,
};

/// All rows of all tables, each as one text, without the version of the master data, which is another in every database.
pub async fn rows(f: &Fixture) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    if f.store.kind() == "sqlite" {
        let raw = raw_sqlite(f).await;
        for table in guarded_sqlite(&raw).await {
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY name").bind(&table).fetch_all(&raw).await.unwrap();
            rows.insert(table.clone(), sqlx::query_scalar(AssertSqlSafe(select(&table, &columns))).fetch_all(&raw).await.unwrap());
        }
    } else {
        let (raw, schema) = raw_postgres(f).await;
        for table in guarded_postgres(&raw, &schema).await {
            let sql = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY column_name COLLATE \"C\"";
            let columns: Vec<String> = sqlx::query_scalar(sql).bind(&schema).bind(&table).fetch_all(&raw).await.unwrap();
            rows.insert(table.clone(), sqlx::query_scalar(AssertSqlSafe(select(&table, &columns))).fetch_all(&raw).await.unwrap());
        }
    }
    rows.values_mut().for_each(|rows| rows.sort());
    rows
}

fn select(table: &str, columns: &[String]) -> String {
    let columns = columns.iter().filter(|c| (table, c.as_str()) != ("business_unit", "version"));
    let texts: Vec<String> = columns.map(|c| format!("'{c}=' || COALESCE(CAST({c} AS TEXT), 'NULL')")).collect();
    format!("SELECT {} FROM {table}", texts.join(" || '|' || "))
}

fn key() -> SealKey {
    SealKey::new(&[7; 32]).unwrap()
}

/// A second of the fixtures' decisions, recorded at another time than it was committed.
fn recorded(mut d: Decision, at: i64) -> Decision {
    d.event.recorded_at = minute(at);
    d
}

pub fn starting(doc: &str) -> Command {
    Command {
        bu: bu(),
        doc: doc.into(),
        action: Action::Open { workflow: "shipment".into(), transition: None, parent: Some("D1".into()) },
        actor: Actor::System,
        input: Input::default(),
        key: format!("start {doc}").into(),
        recorded_at: minute(1),
        effective_at: minute(1),
        seen_revision: None,
    }
}

/// A store with everything that a journal must carry.
async fn filled(f: &Fixture) {
    let store = &f.store;
    store.upsert_master(&master()).await.unwrap();
    store.deploy(&book(), &deployment()).await.unwrap();
    let mut d = with_everything();
    d.children.push(ChildStart { doc: "D9".into(), workflow: "shipment".into() });
    d.timers.push(timer("1.2", minute(4), TimerKind::Deadline { notify: None }));
    d.timers.push(timer("1.3", minute(1), TimerKind::Start(Box::new(starting("D9")))));
    store.commit(&d).await.unwrap();
    // One timer rings and tells two people, one fails to start a document, one message is delivered.
    let due = store.due_timers(None, None, minute(60), 10).await.unwrap();
    let row = |text: &str| OutboxRow { kind: OutboxKind::Notify, topic: "asp_manager".into(), text: text.into(), payload: serde_json::Value::Null };
    for due in due {
        let outcome = match due.timer.id.as_str() {
            "1.2" => TimerOutcome::Done { outbox: vec![row("late"), row("later \"still\"")] },
            "1.3" => TimerOutcome::Refused { reason: "no stock".into() },
            _ => continue,
        };
        assert!(store.finish_timer(&due, &outcome, minute(6)).await.unwrap());
    }
    let waiting = store.outbox_pending(None, 10).await.unwrap();
    assert_eq!(waiting.len(), 3);
    assert!(store.mark_sent(&waiting[0], minute(8)).await.unwrap());
    // The reverse challan is closed by a later transition.
    let mut d = firing(&store.load(&request("D1")).await.unwrap(), "close_paper");
    d.enters_state = false;
    d.papers_closed = vec!["DC/26-27/00002".into()];
    d.papers = vec![challan(1, None)];
    store.commit(&d).await.unwrap();
    // Recorded by another machine, whose clock is late, before the one that brought the stock.
    let brought = recorded(receiving("D2", &["FAN#1"]), 50);
    store.commit(&brought).await.unwrap();
    let mut d = recorded(opening("D3"), 2);
    d.lots = vec![lot("PCB#9", "D3")];
    d.moves = vec![moved("FAN#1", 4, "PUNE.available", "PUNE.reserved for D3/1"), unit("PCB#9", "S1", "supplier", "PUNE.available")];
    store.commit(&d).await.unwrap();
    f.admin().await.seal(&key(), minute(60)).await.unwrap();
    let mut end = firing(&store.load(&request("D3")).await.unwrap(), "close");
    end.moves = vec![moved("FAN#1", 4, "PUNE.reserved for D3/1", "customer")];
    end.document.state = "closed".into();
    end.document.ended = true;
    end.document.entered_at = end.event.effective_at;
    end.event.to = "closed".into();
    store.commit(&end).await.unwrap();
    f.admin().await.seal(&key(), minute(61)).await.unwrap();
    store.commit(&receiving("D4", &["PCB#2", "PCB#3"])).await.unwrap();
}

async fn exported(store: &Store) -> String {
    let mut file = Vec::new();
    store.export(&mut file, &mut |_| {}).await.unwrap();
    String::from_utf8(file).unwrap()
}

async fn imported(f: &Fixture, text: &str) -> Result<bincard::store::JournalReport, String> {
    let imported = f.admin().await.import(&mut Cursor::new(text), &VerifyOptions::default(), &mut |_| {}).await.map_err(|e| e.to_string())?;
    match imported.verified.findings.first() {
        None => Ok(imported.journal),
        Some(finding) => Err(format!("[{}] {}", finding.code, finding.text)),
    }
}

#[tokio::test]
async fn a_journal_goes_to_the_other_database_and_back_row_by_row() {
    let first = sqlite().await;
    filled(&first).await;
    let all = rows(&first).await;
    assert!(all.values().all(|rows| !rows.is_empty()), "a row in every table: {all:#?}");
    let text = exported(&first.admin().await).await;
    let second = postgres().await;
    let report = imported(&second, &text).await.unwrap();
    assert_eq!((report.events, report.books, report.seals), (6, 1, 2));
    let third = sqlite().await;
    imported(&third, &exported(&second.admin().await).await).await.unwrap();
    for f in [&second, &third] {
        for (table, rows) in rows(f).await {
            assert_eq!(all[&table], rows, "{}: {table}", f.store.kind());
        }
        let options = VerifyOptions { keys: vec![key()], seals: Some(first.store.seals().await.unwrap()), since_seal: false };
        let report = f.store.verify_with(&options, &mut |_| {}).await.unwrap();
        assert!(report.is_sound(), "{}: {report:?}", f.store.kind());
        // Life goes on.
        f.store.commit(&firing(&f.store.load(&request("D4")).await.unwrap(), "approve")).await.unwrap();
        assert_eq!(f.store.commit(&opening("D5")).await.unwrap().number, "STS/26-27/00005");
    }
    assert!(imported(&third, &text).await.unwrap_err().contains("the database is not empty"));
}

#[tokio::test]
async fn a_damaged_journal_leaves_nothing_behind() {
    let f = sqlite().await;
    filled(&f).await;
    let text = exported(&f.store).await;
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
    let event = lines.iter().position(|l| l.contains("\"books_closed\"")).unwrap();
    let without = |n: usize| joined(&[&lines[..n], &lines[n + 1..]].concat());
    for (text, words) in [
        (joined(&lines[..lines.len() - 1]), "the file ends too early"),
        (joined(&lines[..4]), "the file ends too early"),
        (without(1), "lines are missing or were changed"),
        (without(event), "cannot be committed again"),
        (text.replacen("\"quantity\":\"10\"", "\"quantity\":\"11\"", 1), "lines are missing or were changed"),
        (text.replacen("\"form\":1", "\"form\":9", 1), "use a newer bincard"),
        ("hello\n".to_owned(), "line 1 of the journal"),
        (String::new(), "the file ends too early"),
    ] {
        for f in [sqlite().await, postgres().await] {
            let said = imported(&f, &text).await.unwrap_err();
            assert!(said.contains(words), "{words}: {said}");
            assert!(rows(&f).await.values().all(Vec::is_empty), "{words}: nothing is half done");
        }
    }
}

#[tokio::test]
async fn a_journal_that_is_not_sound_is_not_kept() {
    let f = sqlite().await;
    filled(&f).await;
    let line = json_of_an_event(&exported(&f.store).await);
    // Somebody who knows how the file is closed has changed what a lot cost, and closed it again.
    for (from, to, words) in [("\"rate\":\"30.33\"", "\"rate\":\"30.34\"", "[chain]"), ("\"actor\":\"asha\"", "\"actor\":\"ravi\"", "[chain]")] {
        let text = changed(&exported(&f.store).await, &line, &line.replacen(from, to, 1));
        for f in [sqlite().await, postgres().await] {
            let said = imported(&f, &text).await.unwrap_err();
            assert!(said.contains(words), "{words}: {said}");
            assert!(rows(&f).await.values().all(Vec::is_empty), "{words}: nothing is kept");
            // What is sound goes into the same database.
            imported(&f, &exported(&sound().await.store).await).await.unwrap();
        }
    }
}

async fn sound() -> Fixture {
    let f = sqlite().await;
    filled(&f).await;
    f
}

/// The first event of a journal.
fn json_of_an_event(journal: &str) -> String {
    journal.lines().find(|l| l.starts_with("{\"event\"")).expect("an event").to_owned()
}

/// A journal with one line changed, and an end that fits.
fn changed(journal: &str, from: &str, to: &str) -> String {
    use sha2::Digest;
    assert_ne!(from, to);
    let lines: Vec<&str> = journal.lines().collect();
    let body: String = lines[..lines.len() - 1].iter().map(|l| format!("{}\n", if *l == from { to } else { l })).collect();
    let sha256 = hex::encode(sha2::Sha256::digest(&body));
    let end = serde_json::json!({ "end": { "lines": lines.len() - 1, "sha256": sha256 } });
    format!("{body}{end}\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_cut_off_never_was() {
    let from = sqlite().await;
    for n in 0..250 {
        from.store.commit(&receiving(&format!("D{n}"), &[&format!("PCB#{n}")])).await.unwrap();
    }
    let text = exported(&from.store).await;
    'each: for f in [sqlite().await, postgres().await] {
        for after in ["events committed", "documents against their events"] {
            let (store, text) = (f.admin().await, text.clone());
            let (reached, wait) = tokio::sync::oneshot::channel();
            let mut reached = Some(reached);
            let importing = tokio::spawn(async move {
                let mut watch = |p: &bincard::store::VerifyProgress| {
                    if p.step == after
                        && let Some(reached) = reached.take()
                    {
                        reached.send(()).unwrap();
                    }
                };
                store.import(&mut Cursor::new(text), &VerifyOptions::default(), &mut watch).await
            });
            wait.await.unwrap();
            importing.abort();
            // It may have come to its end before it heard of it; then it is whole.
            if importing.await.is_ok() {
                panic!("{}: it was too quick to be cut off {after}", f.store.kind());
            }
            let left = rows(&f).await;
            if !left.values().all(Vec::is_empty) {
                // The server may have had the last word of the transaction already: then everything is there.
                let events = f.store.counts(None).await.unwrap().transitions;
                assert!(events == 250 && f.admin().await.verify().await.unwrap().is_sound(), "{} {after}: {events} events, half done", f.store.kind());
                continue 'each;
            }
        }
        assert_eq!(imported(&f, &text).await.unwrap().events, 250);
    }
}

#[tokio::test]
async fn a_journal_that_was_tampered_with_says_so() {
    let f = sqlite().await;
    filled(&f).await;
    plant(&f, "UPDATE series SET last = last + 1").await;
    let said = imported(&sqlite().await, &exported(&f.store).await).await.unwrap_err();
    assert!(said.contains("has given 3 numbers, and the journal holds 2") || said.contains("numbers, and the journal holds"), "{said}");
    plant(&f, "UPDATE document SET number = 'none'").await;
    let mut file = Vec::new();
    let said = f.store.export(&mut file, &mut |_| {}).await.unwrap_err().to_string();
    assert!(said.contains("gives the number none: run `bincard db verify`"), "{said}");
}
