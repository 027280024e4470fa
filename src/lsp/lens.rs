//! Above each transition: how many scenarios fire it, and a command that lists them.
//!
//! Counts what scenarios say they do; it runs none. Tests: `tests/it/editor_hover.rs`.

use std::collections::BTreeMap;

use gen_lsp_types::{CodeLens, Command, Location};
use serde::Serialize;
use serde_json::json;

use super::view::View;
use crate::base::{FileId, Span};
use crate::model::{Scenario, StepKind};
use crate::syntax::ast::Item;

/// The command that lists the scenarios of a transition: arguments are a file of the book, the workflow, the transition.
pub const COMMAND: &str = "bincard.scenarios";

/// A scenario that fires a transition.
#[derive(Debug, Serialize)]
pub struct Covering {
    /// Its title.
    pub title: String,
    /// Where it is.
    pub location: Location,
}

/// The lenses of a flow file.
#[must_use]
pub fn lenses(view: &View, file: FileId) -> Vec<CodeLens> {
    let items = view.parsed(file).map(|parsed| parsed.file.items.as_slice()).unwrap_or_default();
    let workflows = items.iter().filter_map(|item| if let Item::Workflow(w) = item { Some(w) } else { None });
    let each = workflows.flat_map(|w| w.transitions.iter().map(move |t| (w.name.text.as_str(), t)));
    each.map(|(workflow, transition)| {
        let name = transition.name.text.as_str();
        let title = in_words(covering(view, workflow, name).len());
        let arguments = Some(vec![json!(view.uri(file).0), json!(workflow), json!(name)]);
        let command = Command { title, command: COMMAND.to_owned(), arguments, ..Command::default() };
        CodeLens { range: view.range(Span { end: transition.head.start, ..transition.head }), command: Some(command), data: None }
    })
    .collect()
}

/// How many, in words.
#[must_use]
pub fn in_words(count: usize) -> String {
    match count {
        0 => "no scenario fires this".to_owned(),
        1 => "1 scenario".to_owned(),
        n => format!("{n} scenarios"),
    }
}

/// The scenarios that fire a transition, with their places.
#[must_use]
pub fn scenarios(view: &View, workflow: &str, transition: &str) -> Vec<Covering> {
    let found = covering(view, workflow, transition).into_iter();
    found.map(|s| Covering { title: s.title.clone(), location: view.location(s.span) }).collect()
}

/// The scenarios that fire a transition of a workflow: they say so, or they open a document by it.
#[must_use]
pub fn covering<'v>(view: &'v View, workflow: &str, transition: &str) -> Vec<&'v Scenario> {
    view.checked.draft.scenarios.iter().filter(|scenario| fires(view, scenario, workflow, transition)).collect()
}

fn fires(view: &View, scenario: &Scenario, workflow: &str, transition: &str) -> bool {
    let mut documents: BTreeMap<&str, &str> = BTreeMap::new();
    let opens = |w: &str| {
        let openings = view.checked.draft.workflows.get(w).into_iter().flat_map(|w| &w.transitions);
        openings.filter(|t| t.opens()).map(|t| t.name.as_str()).next() == Some(transition)
    };
    scenario.steps.iter().any(|step| match &step.kind {
        StepKind::Opens { workflow: w, transition: by, name, .. } => {
            documents.insert(name, w.as_str());
            *w == *workflow && by.as_ref().map_or_else(|| opens(w.as_str()), |by| *by == *transition)
        }
        StepKind::Started { workflow: w, name, .. } => {
            documents.insert(name, w.as_str());
            *w == *workflow && opens(w.as_str())
        }
        StepKind::Fires { transition: fired, document, .. } => *fired == *transition && documents.get(document.as_str()) == Some(&workflow),
        _ => false,
    })
}
