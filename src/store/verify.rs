//! What a check of a whole store looks at, and how it says what it found.
//!
//! Must not know where rows come from: each store walks its own. Tests: `tests/it/store_*.rs`.

use crate::base::{Bu, DocId, ObligationId, Quantity, Timestamp};
use crate::domain::{Balance, Position};

use super::seal::{Seal, SealKey};
use super::views::EventRecord;
use super::{Store, StoreError, each};

impl Store {
    /// Replays all moves and compares: balances, sums, what ended documents hold, hash chains, numbers, seals.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn verify(&self) -> Result<VerifyReport, StoreError> {
        self.verify_with(&VerifyOptions::default(), &mut |_| {}).await
    }

    /// The same, with the key of the seals, or from the last seal on; `watch` is told how far it has come.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn verify_with(&self, options: &VerifyOptions, watch: &mut Watch<'_>) -> Result<VerifyReport, StoreError> {
        each!(self, verify(options, watch).await)
    }
}

/// How far the clocks of two machines may stand apart.
pub(super) const SKEW: i64 = 3_600_000_000;

/// How far a check goes, and what it compares with.
#[derive(Debug, Default)]
pub struct VerifyOptions {
    /// The secrets that the seals were made with, the oldest first. Without them, seals are checked against the journal, but not
    /// for who made them.
    pub keys: Vec<SealKey>,
    /// Seals that were exported earlier: the store must still have them.
    pub seals: Option<Vec<Seal>>,
    /// Takes what the last seal covers as checked, and looks only at what came after it.
    pub since_seal: bool,
}

/// How far a running check has come, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyProgress {
    /// What is looked at.
    pub step: &'static str,
    /// Rows that were looked at.
    pub done: u64,
    /// Rows there are.
    pub of: u64,
}

/// Who is told how far a check has come.
pub type Watch<'a> = dyn FnMut(&VerifyProgress) + Send + 'a;

/// What a check of the whole store found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Moves replayed.
    pub moves: u64,
    /// Balances compared.
    pub balances: u64,
    /// Events whose hashes were computed again.
    pub events: u64,
    /// Documents whose content was compared with their last event.
    pub documents: u64,
    /// Parts whose sum over all positions, the outside world among them, was taken.
    pub parts: u64,
    /// Obligations compared with what was settled of them.
    pub obligations: u64,
    /// Numbers of documents and papers that were looked for in their series.
    pub numbers: u64,
    /// Seals that were checked.
    pub seals: u64,
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
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Stable code; `docs/operating.md` lists them all.
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
    /// Something is wrong; told where it is the first of its kind.
    pub(super) fn add(&mut self, code: &'static str, text: impl FnOnce() -> String) {
        if !self.has(code) {
            self.0.findings.push(Finding { code, text: text() });
        }
    }

    /// Whether something of this kind was found.
    pub(super) fn has(&self, code: &str) -> bool {
        self.0.findings.iter().any(|f| f.code == code)
    }

    /// What has been looked at.
    pub(super) fn count(&mut self) -> &mut VerifyReport {
        &mut self.0
    }

    /// A balance as it is kept, and as its moves add up.
    pub(super) fn balance(&mut self, bu: &Bu, kept: &Balance, moved: Quantity) {
        if kept.quantity != moved {
            self.add("balance", || format!("{bu}: {} holds {}, its moves add up to {moved}", what(kept), kept.quantity));
        }
        if kept.quantity.is_negative() && kept.position.party.is_some() {
            self.add("negative", || format!("{bu}: {} holds {}, less than nothing", what(kept), kept.quantity));
        }
    }

    /// The sum of a part over all positions, the outside world among them.
    pub(super) fn part(&mut self, bu: &Bu, part: &str, sum: Quantity) {
        self.0.parts += 1;
        if !sum.is_zero() {
            self.add("sum", || format!("{bu}: the balances of part {part} add up to {sum} instead of 0"));
        }
    }

    /// One unit that stands in more than one place, or as more than one unit.
    pub(super) fn unit(&mut self, bu: &Bu, first: &Balance, second: Option<&Balance>) {
        self.add("serial", || match second {
            Some(second) => format!("{bu}: {} is also at {}; a unit is in one place", what(first), place(&second.position)),
            None => format!("{bu}: {} holds {} instead of 1 unit", what(first), first.quantity),
        });
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
        if hash.0 != hash.1 {
            self.add("chain", || {
                format!("{bu}: revision {revision} of document {doc} is not what was written: its hash is {}, its rows give {}", hash.0, hash.1)
            });
        } else if before.0 != before.1 {
            self.add("chain", || {
                format!("{bu}: revision {revision} of document {doc} follows the hash {}, the event before it has {}", named(before.0), named(before.1))
            });
        }
    }

    /// The revision and the state that an event goes on from, against those of the event before it.
    pub(super) fn step(&mut self, bu: &Bu, doc: &DocId, revision: (u64, u64), state: (&str, &str)) {
        if revision.0 != revision.1 {
            self.add("revision", || format!("{bu}: document {doc} has revision {} where revision {} should follow", revision.0, revision.1));
        } else if state.0 != state.1 {
            self.add("state", || {
                format!(
                    "{bu}: revision {} of document {doc} leaves the state {}, the revision before it entered {}",
                    revision.0,
                    named(state.0),
                    named(state.1)
                )
            });
        }
    }

    /// What a document says, against the hash in its last event; absent where there is no such event.
    pub(super) fn document(&mut self, bu: &Bu, doc: &DocId, kept: Option<&str>, content: &str) {
        self.0.documents += 1;
        match kept {
            None => self.add("revision", || format!("{bu}: document {doc} has a revision without an event")),
            Some(kept) if kept != content => {
                self.add("content", || format!("{bu}: document {doc} does not say what its last event wrote: its hash is {content} instead of {kept}"));
            }
            Some(_) => {}
        }
    }

    /// What is still open of an obligation, against what was settled of it.
    pub(super) fn obligation(&mut self, bu: &Bu, (id, doc): (&ObligationId, &DocId), owed: Quantity, open: Quantity, settled: Quantity) {
        let left = owed - settled;
        if open != left {
            self.add("obligation", || {
                format!(
                    "{bu}: obligation {id} of document {doc} has {open} open; of {owed} owed {settled} were settled, waived or debited, which leaves {left}"
                )
            });
        }
    }

    /// When an event happened, against the books that were closed when it was recorded.
    pub(super) fn period(&mut self, bu: &Bu, doc: &DocId, record: &EventRecord, closings: &[(Timestamp, Timestamp)]) {
        let (effective, recorded) = (record.event.effective_at, record.event.recorded_at);
        let late = |(until, since): &&(Timestamp, Timestamp)| effective < *until && recorded > since.plus_micros(SKEW);
        if let Some((until, since)) = closings.iter().find(late) {
            let revision = record.revision;
            self.add("period", || {
                format!("{bu}: revision {revision} of document {doc} happened at {effective} and was recorded at {recorded}, though the books were closed up to {until} at {since}")
            });
        }
    }

    /// One fact that a document keeps, against what its events say.
    pub(super) fn fact(&mut self, bu: &Bu, doc: &DocId, (code, what): (&'static str, &str), there: &str, should: &str) {
        if there != should {
            self.add(code, || format!("{bu}: document {doc} has {what} {}, its events say {}", named(there), named(should)));
        }
    }

    pub(super) fn report(self) -> VerifyReport {
        self.0
    }
}

/// A text that may be empty, so that it is seen.
fn named(text: &str) -> &str {
    if text.is_empty() { "(none)" } else { text }
}
