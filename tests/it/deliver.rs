//! Messages reach whoever is to have them: in order for each document, once where nobody dies, later where nobody listens; and what
//! is given up is tried again when somebody says so.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bincard::base::Timestamp;
use bincard::domain::{OutboxKind, OutboxRow};
use bincard::engine::{Delivered, Delivery};
use bincard::store::Store;

use crate::support::stores::{bu, minute, opening, postgres, sqlite, stores};
use crate::support::{folder, root};

const PATIENCE: Duration = Duration::from_secs(30);
const HOURS: i64 = 3_600_000_000;

/// Documents with some messages each, recorded a minute apart.
async fn told(store: &Store, documents: u32, messages: u32) {
    for n in 0..documents {
        let mut d = opening(&format!("D{n:02}"));
        d.event.recorded_at = minute(i64::from(n));
        d.outbox = (0..messages)
            .map(|m| OutboxRow { kind: OutboxKind::Emit, topic: "consumed".into(), text: String::new(), payload: serde_json::json!({ "n": n, "m": m }) })
            .collect();
        store.commit(&d).await.unwrap();
    }
}

/// The other side is away for two hours while parts are used: everything waits, and then comes once, in its order.
#[tokio::test]
async fn what_nobody_listened_to_for_two_hours_is_sent_in_order_and_once() {
    for f in stores().await {
        let kind = f.store.kind();
        told(&f.store, 30, 1).await;
        let clock = Cell::new(minute(60));
        let delivery = Delivery { patience: PATIENCE, tries: 100 };
        let (sent, asked) = (RefCell::new(Vec::new()), Cell::new(0));
        let back = minute(60).plus_micros(2 * HOURS);
        while clock.get() < back.plus_micros(HOURS) {
            let send = async |entry: &bincard::store::OutboxEntry| {
                asked.set(asked.get() + 1);
                if clock.get() < back {
                    return Err("connection refused".to_owned());
                }
                sent.borrow_mut().push(entry.doc.to_string());
                Ok(())
            };
            match delivery.one(&f.store, None, || clock.get(), send).await.unwrap() {
                Some(Delivered::Sent(_)) => assert!(clock.get() >= back, "{kind}"),
                Some(Delivered::PutOff(entry, setback)) => assert!(clock.get() < back && setback.fault == "connection refused", "{kind}: {entry:?}"),
                Some(other) => panic!("{kind}: {other:?}"),
                None => clock.set(clock.get().plus_micros(60_000_000)),
            }
            if clock.get() < back {
                assert_eq!(f.store.outbox_pending(None, 100).await.unwrap().len(), 30, "{kind}: all of it waits");
            }
        }
        assert_eq!(*sent.borrow(), (0..30).map(|n| format!("D{n:02}")).collect::<Vec<_>>(), "{kind}");
        assert!(f.store.outbox_pending(None, 100).await.unwrap().is_empty(), "{kind}");
        assert!((30 * 8..30 * 16).contains(&asked.get()), "{kind}: the wait grows: asked {} times", asked.get());
    }
}

/// A process dies between the commit and the sending: the next one sends, once.
#[tokio::test]
async fn what_a_process_took_that_died_is_sent_by_the_next_one() {
    for f in stores().await {
        told(&f.store, 1, 2).await;
        let delivery = Delivery { patience: PATIENCE, tries: 3 };
        let dies = delivery.one(&f.store, None, || minute(60), async |_| std::future::pending().await);
        tokio::time::timeout(Duration::from_millis(300), dies).await.expect_err("it never answers");
        let unit = bu();
        let again = |at: Timestamp| delivery.one(&f.store, Some(&unit), move || at, async |_| Ok(()));
        assert_eq!(again(minute(60)).await.unwrap(), None, "{}: it may still be at it", f.store.kind());
        let mut ids = Vec::new();
        while let Some(Delivered::Sent(entry)) = again(minute(61)).await.unwrap() {
            ids.push(entry.id);
        }
        assert_eq!(ids.len(), 2, "{}: {ids:?}", f.store.kind());
        assert!(ids.is_sorted(), "{ids:?}");
    }
}

/// One message cannot be sent: those behind it wait with it, those of others do not; given up, it no longer holds anybody back.
#[tokio::test]
async fn what_cannot_be_sent_holds_back_its_own_document_until_it_is_given_up() {
    for f in stores().await {
        let kind = f.store.kind();
        told(&f.store, 2, 2).await;
        let delivery = Delivery { patience: PATIENCE, tries: 2 };
        let mut log = Vec::new();
        for at in [60, 60, 60, 60, 61, 61, 62] {
            let send = async |entry: &bincard::store::OutboxEntry| match (entry.doc.as_str(), entry.row.payload["m"].as_u64()) {
                ("D00", Some(0)) => Err("it is too large".to_owned()),
                _ => Ok(()),
            };
            log.push(match delivery.one(&f.store, None, || minute(at), send).await.unwrap() {
                Some(Delivered::Sent(e)) => format!("{at} {} {} sent", e.doc, e.row.payload["m"]),
                Some(Delivered::PutOff(e, s)) => format!("{at} {} {} put off, {}", e.doc, e.row.payload["m"], s.tries),
                Some(Delivered::GivenUp(e, s)) => format!("{at} {} {} given up, {}", e.doc, e.row.payload["m"], s.tries),
                other => format!("{at} {other:?}"),
            });
        }
        let expected = ["60 D00 0 put off, 1", "60 D01 0 sent", "60 D01 1 sent", "60 None", "61 D00 0 given up, 2", "61 D00 1 sent", "62 None"];
        assert_eq!(log, expected, "{kind}");
        let [left] = &f.store.outbox_pending(None, 10).await.unwrap()[..] else { panic!("{kind}") };
        let setback = left.setback.clone().unwrap();
        assert_eq!((setback.tries, setback.given_up_at, setback.fault.as_str()), (2, Some(minute(61)), "it is too large"), "{kind}");
        if kind != "memory" {
            assert_eq!(f.store.status(minute(62)).await.unwrap().given_up, 1, "{kind}");
        }
        let anew = bincard::store::Setback { tries: 0, next_at: minute(62), given_up_at: None, fault: String::new() };
        assert!(f.store.put_off(left, &anew).await.unwrap(), "{kind}");
        let sent = delivery.one(&f.store, None, || minute(62), async |_| Ok(())).await.unwrap();
        assert!(matches!(sent, Some(Delivered::Sent(entry)) if entry.setback.is_none()), "{kind}");
        assert!(!f.store.put_off(left, &setback).await.unwrap(), "{kind}: it was sent");
    }
}

