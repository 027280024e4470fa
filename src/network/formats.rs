//! The forms that single values have: what a cell must look like to mean a quantity, an amount, a date, a GSTIN …
//!
//! Must not know rows or other cells. Tests: below, and the spoiled network of `tests.rs`.

use crate::base::suggest::did_you_mean;
use crate::base::{Date, Money, Quantity};
use crate::domain::Tracking;
use crate::domain::gst::{self, GstinError, HsnError};

/// Why a text is not the value it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    pub code: &'static str,
    pub title: String,
    pub help: Option<String>,
}

impl Complaint {
    pub fn new(code: &'static str, title: String) -> Self {
        Self { code, title, help: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

type Read<T> = Result<T, Complaint>;

/// A code: letters, digits and `_ - . /`, so that it can be typed in a flow, a command and an address.
pub(super) fn code(text: &str) -> Read<String> {
    let fits = text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Complaint::new("bad-code", format!("`{text}` is not a code")).help("use letters, digits and `_ - . /`, at most 40"))
    }
}

fn plain_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction)
}

fn not_a_number(text: &str, what: &str, example: &str) -> Complaint {
    Complaint::new("bad-number", format!("`{text}` is not {what}")).help(format!("write digits and at most one point, such as `{example}`"))
}

/// A quantity, not below zero.
pub(super) fn quantity(text: &str) -> Read<Quantity> {
    if !plain_number(text) {
        return Err(not_a_number(text, "a quantity", "12.5"));
    }
    let quantity: Quantity = text.parse().map_err(|e: crate::base::quantity::QuantityError| Complaint::new("bad-number", e.to_string()))?;
    if quantity < Quantity::ZERO { Err(Complaint::new("bad-number", format!("`{text}` is below zero"))) } else { Ok(quantity) }
}

/// An amount, not below zero; commas may stand where they do in `1,00,000` or `100,000`.
pub(super) fn money(text: &str) -> Read<Money> {
    let mut groups = text.split('.').next().unwrap_or_default().split(',').rev();
    let last = groups.next().unwrap_or_default();
    let grouped = !text.contains(',') || (last.len() == 3 && groups.all(|g| (1..=3).contains(&g.len())));
    if !grouped || !plain_number(&text.replace(',', "")) {
        return Err(not_a_number(text, "an amount", "6500.00"));
    }
    let money: Money = text.parse().map_err(|e: crate::base::money::MoneyError| Complaint::new("bad-number", e.to_string()))?;
    if money < Money::ZERO { Err(Complaint::new("bad-number", format!("`{text}` is below zero"))) } else { Ok(money) }
}

/// A whole number from 1.
pub(super) fn days(text: &str) -> Read<u32> {
    text.parse()
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| Complaint::new("bad-number", format!("`{text}` is not a number of days")).help("write a whole number such as `365`, or leave it empty"))
}

/// How many decimals a unit has.
pub(super) fn decimals(text: &str) -> Read<u32> {
    text.parse()
        .ok()
        .filter(|n| *n <= 3)
        .ok_or_else(|| Complaint::new("bad-decimals", format!("`{text}` is not a number of decimals")).help("write 0, 1, 2 or 3"))
}

/// A date, year first.
pub(super) fn date(text: &str) -> Read<Date> {
    let shaped = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let read = if shaped { text.parse().ok() } else { None };
    read.ok_or_else(|| Complaint::new("bad-date", format!("`{text}` is not a date")).help("write year, month and day, such as `2026-04-01`"))
}

/// One of two or more words.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Read<T> {
    choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let all: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        Complaint::new("bad-choice", format!("`{text}` is none of {}", all.join(", ")))
    })
}

pub(super) fn yes_no(text: &str) -> Read<bool> {
    choice(text, &[("yes", true), ("no", false)])
}

/// Whether the defective part comes back.
pub(super) fn spare(text: &str) -> Read<bool> {
    choice(text, &[("spare", true), ("consumable", false)])
}

pub(super) fn tracking(text: &str) -> Read<Tracking> {
    choice(text, &[("none", Tracking::None), ("lot", Tracking::Lot), ("serial", Tracking::Serial)])
}

/// A unit of measure, as GST knows it.
pub(super) fn unit(text: &str) -> Read<String> {
    if gst::is_unit(text) {
        return Ok(text.to_owned());
    }
    let complaint = Complaint::new("unknown-unit", format!("`{text}` is not a GST unit"));
    let near = did_you_mean(text, gst::UNITS).filter(|_| text.len() <= 4);
    Err(complaint.help(near.unwrap_or_else(|| "pieces are `NOS`, metres `MTR`, litres `LTR`, kilograms `KGS`, sets `SET`".to_owned())))
}

