//! What a line counts: its quantities, what the document holds for it in each clearing bin, what is owed for it, and the
//! reverse papers that are open. And why a workflow is none that can be proved by its numbers.
//!
//! Must not know how states are walked. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::model::{
    Book, Choosing, Clause, ClauseKind, Expr, ExprKind, Field, FieldKind, Goal, MoveQuantity, MoveSpec, PlaceSpec, StartSpec, Transition, Type, Workflow,
};

use super::promises::Effect;

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
    /// What the documents that it has started will have taken of a clearing bin when they end.
    Promised(Option<Name>, Name),
    /// What it has taken out of a clearing bin of what the document that started it holds.
    Borrowed(Option<Name>, Name),
}

impl Counted {
    /// Whether it must be nothing at the end.
    pub const fn must_end(&self) -> bool {
        !matches!(self, Self::Field(_) | Self::Borrowed(..))
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
    /// Whether it is counted what is taken of what the document that starts one of these holds.
    pub for_starter: bool,
    /// Places that this workflow takes from, in which a document that starts it may hold parts too.
    pub lent: BTreeSet<(Option<Name>, Name)>,
    /// Counters of one bin at two fields that could name the same party, by their numbers.
    alike: Vec<(usize, usize)>,
    /// What started documents will have taken when they end.
    pub effects: Vec<Effect>,
    /// What documents of a workflow can take, once they are started, at any time and as much as is there.
    pub taken: BTreeSet<(Name, usize)>,
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

    /// The counters that could be of the same bin of the same party as this one.
    pub fn alike(&self, n: usize) -> impl Iterator<Item = usize> + '_ {
        self.alike.iter().filter(move |(one, _)| *one == n).map(|(_, other)| *other)
    }

    pub(super) fn add(&mut self, counted: Counted) {
        if !self.index.contains_key(&counted) {
            self.index.insert(counted.clone(), self.all.len());
            self.all.push(counted);
        }
    }

    /// What a workflow counts, or why that cannot be said; for whoever starts it, also what it takes from that one.
    pub fn of(book: &Book, workflow: &Workflow, for_starter: bool) -> Result<Self, String> {
        let mut found = Self { for_starter, ..Self::default() };
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
        found.alike = alike(workflow, &found);
        found.lent = lent(book, workflow);
        if for_starter {
            let borrowed: Vec<Counted> = found.lent.iter().map(|(party, bin)| Counted::Borrowed(party.clone(), bin.clone())).collect();
            borrowed.into_iter().for_each(|counted| found.add(counted));
        }
        found.lend(book, workflow);
        if found.effects.iter().any(|e| found.taken.iter().any(|(_, n)| e.is_on(*n))) {
            return Err("several documents that it starts take from one bin".to_owned());
        }
        match workflow.transitions.iter().find(|t| !found.goes_on(t)) {
            Some(transition) => Err(format!("`{}` sets parts aside outside of its lines", transition.name)),
            None => Ok(found),
        }
    }

