//! `bincard test`: plays the book's scenarios, each on a fresh store, and tells what differs.
//!
//! Tests: `tests/it/cli.rs`.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use crate::engine::Engine;
use crate::model::Scenario;
use crate::scenario::{self, Failure, Masters, ScenarioReport};
use crate::store::Store;

use super::args::Global;
use super::book::{self, OpenBook};
use super::error::CliError;
use super::output::{Out, progress};
use super::session::{count, now};

/// Where `--store postgres` finds its server.
const POSTGRES: &str = "BINCARD_TEST_POSTGRES";

/// On which stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// In memory
    Memory,
    /// On a SQLite file that goes away
    Sqlite,
    /// On the PostgreSQL that BINCARD_TEST_POSTGRES names, each scenario in a schema of its own
    Postgres,
    /// On all three
    All,
}

/// What to play.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard test                        every scenario of the book, in memory
  bincard test \"short\"                those with `short` in their title or file
  bincard test --store all            on memory, SQLite and PostgreSQL
  bincard test --list                 their titles and places

A failing scenario prints its story so far, and what differs: expected beside actual.")]
pub struct TestArgs {
    /// Only scenarios with this in their title or place
    filter: Option<String>,
    /// On which stores
    #[arg(long, value_enum, default_value = "memory", value_name = "STORE")]
    store: On,
    /// List them, and play none
    #[arg(long)]
    list: bool,
}

/// Plays them.
pub async fn run(args: &TestArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    let opened = book::open(&root)?;
    let place = |s: &Scenario| opened.book.sources.place(s.span);
    let meant = |s: &&Scenario| args.filter.as_ref().is_none_or(|f| s.title.contains(f.as_str()) || place(s).contains(f.as_str()));
    let scenarios: Vec<&Scenario> = opened.book.scenarios.iter().filter(meant).collect();
    if scenarios.is_empty() {
        return Err(CliError::usage("no scenario fits").hint("`bincard test --list` lists them"));
    }
    if args.list {
        let rows: Vec<Vec<String>> = scenarios.iter().map(|s| vec![place(s), s.title.clone()]).collect();
        return if out.is_json() {
            out.json(&rows.iter().map(|r| json!({ "place": r.first(), "title": r.last() })).collect::<Vec<_>>())
        } else {
            out.table(&["place", "scenario"], &rows)
        };
    }
    let stores = match args.store {
        On::All => vec![On::Memory, On::Sqlite, On::Postgres],
        one => vec![one],
    };
    let masters = Masters::new(&root);
    let started = Instant::now();
    let bar = progress(Some((scenarios.len() * stores.len()) as u64), "scenarios");
    let mut results = Vec::new();
    let mut failed = 0;
    for on in stores {
        for scenario in &scenarios {
            let report = play(&opened, scenario, &masters, on).await?;
            bar.inc(1);
            if !report.passed() {
                failed += 1;
            }
            if out.is_json() {
                results.push(to_json(&report, on));
            } else if !report.passed() {
                bar.suspend(|| tell(&report, on, out))?;
            }
        }
    }
    bar.finish_and_clear();
    let played = results.len().max(scenarios.len() * if args.store == On::All { 3 } else { 1 });
    if out.is_json() {
        out.json(&json!({ "outcome": if failed == 0 { "done" } else { "failed" }, "passed": played - failed, "failed": failed, "scenarios": results }))?;
    } else {
        let seconds = started.elapsed().as_secs_f32();
        out.line(format!("{} passed, {failed} failed, on {} in {seconds:.1} s", count(played - failed, "scenario"), word(args.store)))?;
    }
    if failed == 0 { Ok(()) } else { Err(CliError::rejected()) }
}

/// Plays one scenario on a fresh store.
async fn play(opened: &OpenBook, scenario: &Scenario, masters: &Masters, on: On) -> Result<ScenarioReport, CliError> {
    let fresh = Fresh::new(on)?;
    let store = Store::open(&fresh.url).await?;
    let engine = Engine::new(opened.book.clone(), opened.rules.clone(), store).await?;
    let report = scenario::run(&engine, scenario, masters).await.map_err(|e| CliError::fault(format!("{}: {e}", scenario.title)));
    engine.store().close().await;
    report
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

/// A scenario that failed: the story so far, then what differs.
fn tell(report: &ScenarioReport, on: On, out: Out) -> Result<(), CliError> {
    out.line(format!("FAILED  {}  ({}, on {})", report.title, report.place, word(on)))?;
    for line in &report.story {
        out.line(format!("    {line}"))?;
    }
    for failure in &report.failures {
        out.line(format!("  {}: {}", failure.place, failure.text))?;
        for (expected, actual) in beside(failure) {
            out.line(format!("    expected {expected:<44} actual {actual}").trim_end())?;
        }
    }
    out.line("")
}

/// What was expected beside what there is, line by line; lines that agree are left out.
fn beside(failure: &Failure) -> Vec<(String, String)> {
    let mut expected: Vec<String> = failure.expected.clone();
    let mut actual: Vec<String> = failure.actual.clone();
    expected.retain(|line| match actual.iter().position(|other| other == line) {
        Some(at) => {
            actual.remove(at);
            false
        }
        None => true,
    });
    let rows = expected.len().max(actual.len());
    let text = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_else(|| "nothing".to_owned());
    (0..rows).map(|at| (text(&expected, at), text(&actual, at))).collect()
}

fn to_json(report: &ScenarioReport, on: On) -> Json {
    let failures: Vec<Json> = report.failures.iter().map(|f| json!({ "place": f.place, "text": f.text, "expected": f.expected, "actual": f.actual })).collect();
    json!({ "title": report.title, "place": report.place, "store": word(on), "passed": report.passed(), "story": report.story, "failures": failures })
}

const fn word(on: On) -> &'static str {
    match on {
        On::Memory => "memory",
        On::Sqlite => "sqlite",
        On::Postgres => "postgres",
        On::All => "memory, sqlite and postgres",
    }
}
