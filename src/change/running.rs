//! What becomes of running documents under another book, and of stock that stands where the other book knows nothing.
//!
//! Each document that would move is decided as it would be moved, and nothing is written. Must not know what is shown of it.
//! Tests: `tests/it/change_apply.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::{Bu, Name, Quantity, Timestamp};
use crate::domain::{Decision, TimerKind};
use crate::engine::{Engine, EngineError, Moving};
use crate::model::{Book, Vocabulary, Workflow};
use crate::store::{DocumentFilter, DocumentHead, StockFilter, Store, StoreError};

/// Documents looked at together.
const PAGE: u32 = 500;
/// Numbers kept of each group.
const SHOWN: usize = 5;

/// What becomes of documents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// They cannot go on.
    Stranded {
        /// Why.
        why: String,
        /// What to write.
        write: String,
    },
    /// They move over.
    Moves {
        /// To this version.
        version: u32,
        /// To this state.
        state: Name,
        /// By this line.
        by: String,
        /// What becomes of their deadlines.
        deadlines: String,
    },
    /// They end under their version, with the book that has it.
    RunOut {
        /// Under this version.
        version: u32,
    },
    /// Nothing changes for them.
    Unaffected,
}

/// Documents of one workflow, version and state with one fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The business unit.
    pub bu: Bu,
    /// The workflow.
    pub workflow: Name,
    /// The version they run on.
    pub version: u32,
    /// The state they are in.
    pub state: Name,
    /// What becomes of them.
    pub fate: Fate,
    /// How many.
    pub count: u64,
    /// The numbers of a few, the newest first.
    pub numbers: Vec<String>,
}

/// Stock that stands under a word that the other book does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftStock {
    /// The business unit.
    pub bu: Bu,
    /// The word: `bin blocked`, `pool amc` …
    pub word: String,
    /// How much, over all parts.
    pub quantity: Quantity,
}

/// Looks at all running documents.
pub struct Look<'a> {
    /// On the new book.
    pub engine: &'a Engine,
    /// The book in force.
    pub old: Option<&'a Book>,
    /// Workflows whose documents may end under their version.
    pub run_out: &'a BTreeSet<Name>,
    /// Now.
    pub now: Timestamp,
}

impl Look<'_> {
    /// What becomes of every running document, by group; those in trouble first. `watch` is told how many have been looked at.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn groups(&self, watch: &mut (dyn FnMut(u64) + Send)) -> Result<Vec<Group>, EngineError> {
        let mut groups: BTreeMap<(Fate, Bu, Name, u32, Name), Group> = BTreeMap::new();
        let mut seen = 0;
        for unit in self.engine.store().business_units().await? {
            let mut filter = DocumentFilter { open_only: true, limit: PAGE, ..DocumentFilter::new(unit.code.clone()) };
            loop {
                let page = self.engine.store().documents(&filter).await?;
                let Some(last) = page.last() else { break };
                filter.after = Some((last.opened_at, last.id.clone()));
                for head in &page {
                    let fate = self.fate(&unit.code, head).await?;
                    let key = (fate.clone(), unit.code.clone(), head.workflow.clone(), head.version, head.state.clone());
                    let group = groups.entry(key).or_insert_with(|| blank(&unit.code, head, fate));
                    group.count += 1;
                    if group.numbers.len() < SHOWN {
                        group.numbers.push(if head.number.is_empty() { head.id.to_string() } else { head.number.clone() });
                    }
                }
                seen += page.len() as u64;
                watch(seen);
            }
        }
        Ok(groups.into_values().collect())
    }

    async fn fate(&self, bu: &Bu, head: &DocumentHead) -> Result<Fate, EngineError> {
        let workflow = self.engine.book().workflows.get(&head.workflow);
        if workflow.is_some_and(|w| w.version == head.version) {
            return Ok(Fate::Unaffected);
        }
        let says = workflow.is_some_and(|w| w.migrations.iter().any(|m| m.from == head.version));
        if !says && self.run_out.contains(&head.workflow) {
            return Ok(Fate::RunOut { version: head.version });
        }
        match self.engine.would_move(bu, &head.id, self.now).await? {
            Moving::Nothing => Ok(Fate::Unaffected),
            Moving::Moves(decision) => Ok(workflow.map_or(Fate::Unaffected, |w| moves(w, head, &decision))),
            Moving::Stranded(refusal) => {
                let why: Vec<&str> = refusal.reasons.iter().map(|r| r.sentence.as_str()).collect();
                let write = workflow.filter(|_| !says).map(|w| self.clause(w, head)).or_else(|| {
                    let first = refusal.reasons.first().and_then(|r| r.remedies.first());
                    first.map(|r| r.text.clone())
                });
                let write = write.unwrap_or_else(|| format!("`workflow {}` as it was, or plan with `--run-out {}`", head.workflow, head.workflow));
                Ok(Fate::Stranded { why: why.join("; "), write })
            }
        }
    }

    /// The clause that says what becomes of documents of a version: states that are gone have to be mapped.
    fn clause(&self, workflow: &Workflow, head: &DocumentHead) -> String {
        let kept = workflow.state(head.state.as_str()).is_some();
        let line = if kept { String::new() } else { format!(" state {} -> … keep deadlines", head.state) };
        let gone = self.old.and_then(|b| b.workflows.get(&head.workflow)).filter(|w| w.version == head.version);
        let others = gone.map(|w| w.states.iter().filter(|s| s.name != head.state && !s.is_final && workflow.state(s.name.as_str()).is_none()).count());
        let others = others.filter(|n| *n > 0).map(|n| format!(", with a line for each of {n} more states that are gone")).unwrap_or_default();
        format!(
            "`migrate from {} {{{line} }}` in version {} of `{}`{others}; or plan with `--run-out {}`",
            head.version, workflow.version, workflow.name, workflow.name
        )
    }
}

