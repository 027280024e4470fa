//! What the store is asked for and what it answers, beside the domain's own types.
//!
//! Must not know how it is fetched. Tests: `tests/it/store_*.rs`.

use crate::base::{Bu, DocId, LotId, Name, PartCode, PartyCode, PersonCode, Quantity, SerialNo, Timestamp};
use crate::domain::{Balance, Child, Event, Lot, Move, OutboxRow, Sodo, Timer};

/// What a commit assigned.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Committed {
    /// The document's number.
    pub number: String,
    /// The revision that the commit made.
    pub revision: u64,
    /// The numbers of the papers, in the order of the decision's drafts.
    pub papers: Vec<String>,
}

/// A document without its fields and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHead {
    /// Its id.
    pub id: DocId,
    /// Its printed number.
    pub number: String,
    /// Its workflow.
    pub workflow: Name,
    /// The version it runs on.
    pub version: u32,
    /// Its state.
    pub state: Name,
    /// True in a final state.
    pub ended: bool,
    /// Transitions made.
    pub revision: u64,
    /// Who opened it.
    pub opened_by: PersonCode,
    /// When.
    pub opened_at: Timestamp,
    /// When it entered its state.
    pub entered_at: Timestamp,
    /// The document that started it.
    pub parent: Option<DocId>,
}

/// Which documents; newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFilter {
    /// The business unit.
    pub bu: Bu,
    /// Of this workflow.
    pub workflow: Option<Name>,
    /// In this state.
    pub state: Option<Name>,
    /// That name this party in a field.
    pub party: Option<PartyCode>,
    /// That name this part in a field or line.
    pub part: Option<PartCode>,
    /// With this text in this field of the document.
    pub text: Option<(Name, String)>,
    /// Only those that have not ended.
    pub open_only: bool,
    /// Only those older than this one, for the next page.
    pub after: Option<(Timestamp, DocId)>,
    /// At most this many.
    pub limit: u32,
}

impl DocumentFilter {
    /// All documents of a business unit, a thousand at a time.
    #[must_use]
    pub fn new(bu: Bu) -> Self {
        Self { bu, workflow: None, state: None, party: None, part: None, text: None, open_only: false, after: None, limit: 1000 }
    }
}

/// One event of a document, as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The revision it made.
    pub revision: u64,
    /// The event.
    pub event: Event,
    /// The hash of the event before it; empty for the first.
    pub previous: String,
    /// The hash of this one.
    pub hash: String,
}

/// One move, as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRecord {
    /// The document whose transition made it.
    pub doc: DocId,
    /// The revision of that transition.
    pub revision: u64,
    /// Its place among the moves of the transition, from 1.
    pub ordinal: u32,
    /// When the store learned of it.
    pub recorded_at: Timestamp,
    /// When it happened.
    pub effective_at: Timestamp,
    /// The move.
    pub movement: Move,
}

/// Which moves; oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveFilter {
    /// The business unit.
    pub bu: Bu,
    /// Made by this document.
    pub doc: Option<DocId>,
    /// Of this part.
    pub part: Option<PartCode>,
    /// Of this lot.
    pub lot: Option<LotId>,
    /// Of this unit.
    pub serial: Option<SerialNo>,
    /// From or to this party.
    pub party: Option<PartyCode>,
    /// At most this many.
    pub limit: u32,
}

impl MoveFilter {
    /// All moves of a business unit, ten thousand at most.
    #[must_use]
    pub fn new(bu: Bu) -> Self {
        Self { bu, doc: None, part: None, lot: None, serial: None, party: None, limit: 10_000 }
    }
}

/// Which stock; the outside world only where its bin is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockFilter {
    /// The business unit.
    pub bu: Bu,
    /// At this party.
    pub party: Option<PartyCode>,
    /// Of this part.
    pub part: Option<PartCode>,
    /// In this bin.
    pub bin: Option<Name>,
    /// In this condition.
    pub condition: Option<Name>,
    /// Of this owner.
    pub owner: Option<Name>,
    /// For this pool.
    pub pool: Option<Name>,
    /// Of this lot.
    pub lot: Option<LotId>,
    /// This unit.
    pub serial: Option<SerialNo>,
    /// Held by this document.
    pub holder: Option<DocId>,
    /// The outside world too.
    pub outside: bool,
}

impl StockFilter {
    /// All stock of a business unit.
    #[must_use]
    pub fn new(bu: Bu) -> Self {
        Self { bu, party: None, part: None, bin: None, condition: None, owner: None, pool: None, lot: None, serial: None, holder: None, outside: false }
    }

