//! Exact linear algebra over fractions: sums of symbols, whether inequalities can hold together, and the affine hull of sets.
//!
//! A number that does not fit is an error, and nothing is claimed. Must not know flows. Tests: below.

use std::collections::{BTreeMap, BTreeSet};

/// Numbers became too large, or there were too many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

/// A fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    above: i128,
    below: i128,
}

impl Fraction {
    pub const ZERO: Self = Self { above: 0, below: 1 };
    pub const ONE: Self = Self { above: 1, below: 1 };

    fn new(above: i128, below: i128) -> Result<Self, TooMuch> {
        // Nearly all numbers are whole.
        if below == 1 {
            return Ok(Self { above, below });
        }
        let (mut a, mut b) = (above.unsigned_abs(), below.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = i128::try_from(a.max(1)).map_err(|_| TooMuch)?;
        let sign = if below < 0 { -1 } else { 1 };
        Ok(Self { above: sign * (above / divisor), below: (below / divisor).checked_abs().ok_or(TooMuch)? })
    }

    /// A decimal number as a fraction: so many thousandths.
    pub fn thousandths(n: i64) -> Result<Self, TooMuch> {
        Self::new(n.into(), 1_000)
    }

    pub fn plus(self, other: Self) -> Result<Self, TooMuch> {
        if self.below == 1 && other.below == 1 {
            return Ok(Self { above: self.above.checked_add(other.above).ok_or(TooMuch)?, below: 1 });
        }
        let cross = |a: i128, b: i128| a.checked_mul(b).ok_or(TooMuch);
        let above = cross(self.above, other.below)?.checked_add(cross(other.above, self.below)?).ok_or(TooMuch)?;
        Self::new(above, cross(self.below, other.below)?)
    }

    pub fn times(self, other: Self) -> Result<Self, TooMuch> {
        let product = |a: i128, b: i128| a.checked_mul(b).ok_or(TooMuch);
        Self::new(product(self.above, other.above)?, product(self.below, other.below)?)
    }

    pub const fn negated(self) -> Self {
        Self { above: -self.above, below: self.below }
    }

    fn inverse(self) -> Result<Self, TooMuch> {
        Self::new(self.below, self.above)
    }

    pub const fn is_zero(self) -> bool {
        self.above == 0
    }

    pub const fn is_negative(self) -> bool {
        self.above < 0
    }
}

/// A sum: symbols times numbers, in the order of the symbols, and a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sum {
    terms: Vec<(usize, Fraction)>,
    number: Option<Fraction>,
}

impl Sum {
    pub fn number(n: Fraction) -> Self {
        Self { terms: Vec::new(), number: (!n.is_zero()).then_some(n) }
    }

    pub fn symbol(symbol: usize) -> Self {
        Self { terms: vec![(symbol, Fraction::ONE)], number: None }
    }

    pub fn constant(&self) -> Fraction {
        self.number.unwrap_or(Fraction::ZERO)
    }

    pub fn of(&self, symbol: usize) -> Fraction {
        let at = self.terms.binary_search_by_key(&symbol, |(s, _)| *s).ok().and_then(|at| self.terms.get(at));
        at.map_or(Fraction::ZERO, |(_, factor)| *factor)
    }

