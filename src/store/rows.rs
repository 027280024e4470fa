//! Rows of the tables as values of the domain, for the load and for the queries alike.
//!
//! Each kind of row has its columns in one place: texts first, then numbers. Must not know statements.
//! Tests: `tests/it/store_*.rs`.

use jiff::civil;

use crate::base::{Bu, Date, DocId, Name, Quantity};
use crate::domain::{
    Balance, Child, Document, Event, Holder, Inbound, Line, Lot, Move, Obligation, OutboxKind, OutboxRow, Paper, PastEvent, Position, Rate, Sodo, Timer,
};

use super::body::outbox_name;
use super::cells::Cells;
use super::error::{StoreError, unreadable};
use super::outbox::{OutboxEntry, Setback};
use super::views::{DocumentHead, DueTimer, EventRecord, MoveRecord};

type Read<T> = Result<T, StoreError>;

/// The columns of one kind of row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub texts: &'static [&'static str],
    pub numbers: &'static [&'static str],
}

impl Columns {
    /// All of them for a `SELECT`.
    pub(super) fn list(self) -> String {
        self.texts.iter().chain(self.numbers).copied().collect::<Vec<_>>().join(", ")
    }

    /// All of them from somewhere, packed as one JSON text: a list of the rows, in the order in which they come.
    pub(super) fn packed(self, from: &str) -> String {
        let columns = self.texts.iter().chain(self.numbers);
        let named: Vec<String> = columns.zip(1..).map(|(column, n)| format!("{column} AS c{n}")).collect();
        let names: Vec<String> = (1..=named.len()).map(|n| format!("q.c{n}")).collect();
        format!("SELECT CAST({{all}}({{array}}({})) AS TEXT) FROM (SELECT {} FROM {from}) q", names.join(", "), named.join(", "))
    }

    pub(super) const fn count(self) -> usize {
        self.texts.len() + self.numbers.len()
    }

    /// All of them from somewhere, as one of several kinds of rows that come one after the other: the number of the kind stands
    /// behind so many columns.
    pub(super) fn among(self, from: &str, width: usize, kind: usize) -> String {
        let nothing = ", NULL".repeat(width.saturating_sub(self.count()));
        format!("SELECT {}{nothing}, {kind} FROM {from}", self.list())
    }
}

/// A row that is one JSON body.
pub(super) const BODY: Columns = Columns { texts: &["body"], numbers: &[] };
pub(super) const RATE: Columns = Columns { texts: &["part"], numbers: &["from_day", "rate"] };
pub(super) const STOCK: Columns =
    Columns { texts: &["s.part", "s.lot", "s.serial", "s.party", "s.bin", "s.doc", "s.condition", "s.owner", "s.pool"], numbers: &["s.quantity", "s.line"] };
pub(super) const LOT: Columns =
    Columns { texts: &["lot", "part", "label", "so", "delivery", "parent", "doc"], numbers: &["received_at", "so_item", "delivery_item", "rate", "expires"] };
pub(super) const MOVE: Columns = Columns {
    texts: &[
        "part",
        "lot",
        "serial",
        "from_party",
        "from_bin",
        "from_doc",
        "from_condition",
        "from_owner",
        "from_pool",
        "to_party",
        "to_bin",
        "to_doc",
        "to_condition",
        "to_owner",
        "to_pool",
        "doc",
    ],
    numbers: &["line", "quantity", "rate", "from_line", "to_line", "revision", "ordinal", "recorded_at", "effective_at"],
};
pub(super) const OBLIGATION: Columns = Columns {
    texts: &["id", "doc", "kind", "part", "debtor", "creditor", "(SELECT d.number FROM document d WHERE d.bu = obligation.bu AND d.doc = obligation.doc)"],
    numbers: &["line", "quantity", "open", "opened_at", "due_at", "rate"],
};
pub(super) const PAPER: Columns = Columns {
    texts: &["p.doc", "p.number", "p.kind", "p.from_party", "p.to_party", "r.number"],
    numbers: &["p.revision", "p.issued_at", "p.open", "p.ordinal"],
};
/// Where [`PAPER`] comes from: a paper, and the one it reverses.
pub(super) const PAPERS: &str = "paper p LEFT JOIN paper r ON r.bu = p.bu AND r.doc = p.doc AND r.revision = p.revision AND r.ordinal = p.reverses";
pub(super) const CHILD: Columns = Columns { texts: &["c.doc", "c.workflow", "c.refused", "d.state"], numbers: &["d.ended"] };
/// Where [`CHILD`] comes from: a started document, before and after it opens.
pub(super) const CHILDREN: &str = "child c LEFT JOIN document d ON d.bu = c.bu AND d.doc = c.doc";
pub(super) const HEAD: Columns =
    Columns { texts: &["doc", "number", "workflow", "state", "opened_by", "parent"], numbers: &["version", "ended", "revision", "opened_at", "entered_at"] };
