//! Deadlines that are computed, typed once rules are known; and what leads into a state reads what its clocks read.
//!
//! Must not know when a deadline is over. Tests: `check::tests`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::declared::{Declared, Outline};
use super::reports::Reports;
use super::typer::Typer;
use super::{needs, walk};
use crate::base::Name;
use crate::model::{Expr, Goal, Transition, Within, Workflow};

/// Puts the expressions of computed deadlines into the model.
pub(super) fn computed(book: &Declared<'_>, outline: &Outline<'_>, reports: &Reports, read: &RefCell<BTreeSet<String>>, model: &mut Workflow) {
    for state in &mut model.states {
        let written = outline.written.states.iter().find(|w| state.name == *w.name.text);
        let how_long = written.and_then(|w| w.deadline.as_ref()).and_then(|d| d.within_days.as_ref());
        if let (Some(deadline), Some(how_long)) = (&mut state.deadline, how_long) {
            deadline.within = Within::Days(Typer::new(book, outline, reports, read).days(how_long));
        }
    }
}

/// Whatever leads into a state may read what its deadline and its timers read, and how much there is of what is awaited in it.
pub(super) fn needed(book: &Declared<'_>, model: &mut Workflow) {
    let states = &model.states;
    let moments: Vec<(Vec<Name>, Expr)> = model.transitions.iter().flat_map(Transition::moments).map(|m| (m.states.clone(), m.when.clone())).collect();
    let arrivals: Vec<(Vec<Name>, Name)> = model.transitions.iter().filter_map(|t| Some((t.from.clone(), t.arrival()?.bin.clone()))).collect();
    for transition in &mut model.transitions {
        for state in states.iter().filter(|s| transition.to.contains(&s.name)) {
            if let Some(Within::Days(how_long)) = state.deadline.as_ref().map(|d| &d.within) {
                needs::also(how_long, &book.vocabulary, &mut transition.needs);
            }
        }
        for (_, when) in moments.iter().filter(|(states, _)| states.iter().any(|s| transition.to.contains(s) || transition.goal == Goal::Back)) {
            needs::also(when, &book.vocabulary, &mut transition.needs);
        }
        let awaited = arrivals.iter().filter(|(states, _)| states.iter().any(|s| transition.to.contains(s) || transition.goal == Goal::Back));
        transition.needs.bins.extend(awaited.map(|(_, bin)| bin.clone()));
        transition.needs.bins.sort();
        transition.needs.bins.dedup();
    }
}

/// Visits the expressions of all deadlines and timers that are computed.
pub(super) fn expressions<'m>(model: &'m Workflow, see: &mut impl FnMut(&'m Expr)) {
    for deadline in model.states.iter().filter_map(|s| s.deadline.as_ref()) {
        if let Within::Days(how_long) = &deadline.within {
            walk::expr(how_long, see);
        }
    }
    model.transitions.iter().flat_map(Transition::moments).for_each(|moment| walk::expr(&moment.when, see));
}
