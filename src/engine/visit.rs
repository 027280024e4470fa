//! A document's stay in its state: when it began, and where a document that was halted goes back to.
//!
//! A document in a state that is left by `back` keeps beside its fields which state it came from and since when it had
//! been there; the name under which it is kept has a space, so that no field can have it. Pure. Tests: the scenarios.

use crate::base::{Name, Timestamp};
use crate::domain::{Document, ReasonCode, Value};
use crate::model::{Goal, Migration, Workflow};

use super::run::Run;

/// Under which name a document keeps where it was before a state.
fn before(state: &str) -> Name {
    Name::from(format!("before {state}"))
}

/// Where a document was, and since when.
fn kept(doc: &Document, state: &Name) -> Option<(Name, Timestamp)> {
    let Value::List(values) = doc.field(before(state.as_str()).as_str()) else { return None };
    match values.as_slice() {
        [Value::Name(state), Value::Time(since)] => Some((state.clone(), *since)),
        _ => None,
    }
}

fn keep(doc: &mut Document, came_from: Name, since: Timestamp) {
    let place = before(doc.state.as_str());
    doc.fields.insert(place, Value::List(vec![Value::Name(came_from), Value::Time(since)]));
}

/// A document whose state has another name now: where it came from may have one too.
pub fn renamed(doc: &mut Document, old: &Name, migration: &Migration) {
    let Some((came_from, since)) = kept(doc, old) else { return };
    doc.fields.remove(&before(old.as_str()));
    let now = migration.states.iter().find(|(old, ..)| *old == came_from).map_or(came_from, |(_, new, _)| new.clone());
    keep(doc, now, since);
}

/// Whether documents leave a state by going `back`.
fn halts(workflow: &Workflow, state: &Name) -> bool {
    workflow.transitions.iter().any(|t| t.goal == Goal::Back && t.from.contains(state))
}

impl Run<'_> {
    /// The state after the transition; none where the document does not know where it came from.
    pub fn target_state(&mut self) -> Option<Name> {
        match self.env.transition.goal {
            Goal::Same => Some(self.doc.state.clone()),
            Goal::States => self.out.target.clone().or_else(|| self.env.transition.to.first().cloned()),
            Goal::Back => {
                let known = kept(&self.doc, &self.doc.state).map(|(state, _)| state).filter(|state| self.env.workflow.state(state.as_str()).is_some());
                if known.is_none() {
                    let sentence = format!("nothing tells from which state the document came to `{}`", self.doc.state);
                    self.refuse(self.reason(ReasonCode::NotAllowed, sentence, self.env.transition.head));
                }
                known
            }
        }
    }

    /// The document enters a state. Where it goes back, the time that it was halted does not count.
    pub fn enter(&mut self, target: Name) {
        let now = self.env.command.effective_at;
        let left = std::mem::replace(&mut self.doc.state, target);
        let since = std::mem::replace(&mut self.doc.entered_at, now);
        if self.env.transition.goal == Goal::Back {
            let stayed = kept(&self.doc, &left).map_or(0, |(_, entered)| since.micros() - entered.micros());
            self.doc.entered_at = now.plus_micros(-stayed);
            self.doc.fields.remove(&before(left.as_str()));
        } else if !self.env.transition.opens() && left != self.doc.state && halts(self.env.workflow, &self.doc.state) {
            keep(&mut self.doc, left, since);
        }
    }
}
