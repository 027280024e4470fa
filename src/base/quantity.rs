//! Quantities of parts: exact, in thousandths of the part's base unit.
//!
//! One scale serves every part, so that sums and comparisons need no part master; how many decimals a part
//! really allows is checked where input is read. Must not know parts. Tests: below.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::scaled::{Scaled, plain};

/// A quantity in a part's base unit (pieces, metres, litres …), exact to a thousandth, at most about 9.2 × 10¹⁵ units.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

/// Decimals that every quantity can carry.
pub const QUANTITY_DECIMALS: u32 = 3;
const SCALE: i64 = 1000;

/// Why a decimal is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// More than three decimals.
    #[error("`{0}` has more than 3 decimals")]
    TooFine(Decimal),
    /// Too large to be held exactly.
    #[error("`{0}` is too large for a quantity")]
    TooLarge(Decimal),
    /// Not a number at all.
    #[error("`{0}` is not a quantity")]
    NotANumber(String),
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One base unit.
    pub const ONE: Self = Self(SCALE);

    /// Whole base units; saturates at the largest quantity.
    #[must_use]
    pub const fn units(units: i64) -> Self {
        Self(units.saturating_mul(SCALE))
    }

    /// From stored thousandths.
    #[must_use]
    pub const fn from_milli(milli: i64) -> Self {
        Self(milli)
    }

    /// To stored thousandths.
    #[must_use]
    pub const fn milli(self) -> i64 {
        self.0
    }

    /// Exact conversion.
    ///
    /// # Errors
    /// More than three decimals, or too large.
    pub fn from_decimal(value: Decimal) -> Result<Self, QuantityError> {
        let scaled = value.checked_mul(Decimal::from(SCALE)).ok_or(QuantityError::TooLarge(value))?;
        if !scaled.fract().is_zero() {
            return Err(QuantityError::TooFine(value));
        }
        scaled.to_i64().map(Self).ok_or(QuantityError::TooLarge(value))
    }

    /// The quantity as a decimal without trailing zeros.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, QUANTITY_DECIMALS).normalize()
    }

    /// The quantity as it is written.
    #[must_use]
    pub fn written(self) -> Scaled {
        Scaled::new(self.0, 3, 0)
    }

    /// Decimals in use: 0 for whole units, up to 3.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.to_decimal().scale()
    }

    /// True when no fraction of a unit is left.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0 % SCALE == 0
    }

    /// True for exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True for more than zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// True for less than zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Sum, or nothing where it would not fit.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Difference, or nothing where it would not fit.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(milli) = plain(text, 3) {
            return Ok(Self(milli));
        }
        let value: Decimal = text.trim().parse().map_err(|_| QuantityError::NotANumber(text.to_owned()))?;
        Self::from_decimal(value)
    }
}

// Saturating on purpose: a sum that does not fit can only come from quantities near 10¹⁵ units, and the ledger's
// own checks (never below zero, both ends equal) then refuse the result.
impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
impl Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.written().as_str())
    }
}
impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_and_print_without_noise() {
        let half: Quantity = "0.5".parse().unwrap();
        assert_eq!((half + half).to_string(), "1");
        assert_eq!("25.125".parse::<Quantity>().unwrap().to_string(), "25.125");
        assert!("0.0005".parse::<Quantity>().is_err());
        assert!("four".parse::<Quantity>().is_err());
        assert!(Quantity::units(4).is_whole() && !half.is_whole());
    }
}
