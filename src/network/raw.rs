//! What was written, before it means anything: kinds, their columns, rows of cells with the places they stand at.
//!
//! Must not know YAML, CSV or what a value means. Tests: `tests.rs`.

use crate::base::suggest::did_you_mean;
use crate::base::{Diagnostic, Span};

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    BusinessUnits,
    Parties,
    People,
    Parts,
    Rates,
    Contracts,
    Limits,
    Supersessions,
}

/// One column of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub name: &'static str,
    pub required: bool,
    /// Takes several values: a YAML list, or one cell with `;` between them.
    pub list: bool,
}

const fn must(name: &'static str) -> Column {
    Column { name, required: true, list: false }
}
const fn may(name: &'static str) -> Column {
    Column { name, required: false, list: false }
}
const fn list(name: &'static str, required: bool) -> Column {
    Column { name, required, list: true }
}

impl Kind {
    pub const ALL: [Self; 8] = [Self::BusinessUnits, Self::Parties, Self::People, Self::Parts, Self::Rates, Self::Contracts, Self::Limits, Self::Supersessions];

    /// The name of files and of keys in YAML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BusinessUnits => "business_units",
            Self::Parties => "parties",
            Self::People => "people",
            Self::Parts => "parts",
            Self::Rates => "rates",
            Self::Contracts => "contracts",
            Self::Limits => "limits",
            Self::Supersessions => "supersessions",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    pub const fn columns(self) -> &'static [Column] {
        const BUSINESS_UNITS: &[Column] = &[must("code"), must("name")];
        const PARTIES: &[Column] = &[
            may("bu"),
            must("code"),
            must("name"),
            must("kind"),
            may("parent"),
            may("address"),
            may("city"),
            may("state"),
            may("pin"),
            may("gstin"),
            may("calendar"),
            may("location"),
        ];
        const PEOPLE: &[Column] = &[may("bu"), must("code"), must("name"), list("roles", true)];
        const PARTS: &[Column] = &[
            may("bu"),
            must("code"),
            must("name"),
            must("kind"),
            must("class"),
            must("hsn"),
            must("unit"),
            may("decimals"),
            may("pack"),
            may("tracking"),
            may("shelf_life_days"),
        ];
        const RATES: &[Column] = &[may("bu"), must("part"), must("from"), must("rate")];
        const CONTRACTS: &[Column] = &[may("bu"), must("code"), must("kind"), may("customer"), must("from"), must("to"), list("excludes", false)];
        const LIMITS: &[Column] = &[may("bu"), may("party"), may("part"), may("class"), may("pool"), may("maximum"), may("trigger"), may("value")];
        const SUPERSESSIONS: &[Column] = &[may("bu"), must("old"), must("new"), must("from"), may("both_ways")];
        match self {
            Self::BusinessUnits => BUSINESS_UNITS,
            Self::Parties => PARTIES,
            Self::People => PEOPLE,
            Self::Parts => PARTS,
            Self::Rates => RATES,
            Self::Contracts => CONTRACTS,
            Self::Limits => LIMITS,
            Self::Supersessions => SUPERSESSIONS,
        }
    }

    pub fn column(self, name: &str) -> Option<Column> {
        self.columns().iter().copied().find(|c| c.name == name)
    }

    /// What is wrong with a column that the kind does not have.
    pub fn unknown_column(self, name: &str, span: Span) -> Diagnostic {
        let known = self.columns().iter().map(|c| c.name);
        let found = Diagnostic::error("unknown-column", span, format!("`{}` have no `{name}`", self.name()));
        match did_you_mean(name, known) {
            Some(help) => found.help(help),
            None => found,
        }
    }
}

/// One value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The value, as it counts.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// One cell: a column with what was written in it. Empty cells are left out of their row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub column: Column,
    pub span: Span,
    pub items: Vec<Item>,
}

/// One row as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawRow {
    pub kind: Kind,
    pub span: Span,
    pub cells: Vec<Cell>,
}

impl RawRow {
    pub fn cell(&self, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|c| c.column.name == column)
    }

    /// The only value of a cell.
    pub fn item(&self, column: &str) -> Option<&Item> {
        self.cell(column).and_then(|c| c.items.first())
    }

    pub fn text(&self, column: &str) -> Option<&str> {
        self.item(column).map(|i| i.text.as_str())
    }

    /// Where a column stands; the row where it has none.
    pub fn place(&self, column: &str) -> Span {
        self.cell(column).map_or(self.span, |c| c.span)
    }

    /// Reports required columns that the row does not fill, except those whose absence is already known.
    pub fn missing(&self, known_absent: &[&str], out: &mut Vec<Diagnostic>) {
        let lacking = self.kind.columns().iter().filter(|c| c.required && self.cell(c.name).is_none() && !known_absent.contains(&c.name));
        for column in lacking {
            out.push(Diagnostic::error("missing-value", self.span, format!("this row of `{}` has no `{}`", self.kind.name(), column.name)));
        }
    }
}