    /// Whether a balance is meant.
    #[must_use]
    pub fn takes(&self, b: &Balance) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none_or(|w| found == Some(w))
        }
        let p = &b.position;
        (self.outside || p.party.is_some())
            && fits(self.party.as_ref(), p.party.as_ref())
            && fits(self.part.as_ref(), Some(&b.part))
            && fits(self.bin.as_ref(), Some(&p.bin))
            && fits(self.condition.as_ref(), Some(&p.condition))
            && fits(self.owner.as_ref(), Some(&p.owner))
            && fits(self.pool.as_ref(), Some(&p.pool))
            && fits(self.lot.as_ref(), Some(&b.lot))
            && fits(self.serial.as_ref(), b.serial.as_ref())
            && fits(self.holder.as_ref(), p.holder.as_ref().map(|h| &h.doc))
    }
}

/// A balance with the facts of its lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Where, as what, how much.
    pub balance: Balance,
    /// Its lot.
    pub lot: Lot,
}

/// Stock summed over lots, units and documents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StockTotal {
    /// At whom; absent for the outside world.
    pub party: Option<PartyCode>,
    /// The part.
    pub part: PartCode,
    /// In which bin.
    pub bin: Name,
    /// In which condition.
    pub condition: Name,
    /// Whose.
    pub owner: Name,
    /// For which pool.
    pub pool: Name,
    /// How much.
    pub quantity: Quantity,
}

/// Which obligations; those due first come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationFilter {
    /// The business unit.
    pub bu: Bu,
    /// Owed by this party.
    pub debtor: Option<PartyCode>,
    /// Owed to this party.
    pub creditor: Option<PartyCode>,
    /// Raised by this document.
    pub doc: Option<DocId>,
    /// Of this part.
    pub part: Option<PartCode>,
    /// Of this kind.
    pub kind: Option<Name>,
    /// Only what is still owed.
    pub open_only: bool,
    /// At most this many.
    pub limit: u32,
}

impl ObligationFilter {
    /// All obligations of a business unit, ten thousand at most.
    #[must_use]
    pub fn new(bu: Bu) -> Self {
        Self { bu, debtor: None, creditor: None, doc: None, part: None, kind: None, open_only: false, limit: 10_000 }
    }
}

/// Which papers; oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperFilter {
    /// The business unit.
    pub bu: Bu,
    /// Issued by this document.
    pub doc: Option<DocId>,
    /// With this number; issuers have series of their own, so there may be several.
    pub number: Option<String>,
    /// Of this kind.
    pub kind: Option<Name>,
    /// From or to this party.
    pub party: Option<PartyCode>,
    /// Only open reverse papers.
    pub open_only: bool,
    /// At most this many.
    pub limit: u32,
}

impl PaperFilter {
    /// All papers of a business unit, ten thousand at most.
    #[must_use]
    pub fn new(bu: Bu) -> Self {
        Self { bu, doc: None, number: None, kind: None, party: None, open_only: false, limit: 10_000 }
    }
}

/// Which lots; oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotFilter {
    /// The business unit.
    pub bu: Bu,
    /// This lot.
    pub lot: Option<LotId>,
    /// Of this part.
    pub part: Option<PartCode>,
    /// Received under this SAP reference; items count only where they are given.
    pub sodo: Option<Sodo>,
    /// Brought in by this document.
    pub doc: Option<DocId>,
    /// That came from this lot.
    pub parent: Option<LotId>,
    /// At most this many.
    pub limit: u32,
}

impl LotFilter {
    /// All lots of a business unit, ten thousand at most.
    #[must_use]
    pub fn new(bu: Bu) -> Self {
        Self { bu, lot: None, part: None, sodo: None, doc: None, parent: None, limit: 10_000 }
    }
}

/// A started document, and why it could not be opened, if so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildRecord {
    /// The document.
    pub child: Child,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// A timer that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// The business unit.
    pub bu: Bu,
    /// The document it belongs to.
    pub doc: DocId,
    /// The timer.
    pub timer: Timer,
}

/// What became of a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerOutcome {
    /// It has done its work; these messages go out.
    Done {
        /// Messages and events.
        outbox: Vec<OutboxRow>,
    },
    /// What it wanted was refused. It goes; where it was to start a document, that is recorded.
    Refused {
        /// Why.
        reason: String,
    },
    /// It will try again.
    Again {
        /// When.
        at: Timestamp,
    },
}

/// A deployed book, kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Hash of its content.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Its files as JSON, as they were given.
    pub files: String,
}

/// How much there is of everything, for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Documents.
    pub documents: u64,
    /// Documents that have not ended.
    pub open_documents: u64,
    /// Transitions.
    pub transitions: u64,
    /// Moves.
    pub moves: u64,
    /// Lots.
    pub lots: u64,
    /// Papers.
    pub papers: u64,
    /// Obligations that are still open.
    pub open_obligations: u64,
}

/// What an import of master data changed, for one kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MasterCount {
    /// Rows that were not there.
    pub added: u64,
    /// Rows that were there and read otherwise.
    pub changed: u64,
    /// Rows that were there already.
    pub unchanged: u64,
}

/// What an import of master data changed, by kind of row: `parts`, `parties` …
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MasterReport {
    /// In the order of [`MasterData`](crate::domain::MasterData).
    pub kinds: Vec<(&'static str, MasterCount)>,
}
