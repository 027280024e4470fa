//! What of a document still matters in each of its states: the fields that some later transition reads before anybody gives
//! them anew, the shelves that it takes from, what it can bring back from outside, whether it waits for others.
//!
//! A field that is only counted on (`set lost = lost + gone`) matters where somebody reads it for something else. Must not
//! know how worlds are explored. Tests: below, and `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::model::{Choosing, Clause, ClauseKind, Expr, ExprKind, Field, Goal, MoveQuantity, MoveSpec, PlaceSpec, Query, Transition, Type, Workflow};

/// What matters of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Live {
    /// Document fields.
    pub fields: BTreeSet<Name>,
    /// Line fields.
    pub line_fields: BTreeSet<Name>,
    /// Bins without a holder that parts are taken from, or that are asked about.
    pub shelves: BTreeSet<Name>,
    /// Outside bins that parts come back from.
    pub back_from: BTreeSet<Name>,
    /// Whether it waits for the documents that it has started.
    pub awaits: bool,
    /// What is computed in a transition; nothing of it is left between two.
    lets: BTreeSet<Name>,
}

impl Live {
    fn join(&mut self, other: &Self) {
        self.fields.extend(other.fields.iter().cloned());
        self.line_fields.extend(other.line_fields.iter().cloned());
        self.shelves.extend(other.shelves.iter().cloned());
        self.back_from.extend(other.back_from.iter().cloned());
        self.awaits |= other.awaits;
    }

    fn set(&mut self, in_line: bool) -> &mut BTreeSet<Name> {
        if in_line { &mut self.line_fields } else { &mut self.fields }
    }
}

/// What matters in each state of a workflow.
#[must_use]
pub fn live(workflow: &Workflow) -> BTreeMap<Name, Live> {
    let mut live: BTreeMap<Name, Live> = workflow.states.iter().map(|s| (s.name.clone(), Live::default())).collect();
    let mut grows = true;
    while grows {
        grows = false;
        for state in workflow.states.iter().rev().map(|s| &s.name) {
            let mut now = live.get(state).cloned().unwrap_or_default();
            for transition in workflow.transitions.iter().filter(|t| t.from.contains(state) && t.approves.is_none() && !t.changes_nothing()) {
                let mut after = Live::default();
                targets(workflow, transition, state).filter_map(|to| live.get(to)).for_each(|to| after.join(to));
                now.join(&before(workflow, transition, after));
            }
            if live.get(state) != Some(&now) {
                live.insert(state.clone(), now);
                grows = true;
            }
        }
    }
    live
}

/// The states that a transition can lead to from this one.
fn targets<'w>(workflow: &'w Workflow, transition: &'w Transition, from: &'w Name) -> Box<dyn Iterator<Item = &'w Name> + 'w> {
    let leads = move |state: &Name| workflow.transitions.iter().any(|t| t.from.contains(state) && t.to.contains(from));
    match transition.goal {
        Goal::States => Box::new(transition.to.iter()),
        Goal::Same => Box::new(std::iter::once(from)),
        Goal::Back => Box::new(workflow.states.iter().map(|s| &s.name).filter(move |s| leads(s))),
    }
}

/// What matters before a transition, of what matters after it.
fn before(workflow: &Workflow, transition: &Transition, after: Live) -> Live {
    let mut reader = Reader { workflow, live: after };
    reader.body(&transition.body, false, true);
    reader.asked(&transition.body, false);
    transition.moments().for_each(|moment| reader.read(&moment.when));
    reader.live.lets.clear();
    reader.live
}

/// Goes backwards through a transition.
struct Reader<'w> {
    workflow: &'w Workflow,
    live: Live,
}

