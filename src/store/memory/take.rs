//! Taking timers and messages in memory.
//!
//! Must not know what becomes of them. Tests: `tests/it/store_take.rs`.
#![expect(clippy::unused_async, reason = "one face for all stores")]

use std::collections::BTreeSet;

use crate::base::{Bu, DocId, Timestamp};

use super::super::error::StoreError;
use super::super::outbox::OutboxEntry;
use super::super::views::DueTimer;
use super::{HeldUntil, Memory, due_order};

type Answer<T> = Result<T, StoreError>;

/// The earliest of what may be taken, in order, each with its place: nothing of a document of which something is held.
fn free<T>(all: impl Iterator<Item = (T, DocId, HeldUntil)>, now: Timestamp, key: impl Fn(&T) -> (Timestamp, DocId, String), limit: u32) -> Vec<T> {
    let all: Vec<_> = all.collect();
    let held: BTreeSet<DocId> = all.iter().filter(|(.., held)| *held > now.micros()).map(|(_, doc, _)| doc.clone()).collect();
    let mut free: Vec<T> = all.into_iter().filter(|(_, doc, _)| !held.contains(doc)).map(|(thing, ..)| thing).collect();
    free.sort_by_cached_key(key);
    free.truncate(limit as usize);
    free
}

impl Memory {
    pub(in super::super) async fn take_timers(&self, bu: Option<&Bu>, now: Timestamp, until: Timestamp, limit: u32) -> Answer<Vec<DueTimer>> {
        let mut world = self.world();
        for (of, tenant) in world.tenants.iter_mut().filter(|(of, _)| bu.is_none_or(|bu| *of == bu)) {
            let due = tenant.timers.iter().filter(|(_, (t, held))| t.due_at <= now || *held > now.micros());
            let due = due.map(|((doc, _), (t, held))| (DueTimer { bu: of.clone(), doc: doc.clone(), timer: t.clone() }, doc.clone(), *held));
            let taken = free(due, now, |d| due_order(&d.doc, &d.timer.id, d.timer.due_at), limit);
            for one in &taken {
                if let Some((_, held)) = tenant.timers.get_mut(&(one.doc.clone(), one.timer.id.clone())) {
                    *held = until.micros();
                }
            }
            if !taken.is_empty() {
                return Ok(taken);
            }
        }
        Ok(Vec::new())
    }

    pub(in super::super) async fn take_outbox(&self, bu: Option<&Bu>, now: Timestamp, hold: Timestamp, limit: u32) -> Answer<Vec<OutboxEntry>> {
        let mut world = self.world();
        for (_, tenant) in world.tenants.iter_mut().filter(|(of, _)| bu.is_none_or(|bu| *of == bu)) {
            let given_up = |entry: &OutboxEntry| entry.setback.as_ref().is_some_and(|s| s.given_up_at.is_some());
            let until = |entry: &OutboxEntry, held: HeldUntil| entry.setback.as_ref().map_or(held, |s| held.max(s.next_at.micros()));
            let waiting = tenant.outbox.values().filter(|(entry, _, sent)| !sent && !given_up(entry));
            let waiting = waiting.map(|(entry, held, _)| (entry.clone(), entry.doc.clone(), until(entry, *held)));
            let taken = free(waiting, now, |e| due_order(&e.doc, &e.id, e.recorded_at), limit);
            for one in &taken {
                if let Some((_, held, _)) = tenant.outbox.get_mut(&(one.doc.clone(), one.id.clone())) {
                    *held = hold.micros();
                }
            }
            if !taken.is_empty() {
                return Ok(taken);
            }
        }
        Ok(Vec::new())
    }
}
