//! A decision as the JSON that the commit procedures of both databases unpack.
//!
//! JSON columns travel as text inside the JSON, so that they are stored letter by letter as they were hashed. Absent
//! texts are empty. Must not know how it is sent. Tests: `tests/it/store_*.rs`.

use serde_json::{Value as Json, json};

use crate::domain::{Decision, Document, Lot, Move, Obligation, OutboxKind, OutboxRow, PaperDraft, Position, SeriesTake, Timer, TimerKind};

use super::chain::{self, Link};
use super::error::StoreError;
use super::shape;
use super::take;
use super::views::{DueTimer, TimerOutcome};
use crate::base::Timestamp;

fn text<T: AsRef<str>>(t: Option<&T>) -> &str {
    t.map(AsRef::as_ref).unwrap_or_default()
}

/// The body of a commit.
pub(super) fn commit(d: &Decision) -> Result<String, StoreError> {
    let document = shape::kept(&d.document);
    let counts = shape::series(d);
    let take = |t: &SeriesTake| {
        let count = counts.get(t.series.as_str()).copied().unwrap_or_default();
        json!({ "series": t.series, "prefix": t.prefix, "width": t.width, "suffix": t.suffix, "ordinal": t.ordinal, "count": count })
    };
    let paper = |p: &PaperDraft| {
        let mut paper = take(&p.number);
        if let Json::Object(fields) = &mut paper {
            fields.insert("kind".into(), json!(p.kind));
            fields.insert("from_party".into(), json!(text(p.from.as_ref())));
            fields.insert("to_party".into(), json!(text(p.to.as_ref())));
            fields.insert("reverses".into(), json!(p.reverse_of.map(|i| i + 1)));
            fields.insert("open".into(), json!(i64::from(p.reverse_of.is_some())));
        }
        paper
    };
    let moves: Vec<Json> = d.moves.iter().zip(1..).map(|(m, ordinal)| movement(m, ordinal)).collect();
    let fired = d.fired_timer.as_ref().map(|t| json!({ "doc": t.doc, "id": t.id }));
    let claims: Result<Vec<Json>, StoreError> = d.claims.iter().map(|c| Ok(json!({ "claim_key": c.key, "until": chain::json(&c.until)? }))).collect();
    let body = json!({
        "doc": document.id, "revision": document.revision, "opens": d.opens, "enters": d.enters_state,
        "document": head(&document)?,
        "event": event(d, &document)?,
        "number": d.number.as_ref().map(take),
        "series": counts.iter().map(|(series, count)| json!({ "series": series, "count": count })).collect::<Vec<_>>(),
        "lines": lines(&document)?,
        "mentions": shape::mentions(&document),
        "lots": d.lots.iter().map(lot).collect::<Vec<_>>(),
        "moves": moves,
        "owed": d.owed.iter().map(owed).collect::<Vec<_>>(),
        "changes": d.obligation_changes.iter().map(|c| json!({ "id": c.id, "kind": chain::change_name(c.kind), "quantity": c.quantity.milli() })).collect::<Vec<_>>(),
        "papers": d.papers.iter().map(paper).collect::<Vec<_>>(),
        "closed": d.papers_closed,
        "timers": d.timers.iter().map(|t| timer(t, d.event.recorded_at)).collect::<Result<Vec<_>, _>>()?,
        "closes": d.books_closed.map(Timestamp::micros),
        "fired": fired,
        "claims": claims?,
        "children": d.children.iter().map(|c| json!({ "doc": c.doc, "workflow": c.workflow })).collect::<Vec<_>>(),
        "outbox": d.outbox.iter().zip(1..).map(|(row, n)| outbox(row, &shape::outbox_id(document.revision, n))).collect::<Result<Vec<_>, _>>()?,
    });
    Ok(body.to_string())
}

fn head(d: &Document) -> Result<Json, StoreError> {
    Ok(json!({
        "workflow": d.workflow, "version": d.version, "state": d.state, "ended": i64::from(d.ended), "fields": chain::json(&d.fields)?,
        "opened_by": d.opened_by, "opened_at": d.opened_at.micros(), "entered_at": d.entered_at.micros(), "parent": text(d.parent.as_ref()),
    }))
}

