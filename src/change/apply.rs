//! Applying a plan: the book is put in force, and running documents move over, each by a transition of its own.
//!
//! Nothing is begun where the world is another than the plan saw, or a document would be stranded. It may be cut off anywhere
//! and run again: what is done stays, what is left is done. Must not know how it is shown. Tests: `tests/it/change_apply.rs`.

use tokio::task::JoinSet;

use crate::base::{Bu, DocId, PersonCode, Timestamp};
use crate::domain::MasterData;
use crate::engine::{self, Engine, EngineError, Moving};
use crate::network::diff;
use crate::store::{Deployment, DocumentFilter, StoreError};

use super::plan::{FORM, Plan, Target, hash, plan};

/// Documents that move side by side: the store writes them together.
const SIDE_BY_SIDE: usize = 64;
/// Documents looked at together.
const PAGE: u32 = 500;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Applied {
    /// The number of the deployment.
    pub deployment: u64,
    /// True where the book was in force already, and what was left is done.
    pub resumed: bool,
    /// Documents that moved now.
    pub moved: u64,
    /// Documents that could not, because they changed meanwhile, with the reason.
    pub left: Vec<(String, String)>,
}

/// Why a plan is not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Another program wrote it.
    #[error("the plan has the form {0}, and this program applies plans of the form {FORM}")]
    Form(u32),
    /// The book in the folder is another.
    #[error("the book has changed since the plan was made")]
    BookChanged,
    /// The book in force is another.
    #[error("another book has come into force since the plan was made")]
    DatabaseChanged,
    /// Master data are other, in the database or in the files.
    #[error("the master data {0} changed since the plan was made")]
    MasterChanged(&'static str),
    /// The plan wants master data, and none is given; or the other way round.
    #[error("the plan was made {0} master data")]
    MasterMissing(&'static str),
    /// A workflow says something else under the same version.
    #[error("`{0}` says something else and has the same version")]
    Unversioned(String),
    /// Nobody has proved the book.
    #[error("the plan does not say what was proved of its book")]
    NotProved,
    /// A proof shows an error.
    #[error("the book has an error that its proofs show: {0}")]
    Unproved(String),
    /// Documents or stock cannot go on.
    #[error("{0}")]
    Stranded(String),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] EngineError),
}

impl From<StoreError> for ApplyError {
    fn from(fault: StoreError) -> Self {
        Self::Fault(fault.into())
    }
}

/// Applies a plan. `watch` is told how many documents have moved.
///
/// # Errors
/// The world is another than the plan saw; a document would be stranded; a fault of the store.
pub async fn apply(
    plan: &Plan,
    on: &Engine,
    master: Option<&MasterData>,
    (by, now): (PersonCode, Timestamp),
    watch: &mut (dyn FnMut(u64) + Send),
) -> Result<Applied, ApplyError> {
    let deployed = on.store().deployed().await?;
    let resumed = deployed.as_ref().is_some_and(|d| d.number > 0 && d.hash == plan.new);
    fresh(plan, on, deployed.as_ref(), resumed)?;
    if plan.master.is_some() != master.is_some() {
        return Err(ApplyError::MasterMissing(if plan.master.is_some() { "with" } else { "without" }));
    }
    fits(plan, on, master, now).await?;
    if let Some(data) = master {
        on.load_master(data).await?;
    }
    let mut applied = Applied { deployment: deployed.as_ref().map_or(0, |d| d.number), resumed, ..Applied::default() };
    if !resumed {
        applied.deployment += 1;
        let deployment = Deployment { number: applied.deployment, hash: plan.new.clone(), by, at: now };
        on.store().deploy(&engine::stored(on.book())?, &deployment).await?;
    }
    move_all(on, plan, now, &mut applied, watch).await?;
    Ok(applied)
}