    pub fn symbols(&self) -> impl Iterator<Item = usize> + '_ {
        self.terms.iter().map(|(symbol, _)| *symbol)
    }

    pub fn is_number(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn is_zero(&self) -> bool {
        self.terms.is_empty() && self.number.is_none()
    }

    /// `self + factor * other`
    pub fn plus(&self, factor: Fraction, other: &Self) -> Result<Self, TooMuch> {
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        let mut mine = self.terms.iter().copied().peekable();
        for (symbol, n) in &other.terms {
            while let Some(before) = mine.next_if(|(s, _)| s < symbol) {
                terms.push(before);
            }
            let more = n.times(factor)?;
            let sum = match mine.next_if(|(s, _)| s == symbol) {
                Some((_, n)) => n.plus(more)?,
                None => more,
            };
            if !sum.is_zero() {
                terms.push((*symbol, sum));
            }
        }
        terms.extend(mine);
        let number = self.constant().plus(other.constant().times(factor)?)?;
        Ok(Self { terms, number: (!number.is_zero()).then_some(number) })
    }

    pub fn minus(&self, other: &Self) -> Result<Self, TooMuch> {
        self.plus(Fraction::ONE.negated(), other)
    }

    pub fn times(&self, factor: Fraction) -> Result<Self, TooMuch> {
        Self::default().plus(factor, self)
    }

    /// With a sum in the place of a symbol.
    pub fn replaced(&self, symbol: usize, by: &Self) -> Result<Self, TooMuch> {
        let factor = self.of(symbol);
        if factor.is_zero() {
            return Ok(self.clone());
        }
        self.without(symbol).plus(factor, by)
    }

    /// From `self = 0`: a symbol, and what it then is.
    pub fn solved(&self) -> Result<Option<(usize, Self)>, TooMuch> {
        let Some((symbol, factor)) = self.terms.last().copied() else { return Ok(None) };
        Ok(Some((symbol, self.without(symbol).times(factor.inverse()?.negated())?)))
    }

    fn without(&self, symbol: usize) -> Self {
        Self { terms: self.terms.iter().copied().filter(|(s, _)| *s != symbol).collect(), number: self.number }
    }
}

/// `sum <= 0`, or `sum < 0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub sum: Sum,
    pub strict: bool,
}

/// More bounds than this are not looked through.
const MOST: usize = 600;

/// Bounds as rows of whole numbers, one for each symbol: of those with the same factors the narrowest, and whether it is strict.
type Rows = BTreeMap<Vec<i128>, (i128, bool)>;

/// Keeps a bound, `factors * symbols + number <= 0`, unless a narrower one is known; false where it can never hold.
fn keep(rows: &mut Rows, mut factors: Vec<i128>, mut number: i128, strict: bool) -> bool {
    let divisor = factors.iter().fold(0_u128, |d, n| gcd(d, n.unsigned_abs()));
    if divisor == 0 {
        return number < 0 || (number == 0 && !strict);
    }
    // Only what stays a whole number is made smaller; the factors alone would make equal bounds look unlike.
    if let Ok(divisor) = i128::try_from(gcd(divisor, number.unsigned_abs()))
        && divisor > 1
    {
        factors.iter_mut().for_each(|n| *n /= divisor);
        number /= divisor;
    }
    let known = rows.entry(factors).or_insert((number, strict));
    if (number, strict) > *known {
        *known = (number, strict);
    }
    true
}

fn gcd(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    if a == 1 || b == 1 {
        return 1;
    }
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Bound {
    /// As factors of these symbols and a number, all whole.
    fn row(&self, symbols: &BTreeMap<usize, usize>) -> Result<(Vec<i128>, i128), TooMuch> {
        let mut common: i128 = self.sum.constant().below;
        for (_, factor) in &self.sum.terms {
            let divisor = i128::try_from(gcd(common.unsigned_abs(), factor.below.unsigned_abs())).map_err(|_| TooMuch)?;
            common = common.checked_mul(factor.below / divisor.max(1)).ok_or(TooMuch)?;
        }
        let whole = |f: Fraction| f.above.checked_mul(common / f.below).ok_or(TooMuch);
        let mut factors = vec![0; symbols.len()];
        for (symbol, factor) in &self.sum.terms {
            if let Some(slot) = symbols.get(symbol).and_then(|n| factors.get_mut(*n)) {
                *slot = whole(*factor)?;
            }
        }
        Ok((factors, whole(self.sum.constant())?))
    }
}

/// The bounds that may leave only one value. A symbol that is bounded from one side only can go so far to the other that
/// no bound that it stands in is reached: those are left out, then those that hang on them.
pub fn tight(bounds: &[Bound]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..bounds.len()).collect();
    loop {
        let mut sides: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
        for bound in left.iter().filter_map(|n| bounds.get(*n)) {
            for (symbol, factor) in &bound.sum.terms {
                let side = sides.entry(*symbol).or_default();
                if factor.is_negative() { side.0 = true } else { side.1 = true }
            }
        }
        let both = |n: &usize| bounds.get(*n).is_some_and(|b| b.sum.symbols().all(|s| sides.get(&s) == Some(&(true, true))));
        let before = left.len();
        left.retain(both);
        if left.len() == before {
            return left;
        }
    }
}

