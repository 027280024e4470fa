//! Documents, their lines, the obligations they raise and the papers they issue.
//!
//! Must not know flows: which fields there are and what may happen next is the model's. Tests: engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Bu, DocId, Money, Name, ObligationId, PartCode, PartyCode, PersonCode, Quantity, Timestamp};

use super::Value;

/// One running (or ended) process: a request, an indent, a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The business unit it belongs to.
    pub bu: Bu,
    /// Its id, made by whoever opened it.
    pub id: DocId,
    /// Its printed number, given by the commit that opens it; empty until then.
    pub number: String,
    /// The workflow.
    pub workflow: Name,
    /// The version of the workflow it runs on.
    pub version: u32,
    /// The state it is in.
    pub state: Name,
    /// True in a final state.
    pub ended: bool,
    /// How many transitions it has made; the next commit must name it.
    pub revision: u64,
    /// Parties and fields by name; absent optional fields are left out.
    pub fields: BTreeMap<Name, Value>,
    /// The lines, numbered from 1.
    pub lines: Vec<Line>,
    /// Who opened it.
    pub opened_by: PersonCode,
    /// When it was opened (effective time).
    pub opened_at: Timestamp,
    /// When it entered its state (effective time).
    pub entered_at: Timestamp,
    /// The document that started it.
    pub parent: Option<DocId>,
}

impl Document {
    /// A field's value; `Absent` where it has none.
    #[must_use]
    pub fn field(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or(&Value::Absent)
    }

    /// A line by number.
    #[must_use]
    pub fn line(&self, no: u32) -> Option<&Line> {
        self.lines.iter().find(|l| l.no == no)
    }
}

/// One line of a document: a part and its counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// From 1.
    pub no: u32,
    /// The line's fields by name.
    pub values: BTreeMap<Name, Value>,
    /// What this line still promises to bring to a party.
    pub inbound: Option<Inbound>,
}

impl Line {
    /// The part of the line.
    #[must_use]
    pub fn part(&self) -> Option<&PartCode> {
        self.values.get("part").and_then(Value::as_part)
    }
}

/// A promise of parts on their way, counted by `inbound of … to …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// To whom.
    pub party: PartyCode,
    /// Which part.
    pub part: PartCode,
    /// For which pool, where the document has one.
    pub pool: Option<Name>,
    /// How much; above zero.
    pub quantity: Quantity,
}

/// What a party owes another: the second book, with the same rules as stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Its id.
    pub id: ObligationId,
    /// The document that raised it.
    pub doc: DocId,
    /// The line that raised it.
    pub line: u32,
    /// What is owed: `defective_return`, `unused_return` …
    pub kind: Name,
    /// Of which part.
    pub part: PartCode,
    /// How much was owed.
    pub quantity: Quantity,
    /// How much is still owed: quantity less what was settled, waived and debited.
    pub open: Quantity,
    /// Who owes.
    pub debtor: PartyCode,
    /// To whom.
    pub creditor: PartyCode,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when.
    pub due_at: Timestamp,
    /// The rate of what is owed, for one base unit.
    pub rate: Money,
    /// The printed number of the document that raised it: read with it, never stored with it.
    #[serde(skip)]
    pub number: String,
}

/// A paper that was issued: delivery challan, reverse challan, goods receipt note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Its number, without gaps in its series.
    pub number: String,
    /// Its kind, as the vocabulary declares it.
    pub kind: Name,
    /// The document that issued it.
    pub doc: DocId,
    /// The revision of the document whose transition issued it.
    pub revision: u64,
    /// When (effective time).
    pub issued_at: Timestamp,
    /// The consigner.
    pub from: Option<PartyCode>,
    /// The consignee.
    pub to: Option<PartyCode>,
    /// For a reverse paper: the number of the paper it reverses.
    pub reverse_of: Option<String>,
    /// A reverse paper is open until what went out has been accounted for.
    pub open: bool,
}
