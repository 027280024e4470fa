//! The shipped book checks without a word, and every scenario of it passes on all three stores with equal results.

use std::path::Path;
use std::sync::Arc;

use bincard::check::check;
use bincard::engine::Engine;
use bincard::scenario::{Masters, ScenarioReport, run};
use bincard::store::{DocumentFilter, ObligationFilter, PaperFilter, StockFilter, Store};

use tokio::sync::{OnceCell, Semaphore};

use crate::support::stores::{self, Fixture};
use crate::support::{book, root};

#[test]
fn the_shipped_book_checks_without_a_word() {
    let checked = check(&book::files());
    let told: Vec<String> = checked.diagnostics.iter().map(|d| format!("{} {}: {}", checked.sources.place(d.span()), d.code, d.title)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// How a scenario went, and everything that its store holds at the end: documents, stock, obligations, papers.
struct Played {
    report: ScenarioReport,
    holds: Vec<String>,
}

/// Plays every scenario, each on a store of its own; a few at a time, since a database makes wait.
async fn play<F>(open: fn() -> F) -> Vec<Played>
where
    F: Future<Output = (Store, Option<Fixture>)> + Send + 'static,
{
    let (book, rules) = book::shipped();
    let (masters, turns) = (Arc::new(Masters::new(Path::new(root()))), Arc::new(Semaphore::new(4)));
    let begun = (0..book.scenarios.len()).map(|of| {
        let (book, rules, masters, turns) = (book.clone(), rules.clone(), masters.clone(), turns.clone());
        tokio::spawn(async move {
            let _turn = turns.acquire_owned().await.expect("a turn");
            let (store, _kept) = open().await;
            let engine = Engine::new(book.clone(), rules, store).await.expect("an engine");
            let scenario = &book.scenarios[of];
            let report = run(&engine, scenario, &masters).await.unwrap_or_else(|e| panic!("{}: {e}", scenario.title));
            Played { report, holds: holdings(engine.store()).await }
        })
    });
    let begun: Vec<_> = begun.collect();
    let mut all = Vec::new();
    for one in begun {
        all.push(one.await.expect("a scenario that comes to its end"));
    }
    all
}

async fn holdings(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    for unit in store.business_units().await.expect("business units") {
        let bu = unit.code;
        for head in store.documents(&DocumentFilter::new(bu.clone())).await.expect("documents") {
            lines.push(format!("{head:?}"));
            let document = store.document(&bu, &head.id).await.expect("a document").expect("it is listed");
            lines.push(format!("{:?} {:?}", document.fields, document.lines));
        }
        let stock = store.stock(&StockFilter { outside: true, ..StockFilter::new(bu.clone()) }).await.expect("stock");
        lines.extend(stock.iter().map(|row| format!("{row:?}")));
        let obligations = store.obligations(&ObligationFilter::new(bu.clone())).await.expect("obligations");
        lines.extend(obligations.iter().map(|o| format!("{o:?}")));
        lines.extend(store.papers(&PaperFilter::new(bu)).await.expect("papers").iter().map(|p| format!("{p:?}")));
    }
    lines
}

fn all_pass(played: &[Played]) {
    assert!(played.len() >= 40, "the book tells {} stories", played.len());
    for wanted in ["S1:", "S2:", "S3:", "S7:"] {
        assert!(played.iter().any(|p| p.report.title.starts_with(wanted)), "no scenario tells {wanted}");
    }
    let failed: Vec<String> =
        played.iter().filter(|p| !p.report.passed()).map(|p| format!("{} {}: {:#?}", p.report.place, p.report.title, p.report.failures)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What it comes to in memory.
async fn in_memory() -> &'static [Played] {
    static PLAYED: OnceCell<Vec<Played>> = OnceCell::const_new();
    PLAYED.get_or_init(|| play(|| async { (Store::memory(), None) })).await
}

/// Every scenario passes, and leaves the same behind as in memory.
async fn as_in_memory(played: Vec<Played>) {
    all_pass(&played);
    for (there, here) in played.iter().zip(in_memory().await) {
        let differs: Vec<_> = there.holds.iter().zip(&here.holds).filter(|(a, b)| a != b).collect();
        assert!(differs.is_empty() && there.holds.len() == here.holds.len(), "{}: {differs:#?}", there.report.title);
    }
}

fn kept(fixture: Fixture) -> (Store, Option<Fixture>) {
    (fixture.store.clone(), Some(fixture))
}

#[tokio::test]
async fn every_scenario_passes_in_memory() {
    all_pass(in_memory().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_passes_on_sqlite_and_leaves_the_same() {
    as_in_memory(play(|| async { kept(stores::sqlite().await) }).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_passes_on_postgres_and_leaves_the_same() {
    as_in_memory(play(|| async { kept(stores::postgres().await) }).await).await;
}
