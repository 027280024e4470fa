//! For all quantities: what each line counts is followed through every transition as sums of symbols. In each state the
//! smallest set of sums is kept that holds on every way there; where a document ends, nothing may be left but zero.
//!
//! Says yes only where it follows; a workflow that counts in other ways is left to the stories of small numbers. Must not
//! know stories. Tests: `tests/it/proofs.rs`, and `algebra`.

mod algebra;
mod effects;
mod path;
mod variables;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::Name;
use crate::check::walk;
use crate::domain::Value;
use crate::model::{Book, Clause, ClauseKind, Expr, Field, Goal, Transition, Type, Workflow};
use crate::prove::facts::paused;

use algebra::{Fraction, Hull, Sum, TooMuch};
use path::{Known, Path, Reading, discrete, each};
use variables::{Counted, Variables, parties_changed};

/// More ways through one transition are not followed.
const MOST_WAYS: usize = 600;
/// More choices at once are not told apart.
const MOST_CHOICES: usize = 96;

/// Why it was not proved.
enum Stop {
    TooMuch,
    Because(String),
}

impl From<TooMuch> for Stop {
    fn from(_: TooMuch) -> Self {
        Self::TooMuch
    }
}

/// Proves that documents of a workflow leave nothing behind, whatever the quantities are.
///
/// # Errors
/// Why that could not be shown; it may be so nevertheless.
pub fn prove(book: &Book, workflow: &Workflow) -> Result<(), String> {
    let variables = Variables::of(book, workflow)?;
    let prover = Prover { book, workflow, variables: &variables, choices: choices(workflow), paused: paused(workflow) };
    match prover.walk() {
        Ok(()) => Ok(()),
        Err(Stop::TooMuch) => Err("there are too many cases".to_owned()),
        Err(Stop::Because(why)) => Err(why),
    }
}

/// Fields with a few values each that conditions look at.
fn choices(workflow: &Workflow) -> BTreeMap<Name, Vec<Value>> {
    let mut found = BTreeMap::new();
    let declared = |name: &Name| workflow.field(name.as_str()).or_else(|| workflow.line_field(name.as_str()));
    let values = |field: &Field| match &field.ty {
        Type::YesNo => vec![Value::YesNo(true), Value::YesNo(false)],
        Type::Choice(names) => names.iter().map(|n| Value::Name(n.clone())).collect(),
        _ => Vec::new(),
    };
    for transition in &workflow.transitions {
        walk::expressions(&transition.body, &mut |e: &Expr| {
            if let Some(field) = discrete(e).and_then(declared) {
                let values = values(field);
                if !values.is_empty() {
                    found.insert(field.name.clone(), values);
                }
            }
        });
    }
    found
}

struct Prover<'a> {
    book: &'a Book,
    workflow: &'a Workflow,
    variables: &'a Variables,
    choices: BTreeMap<Name, Vec<Value>>,
    paused: BTreeSet<Name>,
}

/// A state with what is chosen in it.
type At = (Name, Vec<(Name, Value)>);

impl Prover<'_> {
    const fn reading(&self) -> Reading<'_> {
        Reading { book: self.book, variables: self.variables }
    }

    fn walk(&self) -> Result<(), Stop> {
        let mut hulls: Vec<(At, Hull)> = Vec::new();
        let mut waiting: VecDeque<At> = VecDeque::new();
        for opening in self.workflow.transitions.iter().filter(|t| t.opens()) {
            let ways = self.begin(opening)?;
            self.arrive(opening, None, ways, &mut hulls, &mut waiting)?;
        }
        while let Some(at) = waiting.pop_front() {
            let Some(hull) = hulls.iter().find(|(a, _)| *a == at).map(|(_, h)| h.clone()) else { continue };
            let (state, known) = &at;
            let from = |t: &&Transition| t.from.contains(state) && !t.changes_nothing() && t.approves.is_none() && !self.still(t);
            for transition in self.workflow.transitions.iter().filter(from) {
                let start = self.start(&hull, known.iter().cloned().collect())?;
                let ways = self.follow(transition, vec![start])?;
                self.arrive(transition, Some(state), ways, &mut hulls, &mut waiting)?;
            }
        }
        Ok(())
    }

    fn still(&self, t: &Transition) -> bool {
        t.goal == Goal::Back && t.from.iter().all(|s| self.paused.contains(s))
            || t.goal == Goal::States && !t.to.is_empty() && t.to.iter().all(|s| self.paused.contains(s))
    }

    /// Any point of a hull, in symbols.
    fn start(&self, hull: &Hull, known: Known) -> Result<Path, Stop> {
        let mut values: Vec<Sum> = hull.point.iter().map(|n| Sum::number(*n)).collect();
        for (symbol, direction) in hull.directions.iter().enumerate() {
            for (value, factor) in values.iter_mut().zip(direction) {
                *value = value.plus(*factor, &Sum::symbol(symbol))?;
            }
        }
        let mut path = Path::new(values, hull.directions.len(), known);
        for (n, counted) in self.variables.all.iter().enumerate() {
            if let (true, Some(value)) = (counted.must_end(), path.values.get(n).cloned()) {
                path.at_least_zero(&value)?;
            }
        }
        // What started documents have taken meanwhile is some of it.
        for n in &self.variables.taken {
            let Some(most) = path.values.get(*n).cloned() else { continue };
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
            let usual = self.workflow.line_field(name.as_str()).and_then(|f| f.default.as_ref()).and_then(Value::as_quantity);
            let value = match usual.filter(|_| !by_people && !self.started_with(name)) {
                Some(usual) => Sum::number(Fraction::thousandths(usual.milli())?),
                None => path.fresh(true),
            };
            if let Some(slot) = path.values.get_mut(n) {
                *slot = value;
            }
        }
        let mut ways = vec![path];
        for (name, values) in &self.choices {
            ways = self.any_of(ways, name, values)?;
        }
        self.follow(opening, ways)
    }

    /// Whether some document that starts one of these gives the field.
    fn started_with(&self, field: &Name) -> bool {
        let mut given = false;
        for transition in self.book.workflows.values().flat_map(|w| &w.transitions) {
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Start(spec) = &clause.kind {
                    given |= spec.workflow == self.workflow.name && spec.lines.iter().any(|(name, _)| name == field);
                }
            });
        }
        given
    }

    fn follow(&self, transition: &Transition, ways: Vec<Path>) -> Result<Vec<Path>, Stop> {
        let mut ways = ways;
        let changed = parties_changed(self.workflow, transition);
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
                for clause in &body.body {
                    ways = self.clause(ways, clause)?;
                }
                ways.extend(apart);
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
                (None, Goal::Same) => from.cloned().into_iter().collect(),
                (None, Goal::Back) => self.workflow.states.iter().filter(|s| !s.is_final).map(|s| s.name.clone()).collect(),
                (None, Goal::States) => transition.to.first().cloned().into_iter().collect(),
            };
            for target in targets {
                if self.workflow.state(target.as_str()).is_some_and(|s| s.is_final) {
                    self.ends(transition, &path)?;
                    continue;
                }
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
                    Counted::Field(_) => continue,
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
