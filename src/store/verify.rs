//! What a check of a whole store looks at, and how it says what it found.
//!
//! Must not know where rows come from: each store walks its own. Tests: `tests/it/store_*.rs`.

use crate::base::{Bu, DocId, Quantity};
use crate::domain::{Balance, Position};

/// What a check of the whole store found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Moves replayed.
    pub moves: u64,
    /// Balances compared.
    pub balances: u64,
    /// Events whose hashes were computed again.
    pub events: u64,
    /// Parts whose sum over all positions, the outside world among them, was taken.
    pub parts: u64,
    /// What is wrong; the first row of each kind.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// True when nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code: `balance`, `sum`, `left_behind`, `chain`, `revision`, `content`, `gate`.
    pub code: &'static str,
    /// The first wrong row, what is there and what should be.
    pub text: String,
}

/// Collects findings; of each kind the first is kept.
#[derive(Debug, Default)]
pub(super) struct Findings(VerifyReport);

/// A position in words.
fn place(p: &Position) -> String {
    let party = p.party.as_ref().map_or("the outside world", AsRef::as_ref);
    let holder = p.holder.as_ref().map(|h| format!(" for document {} line {}", h.doc, h.line)).unwrap_or_default();
    format!("{party}, bin {}{holder}, {} {} {}", p.bin, p.condition, p.owner, p.pool)
}

fn what(b: &Balance) -> String {
    let serial = b.serial.as_ref().map(|s| format!(", serial {s}")).unwrap_or_default();
    format!("part {}, lot {}{serial} at {}", b.part, b.lot, place(&b.position))
}

impl Findings {
    fn add(&mut self, code: &'static str, text: impl FnOnce() -> String) {
        if self.0.findings.iter().all(|f| f.code != code) {
            self.0.findings.push(Finding { code, text: text() });
        }
    }

    /// Some moves were replayed.
    pub(super) fn moves(&mut self, count: u64) {
        self.0.moves += count;
    }

    /// A balance as it is kept, and as its moves add up.
    pub(super) fn balance(&mut self, bu: &Bu, kept: &Balance, moved: Quantity) {
        self.0.balances += 1;
        if kept.quantity != moved {
            self.add("balance", || format!("{bu}: {} holds {}, its moves add up to {moved}", what(kept), kept.quantity));
        }
    }

    /// The sum of a part over all positions, the outside world among them.
    pub(super) fn part(&mut self, bu: &Bu, part: &str, sum: Quantity) {
        self.0.parts += 1;
        if !sum.is_zero() {
            self.add("sum", || format!("{bu}: the balances of part {part} add up to {sum} instead of 0"));
        }
    }

    /// Rows that hold the guards open outside of a command.
    pub(super) fn gate(&mut self, commands: i64) {
        if commands > 0 {
            self.add("gate", || format!("the gate stands open with {commands} rows: someone switched the guards off"));
        }
    }

    /// Something that a clearing bin holds for a document that has ended.
    pub(super) fn left_behind(&mut self, bu: &Bu, b: &Balance) {
        self.add("left_behind", || format!("{bu}: {} holds {} though the document has ended", what(b), b.quantity));
    }

    /// An event's hash as it is kept, and as it comes out.
    pub(super) fn event(&mut self, bu: &Bu, doc: &DocId, revision: u64, before: (&str, &str), hash: (&str, &str)) {
        self.0.events += 1;
        if before.0 != before.1 || hash.0 != hash.1 {
            self.add("chain", || {
                format!("{bu}: revision {revision} of document {doc} is not what was written: its hash is {}, its rows give {}", hash.0, hash.1)
            });
        }
    }

    /// What a document says, against the hash in its last event; absent where there is no such event.
    pub(super) fn document(&mut self, bu: &Bu, doc: &DocId, kept: Option<&str>, content: &str) {
        match kept {
            None => self.add("revision", || format!("{bu}: document {doc} has a revision without an event")),
            Some(kept) if kept != content => self.add("content", || format!("{bu}: document {doc} does not say what its last event wrote")),
            Some(_) => {}
        }
    }

    pub(super) fn report(self) -> VerifyReport {
        self.0
    }
}
