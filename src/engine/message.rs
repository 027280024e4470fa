//! Messages, and for whom they are: a party, or those who hold a role at the parties of the document.
//!
//! Pure; must not know how they are delivered. Tests: `tests/it/engine_messages.rs`.

use serde_json::json;

use crate::base::{Name, PartyCode};
use crate::domain::{Document, OutboxKind, OutboxRow, Snapshot};
use crate::model::{Book, Workflow};

use super::permit;

/// A message to a role, or to the party in a party field. Where the role is held at parties, it says at which of those that
/// the document names.
pub fn message(book: &Book, (workflow, doc): (&Workflow, &Document), snapshot: &Snapshot, whom: &Name, text: String) -> OutboxRow {
    let party = doc.field(whom.as_str()).as_party();
    let topic = party.map_or_else(|| whom.clone(), |code| code.as_str().into());
    let kind = book.vocabulary.roles.get(whom).filter(|_| party.is_none()).and_then(|role| role.at.as_ref());
    let payload = kind.map_or(serde_json::Value::Null, |kind| {
        let mut at: Vec<&PartyCode> = permit::parties_of_kind(workflow, doc, snapshot, kind).collect();
        at.sort();
        at.dedup();
        json!({ "at": at })
    });
    OutboxRow { kind: OutboxKind::Notify, topic, text, payload }
}
