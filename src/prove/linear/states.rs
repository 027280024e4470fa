//! From state to state: in each the smallest set of sums that holds on every way there, until none grows.
//!
//! Must not know what one clause does to a counter, nor what is tried in which order. Tests: `tests/it/proofs.rs`.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use crate::base::{Name, Span};
use crate::check::walk;
use crate::domain::Value;
use crate::model::{Book, Clause, ClauseKind, Goal, Transition, Workflow};
use crate::prove::facts::Facts;

use super::algebra::{Fraction, Hull, Sum};
use super::bounds::AtLeast;
use super::path::{Known, Path, Reading, each};
use super::promises::End;
use super::variables::{self, Counted, Variables, parties_asked};
use super::{Choices, MOST_WAYS, Stop};

/// The states that a transition can lead to from this one.
pub fn targets<'w>(transition: &'w Transition, from: &'w Name) -> &'w [Name] {
    if transition.goal == Goal::Same { std::slice::from_ref(from) } else { &transition.to }
}

/// Whether a transition only halts, or goes on from where it was halted: it changes nothing.
pub fn is_still(paused: &BTreeSet<Name>, t: &Transition) -> bool {
    t.goal == Goal::Back && t.from.iter().all(|s| paused.contains(s)) || t.goal == Goal::States && !t.to.is_empty() && t.to.iter().all(|s| paused.contains(s))
}

/// Follows one workflow.
pub struct Prover<'a> {
    pub(super) book: &'a Book,
    pub(super) workflow: &'a Workflow,
    pub(super) variables: &'a Variables,
    pub(super) choices: Choices,
    pub(super) facts: Facts,
    /// Counters that started documents may be taking from, by state.
    pub(super) shared: BTreeSet<(Name, usize)>,
    /// What is taken to hold between transitions, and which of it does not.
    pub(super) bounds: Vec<AtLeast>,
    pub(super) broken: RefCell<BTreeSet<usize>>,
    pub(super) unsure: Rc<RefCell<BTreeSet<Span>>>,
    /// Fields of lines that only the workflow itself changes.
    pub(super) kept: BTreeSet<Name>,
    /// Whether counters are forgotten that only go on being counted.
    pub(super) forgets: bool,
    /// What documents have taken when they end.
    pub(super) ended: RefCell<Vec<End>>,
}

/// A state with what is chosen in it.
type At = (Name, Vec<(Name, Value)>);

impl<'a> Prover<'a> {
    pub fn new(book: &'a Book, workflow: &'a Workflow, variables: &'a Variables, choices: Choices, bounds: Vec<AtLeast>) -> Self {
        let (facts, shared) = (Facts::of(workflow), variables.shared(workflow));
        let kept = workflow.line_fields.iter().filter(|f| workflow.keeps(f)).map(|f| f.name.clone()).collect();
        Self {
            book,
            workflow,
            variables,
            choices,
            facts,
            shared,
            bounds,
            broken: RefCell::default(),
            unsure: Rc::default(),
            kept,
            forgets: false,
            ended: RefCell::default(),
        }
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { book: self.book, variables: self.variables, unsure: &self.unsure }
    }

    /// Follows every transition from every state.
    pub fn walk(&self) -> Result<(), Stop> {
        let mut hulls: Vec<(At, Hull)> = Vec::new();
        let mut waiting: VecDeque<At> = VecDeque::new();
        for opening in self.workflow.transitions.iter().filter(|t| t.opens()) {
            let ways = self.begin(opening)?;
            self.arrive(opening, None, ways, &mut hulls, &mut waiting)?;
        }
        while let Some(at) = waiting.pop_front() {
            let Some(hull) = hulls.iter().find(|(a, _)| *a == at).map(|(_, h)| h.clone()) else { continue };
            let (state, _) = &at;
            let from = |t: &&Transition| t.from.contains(state) && !t.changes_nothing() && t.approves.is_none() && !is_still(&self.facts.paused, t);
            for transition in self.workflow.transitions.iter().filter(from) {
                let start = self.start(&hull, &at)?;
                let ways = self.follow(transition, vec![start])?;
                self.arrive(transition, Some(state), ways, &mut hulls, &mut waiting)?;
            }
        }
        Ok(())
    }

