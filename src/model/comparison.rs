//! What a comparison with a plain value says, and whether two such comparisons of one value can hold together.
//!
//! For conditions that are the same whatever is compared. Must not know expressions, of flows or of rules. Tests: below.

use rust_decimal::Decimal;

/// What a value is compared with. Words cover texts and declared names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plain {
    /// A number, in whatever unit.
    Number(Decimal),
    /// A text or a declared name.
    Word(String),
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Is,
    /// Another.
    IsNot,
    /// Less.
    Less,
    /// Not more.
    LessEqual,
    /// More.
    Greater,
    /// Not less.
    GreaterEqual,
}

impl Relation {
    /// What holds where this does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Is => Self::IsNot,
            Self::IsNot => Self::Is,
            Self::Less => Self::GreaterEqual,
            Self::LessEqual => Self::Greater,
            Self::Greater => Self::LessEqual,
            Self::GreaterEqual => Self::Less,
        }
    }

    /// The same with its two sides exchanged.
    #[must_use]
    pub const fn turned(self) -> Self {
        match self {
            Self::Is | Self::IsNot => self,
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
        }
    }

    /// Whether it holds between two values of one sort.
    #[must_use]
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Is => left == right,
            Self::IsNot => left != right,
            Self::Less => left < right,
            Self::LessEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterEqual => left >= right,
        }
    }
}

/// A value compared with a plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Which value: a path such as `lot.condition`, that names the same value wherever it stands.
    pub of: String,
    /// How.
    pub relation: Relation,
    /// With what.
    pub with: Plain,
}

impl Comparison {
    /// What holds where this does not.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { relation: self.relation.negated(), ..self.clone() }
    }

    /// Whether the two can never hold together.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let alike = self.of == other.of && std::mem::discriminant(&self.with) == std::mem::discriminant(&other.with);
        let (a, b) = (&self.with, &other.with);
        alike
            && match (self.relation, other.relation) {
                (Relation::Is, relation) => !relation.holds(a, b),
                (relation, Relation::Is) => !relation.holds(b, a),
                (Relation::IsNot, _) | (_, Relation::IsNot) => false,
                (Relation::Less | Relation::LessEqual, Relation::Less | Relation::LessEqual) => false,
                (Relation::Less | Relation::LessEqual, lower) => a < b || a == b && !(self.relation == Relation::LessEqual && lower == Relation::GreaterEqual),
                (lower, Relation::Less | Relation::LessEqual) => b < a || a == b && !(other.relation == Relation::LessEqual && lower == Relation::GreaterEqual),
                _ => false,
            }
    }

    /// Whether the other holds wherever this one does.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        self.excludes(&other.negated())
    }
}

/// Whether a comparison holds, as far as what is known tells.
#[must_use]
pub fn decided(known: &[Comparison], asked: &Comparison) -> Option<bool> {
    if known.iter().any(|k| k.excludes(asked)) {
        return Some(false);
    }
    known.iter().any(|k| k.implies(asked)).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Relation; 6] = [Relation::Is, Relation::IsNot, Relation::Less, Relation::LessEqual, Relation::Greater, Relation::GreaterEqual];

    fn comparison(relation: Relation, with: i64) -> Comparison {
        Comparison { of: "x".into(), relation, with: Plain::Number(Decimal::from(with)) }
    }

    /// Halves between the numbers stand for all that lies between them.
    #[test]
    fn two_comparisons_exclude_each_other_where_no_number_fits_both() {
        let numbers: Vec<Decimal> = (-2..=10).map(|n| Decimal::new(n * 5, 1)).collect();
        for (a, b) in ALL.into_iter().flat_map(|a| ALL.into_iter().map(move |b| (a, b))) {
            for (m, n) in (1..=3).flat_map(|m| (1..=3).map(move |n| (m, n))) {
                let (left, right) = (comparison(a, m), comparison(b, n));
                let holds = |c: &Comparison, x: Decimal| c.relation.holds(&Plain::Number(x), &c.with);
                let fits = numbers.iter().any(|x| holds(&left, *x) && holds(&right, *x));
                assert_eq!(left.excludes(&right), !fits, "{left:?} and {right:?}");
                let implied = numbers.iter().all(|x| !holds(&left, *x) || holds(&right, *x));
                assert_eq!(left.implies(&right), implied, "{left:?} and {right:?}");
            }
        }
    }

    #[test]
    fn other_values_and_other_sorts_say_nothing() {
        let word = Comparison { of: "x".into(), relation: Relation::Is, with: Plain::Word("1".into()) };
        let other = Comparison { of: "y".into(), ..comparison(Relation::Is, 2) };
        assert_eq!(decided(&[word, other], &comparison(Relation::Is, 1)), None);
        assert_eq!(decided(&[comparison(Relation::Less, 3)], &comparison(Relation::Is, 3)), Some(false));
        assert_eq!(decided(&[comparison(Relation::Less, 3)], &comparison(Relation::LessEqual, 3)), Some(true));
    }
}
