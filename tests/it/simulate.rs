//! The simulator: equal seeds give equal stories on every store, row by row, and what is planted it finds, with the seed, the
//! step and the command line that leads there again.

use std::collections::BTreeMap;
use std::sync::Arc;

use bincard::base::Timestamp;
use bincard::check::BookFiles;
use bincard::model::Book;
use bincard::rules::Rules;
use bincard::scenario::simulate::{Progress, Report, Settings, simulate};
use bincard::store::{DocumentFilter, LotFilter, MoveFilter, ObligationFilter, PaperFilter, StockFilter, Store};

use crate::store_journal::rows;
use crate::support::book::Made;
use crate::support::plant::plant;
use crate::support::seeds::seeds;
use crate::support::stores::{self, Fixture};
use crate::support::{book, folder, root};

/// The shipped book, changed by a test.
fn changed(change: impl FnOnce(&mut BookFiles)) -> Made {
    let mut files = book::files_untold();
    change(&mut files);
    book::made(&files)
}

/// Changes one place of a file of the book.
fn spoil(files: &mut BookFiles, path: &str, from: &str, to: &str) {
    let file = files.flows.iter_mut().chain(&mut files.rules).find(|f| f.path == path).expect("a file of the book");
    assert!(file.text.contains(from), "{path} says `{from}`");
    file.text = file.text.replacen(from, to, 1);
}

const SMALL: Settings = Settings { days: 45, asps: 2, seed: 7, until_step: None };

async fn run((book, rules): &(Arc<Book>, Arc<Rules>), store: &Store, settings: Settings) -> Report {
    simulate((book, rules, store), settings, &mut |_| {}).await.expect("it can be simulated")
}

#[tokio::test]
async fn equal_seeds_give_equal_stories_and_others_give_others() {
    let made_of = book::untold();
    let first = run(&made_of, &Store::memory(), SMALL).await;
    assert_eq!(first.broken, None);
    assert!(first.documents.len() > 8 && first.faults.len() > 8 && first.counts.transitions > 300, "{first:#?}");
    assert_eq!(run(&made_of, &Store::memory(), SMALL).await, first);
    let other = run(&made_of, &Store::memory(), Settings { seed: 8, ..SMALL }).await;
    assert_eq!(other.broken, None);
    assert_ne!(other.journal, first.journal);
    // As far as it goes, it is the same story.
    let part = run(&made_of, &Store::memory(), Settings { until_step: Some(100), ..SMALL }).await;
    assert!((100..105).contains(&part.steps) && part.counts.transitions < first.counts.transitions, "{part:#?}");
    assert_eq!(run(&made_of, &Store::memory(), Settings { until_step: Some(100), ..SMALL }).await, part);
}

/// A flow that leaks where no proof sees it: more is taken into account than is moved.
#[tokio::test]
async fn a_flow_that_leaks_is_found_with_the_step_that_leads_there_again() {
    let move_all = "move used of part from technician.hand to fitted choosing serials used_serials";
    let made_of = changed(|files| spoil(files, "workflows/indent.flow", move_all, &move_all.replace("move used", "move up to 1")));
    let report = run(&made_of, &Store::memory(), SMALL).await;
    let broken = report.broken.expect("it leaks");
    assert!(broken.what.contains("is refused as parts_left_behind"), "{}", broken.what);
    assert!(broken.recent.last().is_some_and(|last| last.contains("fires close on so-")), "{:#?}", broken.recent);
    let again = run(&made_of, &Store::memory(), Settings { until_step: Some(broken.step), ..SMALL }).await;
    assert_eq!(again.broken, Some(broken));
}

#[tokio::test]
async fn a_rule_that_breaks_once_in_a_while_is_found() {
    let made_of = changed(|files| spoil(files, "rules/default/msl.rhai", "    let maximum", "    if position > 3 { throw \"too much\"; }\n    let maximum"));
    let broken = run(&made_of, &Store::memory(), SMALL).await.broken.expect("it breaks");
    assert!(broken.what.contains("is refused as rule_fault"), "{}", broken.what);
}

/// Somebody is at the database while the network lives: the next step that touches it finds it.
#[tokio::test]
async fn a_balance_that_was_changed_behind_the_engine_is_found_at_once() {
    let f = stores::sqlite().await;
    let made_of = book::untold();
    let mut at = 0;
    let mut watch = |p: &Progress| {
        if p.step >= 60 && at == 0 {
            at = p.step;
            tamper(&f);
        }
    };
    let report = simulate((&made_of.0, &made_of.1, &f.store), SMALL, &mut watch).await.expect("it can be simulated");
    let broken = report.broken.expect("somebody was at it");
    assert!(broken.what.contains("instead of"), "{}", broken.what);
    assert!(broken.step < at + 60, "at step {}, found at {}: {}", at, broken.step, broken.what);
}

