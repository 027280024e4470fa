//! What started documents take, bit by bit, of what the one that started them holds: not known while they run, but exactly
//! what their lines were given once they have ended, where their own sums show that.
//!
//! Between the two it is counted as promised. Whose units a started document takes is left to the engine: the sum over all
//! lines of a part is what it is. Must not know how states are walked. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::domain::Value;
use crate::model::{Book, Clause, ClauseKind, Expr, ExprKind, MoveQuantity, MoveSpec, StartSpec, Transition, Workflow};
use crate::prove::facts::paused;

use super::Stop;
use super::algebra::Sum;
use super::path::{Known, Path};
use super::states::{Prover, is_still, targets};
use super::variables::{Counted, Variables, clauses, held, kinds, places};

/// What one line of a document has taken of the starter's bins when it ends, where these choices are made: all that the
/// field says, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    known: Known,
    taken: BTreeMap<Counted, Option<Name>>,
}

/// What a started document will have taken of a counter.
#[derive(Debug, Clone)]
pub struct Effect {
    workflow: Name,
    from: usize,
    known: Known,
    takes: Option<Name>,
}

impl Effect {
    /// Whether it is about this counter.
    pub const fn is_on(&self, n: usize) -> bool {
        self.from == n
    }

    fn is_of(&self, spec: &StartSpec) -> bool {
        let given = |name: &Name| spec.with.iter().find(|(n, _)| n == name).and_then(|(_, e)| if let ExprKind::Const(v) = &e.kind { Some(v) } else { None });
        spec.workflow == self.workflow && self.known.iter().all(|(name, value)| given(name).is_none_or(|g| g == value))
    }
}

impl Variables {
    /// What a started document takes until it ends, by counter, with the field that says how much.
    pub fn promises(&self, spec: &StartSpec) -> Result<Vec<(usize, Name)>, Stop> {
        let of_spec = || self.effects.iter().filter(|e| e.is_of(spec));
        let mut found: Vec<(usize, Name)> = Vec::new();
        for effect in of_spec() {
            if of_spec().any(|other| other.from == effect.from && other.takes != effect.takes) {
                return Err(Stop::Because(format!("what a `{}` takes depends on what it is given", spec.workflow)));
            }
            if let Some(field) = effect.takes.clone().filter(|_| !found.iter().any(|(n, _)| *n == effect.from)) {
                found.push((effect.from, field));
            }
        }
        Ok(found)
    }

    /// Notes what the documents of a workflow will have taken of a counter when they end; false where that is not known.
    pub fn promise(&mut self, (book, child): (&Book, &Workflow), starts: &[&StartSpec], n: usize, takes: &[(&Transition, &MoveSpec)]) -> bool {
        let Some(Counted::Held(Some(party), bin)) = self.all.get(n).cloned() else { return false };
        let Some((_, first)) = takes.first() else { return false };
        let Some(theirs) = first.from.party.clone() else { return false };
        let given = |spec: &&StartSpec| spec.with.iter().any(|(name, e)| *name == theirs && matches!(&e.kind, ExprKind::Field(f) if *f == party));
        let one_place = takes.iter().all(|(_, spec)| spec.from.party.as_ref() == Some(&theirs));
        let filled = places(child, |spec| &spec.to).iter().any(|p| p.bin == bin && p.party.as_ref().is_none_or(|p| overlap(child, p, &theirs)));
        let alone = self.alike(n).next().is_none();
        if !(alone && one_place && !filled && simple(child, &theirs) && starts.iter().all(given)) {
            return false;
        }
        let Some(ends) = super::ends(book, child) else { return false };
        let place = Counted::Borrowed(Some(theirs), bin.clone());
        let told = |field: &Name| starts.iter().all(|spec| spec.lines.iter().any(|(name, _)| name == field));
        let effects: Vec<Effect> = ends
            .into_iter()
            .map(|end| Effect { workflow: child.name.clone(), from: n, takes: end.taken.get(&place).cloned().flatten(), known: end.known })
            .collect();
        if !effects.iter().filter_map(|e| e.takes.as_ref()).all(told) {
            return false;
        }
        self.effects.extend(effects);
        self.add(Counted::Promised(Some(party), bin));
        true
    }

