//! One way through a transition, for one line whose quantities are symbols: what holds on it, and what each counter becomes.
//!
//! What cannot be said in sums becomes a new symbol of which nothing is known, so that whatever holds here holds for every
//! quantity. Must not know how states are walked. Tests: `tests/it/proofs.rs`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Name, Span};
use crate::domain::Value;
use crate::model::{BinaryOp, Book, Builtin, Expr, ExprKind, LineTest, Query};

use super::algebra::{Bound, Fraction, Sum, TooMuch, possible, possible_with, tight};
use super::variables::{Counted, Variables, held};

/// Choices of the document and the line that tell branches apart, by name.
pub type Known = BTreeMap<Name, Value>;

/// One way.
#[derive(Debug, Clone)]
pub struct Path {
    pub values: Vec<Sum>,
    pub bounds: Vec<Bound>,
    pub known: Known,
    /// Conditions that are not sums, as they are written, and whether they hold on this way.
    atoms: BTreeMap<String, bool>,
    pub lets: BTreeMap<Name, Option<Sum>>,
    pub target: Option<Name>,
    /// Whether the clause at hand stands in `each line`.
    pub in_line: bool,
    /// Counters that started documents may be taking from.
    pub shared: BTreeSet<usize>,
    symbols: usize,
}

/// What is needed to read expressions.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    pub book: &'a Book,
    pub variables: &'a Variables,
    /// Sums over all lines of what can be below nothing on some way: nothing follows from them, on any way.
    pub unsure: &'a RefCell<BTreeSet<Span>>,
}

impl Path {
    pub fn new(values: Vec<Sum>, symbols: usize, known: Known) -> Self {
        Self {
            values,
            bounds: Vec::new(),
            known,
            atoms: BTreeMap::new(),
            lets: BTreeMap::new(),
            target: None,
            in_line: false,
            shared: BTreeSet::new(),
            symbols,
        }
    }

    /// A new symbol; at least nothing where that is known.
    pub fn fresh(&mut self, not_below_zero: bool) -> Sum {
        let symbol = Sum::symbol(self.symbols);
        self.symbols += 1;
        if not_below_zero {
            // A symbol that is one times itself is never too much.
            let _ = self.at_least_zero(&symbol);
        }
        symbol
    }

    pub fn at_least_zero(&mut self, sum: &Sum) -> Result<(), TooMuch> {
        self.bound(Sum::default().minus(sum)?, false);
        Ok(())
    }

    fn bound(&mut self, sum: Sum, strict: bool) {
        self.bounds.push(Bound { sum, strict });
    }

    /// Whether something is certainly not below zero here.
    pub fn never_negative(&self, sum: &Sum) -> Result<bool, TooMuch> {
        if sum.is_number() {
            return Ok(!sum.constant().is_negative());
        }
        let opposite = Sum::default().minus(sum)?;
        if self.bounds.iter().any(|b| b.sum == opposite) {
            return Ok(true);
        }
        Ok(!possible_with(&self.bounds, &Bound { sum: sum.clone(), strict: true })?)
    }

    /// Uses bounds that leave only one value; false where they cannot hold together.
    pub fn settle(&mut self) -> Result<bool, TooMuch> {
        if !possible(&self.bounds)? {
            return Ok(false);
        }
        for at in tight(&self.bounds) {
            let Some(bound) = self.bounds.get(at).cloned() else { break };
            if bound.strict || bound.sum.is_number() {
                continue;
            }
            // What follows already takes no possibility away: bounds that were looked at need not be looked at again.
            let below = Bound { strict: true, ..bound };
            if !possible_with(&self.bounds, &below)? {
                self.equate(&below.sum)?;
            }
        }
        Ok(true)
    }

    /// `sum = 0`: one of its symbols is replaced everywhere.
    fn equate(&mut self, sum: &Sum) -> Result<(), TooMuch> {
        let Some((symbol, by)) = sum.solved()? else { return Ok(()) };
        for value in &mut self.values {
            *value = value.replaced(symbol, &by)?;
        }
        for bound in &mut self.bounds {
            bound.sum = bound.sum.replaced(symbol, &by)?;
        }
        for value in self.lets.values_mut().flatten() {
            *value = value.replaced(symbol, &by)?;
        }
        Ok(())
    }