    fn clause(&mut self, clause: &Clause, in_line: bool, why: &mut Option<String>) {
        match &clause.kind {
            ClauseKind::Move(spec) => {
                let clearing = spec.from.clearing || spec.to.clearing;
                if clearing && in_line && !matches!(&spec.part.kind, ExprKind::LineField(name) if *name == "part") {
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

/// Two fields that could name one party, and have the same clearing bin: what stands there is of both.
fn alike(workflow: &Workflow, variables: &Variables) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (n, one) in variables.all.iter().enumerate() {
        for (m, other) in variables.all.iter().enumerate().filter(|(m, _)| *m != n) {
            if let (Counted::Held(Some(a), bin), Counted::Held(Some(b), same)) = (one, other)
                && bin == same
                && kinds(workflow, a).iter().any(|kind| kinds(workflow, b).contains(kind))
            {
                found.push((n, m));
            }
        }
    }
    found
}

impl Variables {
    /// Finds out what started documents take of what this one holds.
    fn lend(&mut self, book: &Book, workflow: &Workflow) {
        let starts = starts(workflow);
        // Another document of this workflow takes nothing but its own: that is seen where it takes.
        let started: BTreeSet<&Name> = starts.iter().map(|s| &s.workflow).filter(|name| **name != workflow.name).collect();
        for child in started.into_iter().filter_map(|name| book.workflows.get(name)) {
            let starts: Vec<&StartSpec> = starts.iter().copied().filter(|s| s.workflow == child.name).collect();
            for n in 0..self.all.len() {
                let Some(Counted::Held(Some(party), bin)) = self.all.get(n) else { continue };
                let takes = takes(child, bin, &kinds(workflow, party));
                match whole(child, &takes, &starts, party) {
                    _ if takes.is_empty() => {}
                    Some(field) => self.handed.push(Handed { workflow: child.name.clone(), from: n, field }),
                    None if !self.for_starter && self.promise((book, child), &starts, n, &takes) => {}
                    None => drop(self.taken.insert((child.name.clone(), n))),
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

pub(super) fn kinds(workflow: &Workflow, party: &Name) -> Vec<Name> {
    workflow.field(party.as_str()).map(|f: &Field| f.kinds.clone()).unwrap_or_default()
}

/// The moves of a workflow out of a clearing bin, at parties of these kinds; but for those of all that is held, which is its own.
fn takes<'w>(workflow: &'w Workflow, bin: &Name, at: &[Name]) -> Vec<(&'w Transition, &'w MoveSpec)> {
    let mut found = Vec::new();
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Move(spec) = &clause.kind
                && spec.from.clearing
                && spec.from.bin == *bin
                && !matches!(spec.quantity, MoveQuantity::All)
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

/// Whether documents of a workflow go on after they have started one of another: one that has ended holds nothing.
fn goes_on(starter: &Workflow, started: &Name) -> bool {
    let is_final = |state: &Name| starter.state(state.as_str()).is_some_and(|s| s.is_final);
    let starts = |t: &Transition| clauses(t).iter().any(|(c, _)| matches!(&c.kind, ClauseKind::Start(s) if s.workflow == *started));
    starter.transitions.iter().any(|t| starts(t) && (t.goal != Goal::States || !t.to.iter().all(is_final)))
}

/// Places of this workflow in which a document that starts one of these may hold parts.
fn lent(book: &Book, workflow: &Workflow) -> BTreeSet<(Option<Name>, Name)> {
    let mut lent = BTreeSet::new();
    for starter in book.workflows.values().filter(|w| goes_on(w, &workflow.name)) {
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
pub(super) fn places(workflow: &Workflow, end: fn(&MoveSpec) -> &PlaceSpec) -> Vec<&PlaceSpec> {
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

/// The party fields that somebody names anew in a transition, while parts may stand at them.
pub fn parties_asked(workflow: &Workflow, transition: &Transition) -> BTreeSet<Name> {
    let asks = transition.body.iter().filter(|_| !transition.opens()).filter_map(|c| if let ClauseKind::Ask(asks) = &c.kind { Some(asks) } else { None });
    asks.flatten().map(|a| a.field.clone()).filter(|name| is_party(workflow, name)).collect()
}

/// The party fields that a transition changes.
pub fn parties_changed(workflow: &Workflow, transition: &Transition) -> BTreeSet<Name> {
    let mut changed = parties_asked(workflow, transition);
    let set = transition.body.iter().filter(|_| !transition.opens()).filter_map(|c| if let ClauseKind::Set(name, _) = &c.kind { Some(name) } else { None });
    changed.extend(set.filter(|name| is_party(workflow, name)).cloned());
    changed
}

/// Whether a field of the document names a party.
pub fn is_party(workflow: &Workflow, name: &Name) -> bool {
    workflow.field(name.as_str()).is_some_and(|f| f.kind == FieldKind::Party)
}
