//! The plan: what a changed book and changed master data change, as data that can be saved, shown and applied.
//!
//! Must not know how it is shown. Tests: `tests/it/change_apply.rs`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::{Name, Timestamp};
use crate::check::{BookFiles, check};
use crate::domain::MasterData;
use crate::engine::{Engine, EngineError};
use crate::model::Book;
use crate::network::{KindChanges, diff};
use crate::store::{Store, StoreError};

use super::books::{BookChange, compare};
use super::running::{Fate, Group, LeftStock, Look, left_stock};
use super::scripts::{self, ScriptChange};

/// The form of the file that this program writes and reads.
pub const FORM: u32 = 1;

/// What is to be brought in beside the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterPlan {
    /// The hash of the master data in the database.
    pub old: String,
    /// The hash of the master data in the files.
    pub new: String,
    /// What changes, by kind.
    pub kinds: Vec<KindChanges>,
}

/// What the proofs of a book found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// The hash of the book that was proved.
    pub book: String,
    /// What does not hold.
    pub errors: Vec<Unproved>,
}

/// Something that a proof shows to be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unproved {
    /// The code of the finding.
    pub code: String,
    /// What is wrong.
    pub title: String,
    /// Where: file, line and column.
    pub place: String,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The form of the file.
    pub form: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// The name of the book.
    pub book: String,
    /// The hash of the book in force, and the number of its deployment; absent where there is none.
    pub old: Option<(String, u64)>,
    /// The hash of the book that is to be in force.
    pub new: String,
    /// What the book says otherwise.
    pub changes: BookChange,
    /// What its rules say otherwise.
    pub rules: Vec<ScriptChange>,
    /// Master data, where a folder was given.
    pub master: Option<MasterPlan>,
    /// Workflows that say something else under the same version.
    pub unversioned: Vec<Name>,
    /// What becomes of running documents.
    pub documents: Vec<Group>,
    /// Stock under words that the new book does not have.
    pub stock: Vec<LeftStock>,
    /// Workflows whose documents may end under their version.
    pub run_out: BTreeSet<Name>,
    /// Scenarios and rule cases of the new book that fail, by their titles; whoever makes the plan plays them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
    /// What was proved of the new book; whoever makes the plan proves it. A book that is in force already needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofs: Option<Proofs>,
}

impl Plan {
    /// Whether applying it would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let same = self.is_in_force();
        let master = self.master.as_ref().is_none_or(|m| m.kinds.iter().all(|k| k.added.is_empty() && k.changed.is_empty()));
        same && master && self.documents.iter().all(|g| g.fate == Fate::Unaffected)
    }

    /// Groups of documents that cannot go on.
    pub fn stranded(&self) -> impl Iterator<Item = &Group> {
        self.documents.iter().filter(|g| matches!(g.fate, Fate::Stranded { .. }))
    }

    /// Whether the book is in force already.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.old.as_ref().is_some_and(|(hash, number)| *hash == self.new && *number > 0)
    }

    /// What was proved of this very book.
    #[must_use]
    pub fn proved(&self) -> Option<&Proofs> {
        self.proofs.as_ref().filter(|proofs| proofs.book == self.new)
    }

    /// Whether it may be applied: it is proved that the book has no errors, and nothing that runs would be stranded.
    #[must_use]
    pub fn may_be_applied(&self) -> bool {
        let proved = self.is_in_force() || self.proved().is_some_and(|proofs| proofs.errors.is_empty());
        proved && self.unversioned.is_empty() && self.stock.is_empty() && self.stranded().next().is_none()
    }
}

/// What is planned.
pub struct Target<'a> {
    /// On the new book, and the store.
    pub engine: &'a Engine,
    /// The new master data, if any is to be brought in.
    pub master: Option<&'a MasterData>,
    /// Workflows whose documents may end under their version.
    pub run_out: BTreeSet<Name>,
    /// Now.
    pub now: Timestamp,
}

/// Makes a plan; nothing is written. `watch` is told how many documents have been looked at.
///
/// # Errors
/// A fault of the store; the book in force cannot be read by this program.
pub async fn plan(target: Target<'_>, watch: &mut (dyn FnMut(u64) + Send)) -> Result<Plan, EngineError> {
    let (engine, new) = (target.engine, target.engine.book());
    let deployed = engine.store().deployed().await?;
    let old = match &deployed {
        Some(deployed) if deployed.hash == new.hash => None,
        Some(deployed) => stored(engine.store(), &deployed.hash).await?,
        None => None,
    };
    let same = deployed.as_ref().is_some_and(|d| d.hash == new.hash);
    let (changes, rules) = if same { (BookChange::default(), Vec::new()) } else { (compare(old.as_ref(), new), scripts::compare(old.as_ref(), new)) };
    let look = Look { engine, old: old.as_ref(), run_out: &target.run_out, now: target.now };
    let documents = look.groups(watch).await?;
    let master = match target.master {
        Some(data) => Some(master_plan(engine.store(), data).await?),
        None => None,
    };
    Ok(Plan {
        form: FORM,
        made_at: target.now,
        book: new.manifest.name.clone(),
        old: deployed.map(|d| (d.hash, d.number)),
        new: new.hash.clone(),
        unversioned: changes.workflows.iter().filter(|w| w.needs_version()).map(|w| w.workflow.clone()).collect(),
        changes,
        rules,
        master,
        documents,
        stock: left_stock(engine.store(), &new.vocabulary).await?,
        run_out: target.run_out,
        failing: Vec::new(),
        proofs: None,
    })
}

/// A book that the store keeps; nothing where it is not there or this program cannot read it.
///
/// # Errors
/// A fault of the store.
pub async fn stored(store: &Store, hash: &str) -> Result<Option<Book>, StoreError> {
    let kept = store.book(hash).await?;
    Ok(kept.and_then(|kept| BookFiles::of_stored(&kept.files)).and_then(|files| check(&files).book))
}

async fn master_plan(store: &Store, data: &MasterData) -> Result<MasterPlan, StoreError> {
    let there = store.all_master().await?;
    Ok(MasterPlan { old: hash(&there)?, new: hash(data)?, kinds: diff(&there, data).kinds })
}

/// The hash of master data.
///
/// # Errors
/// It cannot be written down.
pub fn hash(data: &MasterData) -> Result<String, StoreError> {
    let text = serde_json::to_string(data).map_err(|e| StoreError::Malformed(e.to_string()))?;
    Ok(hex::encode(Sha256::digest(text)))
}
