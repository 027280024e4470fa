//! The shipped book checks without a word, and every scenario of it passes on all three stores with equal results.

use std::path::Path;
use std::sync::Arc;

use bincard::book_folder;
use bincard::check::{Checked, check};
use bincard::engine::Engine;
use bincard::model::Book;
use bincard::rules::Rules;
use bincard::scenario::{Masters, ScenarioReport, run};
use bincard::store::Store;

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

/// Plays every scenario, each on a store of its own.
async fn play<F: Future<Output = (Store, Box<dyn Send>)>>(open: impl Fn() -> F) -> Vec<ScenarioReport> {
    let (book, rules) = usable();
    let masters = Masters::new(Path::new(root()));
    let mut reports = Vec::new();
    for scenario in &book.scenarios {
        let (store, _kept) = open().await;
        let engine = Engine::new(book.clone(), rules.clone(), store).await.expect("an engine");
        reports.push(run(&engine, scenario, &masters).await.unwrap_or_else(|e| panic!("{}: {e}", scenario.title)));
    }
    reports
}

fn all_pass(reports: &[ScenarioReport]) {
    assert!(reports.len() >= 40, "the book tells {} stories", reports.len());
    for wanted in ["S1:", "S2:", "S3:", "S7:"] {
        assert!(reports.iter().any(|r| r.title.starts_with(wanted)), "no scenario tells {wanted}");
    }
    let failed: Vec<String> = reports.iter().filter(|r| !r.passed()).map(|r| format!("{} {}: {:#?}", r.place, r.title, r.failures)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test]
async fn every_scenario_passes_in_memory() {
    all_pass(&play(|| async { (Store::memory(), Box::new(()) as Box<dyn Send>) }).await);
}

#[tokio::test]
async fn every_scenario_passes_on_sqlite() {
    let open = || async {
        let fixture = stores::sqlite().await;
        (fixture.store.clone(), Box::new(fixture) as Box<dyn Send>)
    };
    all_pass(&play(open).await);
}

#[tokio::test]
async fn every_scenario_passes_on_postgres() {
    let open = || async {
        let fixture = stores::postgres().await;
        (fixture.store.clone(), Box::new(fixture) as Box<dyn Send>)
    };
    all_pass(&play(open).await);
}
