//! Writes scenarios for what nothing covers: the stories that there are, gone through again, with somebody trying one thing more.
//!
//! What is tried is decided by the engine itself and written nowhere; what is suggested has been played and has passed.
//! Must not know how a face shows it. Tests: `tests/it/suggest.rs`.

mod build;
mod inputs;
mod probe;
mod seed;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::Name;
use crate::domain::MasterData;
use crate::engine::Engine;
use crate::model::{Book, Category, Coverage, Key, Scenario, StepKind, Workflow};
use crate::rules::Rules;

use super::cast::Masters;
use super::coverage::Collector;
use super::runner::{ScenarioError, ScenarioReport, run};

/// A scenario that covers what no other does.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// The scenario; it passes.
    pub scenario: Scenario,
    /// What it covers, in words, as gaps are told.
    pub covers: Vec<String>,
}

/// What was found for the gaps of a book.
#[derive(Debug, Default)]
pub struct Suggestions {
    /// The scenarios, those that cover most first.
    pub found: Vec<Suggestion>,
    /// What is covered with them.
    pub coverage: Coverage,
}

/// How often the stories are gone through: what is suggested is a story to go on from.
const ROUNDS: usize = 8;

/// What suggestions are made from.
pub struct Desk<'a> {
    /// The book.
    pub book: Arc<Book>,
    /// Its rules.
    pub rules: Arc<Rules>,
    /// Folders of master data.
    pub masters: &'a Masters,
    /// Only for this workflow.
    pub workflow: Option<Name>,
}

impl Desk<'_> {
    /// Suggests scenarios for what these stories leave uncovered.
    ///
    /// # Errors
    /// A fault of the store, or master data that cannot be used.
    pub async fn suggest(&self, scenarios: &[Scenario], covered: Coverage) -> Result<Suggestions, ScenarioError> {
        let collector = Collector::resume(covered);
        let mut stories: Vec<Scenario> = scenarios.to_vec();
        let mut found: Vec<Suggestion> = Vec::new();
        for first in self.seeds(scenarios, seed::ABOUT)? {
            found.extend(self.proved(first, &collector).await?);
        }
        stories.extend(found.iter().map(|s| s.scenario.clone()));
        // They show nothing new themselves, and what can be tried in them does.
        for other in seed::OTHERS {
            stories.extend(self.seeds(scenarios, other)?);
        }
        for _ in 0..ROUNDS {
            let mut missing = self.missing(&collector.coverage());
            if missing.is_empty() {
                break;
            }
            stories.sort_by_key(|s| s.steps.len());
            let mut drafts = Vec::new();
            for story in &stories {
                drafts.extend(probe::probe(self, story, &mut missing).await?);
            }
            let before = found.len();
            for draft in drafts {
                found.extend(self.proved(draft, &collector).await?);
            }
            if found.len() == before {
                break;
            }
            stories = found.iter().skip(before).map(|s| s.scenario.clone()).collect();
        }
        named_apart(&mut found, scenarios);
        Ok(Suggestions { found, coverage: collector.coverage() })
    }

    /// First stories for workflows that no scenario opens.
    fn seeds(&self, scenarios: &[Scenario], amount: &str) -> Result<Vec<Scenario>, ScenarioError> {
        let opened: BTreeSet<&Name> = scenarios.iter().flat_map(|s| &s.steps).filter_map(|step| opened(&step.kind)).collect();
        let master = match &self.book.manifest.master {
            Some(folder) => self.masters.load(folder, &self.book)?,
            None => MasterData::default(),
        };
        let wanted = |w: &&Arc<Workflow>| !opened.contains(&w.name) && self.workflow.as_ref().is_none_or(|only| w.name == *only);
        Ok(self.book.workflows.values().filter(wanted).flat_map(|w| seed::seeds(&self.book, &master, w, amount)).collect())
    }

    /// What nothing covers and scenarios can.
    fn missing(&self, coverage: &Coverage) -> BTreeSet<Key> {
        let open = coverage.select(self.workflow.as_ref(), None).filter(|p| !p.is_covered() && p.category != Category::Rules);
        open.map(|p| p.key.clone()).collect()
    }

    /// A draft that passes and covers something new, with what it covers.
    async fn proved(&self, mut draft: Scenario, collector: &Collector) -> Result<Option<Suggestion>, ScenarioError> {
        let before = collector.coverage();
        for _ in 0..2 {
            let trial = Collector::resume(before.clone());
            trial.begin(&draft.title);
            let report = self.play(&draft, Some(&trial)).await?;
            if report.passed() {
                let after = trial.coverage();
                let new = |p: &&crate::model::Point| p.is_covered() && before.point(&p.key).is_some_and(|b| !b.is_covered());
                let covers: Vec<String> = after.points.iter().filter(new).map(|p| p.gap.clone()).collect();
                if covers.is_empty() {
                    return Ok(None);
                }
                collector.replace(after);
                return Ok(Some(Suggestion { scenario: draft, covers }));
            }
            if !build::mend(&mut draft, &report) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn play(&self, scenario: &Scenario, collector: Option<&Collector>) -> Result<ScenarioReport, ScenarioError> {
        let engine = self.engine().await?;
        let engine = match collector {
            Some(collector) => engine.watched(collector.watcher()),
            None => engine,
        };
        run(&engine, scenario, self.masters).await
    }

    async fn engine(&self) -> Result<Engine, ScenarioError> {
        Ok(Engine::open(Arc::clone(&self.book), Arc::clone(&self.rules), "memory:").await?)
    }
}

/// No two scenarios have one title.
fn named_apart(found: &mut [Suggestion], others: &[Scenario]) {
    let mut taken: BTreeSet<String> = others.iter().map(|s| s.title.clone()).collect();
    for suggestion in found {
        let title = suggestion.scenario.title.clone();
        let names = std::iter::once(title.clone()).chain((2..).map(|n| format!("{title} ({n})")));
        if let Some(free) = names.into_iter().find(|name| !taken.contains(name)) {
            taken.insert(free.clone());
            suggestion.scenario.title = free;
        }
    }
}

/// The workflow of which a step opens or meets a document.
const fn opened(step: &StepKind) -> Option<&Name> {
    match step {
        StepKind::Opens { workflow, .. } | StepKind::Started { workflow, .. } => Some(workflow),
        _ => None,
    }
}
