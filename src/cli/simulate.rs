//! `bincard simulate`: a network that follows from a seed lives for some days, with all that can go wrong, and the books are
//! looked at after every step.
//!
//! What happens is the library's (`scenario::simulate`). Tests: `tests/it/simulate.rs`.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use clap::Args;
use serde_json::json;

use crate::scenario::replay::ReplayError;
use crate::scenario::simulate::{Broken, Progress, Report, Settings, simulate};
use crate::store::Store;

use super::args::Global;
use super::book;
use super::error::CliError;
use super::output::{Out, progress};

/// How long, how large, and by which throw of the dice.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard simulate                                 30 days of 5 service partners, in memory
  bincard simulate --days 90 --asps 40 --seed 7    a quarter of a large network
  bincard simulate --seed 7 --db sqlite:sim.db     on a file that is not there yet, or on an empty server
  bincard simulate --seed 7 --until-step 1200      the first 1200 steps of it, and what the last of them were

People who know their work act on every document; others do whatever is possible, in every workflow of
the book. On the way processes die between two commits, commits take long or race, commands are sent
twice, by the wrong people, with nonsense, too late, and the clock is late. After every step the books
are held against a second set of books; at the end the store verifies itself. Nothing is left to chance:
the same seed gives the same summary, on every store. Exit code 1 when something does not hold.")]
pub struct SimulateArgs {
    /// Days from the opening of the network, which takes the first 24
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Service partners in the network
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=99))]
    asps: u16,
    /// Of all that is left to chance: the same seed gives the same simulation
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stop after so many steps
    #[arg(long, value_name = "N")]
    until_step: Option<u64>,
}

/// Simulates it.
pub async fn run(args: &SimulateArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let opened = book::open(&book::root(global)?)?;
    let url = global.db.as_deref().unwrap_or("memory:");
    let store = Store::open(url).await.map_err(|e| CliError::fault(format!("the database `{url}` cannot be opened: {e}")))?;
    let settings = Settings { days: args.days, asps: usize::from(args.asps), seed: args.seed, until_step: args.until_step };
    let bar = progress(Some(u64::from(args.days)), "days");
    let watched = std::io::stderr().is_terminal();
    let begun = Instant::now();
    let mut watch = |p: &Progress| {
        bar.set_position(u64::from(p.day));
        bar.set_message(format!("{} steps", p.step));
    };
    let report = simulate((&opened.book, &opened.rules, &store), settings, &mut watch).await.map_err(refuse)?;
    bar.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f32();
    if out.is_json() {
        out.json(&to_json(&report))?;
    } else {
        show(&report, out)?;
    }
    // What differs from run to run is no part of the summary. Where stderr is closed, nobody is told.
    if watched || !out.is_json() {
        drop(writeln!(std::io::stderr(), "{} steps on {} in {seconds:.1} s", report.steps, store.kind()));
    }
    if report.broken.is_none() { Ok(()) } else { Err(CliError::rejected()) }
}

fn refuse(error: ReplayError) -> CliError {
    let told = error.to_string();
    match error {
        ReplayError::Other(_) => CliError::usage("the database is not empty: a simulation begins with nothing").hint("name a new file with `--db sqlite:FILE`"),
        ReplayError::Book(_) => CliError::usage(told.replace("replay needs", "a simulation needs")).hint("name the shipped book with `--book DIR`"),
        _ => CliError::fault(told),
    }
}

/// The command line that leads to a step again.
fn again(settings: &Settings, step: u64) -> String {
    format!("bincard simulate --days {} --asps {} --seed {} --until-step {step}", settings.days, settings.asps, settings.seed)
}

fn show(report: &Report, out: Out) -> Result<(), CliError> {
    let s = &report.settings;
    out.line(format!("{} days of {} service partners, seed {}: {} steps, up to {}", s.days, s.asps, s.seed, report.steps, report.at))?;
    out.line("")?;
    let states = |states: &std::collections::BTreeMap<String, u64>| states.iter().map(|(state, n)| format!("{n} {state}")).collect::<Vec<_>>().join(", ");
    let rows: Vec<Vec<String>> = report.documents.iter().map(|(w, of)| vec![w.clone(), of.values().sum::<u64>().to_string(), states(of)]).collect();
    out.table(&["workflow", "documents#", "in which state"], &rows)?;
    out.line("")?;
    let pairs = |title: &str, list: Vec<(String, u64)>| {
        out.table(&[title, "#"], &list.into_iter().map(|(name, n)| vec![name, n.to_string()]).collect::<Vec<_>>()).and_then(|()| out.line(""))
    };
    pairs("what happened", happened(report))?;
    pairs("refused as", report.refused.iter().map(|(code, n)| (code.clone(), *n)).collect())?;
    pairs("what went wrong on the way", report.faults.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect())?;
    match &report.broken {
        None => out.line(format!("everything holds after every step, and the books balance: journal {}", report.journal)),
        Some(broken) => tell(broken, s, out),
    }
}

fn happened(report: &Report) -> Vec<(String, u64)> {
    let (c, t) = (&report.counts, &report.ticked);
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let rows = [
        ("commands sent", report.commands),
        ("transitions by people", report.done),
        ("transitions by the engine itself", c.transitions.saturating_sub(report.done)),
        ("deadlines that passed", count(t.deadlines)),
        ("timers that were refused", count(t.refused)),
        ("transitions in all", c.transitions),
        ("moves", c.moves),
        ("lots", c.lots),
        ("papers", c.papers),
        ("obligations still open", c.open_obligations),
    ];
    rows.into_iter().map(|(name, n)| (name.to_owned(), n)).collect()
}

fn tell(broken: &Broken, settings: &Settings, out: Out) -> Result<(), CliError> {
    out.line(format!("BROKEN at step {}, {}: {}", broken.step, broken.at, broken.what))?;
    out.line("  the last commands:")?;
    for line in &broken.recent {
        out.line(format!("    {line}"))?;
    }
    out.line(format!("  again: {}", again(settings, broken.step)))
}

fn to_json(report: &Report) -> serde_json::Value {
    let s = &report.settings;
    let broken = report.broken.as_ref().map(|b| json!({ "step": b.step, "at": b.at, "what": b.what, "recent": b.recent, "again": again(s, b.step) }));
    json!({
        "outcome": if report.broken.is_none() { "done" } else { "broken" }, "days": s.days, "asps": s.asps, "seed": s.seed, "steps": report.steps,
        "at": report.at, "documents": report.documents, "happened": happened(report).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "refused": report.refused, "faults": report.faults, "journal": report.journal, "broken": broken,
    })
}
