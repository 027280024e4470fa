//! `bincard test`: plays the book's scenarios and rule cases, and tells what differs and what nothing covers.
//!
//! Tests: `tests/it/cli.rs`, `tests/it/coverage.rs`, `tests/it/rule_cases.rs`.

mod cover;
pub mod play;
mod suggest;
mod tell;
mod watch;

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::base::Name;
use crate::model::{Scenario, StepKind};
use crate::scenario::Masters;

use super::args::Global;
use super::book;
use super::error::CliError;
use super::output::Out;
use super::session::count;

use play::{On, Run, Story};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON value, the same as --json
    Json,
    /// JUnit XML, for a build server
    Junit,
}

/// What to play.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard test                        every scenario and rule case of the book, in memory
  bincard test \"short\"                those with `short` in their title or file
  bincard test --workflow indent      those that open or meet an indent
  bincard test --file rules/bu        those written in files with this in their path
  bincard test --watch                again, whenever a file changes: what the change touches
  bincard test --coverage             and what no scenario shows: states, guards, sentences, lines of rules
  bincard test --suggest indent       scenarios for what none shows of indents
  bincard test --store all            on memory, SQLite and PostgreSQL
  bincard test --list                 their titles and places

A failing scenario prints its story so far, and what differs: expected beside actual.")]
pub struct TestArgs {
    /// Only those with this in their title or place
    filter: Option<String>,
    /// Only those written in files with this in their path
    #[arg(long, value_name = "PART")]
    file: Option<String>,
    /// Only scenarios in which documents of this workflow play, and what they cover of it
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// On which stores
    #[arg(long, value_enum, default_value = "memory", value_name = "STORE")]
    store: On,
    /// List them, and play none
    #[arg(long)]
    list: bool,
    /// Tell what is covered, and what is not
    #[arg(long)]
    coverage: bool,
    /// Fail where less than this percentage of any kind is covered
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    threshold: Option<u8>,
    /// Write scenarios for what none covers, of one workflow or of all
    #[arg(long, value_name = "WORKFLOW", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["list", "watch", "coverage"])]
    suggest: Option<String>,
    /// Write what is suggested to this file; what stands in it stays
    #[arg(long, value_name = "FILE", requires = "suggest")]
    write: Option<PathBuf>,
    /// Play again whenever a file of the book changes: what the change touches
    #[arg(long, conflicts_with_all = ["list", "format"])]
    watch: bool,
    /// How to print
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

impl TestArgs {
    /// The stories of a book that are meant.
    fn choose<'b>(&self, stories: Vec<Story<'b>>) -> Vec<Story<'b>> {
        let part = |part: &Option<String>, text: &str| part.as_ref().is_none_or(|p| text.contains(p.as_str()));
        let meant = |story: &Story<'_>| {
            self.filter.as_ref().is_none_or(|f| story.title.contains(f.as_str()) || story.place.contains(f.as_str()))
                && part(&self.file, story.file())
                && self.workflow.as_ref().is_none_or(|w| story.scenario().is_some_and(|s| plays(s, w)))
        };
        stories.into_iter().filter(meant).collect()
    }
}

/// True when a scenario opens a document of a workflow, or meets one that another started.
fn plays(scenario: &Scenario, wanted: &str) -> bool {
    scenario.steps.iter().any(|step| match &step.kind {
        StepKind::Opens { workflow, .. } | StepKind::Started { workflow, .. } => *workflow == *wanted,
        _ => false,
    })
}

/// Plays them.
pub async fn run(args: &TestArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    if args.watch {
        return watch::run(args, &root, out).await;
    }
    let out = if args.format == Format::Json { Out::new(true) } else { out };
    let opened = book::open(&root)?;
    let suggest = args.suggest.as_ref().filter(|w| !w.is_empty());
    if let Some(name) = args.workflow.as_ref().or(suggest).filter(|w| !opened.book.workflows.contains_key(w.as_str())) {
        let known = crate::base::suggest::did_you_mean(name, opened.book.workflows.keys().map(Name::as_str));
        let error = CliError::usage(format!("the book has no workflow `{name}`"));
        return Err(known.into_iter().fold(error, CliError::hint));
    }
    let masters = Masters::new(&root);
    let cases = play::cases(&root, &opened, &masters, out)?;
    let stories = args.choose(play::stories(&opened, &cases));
    if stories.is_empty() && args.suggest.is_none() {
        return Err(CliError::usage("no scenario fits").hint("`bincard test --list` lists them"));
    }
    if args.list {
        return list(&stories, out);
    }
    let begun = Instant::now();
    let run = Run::new(&opened, &masters, args.store, args.coverage || args.suggest.is_some())?;
    let quiet = out.is_json() || args.format == Format::Junit;
    let played = run.play(&stories, |failed| if quiet { Ok(()) } else { tell::failure(failed, out) }).await?;
    let failed = played.iter().filter(|p| !p.report.passed()).count();
    let coverage = run.coverage();
    if let (Some(_), Some(covered)) = (&args.suggest, &coverage) {
        if failed > 0 {
            return Err(CliError::rejected());
        }
        let wanted = suggest::Wanted { workflow: suggest.map(|w| Name::from(w.as_str())), file: args.write.as_deref() };
        return suggest::run(&opened, &masters, covered.clone(), wanted, out).await;
    }
    let coverage = coverage.map(|all| match &args.workflow {
        Some(workflow) => all.only(&Name::from(workflow.as_str())),
        None => all,
    });
    let short = coverage.as_ref().map(|c| cover::short(c, args.threshold)).unwrap_or_default();
    if out.is_json() {
        out.json(&tell::json(&played, coverage.as_ref().map(|c| cover::json(c, &opened.book, &short))))?;
    } else if args.format == Format::Junit {
        out.line(tell::junit(&played))?;
    } else {
        if let Some(coverage) = &coverage {
            cover::show(coverage, &opened.book, out)?;
        }
        summary(&played, failed, args.store, begun, out)?;
        for line in &short {
            out.line(line)?;
        }
    }
    if failed == 0 && short.is_empty() { Ok(()) } else { Err(CliError::rejected()) }
}

fn list(stories: &[Story<'_>], out: Out) -> Result<(), CliError> {
    if out.is_json() {
        return out.json(&stories.iter().map(|s| json!({ "place": s.place, "title": s.title })).collect::<Vec<_>>());
    }
    let rows: Vec<Vec<String>> = stories.iter().map(|s| vec![s.place.clone(), s.title.clone()]).collect();
    out.table(&["place", "scenario"], &rows)
}

fn summary(played: &[play::Played], failed: usize, store: On, begun: Instant, out: Out) -> Result<(), CliError> {
    let seconds = begun.elapsed().as_secs_f32();
    let cases = played.iter().filter(|p| p.on.is_none()).count();
    let passed = |cases: bool| played.iter().filter(|p| p.on.is_none() == cases && p.report.passed()).count();
    let what = match (played.len() - cases, cases) {
        (_, 0) => count(passed(false), "scenario"),
        (0, _) => count(passed(true), "rule case"),
        _ => format!("{} and {}", count(passed(false), "scenario"), count(passed(true), "rule case")),
    };
    out.line(format!("{what} passed, {failed} failed, on {} in {seconds:.1} s", store.word()))
}
