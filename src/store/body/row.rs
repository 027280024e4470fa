//! The rows of a commit, by table: the names are those by which the procedures of both databases take them apart.
//!
//! Must not know what a decision is. Tests: `tests/it/store_*.rs`.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::store::shape::Mention;

/// A commit: what is written, by table. The procedures of both databases take it apart by these names.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub doc: &'a str,
    pub revision: u64,
    pub opens: bool,
    pub enters: bool,
    pub document: Head<'a>,
    pub event: Logged<'a>,
    pub number: Option<Take<'a>>,
    pub series: Vec<Count<'a>>,
    pub lines: Vec<LineRow<'a>>,
    pub lines_left: Option<Vec<u32>>,
    pub mentions: BTreeSet<Mention<'a>>,
    pub mentions_left: Option<BTreeSet<Mention<'a>>>,
    pub lots: Vec<LotRow<'a>>,
    pub moves: Vec<MoveRow<'a>>,
    pub owed: Vec<Owed<'a>>,
    pub changes: Vec<Change<'a>>,
    pub papers: Vec<PaperRow<'a>>,
    pub closed: &'a [String],
    pub timers: Vec<TimerRow<'a>>,
    pub closes: Option<i64>,
    pub fired: Option<Fired<'a>>,
    pub claims: Vec<ClaimRow<'a>>,
    pub children: Vec<Started<'a>>,
    pub outbox: Vec<Told<'a>>,
}

#[derive(Serialize)]
pub(super) struct Head<'a> {
    pub workflow: &'a str,
    pub version: u32,
    pub state: &'a str,
    pub ended: i64,
    pub fields: &'a str,
    pub opened_by: &'a str,
    pub opened_at: i64,
    pub entered_at: i64,
    pub parent: &'a str,
}

#[derive(Serialize)]
pub(super) struct Logged<'a> {
    pub transition: &'a str,
    pub from_state: &'a str,
    pub to_state: &'a str,
    pub actor: &'a str,
    pub role: &'a str,
    pub command_key: &'a str,
    pub body_hash: &'a str,
    pub book_hash: &'a str,
    pub version: u32,
    pub recorded_at: i64,
    pub effective_at: i64,
    pub input: String,
    pub rules: String,
    pub content: String,
    pub previous: &'a str,
    pub hash: String,
}

#[derive(Serialize)]
pub(super) struct Take<'a> {
    pub series: &'a str,
    pub prefix: &'a str,
    pub width: u32,
    pub suffix: &'a str,
    pub ordinal: u32,
    pub count: u32,
}

#[derive(Serialize)]
pub(super) struct Count<'a> {
    pub series: &'a str,
    pub count: u32,
}

#[derive(Serialize)]
pub(super) struct LineRow<'a> {
    pub line: u32,
    pub part: &'a str,
    pub vals: &'a str,
    pub inbound_party: &'a str,
    pub inbound_part: &'a str,
    pub inbound_pool: &'a str,
    pub inbound_quantity: i64,
}

#[derive(Serialize)]
pub(super) struct LotRow<'a> {
    pub lot: &'a str,
    pub part: &'a str,
    pub label: &'a str,
    pub received_at: i64,
    pub so: &'a str,
    pub so_item: u32,
    pub delivery: &'a str,
    pub delivery_item: u32,
    pub rate: i64,
    pub expires: Option<i64>,
    pub parent: &'a str,
}

#[derive(Serialize)]
pub(super) struct MoveRow<'a> {
    pub ordinal: u32,
    pub line: u32,
    pub part: &'a str,
    pub lot: &'a str,
    pub serial: &'a str,
    pub quantity: i64,
    pub rate: i64,
    pub from_party: &'a str,
    pub from_bin: &'a str,
    pub from_doc: &'a str,
    pub from_line: u32,
    pub from_condition: &'a str,
    pub from_owner: &'a str,
    pub from_pool: &'a str,
    pub to_party: &'a str,
    pub to_bin: &'a str,
    pub to_doc: &'a str,
    pub to_line: u32,
    pub to_condition: &'a str,
    pub to_owner: &'a str,
    pub to_pool: &'a str,
}

#[derive(Serialize)]
pub(super) struct Owed<'a> {
    pub id: &'a str,
    pub line: u32,
    pub kind: &'a str,
    pub part: &'a str,
    pub quantity: i64,
    pub open: i64,
    pub debtor: &'a str,
    pub creditor: &'a str,
    pub opened_at: i64,
    pub due_at: i64,
    pub rate: i64,
}

#[derive(Serialize)]
pub(super) struct Change<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub quantity: i64,
}

#[derive(Serialize)]
pub(super) struct PaperRow<'a> {
    #[serde(flatten)]
    pub number: Take<'a>,
    pub kind: &'a str,
    pub from_party: &'a str,
    pub to_party: &'a str,
    pub reverses: Option<u32>,
    pub open: i64,
}

#[derive(Serialize)]
pub(super) struct TimerRow<'a> {
    pub id: &'a str,
    pub due_at: i64,
    pub kind: &'a str,
    pub state: &'a str,
    pub body: String,
    pub held_until: i64,
}

#[derive(Serialize)]
pub(super) struct Fired<'a> {
    pub doc: &'a str,
    pub id: &'a str,
}

#[derive(Serialize)]
pub(super) struct ClaimRow<'a> {
    pub claim_key: &'a str,
    pub until: String,
}

#[derive(Serialize)]
pub(super) struct Started<'a> {
    pub doc: &'a str,
    pub workflow: &'a str,
}

#[derive(Serialize)]
pub(super) struct Told<'a> {
    pub id: String,
    pub kind: &'a str,
    pub topic: &'a str,
    pub message: &'a str,
    pub payload: String,
}