/// Whether bounds can hold together, over fractions: symbols are eliminated one by one (Fourier and Motzkin).
pub fn possible(bounds: &[Bound]) -> Result<bool, TooMuch> {
    can_hold(bounds.iter())
}

/// Whether bounds can hold together with one more.
pub fn possible_with(bounds: &[Bound], more: &Bound) -> Result<bool, TooMuch> {
    can_hold(bounds.iter().chain([more]))
}

fn can_hold<'b>(bounds: impl Iterator<Item = &'b Bound> + Clone) -> Result<bool, TooMuch> {
    let named: BTreeSet<usize> = bounds.clone().flat_map(|b| b.sum.symbols()).collect();
    let symbols: BTreeMap<usize, usize> = named.into_iter().zip(0..).collect();
    let mut rows = Rows::new();
    for bound in bounds {
        let (factors, number) = bound.row(&symbols)?;
        if !keep(&mut rows, factors, number, bound.strict) {
            return Ok(false);
        }
    }
    let at = |factors: &[i128], n: usize| factors.get(n).copied().unwrap_or(0);
    let mut left: BTreeSet<usize> = (0..symbols.len()).collect();
    while !left.is_empty() {
        let mut sides = vec![(0, 0); symbols.len()];
        for (side, factor) in rows.keys().flat_map(|factors| (0..).zip(factors)).filter(|(_, f)| **f != 0) {
            let Some((below, above)) = sides.get_mut::<usize>(side) else { continue };
            if *factor < 0 { *below += 1 } else { *above += 1 }
        }
        let cost = |n: &usize| sides.get(*n).map_or(0, |(below, above)| below * above);
        let Some(symbol) = left.iter().copied().min_by_key(cost) else { break };
        left.remove(&symbol);
        let (with, rest): (Rows, Rows) = rows.into_iter().partition(|(f, _)| at(f, symbol) != 0);
        rows = rest;
        let (below, above): (Rows, Rows) = with.into_iter().partition(|(f, _)| at(f, symbol) < 0);
        for (a, (number_a, strict_a)) in &above {
            for (b, (number_b, strict_b)) in &below {
                let (times_a, times_b) = (at(b, symbol).checked_neg().ok_or(TooMuch)?, at(a, symbol));
                let both = |x: i128, y: i128| x.checked_mul(times_a)?.checked_add(y.checked_mul(times_b)?);
                let factors: Vec<i128> = a.iter().zip(b).map(|(x, y)| both(*x, *y).ok_or(TooMuch)).collect::<Result<_, _>>()?;
                if !keep(&mut rows, factors, both(*number_a, *number_b).ok_or(TooMuch)?, *strict_a || *strict_b) {
                    return Ok(false);
                }
            }
        }
        if rows.len() > MOST {
            return Err(TooMuch);
        }
    }
    Ok(true)
}

/// A point with directions: all that can be reached from the point along them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hull {
    pub point: Vec<Fraction>,
    /// Directions, each with a leading one where the others have nothing.
    pub directions: Vec<Vec<Fraction>>,
}

impl Hull {
    pub const fn of(point: Vec<Fraction>) -> Self {
        Self { point, directions: Vec::new() }
    }

