//! Scenarios, resolved: what is given, what is done, what must hold.

use crate::base::{Date, Name, Span, Timestamp};
use crate::domain::{InputLine, Sodo, Value};
use std::collections::BTreeMap;

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its title.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<ScenarioStep>,
    /// Where it is written.
    pub span: Span,
}

/// A step with its place.
#[derive(Debug, Clone)]
pub struct ScenarioStep {
    /// What.
    pub kind: StepKind,
    /// Where it is written.
    pub span: Span,
}

/// Stock that is there before the story begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUnit {
    /// The part.
    pub part: String,
    /// What the scenario calls the lot; empty where it names none.
    pub lot: String,
    /// The unit.
    pub serial: Option<String>,
    /// How much.
    pub quantity: crate::base::Quantity,
    /// In which bin.
    pub bin: Name,
    /// In which condition.
    pub condition: Name,
    /// Whose.
    pub owner: Name,
    /// For which pool.
    pub pool: Name,
    /// When it came.
    pub received: Option<Date>,
    /// When it expires.
    pub expires: Option<Date>,
    /// Its SAP reference.
    pub sodo: Option<Sodo>,
    /// Its rate.
    pub rate: Option<crate::base::Money>,
}

/// Stock that must stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedUnit {
    /// The part.
    pub part: String,
    /// The lot, where the scenario names it.
    pub lot: Option<String>,
    /// The unit, where the scenario names it.
    pub serial: Option<String>,
    /// How much.
    pub quantity: crate::base::Quantity,
    /// The condition, where the scenario names it.
    pub condition: Option<Name>,
    /// The owner, where the scenario names it.
    pub owner: Option<Name>,
    /// The pool, where the scenario names it.
    pub pool: Option<Name>,
}

/// Who acts in a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioActor {
    /// The role.
    pub role: Name,
    /// At which party.
    pub at: Option<String>,
    /// A certain person.
    pub person: Option<String>,
}

/// The kinds of steps.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// Load a master-data folder, relative to the book.
    Master(String),
    /// One row of master data: kind, code, and columns as written.
    Fact {
        /// `part`, `party`, `rate`, `limit`, `contract`, `supersession`
        kind: Name,
        /// The code.
        subject: String,
        /// The columns.
        columns: BTreeMap<Name, Vec<Value>>,
    },
    /// Stock is there.
    Stock {
        /// At whom.
        party: String,
        /// What.
        units: Vec<GivenUnit>,
    },
    /// The clock.
    On(Timestamp),
    /// A document is opened.
    Opens {
        /// By whom.
        actor: ScenarioActor,
        /// Of which workflow.
        workflow: Name,
        /// By which opening transition.
        transition: Option<Name>,
        /// What the scenario calls it.
        name: String,
        /// Raw input.
        fields: BTreeMap<Name, serde_json::Value>,
        /// Raw lines.
        lines: Vec<InputLine>,
        /// With which key.
        key: Option<String>,
    },
    /// A transition is fired.
    Fires {
        /// By whom.
        actor: ScenarioActor,
        /// Which.
        transition: Name,
        /// On which document.
        document: String,
        /// Raw input.
        fields: BTreeMap<Name, serde_json::Value>,
        /// Raw lines: by part code in `part`, or by number.
        lines: Vec<InputLine>,
        /// With which key.
        key: Option<String>,
    },
    /// The document is in a state.
    StateIs(String, Name),
    /// The last command was refused.
    Refused {
        /// With this code: a reason code or a guard's own code.
        code: Name,
        /// With this in a sentence.
        sentence: Option<String>,
    },
    /// The last command changed nothing.
    NothingChanged,
    /// Exactly this stands there.
    StockIs {
        /// At whom; absent outside.
        party: Option<String>,
        /// In which bin.
        bin: Name,
        /// For which document.
        document: Option<String>,
        /// What.
        units: Vec<ExpectedUnit>,
    },
    /// A line's fields.
    LineHas {
        /// The document.
        document: String,
        /// Part or line number.
        line: String,
        /// The fields.
        fields: BTreeMap<Name, Value>,
    },
    /// A document's fields.
    DocumentHas {
        /// The document.
        document: String,
        /// The fields.
        fields: BTreeMap<Name, Value>,
    },
    /// A paper was issued.
    Paper {
        /// The document.
        document: String,
        /// Its kind.
        kind: Name,
        /// Its number.
        number: Option<String>,
        /// `Some(true)`: a reverse paper that is open; `Some(false)`: one that is closed.
        reverse_open: Option<bool>,
    },
    /// What a party owes, all of it.
    Obligations {
        /// Who.
        party: String,
        /// Part, kind, quantity.
        rows: Vec<(String, Name, crate::base::Quantity)>,
    },
    /// The books balance.
    BooksBalance,
    /// A document was started; from here on it has a name.
    Started {
        /// The document that started it.
        document: String,
        /// The workflow.
        workflow: Name,
        /// Its name from here on.
        name: String,
        /// The values that tell it from its siblings.
        fields: BTreeMap<Name, Value>,
    },
}
