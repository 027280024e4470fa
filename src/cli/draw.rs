//! `bincard draw`: a workflow as a picture.
//!
//! Tests: `tests/it/cli.rs`, `tests/it/pictures.rs`.

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::base::suggest;
use crate::model::{Book, Workflow};
use crate::picture::{self, Overlay};

use super::args::Global;
use super::book;
use super::error::CliError;
use super::output::Out;

/// What to draw.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard draw indent --out indent.svg         for people: open it in a browser, print it on one page
  bincard draw indent --format mermaid         for a wiki or a forge that shows Mermaid
  bincard draw indent --format dot             for Graphviz
  bincard draw indent --refusals               every sentence that refuses, as numbered notes

The picture is made from the checked book and nothing else, so that it is never out of date.")]
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
pub fn run(args: &DrawArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    let opened = book::open(&root)?;
    let workflow = find(&opened.book, &args.workflow)?;
    let (machine, scene) = picture::draw(&opened.book, workflow, &Overlay::default(), args.refusals);
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

/// The workflow of a name.
fn find<'b>(book: &'b Book, name: &str) -> Result<&'b Workflow, CliError> {
    book.workflows.get(name).map(AsRef::as_ref).ok_or_else(|| {
        let known = book.workflows.keys().map(crate::base::Name::as_str);
        let hint = suggest::did_you_mean(name, known.clone()).unwrap_or_else(|| format!("there is {}", known.collect::<Vec<_>>().join(", ")));
        CliError::usage(format!("there is no workflow `{name}`")).hint(hint)
    })
}
