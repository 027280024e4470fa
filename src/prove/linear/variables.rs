//! What a line counts: its quantities, what the document holds for it in each clearing bin, what is owed for it, and the
//! reverse papers that are open. And why a workflow is none that can be proved by its numbers.
//!
//! Must not know how states are walked. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::model::{Book, Clause, ClauseKind, ExprKind, Field, FieldKind, PlaceSpec, Transition, Type, Workflow};

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// A quantity of the line.
    Field(Name),
    /// What is held in a clearing bin at a party.
    Held(Option<Name>, Name),
    /// What is owed as a kind.
    Owed(Name),
    /// Reverse papers of a kind that are open.
    Reverse(Name),
}

impl Counted {
    /// Whether it must be nothing at the end.
    pub const fn must_end(&self) -> bool {
        !matches!(self, Self::Field(_))
    }
}

/// The place that a clearing bin of a move is counted at.
pub fn held(place: &PlaceSpec) -> Counted {
    Counted::Held(place.party.clone(), place.bin.clone())
}

/// All that is counted, by its number.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    pub all: Vec<Counted>,
    index: BTreeMap<Counted, usize>,
    /// Bins of this workflow that a document which starts it holds parts in.
    pub lent: BTreeSet<Name>,
}

impl Variables {
    pub fn find(&self, counted: &Counted) -> Option<usize> {
        self.index.get(counted).copied()
    }

    fn add(&mut self, counted: Counted) {
        if !self.index.contains_key(&counted) {
            self.index.insert(counted.clone(), self.all.len());
            self.all.push(counted);
        }
    }

    /// What a workflow counts, or why that cannot be said.
    pub fn of(book: &Book, workflow: &Workflow) -> Result<Self, String> {
        let mut found = Self::default();
        for field in workflow.line_fields.iter().filter(|f| f.ty == Type::Quantity) {
            found.add(Counted::Field(field.name.clone()));
        }
        let mut why = None;
        for transition in &workflow.transitions {
            for (clause, in_line) in clauses(transition) {
                found.clause(clause, in_line, &mut why);
            }
        }
        why.map_or(Ok(()), Err)?;
        apart(workflow, &found)?;
        children(book, workflow, &found)?;
        found.lent = lent(book, workflow);
        Ok(found)
    }

    fn clause(&mut self, clause: &Clause, in_line: bool, why: &mut Option<String>) {
        match &clause.kind {
            ClauseKind::Move(spec) => {
                let clearing = spec.from.clearing || spec.to.clearing;
                if clearing && !in_line {
                    *why = Some("it sets parts aside outside of its lines".to_owned());
                }
                if clearing && !matches!(&spec.part.kind, ExprKind::LineField(name) if *name == "part") {
                    *why = Some("it sets aside another part than that of the line".to_owned());
                }
                if spec.to.clearing {
                    self.add(held(&spec.to));
                }
            }
            ClauseKind::Obligation(spec) => {
                self.add(Counted::Owed(spec.kind.clone()));
                if !in_line {
                    *why = Some("it owes something outside of its lines".to_owned());
                }
            }
            ClauseKind::Issue { with_reverse: true, .. } if in_line => *why = Some("it issues a reverse paper for each line".to_owned()),
            ClauseKind::Issue { document, with_reverse: true, .. } => self.add(Counted::Reverse(document.clone())),
            ClauseKind::Set(name, _) if *name == "part" && in_line => *why = Some("the part of a line can become another".to_owned()),
            _ => {}
        }
    }
}

/// The clauses of a transition, and whether they stand in `each line`.
pub fn clauses(transition: &Transition) -> Vec<(&Clause, bool)> {
    let mut all = Vec::new();
    for clause in &transition.body {
        all.push((clause, false));
        if let ClauseKind::EachLine(each) = &clause.kind {
            all.extend(each.body.iter().map(|c| (c, true)));
        }
    }
    all
}

/// Two fields that could name one party must not have the same clearing bin: what stands there would be counted twice.
fn apart(workflow: &Workflow, variables: &Variables) -> Result<(), String> {
    let kinds = |name: &Name| workflow.field(name.as_str()).map(|f: &Field| f.kinds.clone()).unwrap_or_default();
    for (n, one) in variables.all.iter().enumerate() {
        for other in variables.all.iter().skip(n + 1) {
            if let (Counted::Held(Some(a), bin), Counted::Held(Some(b), same)) = (one, other)
                && bin == same
                && kinds(a).iter().any(|kind| kinds(b).contains(kind))
            {
                return Err(format!("`{a}` and `{b}` could be the same party, and both have `{bin}`"));
            }
        }
    }
    Ok(())
}

/// A started document must not take what this one holds.
fn children(book: &Book, workflow: &Workflow, variables: &Variables) -> Result<(), String> {
    let mut started: BTreeSet<&Name> = BTreeSet::new();
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Start(spec) = &clause.kind {
                started.insert(&spec.workflow);
            }
        });
    }
    for name in started {
        let Some(child) = book.workflows.get(name) else { continue };
        let takes = |bin: &Name| variables.all.iter().any(|c| matches!(c, Counted::Held(_, b) if b == bin));
        if let Some(bin) = taken(child).into_iter().find(takes) {
            return Err(format!("a `{name}` that it starts can take what it holds in `{bin}`"));
        }
    }
    Ok(())
}

/// Clearing bins that a workflow takes from.
fn taken(workflow: &Workflow) -> BTreeSet<Name> {
    bins(workflow, |spec| &spec.from)
}

fn bins(workflow: &Workflow, end: fn(&crate::model::MoveSpec) -> &PlaceSpec) -> BTreeSet<Name> {
    let mut bins = BTreeSet::new();
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Move(spec) = &clause.kind
                && end(spec).clearing
            {
                bins.insert(end(spec).bin.clone());
            }
        });
    }
    bins
}

/// Clearing bins in which a document that starts one of these may hold parts.
fn lent(book: &Book, workflow: &Workflow) -> BTreeSet<Name> {
    let mut lent = BTreeSet::new();
    for other in book.workflows.values() {
        let mut starts = false;
        for transition in &other.transitions {
            walk::clauses(&transition.body, &mut |clause| {
                starts |= matches!(&clause.kind, ClauseKind::Start(spec) if spec.workflow == workflow.name);
            });
        }
        if starts {
            lent.extend(bins(other, |spec| &spec.to));
        }
    }
    lent
}

/// The party fields that a transition changes, while parts may stand at them.
pub fn parties_changed(workflow: &Workflow, transition: &Transition) -> BTreeSet<Name> {
    let party = |name: &Name| workflow.field(name.as_str()).is_some_and(|f| f.kind == FieldKind::Party);
    let mut changed = BTreeSet::new();
    for clause in transition.body.iter().filter(|_| !transition.opens()) {
        match &clause.kind {
            ClauseKind::Set(name, _) if party(name) => {
                changed.insert(name.clone());
            }
            ClauseKind::Ask(asks) => changed.extend(asks.iter().map(|a| a.field.clone()).filter(|n| party(n))),
            _ => {}
        }
    }
    changed
}
