//! Proofs: no shipped workflow leaves anything behind; every planted slip is found, and its story plays again and shows what
//! is left.

#[path = "proofs/clocked.rs"]
mod clocked;
#[path = "proofs/days.rs"]
mod days;
#[path = "proofs/slips.rs"]
mod slips;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use bincard::check::{BookFile, BookFiles};
use bincard::engine::Engine;
use bincard::prove::{Finding, Options, Proved, prove};
use bincard::scenario::{Masters, run};
use bincard::store::Store;

use crate::support::{book, root};
use slips::{SLIPS, Slip};

fn proved(files: &BookFiles, only: &[&str], budget: usize) -> (Arc<bincard::model::Book>, Vec<Proved>) {
    let (book, rules) = book::made(files);
    let only: BTreeSet<_> = only.iter().map(|name| (*name).into()).collect();
    let proofs = prove(&book, &rules, &Options { budget, only, first: true });
    (book, proofs)
}

fn planted(slip: &Slip) -> BookFiles {
    let mut files = book::files_untold();
    let name = format!("{}.flow", slip.workflow);
    let file = files.flows.iter_mut().find(|f| f.path.ends_with(&name)).expect("the flow");
    let from = file.text.find(&format!("  {}", slip.within)).expect("the transition");
    let at = from + file.text[from..].find(slip.written).expect("what is written");
    file.text.replace_range(at..at + slip.written.len(), slip.instead);
    files
}

/// Plays the story of a finding as a scenario of the book, from its text.
async fn plays_again(files: &BookFiles, text: &str) -> Vec<String> {
    let mut files = files.clone();
    files.flows.push(BookFile { path: "workflows/found.scenarios.flow".to_owned(), text: text.to_owned() });
    let (book, rules) = book::once(&files).unwrap_or_else(|told| panic!("{told:#?}\n{text}"));
    let engine = Engine::new(Arc::clone(&book), rules, Store::memory()).await.expect("an engine");
    let scenario = book.scenarios.last().expect("the story");
    let report = run(&engine, scenario, &Masters::new(Path::new(root()))).await.expect("a story");
    report.failures.iter().map(|f| format!("{}: expected {:?}, actual {:?}", f.text, f.expected, f.actual)).collect()
}

fn told(finding: &Finding) -> String {
    format!("{}: {}\n{}", finding.diagnostic.code, finding.diagnostic.title, finding.diagnostic.help.as_deref().unwrap_or(""))
}

/// What is missed of a slip.
fn missed(slip: &Slip) -> Option<String> {
    let files = planted(slip);
    let what = format!("{}, {} without `{}`", slip.workflow, slip.within, slip.written.trim());
    // Most show soon; a few stand at the end of a long story.
    let (mut book, mut proofs) = proved(&files, &[slip.workflow], 2_000);
    if proofs.iter().all(|p| p.findings.is_empty()) {
        (book, proofs) = proved(&files, &[slip.workflow], 12_000);
    }
    let findings: Vec<&Finding> = proofs.iter().flat_map(|p| &p.findings).collect();
    let of_code = findings.iter().filter(|f| f.diagnostic.code == slip.code);
    let Some(story) = of_code.filter_map(|f| f.story.as_ref()).find(|s| s.imagined.is_empty()) else {
        let told: Vec<String> = findings.iter().map(|f| told(f)).collect();
        return Some(format!("{what}: not found; told {told:?}, {proofs:?}"));
    };
    let text = story.text(&book).expect("a story can be written");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let wrong = runtime.block_on(plays_again(&files, &text));
    let shown = match slip.code {
        "leak" => text.contains("then refused parts_left_behind \""),
        "leak-obligation" => text.contains("then refused obligation_open \""),
        _ => text.contains("then refused reverse_open"),
    };
    (!wrong.is_empty() || !shown).then(|| format!("{what}: {wrong:?}\n{text}"))
}

#[test]
fn every_planted_slip_is_found_and_its_story_shows_what_is_left() {
    assert!(SLIPS.len() >= 30);
    let missed: Vec<String> = std::thread::scope(|scope| {
        let (some, others) = (SLIPS.iter().step_by(2), SLIPS.iter().skip(1).step_by(2));
        let other = scope.spawn(|| others.filter_map(missed).collect::<Vec<_>>());
        let mut all: Vec<String> = some.filter_map(missed).collect();
        all.extend(other.join().expect("the other half"));
        all
    });
    assert!(missed.is_empty(), "{} of {} slips are missed:\n{}", missed.len(), SLIPS.len(), missed.join("\n\n"));
}

#[test]
fn no_shipped_workflow_leaves_anything_behind() {
    let (_, proofs) = proved(&book::files_untold(), &[], 200);
    let found: Vec<String> = proofs.iter().flat_map(|p| &p.findings).map(told).collect();
    assert!(found.is_empty(), "{}", found.join("\n\n"));
    for proof in &proofs {
        assert!(proof.fault.is_none() && !proof.unopened && proof.states > 1, "{proof:?}");
    }
    let others: Vec<_> = proofs.iter().filter_map(|p| Some((p.workflow.as_str(), p.not_for_all.as_deref()?))).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn what_is_proved_for_all_quantities_is_proved_no_more_once_a_slip_is_planted() {
    let (_, sound) = proved(&book::files_untold(), &[], 1);
    let for_all: BTreeSet<&str> = sound.iter().filter(|p| p.for_all).map(|p| p.workflow.as_str()).collect();
    let wrong: Vec<String> = SLIPS
        .iter()
        .filter(|slip| for_all.contains(slip.workflow))
        .filter(|slip| proved(&planted(slip), &[slip.workflow], 1).1.iter().any(|p| p.for_all))
        .map(|slip| format!("{} {} `{}`", slip.workflow, slip.within, slip.written.trim()))
        .collect();
    assert!(for_all.len() >= 15 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_budget_that_ends_is_told() {
    let (_, proofs) = proved(&book::files_untold(), &["transfer"], 3);
    assert!(proofs.iter().all(|p| !p.cut.is_empty()), "{proofs:?}");
}
