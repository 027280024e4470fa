//! The command line: what can be typed, and the help that teaches it.
//!
//! Must not know what a command does. Tests: `tests/it/cli.rs`, which keeps every help text as a snapshot.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    apply, check, completions, db, demo, docs, draw, explain, fire, fmt, load, lsp, new, open, outbox, plan, replay, run, show, simulate, stock, test, todo,
    trace, whatif, why_not,
};

const ABOUT: &str = "Runs the stock of a service-parts network from flows that analysts write; no quantity is ever edited by hand";

const AFTER: &str = "\
Begin:
  bincard demo                      watch a small network work, on a database that goes away
  bincard new mybook                a small book of your own, and what to do with it

Every day:
  bincard todo --as asha            what waits for a person
  bincard show STS/pune/26-27/00001 a document, its lines, its story, and what it holds
  bincard stock pune                what a party has
  bincard trace P-1001              the story of a unit, lot, SAP order, job or document, both ways

Exit codes: 0 done · 1 refused, or the book or a test has errors · 2 the command line is wrong · 3 a fault
Every command takes --json, for programs.";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "bincard", version, about = ABOUT, after_help = AFTER, max_term_width = 110, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EVERYWHERE: &str = "With every command";

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// The book's folder [default: the nearest folder upwards that has a bincard.yaml]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR", env = "BINCARD_BOOK", hide_env = true)]
    pub book: Option<PathBuf>,
    /// The database: sqlite:FILE, postgres://… or memory: [default: what bincard.yaml says]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL", env = "BINCARD_DB", hide_env = true)]
    pub db: Option<String>,
    /// Print one JSON value, for programs
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
}

/// The commands, in the order in which they are met.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch a small network work, on a database that goes away
    Demo(demo::DemoArgs),
    /// Replay real demand through the flows, and prove the books
    Replay(replay::ReplayArgs),
    /// Simulate months of a network with all that can go wrong, and look at the books after every step
    Simulate(simulate::SimulateArgs),
    /// Begin a book: a folder with a flow, a rule, a scenario and master data that work
    New(new::NewArgs),
    /// Check the whole book: all mistakes of all files in one run
    Check(check::CheckArgs),
    /// Why a transition was decided as it was; or what a code means
    Explain(explain::ExplainArgs),
    /// Write flow files the one way; `--check` only tells
    Fmt(fmt::FmtArgs),
    /// Run the book's scenarios
    Test(test::TestArgs),
    /// Draw a workflow: states, roles, deadlines and all that leads from one to another
    Draw(draw::DrawArgs),
    /// Write the handbook: a page a workflow, a task list a role, and the words of the book
    Docs(docs::DocsArgs),
    /// Load master data: parties, people, parts, limits …
    Load(load::LoadArgs),
    /// Open a document
    Open(open::OpenArgs),
    /// Fire a transition of a document, or see what it would do
    Fire(fire::FireArgs),
    /// Everything that stands in the way of a transition, and what would make it pass
    WhyNot(why_not::WhyNotArgs),
    /// Show a document, or list documents
    Show(show::ShowArgs),
    /// What a person may do now
    Todo(todo::TodoArgs),
    /// What is where
    Stock(stock::StockArgs),
    /// The story of a unit, lot, SAP order, document or service job
    Trace(trace::TraceArgs),
    /// What the book in this folder would change in the database, and what becomes of running documents
    Plan(plan::PlanArgs),
    /// Put a saved plan in force
    Apply(apply::ApplyArgs),
    /// What would have happened under a changed book, changed rules or changed limits
    Whatif(whatif::WhatifArgs),
    /// Ring what is due and deliver what is to be told, until it is stopped
    Run(run::RunArgs),
    /// Messages that wait to be delivered, and those that were given up
    Outbox(outbox::OutboxArgs),
    /// Look after a database
    Db(db::DbArgs),
    /// Serve an editor: findings, completion, renaming … while flows and rules are written
    Lsp(lsp::LspArgs),
    /// Completions for a shell
    Completions(completions::CompletionsArgs),
}
