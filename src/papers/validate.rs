//! What a challan must not lack before it goes on the road: CGST Rules 46(b) and 55.
//!
//! Must not know how papers look. Tests: `tests.rs`.

use serde::Serialize;

use crate::base::{Date, Money, Quantity};
use crate::domain::gst::{self, GstinError};

use super::{Form, PaperRecord, Place};

/// The first month of the financial year within which a number must not come twice.
const FIRST_MONTH: i8 = 4;

/// One thing wrong with a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable code, such as `missing-hsn`.
    pub code: &'static str,
    /// The line, from 1; absent for the paper as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
}

/// All that is wrong with a paper; `others` are number and date of the papers that the same registration has issued beside it.
#[must_use]
pub fn validate(record: &PaperRecord, others: &[(String, Date)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    number(record, others, &mut faults);
    if !record.form.is_internal() {
        party("consigner", record.from.as_ref(), &mut faults);
    }
    party(if record.form.is_internal() { "receiver" } else { "consignee" }, record.to.as_ref(), &mut faults);
    let crosses = matches!((&record.from, &record.to), (Some(from), Some(to)) if from.state != to.state);
    if crosses && !record.form.is_internal() && record.place_of_supply.is_none() {
        fault(&mut faults, "missing-place-of-supply", "goods to another State need the place of supply");
    }
    // The goods of a reverse challan are known only as they come back.
    if record.lines.is_empty() && !(record.form == Form::ReverseChallan) {
        fault(&mut faults, "missing-goods", "the paper names no goods");
    }
    lines(record, &mut faults);
    faults
}

fn fault(faults: &mut Vec<Fault>, code: &'static str, text: impl Into<String>) {
    faults.push(Fault { code, line: None, text: text.into() });
}

fn number(record: &PaperRecord, others: &[(String, Date)], faults: &mut Vec<Fault>) {
    let number = &record.number;
    if number.chars().count() > 16 {
        fault(faults, "number-too-long", format!("`{number}` has more than 16 characters"));
    } else if !gst::is_document_number(number) {
        fault(faults, "bad-number", format!("`{number}` is not a number that a challan may have: letters, digits, `-` and `/`, not beginning with 0"));
    }
    let year = |date: Date| date.fiscal_year(FIRST_MONTH);
    if others.iter().any(|(other, date)| other == number && year(*date) == year(record.date)) {
        fault(faults, "duplicate-number", format!("`{number}` was already used in {}", year(record.date)));
    }
}

fn party(what: &str, place: Option<&Place>, faults: &mut Vec<Fault>) {
    let Some(place) = place else {
        return fault(faults, "missing-party", format!("the paper names no {what}"));
    };
    let missing = [("name", &place.name), ("address", &place.address), ("State", &place.state)].into_iter().filter(|(_, text)| text.is_empty());
    for (field, _) in missing {
        fault(faults, "missing-party", format!("the {what} `{}` has no {field}", place.code));
    }
    if place.gstin.is_empty() {
        return;
    }
    match gst::check_gstin(&place.gstin) {
        Ok(()) => {}
        Err(GstinError::CheckDigit(_)) => fault(faults, "bad-gstin", format!("the check digit of `{}` is wrong", place.gstin)),
        Err(_) => fault(faults, "bad-gstin", format!("`{}` is not a GSTIN", place.gstin)),
    }
}

fn lines(record: &PaperRecord, faults: &mut Vec<Fault>) {
    for (i, line) in record.lines.iter().enumerate() {
        let mut say = |code, text: String| faults.push(Fault { code, line: Some(i + 1), text });
        if gst::check_hsn(&line.hsn).is_err() {
            say("missing-hsn", format!("`{}` has no HSN code of goods", line.part));
        }
        if line.description.is_empty() {
            say("missing-description", format!("`{}` has no description", line.part));
        }
        if line.quantity <= Quantity::ZERO || line.unit.is_empty() {
            say("missing-quantity", format!("`{}` has no quantity with a unit", line.part));
        }
        if line.value <= Money::ZERO && !record.form.is_internal() {
            say("missing-value", format!("`{}` has no value: also free parts show one", line.part));
        }
        let named: usize = line.lots.iter().map(|l| l.serials.len()).sum();
        if line.serial_tracked && i64::try_from(named).map(Quantity::units) != Ok(line.quantity) {
            say("missing-serials", format!("`{}`: {} units, and {named} serial numbers", line.part, line.quantity));
        }
    }
}