    /// Whether what is put aside outside of the lines goes at once to a document that is started with it, and nothing else does.
    pub fn goes_on(&self, transition: &Transition) -> bool {
        let outside = || transition.body.iter().filter(|c| !matches!(c.kind, ClauseKind::EachLine(_)));
        let put: Vec<&Clause> = outside().filter(|c| matches!(&c.kind, ClauseKind::Move(spec) if spec.to.clearing || spec.from.clearing)).collect();
        let given: Vec<&Clause> =
            outside().filter(|c| matches!(&c.kind, ClauseKind::Start(spec) if self.promises(spec).map_or(true, |p| !p.is_empty()))).collect();
        match (put.as_slice(), given.as_slice()) {
            ([], []) => true,
            ([put], [given]) => self.same(transition, put, given),
            _ => false,
        }
    }

    fn same(&self, transition: &Transition, put: &Clause, given: &Clause) -> bool {
        let (ClauseKind::Move(spec), ClauseKind::Start(start)) = (&put.kind, &given.kind) else { return false };
        let MoveQuantity::Exactly(quantity) = &spec.quantity else { return false };
        let Ok(promises) = self.promises(start) else { return false };
        let [(to, field)] = promises.as_slice() else { return false };
        let told = |name: &str| start.lines.iter().find(|(n, _)| *n == name).map(|(_, e)| e);
        let alike = |a: &Expr, b: Option<&Expr>| match (&a.kind, b.map(|b| &b.kind)) {
            (ExprKind::Field(a), Some(ExprKind::Field(b))) => {
                a == b && !transition.body.iter().any(|c| matches!(&c.kind, ClauseKind::Set(name, _) if name == a))
            }
            _ => false,
        };
        let always = put.when.is_none() && given.when.is_none() && !spec.from.clearing;
        always && self.find(&held(&spec.to)) == Some(*to) && alike(quantity, told(field.as_str())) && alike(&spec.part, told("part"))
    }

    /// In which states started documents may be taking what is counted here: those that come after they were started.
    pub fn shared(&self, workflow: &Workflow) -> BTreeSet<(Name, usize)> {
        let started = |transition: &Transition| {
            let mut given: BTreeSet<usize> = BTreeSet::new();
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Start(spec) = &clause.kind {
                    given.extend(self.effects.iter().filter(|e| e.is_of(spec) && e.takes.is_some()).map(|e| e.from));
                    given.extend(self.taken.iter().filter(|(child, _)| *child == spec.workflow).map(|(_, n)| *n));
                }
            });
            given
        };
        let paused = paused(workflow);
        let goes = |t: &&Transition| !t.from.is_empty() && !t.changes_nothing() && !is_still(&paused, t);
        let mut shared: BTreeSet<(Name, usize)> = BTreeSet::new();
        for opening in workflow.transitions.iter().filter(|t| t.opens()) {
            shared.extend(opening.to.iter().flat_map(|state| started(opening).into_iter().map(move |n| (state.clone(), n))));
        }
        loop {
            let before = shared.len();
            for transition in workflow.transitions.iter().filter(goes) {
                for from in &transition.from {
                    let mut given = started(transition);
                    given.extend(shared.iter().filter(|(state, _)| state == from).map(|(_, n)| *n));
                    let targets = targets(transition, from);
                    shared.extend(targets.iter().flat_map(|state| given.iter().map(|n| (state.clone(), *n))));
                }
            }
            if shared.len() == before {
                return shared;
            }
        }
    }

    /// All that was promised has been taken: everything that was started has ended.
    pub fn all_ended(&self, values: &mut [Sum]) {
        for (counted, value) in self.all.iter().zip(values) {
            if matches!(counted, Counted::Promised(..)) {
                *value = Sum::default();
            }
        }
    }
}

