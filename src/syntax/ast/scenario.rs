//! Scenarios as written. Rows of stock and of input are kept as words with values; `check` gives them meaning.

use super::{Expr, Ident, PlaceRef, Text};
use crate::base::Span;

/// `scenario "…" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its title.
    pub title: Text,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// Doc comment lines.
    pub doc: Vec<String>,
    /// The whole scenario.
    pub span: Span,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What.
    pub kind: StepKind,
    /// Where.
    pub span: Span,
}

/// The kinds of steps.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `given …`
    Given(Given),
    /// `on 2026-04-20 09:30`
    On {
        /// The date as written.
        date: Ident,
        /// The time of day as written.
        time: Option<Ident>,
    },
    /// `when …`
    When(Box<When>),
    /// `then …` and every `and …` after it
    Then(Box<Then>),
    /// Could not be read.
    Broken,
}

/// A word of a row, with its value where it takes one.
///
/// A number that stands alone (`SEAL lot L1 3`) has an empty word. `for pune` after the name of an opened document is
/// the word `for`. Values that are codes (`L1`, `SO-700301`, `in_warranty`) are [`super::ExprKind::Name`].
#[derive(Debug, Clone, PartialEq)]
pub struct RowWord {
    /// `lot`, `received`, `in`, a field's name …; empty before a number that stands alone.
    pub word: Ident,
    /// What follows it; several where they are joined by commas.
    pub values: Vec<Expr>,
}

/// One row: a part (or another subject), a quantity, and words.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The part, or the thing the row is about.
    pub subject: Ident,
    /// Lot or serial name, quantity, dates … in order.
    pub words: Vec<RowWord>,
    /// Where.
    pub span: Span,
}

/// What is there before the story begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// `given master "examples/network"`
    Master(Text),
    /// `given stock at pune` and its rows
    Stock(GivenStock),
    /// `given part SEAL …`, `given party …`, `given limit …`: one row of master data
    Fact {
        /// `part`, `party`, `rate`, `limit`, `contract`, `supersession`
        kind: Ident,
        /// The row.
        row: Row,
    },
}

/// `given stock at pune` and its rows
#[derive(Debug, Clone, PartialEq)]
pub struct GivenStock {
    /// The party.
    pub party: Ident,
    /// The rows.
    pub rows: Vec<Row>,
}

/// `when ROLE at PARTY …`
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    /// The role.
    pub role: Ident,
    /// At which party.
    pub at: Option<Ident>,
    /// A certain person, where it matters: `when storekeeper asha at pune …`
    pub person: Option<Ident>,
    /// With which key: `… keyed "K1"`
    pub key: Option<Text>,
    /// What is done.
    pub action: WhenAction,
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub enum WhenAction {
    /// `opens indent I1 with …`
    Opens {
        /// The workflow.
        workflow: Ident,
        /// What the scenario calls the document.
        name: Ident,
        /// The opening transition: `opens indent I1 by TRANSITION with …`
        transition: Option<Ident>,
        /// Parties and fields.
        with: Vec<RowWord>,
        /// Lines.
        lines: Vec<Row>,
    },
    /// `fires dispatch on I1 with …`
    Fires {
        /// The transition.
        transition: Ident,
        /// The document.
        document: Ident,
        /// Fields.
        with: Vec<RowWord>,
        /// Lines: subject is a part or a line number.
        lines: Vec<Row>,
    },
}

/// What must hold then.
#[derive(Debug, Clone, PartialEq)]
pub struct Then {
    /// What.
    pub kind: ThenKind,
}

/// The kinds of expectations.
#[derive(Debug, Clone, PartialEq)]
pub enum ThenKind {
    /// `I1 is short`
    StateIs {
        /// The document.
        document: Ident,
        /// The state.
        state: Ident,
    },
    /// `refused code "…"`
    Refused {
        /// The code.
        code: Ident,
        /// A part of the sentence.
        sentence: Option<Text>,
    },
    /// `nothing changed`
    NothingChanged,
    /// `stock at pune.reserved for I1 is SEAL lot L1 3; …` ; an empty list means `nothing`
    Stock {
        /// Party and bin; the party is a code here, not a field.
        place: PlaceRef,
        /// For which document.
        document: Option<Ident>,
        /// What must stand there, all of it.
        rows: Vec<Row>,
    },
    /// `I1 line SEAL has allocated 3`
    LineHas {
        /// The document.
        document: Ident,
        /// Part or line number.
        line: Ident,
        /// The fields.
        words: Vec<RowWord>,
    },
    /// `I1 has sodo "…"`
    DocumentHas {
        /// The document.
        document: Ident,
        /// The fields.
        words: Vec<RowWord>,
    },
    /// `I1 has paper delivery_challan numbered "…"`
    Paper {
        /// The document.
        document: Ident,
        /// The kind of paper.
        kind: Ident,
        /// Its number.
        number: Option<Text>,
        /// `open` / `closed`, for a reverse paper.
        state: Option<Ident>,
    },
    /// `obligations of tech1 are PCB 1 defective_return, …`
    Obligations {
        /// Who owes.
        party: Ident,
        /// What, all of it.
        rows: Vec<Row>,
    },
    /// `books balance`
    BooksBalance,
    /// `I1 started ship_to_store S1 with kind short`: names a started document
    Started {
        /// The document that started it.
        document: Ident,
        /// The workflow.
        workflow: Ident,
        /// What the scenario calls it from here on.
        name: Ident,
        /// Fields that tell which one is meant; empty where there is only one.
        with: Vec<RowWord>,
    },
}