    /// Any point of a hull, in symbols.
    fn start(&self, hull: &Hull, (state, known): &At) -> Result<Path, Stop> {
        let mut values: Vec<Sum> = hull.point.iter().map(|n| Sum::number(*n)).collect();
        for (symbol, direction) in hull.directions.iter().enumerate() {
            for (value, factor) in values.iter_mut().zip(direction) {
                *value = value.plus(*factor, &Sum::symbol(symbol))?;
            }
        }
        let mut path = Path::new(values, hull.directions.len(), known.iter().cloned().collect());
        path.shared = self.shared.iter().filter(|(s, _)| s == state).map(|(_, n)| *n).collect();
        for (n, counted) in self.variables.all.iter().enumerate() {
            let sure = counted.must_end() && !path.shared.contains(&n);
            if let (true, Some(value)) = (sure, path.values.get(n).cloned()) {
                path.at_least_zero(&value)?;
            }
        }
        for bound in self.bounds.iter().filter(|b| b.state == *state) {
            path.at_least_zero(&bound.on(&path)?)?;
        }
        // What started documents have taken meanwhile is some of it.
        for (_, n) in &self.variables.taken {
            let Some(most) = path.values.get(*n).cloned().filter(|_| path.shared.remove(n)) else { continue };
            let left = path.fresh(true);
            path.at_least_zero(&most.minus(&left)?)?;
            if let Some(slot) = path.values.get_mut(*n) {
                *slot = left;
            }
        }
        Ok(path)
    }

    /// A new document: what its opener gives is any quantity.
    fn begin(&self, opening: &Transition) -> Result<Vec<Path>, Stop> {
        let mut path = Path::new(vec![Sum::default(); self.variables.all.len()], 0, Known::new());
        let by_people = opening.by.iter().any(|r| *r != "system");
        for (n, counted) in self.variables.all.iter().enumerate() {
            let Counted::Field(name) = counted else { continue };
            let value = match self.usual(name).filter(|(_, kept)| (*kept || !by_people) && !self.started_with(name)) {
                Some((usual, _)) => Sum::number(usual),
                None => path.fresh(true),
            };
            if let Some(slot) = path.values.get_mut(n) {
                *slot = value;
            }
        }
        let mut ways = vec![path];
        for (name, values) in &self.choices {
            let field = self.workflow.field(name.as_str()).or_else(|| self.workflow.line_field(name.as_str()));
            let kept = field.filter(|f| self.workflow.keeps(f) && !self.started_with(name)).and_then(|f| f.default.as_ref());
            ways = self.any_of(ways, name, kept.map_or(values.as_slice(), std::slice::from_ref))?;
        }
        self.follow(opening, ways)
    }

    /// The quantity that a line begins with where nobody gives it, and whether nobody can.
    pub(super) fn usual(&self, name: &Name) -> Option<(Fraction, bool)> {
        let field = self.workflow.line_field(name.as_str())?;
        let usual = field.default.as_ref().and_then(Value::as_quantity)?;
        Some((Fraction::thousandths(usual.milli()).ok()?, self.workflow.keeps(field)))
    }

