//! A decision as the JSON that the commit procedures of both databases unpack.
//!
//! JSON columns travel as text inside the JSON, so that they are stored letter by letter as they were hashed. Absent
//! texts are empty. Must not know how it is sent. Tests: `tests/it/store_*.rs`.

mod change;
mod row;

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::{Claim, Decision, Document, Line, Lot, Move, Obligation, OutboxKind, OutboxRow, PaperDraft, Position, SeriesTake, Timer, TimerKind};

use super::chain::{self, Texts, Written};
use super::error::StoreError;
use super::shape;
use super::take;
use super::views::{DueTimer, TimerOutcome};
use crate::base::Timestamp;
use change::Beside;
use row::{Body, Change, ClaimRow, Count, Fired, Head, LineRow, Logged, LotRow, MoveRow, Owed, PaperRow, Started, Take, TimerRow, Told};

fn text<T: AsRef<str>>(t: Option<&T>) -> &str {
    t.map(AsRef::as_ref).unwrap_or_default()
}

/// What a commit of a decision writes, row by row: the JSON that the procedures of both databases are given. Of lines, and of
/// what the document names, only what has changed since the document before, where that is at hand.
///
/// # Errors
/// The decision holds what has no JSON.
pub fn commit(d: &Decision, before: Option<&Document>) -> Result<String, StoreError> {
    let document = shape::kept(&d.document);
    let texts = Texts::of(&document)?;
    let beside = Beside::of(&document, &texts.values, before);
    let counts = shape::series(d);
    let take = |t: &'_ SeriesTake| counts.get(t.series.as_str()).copied().unwrap_or_default();
    let body = Body {
        doc: document.id.as_str(),
        revision: document.revision,
        opens: d.opens,
        enters: d.enters_state,
        document: head(&document, &texts),
        event: event(d, &document, &texts)?,
        number: d.number.as_ref().map(|t| taken(t, take(t))),
        series: counts.iter().map(|(series, count)| Count { series, count: *count }).collect(),
        lines: beside.lines,
        lines_left: beside.lines_left,
        mentions: beside.mentions,
        mentions_left: beside.mentions_left,
        lots: d.lots.iter().map(lot).collect(),
        moves: d.moves.iter().zip(1..).map(|(m, ordinal)| movement(m, ordinal)).collect(),
        owed: d.owed.iter().map(owed).collect(),
        changes: d.obligation_changes.iter().map(|c| Change { id: c.id.as_str(), kind: chain::change_name(c.kind), quantity: c.quantity.milli() }).collect(),
        papers: d.papers.iter().map(|p| paper(p, take(&p.number))).collect(),
        closed: &d.papers_closed,
        timers: d.timers.iter().map(|t| timer(t, d.event.recorded_at)).collect::<Result<_, _>>()?,
        closes: d.books_closed.map(Timestamp::micros),
        fired: d.fired_timer.as_ref().map(|t| Fired { doc: t.doc.as_str(), id: &t.id }),
        claims: claims(d)?,
        children: d.children.iter().map(|c| Started { doc: c.doc.as_str(), workflow: c.workflow.as_str() }).collect(),
        outbox: d.outbox.iter().zip(1..).map(|(row, n)| outbox(row, shape::outbox_id(document.revision, n))).collect::<Result<_, _>>()?,
    };
    chain::json_within(&body, room(&body))
}

/// About as many bytes as a body takes: its texts once more with their quotes escaped, and its rows.
fn room(b: &Body<'_>) -> usize {
    let texts = b.event.input.len() + b.event.rules.len() + b.document.fields.len() + b.lines.iter().map(|l| l.vals.len()).sum::<usize>();
    let rows = b.lines.len() + b.lots.len() + b.moves.len() + b.owed.len() + b.papers.len() + b.timers.len() + b.outbox.len();
    2_048 + texts + texts / 2 + 512 * rows
}

/// Two lines may claim one key: it is claimed once.
fn claims(d: &Decision) -> Result<Vec<ClaimRow<'_>>, StoreError> {
    let by_key: BTreeMap<&str, &Claim> = d.claims.iter().map(|c| (c.key.as_str(), c)).collect();
    by_key.into_values().map(|c| Ok(ClaimRow { claim_key: &c.key, until: chain::json(&c.until)? })).collect()
}

fn head<'a>(d: &'a Document, texts: &'a Texts) -> Head<'a> {
    Head {
        workflow: d.workflow.as_str(),
        version: d.version,
        state: d.state.as_str(),
        ended: i64::from(d.ended),
        fields: &texts.fields,
        opened_by: d.opened_by.as_str(),
        opened_at: d.opened_at.micros(),
        entered_at: d.entered_at.micros(),
        parent: text(d.parent.as_ref()),
    }
}

fn event<'a>(d: &'a Decision, document: &Document, texts: &Texts) -> Result<Logged<'a>, StoreError> {
    let e = &d.event;
    let content = chain::content_of(document, texts);
    let Written { input, rules, hash } = chain::decided(d, &content)?;
    Ok(Logged {
        transition: e.transition.as_str(),
        from_state: shape::text_of(e.from.as_ref()),
        to_state: e.to.as_str(),
        actor: e.actor.as_str(),
        role: e.role.as_str(),
        command_key: e.key.as_str(),
        body_hash: &e.body_hash,
        book_hash: &e.book_hash,
        version: e.version,
        recorded_at: e.recorded_at.micros(),
        effective_at: e.effective_at.micros(),
        input,
        rules,
        content,
        previous: &d.chain,
        hash,
    })
}