/// Whether books are as the plan saw them.
fn fresh(plan: &Plan, on: &Engine, deployed: Option<&Deployment>, resumed: bool) -> Result<(), ApplyError> {
    if plan.form != FORM {
        return Err(ApplyError::Form(plan.form));
    }
    if on.book().hash != plan.new {
        return Err(ApplyError::BookChanged);
    }
    let there = deployed.map(|d| (d.hash.clone(), d.number));
    if !resumed && there != plan.old {
        return Err(ApplyError::DatabaseChanged);
    }
    if let Some(name) = plan.unversioned.first() {
        return Err(ApplyError::Unversioned(name.to_string()));
    }
    if resumed {
        return Ok(());
    }
    let proofs = plan.proved().ok_or(ApplyError::NotProved)?;
    match proofs.errors.first() {
        Some(error) => Err(ApplyError::Unproved(format!("{} ({})", error.title, error.place))),
        None => Ok(()),
    }
}

/// Whether master data are as the plan saw them, and every document can still go on.
async fn fits(plan_made: &Plan, on: &Engine, master: Option<&MasterData>, now: Timestamp) -> Result<(), ApplyError> {
    if let (Some(planned), Some(data)) = (&plan_made.master, master) {
        if hash(data)? != planned.new {
            return Err(ApplyError::MasterChanged("in the files have"));
        }
        let there = on.store().all_master().await?;
        // What was loaded by an attempt that was cut off is no change.
        let done = diff(&there, data).is_empty();
        if !done && hash(&there)? != planned.old {
            return Err(ApplyError::MasterChanged("in the database have"));
        }
    }
    let target = Target { engine: on, master: None, run_out: plan_made.run_out.clone(), now };
    let current = plan(target, &mut |_| {}).await?;
    if let Some(group) = current.stranded().next() {
        let all: u64 = current.stranded().map(|g| g.count).sum();
        let first = group.numbers.first().map_or("", String::as_str);
        return Err(ApplyError::Stranded(format!("{all} documents would be stranded, {first} among them, which is `{}`", group.state)));
    }
    match current.stock.first() {
        Some(stock) => {
            Err(ApplyError::Stranded(format!("{} units of {} stand in `{}`, which the new book does not have", stock.quantity, stock.bu, stock.word)))
        }
        None => Ok(()),
    }
}

/// Moves all documents of older versions that the book says something about.
async fn move_all(on: &Engine, plan: &Plan, now: Timestamp, applied: &mut Applied, watch: &mut (dyn FnMut(u64) + Send)) -> Result<(), ApplyError> {
    for unit in on.store().business_units().await? {
        let mut filter = DocumentFilter { open_only: true, limit: PAGE, ..DocumentFilter::new(unit.code.clone()) };
        loop {
            let page = on.store().documents(&filter).await?;
            let Some(last) = page.last() else { break };
            filter.after = Some((last.opened_at, last.id.clone()));
            let older = page.iter().filter(|head| on.book().workflows.get(&head.workflow).is_some_and(|w| w.version != head.version));
            let wanted = older.filter(|head| {
                let says = on.book().workflows.get(&head.workflow).is_some_and(|w| w.migrations.iter().any(|m| m.from == head.version));
                says || !plan.run_out.contains(&head.workflow)
            });
            let wanted: Vec<(DocId, String)> = wanted.map(|head| (head.id.clone(), head.number.clone())).collect();
            move_page(on, &unit.code, wanted, now, applied).await?;
            watch(applied.moved);
        }
    }
    Ok(())
}

async fn move_page(on: &Engine, bu: &Bu, wanted: Vec<(DocId, String)>, now: Timestamp, applied: &mut Applied) -> Result<(), ApplyError> {
    let mut waiting = wanted.into_iter();
    let mut running: JoinSet<(String, Result<Moving, EngineError>)> = JoinSet::new();
    loop {
        while running.len() < SIDE_BY_SIDE
            && let Some((doc, number)) = waiting.next()
        {
            let (on, bu) = (on.clone(), bu.clone());
            running.spawn(async move { (number, on.move_over(&bu, &doc, now).await) });
        }
        let Some(done) = running.join_next().await else { return Ok(()) };
        let Ok((number, moved)) = done else { return Err(StoreError::Interrupted.into()) };
        match moved? {
            Moving::Nothing => {}
            Moving::Moves(_) => applied.moved += 1,
            Moving::Stranded(refusal) => {
                let why: Vec<&str> = refusal.reasons.iter().map(|r| r.sentence.as_str()).collect();
                applied.left.push((number, why.join("; ")));
            }
        }
    }
}
