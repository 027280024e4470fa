//! Where the documents of a workflow stand: how many in each state, and how many of them for longer than they should.
//!
//! Must not know who asks. Tests: `tests/it/pictures.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::TimerKind;
use crate::model::Workflow;
use crate::store::{DocumentFilter, Store, StoreError};

/// Documents that stand in one state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// All of them.
    pub documents: usize,
    /// Those whose deadline in it has passed.
    pub overdue: usize,
}

/// How many documents of a workflow stand in each state of some business units. A document is overdue when its state has a
/// deadline that does not lie ahead any more: it has been told, or is about to be.
///
/// # Errors
/// A fault of the store.
pub async fn standing(store: &Store, units: &[Bu], workflow: &Workflow, now: Timestamp) -> Result<BTreeMap<Name, Standing>, StoreError> {
    let mut found: BTreeMap<Name, Standing> = BTreeMap::new();
    for bu in units {
        let ahead = deadlines_ahead(store, bu, now).await?;
        let mut filter = DocumentFilter { workflow: Some(workflow.name.clone()), ..DocumentFilter::new(bu.clone()) };
        loop {
            let page = store.documents(&filter).await?;
            for head in &page {
                let limited = workflow.state(head.state.as_str()).is_some_and(|s| s.deadline.is_some());
                let standing = found.entry(head.state.clone()).or_default();
                standing.documents += 1;
                standing.overdue += usize::from(!head.ended && limited && !ahead.contains(&head.id));
            }
            match page.last() {
                Some(last) if page.len() >= filter.limit as usize => filter.after = Some((last.opened_at, last.id.clone())),
                _ => break,
            }
        }
    }
    Ok(found)
}

/// The documents whose deadline lies ahead.
async fn deadlines_ahead(store: &Store, bu: &Bu, now: Timestamp) -> Result<BTreeSet<DocId>, StoreError> {
    let timers = store.due_timers(Some(bu), None, Timestamp::from_micros(i64::MAX), u32::MAX).await?;
    let ahead = timers.into_iter().filter(|t| t.timer.due_at > now && matches!(t.timer.kind, TimerKind::Deadline { .. }));
    Ok(ahead.map(|t| t.doc).collect())
}
