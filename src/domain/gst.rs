//! Statutory codes of the Indian goods and services tax: registration numbers, States, PIN codes, units, HSN codes, document numbers.
//!
//! Only forms and tables, no decisions. Must not know who is checked. Sources: CGST Rules 46 and 55; GSTN check digit. Tests: below.

/// Unit quantity codes that papers and e-way bills accept.
pub const UNITS: [&str; 45] = [
    "BAG", "BAL", "BDL", "BKL", "BOU", "BOX", "BTL", "BUN", "CAN", "CBM", "CCM", "CMS", "CTN", "DOZ", "DRM", "GGK", "GMS", "GRS", "GYD", "KGS", "KLR", "KME",
    "LTR", "MLT", "MTR", "MTS", "NOS", "OTH", "PAC", "PCS", "PRS", "QTL", "ROL", "SET", "SQF", "SQM", "SQY", "TBS", "TGM", "THD", "TON", "TUB", "UGS", "UNT",
    "YDS",
];

/// A State or union territory: code, name, and the first three digits that its PIN codes begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Two digits, as a GSTIN begins.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// Inclusive ranges of the first three digits; they overlap between neighbours, so a miss is only worth a warning.
    pub pins: &'static [(u16, u16)],
}

const fn state(code: &'static str, name: &'static str, pins: &'static [(u16, u16)]) -> State {
    State { code, name, pins }
}

/// All States and union territories.
pub const STATES: [State; 38] = [
    state("01", "Jammu and Kashmir", &[(180, 194)]),
    state("02", "Himachal Pradesh", &[(171, 177)]),
    state("03", "Punjab", &[(140, 160)]),
    state("04", "Chandigarh", &[(160, 160)]),
    state("05", "Uttarakhand", &[(244, 263)]),
    state("06", "Haryana", &[(121, 136)]),
    state("07", "Delhi", &[(110, 110)]),
    state("08", "Rajasthan", &[(301, 345)]),
    state("09", "Uttar Pradesh", &[(201, 285)]),
    state("10", "Bihar", &[(800, 855)]),
    state("11", "Sikkim", &[(737, 737)]),
    state("12", "Arunachal Pradesh", &[(790, 792)]),
    state("13", "Nagaland", &[(797, 798)]),
    state("14", "Manipur", &[(795, 795)]),
    state("15", "Mizoram", &[(796, 796)]),
    state("16", "Tripura", &[(799, 799)]),
    state("17", "Meghalaya", &[(793, 794)]),
    state("18", "Assam", &[(781, 788)]),
    state("19", "West Bengal", &[(700, 743)]),
    state("20", "Jharkhand", &[(813, 835)]),
    state("21", "Odisha", &[(751, 770)]),
    state("22", "Chhattisgarh", &[(490, 497)]),
    state("23", "Madhya Pradesh", &[(450, 488)]),
    state("24", "Gujarat", &[(360, 396)]),
    state("26", "Dadra and Nagar Haveli and Daman and Diu", &[(362, 362), (396, 396)]),
    state("27", "Maharashtra", &[(400, 445)]),
    state("29", "Karnataka", &[(560, 591)]),
    state("30", "Goa", &[(403, 403)]),
    state("31", "Lakshadweep", &[(682, 682)]),
    state("32", "Kerala", &[(670, 695)]),
    state("33", "Tamil Nadu", &[(600, 643)]),
    state("34", "Puducherry", &[(533, 533), (605, 605), (607, 607), (609, 609), (673, 673)]),
    state("35", "Andaman and Nicobar Islands", &[(744, 744)]),
    state("36", "Telangana", &[(500, 535)]),
    state("37", "Andhra Pradesh", &[(500, 535)]),
    state("38", "Ladakh", &[(180, 194)]),
    state("96", "Other countries", &[(999, 999)]),
    state("97", "Other territory", &[]),
];

/// The State of a two-digit code.
#[must_use]
pub fn state_of(code: &str) -> Option<&'static State> {
    STATES.iter().find(|s| s.code == code)
}

/// Whether a unit quantity code is one of the list.
#[must_use]
pub fn is_unit(code: &str) -> bool {
    UNITS.contains(&code)
}

/// What is wrong with a GSTIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GstinError {
    /// Not one of the forms: regular, government department, UN body, non-resident, online service, deductor, collector.
    Form,
    /// The first two digits are no State.
    State,
    /// The last character is not the check digit of the others; this is what it should be.
    CheckDigit(char),
}

/// The forms a GSTIN may have: `d` digit, `a` letter, `x` either, `e` either but not 0, `k` the kind letter of regular taxpayers; capitals as they are.
const GSTIN_FORMS: [&str; 8] =
    ["ddaaaaaddddaekx", "ddaaaadddddadZd", "ddddaaadddddUNx", "ddddaaadddddONx", "ddddaaadddddNRx", "99ddaaadddddOSx", "ddaaaaxddddaeDx", "ddaaaaxddddaeCx"];

