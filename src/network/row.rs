//! One row on its way to its meaning: reads cells, resolves names, and says what is wrong where it stands.
//!
//! Must not know kinds. Tests: the spoiled network of `tests.rs`.

use crate::base::{Bu, Diagnostic, PartCode, PartyCode, Quantity};

use super::Known;
use super::formats::Complaint;
use super::meaning;
use super::names::{Facts, Names};
use super::raw::{Item, RawRow};

/// A row with what is known around it.
pub(super) struct Row<'a> {
    pub raw: &'a RawRow,
    /// Its business unit; absent where the row names none or one that there is not, which has then been said.
    pub bu: Option<Bu>,
    pub names: &'a Names,
    pub known: &'a Known,
    pub out: &'a mut Vec<Diagnostic>,
}

/// A value and the row it was read from.
#[derive(Debug, Clone)]
pub(super) struct Read<'a, T> {
    pub value: T,
    pub row: &'a RawRow,
}

impl<'a> Row<'a> {
    /// Opens a row and resolves its business unit: as written, or the only one there is, or what `told` finds in the row.
    pub fn open(raw: &'a RawRow, names: &'a Names, known: &'a Known, out: &'a mut Vec<Diagnostic>, told: fn(&RawRow, &Names) -> Option<Bu>) -> Self {
        let bu = match raw.item("bu") {
            Some(item) => match names.unknown_bu(item) {
                Some(said) => {
                    out.push(said);
                    None
                }
                None => Some(Bu::from(&item.text)),
            },
            None => names.only_bu().or_else(|| told(raw, names)),
        };
        if bu.is_none() && raw.item("bu").is_none() && !names.business_units.is_empty() {
            let missing = || {
                let said = Diagnostic::error("missing-value", raw.span, format!("this row of `{}` does not say its business unit", raw.kind.name()));
                said.help("add `bu`; it may be left out where there is only one business unit, or where a person's parties tell it")
            };
            out.push(meaning::places(raw).iter().find_map(|place| names.party_nowhere(place)).unwrap_or_else(missing));
        }
        Self { raw, bu, names, known, out }
    }

    /// The value of a cell; nothing where it is empty, or wrong, which is then said.
    pub fn read<T>(&mut self, column: &str, form: impl FnOnce(&str) -> Result<T, Complaint>) -> Option<T> {
        let item = self.raw.item(column)?;
        match form(&item.text) {
            Ok(value) => Some(value),
            Err(complaint) => {
                let said = Diagnostic::error(complaint.code, item.span, complaint.title).label(format!("`{column}`"));
                self.out.push(match complaint.help {
                    Some(help) => said.help(help),
                    None => said,
                });
                None
            }
        }
    }

    /// The text of a cell.
    pub fn text(&self, column: &str) -> Option<String> {
        self.raw.text(column).map(str::to_owned)
    }

    /// A party of the same business unit.
    pub fn party(&mut self, column: &str) -> Option<PartyCode> {
        let item = self.raw.item(column)?;
        self.party_item(item)
    }

    /// A party of the same business unit, named in one of a cell's values.
    pub fn party_item(&mut self, item: &Item) -> Option<PartyCode> {
        if let Some(said) = self.bu.as_ref().and_then(|bu| self.names.unknown_party(bu, item)) {
            self.out.push(said);
        }
        Some(PartyCode::from(&item.text))
    }

    /// A part of the same business unit.
    pub fn part(&mut self, column: &str) -> Option<PartCode> {
        let item = self.raw.item(column)?;
        if let Some(said) = self.bu.as_ref().and_then(|bu| self.names.unknown_part(bu, item)) {
            self.out.push(said);
        }
        Some(PartCode::from(&item.text))
    }

    /// What is known of a part of the same business unit.
    pub fn part_facts(&self, code: &PartCode) -> Option<&'a Facts> {
        self.names.part(self.bu.as_ref()?, code.as_str())
    }

    /// A name that the book must declare.
    pub fn declared<'k>(&mut self, what: &str, item: &Item, known: impl IntoIterator<Item = &'k str>) {
        self.out.extend(Names::unknown_name(what, &item.text, item.span, known));
    }

    /// Says it where a quantity is finer than its part allows.
    pub fn fits_decimals(&mut self, column: &str, quantity: Option<Quantity>, decimals: Option<u32>) {
        if let (Some(quantity), Some(decimals)) = (quantity, decimals)
            && quantity.decimals() > decimals
        {
            let title = format!("`{quantity}` is finer than the unit of the part, which has {decimals} decimals");
            self.say("too-fine", column, title, "change the quantity, or the `decimals` of the part");
        }
    }

    /// Says what is wrong with a column.
    pub fn say(&mut self, code: &'static str, column: &str, title: impl Into<String>, help: &str) {
        self.out.push(Diagnostic::error(code, self.raw.place(column), title).label(format!("`{column}`")).help(help));
    }
}