    /// What was known of a field is not known any more.
    pub fn forget(&mut self, field: &Name) {
        let named = |text: &String| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == field.as_str());
        self.atoms.retain(|text, _| !named(text));
    }

    /// An expression as a sum, where it is one.
    pub fn sum(&mut self, reading: Reading<'_>, expr: &Expr) -> Result<Option<Sum>, TooMuch> {
        Ok(match &expr.kind {
            ExprKind::Const(Value::Quantity(q)) => Some(Sum::number(Fraction::thousandths(q.milli())?)),
            ExprKind::Const(Value::Number(n)) => {
                crate::base::Quantity::from_decimal(*n).ok().map(|q| Fraction::thousandths(q.milli()).map(Sum::number)).transpose()?
            }
            ExprKind::LineField(name) => reading.variables.find(&Counted::Field(name.clone())).and_then(|i| self.values.get(i)).cloned(),
            ExprKind::Local(name) => self.lets.get(name).cloned().flatten(),
            ExprKind::Negate(inner) => self.sum(reading, inner)?.map(|s| s.times(Fraction::ONE.negated())).transpose()?,
            ExprKind::Binary(op, a, b) => self.combined(reading, *op, a, b)?,
            ExprKind::Call(function @ (Builtin::Max | Builtin::Min), args) => self.extreme(reading, *function, args)?,
            ExprKind::Query(query) => match &**query {
                Query::Held { part, place } if matches!(&part.kind, ExprKind::LineField(n) if *n == "part") => {
                    let own = reading.variables.find(&held(place));
                    let alone = own.is_none_or(|n| reading.variables.alike(n).all(|m| self.values.get(m).is_some_and(Sum::is_zero)));
                    let alone = alone && own.is_none_or(|n| !self.shared.contains(&n));
                    alone.then(|| own.and_then(|i| self.values.get(i)).cloned().unwrap_or_default())
                }
                _ => None,
            },
            _ => None,
        })
    }

    fn combined(&mut self, reading: Reading<'_>, op: BinaryOp, a: &Expr, b: &Expr) -> Result<Option<Sum>, TooMuch> {
        let (Some(a), Some(b)) = (self.sum(reading, a)?, self.sum(reading, b)?) else { return Ok(None) };
        Ok(match op {
            BinaryOp::Add => Some(a.plus(Fraction::ONE, &b)?),
            BinaryOp::Subtract => Some(a.minus(&b)?),
            BinaryOp::Multiply if b.is_number() => Some(a.times(b.constant())?),
            BinaryOp::Multiply if a.is_number() => Some(b.times(a.constant())?),
            _ => None,
        })
    }

    /// The larger of some is at least each of them.
    fn extreme(&mut self, reading: Reading<'_>, function: Builtin, args: &[Expr]) -> Result<Option<Sum>, TooMuch> {
        let mut sums = Vec::new();
        for arg in args {
            let Some(sum) = self.sum(reading, arg)? else { return Ok(None) };
            sums.push(sum);
        }
        let extreme = self.fresh(false);
        for sum in sums {
            let difference = if function == Builtin::Max { extreme.minus(&sum)? } else { sum.minus(&extreme)? };
            self.at_least_zero(&difference)?;
        }
        Ok(Some(extreme))
    }

    /// The ways on which a condition holds, or does not.
    pub fn assume(self, reading: Reading<'_>, test: &Expr, holds: bool) -> Result<Vec<Self>, TooMuch> {
        match &test.kind {
            ExprKind::Not(inner) => self.assume(reading, inner, !holds),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
                // `and` that holds, and `or` that does not: both sides are so.
                if (*op == BinaryOp::And) == holds {
                    let first = self.assume(reading, a, holds)?;
                    return each(first, |path| path.assume(reading, b, holds));
                }
                let mut ways = self.clone().assume(reading, a, holds)?;
                ways.extend(each(self.assume(reading, a, !holds)?, |path| path.assume(reading, b, holds))?);
                Ok(ways)
            }
            ExprKind::Const(Value::YesNo(b)) => Ok(if *b == holds { vec![self] } else { Vec::new() }),
            ExprKind::Lines(which, inner) => match (which, holds) {
                (LineTest::Any, false) | (LineTest::No, true) => self.assume(reading, inner, false),
                (LineTest::Every, true) => self.assume(reading, inner, true),
                _ => Ok(vec![self]),
            },
            ExprKind::Binary(op, a, b) => self.compare(reading, test, (*op, a, b), holds),
            ExprKind::In(value, items, not) => {
                let known = discrete(value).and_then(|name| self.known.get(name)).cloned();
                let constants: Option<Vec<&Value>> = items.iter().map(constant).collect();
                match (known, constants) {
                    (Some(known), Some(constants)) => Ok(if (constants.contains(&&known) != *not) == holds { vec![self] } else { Vec::new() }),
                    _ => Ok(self.atom(reading, test, holds)),
                }
            }
            ExprKind::Query(query) if holds && matches!(**query, Query::AllStartedEnded) => {
                let mut path = self;
                reading.variables.all_ended(&mut path.values);
                Ok(vec![path])
            }
            _ => match discrete(test).and_then(|name| self.known.get(name)) {
                Some(known) => Ok(if *known == Value::YesNo(holds) { vec![self] } else { Vec::new() }),
                None => Ok(self.atom(reading, test, holds)),
            },
        }
    }

    fn compare(mut self, reading: Reading<'_>, test: &Expr, (op, a, b): (BinaryOp, &Expr, &Expr), holds: bool) -> Result<Vec<Self>, TooMuch> {
        if let (Some(known), Some(value)) = (discrete(a).and_then(|n| self.known.get(n)), constant(b)) {
            let same = *known == *value;
            return Ok(match op {
                BinaryOp::Is => same == holds,
                BinaryOp::IsNot => same != holds,
                _ => true,
            }
            .then_some(self)
            .into_iter()
            .collect());
        }
        if let Some(way) = self.sum_of_all(reading, (op, a, b), holds)? {
            return Ok(vec![way]);
        }
        let (Some(left), Some(right)) = (self.sum(reading, a)?, self.sum(reading, b)?) else { return Ok(self.atom(reading, test, holds)) };
        let (below, above) = (left.minus(&right)?, right.minus(&left)?);
        let with = |mut path: Self, bounds: &[(&Sum, bool)]| {
            bounds.iter().for_each(|(sum, strict)| path.bound((*sum).clone(), *strict));
            path
        };
        Ok(match (op, holds) {
            (BinaryOp::Less, true) | (BinaryOp::GreaterEqual, false) => vec![with(self, &[(&below, true)])],
            (BinaryOp::LessEqual, true) | (BinaryOp::Greater, false) => vec![with(self, &[(&below, false)])],
            (BinaryOp::Greater, true) | (BinaryOp::LessEqual, false) => vec![with(self, &[(&above, true)])],
            (BinaryOp::GreaterEqual, true) | (BinaryOp::Less, false) => vec![with(self, &[(&above, false)])],
            (BinaryOp::Is, true) | (BinaryOp::IsNot, false) => vec![with(self, &[(&below, false), (&above, false)])],
            (BinaryOp::Is, false) | (BinaryOp::IsNot, true) => vec![with(self.clone(), &[(&below, true)]), with(self, &[(&above, true)])],
            _ => self.atom(reading, test, holds),
        })
    }

    /// Where a sum over all lines is nothing, and none of them is below nothing, each of them is nothing.
    fn sum_of_all(&self, reading: Reading<'_>, (op, a, b): (BinaryOp, &Expr, &Expr), holds: bool) -> Result<Option<Self>, TooMuch> {
        let ExprKind::Sum(each, None) = &a.kind else { return Ok(None) };
        let nothing = matches!((op, holds), (BinaryOp::Is | BinaryOp::LessEqual, true) | (BinaryOp::IsNot | BinaryOp::Greater, false));
        let mut path = self.clone();
        let (Some(of_line), Some(number)) = (path.sum(reading, each)?, path.sum(reading, b)?) else { return Ok(None) };
        if !nothing || !number.is_zero() {
            return Ok(None);
        }
        // Another line may have come here on another way: where one of them could be below nothing, nothing follows for any,
        // and what followed already must be looked at again.
        if reading.unsure.borrow().contains(&a.span) {
            return Ok(Some(self.clone()));
        }
        if !path.never_negative(&of_line)? {
            reading.unsure.borrow_mut().insert(a.span);
            return Err(TooMuch);
        }
        path.bound(of_line, false);
        Ok(Some(path))
    }

    /// A condition that is not a sum holds or does not; written twice, it is the same both times.
    fn atom(mut self, reading: Reading<'_>, test: &Expr, holds: bool) -> Vec<Self> {
        if !lasts(test) {
            return vec![self];
        }
        let text = reading.book.sources.text(test.span).to_owned();
        match self.atoms.get(&text) {
            Some(known) if *known != holds => Vec::new(),
            _ => {
                self.atoms.insert(text, holds);
                vec![self]
            }
        }
    }
}

/// Whether a condition is the same wherever it is written, as long as its fields are: it asks neither books nor rules.
fn lasts(test: &Expr) -> bool {
    let mut lasts = true;
    crate::check::walk::expr(test, &mut |e| {
        use ExprKind as K;
        lasts &= !matches!(e.kind, K::Query(_) | K::Rule(..) | K::Document | K::Line | K::Sum(..) | K::Count(_) | K::Lines(..) | K::AnyLine);
    });
    lasts
}

/// Goes on from each way.
pub fn each(ways: Vec<Path>, mut on: impl FnMut(Path) -> Result<Vec<Path>, TooMuch>) -> Result<Vec<Path>, TooMuch> {
    let mut all = Vec::new();
    for way in ways {
        all.extend(on(way)?);
    }
    Ok(all)
}

/// The field that an expression is.
pub fn discrete(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        ExprKind::Field(name) | ExprKind::LineField(name) => Some(name),
        _ => None,
    }
}

fn constant(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Const(value) => Some(value),
        _ => None,
    }
}