pub(super) const DOCUMENT: Columns = Columns { texts: &["doc", "number", "workflow", "state", "opened_by", "parent", "fields"], numbers: HEAD.numbers };
pub(super) const LINE: Columns = Columns { texts: &["inbound_party", "inbound_part", "inbound_pool", "vals"], numbers: &["line", "inbound_quantity"] };
/// What counts of an event for what is done after it.
pub(super) const PAST: Columns = Columns { texts: &["transition", "actor", "hash"], numbers: &["revision", "effective_at"] };
/// The same, with the document that it is of.
pub(super) const PASTS: Columns = Columns { texts: &["transition", "actor", "doc"], numbers: PAST.numbers };
pub(super) const EVENT: Columns = Columns {
    texts: &[
        "transition",
        "from_state",
        "to_state",
        "actor",
        "role",
        "command_key",
        "body_hash",
        "book_hash",
        "input",
        "rules",
        "content",
        "previous",
        "hash",
        "bu",
        "doc",
    ],
    numbers: &["revision", "version", "recorded_at", "effective_at"],
};
pub(super) const TIMER: Columns = Columns { texts: &["bu", "doc", "id", "state", "body"], numbers: &["due_at"] };
pub(super) const OUTBOX: Columns =
    Columns { texts: &["bu", "doc", "id", "kind", "topic", "message", "payload", "fault"], numbers: &["recorded_at", "tries", "next_at", "given_up_at"] };

fn date(days: i64) -> Date {
    Date(civil::Date::constant(1970, 1, 1)).plus_days(days)
}

fn holder(doc: Option<DocId>, line: u32) -> Option<Holder> {
    doc.map(|doc| Holder { doc, line })
}

pub(super) fn balance(c: &Cells<'_>) -> Read<Balance> {
    balance_after(c, None)
}

/// A balance after another: mostly of the same part at the same position, whose names it shares.
pub(super) fn balance_after(c: &Cells<'_>, before: Option<&Balance>) -> Read<Balance> {
    let at = before.map(|b| &b.position);
    let position = Position {
        party: c.some_again(3, at.and_then(|p| p.party.as_ref()))?,
        bin: c.again(4, at.map(|p| &p.bin))?,
        holder: holder(c.some_again(5, at.and_then(|p| p.holder.as_ref()).map(|h| &h.doc))?, c.count(1)?),
        condition: c.again(6, at.map(|p| &p.condition))?,
        owner: c.again(7, at.map(|p| &p.owner))?,
        pool: c.again(8, at.map(|p| &p.pool))?,
    };
    Ok(Balance { position, part: c.again(0, before.map(|b| &b.part))?, lot: c.again(1, before.map(|b| &b.lot))?, serial: c.some(2)?, quantity: c.quantity(0)? })
}

pub(super) fn lot(c: &Cells<'_>) -> Read<Lot> {
    let sodo = match c.text(3)? {
        "" => None,
        so => Some(Sodo { so: so.to_owned(), so_item: c.count(1)?, delivery: c.id(4)?, delivery_item: c.count(2)? }),
    };
    Ok(Lot {
        id: c.id(0)?,
        part: c.id(1)?,
        label: c.some(2)?,
        received_at: c.time(0)?,
        sodo,
        rate: c.money(3)?,
        expires: c.optional(4)?.map(date),
        parent: c.some(5)?,
        doc: c.id(6)?,
    })
}

pub(super) fn movement(c: &Cells<'_>) -> Read<Move> {
    let end = |t: usize, line: usize| {
        let holder = holder(c.some(t + 2)?, c.count(line)?);
        Ok::<_, StoreError>(Position { party: c.some(t)?, bin: c.id(t + 1)?, holder, condition: c.id(t + 3)?, owner: c.id(t + 4)?, pool: c.id(t + 5)? })
    };
    Ok(Move {
        line: c.count(0)?,
        part: c.id(0)?,
        lot: c.id(1)?,
        serial: c.some(2)?,
        quantity: c.quantity(1)?,
        from: end(3, 3)?,
        to: end(9, 4)?,
        rate: c.money(2)?,
    })
}

pub(super) fn move_record(c: &Cells<'_>) -> Read<MoveRecord> {
    Ok(MoveRecord { doc: c.id(15)?, revision: c.count(5)?, ordinal: c.count(6)?, recorded_at: c.time(7)?, effective_at: c.time(8)?, movement: movement(c)? })
}

pub(super) fn obligation(c: &Cells<'_>) -> Read<Obligation> {
    Ok(Obligation {
        id: c.id(0)?,
        doc: c.id(1)?,
        line: c.count(0)?,
        kind: c.id(2)?,
        part: c.id(3)?,
        quantity: c.quantity(1)?,
        open: c.quantity(2)?,
        debtor: c.id(4)?,
        creditor: c.id(5)?,
        opened_at: c.time(3)?,
        due_at: c.time(4)?,
        rate: c.money(5)?,
        number: c.text(6)?.to_owned(),
    })
}

