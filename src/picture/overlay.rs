//! What may be laid over a picture: counts at states and at transitions.
//!
//! Must not know where the counts come from. Tests: `tests/it/pictures.rs`.

use std::collections::BTreeMap;

use crate::base::Name;
use crate::model::{Category, Coverage, State, Workflow};

/// How a count is meant. Pictures show it in colour and in another way too, so that it can be read without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Neither.
    Plain,
    /// Somebody should look.
    Bad,
}

/// A count with its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// A few words, such as `12, 3 overdue`.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// Counts for one picture.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// What it shows, for the head of the picture.
    pub title: String,
    /// At states.
    pub states: BTreeMap<Name, Badge>,
    /// At transitions.
    pub transitions: BTreeMap<Name, Badge>,
}

impl Overlay {
    /// How many scenarios enter each state of a workflow and make each transition.
    #[must_use]
    pub fn of_coverage(workflow: &Workflow, coverage: &Coverage) -> Self {
        let badge = |count: usize, thing: &str| match count {
            0 => Badge { text: format!("no {thing}"), tone: Tone::Bad },
            1 => Badge { text: format!("1 {thing}"), tone: Tone::Good },
            more => Badge { text: format!("{more} {thing}s"), tone: Tone::Good },
        };
        let number = |count: usize| Badge { text: if count == 0 { "never".to_owned() } else { count.to_string() }, ..badge(count, "") };
        let states = workflow.states.iter().map(|s| (s.name.clone(), badge(coverage.state(&workflow.name, &s.name), "scenario")));
        let made = workflow.transitions.iter().map(|t| (t.name.clone(), number(coverage.transition(&workflow.name, &t.name))));
        let tally = |category| coverage.tally(Some(&workflow.name), Some(category));
        let (entered, done) = (tally(Category::States), tally(Category::Transitions));
        let title =
            format!("In how many scenarios: {} of {} states are entered, {} of {} transitions are made", entered.covered, entered.all, done.covered, done.all);
        Self { title, states: states.collect(), transitions: made.collect() }
    }

    /// How many documents stand in each state, and how many of them for too long: both by the name of the state.
    #[must_use]
    pub fn of_documents(workflow: &Workflow, standing: &BTreeMap<Name, (usize, usize)>, when: &str) -> Self {
        let of = |state: &State| standing.get(&state.name).copied().unwrap_or_default();
        let badge = |state: &State| {
            let (documents, overdue) = of(state);
            let tone = if overdue > 0 { Tone::Bad } else { Tone::Plain };
            Badge { text: if overdue > 0 { format!("{documents}, {overdue} overdue") } else { documents.to_string() }, tone }
        };
        let open = workflow.states.iter().filter(|s| !s.is_final).map(of);
        let (documents, overdue) = open.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Self {
            title: format!("Documents on {when}: {documents} open, {overdue} of them overdue"),
            states: workflow.states.iter().map(|s| (s.name.clone(), badge(s))).collect(),
            transitions: BTreeMap::new(),
        }
    }
}