fn blank(bu: &Bu, head: &DocumentHead, fate: Fate) -> Group {
    let (workflow, version, state) = (head.workflow.clone(), head.version, head.state.clone());
    Group { bu: bu.clone(), workflow, version, state, fate, count: 0, numbers: Vec::new() }
}

fn moves(workflow: &Workflow, head: &DocumentHead, decision: &Decision) -> Fate {
    let migration = workflow.migrations.iter().find(|m| m.from == head.version);
    let line = migration.and_then(|m| m.states.iter().find(|(old, ..)| *old == head.state));
    let by = match line {
        Some((old, new, keep)) => format!("state {old} -> {new}{}", if *keep { " keep deadlines" } else { "" }),
        None => format!("migrate from {} (its state is not named, and stays)", head.version),
    };
    let timers = decision.timers.iter().any(|t| matches!(t.kind, TimerKind::Deadline { .. } | TimerKind::Fire { .. }));
    let deadlines = match (timers, line) {
        (false, _) => "none",
        (true, Some((.., false))) => "begin anew",
        (true, _) => "kept",
    };
    Fate::Moves { version: workflow.version, state: decision.document.state.clone(), by, deadlines: deadlines.to_owned() }
}

/// Stock that stands in a bin, or under a condition, owner or pool, that the book does not have.
///
/// # Errors
/// A fault of the store.
pub async fn left_stock(store: &Store, vocabulary: &Vocabulary) -> Result<Vec<LeftStock>, StoreError> {
    let known = |all: &[crate::model::Named]| all.iter().map(|n| n.name.clone()).collect::<BTreeSet<_>>();
    let (conditions, owners, pools) = (known(&vocabulary.conditions), known(&vocabulary.owners), known(&vocabulary.pools));
    let mut left: BTreeMap<(Bu, String), Quantity> = BTreeMap::new();
    for unit in store.business_units().await? {
        for total in store.stock_totals(&StockFilter::new(unit.code.clone())).await?.iter().filter(|t| t.quantity.is_positive()) {
            let words = [
                ("bin", &total.bin, vocabulary.bins.contains_key(&total.bin)),
                ("condition", &total.condition, conditions.contains(&total.condition)),
                ("owner", &total.owner, owners.contains(&total.owner)),
                ("pool", &total.pool, pools.contains(&total.pool)),
            ];
            for (kind, word, _) in words.into_iter().filter(|(_, word, there)| !there && !word.as_str().is_empty()) {
                let sum = left.entry((unit.code.clone(), format!("{kind} {word}"))).or_default();
                *sum = *sum + total.quantity;
            }
        }
    }
    Ok(left.into_iter().map(|((bu, word), quantity)| LeftStock { bu, word, quantity }).collect())
}
