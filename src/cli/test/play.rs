//! Plays scenarios, each on a fresh store, and asks rule cases.
//!
//! Tests: `tests/it/cli.rs`, `tests/it/coverage.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;

use crate::engine::Engine;
use crate::model::{Coverage, Scenario};
use crate::rules::Rules;
use crate::scenario::{self, Collector, Masters, RuleCase, RuleCases, ScenarioReport};
use crate::store::Store;

use super::super::book::OpenBook;
use super::super::error::CliError;
use super::super::output::{Out, progress};
use super::super::report;
use super::super::session::{count, now};

/// Where `--store postgres` finds its server.
const POSTGRES: &str = "BINCARD_TEST_POSTGRES";

/// On which stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// In memory
    Memory,
    /// On a SQLite file that goes away
    Sqlite,
    /// On the PostgreSQL that BINCARD_TEST_POSTGRES names, each scenario in a schema of its own
    Postgres,
    /// On all three
    All,
}

impl On {
    /// As people and programs read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::All => "memory, sqlite and postgres",
        }
    }

    fn each(self) -> Vec<Self> {
        if self == Self::All { vec![Self::Memory, Self::Sqlite, Self::Postgres] } else { vec![self] }
    }
}

/// What a story is told by.
#[derive(Debug, Clone, Copy)]
enum Told<'b> {
    Scenario(&'b Scenario),
    Case(&'b RuleCase),
}

/// A scenario or a rule case.
#[derive(Debug, Clone)]
pub struct Story<'b> {
    /// What it is called.
    pub title: String,
    /// `file:line:column`.
    pub place: String,
    told: Told<'b>,
}

impl<'b> Story<'b> {
    /// The file that it is written in.
    pub fn file(&self) -> &str {
        self.place.split(':').next().unwrap_or_default()
    }

    /// The scenario, if it is one.
    pub const fn scenario(&self) -> Option<&'b Scenario> {
        match self.told {
            Told::Scenario(scenario) => Some(scenario),
            Told::Case(_) => None,
        }
    }
}

/// All stories of a book: its scenarios, then its rule cases.
pub fn stories<'b>(opened: &'b OpenBook, cases: &'b RuleCases) -> Vec<Story<'b>> {
    let scenario = |s: &'b Scenario| Story { title: s.title.clone(), place: opened.book.sources.place(s.span), told: Told::Scenario(s) };
    let case = |c: &'b RuleCase| Story { title: c.title.clone(), place: c.place.clone(), told: Told::Case(c) };
    opened.book.scenarios.iter().map(scenario).chain(cases.cases.iter().map(case)).collect()
}

/// The rule cases of a book, which must be without mistakes.
pub fn cases(root: &Path, opened: &OpenBook, masters: &Masters, out: Out) -> Result<RuleCases, CliError> {
    let cases = RuleCases::read(root, &opened.book, masters)?;
    if cases.findings.is_empty() {
        return Ok(cases);
    }
    if out.is_json() {
        out.json(&serde_json::json!({ "outcome": "errors", "findings": report::to_json(&cases.findings, &cases.sources) }))?;
    } else {
        report::show(out, &cases.findings, &cases.sources)?;
        out.line(format!("{} in rule cases", count(cases.findings.len(), "error")))?;
    }
    Err(CliError::rejected())
}

/// How a story went.
#[derive(Debug)]
pub struct Played {
    /// What came of it.
    pub report: ScenarioReport,
    /// On which store; rule cases need none.
    pub on: Option<On>,
    /// How long it took, in seconds.
    pub seconds: f32,
}

/// A book, ready to be played.
pub struct Run<'a> {
    opened: &'a OpenBook,
    rules: Arc<Rules>,
    masters: &'a Masters,
    on: On,
    collector: Option<Collector>,
}

impl<'a> Run<'a> {
    /// With or without looking at what is covered.
    pub fn new(opened: &'a OpenBook, masters: &'a Masters, on: On, covering: bool) -> Result<Self, CliError> {
        if !covering {
            return Ok(Self { opened, rules: Arc::clone(&opened.rules), masters, on, collector: None });
        }
        let (rules, lines) = opened.rules.counting().map_err(CliError::fault)?;
        let collector = Collector::new(&opened.book, Some(lines));
        Ok(Self { opened, rules: Arc::new(rules), masters, on, collector: Some(collector) })
    }

    /// What is covered, where that is looked at.
    pub fn coverage(&self) -> Option<Coverage> {
        self.collector.as_ref().map(Collector::coverage)
    }

    /// Plays stories in order, on each store; those that fail are told at once.
    pub async fn play(&self, stories: &[Story<'_>], tell: impl Fn(&Played) -> Result<(), CliError>) -> Result<Vec<Played>, CliError> {
        let stores = self.on.each();
        let bar = progress(Some((stories.len() * stores.len()) as u64), "scenarios");
        let mut all = Vec::new();
        for (n, on) in stores.iter().enumerate() {
            for story in stories.iter().filter(|s| n == 0 || s.scenario().is_some()) {
                let played = self.one(story, *on).await?;
                bar.inc(1);
                if !played.report.passed() {
                    bar.suspend(|| tell(&played))?;
                }
                all.push(played);
            }
        }
        bar.finish_and_clear();
        Ok(all)
    }

    async fn one(&self, story: &Story<'_>, on: On) -> Result<Played, CliError> {
        let begun = std::time::Instant::now();
        if let Some(collector) = &self.collector {
            collector.begin(&story.title);
        }
        let (report, on) = match story.told {
            Told::Scenario(scenario) => (self.scenario(scenario, on).await?, Some(on)),
            Told::Case(case) => (case.run(&self.rules), None),
        };
        if let Some(collector) = &self.collector {
            collector.end();
        }
        Ok(Played { report, on, seconds: begun.elapsed().as_secs_f32() })
    }

    /// Plays one scenario on a fresh store.
    async fn scenario(&self, scenario: &Scenario, on: On) -> Result<ScenarioReport, CliError> {
        let fresh = Fresh::new(on)?;
        let store = Store::open(&fresh.url).await?;
        let engine = Engine::new(self.opened.book.clone(), self.rules.clone(), store).await?;
        let engine = match &self.collector {
            Some(collector) => engine.watched(collector.watcher()),
            None => engine,
        };
        let report = scenario::run(&engine, scenario, self.masters).await.map_err(|e| CliError::fault(format!("{}: {e}", scenario.title)));
        engine.store().close().await;
        report
    }
}

/// A store that nobody else has; its file goes away with it.
struct Fresh {
    url: String,
    folder: Option<PathBuf>,
}

impl Fresh {
    fn new(on: On) -> Result<Self, CliError> {
        let unique = format!("bincard_test_{}_{}", std::process::id(), now().micros());
        match on {
            On::Memory | On::All => Ok(Self { url: "memory:".to_owned(), folder: None }),
            On::Sqlite => {
                let folder = std::env::temp_dir().join(unique);
                std::fs::create_dir_all(&folder)?;
                Ok(Self { url: format!("sqlite:{}", folder.join("store.db").display()), folder: Some(folder) })
            }
            On::Postgres => {
                let server = std::env::var(POSTGRES).map_err(|_| {
                    CliError::usage(format!("no PostgreSQL to test on: {POSTGRES} is not set"))
                        .hint("set it to the URL of a server to try things on, such as postgres://user@localhost/scratch")
                })?;
                let join = if server.contains('?') { '&' } else { '?' };
                Ok(Self { url: format!("{server}{join}schema={unique}"), folder: None })
            }
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // A file that stays in the temporary folder harms nobody.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
