//! Money: exact, in minor units (paise, cents) of the book's one currency.
//!
//! Must not know price lists. Tests: below.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Quantity;
use super::scaled::{Scaled, plain};

/// An amount in minor units (1/100) of the book's currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// Why a decimal is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Finer than the minor unit.
    #[error("`{0}` has more than 2 decimals")]
    TooFine(Decimal),
    /// Too large to be held exactly.
    #[error("`{0}` is too large for an amount")]
    TooLarge(Decimal),
    /// Not a number at all.
    #[error("`{0}` is not an amount of money")]
    NotANumber(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From stored minor units.
    #[must_use]
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// To stored minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Exact conversion.
    ///
    /// # Errors
    /// More than two decimals, or too large.
    pub fn from_decimal(value: Decimal) -> Result<Self, MoneyError> {
        let scaled = value.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::TooLarge(value))?;
        if !scaled.fract().is_zero() {
            return Err(MoneyError::TooFine(value));
        }
        scaled.to_i64().map(Self).ok_or(MoneyError::TooLarge(value))
    }

    /// Conversion that rounds half away from zero to the minor unit, as invoices do.
    ///
    /// # Errors
    /// Too large.
    pub fn round_decimal(value: Decimal) -> Result<Self, MoneyError> {
        Self::from_decimal(value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    }

    /// The amount as a decimal with two decimals.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The amount as it is written.
    #[must_use]
    pub fn written(self) -> Scaled {
        Scaled::new(self.0, 2, 2)
    }

    /// A rate times a quantity, rounded half away from zero to the minor unit.
    ///
    /// # Errors
    /// Too large.
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        let rate = self.to_decimal();
        let value = rate.checked_mul(quantity.to_decimal()).ok_or(MoneyError::TooLarge(rate))?;
        Self::round_decimal(value)
    }
}

impl std::str::FromStr for Money {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(minor) = plain(text, 2) {
            return Ok(Self(minor));
        }
        let digits = text.trim().replace(',', "");
        let value: Decimal = digits.parse().map_err(|_| MoneyError::NotANumber(text.to_owned()))?;
        Self::from_decimal(value)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.written().as_str())
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_times_a_quantity_rounds_to_the_minor_unit() {
        let rate: Money = "30.33".parse().unwrap();
        assert_eq!(rate.times("0.5".parse().unwrap()).unwrap().to_string(), "15.17");
        assert_eq!("6,500".parse::<Money>().unwrap().to_string(), "6500.00");
        assert!("1.005".parse::<Money>().is_err());
    }
}
