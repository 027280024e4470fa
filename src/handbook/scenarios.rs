//! Scenarios as stories on the page of a workflow, in the words in which they are written.
//!
//! Must not know how they are played. Tests: `tests/it/handbook.rs`.

use crate::base::Name;
use crate::model::{Book, Scenario, StepKind, Workflow};

use super::block::{Block, Page, Step, link, place, text};

/// The words that begin a step.
const WORDS: [&str; 5] = ["given", "on", "when", "then", "and"];

/// The scenarios in which the first document that is opened is one of the workflow; those in which others play are linked.
pub fn of(page: &mut Page, book: &Book, workflow: &Workflow) {
    let plays = |scenario: &&Scenario| workflows(scenario).contains(&&workflow.name);
    let (told, met): (Vec<&Scenario>, Vec<&Scenario>) = book.scenarios.iter().filter(plays).partition(|s| home(s) == Some(&workflow.name));
    if told.is_empty() && met.is_empty() {
        return;
    }
    page.heading(2, "scenarios", "Scenarios");
    for scenario in told {
        page.heading(4, scenario_place(scenario), scenario.title.clone());
        page.blocks.push(Block::Steps(steps(book.sources.text(scenario.span))));
    }
    let elsewhere = |scenario: &Scenario| home(scenario).map(|home| vec![link(scenario.title.clone(), home.to_string(), scenario_place(scenario))]);
    let items: Vec<_> = met.into_iter().filter_map(elsewhere).collect();
    if !items.is_empty() {
        page.blocks.push(Block::Para(vec![text("It also plays in:")]));
        page.blocks.push(Block::List(items));
    }
}

fn scenario_place(scenario: &Scenario) -> String {
    format!("scenario-{}", place(&scenario.title))
}

/// The workflow on whose page a scenario stands: the one it opens most; of several, the one it opens last.
fn home(scenario: &Scenario) -> Option<&Name> {
    let opened: Vec<&Name> = workflows(scenario);
    let count = |name: &&Name| opened.iter().filter(|other| *other == name).count();
    opened.iter().max_by_key(|name| count(name)).copied()
}

fn workflows(scenario: &Scenario) -> Vec<&Name> {
    let mut found = Vec::new();
    for step in &scenario.steps {
        if let StepKind::Opens { workflow, .. } | StepKind::Started { workflow, .. } = &step.kind {
            found.push(workflow);
        }
    }
    found
}

/// The steps of a scenario as it is written. Rows of stock stay rows; a clause that goes on in the next line is one line.
fn steps(written: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let inside = written.split_once('{').map_or("", |(_, rest)| rest);
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    for line in inside.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")) {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        if WORDS.contains(&first) {
            steps.push(Step { word: first.to_owned(), lines: vec![rest.to_owned()] });
            continue;
        }
        let Some(step) = steps.last_mut() else { continue };
        match step.lines.last_mut() {
            Some(last) if step.word != "given" => *last = format!("{last} {line}"),
            _ => step.lines.push(line.to_owned()),
        }
    }
    steps
}
