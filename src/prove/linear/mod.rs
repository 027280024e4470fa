//! For all quantities: what each line counts is followed through every transition as sums of symbols. In each state the
//! smallest set of sums is kept that holds on every way there; where a document ends, nothing may be left but zero.
//!
//! Says yes only where it follows; a workflow that counts in other ways is left to the stories of small numbers. Must not
//! know stories. Tests: `tests/it/proofs.rs`, and `algebra`.

mod algebra;
mod bounds;
mod effects;
mod path;
mod promises;
mod states;
mod variables;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::base::{Name, Span};
use crate::check::walk;
use crate::domain::Value;
use crate::model::{Book, Expr, Field, Type, Workflow};
use crate::prove::facts::Facts;

use algebra::TooMuch;
use bounds::{AtLeast, guessed};
use path::{Reading, discrete};
use promises::End;
use states::Prover;
use variables::Variables;

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
    let variables = Variables::of(book, workflow, false)?;
    // The simplest first: choices are told apart only where the proof needs it, and so is what is never below another.
    let mut why = String::new();
    let all = choices(workflow);
    let some = all.iter().filter(|_| all.len() > 1).map(|(name, values)| Choices::from([(name.clone(), values.clone())]));
    let attempts: Vec<Choices> = std::iter::once(Choices::new()).chain(some).chain([all.clone()]).collect();
    let guessed = guessed(workflow, Reading { book, variables: &variables, unsure: &RefCell::default() });
    let facts = Facts::of(workflow);
    let live = guessed.iter().filter(|b| b.is_live(&facts, &variables)).cloned().collect();
    let beginnings = [(Vec::new(), false), (live, true), (guessed, false)];
    // Several choices at once take longest: they come last.
    let (few, many): (Vec<&Choices>, Vec<&Choices>) = attempts.iter().partition(|c| c.len() < 2);
    let tries = [few, many].into_iter().flat_map(|some| beginnings.iter().flat_map(move |from| some.clone().into_iter().map(move |c| (from, c))));
    // Without bounds it goes fast or not at all.
    for ((bounds, forgets), choices) in tries.filter(|((bounds, _), c)| !bounds.is_empty() || c.len() == all.len() || c.is_empty()) {
        let prover = |bounds| Prover { forgets: *forgets, ..Prover::new(book, workflow, &variables, choices.clone(), bounds) };
        match lasting(&prover, bounds.clone()) {
            Ok(()) => return Ok(()),
            Err(Stop::TooMuch) if why.is_empty() => "there are too many cases".clone_into(&mut why),
            Err(Stop::TooMuch) => {}
            Err(Stop::Because(because)) => why = because,
        }
    }
    Err(why)
}

/// Proves it with what is never below something else: what does not last on every way is dropped, until all that is left does.
fn lasting<'a>(prover: &dyn Fn(Vec<AtLeast>) -> Prover<'a>, bounds: Vec<AtLeast>) -> Result<(), Stop> {
    let (mut bounds, unsure) = (bounds, Rc::<RefCell<BTreeSet<Span>>>::default());
    loop {
        let known = unsure.borrow().len();
        let prover = Prover { unsure: Rc::clone(&unsure), ..prover(bounds) };
        match prover.walk() {
            Err(Stop::TooMuch) if unsure.borrow().len() > known => {
                bounds = prover.bounds;
                continue;
            }
            done => done?,
        }
        let broken = prover.broken.into_inner();
        if broken.is_empty() {
            return Ok(());
        }
        bounds = prover.bounds.into_iter().enumerate().filter(|(n, _)| !broken.contains(n)).map(|(_, bound)| bound).collect();
    }
}

/// What each line of a document has taken of what the one that started it holds, by the ways in which it can end.
fn ends(book: &Book, workflow: &Workflow) -> Option<Vec<End>> {
    let variables = Variables::of(book, workflow, true).ok()?;
    let prover = Prover::new(book, workflow, &variables, choices(workflow), Vec::new());
    prover.walk().ok()?;
    Some(prover.ended.into_inner())
}

/// The values that fields can have, where conditions tell them apart.
type Choices = BTreeMap<Name, Vec<Value>>;

/// Fields with a few values each that conditions look at.
fn choices(workflow: &Workflow) -> Choices {
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