const fn taken(t: &SeriesTake, count: u32) -> Take<'_> {
    Take { series: t.series.as_str(), prefix: t.prefix.as_str(), width: t.width, suffix: t.suffix.as_str(), ordinal: t.ordinal, count }
}

fn paper(p: &PaperDraft, count: u32) -> PaperRow<'_> {
    PaperRow {
        number: taken(&p.number, count),
        kind: p.kind.as_str(),
        from_party: text(p.from.as_ref()),
        to_party: text(p.to.as_ref()),
        reverses: p.reverse_of.map(|i| i + 1),
        open: i64::from(p.reverse_of.is_some()),
    }
}

fn line<'a>(l: &'a Line, vals: &'a str) -> LineRow<'a> {
    let i = l.inbound.as_ref();
    LineRow {
        line: l.no,
        part: text(l.part()),
        vals,
        inbound_party: text(i.map(|i| &i.party)),
        inbound_part: text(i.map(|i| &i.part)),
        inbound_pool: text(i.and_then(|i| i.pool.as_ref())),
        inbound_quantity: i.map_or(0, |i| i.quantity.milli().max(0)),
    }
}

fn lot(l: &Lot) -> LotRow<'_> {
    let s = l.sodo.as_ref();
    LotRow {
        lot: l.id.as_str(),
        part: l.part.as_str(),
        label: text(l.label.as_ref()),
        received_at: l.received_at.micros(),
        so: text(s.map(|s| &s.so)),
        so_item: s.map_or(0, |s| s.so_item),
        delivery: text(s.map(|s| &s.delivery)),
        delivery_item: s.map_or(0, |s| s.delivery_item),
        rate: l.rate.minor(),
        expires: l.expires.map(|d| d.days()),
        parent: text(l.parent.as_ref()),
    }
}

fn movement(m: &Move, ordinal: u32) -> MoveRow<'_> {
    let holder = |p: &'_ Position| p.holder.as_ref().map_or(0, |h| h.line);
    MoveRow {
        ordinal,
        line: m.line,
        part: m.part.as_str(),
        lot: m.lot.as_str(),
        serial: text(m.serial.as_ref()),
        quantity: m.quantity.milli(),
        rate: m.rate.minor(),
        from_party: text(m.from.party.as_ref()),
        from_bin: m.from.bin.as_str(),
        from_doc: text(m.from.holder.as_ref().map(|h| &h.doc)),
        from_line: holder(&m.from),
        from_condition: m.from.condition.as_str(),
        from_owner: m.from.owner.as_str(),
        from_pool: m.from.pool.as_str(),
        to_party: text(m.to.party.as_ref()),
        to_bin: m.to.bin.as_str(),
        to_doc: text(m.to.holder.as_ref().map(|h| &h.doc)),
        to_line: holder(&m.to),
        to_condition: m.to.condition.as_str(),
        to_owner: m.to.owner.as_str(),
        to_pool: m.to.pool.as_str(),
    }
}

fn owed(o: &Obligation) -> Owed<'_> {
    Owed {
        id: o.id.as_str(),
        line: o.line,
        kind: o.kind.as_str(),
        part: o.part.as_str(),
        quantity: o.quantity.milli(),
        open: o.open.milli(),
        debtor: o.debtor.as_str(),
        creditor: o.creditor.as_str(),
        opened_at: o.opened_at.micros(),
        due_at: o.due_at.micros(),
        rate: o.rate.minor(),
    }
}

fn timer(t: &Timer, now: Timestamp) -> Result<TimerRow<'_>, StoreError> {
    let kind = match t.kind {
        TimerKind::Deadline { .. } => "deadline",
        TimerKind::Fire { .. } => "fire",
        TimerKind::Start(_) => "start",
        TimerKind::Tell { .. } => "tell",
        TimerKind::Arrived(_) => "arrived",
        TimerKind::Waits(_) => "waits",
    };
    let body = chain::json(&t.kind)?;
    Ok(TimerRow { id: &t.id, due_at: t.due_at.micros(), kind, state: t.state.as_str(), body, held_until: take::born_held(t, now) })
}

/// The word that stands for a kind of outbox row in the store.
pub(super) const fn outbox_name(kind: OutboxKind) -> &'static str {
    match kind {
        OutboxKind::Notify => "notify",
        OutboxKind::Emit => "emit",
    }
}

fn outbox(row: &OutboxRow, id: String) -> Result<Told<'_>, StoreError> {
    Ok(Told { id, kind: outbox_name(row.kind), topic: row.topic.as_str(), message: &row.text, payload: chain::json(&row.payload)? })
}

/// The body of what becomes of a timer.
pub(super) fn finish_timer(due: &DueTimer, outcome: &TimerOutcome, now: Timestamp) -> Result<String, StoreError> {
    let (mut out, mut refused, mut again) = (Vec::new(), "", None);
    match outcome {
        TimerOutcome::Done { outbox: rows } => {
            for (row, n) in rows.iter().zip(1..) {
                out.push(outbox(row, shape::timer_outbox_id(&due.timer.id, n))?);
            }
        }
        TimerOutcome::Refused { reason } => refused = reason,
        TimerOutcome::Again { at } => again = Some(at.micros()),
    }
    let child = match &due.timer.kind {
        TimerKind::Start(command) => command.doc.as_str(),
        _ => "",
    };
    Ok(json!({ "doc": due.doc, "id": due.timer.id, "child": child, "refused": refused, "again": again, "now": now.micros(), "outbox": out }).to_string())
}
