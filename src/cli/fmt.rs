//! `bincard fmt`: writes flow files the one way, or tells which are not.
//!
//! Tests: `tests/it/cli.rs`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::base::SourceMap;
use crate::book_folder;
use crate::syntax::{FormatError, format};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::session::count;
use super::{book, report};

/// What to write.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard fmt                              every flow file of the book
  bincard fmt --check                      only tell which are not written the one way; exit code 1 if any
  bincard fmt workflows/indent.flow        these files
  bincard fmt - < draft.flow               from stdin to stdout, for editors

There is one answer and no options. Every comment stays. What was typed by habit (`==`, `&&`, `=>`)
is written right. A file whose meaning would change, or that has other mistakes, is left as it is.")]
pub struct FmtArgs {
    /// Flow files; `-` is stdin [default: all of the book]
    files: Vec<PathBuf>,
    /// Write nothing; tell which files would change
    #[arg(long)]
    check: bool,
}

/// What became of a file.
enum Fate {
    Same,
    Changed,
    Left(String),
}

/// Writes the files.
pub fn run(args: &FmtArgs, global: &Global, out: Out) -> Result<(), CliError> {
    if args.files == [PathBuf::from("-")] {
        return stdin(out);
    }
    let root = if args.files.is_empty() { book::root(global)? } else { PathBuf::new() };
    let files = if args.files.is_empty() {
        let found = book_folder::read(&root).map_err(CliError::fault)?;
        found.flows.into_iter().map(|f| PathBuf::from(f.path)).collect()
    } else {
        args.files.clone()
    };
    let mut changed = Vec::new();
    let mut left = Vec::new();
    for file in &files {
        match one(&root.join(file), file, args.check)? {
            Fate::Same => {}
            Fate::Changed => changed.push(file),
            Fate::Left(why) => left.push((file, why)),
        }
    }
    let failed = !left.is_empty() || (args.check && !changed.is_empty());
    if out.is_json() {
        let left: Vec<_> = left.iter().map(|(file, _)| file).collect();
        out.json(
            &json!({ "outcome": if failed { "errors" } else { "done" }, "files": files.len(), "changed": changed, "left": left, "written": !args.check }),
        )?;
    } else {
        for (_, why) in &left {
            out.line(why)?;
        }
        for file in &changed {
            out.line(std::format!("{} {}", if args.check { "would change" } else { "written" }, file.display()))?;
        }
        out.line(std::format!("{}, {} {}", count(files.len(), "file"), changed.len(), if args.check { "not written the one way" } else { "written anew" }))?;
    }
    if failed { Err(CliError::rejected()) } else { Ok(()) }
}

fn one(path: &Path, name: &Path, check: bool) -> Result<Fate, CliError> {
    let fault = |e: std::io::Error| CliError::usage(std::format!("cannot read or write `{}`: {e}", path.display()));
    let text = fs::read_to_string(path).map_err(fault)?;
    match format(&text) {
        Ok(same) if same == text => Ok(Fate::Same),
        Ok(anew) => {
            if !check {
                // Written beside and put in its place at once, so that no half file is ever there.
                let beside = path.with_extension("flow.new");
                fs::write(&beside, anew).and_then(|()| fs::rename(&beside, path)).map_err(fault)?;
            }
            Ok(Fate::Changed)
        }
        Err(error) => Ok(Fate::Left(why(&error, &name.display().to_string(), &text))),
    }
}

fn stdin(out: Out) -> Result<(), CliError> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    match format(&text) {
        Ok(anew) => out.line(anew.trim_end_matches('\n')),
        Err(error) => {
            let told = why(&error, "stdin", &text);
            Err(CliError { kind: super::error::Kind::Rejected, message: told.trim_end().to_owned(), hint: None })
        }
    }
}

fn why(error: &FormatError, name: &str, text: &str) -> String {
    match error {
        FormatError::Changed => std::format!("{name}: {error}"),
        FormatError::Mistakes(found) => {
            let mut sources = SourceMap::default();
            sources.add(name, text);
            std::format!("{}{name}: {error}", report::text(found, &sources))
        }
    }
}