/// Whether nothing but the lines it is given can make a started document take more or less, or keep it from opening.
fn simple(child: &Workflow, party: &Name) -> bool {
    let mut openings = child.transitions.iter().filter(|t| t.opens());
    let (Some(opening), None) = (openings.next(), openings.next()) else { return false };
    let refuses = |c: &Clause| {
        use ClauseKind as K;
        matches!(c.kind, K::Require(_) | K::Claim { .. } | K::Ask(_) | K::AskLines | K::Obligation(_) | K::Move(_) | K::Start(_) | K::Issue { .. })
    };
    let changes = |c: &Clause| matches!(&c.kind, ClauseKind::AskLines) || matches!(&c.kind, ClauseKind::Set(name, _) if name == party || *name == "part");
    let asks = |c: &Clause| matches!(&c.kind, ClauseKind::Ask(asks) if asks.iter().any(|a| a.field == *party));
    !clauses(opening).iter().any(|(c, _)| refuses(c)) && !child.transitions.iter().any(|t| clauses(t).iter().any(|(c, _)| changes(c) || asks(c)))
}

fn overlap(workflow: &Workflow, a: &Name, b: &Name) -> bool {
    kinds(workflow, a).iter().any(|kind| kinds(workflow, b).contains(kind))
}

impl Prover<'_> {
    /// What a started document is promised, out of what its line holds.
    pub(super) fn promised(&self, path: &mut Path, spec: &StartSpec) -> Result<(), Stop> {
        if !path.in_line {
            return Ok(());
        }
        for (n, field) in self.variables.promises(spec)? {
            let of_line = spec.lines.iter().any(|(name, e)| *name == "part" && matches!(&e.kind, ExprKind::LineField(f) if *f == "part"));
            let given = spec.lines.iter().find(|(name, _)| *name == field).map(|(_, e)| e);
            let sum = given.map(|e| path.sum(self.reading(), e)).transpose()?.flatten();
            let Some(sum) = sum.filter(|_| of_line) else {
                return Err(Stop::Because(format!("it is no sum what a `{}` is to take", spec.workflow)));
            };
            if !path.never_negative(&sum)? {
                return Err(Stop::Because(format!("a `{}` could be given less than nothing", spec.workflow)));
            }
            let Some(Counted::Held(party, bin)) = self.variables.all.get(n).cloned() else { continue };
            let left = path.values.get(n).map(|v| v.minus(&sum)).transpose()?;
            if let (Some(left), Some(slot)) = (left, path.values.get_mut(n)) {
                *slot = left;
            }
            self.add(path, &Counted::Promised(party, bin), &sum)?;
        }
        Ok(())
    }

    /// Notes what a document that ends has taken of what the one that started it holds.
    pub(super) fn borrowed(&self, path: &Path) -> Result<(), Stop> {
        let mut taken = BTreeMap::new();
        for (counted, value) in self.variables.all.iter().zip(&path.values) {
            if !matches!(counted, Counted::Borrowed(..)) {
                continue;
            }
            let says = |(other, of_line): (&Counted, &Sum)| match other {
                Counted::Field(name) if self.workflow.line_field(name.as_str()).is_some_and(|f| self.workflow.leaves_alone(f)) => {
                    value.minus(of_line).is_ok_and(|d| d.is_zero()).then(|| name.clone())
                }
                _ => None,
            };
            let field = if value.is_zero() { None } else { self.variables.all.iter().zip(&path.values).find_map(says) };
            if field.is_none() && !value.is_zero() {
                return Err(Stop::Because("it does not follow from the sums how much it takes of what its starter holds".to_owned()));
            }
            taken.insert(counted.clone(), field);
        }
        let choices = |name: &Name, _: &Value| self.workflow.field(name.as_str()).is_some_and(|f| self.workflow.leaves_alone(f));
        let known: Known = path.known.iter().filter(|(name, value)| choices(name, value)).map(|(n, v)| (n.clone(), v.clone())).collect();
        let end = End { known, taken };
        let mut ended = self.ended.borrow_mut();
        if !ended.contains(&end) {
            ended.push(end);
        }
        Ok(())
    }
}