pub(super) fn paper(c: &Cells<'_>) -> Read<Paper> {
    Ok(Paper {
        number: c.id(1)?,
        kind: c.id(2)?,
        doc: c.id(0)?,
        revision: c.count(0)?,
        issued_at: c.time(1)?,
        from: c.some(3)?,
        to: c.some(4)?,
        reverse_of: c.some(5)?,
        open: c.int(2)? == 1,
    })
}

/// A started document, and why it was refused, if so.
pub(super) fn child(c: &Cells<'_>) -> Read<(Child, Option<String>)> {
    let refused: Option<String> = c.some(2)?;
    let state: Option<Name> = c.some(3)?;
    let ended = if state.is_some() { c.int(0)? == 1 } else { refused.is_some() };
    Ok((Child { doc: c.id(0)?, workflow: c.id(1)?, state, ended }, refused))
}

pub(super) fn head(c: &Cells<'_>) -> Read<DocumentHead> {
    Ok(DocumentHead {
        id: c.id(0)?,
        number: c.id(1)?,
        workflow: c.id(2)?,
        version: c.count(0)?,
        state: c.id(3)?,
        ended: c.int(1)? == 1,
        revision: c.count(2)?,
        opened_by: c.id(4)?,
        opened_at: c.time(3)?,
        entered_at: c.time(4)?,
        parent: c.some(5)?,
    })
}

/// A document; its lines come from rows of their own.
pub(super) fn document(bu: &Bu, c: &Cells<'_>) -> Read<Document> {
    let h = head(c)?;
    Ok(Document {
        bu: bu.clone(),
        id: h.id,
        number: h.number,
        workflow: h.workflow,
        version: h.version,
        state: h.state,
        ended: h.ended,
        revision: h.revision,
        fields: c.parsed(6)?,
        lines: Vec::new(),
        opened_by: h.opened_by,
        opened_at: h.opened_at,
        entered_at: h.entered_at,
        parent: h.parent,
    })
}

pub(super) fn line(c: &Cells<'_>) -> Read<Line> {
    let inbound = match c.int(1)? {
        0 => None,
        quantity => Some(Inbound { party: c.id(0)?, part: c.id(1)?, pool: c.some(2)?, quantity: Quantity::from_milli(quantity) }),
    };
    Ok(Line { no: c.count(0)?, values: c.parsed(3)?, inbound })
}

/// An event with the hash of what its document said then.
pub(super) fn event(c: &Cells<'_>) -> Read<(EventRecord, String)> {
    let event = Event {
        transition: c.id(0)?,
        from: c.some(1)?,
        to: c.id(2)?,
        actor: c.id(3)?,
        role: c.id(4)?,
        key: c.id(5)?,
        body_hash: c.id(6)?,
        book_hash: c.id(7)?,
        version: c.count(1)?,
        recorded_at: c.time(2)?,
        effective_at: c.time(3)?,
        input: c.parsed(8)?,
        rules: c.parsed(9)?,
    };
    Ok((EventRecord { revision: c.count(0)?, event, previous: c.id(11)?, hash: c.id(12)? }, c.id(10)?))
}

/// Who did what, of an event.
pub(super) fn past(c: &Cells<'_>) -> Read<PastEvent> {
    Ok(PastEvent { revision: c.count(0)?, transition: c.id(0)?, actor: c.id(1)?, effective_at: c.time(1)? })
}

pub(super) fn timer(c: &Cells<'_>) -> Read<DueTimer> {
    let timer = Timer { id: c.id(2)?, due_at: c.time(0)?, kind: c.parsed(4)?, state: c.id(3)? };
    Ok(DueTimer { bu: c.id(0)?, doc: c.id(1)?, timer })
}

pub(super) fn outbox(c: &Cells<'_>) -> Read<OutboxEntry> {
    let kind = [OutboxKind::Notify, OutboxKind::Emit].into_iter().find(|k| c.text(3).is_ok_and(|t| t == outbox_name(*k)));
    let kind = kind.ok_or_else(|| unreadable("a message", "of no known kind"))?;
    let row = OutboxRow { kind, topic: c.id(4)?, text: c.id(5)?, payload: c.parsed(6)? };
    let tries = u32::try_from(c.int(1)?).unwrap_or(u32::MAX);
    let given_up_at = Some(c.time(3)?).filter(|at| at.micros() != 0);
    let setback = (tries > 0).then_some(Setback { tries, next_at: c.time(2)?, given_up_at, fault: c.text(7)?.to_owned() });
    Ok(OutboxEntry { bu: c.id(0)?, doc: c.id(1)?, id: c.id(2)?, recorded_at: c.time(0)?, row, setback })
}

pub(super) fn rate(bu: &Bu, c: &Cells<'_>) -> Read<Rate> {
    Ok(Rate { bu: bu.clone(), part: c.id(0)?, from: date(c.int(0)?), rate: c.money(1)? })
}

/// A row that is one JSON body.
pub(super) fn body<T: serde::de::DeserializeOwned>(c: &Cells<'_>) -> Read<T> {
    c.parsed(0)
}
