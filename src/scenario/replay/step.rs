//! What a person of the replay does next: a transition with its input, or another document; and how soon.
//!
//! Must not know the store or the engine. Tests: those of `policy`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::dice::Dice;
use super::plan::{DAY, HOUR};
use crate::base::{DocId, Name, PersonCode, Quantity, Timestamp};
use crate::domain::{Document, Input, InputLine, Line, Value};

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A transition of the document at hand.
    Fire(&'static str),
    /// Another document.
    Open {
        /// Its id.
        doc: DocId,
        /// Its workflow.
        workflow: &'static str,
    },
}

/// One thing that may be done next. Of several, the first that is not refused is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub act: Act,
    /// By whom.
    pub actor: PersonCode,
    /// With what.
    pub input: Input,
    /// Only where a step before it was refused by the guard with this code.
    pub after: Option<&'static str>,
}

impl Step {
    /// A transition.
    pub fn fire(transition: &'static str, actor: impl AsRef<str>) -> Self {
        Self { act: Act::Fire(transition), actor: PersonCode::from(actor.as_ref()), input: Input::default(), after: None }
    }

    /// Another document.
    pub fn open(workflow: &'static str, doc: DocId, actor: impl AsRef<str>) -> Self {
        Self { act: Act::Open { doc, workflow }, actor: PersonCode::from(actor.as_ref()), input: Input::default(), after: None }
    }

    /// With a field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Json>) -> Self {
        self.input.fields.insert(Name::from(field), value.into());
        self
    }

    /// With what each line is given.
    #[must_use]
    pub fn lines(mut self, lines: impl IntoIterator<Item = InputLine>) -> Self {
        self.input.lines = lines.into_iter().collect();
        self
    }

    /// Only where a step before it was refused by the guard with this code.
    #[must_use]
    pub const fn after(mut self, code: &'static str) -> Self {
        self.after = Some(code);
        self
    }
}

/// An amount as input.
pub fn amount(quantity: Quantity) -> Json {
    Json::String(quantity.to_string())
}

/// Input for an existing line.
pub fn on_line<const N: usize>(line: &Line, values: [(&str, Json); N]) -> InputLine {
    InputLine { line: Some(line.no), values: named(values) }
}

/// Input for a new line.
pub fn new_line<const N: usize>(values: [(&str, Json); N]) -> InputLine {
    InputLine { line: None, values: named(values) }
}

fn named<const N: usize>(values: [(&str, Json); N]) -> BTreeMap<Name, Json> {
    values.into_iter().filter(|(_, json)| !json.is_null()).map(|(name, json)| (Name::from(name), json)).collect()
}

/// How soon something is tried, and how long until it is tried again; each time it waits twice as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    first: i64,
    again: i64,
}

/// The longest wait between two tries.
const LONGEST: i64 = 8 * DAY;

impl Pace {
    /// So many hours after the document's last transition, and again after so many hours.
    pub const fn hours(first: i64, again: i64) -> Self {
        Self { first: first * HOUR, again: again * HOUR }
    }

    /// The first time after `now` at which something is tried on a document that last changed at `last`.
    pub fn slot(self, last: Timestamp, jitter: i64, now: Timestamp) -> Timestamp {
        let mut at = last.plus_micros(self.first + jitter);
        let mut wait = self.again;
        while at <= now {
            at = at.plus_micros(wait);
            wait = (wait * 2).min(LONGEST);
        }
        at
    }
}

/// The document at hand, as whoever works on it sees it.
pub struct Paper<'d> {
    /// The document.
    pub doc: &'d Document,
    /// Its last transition.
    pub last: &'d Name,
    /// Now.
    pub now: Timestamp,
    /// The document's die: the same as long as it lives.
    pub dice: Dice,
}

impl Paper<'_> {
    /// The number of its e-way bill, where it needs one.
    pub fn eway_bill(&self) -> String {
        format!("{:012}", self.dice.of("eway").below(1_000_000_000_000))
    }

    /// The text of a field; empty where it has none.
    pub fn text(&self, field: &str) -> String {
        match self.doc.field(field) {
            Value::Absent => String::new(),
            value => value.to_string(),
        }
    }

    /// Whether a field has a value.
    pub fn has(&self, field: &str) -> bool {
        !self.doc.field(field).is_absent()
    }

    /// The die of a line.
    pub fn line_dice(&self, line: &Line, what: &str) -> Dice {
        self.dice.at(u64::from(line.no)).of(what)
    }

    /// Whole days since the document was opened.
    pub const fn age_days(&self) -> i64 {
        (self.now.micros() - self.doc.opened_at.micros()) / DAY
    }

    /// The storekeeper of the party in a field.
    pub fn store(&self, field: &str) -> String {
        format!("{}.store", self.text(field))
    }

    /// The manager of the party in a field.
    pub fn manager(&self, field: &str) -> String {
        format!("{}.manager", self.text(field))
    }
}

/// A line's quantity; zero where it has none.
pub fn quantity(line: &Line, field: &str) -> Quantity {
    line.values.get(field).and_then(Value::as_quantity).unwrap_or_default()
}

/// A line's part; empty where it has none.
pub fn part(line: &Line) -> &str {
    line.part().map_or("", |p| p.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_follow_from_the_last_change_alone() {
        let pace = Pace::hours(2, 24);
        let hour = |n: i64| Timestamp::from_micros(n * HOUR);
        assert_eq!(pace.slot(hour(0), 0, hour(0)), hour(2));
        assert_eq!(pace.slot(hour(0), 0, hour(2)), hour(26));
        assert_eq!(pace.slot(hour(0), 0, hour(26)), hour(74));
        // Who comes later sees the same times.
        assert_eq!(pace.slot(hour(0), 0, hour(30)), hour(74));
    }
}