fn event(d: &Decision, document: &Document) -> Result<Json, StoreError> {
    let e = &d.event;
    let content = chain::content(document)?;
    let papers = chain::papers(&d.papers);
    let link = Link {
        previous: &d.chain,
        bu: d.bu.as_str(),
        doc: document.id.as_str(),
        revision: document.revision,
        event: e,
        content: &content,
        lots: &d.lots,
        moves: &d.moves,
        owed: &d.owed,
        changes: &d.obligation_changes,
        papers: &papers,
        closes: d.books_closed,
    };
    Ok(json!({
        "transition": e.transition, "from_state": shape::text_of(e.from.as_ref()), "to_state": e.to, "actor": e.actor, "role": e.role,
        "command_key": e.key, "body_hash": e.body_hash, "book_hash": e.book_hash, "version": e.version,
        "recorded_at": e.recorded_at.micros(), "effective_at": e.effective_at.micros(),
        "input": chain::json(&e.input)?, "rules": chain::json(&e.rules)?,
        "content": content, "previous": d.chain, "hash": chain::link(&link)?,
    }))
}

fn lines(d: &Document) -> Result<Vec<Json>, StoreError> {
    let line = |l: &crate::domain::Line| {
        let i = l.inbound.as_ref();
        Ok(json!({
            "line": l.no, "part": text(l.part()), "vals": chain::json(&l.values)?,
            "inbound_party": text(i.map(|i| &i.party)), "inbound_part": text(i.map(|i| &i.part)), "inbound_pool": text(i.and_then(|i| i.pool.as_ref())),
            "inbound_quantity": i.map_or(0, |i| i.quantity.milli().max(0)),
        }))
    };
    d.lines.iter().map(line).collect()
}

fn lot(l: &Lot) -> Json {
    let s = l.sodo.as_ref();
    json!({
        "lot": l.id, "part": l.part, "label": text(l.label.as_ref()), "received_at": l.received_at.micros(),
        "so": text(s.map(|s| &s.so)), "so_item": s.map_or(0, |s| s.so_item), "delivery": text(s.map(|s| &s.delivery)), "delivery_item": s.map_or(0, |s| s.delivery_item),
        "rate": l.rate.minor(), "expires": l.expires.map(|d| d.days()), "parent": text(l.parent.as_ref()),
    })
}

fn movement(m: &Move, ordinal: u32) -> Json {
    let mut row = json!({
        "ordinal": ordinal, "line": m.line, "part": m.part, "lot": m.lot, "serial": text(m.serial.as_ref()), "quantity": m.quantity.milli(), "rate": m.rate.minor(),
    });
    if let Json::Object(fields) = &mut row {
        for (end, p) in [("from", &m.from), ("to", &m.to)] {
            let Position { party, bin, holder, condition, owner, pool } = p;
            let mut put = |name: &str, value: Json| fields.insert(format!("{end}_{name}"), value);
            put("party", json!(text(party.as_ref())));
            put("bin", json!(bin));
            put("doc", json!(text(holder.as_ref().map(|h| &h.doc))));
            put("line", json!(holder.as_ref().map_or(0, |h| h.line)));
            put("condition", json!(condition));
            put("owner", json!(owner));
            put("pool", json!(pool));
        }
    }
    row
}

fn owed(o: &Obligation) -> Json {
    json!({
        "id": o.id, "line": o.line, "kind": o.kind, "part": o.part, "quantity": o.quantity.milli(), "open": o.open.milli(),
        "debtor": o.debtor, "creditor": o.creditor, "opened_at": o.opened_at.micros(), "due_at": o.due_at.micros(), "rate": o.rate.minor(),
    })
}

fn timer(t: &Timer, now: Timestamp) -> Result<Json, StoreError> {
    let kind = match t.kind {
        TimerKind::Deadline { .. } => "deadline",
        TimerKind::Fire { .. } => "fire",
        TimerKind::Start(_) => "start",
        TimerKind::Tell { .. } => "tell",
    };
    Ok(json!({ "id": t.id, "due_at": t.due_at.micros(), "kind": kind, "state": t.state, "body": chain::json(&t.kind)?, "held_until": take::born_held(t, now) }))
}

/// The word that stands for a kind of outbox row in the store.
pub(super) const fn outbox_name(kind: OutboxKind) -> &'static str {
    match kind {
        OutboxKind::Notify => "notify",
        OutboxKind::Emit => "emit",
    }
}

fn outbox(row: &OutboxRow, id: &str) -> Result<Json, StoreError> {
    Ok(json!({ "id": id, "kind": outbox_name(row.kind), "topic": row.topic, "message": row.text, "payload": chain::json(&row.payload)? }))
}

/// The body of what becomes of a timer.
pub(super) fn finish_timer(due: &DueTimer, outcome: &TimerOutcome, now: Timestamp) -> Result<String, StoreError> {
    let (mut out, mut refused, mut again) = (Vec::new(), "", None);
    match outcome {
        TimerOutcome::Done { outbox: rows } => {
            for (row, n) in rows.iter().zip(1..) {
                out.push(outbox(row, &shape::timer_outbox_id(&due.timer.id, n))?);
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