fn bincard(url: &str, here: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bincard"));
    command.args(args).args(["--db", url, "--book"]).arg(root()).current_dir(here).env("NO_COLOR", "1");
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The lines of a file of messages.
fn lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[tokio::test]
async fn programs_share_the_work_and_each_message_comes_once() {
    for f in [sqlite().await, postgres().await] {
        told(&f.store, 20, 3).await;
        let here = folder();
        let start =
            || bincard(&f.url, here.path(), &["run", "--once", "--to-file", "all.jsonl"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let workers = [start(), start(), start()];
        let ended = workers.map(|child| child.wait_with_output().unwrap());
        assert!(ended.iter().all(|e| e.status.success()), "{}", ended.iter().map(said).collect::<String>());
        let mut of: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for line in lines(&here.path().join("all.jsonl")) {
            assert_eq!((line["kind"].as_str(), line["topic"].as_str(), line["try"].as_u64()), (Some("emit"), Some("consumed"), Some(1)));
            of.entry(line["document"].as_str().unwrap().to_owned()).or_default().push(line["payload"]["m"].as_u64().unwrap());
        }
        assert_eq!(of.len(), 20, "{of:?}");
        assert!(of.values().all(|m| *m == [0, 1, 2]), "{of:?}");
    }
}

#[tokio::test]
async fn a_command_that_fails_is_run_again_until_it_is_given_up_and_somebody_says_retry() {
    let f = sqlite().await;
    told(&f.store, 1, 1).await;
    let here = folder();
    let run = |args: &[&str]| bincard(&f.url, here.path(), args).output().unwrap();
    let failed = run(&["run", "--once", "--to-command", "echo no; echo too large >&2; exit 7"]);
    assert!(failed.status.success(), "{}", said(&failed));
    let words = "ac/D00/000001.001 is tried again: the command ended with 7: too large";
    assert!(said(&failed).contains(words) && said(&failed).contains("0 messages sent, 1 put off, 0 given up"), "{}", said(&failed));
    let listed = said(&run(&["outbox"]));
    assert!(listed.contains("ac/D00/000001.001") && listed.contains("after 1 failure: the command ended with 7: too large"), "{listed}");
    assert!(said(&run(&["outbox", "--given-up"])).contains("nothing was given up"));
    let retried = said(&run(&["outbox", "retry", "ac/D00/000001.001"]));
    assert!(retried.contains("1 message will be tried again"), "{retried}");
    let given_up = said(&run(&["run", "--once", "--tries", "1", "--to-command", "exit 7"]));
    assert!(given_up.contains("ac/D00/000001.001 is given up after 1 try: the command ended with 7"), "{given_up}");
    assert!(said(&run(&["db", "status"])).contains("1 messages were given up"));
    assert_eq!(run(&["outbox", "retry", "ac/D00/9"]).status.code(), Some(2));
    assert!(said(&run(&["outbox", "retry", "--all"])).contains("1 message will be tried again"));
    let slow = said(&run(&["run", "--once", "--timeout", "1", "--to-command", "sleep 60"]));
    assert!(slow.contains("it took longer than 1 seconds"), "{slow}");
    assert!(said(&run(&["outbox", "retry", "ac/D00/000001.001"])).contains("1 message"));
    let sent = said(&run(&["run", "--once", "--to-command", "cat > got.json"]));
    assert!(sent.contains("1 message sent"), "{sent}");
    let [got] = &lines(&here.path().join("got.json"))[..] else { panic!("one line") };
    assert_eq!((got["message"].as_str(), got["bu"].as_str()), (Some("ac/D00/000001.001"), Some("ac")));
    assert!(said(&run(&["outbox"])).contains("nothing waits to be delivered"));
}

#[tokio::test]
async fn a_program_at_work_ends_when_it_is_told_to() {
    let f = sqlite().await;
    let here = folder();
    for signal in ["-TERM", "-INT"] {
        let file = here.path().join(format!("got{signal}"));
        let path = file.display().to_string();
        let mut child = bincard(&f.url, here.path(), &["run", "--to-file", &path]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut d = opening(&format!("D{signal}"));
        d.outbox = vec![OutboxRow { kind: OutboxKind::Notify, topic: "ops".into(), text: "come".into(), payload: serde_json::Value::Null }];
        f.store.commit(&d).await.unwrap();
        while lines(&file).is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The line is there before it is written down that it is: the signal may come in between, and what is under way is finished.
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && said(&ended).contains("1 message sent, 0 put off"), "{}", said(&ended));
        assert!(f.store.outbox_pending(None, 10).await.unwrap().is_empty());
    }
}
