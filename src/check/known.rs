//! What is known to be there when a transition begins: fields that every way into its states has given.
//!
//! Must not know clauses: what a transition adds is found by whoever reads its body. Tests: `check::tests`.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::Outline;
use crate::syntax::ast::{self, Goal};

/// Paths of fields that are there.
pub(super) type Paths = BTreeSet<String>;

/// For each state, the fields that are there whichever way a document came to it.
#[derive(Debug, Default)]
pub(super) struct Known {
    states: BTreeMap<String, Paths>,
}

impl Known {
    /// Walks the states until nothing changes; `read` tells what is there after a transition, from what was there before.
    pub(super) fn of(outline: &Outline<'_>, read: impl Fn(&ast::Transition, Paths) -> Paths) -> Self {
        let mut known = Self::default();
        if !outline.has_opening()
            && let Some(initial) = outline.model.states.iter().find(|s| s.initial)
        {
            known.states.insert(initial.name.to_string(), Paths::new());
        }
        for (_, new, _) in outline.model.migrations.iter().flat_map(|m| &m.states) {
            known.states.insert(new.to_string(), Paths::new());
        }
        let mut changed = true;
        while changed {
            changed = false;
            for transition in &outline.written.transitions {
                let reached = transition.from.is_empty() || transition.from.iter().any(|f| known.states.contains_key(&f.text));
                if reached {
                    let after = read(transition, known.before(transition));
                    changed |= known.enter(transition, &after);
                }
            }
        }
        known
    }

    /// What is known when a transition begins, from whichever of its states. States that no way leads to do not count.
    pub(super) fn before(&self, transition: &ast::Transition) -> Paths {
        let known = transition.from.iter().filter_map(|f| self.states.get(&f.text)).cloned();
        known.reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default()
    }

    /// A way into the states of a transition; whether less is known there than before.
    fn enter(&mut self, transition: &ast::Transition, after: &Paths) -> bool {
        // Whoever stays or comes back has been there before, and nothing given is ever taken away.
        if transition.goal != Goal::States {
            return false;
        }
        let mut changed = false;
        for to in &transition.to {
            let met = self.states.get(&to.text).map_or_else(|| after.clone(), |known| known.intersection(after).cloned().collect());
            if self.states.get(&to.text) != Some(&met) {
                self.states.insert(to.text.clone(), met);
                changed = true;
            }
        }
        changed
    }
}
