//! Values as plain JSON, for programs: exact numbers as text, so that no reader rounds them.
//!
//! Must not know where values come from. Tests: below.

use serde_json::{Map, Value as Json, json};

use crate::domain::{Balance, Decision, Document, Lot, Move, Position, Value};

/// A value as programs read it.
pub fn plain(value: &Value) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::YesNo(yes) => Json::Bool(*yes),
        Value::List(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Record(record) => Json::Object(record.fields.iter().map(|(name, value)| (name.to_string(), plain(value))).collect()),
        other => Json::String(other.to_string()),
    }
}

/// A document with its fields and lines.
pub fn document(doc: &Document) -> Json {
    let lines: Vec<Json> = doc
        .lines
        .iter()
        .map(|line| {
            let mut row = Map::from_iter([("line".to_owned(), json!(line.no))]);
            row.extend(line.values.iter().map(|(name, value)| (name.to_string(), plain(value))));
            Json::Object(row)
        })
        .collect();
    json!({
        "id": doc.id,
        "number": doc.number,
        "bu": doc.bu,
        "workflow": doc.workflow,
        "version": doc.version,
        "state": doc.state,
        "ended": doc.ended,
        "revision": doc.revision,
        "opened_by": doc.opened_by,
        "opened_at": doc.opened_at,
        "entered_at": doc.entered_at,
        "parent": doc.parent,
        "fields": doc.fields.iter().map(|(name, value)| (name.to_string(), plain(value))).collect::<Map<_, _>>(),
        "lines": lines,
    })
}

/// Where a move leaves or arrives.
pub fn position(at: &Position) -> Json {
    json!({
        "party": at.party,
        "bin": at.bin,
        "held_for": at.holder.as_ref().map(|h| &h.doc),
        "condition": at.condition,
        "owner": at.owner,
        "pool": at.pool,
    })
}

/// A move.
pub fn movement(m: &Move) -> Json {
    json!({
        "line": m.line,
        "part": m.part,
        "lot": m.lot,
        "serial": m.serial,
        "quantity": m.quantity,
        "from": position(&m.from),
        "to": position(&m.to),
        "rate": m.rate,
        "value": m.value(),
    })
}

/// A balance with its lot.
pub fn balance(b: &Balance, lot: Option<&Lot>) -> Json {
    let mut row = position(&b.position);
    if let Json::Object(row) = &mut row {
        row.insert("part".into(), json!(b.part));
        row.insert("quantity".into(), json!(b.quantity));
        row.insert("lot".into(), json!(b.lot));
        row.insert("serial".into(), json!(b.serial));
        if let Some(lot) = lot {
            row.insert("label".into(), json!(lot.label));
            row.insert("received_at".into(), json!(lot.received_at));
            row.insert("sodo".into(), json!(lot.sodo));
            row.insert("rate".into(), json!(lot.rate));
            row.insert("expires".into(), json!(lot.expires));
        }
    }
    row
}

/// All that a transition changes, or would change.
pub fn decision(d: &Decision) -> Json {
    json!({
        "transition": d.event.transition,
        "from": d.event.from,
        "to": d.event.to,
        "actor": d.event.actor,
        "role": d.event.role,
        "effective_at": d.event.effective_at,
        "document": document(&d.document),
        "moves": d.moves.iter().map(movement).collect::<Vec<_>>(),
        "lots": d.lots,
        "owed": d.owed,
        "obligation_changes": d.obligation_changes,
        "papers": d.papers.iter().map(|p| json!({ "kind": p.kind, "from": p.from, "to": p.to })).collect::<Vec<_>>(),
        "papers_closed": d.papers_closed,
        "books_closed": d.books_closed,
        "starts": d.children,
        "messages": d.outbox,
        "rules": d.event.rules.iter().map(|r| json!({
            "rule": r.rule, "layer": r.layer, "line": r.line,
            "arguments": r.arguments.iter().map(plain).collect::<Vec<_>>(), "answer": plain(&r.answer),
        })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_numbers_stay_text_and_nothing_is_null() {
        assert_eq!(plain(&Value::Quantity("2.125".parse().unwrap())), json!("2.125"));
        assert_eq!(plain(&Value::List(vec![Value::YesNo(true), Value::Absent])), json!([true, null]));
    }
}
