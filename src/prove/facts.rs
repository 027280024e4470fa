//! What a proof must tell apart: the fields that some transition reads before anyone gives them anew, the bins that parts
//! are taken from, and what the flows make of the answers of rules.
//!
//! Must not know how worlds are explored. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::domain::Value;
use crate::model::{BinaryOp, Book, Choosing, Clause, ClauseKind, Expr, ExprKind, MoveQuantity, Query, Transition, Within, Workflow};

/// What is read of a rule's answers: property (empty for an answer that is no record), and the values it is compared with.
pub type Readings = BTreeMap<Name, BTreeMap<Name, Vec<Value>>>;

/// What matters of the documents of one workflow.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Document fields that are read before they are given or set.
    pub fields: BTreeSet<Name>,
    /// Line fields that are read before they are given or set.
    pub line_fields: BTreeSet<Name>,
    /// Outside bins that parts come back from.
    pub back_from: BTreeSet<Name>,
    /// Whether it waits for the documents that it has started.
    pub awaits: bool,
    /// Whether something leads back to where a document came from.
    pub goes_back: bool,
    /// Workflows that it starts.
    pub starts: BTreeSet<Name>,
}

impl Facts {
    /// The facts of a workflow.
    #[must_use]
    pub fn of(workflow: &Workflow) -> Self {
        let mut facts = Self::default();
        for transition in &workflow.transitions {
            let mut given = Given::default();
            given.input(transition);
            facts.body(&transition.body, &mut given);
            facts.goes_back |= transition.goal == crate::model::Goal::Back;
            walk::clauses(&transition.body, &mut |clause| match &clause.kind {
                ClauseKind::Start(spec) => {
                    facts.starts.insert(spec.workflow.clone());
                }
                ClauseKind::Move(spec) if spec.from.outside => {
                    facts.back_from.insert(spec.from.bin.clone());
                }
                _ => {}
            });
            walk::expressions(&transition.body, &mut |e| facts.awaits |= is_waiting(e));
        }
        if let Some(inbound) = &workflow.inbound {
            facts.read(&inbound.quantity, &Given::default());
        }
        facts
    }

    fn body(&mut self, body: &[Clause], given: &mut Given) {
        for clause in body {
            if let Some(when) = &clause.when {
                self.read(when, given);
            }
            self.clause(&clause.kind, given);
            given.written(clause);
        }
    }

    fn clause(&mut self, kind: &ClauseKind, given: &mut Given) {
        match kind {
            ClauseKind::Let(_, value) | ClauseKind::Set(_, value) | ClauseKind::CloseBooks(value) => self.read(value, given),
            ClauseKind::Require(guard) => self.read(&guard.test, given),
            ClauseKind::EachLine(each) => {
                each.filter.iter().for_each(|f| self.read(f, given));
                let mut inside = given.clone();
                if each.filter.is_none() {
                    inside.asked(&each.body, true);
                }
                self.body(&each.body, &mut inside);
                if each.filter.is_none() {
                    *given = inside;
                }
            }
            ClauseKind::Move(spec) => {
                if let MoveQuantity::Exactly(q) | MoveQuantity::UpTo(q) = &spec.quantity {
                    self.read(q, given);
                }
                self.read(&spec.part, given);
                if let Choosing::Rule(_, args) = &spec.choosing {
                    args.iter().flatten().for_each(|a| self.read(a, given));
                }
                let changes = [&spec.changes.condition, &spec.changes.owner, &spec.changes.pool];
                changes.into_iter().flatten().for_each(|e| self.read(e, given));
            }
            ClauseKind::Obligation(spec) => {
                spec.quantity.iter().chain([&spec.part]).for_each(|e| self.read(e, given));
                if let Some(Within::Days(days)) = &spec.within {
                    self.read(days, given);
                }
            }
            ClauseKind::Start(spec) => spec.with.iter().chain(&spec.lines).for_each(|(_, e)| self.read(e, given)),
            _ => {}
        }
    }

    fn read(&mut self, expr: &Expr, given: &Given) {
        walk::expr(expr, &mut |e| match &e.kind {
            ExprKind::Field(name) if !given.fields.contains(name) => {
                self.fields.insert(name.clone());
            }
            ExprKind::LineField(name) if !given.line_fields.contains(name) => {
                self.line_fields.insert(name.clone());
            }
            _ => {}
        });
    }
}

fn is_waiting(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Query(q) if matches!(**q, Query::AllStartedEnded))
}

/// The fields that have been given or set in this transition already.
#[derive(Debug, Clone, Default)]
struct Given {
    fields: BTreeSet<Name>,
    line_fields: BTreeSet<Name>,
}

impl Given {
    fn input(&mut self, transition: &Transition) {
        self.asked(&transition.body, false);
    }

    fn asked(&mut self, body: &[Clause], of_line: bool) {
        let into = if of_line { &mut self.line_fields } else { &mut self.fields };
        for clause in body {
            if let ClauseKind::Ask(asks) = &clause.kind {
                into.extend(asks.iter().filter(|a| !a.optional).map(|a| a.field.clone()));
            }
        }
    }

    fn written(&mut self, clause: &Clause) {
        if clause.when.is_some() {
            return;
        }
        if let ClauseKind::Set(field, _) = &clause.kind {
            self.fields.insert(field.clone());
            self.line_fields.insert(field.clone());
        }
        if let ClauseKind::Move(spec) = &clause.kind
            && let Some(field) = &spec.counting
        {
            self.line_fields.insert(field.clone());
        }
    }
}

/// What all flows of a book read of the answers of rules.
#[must_use]
pub fn readings(book: &Book) -> Readings {
    let mut readings = Readings::new();
    for workflow in book.workflows.values() {
        for transition in &workflow.transitions {
            let mut lets: BTreeMap<Name, Name> = BTreeMap::new();
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Let(name, Expr { kind: ExprKind::Rule(rule, _), .. }) = &clause.kind {
                    lets.insert(name.clone(), rule.clone());
                }
                if let ClauseKind::Move(spec) = &clause.kind
                    && let Choosing::Rule(rule, _) = &spec.choosing
                {
                    readings.entry(rule.clone()).or_default().entry("take".into()).or_default();
                }
            });
            walk::expressions(&transition.body, &mut |e| note(e, &lets, &mut readings));
        }
    }
    readings
}

fn note(e: &Expr, lets: &BTreeMap<Name, Name>, readings: &mut Readings) {
    let read = |e: &Expr| -> Option<(Name, Name)> {
        let ExprKind::Property(of, property) = &e.kind else { return None };
        match &of.kind {
            ExprKind::Local(name) => lets.get(name).map(|rule| (rule.clone(), property.clone())),
            ExprKind::Rule(rule, _) => Some((rule.clone(), property.clone())),
            _ => None,
        }
    };
    if let Some((rule, property)) = read(e) {
        readings.entry(rule).or_default().entry(property).or_default();
    }
    if let ExprKind::Binary(BinaryOp::Is | BinaryOp::IsNot, a, b) = &e.kind
        && let Some((rule, property)) = read(a)
        && let ExprKind::Const(value) = &b.kind
    {
        readings.entry(rule).or_default().entry(property).or_default().push(value.clone());
    }
}
