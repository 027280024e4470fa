//! `bincard explain`: what a code means.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;
use serde_json::json;

use crate::base::suggest;
use crate::check::{Page, families, page};

use super::error::CliError;
use super::output::Out;

/// What to explain.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard explain unknown-name     what a finding of `bincard check` means, with a wrong and a right example
  bincard explain not_enough       what a code of a refusal means")]
pub struct ExplainArgs {
    /// A code
    what: String,
}

/// Explains.
pub fn run(args: &ExplainArgs, out: Out) -> Result<(), CliError> {
    let Some(page) = page(&args.what) else {
        let known = families().iter().flat_map(|f| &f.pages).map(|p| p.code);
        let hint = suggest::nearest(&args.what, known).map_or_else(|| "`bincard check` prints codes".to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(CliError::usage(format!("nothing here is called `{}`", args.what)).hint(hint));
    };
    if out.is_json() { out.json(&to_json(page)) } else { out.line(page.to_text().trim_end()) }
}

fn to_json(page: &Page) -> serde_json::Value {
    let pieces = |pieces: &[crate::check::Piece]| pieces.iter().map(|p| json!({ "place": p.place, "text": p.text })).collect::<Vec<_>>();
    json!({ "code": page.code, "family": page.family, "warning": page.warning, "meaning": page.meaning, "why": page.why,
        "wrong": pieces(&page.wrong), "right": pieces(&page.right) })
}
