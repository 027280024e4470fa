//! The shipped book checks without a word, and every scenario of it passes on all three stores with equal results.

use std::path::Path;
use std::sync::Arc;

use bincard::book_folder;
use bincard::check::{Checked, check};
use bincard::engine::Engine;
use bincard::model::Book;
use bincard::rules::Rules;
use bincard::scenario::{Masters, ScenarioReport, run};
use bincard::store::{DocumentFilter, ObligationFilter, PaperFilter, StockFilter, Store};

use crate::support::{root, stores};

fn shipped() -> Checked {
    check(&book_folder::read(root()).expect("the shipped book"))
}

fn usable() -> (Arc<Book>, Arc<Rules>) {
    let checked = shipped();
    (Arc::new(checked.book.expect("the shipped book checks")), Arc::new(checked.rules))
}

#[test]
fn the_shipped_book_checks_without_a_word() {
    let checked = shipped();
    let told: Vec<String> = checked.diagnostics.iter().map(|d| format!("{} {}: {}", checked.sources.place(d.span()), d.code, d.title)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// How a scenario went, and everything that its store holds at the end: documents, stock, obligations, papers.
struct Played {
    report: ScenarioReport,
    holds: Vec<String>,
}

/// Plays every scenario, each on a store of its own.
async fn play<F: Future<Output = (Store, Box<dyn Send>)>>(open: impl Fn() -> F) -> Vec<Played> {
    let (book, rules) = usable();
    let masters = Masters::new(Path::new(root()));
    let mut all = Vec::new();
    for scenario in &book.scenarios {
        let (store, _kept) = open().await;
        let engine = Engine::new(book.clone(), rules.clone(), store).await.expect("an engine");
        let report = run(&engine, scenario, &masters).await.unwrap_or_else(|e| panic!("{}: {e}", scenario.title));
        all.push(Played { report, holds: holdings(engine.store()).await });
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

/// Every scenario passes, and leaves the same behind as in memory.
async fn as_in_memory(played: Vec<Played>) {
    all_pass(&played);
    for (there, here) in played.iter().zip(play(|| async { (Store::memory(), Box::new(()) as Box<dyn Send>) }).await) {
        let differs: Vec<_> = there.holds.iter().zip(&here.holds).filter(|(a, b)| a != b).collect();
        assert!(differs.is_empty() && there.holds.len() == here.holds.len(), "{}: {differs:#?}", there.report.title);
    }
}

#[tokio::test]
async fn every_scenario_passes_in_memory() {
    all_pass(&play(|| async { (Store::memory(), Box::new(()) as Box<dyn Send>) }).await);
}

#[tokio::test]
async fn every_scenario_passes_on_sqlite_and_leaves_the_same() {
    let open = || async {
        let fixture = stores::sqlite().await;
        (fixture.store.clone(), Box::new(fixture) as Box<dyn Send>)
    };
    as_in_memory(play(open).await).await;
}

#[tokio::test]
async fn every_scenario_passes_on_postgres_and_leaves_the_same() {
    let open = || async {
        let fixture = stores::postgres().await;
        (fixture.store.clone(), Box::new(fixture) as Box<dyn Send>)
    };
    as_in_memory(play(open).await).await;
}