/// Checks a GSTIN: its form, its State and its check digit.
///
/// # Errors
/// The first of the three that fails.
pub fn check_gstin(gstin: &str) -> Result<(), GstinError> {
    if !GSTIN_FORMS.iter().any(|form| fits(gstin, form)) {
        return Err(GstinError::Form);
    }
    let state = gstin.get(..2).unwrap_or_default();
    // A non-resident or online service is registered with the centre, under 99.
    if state_of(state).is_none() && state != "99" {
        return Err(GstinError::State);
    }
    match gstin_check_digit(gstin) {
        Some(digit) if !gstin.ends_with(digit) => Err(GstinError::CheckDigit(digit)),
        _ => Ok(()),
    }
}

/// The check digit of the first 14 characters: weights 1, 2, 1, 2 …, the digits of each product in base 36 summed.
#[must_use]
pub fn gstin_check_digit(gstin: &str) -> Option<char> {
    let mut sum = 0;
    for (i, c) in gstin.chars().take(14).enumerate() {
        let product = c.to_digit(36)? * if i % 2 == 0 { 1 } else { 2 };
        sum += product / 36 + product % 36;
    }
    char::from_digit((36 - sum % 36) % 36, 36).map(|c| c.to_ascii_uppercase())
}

fn fits(text: &str, form: &str) -> bool {
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(|(c, f)| fits_class(c, f))
}

const fn fits_class(c: u8, class: u8) -> bool {
    match class {
        b'd' => c.is_ascii_digit(),
        b'a' => c.is_ascii_uppercase(),
        b'x' => c.is_ascii_digit() || c.is_ascii_uppercase(),
        b'e' => (c.is_ascii_digit() && c != b'0') || c.is_ascii_uppercase(),
        b'k' => (c.is_ascii_digit() && c != b'0') || matches!(c, b'Z' | b'A' | b'B' | b'D'..=b'J'),
        literal => c == literal,
    }
}

/// Whether a text has the form of a PIN code: six digits, the first not 0.
#[must_use]
pub fn is_pin(pin: &str) -> bool {
    pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit()) && !pin.starts_with('0')
}

/// Whether a PIN code lies in a State, as far as its first three digits tell; true where the State has no ranges.
#[must_use]
pub fn pin_in_state(pin: &str, state: &State) -> bool {
    let prefix = pin.get(..3).and_then(|p| p.parse::<u16>().ok());
    state.pins.is_empty() || prefix.is_some_and(|p| state.pins.iter().any(|(low, high)| (*low..=*high).contains(&p)))
}

/// What is wrong with an HSN code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HsnError {
    /// Not 4, 6 or 8 digits.
    Form,
    /// A code of a service (99…), which no goods can have.
    Service,
}

/// Checks the HSN code of goods.
///
/// # Errors
/// Not 4, 6 or 8 digits, or a service code.
pub fn check_hsn(hsn: &str) -> Result<(), HsnError> {
    if !matches!(hsn.len(), 4 | 6 | 8) || !hsn.bytes().all(|b| b.is_ascii_digit()) {
        return Err(HsnError::Form);
    }
    if hsn.starts_with("99") { Err(HsnError::Service) } else { Ok(()) }
}

/// Whether a text can be the number of a delivery challan: at most 16 characters of letters, digits, `-` and `/`, the first a
/// letter or a digit other than 0 (the e-way bill portal refuses numbers that begin with 0).
#[must_use]
pub fn is_document_number(number: &str) -> bool {
    let first = number.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() && b != b'0');
    first && number.len() <= 16 && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_tells_true_numbers_from_mistyped_ones() {
        for good in ["27AAPFU0939F1ZV", "05AAACG2115R1ZN", "05AAACG2140A1ZL", "24AAACC1206D1ZM", "29AAACV1234F1ZL", "29AAKFA4321M1Z9", "33AAKFC7654N1ZY"] {
            assert_eq!(check_gstin(good), Ok(()), "{good}");
        }
        assert!(matches!(check_gstin("29AAAPZ1234C1ZV"), Err(GstinError::CheckDigit(_))));
        assert_eq!(check_gstin("29AAACV1234F1ZK"), Err(GstinError::CheckDigit('L')));
    }

    #[test]
    fn forms_and_states_are_checked_before_the_digit() {
        for bad in ["", "29AAACV1234F1Z", "29aaacv1234f1zl", "29AAACV1234F0ZL", "29AAACV12341FZL", "29AAACV1234F1ZL "] {
            assert_eq!(check_gstin(bad), Err(GstinError::Form), "{bad}");
        }
        assert_eq!(check_gstin("28AAACV1234F1ZL"), Err(GstinError::State));
    }

    #[test]
    fn codes_have_their_forms() {
        assert!(is_pin("560048") && !is_pin("060048") && !is_pin("56004"));
        let karnataka = state_of("29").unwrap();
        assert!(pin_in_state("560048", karnataka) && !pin_in_state("600032", karnataka));
        assert_eq!(check_hsn("84143000"), Ok(()));
        assert_eq!(check_hsn("841"), Err(HsnError::Form));
        assert_eq!(check_hsn("998729"), Err(HsnError::Service));
        assert!(is_unit("NOS") && is_unit("YDS") && !is_unit("PIECE"));
        assert!(is_document_number("DCS/26-27/00001") && !is_document_number("0DC/1") && !is_document_number("DCS/2026-27/00001"));
    }
}