    /// Takes in another one; true where that made it larger.
    pub fn join(&mut self, other: &Self) -> Result<bool, TooMuch> {
        let between: Vec<Fraction> = other.point.iter().zip(&self.point).map(|(a, b)| a.plus(b.negated())).collect::<Result<_, _>>()?;
        let before = self.directions.len();
        for direction in other.directions.iter().cloned().chain([between]) {
            self.extend(direction)?;
        }
        Ok(self.directions.len() > before)
    }

    /// Takes in a direction.
    pub fn extend(&mut self, mut direction: Vec<Fraction>) -> Result<(), TooMuch> {
        for known in &self.directions {
            let Some(lead) = known.iter().position(|n| !n.is_zero()) else { continue };
            let factor = direction.get(lead).copied().unwrap_or(Fraction::ZERO);
            if !factor.is_zero() {
                direction = combined(&direction, factor.negated(), known)?;
            }
        }
        let Some(lead) = direction.iter().position(|n| !n.is_zero()) else { return Ok(()) };
        let scale = direction.get(lead).copied().unwrap_or(Fraction::ONE).inverse()?;
        let direction: Vec<Fraction> = direction.iter().map(|n| n.times(scale)).collect::<Result<_, _>>()?;
        for known in &mut self.directions {
            let factor = known.get(lead).copied().unwrap_or(Fraction::ZERO);
            if !factor.is_zero() {
                *known = combined(known, factor.negated(), &direction)?;
            }
        }
        self.directions.push(direction);
        Ok(())
    }
}

fn combined(a: &[Fraction], factor: Fraction, b: &[Fraction]) -> Result<Vec<Fraction>, TooMuch> {
    a.iter().zip(b).map(|(a, b)| a.plus(b.times(factor)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(n: i64) -> Fraction {
        Fraction::thousandths(n * 1_000).unwrap()
    }

    /// `a*x + b*y + c <= 0`
    fn bound(a: i64, b: i64, c: i64, strict: bool) -> Bound {
        let sum = Sum::number(whole(c)).plus(whole(a), &Sum::symbol(0)).unwrap().plus(whole(b), &Sum::symbol(1)).unwrap();
        Bound { sum, strict }
    }

    #[test]
    fn bounds_that_contradict_each_other_are_impossible() {
        // x + y <= 3, x >= 2, y >= 2
        assert!(!possible(&[bound(1, 1, -3, false), bound(-1, 0, 2, false), bound(0, -1, 2, false)]).unwrap());
        // x + y <= 4 leaves exactly one point, and nothing below it
        assert!(possible(&[bound(1, 1, -4, false), bound(-1, 0, 2, false), bound(0, -1, 2, false)]).unwrap());
        assert!(!possible(&[bound(1, 1, -4, true), bound(-1, 0, 2, false), bound(0, -1, 2, false)]).unwrap());
        assert!(possible(&[]).unwrap());
    }

    #[test]
    fn a_hull_grows_only_by_what_is_not_in_it() {
        let mut hull = Hull::of(vec![whole(0), whole(0), whole(0)]);
        assert!(hull.join(&Hull::of(vec![whole(1), whole(1), whole(0)])).unwrap());
        assert!(!hull.join(&Hull::of(vec![whole(5), whole(5), whole(0)])).unwrap());
        assert!(hull.join(&Hull::of(vec![whole(1), whole(0), whole(0)])).unwrap());
        assert_eq!(hull.directions.len(), 2);
    }

    #[test]
    fn an_equation_is_solved_for_one_of_its_symbols() {
        // x - 2y + 4 = 0, for y: y = x/2 + 2
        let (symbol, sum) = bound(1, -2, 4, false).sum.solved().unwrap().unwrap();
        assert_eq!((symbol, sum.of(0), sum.constant()), (1, Fraction::thousandths(500).unwrap(), whole(2)));
        assert_eq!(Fraction::thousandths(1_500).unwrap().times(whole(2)).unwrap(), whole(3));
        assert!(Fraction { above: i128::MAX, below: 1 }.plus(Fraction::ONE).is_err());
    }
}
