//! Taking timers and messages before they are worked on, so that many processes share the work.
//!
//! What is taken is held until a time; what a process that died had taken is free again then. Taking decides nothing: a
//! timer goes with the commit that acts on it, a message when it is marked as sent. Must not know what becomes of them.
//! Tests: `tests/it/store_take.rs`, `tests/it/engine_many.rs`.

use std::hash::{BuildHasher, Hasher};

use crate::base::{Bu, Timestamp};
use crate::domain::{Timer, TimerKind};

use super::cells::Cells;
use super::commit::SENT;
use super::error::StoreError;
use super::outbox::OutboxEntry;
use super::rows::{self, Columns};
use super::sql::{Arg, Database, Row, Where};
use super::views::DueTimer;

/// How long the engine holds what it works on, in microseconds: far longer than it takes, and no longer than one may wait
/// for what a process left undone that died.
pub const LEASE_MICROS: i64 = 10_000_000;

/// Until when a new timer is held, from its first moment: what is due at once is done by the one whose commit made it.
pub(super) fn born_held(timer: &Timer, now: Timestamp) -> i64 {
    if timer.due_at > now || matches!(timer.kind, TimerKind::Deadline { .. }) { 0 } else { now.plus_micros(LEASE_MICROS).micros() }
}

/// What can be taken: its table and procedure, and what differs between the two, as conditions on a row `t` that is wanted and on
/// a row `h` of the same document that stands in its way.
pub(super) struct Kind {
    task: &'static str,
    table: &'static str,
    columns: Columns,
    since: &'static str,
    waits: &'static str,
    bars: &'static str,
}

const TIMERS: Kind = Kind {
    task: "take_timers",
    table: "timer",
    columns: rows::TIMER,
    since: "due_at",
    waits: "t.due_at <= {now}",
    bars: "h.held_until > {now} AND h.held_by <> {holder}",
};
const MESSAGES: Kind = Kind {
    task: "take_outbox",
    table: "outbox",
    columns: rows::OUTBOX,
    since: "recorded_at",
    waits: "t.sent_at = 0 AND t.given_up_at = 0 AND t.next_at <= {now}",
    bars: "h.sent_at = 0 AND h.given_up_at = 0 AND (h.next_at > {now} OR h.held_until > {now} AND h.held_by <> {holder})",
};

impl Kind {
    /// A text with this kind's words in it, and those by which the database names the time and whoever takes.
    fn write(&self, text: &str, [now, holder]: [&str; 2]) -> String {
        let words = [("waits", self.waits), ("bars", self.bars), ("task", self.task), ("table", self.table), ("since", self.since)];
        let text = words.iter().fold(text.replace("{columns}", &self.columns.list()), |text, (word, is)| text.replace(&format!("{{{word}}}"), is));
        text.replace("{now}", now).replace("{holder}", holder)
    }
}

/// The procedures of a database, from the text of one: how it names the time and whoever takes.
pub(super) fn procedures(text: &str, names: [&str; 2]) -> String {
    [TIMERS, MESSAGES].iter().map(|kind| kind.write(text, names)).collect()
}

/// Taking on SQLite, and reading what was taken.
const TAKE: &str = "INSERT INTO command VALUES ('{task}', $1, '', 0, jsonb($2))";
const TAKEN: &str = "SELECT json_group_array(json_array({columns})) FROM
  (SELECT * FROM {table} t WHERE t.bu = $1 AND t.held_by = $2 AND {waits} ORDER BY t.{since}, t.doc, t.id)";

/// A taking: when, until when, and how many.
#[derive(Clone, Copy)]
struct Taking {
    now: Timestamp,
    until: Timestamp,
    limit: u32,
}

impl Database {
    pub(super) async fn take_timers(&self, bu: Option<&Bu>, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<DueTimer>, StoreError> {
        let taken = self.take(&TIMERS, bu, Taking { now, until, limit }).await?;
        taken.iter().map(|row| rows::timer(&Cells::of(row, TIMERS.columns))).collect()
    }

    pub(super) async fn take_outbox(&self, bu: Option<&Bu>, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        let taken = self.take(&MESSAGES, bu, Taking { now, until, limit }).await?;
        taken.iter().map(|row| rows::outbox(&Cells::of(row, MESSAGES.columns))).collect()
    }

    /// Takes from one business unit, or from the first one that has something free: all locks of a taking lie in one unit.
    async fn take(&self, kind: &Kind, bu: Option<&Bu>, taking: Taking) -> Result<Vec<Row>, StoreError> {
        match (self, bu) {
            (Self::Postgres(_), Some(bu)) => self.take_of(kind, bu.as_str(), taking).await,
            _ => {
                let mut tried = Vec::new();
                while let Some(unit) = self.unit_with(kind, bu, taking.now, &tried).await? {
                    let taken = self.take_of(kind, &unit, taking).await?;
                    if !taken.is_empty() {
                        return Ok(taken);
                    }
                    tried.push(unit);
                }
                Ok(Vec::new())
            }
        }
    }

    /// The business unit of the first thing that is free, apart from those that others turned out to be at.
    async fn unit_with(&self, kind: &Kind, bu: Option<&Bu>, now: Timestamp, tried: &[String]) -> Result<Option<String>, StoreError> {
        let mut w = Where::all();
        w.args.push(now.micros().into());
        let w = w.with("bu = ?", bu.map(AsRef::<str>::as_ref));
        let w = w.with("bu NOT IN (SELECT value FROM {list ?})", (!tried.is_empty()).then(|| serde_json::json!(tried).to_string()));
        let sql = w.statement("SELECT t.bu FROM {table} t WHERE {waits} AND t.held_until <= {now} AND {where} ORDER BY t.{since} LIMIT 1");
        let sql = kind.write(&sql, ["$1", ""]);
        let found = self.fetch_briefly(self.dialect().text(&sql).into(), &w.args).await?;
        found.first().map(|row| row.text(0).map(str::to_owned)).transpose()
    }

    /// Called again after a lost answer it takes the same ones, since its name for the holder is nobody else's.
    async fn take_of(&self, kind: &Kind, bu: &str, taking: Taking) -> Result<Vec<Row>, StoreError> {
        let holder = format!("{:016x}", std::hash::RandomState::new().build_hasher().finish());
        let Taking { now, until, limit } = taking;
        let body = serde_json::json!({ "holder": holder, "now": now.micros(), "until": until.micros(), "limit": limit }).to_string();
        let mut sent = 1;
        loop {
            let taken = match self {
                Self::Postgres(db) => db.call(kind.task, &[bu.into(), body.as_str().into()]).await,
                Self::Sqlite(db) => {
                    let held: [Arg; 3] = [bu.into(), holder.as_str().into(), now.micros().into()];
                    match db.command(kind.write(TAKE, ["", ""]), [bu.into(), body.as_str().into()]).await {
                        Ok(_) => super::commit::told(db.command(kind.write(TAKEN, ["$3", "$2"]), held).await),
                        Err(raised) => Err(raised),
                    }
                }
            };
            match taken.map_err(|raised| StoreError::from(raised.error)) {
                Ok(text) => return Row::unpack(&text),
                Err(fault) if fault.is_sudden() && sent < SENT => sent += 1,
                Err(fault) => return Err(fault),
            }
        }
    }
}