    /// Whether some document that starts one of these gives the field.
    fn started_with(&self, field: &Name) -> bool {
        let mut given = false;
        for transition in self.book.workflows.values().flat_map(|w| &w.transitions) {
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Start(spec) = &clause.kind {
                    given |= spec.workflow == self.workflow.name && spec.with.iter().chain(&spec.lines).any(|(name, _)| name == field);
                }
            });
        }
        given
    }

    fn follow(&self, transition: &Transition, ways: Vec<Path>) -> Result<Vec<Path>, Stop> {
        let mut ways = ways;
        let changed = parties_asked(self.workflow, transition);
        for clause in &transition.body {
            if let ClauseKind::Ask(asks) = &clause.kind {
                for ask in asks {
                    ways = self.asked(ways, ask)?;
                }
            }
        }
        if !changed.is_empty() {
            self.nothing_at(&mut ways, &changed)?;
        }
        for clause in &transition.body {
            ways = self.clause(ways, clause)?;
            if ways.len() > MOST_WAYS {
                return Err(Stop::TooMuch);
            }
        }
        Ok(ways)
    }

    fn clause(&self, ways: Vec<Path>, clause: &Clause) -> Result<Vec<Path>, Stop> {
        let Some(when) = &clause.when else { return self.done(ways, &clause.kind) };
        let reading = self.reading();
        let taken = each(ways.clone(), |path| path.assume(reading, when, true))?;
        let mut all = each(ways, |path| path.assume(reading, when, false))?;
        all.extend(self.done(taken, &clause.kind)?);
        Ok(all)
    }

    fn done(&self, ways: Vec<Path>, kind: &ClauseKind) -> Result<Vec<Path>, Stop> {
        let reading = self.reading();
        let mut ways = ways;
        match kind {
            ClauseKind::Require(guard) => return Ok(each(ways, |path| path.assume(reading, &guard.test, true))?),
            ClauseKind::EachLine(body) => {
                let mut apart = Vec::new();
                if let Some(filter) = &body.filter {
                    apart = each(ways.clone(), |path| path.assume(reading, filter, false))?;
                    ways = each(ways, |path| path.assume(reading, filter, true))?;
                }
                for clause in &body.body {
                    if let ClauseKind::Ask(asks) = &clause.kind {
                        for ask in asks {
                            ways = self.asked(ways, ask)?;
                        }
                    }
                }
                ways.iter_mut().for_each(|path| path.in_line = true);
                for clause in &body.body {
                    ways = self.clause(ways, clause)?;
                }
                ways.extend(apart);
                ways.iter_mut().for_each(|path| path.in_line = false);
            }
            ClauseKind::AskLines => self.new_lines(&mut ways)?,
            ClauseKind::Set(name, value) => return self.set(ways, name, value),
            ClauseKind::Become(state) => ways.iter_mut().for_each(|path| {
                path.target.get_or_insert_with(|| state.clone());
            }),
            _ => {
                for path in &mut ways {
                    self.counted(path, kind)?;
                }
            }
        }
        Ok(ways)
    }

    fn arrive(
        &self,
        transition: &Transition,
        from: Option<&Name>,
        ways: Vec<Path>,
        hulls: &mut Vec<(At, Hull)>,
        waiting: &mut VecDeque<At>,
    ) -> Result<(), Stop> {
        for mut path in ways {
            if !path.settle()? {
                continue;
            }
            self.handed_over(transition, &path)?;
            let targets: Vec<Name> = match (&path.target, transition.goal) {
                (Some(target), _) => vec![target.clone()],
                (None, Goal::States) => transition.to.first().cloned().into_iter().collect(),
                (None, _) => from.map(|from| targets(transition, from).to_vec()).unwrap_or_default(),
            };
            for target in targets {
                if self.workflow.state(target.as_str()).is_some_and(|s| s.is_final) {
                    self.ends(transition, &path)?;
                    self.borrowed(&path)?;
                    continue;
                }
                self.forget(&mut path, &target);
                self.doubt(&path, &target)?;
                let hull = hull_of(&path)?;
                let at: At = (target, path.known.clone().into_iter().collect());
                let grown = match hulls.iter_mut().find(|(known, _)| *known == at) {
                    Some((_, known)) => known.join(&hull)?,
                    None => {
                        hulls.push((at.clone(), hull));
                        true
                    }
                };
                if grown && !waiting.contains(&at) {
                    waiting.push_back(at);
                }
            }
        }
        Ok(())
    }

    /// Notes which bounds of a state do not hold where it is entered so.
    fn doubt(&self, path: &Path, state: &Name) -> Result<(), Stop> {
        for (n, bound) in self.bounds.iter().enumerate().filter(|(_, b)| b.state == *state) {
            let known = self.broken.borrow().contains(&n);
            if !known && !path.never_negative(&bound.on(path)?)? {
                self.broken.borrow_mut().insert(n);
            }
        }
        Ok(())
    }

    /// What nobody reads any more before it is given anew is as good as nothing.
    fn forget(&self, path: &mut Path, state: &Name) {
        let Some(live) = self.facts.live.get(state).filter(|_| !self.variables.for_starter) else { return };
        for (counted, value) in self.variables.all.iter().zip(&mut path.values) {
            let kept = |name: &Name| !self.forgets && self.kept.contains(name);
            if matches!(counted, Counted::Field(name) if !live.line_fields.contains(name) && !kept(name)) {
                *value = Sum::default();
            }
        }
    }

    /// A started document takes from any line of its part: so all that lines hold must be what they give away.
    fn handed_over(&self, transition: &Transition, path: &Path) -> Result<(), Stop> {
        for handed in &self.variables.handed {
            let starts = variables::clauses(transition).iter().any(|(c, _)| matches!(&c.kind, ClauseKind::Start(s) if s.workflow == handed.workflow));
            if starts && !path.values.get(handed.from).is_some_and(Sum::is_zero) {
                return Err(Stop::Because(format!("a `{}` that it starts could take what another line holds", handed.workflow)));
            }
        }
        Ok(())
    }

    fn ends(&self, transition: &Transition, path: &Path) -> Result<(), Stop> {
        for (counted, value) in self.variables.all.iter().zip(&path.values) {
            if counted.must_end() && !value.is_zero() {
                let what = match counted {
                    Counted::Held(Some(party), bin) => format!("`{party}.{bin}` is empty"),
                    Counted::Held(None, bin) => format!("`{bin}` is empty"),
                    Counted::Owed(kind) => format!("no `{kind}` is open"),
                    Counted::Reverse(kind) => format!("the reverse of `{kind}` is closed"),
                    Counted::Promised(_, bin) => format!("what it started has taken its share of `{bin}`"),
                    Counted::Field(_) | Counted::Borrowed(..) => continue,
                };
                return Err(Stop::Because(format!("it does not follow from the sums that {what} after `{}`", transition.name)));
            }
        }
        Ok(())
    }
}

/// All values that a way can come to.
fn hull_of(path: &Path) -> Result<Hull, Stop> {
    let mut hull = Hull::of(path.values.iter().map(Sum::constant).collect());
    let symbols: BTreeSet<usize> = path.values.iter().flat_map(|v| v.symbols().collect::<Vec<_>>()).collect();
    for symbol in symbols {
        hull.extend(path.values.iter().map(|v| v.of(symbol)).collect())?;
    }
    Ok(hull)
}
