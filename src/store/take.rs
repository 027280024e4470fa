//! Taking timers and messages before they are worked on, so that many processes share the work.
//!
//! What is taken is held until a time; what a process that died had taken is free again then. Taking decides nothing: a
//! timer goes with the commit that acts on it, a message when it is marked as sent. Must not know what becomes of them.
//! Tests: `tests/it/store_take.rs`, `tests/it/engine_many.rs`.

use std::hash::{BuildHasher, Hasher};

use crate::base::{Bu, Timestamp};
use crate::domain::{Timer, TimerKind};

use super::commit::SENT;
use super::error::StoreError;
use super::rows::{self, Cells, Columns};
use super::sql::{Arg, Database, Row, Where};
use super::views::{DueTimer, OutboxEntry};

/// How long the engine holds what it works on, in microseconds: far longer than it takes, and no longer than one may wait
/// for what a process left undone that died.
pub const LEASE_MICROS: i64 = 10_000_000;

/// Until when a new timer is held, from its first moment: what is due at once is done by the one whose commit made it.
pub(super) fn born_held(timer: &Timer, now: Timestamp) -> i64 {
    if timer.due_at > now || matches!(timer.kind, TimerKind::Deadline { .. }) { 0 } else { now.plus_micros(LEASE_MICROS).micros() }
}

/// What can be taken: the procedure, the columns, what is free at `$1`, and how SQLite takes it.
struct Kind {
    task: &'static str,
    columns: Columns,
    free: &'static str,
    since: &'static str,
    sqlite: &'static str,
}

const TIMERS: Kind = Kind {
    task: "take_timers",
    columns: rows::TIMER,
    free: "timer WHERE due_at <= $1 AND held_until <= $1",
    since: "due_at",
    sqlite: "INSERT INTO command VALUES ('take_timers', $1, '', 0, jsonb($2));
SELECT json_group_array(json_array(bu, doc, id, state, body, due_at)) FROM
  (SELECT * FROM timer WHERE bu = $1 AND held_by = $3 AND due_at <= $4 ORDER BY due_at, doc, id)",
};
const MESSAGES: Kind = Kind {
    task: "take_outbox",
    columns: rows::OUTBOX,
    free: "outbox WHERE sent_at = 0 AND held_until <= $1",
    since: "recorded_at",
    sqlite: "INSERT INTO command VALUES ('take_outbox', $1, '', 0, jsonb($2));
SELECT json_group_array(json_array(bu, doc, id, kind, topic, message, payload, recorded_at)) FROM
  (SELECT * FROM outbox WHERE bu = $1 AND held_by = $3 AND sent_at = 0 ORDER BY recorded_at, doc, id)",
};

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
        let sql = w.statement(&format!("SELECT bu FROM {} AND {{where}} ORDER BY {} LIMIT 1", kind.free, kind.since));
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
                    let args: [Arg; 4] = [bu.into(), body.as_str().into(), holder.as_str().into(), now.micros().into()];
                    db.command(kind.sqlite, &args).await.and_then(super::commit::first)
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