pub(super) fn hsn(text: &str) -> Read<String> {
    match gst::check_hsn(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(HsnError::Form) => Err(Complaint::new("bad-hsn", format!("`{text}` is not an HSN code")).help("write 4, 6 or 8 digits")),
        Err(HsnError::Service) => {
            Err(Complaint::new("bad-hsn", format!("`{text}` is the code of a service")).help("goods have an HSN code that does not begin with 99"))
        }
    }
}

pub(super) fn gstin(text: &str) -> Read<String> {
    match gst::check_gstin(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(GstinError::Form) if gst::check_gstin(&text.to_uppercase()).is_ok() => {
            Err(Complaint::new("bad-gstin", format!("`{text}` is not a GSTIN")).help(format!("write it in capitals: `{}`", text.to_uppercase())))
        }
        Err(GstinError::Form) => {
            Err(Complaint::new("bad-gstin", format!("`{text}` is not a GSTIN")).help("15 characters: State, PAN, number, `Z`, check digit"))
        }
        Err(GstinError::State) => Err(Complaint::new("bad-gstin", format!("`{text}` begins with no State's code"))),
        Err(GstinError::CheckDigit(digit)) => Err(Complaint::new("bad-gstin", format!("the check digit of `{text}` is wrong"))
            .help(format!("the others would make it end in `{digit}`: one of the 15 is mistyped, compare with the certificate"))),
    }
}

/// A GST State code.
pub(super) fn state(text: &str) -> Read<String> {
    if gst::state_of(text).is_some() {
        return Ok(text.to_owned());
    }
    let complaint = Complaint::new("bad-state", format!("`{text}` is not a GST State code"));
    let named = gst::STATES.iter().find(|s| s.name.eq_ignore_ascii_case(text));
    Err(complaint.help(named.map_or_else(|| "write the two digits a GSTIN there begins with, such as `29`".to_owned(), |s| format!("write `{}`", s.code))))
}

pub(super) fn pin(text: &str) -> Read<String> {
    if gst::is_pin(text) {
        Ok(text.to_owned())
    } else {
        Err(Complaint::new("bad-pin", format!("`{text}` is not a PIN code")).help("six digits, the first not 0"))
    }
}

/// Latitude and longitude in degrees, as millionths.
pub(super) fn location(text: &str) -> Read<(i32, i32)> {
    let complaint = || {
        Complaint::new("bad-location", format!("`{text}` is not a place on the map")).help("write latitude and longitude in degrees, such as `12.9716 77.5946`")
    };
    let degrees = |text: &str, most: i64| -> Option<i32> {
        let value: rust_decimal::Decimal = text.parse().ok().filter(|_| plain_number(text))?;
        let millionths = (value * rust_decimal::Decimal::from(1_000_000)).round();
        (millionths.abs() <= rust_decimal::Decimal::from(most * 1_000_000)).then(|| i32::try_from(millionths.mantissa()).ok())?
    };
    let mut words = text.split([' ', ',']).filter(|w| !w.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(latitude), Some(longitude), None) => degrees(latitude, 90).zip(degrees(longitude, 180)).ok_or_else(complaint),
        _ => Err(complaint()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_never_guessed() {
        assert_eq!(quantity("0.125").unwrap().to_string(), "0.125");
        assert_eq!(money("1,00,000.50").unwrap().to_string(), "100000.50");
        assert_eq!(money("100,000").unwrap().to_string(), "100000.00");
        for bad in ["6,50", "1e3", "", "₹5", "1.2.3", "-1", "1_000", " 1", "1.", "0.001", ",500"] {
            assert!(money(bad).is_err(), "{bad}");
        }
        for bad in ["1,000", "four", "-1", "0.0001"] {
            assert!(quantity(bad).is_err(), "{bad}");
        }
        assert!(date("2026-02-29").is_err() && date("01-04-2026").is_err() && date("2028-02-29").is_ok());
    }

    #[test]
    fn places_are_in_millionths_of_a_degree() {
        assert_eq!(location("12.9716, 77.5946"), Ok((12_971_600, 77_594_600)));
        assert_eq!(location("-12 77"), Ok((-12_000_000, 77_000_000)));
        assert!(location("91 0").is_err() && location("12").is_err());
    }
}
