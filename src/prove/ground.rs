//! A book with what is known of it before anything is explored, and the worlds in which explorations begin.
//!
//! Must not know what happens in them. Tests: `prove::tests`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::base::Name;
use crate::engine::EngineError;
use crate::model::{Book, StepKind, Workflow};
use crate::rules::Rules;
use crate::scenario::{Masters, ScenarioError, stage as set_stage};

use super::facts::{Facts, Readings, readings};
use super::stage::{self, Size};
use super::world::{Deed, World};

/// Why nothing could be explored.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The stage cannot be set.
    #[error(transparent)]
    Stage(#[from] ScenarioError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Where the documents of a workflow begin, for a size of theirs.
type Begun = (Name, Size, Vec<Start>);

/// A book with what is known of it beforehand.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The book.
    pub book: Arc<Book>,
    /// Its rules.
    pub rules: Arc<Rules>,
    /// What matters of each workflow.
    pub facts: Arc<BTreeMap<Name, Facts>>,
    /// What the flows read of the answers of rules.
    pub readings: Arc<Readings>,
    /// Where documents begin, as far as it was looked for.
    pub(super) begun: Arc<Mutex<Vec<Begun>>>,
}

impl Ground {
    /// Looks through a book once.
    #[must_use]
    pub fn new(book: Arc<Book>, rules: Arc<Rules>) -> Self {
        let facts = book.workflows.iter().map(|(name, w)| (name.clone(), Facts::of(w))).collect();
        let readings = Arc::new(readings(&book));
        Self { book, rules, facts: Arc::new(facts), readings, begun: Arc::default() }
    }

    pub(super) fn workflow(&self, name: &Name) -> Option<&Arc<Workflow>> {
        self.book.workflows.get(name)
    }

    /// The givens of the stories of a workflow, and of those that it starts.
    #[must_use]
    pub fn givens(&self, workflow: &Name, size: Size) -> Vec<StepKind> {
        let mut family: Vec<&Name> = vec![workflow];
        let mut at = 0;
        while let Some(name) = family.get(at).copied() {
            for child in self.facts.get(name).iter().flat_map(|f| &f.starts) {
                if !family.contains(&child) {
                    family.push(child);
                }
            }
            at += 1;
        }
        let workflows: Vec<&Workflow> = family.into_iter().filter_map(|n| self.workflow(n)).map(|w| &**w).collect();
        stage::givens(&self.book, &workflows, size)
    }

    /// A world on the stage, before anything happens.
    ///
    /// # Errors
    /// The stage cannot be set.
    pub async fn world(&self, workflow: &Name, size: Size) -> Result<World, ExploreError> {
        let mut world = World::new(Arc::clone(&self.book), Arc::clone(&self.rules), stage::begin(&self.book));
        let givens = stage::scenario(String::new(), self.givens(workflow, size));
        world.now = set_stage(&world.engine(), &givens, &stage::people(&self.book), &Masters::default()).await?;
        Ok(world)
    }
}

/// A world to begin in, how it came about, and which of its documents the exploration is about.
#[derive(Debug, Clone)]
pub struct Start {
    /// The world.
    pub world: World,
    /// What led to it.
    pub before: Vec<Deed>,
    /// The place of the document among those of the world.
    pub about: usize,
}