/// One more of everything on the shelves of the warehouse.
fn tamper(f: &Fixture) {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(plant(f, "UPDATE stock SET quantity = quantity + 1000 WHERE party = 'wh' AND serial = '' AND doc = ''"));
        });
        other.join().expect("it is done");
    });
}

/// All that a store says of everything it holds, as text.
async fn said(store: &Store) -> BTreeMap<String, String> {
    let bu = store.business_units().await.expect("units")[0].code.clone();
    let mut all = BTreeMap::new();
    let documents = store.documents(&DocumentFilter { limit: u32::MAX, ..DocumentFilter::new(bu.clone()) }).await.expect("documents");
    for head in &documents {
        let (id, of) = (&head.id, |what: &str| format!("{what} of {}", head.id));
        all.insert(of("document"), format!("{:?}", store.document(&bu, id).await.expect("a document")));
        all.insert(of("events"), format!("{:?}", store.events(&bu, id).await.expect("events")));
        all.insert(of("children"), format!("{:?}", store.children(&bu, id).await.expect("children")));
    }
    all.insert("documents".into(), format!("{documents:?}"));
    all.insert("stock".into(), format!("{:?}", store.stock(&StockFilter { outside: true, ..StockFilter::new(bu.clone()) }).await.expect("stock")));
    all.insert("moves".into(), format!("{:?}", store.moves(&MoveFilter { limit: u32::MAX, ..MoveFilter::new(bu.clone()) }).await.expect("moves")));
    all.insert(
        "owed".into(),
        format!("{:?}", store.obligations(&ObligationFilter { limit: u32::MAX, ..ObligationFilter::new(bu.clone()) }).await.expect("owed")),
    );
    all.insert("papers".into(), format!("{:?}", store.papers(&PaperFilter { limit: u32::MAX, ..PaperFilter::new(bu.clone()) }).await.expect("papers")));
    all.insert("lots".into(), format!("{:?}", store.lots(&LotFilter { limit: u32::MAX, ..LotFilter::new(bu.clone()) }).await.expect("lots")));
    let ever = Timestamp::from_micros(i64::MAX);
    all.insert("timers".into(), format!("{:?}", store.due_timers(Some(&bu), None, ever, u32::MAX).await.expect("timers")));
    all.insert("messages".into(), format!("{:?}", store.outbox_pending(Some(&bu), u32::MAX).await.expect("messages")));
    all.insert("closing".into(), format!("{:?}", store.closing(&bu).await.expect("a closing")));
    all.insert("master".into(), format!("{:?}", store.master(&bu).await.expect("master data")));
    all.insert("verify".into(), format!("{:?}", store.verify().await.expect("verify").findings));
    all
}

/// The same commands with the same faults, in memory and on both databases: everything that a store says is the same, and
/// every row of every table of the databases. `BINCARD_SEED=n` has another story.
#[tokio::test]
async fn equal_stories_leave_equal_rows_in_all_stores() {
    let made_of = book::untold();
    for seed in seeds(&[11, 12, 13]) {
        let settings = Settings { days: 60, asps: 2, seed, until_step: Some(220) };
        let (memory, sqlite, postgres) = (stores::memory().await, stores::sqlite().await, stores::postgres().await);
        let report = run(&made_of, &memory.store, settings).await;
        assert_eq!(report.broken, None, "seed {seed}");
        let expected = said(&memory.store).await;
        for f in [&sqlite, &postgres] {
            assert_eq!(run(&made_of, &f.admin().await, settings).await, report, "seed {seed} on {}", f.store.kind());
            for (what, said) in said(&f.store).await {
                assert_eq!(expected.get(&what), Some(&said), "seed {seed} on {}: {what}", f.store.kind());
            }
        }
        let (one, other) = (rows(&sqlite).await, rows(&postgres).await);
        assert!(one.len() > 20 && one.values().map(Vec::len).sum::<usize>() > 1_000, "seed {seed}: {:?}", one.keys());
        for (table, rows) in &one {
            assert_eq!(Some(rows), other.get(table), "seed {seed}: {table}");
        }
    }
}

#[test]
fn the_program_tells_a_simulation_and_how_to_come_to_its_step_again() {
    let here = folder();
    let told = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bincard"));
        let out = command.args(["simulate", "--book"]).arg(root()).args(args).current_dir(here.path()).output().expect("it runs");
        (out.status.code(), String::from_utf8(out.stdout).expect("text"))
    };
    let (code, text) = told(&["--days", "40", "--asps", "2", "--seed", "5"]);
    assert_eq!(code, Some(0), "{text}");
    for words in ["40 days of 2 service partners, seed 5:", "WORKFLOW", "REFUSED AS", "WHAT WENT WRONG ON THE WAY", "everything holds after every step"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(told(&["--days", "40", "--asps", "2", "--seed", "5"]), (code, text));
    let (code, text) = told(&["--days", "40", "--asps", "2", "--seed", "5", "--until-step", "50", "--json"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["broken"], serde_json::Value::Null);
}
