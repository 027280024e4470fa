//! `bincard draw`: a workflow as a picture.
//!
//! Tests: `tests/it/cli.rs`, `tests/it/pictures.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::base::suggest;
use crate::insight;
use crate::model::{Book, Coverage, Workflow};
use crate::picture::{self, Overlay};
use crate::scenario::Masters;

use super::args::Global;
use super::book::{self, OpenBook};
use super::error::CliError;
use super::output::Out;
use super::session::Session;
use super::test::play::{self, On, Run};

/// What to draw.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard draw indent --out indent.svg         for people: open it in a browser, print it on one page
  bincard draw indent --format mermaid         for a wiki or a forge that shows Mermaid
  bincard draw indent --format dot             for Graphviz
  bincard draw indent --refusals               every sentence that refuses, as numbered notes
  bincard draw indent --overlay coverage       how many scenarios show each state and transition
  bincard draw indent --overlay documents      how many documents stand where, and how many are overdue

The picture is made from the checked book, so that it is never out of date. Counts are added to it on request.")]
pub struct DrawArgs {
    /// The workflow
    workflow: String,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    format: Format,
    /// Write it into this file instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Every sentence that a guard can say, as numbered notes
    #[arg(long)]
    refusals: bool,
    /// What to count at states and transitions
    #[arg(long, value_enum, value_name = "COUNTS")]
    overlay: Option<Counts>,
    /// For `--overlay documents`: only those of this business unit
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
    /// For `--overlay documents`: when, if not now
    #[arg(long, value_name = "TIME", env = "BINCARD_AT", hide_env = true)]
    at: Option<String>,
}

/// What can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Counts {
    /// The scenarios that show it, played in memory
    Coverage,
    /// The documents of the database that stand there
    Documents,
}

/// The ways to write a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for browsers, documents and printers
    Svg,
    /// Text for wikis and forges
    Mermaid,
    /// Text for Graphviz
    Dot,
}

/// Draws the workflow.
pub async fn run(args: &DrawArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    let opened = book::open(&root)?;
    let workflow = find(&opened.book, &args.workflow)?;
    let overlay = match args.overlay {
        None => Overlay::default(),
        Some(Counts::Coverage) => Overlay::of_coverage(workflow, &coverage(&root, &opened, out).await?),
        Some(Counts::Documents) => documents(args, global, workflow).await?,
    };
    let (machine, scene) = picture::draw(&opened.book, workflow, &overlay, args.refusals);
    let text = match args.format {
        Format::Svg => picture::svg(&machine, &scene),
        Format::Mermaid => picture::mermaid(&machine),
        Format::Dot => picture::dot(&machine),
    };
    match &args.out {
        Some(path) => {
            fs::write(path, text).map_err(|e| CliError::usage(format!("cannot write `{}`: {e}", path.display())))?;
            if out.is_json() { out.json(&json!({ "outcome": "done", "file": path })) } else { out.line(format!("written {}", path.display())) }
        }
        None if out.is_json() => out.json(&json!({ "outcome": "done", "picture": text })),
        None => out.line(text.trim_end_matches('\n')),
    }
}

/// What the scenarios of the book show; those that fail count too, as far as they came.
pub async fn coverage(root: &Path, opened: &OpenBook, out: Out) -> Result<Coverage, CliError> {
    let masters = Masters::new(root);
    let cases = play::cases(root, opened, &masters, out)?;
    let run = Run::new(opened, &masters, On::Memory, true)?;
    run.play(&play::stories(opened, &cases), |_| Ok(())).await?;
    Ok(run.coverage().unwrap_or_default())
}

/// Where the documents of a workflow stand.
async fn documents(args: &DrawArgs, global: &Global, workflow: &Workflow) -> Result<Overlay, CliError> {
    let session = Session::open(global).await?;
    let units = session.units(args.bu.as_deref()).await?;
    let at = session.at(args.at.as_deref())?;
    let standing = insight::standing(session.store(), &units, workflow, at).await?;
    let standing = standing.into_iter().map(|(state, s)| (state, (s.documents, s.overdue))).collect();
    Ok(Overlay::of_documents(workflow, &standing, &session.time(at)))
}

/// The workflow of a name.
pub fn find<'b>(book: &'b Book, name: &str) -> Result<&'b Workflow, CliError> {
    book.workflows.get(name).map(AsRef::as_ref).ok_or_else(|| {
        let known = book.workflows.keys().map(crate::base::Name::as_str);
        let hint = suggest::did_you_mean(name, known.clone()).unwrap_or_else(|| format!("there is {}", known.collect::<Vec<_>>().join(", ")));
        CliError::usage(format!("there is no workflow `{name}`")).hint(hint)
    })
}
