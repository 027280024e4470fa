//! `bincard docs`: the handbook of the book, as files.
//!
//! Tests: `tests/it/handbook.rs`, `tests/it/cli.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::handbook::{self, INDEX};

use super::args::Global;
use super::book;
use super::error::CliError;
use super::output::Out;
use super::session::count;

/// Where, and how.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard docs                        into the folder `handbook`; open handbook/index.html
  bincard docs --out /srv/www/parts   elsewhere
  bincard docs --format md            Markdown with Mermaid pictures, for a wiki or a forge

A page a workflow: what it is for, its picture, states and deadlines, who may do what, fields, moves,
obligations, messages, papers, every transition with its guards, the rules it asks, its scenarios. A
task list a role: what it does on stage, what it is told back stage. The pages need no other file and
no server, and print well. Labels are those of the vocabulary.")]
pub struct DocsArgs {
    /// The folder; files of the same names are replaced, others stay
    #[arg(long, value_name = "DIR", default_value = "handbook")]
    out: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
}

/// The ways to write pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For browsers and printers
    Html,
    /// For wikis and forges
    Md,
}

/// Writes the pages.
pub fn run(args: &DocsArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let root = book::root(global)?;
    let opened = book::open(&root)?;
    fs::create_dir_all(&args.out).map_err(|e| unwritable(&args.out, &e))?;
    let ending = if args.format == Format::Html { "html" } else { "md" };
    let pages = handbook::pages(&opened.book);
    let mut files = Vec::new();
    for page in &pages {
        let text = if args.format == Format::Html { handbook::html(page, &opened.book) } else { handbook::markdown(page, &opened.book) };
        let path = args.out.join(format!("{}.{ending}", page.name));
        fs::write(&path, text).map_err(|e| unwritable(&path, &e))?;
        files.push(path);
    }
    if out.is_json() {
        return out.json(&json!({ "outcome": "done", "files": files }));
    }
    let first = args.out.join(format!("{INDEX}.{ending}"));
    out.line(format!("{} written; begin with {}", count(pages.len(), "page"), first.display()))
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot write `{}`: {error}", path.display()))
}
