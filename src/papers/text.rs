//! A paper as a page of plain text, 96 characters wide, as a printer or a terminal shows it.
//!
//! Must not know where the facts come from. Tests: `tests.rs`.

use std::fmt::Write as _;

use crate::base::Money;

use super::{Copy, Form, LotUnits, PaperLine, PaperRecord, Place, state_name};

const WIDTH: usize = 96;
const LEFT: usize = 48;

impl PaperRecord {
    /// The page; for a challan, of one of its three copies.
    #[must_use]
    pub fn to_text(&self, copy: Copy) -> String {
        let mut page = String::new();
        let label = if self.form.is_internal() { "" } else { copy.label() };
        two(&mut page, &self.heading(), &format!("{label:>right$}", right = WIDTH - LEFT));
        let _ = writeln!(page, "{}", "=".repeat(WIDTH));
        two(&mut page, &format!("Number  {}", self.number), &format!("For     {}", self.document));
        let linked = self.reverses.as_ref().map_or_else(String::new, |number| format!("Against {number}"));
        two(&mut page, &format!("Date    {}", self.date.0.strftime("%d-%m-%Y")), &linked);
        if let Some(state) = &self.place_of_supply {
            let _ = writeln!(page, "Place of supply  {state} (inter-State)");
        }
        self.parties(&mut page);
        self.table(&mut page);
        if self.form == Form::ReverseChallan {
            self.sent_out(&mut page);
        }
        self.foot(&mut page);
        page
    }

    fn heading(&self) -> String {
        let by_rule = match self.form {
            Form::Challan => "DELIVERY CHALLAN (CGST RULE 55)",
            Form::ReverseChallan => "REVERSE DELIVERY CHALLAN (CGST RULE 55)",
            Form::Receipt | Form::Slip => return self.title.to_uppercase(),
        };
        by_rule.to_owned()
    }

    fn parties(&self, page: &mut String) {
        let (left, right) = match self.form {
            Form::Challan | Form::ReverseChallan => ("Consigner", "Consignee"),
            Form::Receipt => ("Received from", "Received at"),
            Form::Slip => ("", "Put aside at"),
        };
        let _ = writeln!(page, "{}", "-".repeat(WIDTH));
        two(page, left, right);
        let (from, to) = (place_rows(self.from.as_ref()), place_rows(self.to.as_ref()));
        for (left, right) in from.iter().zip(&to) {
            two(page, left, right);
        }
    }

    fn table(&self, page: &mut String) {
        rule(page);
        let _ = writeln!(page, "{:>3} {:<34} {:<9} {:>10} {:<4} {:>13} {:>16}", "No", "Goods", "HSN", "Quantity", "Unit", "Rate", "Taxable value");
        rule(page);
        for (i, line) in self.lines.iter().enumerate() {
            row(page, i + 1, line);
        }
        if self.lines.is_empty() {
            let _ = writeln!(page, "    nothing yet");
        }
        rule(page);
        let _ = writeln!(page, "{:>78} {:>17}", "Total", amount(self.value));
    }

    /// What the linked challan sent, so that the page can be ticked off as parts come back.
    fn sent_out(&self, page: &mut String) {
        let _ = writeln!(page, "Sent on {}", self.reverses.as_deref().unwrap_or_default());
        for line in &self.sent {
            let _ = writeln!(page, "    {:<34} {:>20} {:<4}   used ________   returned ________", goods_name(line), line.quantity, line.unit);
        }
        let _ = writeln!(page, "{}", if self.open { "Open until all of it is accounted for." } else { "Closed: all of it is accounted for." });
    }

    fn foot(&self, page: &mut String) {
        if !self.form.is_internal() {
            let _ = writeln!(page, "Goods move for reasons other than supply: no tax is charged.");
        }
        let signatory = match self.form {
            Form::Receipt | Form::Slip => self.to.as_ref(),
            Form::Challan | Form::ReverseChallan => self.from.as_ref(),
        };
        let name = signatory.map(|p| p.name.as_str()).unwrap_or_default();
        let _ = writeln!(page, "\n{:>WIDTH$}\n{:>WIDTH$}", format!("for {name}"), "Signature");
    }
}

fn rule(page: &mut String) {
    let _ = writeln!(page, "{}", "-".repeat(WIDTH));
}

fn two(page: &mut String, left: &str, right: &str) {
    let line = format!("{left:<LEFT$}{right}");
    let _ = writeln!(page, "{}", line.trim_end());
}

fn place_rows(place: Option<&Place>) -> [String; 4] {
    let Some(p) = place else { return Default::default() };
    let state = if p.state.is_empty() { String::new() } else { format!("State {}", state_name(&p.state)) };
    let town = format!("{} {}", p.city, p.pin).trim().to_owned();
    let gstin = if p.gstin.is_empty() { "GSTIN unregistered".to_owned() } else { format!("GSTIN {}", p.gstin) };
    [p.name.clone(), [p.address.as_str(), &town].join(", ").trim_matches([',', ' ']).to_owned(), state, gstin]
}

fn goods_name(line: &PaperLine) -> String {
    let condition = if line.condition == "ok" { String::new() } else { format!(" ({})", line.condition) };
    format!("{} {}{condition}", line.part, line.description)
}

fn row(page: &mut String, number: usize, line: &PaperLine) {
    let name = goods_name(line);
    let (rate, value) = (amount(line.rate), amount(line.value));
    let (hsn, quantity, unit) = (&line.hsn, line.quantity, &line.unit);
    let _ = writeln!(page, "{number:>3} {name:<34} {hsn:<9} {quantity:>10} {unit:<4} {rate:>13} {value:>16}");
    for units in &line.lots {
        for text in wrapped(&lot_words(units), WIDTH - 8) {
            let _ = writeln!(page, "        {text}");
        }
    }
}

fn lot_words(units: &LotUnits) -> String {
    let mut words = vec![format!("{} of lot {}", units.quantity, units.label.as_deref().unwrap_or(units.lot.as_str()))];
    words.extend(units.sodo.as_ref().map(|s| format!("SODO {s}")));
    words.extend(units.expires.map(|d| format!("use by {d}")));
    if !units.serials.is_empty() {
        let serials: Vec<&str> = units.serials.iter().map(|s| s.as_str()).collect();
        words.push(format!("serial {}", serials.join(" ")));
    }
    words.join(", ")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// An amount with two decimals, grouped as in India: 12,34,567.00.
fn amount(money: Money) -> String {
    let text = money.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        let left = digits.len() - i;
        if i > 0 && (left == 3 || (left > 3 && left % 2 == 1)) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fraction}")
}
