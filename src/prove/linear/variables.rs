//! What a line counts: its quantities, what the document holds for it in each clearing bin, what is owed for it, and the
//! reverse papers that are open. And why a workflow is none that can be proved by its numbers.
//!
//! Must not know how states are walked. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::model::{
    Book, Choosing, Clause, ClauseKind, Expr, ExprKind, Field, FieldKind, MoveQuantity, MoveSpec, PlaceSpec, StartSpec, Transition, Type, Workflow,
};

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
    /// Places that this workflow takes from, in which a document that starts it may hold parts too.
    pub lent: BTreeSet<(Option<Name>, Name)>,
    /// What started documents can take, at any time and as much as is there.
    pub taken: BTreeSet<usize>,
    /// What started documents take as they open, and then no more.
    pub handed: Vec<Handed>,
}

/// What a started document takes as it opens: all that its line is given.
#[derive(Debug, Clone)]
pub struct Handed {
    /// The started workflow.
    pub workflow: Name,
    /// What it takes from, by its number.
    pub from: usize,
    /// The field of its lines that says how much.
    pub field: Name,
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
        found.lend(book, workflow);
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

impl Variables {
    /// Finds out what started documents take of what this one holds.
    fn lend(&mut self, book: &Book, workflow: &Workflow) {
        let starts = starts(workflow);
        let started: BTreeSet<&Name> = starts.iter().map(|s| &s.workflow).collect();
        for child in started.into_iter().filter_map(|name| book.workflows.get(name)) {
            let starts: Vec<&StartSpec> = starts.iter().copied().filter(|s| s.workflow == child.name).collect();
            for n in 0..self.all.len() {
                let Some(Counted::Held(Some(party), bin)) = self.all.get(n) else { continue };
                let takes = takes(child, bin, &kinds(workflow, party));
                match whole(child, &takes, &starts, party) {
                    _ if takes.is_empty() => {}
                    Some(field) => self.handed.push(Handed { workflow: child.name.clone(), from: n, field }),
                    None => drop(self.taken.insert(n)),
                }
            }
        }
    }
}

fn starts(workflow: &Workflow) -> Vec<&StartSpec> {
    let mut found: Vec<&StartSpec> = Vec::new();
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Start(spec) = &clause.kind {
                found.push(spec);
            }
        });
    }
    found
}

fn kinds(workflow: &Workflow, party: &Name) -> Vec<Name> {
    workflow.field(party.as_str()).map(|f: &Field| f.kinds.clone()).unwrap_or_default()
}

/// The moves of a workflow out of a clearing bin, at parties of these kinds.
fn takes<'w>(workflow: &'w Workflow, bin: &Name, at: &[Name]) -> Vec<(&'w Transition, &'w MoveSpec)> {
    let mut found = Vec::new();
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Move(spec) = &clause.kind
                && spec.from.clearing
                && spec.from.bin == *bin
                && spec.from.party.as_ref().is_none_or(|p| kinds(workflow, p).iter().any(|kind| at.contains(kind)))
            {
                found.push((transition, &**spec));
            }
        });
    }
    found
}

/// The line field that says how much, where a started document takes exactly that as it opens, from the part and the party
/// that it is given, is never refused for anything else, and takes nothing later.
fn whole(child: &Workflow, takes: &[(&Transition, &MoveSpec)], starts: &[&StartSpec], party: &Name) -> Option<Name> {
    let [(opening, spec)] = takes else { return None };
    let MoveQuantity::Exactly(Expr { kind: ExprKind::LineField(field), .. }) = &spec.quantity else { return None };
    let of_line = |e: &Expr| matches!(&e.kind, ExprKind::LineField(name) if *name == "part");
    let of_party = |e: &Expr| matches!(&e.kind, ExprKind::Field(name) if name == party);
    let simple = clauses(opening).iter().all(|(clause, in_line)| match &clause.kind {
        ClauseKind::EachLine(each) => each.filter.is_none(),
        ClauseKind::Move(_) => clause.when.is_none() && *in_line,
        kind => !matches!(kind, ClauseKind::Require(_) | ClauseKind::Claim { .. } | ClauseKind::Ask(_) | ClauseKind::Obligation(_)),
    });
    let one_opening = child.transitions.iter().filter(|t| t.opens()).count() == 1;
    let given = |start: &&StartSpec| {
        start.lines.iter().any(|(name, _)| name == field)
            && start.lines.iter().any(|(name, e)| *name == "part" && of_line(e))
            && start.with.iter().any(|(name, e)| Some(name) == spec.from.party.as_ref() && of_party(e))
    };
    let fits = opening.opens() && one_opening && simple && of_line(&spec.part) && matches!(spec.choosing, Choosing::Oldest);
    (fits && starts.iter().all(given)).then(|| field.clone())
}

/// Places of this workflow in which a document that starts one of these may hold parts.
fn lent(book: &Book, workflow: &Workflow) -> BTreeSet<(Option<Name>, Name)> {
    let mut lent = BTreeSet::new();
    for starter in book.workflows.values().filter(|w| starts(w).iter().any(|s| s.workflow == workflow.name)) {
        for filled in places(starter, |spec| &spec.to) {
            let there = |party: &Option<Name>, of: &Workflow| party.as_ref().map(|p| kinds(of, p));
            let same = |taken: &&PlaceSpec| match (there(&filled.party, starter), there(&taken.party, workflow)) {
                (Some(a), Some(b)) => taken.bin == filled.bin && a.iter().any(|kind| b.contains(kind)),
                _ => taken.bin == filled.bin,
            };
            lent.extend(places(workflow, |spec| &spec.from).into_iter().filter(same).map(|p| (p.party.clone(), p.bin.clone())));
        }
    }
    lent
}

/// The clearing places at one end of the moves of a workflow.
fn places(workflow: &Workflow, end: fn(&MoveSpec) -> &PlaceSpec) -> Vec<&PlaceSpec> {
    let mut found = Vec::new();
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Move(spec) = &clause.kind
                && end(spec).clearing
            {
                found.push(end(spec));
            }
        });
    }
    found
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