impl Reader<'_> {
    fn body(&mut self, body: &[Clause], in_line: bool, sure: bool) {
        for clause in body.iter().rev() {
            let matters = self.clause(&clause.kind, in_line, sure && clause.when.is_none());
            if let Some(when) = clause.when.as_ref().filter(|_| matters) {
                self.read(when);
            }
        }
    }

    /// Takes in one clause; false where it changes nothing that matters. What is `sure` happens to every line.
    fn clause(&mut self, kind: &ClauseKind, in_line: bool, sure: bool) -> bool {
        match kind {
            ClauseKind::Let(name, value) => {
                if self.live.lets.remove(name) {
                    self.read(value);
                }
            }
            ClauseKind::Set(name, value) => {
                if !self.live.set(in_line).contains(name) {
                    return false;
                }
                if sure {
                    self.live.set(in_line).remove(name);
                }
                self.read(value);
            }
            ClauseKind::Require(guard) => self.read(&guard.test),
            ClauseKind::CloseBooks(value) => self.read(value),
            ClauseKind::EachLine(each) => {
                self.body(&each.body, true, sure && each.filter.is_none());
                if each.filter.is_none() {
                    self.asked(&each.body, true);
                }
                each.filter.iter().for_each(|f| self.read(f));
            }
            ClauseKind::Move(spec) => self.moved(spec, in_line, sure),
            ClauseKind::Obligation(spec) => {
                spec.quantity.iter().chain([&spec.part]).for_each(|e| self.read(e));
                self.live.fields.extend(spec.to.iter().chain([&spec.by]).cloned());
            }
            ClauseKind::Start(spec) => spec.with.iter().chain(&spec.lines).for_each(|(_, e)| self.read(e)),
            ClauseKind::AskLines => self.live.line_fields.clear(),
            ClauseKind::Issue { with_reverse, .. } => return *with_reverse,
            ClauseKind::Notify { .. } | ClauseKind::Emit { .. } | ClauseKind::Claim { .. } => return false,
            ClauseKind::Become(_) | ClauseKind::CloseReverse(_) | ClauseKind::Ask(_) => {}
        }
        true
    }

    fn moved(&mut self, spec: &MoveSpec, in_line: bool, sure: bool) {
        if let Some(field) = &spec.counting
            && sure
        {
            self.live.set(in_line).remove(field);
        }
        if let MoveQuantity::Exactly(q) | MoveQuantity::UpTo(q) = &spec.quantity {
            self.read(q);
        }
        self.read(&spec.part);
        match &spec.choosing {
            Choosing::Rule(_, args) => args.iter().flatten().for_each(|a| self.read(a)),
            Choosing::Serials(field) | Choosing::Lots(field) => self.read(field),
            Choosing::Oldest => {}
        }
        let changes = [&spec.changes.condition, &spec.changes.owner, &spec.changes.pool, &spec.lots];
        changes.into_iter().flatten().for_each(|e| self.read(e));
        self.place(&spec.from);
        self.live.fields.extend(spec.to.party.clone());
        if spec.from.outside {
            self.live.back_from.insert(spec.from.bin.clone());
        }
    }

    fn place(&mut self, place: &PlaceSpec) {
        self.live.fields.extend(place.party.clone());
        if !place.outside && !place.clearing {
            self.live.shelves.insert(place.bin.clone());
        }
    }

    /// What must be given is given before anything is read.
    fn asked(&mut self, body: &[Clause], in_line: bool) {
        for clause in body {
            if let ClauseKind::Ask(asks) = &clause.kind {
                for ask in asks.iter().filter(|a| !a.optional) {
                    self.live.set(in_line).remove(&ask.field);
                }
            }
        }
    }

    fn read(&mut self, expr: &Expr) {
        walk::expr(expr, &mut |e| match &e.kind {
            ExprKind::Field(name) => drop(self.live.fields.insert(name.clone())),
            ExprKind::LineField(name) => drop(self.live.line_fields.insert(name.clone())),
            ExprKind::Local(name) => drop(self.live.lets.insert(name.clone())),
            // A rule that gets the whole document may look at its choices.
            ExprKind::Document => self.live.fields.extend(choices(&self.workflow.fields)),
            ExprKind::Line => self.live.line_fields.extend(choices(&self.workflow.line_fields)),
            ExprKind::Query(query) => match &**query {
                Query::QuantityIn { place, .. } | Query::Held { place, .. } => self.place(place),
                Query::AllStartedEnded => self.live.awaits = true,
                _ => {}
            },
            _ => {}
        });
    }
}

fn choices(fields: &[Field]) -> impl Iterator<Item = Name> + '_ {
    fields.iter().filter(|f| matches!(f.ty.required(), Type::Choice(_) | Type::YesNo)).map(|f| f.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::book_and_rules;

    const FLOW: &str = r#"
condition ok "Good"
owner oem "OEM"
pool amc "Contract"
party kind asp "Service partner"
bin available at asp "On the shelf"
bin blocked at asp "On hold"
bin reserved at asp clearing "Promised"
bin scrap outside "Scrapped"
role keeper at asp "Storekeeper"
workflow lending "Lending" version 1 {
  number "LE/{seq:5}"
  party asp : asp
  lines {
    part     : part
    quantity : quantity
    back     : quantity = 0
    open     : quantity = 0
    lost     : quantity = 0
  }
  state lent     "Lent"     initial
  state late     "Late"
  state returned "Returned" final
  transition open: -> lent by keeper {
    each line {
      move quantity of part from asp.available to asp.reserved
      set open = quantity
    }
  }
  transition some: lent -> lent or late by keeper {
    each line {
      ask back
      require back <= open else "More than was lent."
      move back of part from asp.reserved to asp.blocked
      set open = open - back
      set lost = lost + back
    }
    become late when every line has open is 0
  }
  transition end: late -> returned by keeper { each line { move all of part from asp.reserved to scrap } }
}"#;

    #[test]
    fn only_what_is_read_later_matters() {
        let (book, _) = book_and_rules(&[("book.flow", FLOW)]);
        let live = live(book.workflows.get("lending").unwrap());
        let of = |state: &str| live.get(state).unwrap().line_fields.iter().map(Name::as_str).collect::<Vec<_>>();
        assert_eq!((of("lent"), of("late"), of("returned")), (vec!["open", "part"], vec!["part"], vec![]));
        assert!(live.get("lent").unwrap().shelves.is_empty(), "nothing is taken from a shelf once it is lent");
    }
}
