//! Whole numbers of small units as decimal text, without a heap: what is stored is full of quantities and amounts.
//!
//! Must not know what is counted. Tests: below.

/// More than the digits of any 64-bit number, a point and a sign.
const LENGTH: usize = 24;

/// A number as text.
pub struct Scaled {
    bytes: [u8; LENGTH],
    from: usize,
}

impl Scaled {
    /// Units of which `10^decimals` make a whole one. Zeros at the end are left out down to `least` decimals.
    #[must_use]
    pub fn new(units: i64, mut decimals: usize, least: usize) -> Self {
        let mut text = Self { bytes: [b'0'; LENGTH], from: LENGTH };
        let mut left = units.unsigned_abs();
        while decimals > least && left.is_multiple_of(10) {
            (left, decimals) = (left / 10, decimals - 1);
        }
        for _ in 0..decimals {
            left = text.digit(left);
        }
        if decimals > 0 {
            text.put(b'.');
        }
        left = text.digit(left);
        while left > 0 {
            left = text.digit(left);
        }
        if units < 0 {
            text.put(b'-');
        }
        text
    }

    /// Puts the last digit of a number before what is there, and gives those before it.
    fn digit(&mut self, number: u64) -> u64 {
        self.put(b'0' + u8::try_from(number % 10).unwrap_or_default());
        number / 10
    }

    fn put(&mut self, byte: u8) {
        self.from -= 1;
        if let Some(slot) = self.bytes.get_mut(self.from) {
            *slot = byte;
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(self.from..).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// The units of a number that is written plainly, such as `-12.5`, with no more decimals than units have: most are.
pub(super) fn plain(text: &str, decimals: usize) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    // So few digits fit whatever they are.
    if whole.is_empty() || whole.len() > 15 || fraction.len() > decimals {
        return None;
    }
    let mut units = 0_i64;
    for byte in whole.bytes().chain(fraction.bytes()) {
        units = units * 10 + byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
    }
    for _ in fraction.len()..decimals {
        units *= 10;
    }
    Some(if negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::base::{Money, Quantity};

    proptest! {
        #[test]
        fn numbers_are_written_and_read_as_decimals_are(units: i64, small in -2_000_i64..2_000) {
            for units in [units, small] {
                let (quantity, money) = (Scaled::new(units, 3, 0), Scaled::new(units, 2, 2));
                prop_assert_eq!(quantity.as_str(), Decimal::new(units, 3).normalize().to_string());
                prop_assert_eq!(money.as_str(), Decimal::new(units, 2).to_string());
                prop_assert_eq!(Quantity::from_milli(units).to_string().parse(), Ok(Quantity::from_milli(units)));
                prop_assert_eq!(Money::from_minor(units).to_string().parse(), Ok(Money::from_minor(units)));
            }
        }

        #[test]
        fn what_is_read_at_once_is_what_a_decimal_says(text in "-?[0-9]{0,17}(\\.[0-9]{0,4})?") {
            if let Some(units) = plain(&text, 3) {
                let decimal: Decimal = text.parse().unwrap();
                prop_assert_eq!(Decimal::new(units, 3), decimal);
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        for text in ["", "-", ".5", "5.", "+5", "1_000", "1e3", "0.0005", "1234567890123456", " 5", "--5", "5-"] {
            assert_eq!(plain(text, 3), None, "{text}");
        }
        assert_eq!(["0", "-0", "7", "-0.5", "12.125"].map(|text| plain(text, 3)), [0, 0, 7_000, -500, 12_125].map(Some));
    }
}
