//! `bincard explain`: why a transition was decided as it was; or what a code means.
//!
//! Tests: `tests/it/cli.rs`, `tests/it/explain.rs`.

use clap::Args;
use serde_json::json;

use crate::base::{Bu, DocId, suggest};
use crate::check::{Page, Piece, families, pages};
use crate::insight::{self, Explanation, Which};
use crate::store::PaperFilter;

use super::args::Global;
use super::error::CliError;
use super::explain_text;
use super::output::Out;
use super::session::Session;

/// What to explain.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard explain STS/coolfix/26-27/00001         every transition of a document, in three lines each
  bincard explain STS/coolfix/26-27/00001#2 -v    its second one: guards with values, rules, lots, moves
  bincard explain STS/coolfix/26-27/00001#5.1     the first move of its fifth one: which lots were offered
  bincard explain DCC/26-27/00031                 the transition that issued a challan
  bincard explain unknown-name                    what a finding of `bincard check` means, with examples
  bincard explain not_enough                      what a code of a refusal means
  bincard explain bad-gstin                       what a finding of `bincard load` means
  bincard explain left_behind                     what a finding of `bincard db verify` means

The decision is made again from the book that the database has kept and from the stock as it stood then; today's
book is asked beside it, and the first difference is shown.")]
pub struct ExplainArgs {
    /// A document's or paper's number or id, with `#REVISION` one transition, with `#REVISION.MOVE` one move; or a code
    what: String,
    /// Everything: guards, rules, lots, moves, papers, messages
    #[arg(short, long)]
    verbose: bool,
    /// The business unit, where there are several
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// Explains.
pub async fn run(args: &ExplainArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let known: Vec<&Page> = pages(&args.what).collect();
    if let Some(first) = known.first() {
        let also: Vec<serde_json::Value> = known.iter().skip(1).map(|page| to_json(page)).collect();
        let mut told = to_json(first);
        if let (false, Some(fields)) = (also.is_empty(), told.as_object_mut()) {
            fields.insert("also".to_owned(), also.into());
        }
        let texts: Vec<String> = known.iter().map(|page| page.to_text().trim_end().to_owned()).collect();
        return if out.is_json() { out.json(&told) } else { out.line(texts.join("\n\n")) };
    }
    // A code is one word: whoever mistypes one needs no book and no database.
    let one_word = args.what.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_');
    if one_word && let Some(near) = suggest::nearest(&args.what, families().iter().flat_map(|f| &f.pages).map(|p| p.code)) {
        return Err(CliError::usage(format!("no code is called `{}`", args.what)).hint(format!("did you mean `{near}`?")));
    }
    let session = Session::open(global).await?;
    let asked = asked(&session, args).await?;
    let today = Some((&*session.book, session.engine.rules()));
    let told = insight::explain(session.store(), today, &asked.bu, &asked.doc, asked.which).await?;
    if told.is_empty() {
        return Err(CliError::usage(format!("`{}` has no such transition", args.what)).hint("`bincard show DOCUMENT` lists them with their numbers"));
    }
    show(&session, &told, asked.ordinal, args.verbose, out)
}

fn show(session: &Session, told: &[Explanation], ordinal: Option<usize>, verbose: bool, out: Out) -> Result<(), CliError> {
    if out.is_json() {
        return out.json(&told);
    }
    for (n, explanation) in told.iter().enumerate() {
        if n > 0 {
            out.line("")?;
        }
        match ordinal {
            Some(ordinal) => out.line(explain_text::movement(session, explanation, ordinal)?)?,
            None => out.line(explain_text::decision(session, explanation, verbose))?,
        }
    }
    Ok(())
}

/// What is to be explained.
struct Asked {
    bu: Bu,
    doc: DocId,
    which: Which,
    /// The move of the transition, from 1.
    ordinal: Option<usize>,
}

/// The document, transition or move that a word means.
async fn asked(session: &Session, args: &ExplainArgs) -> Result<Asked, CliError> {
    let (word, behind) = args.what.rsplit_once('#').map_or((args.what.as_str(), None), |(word, behind)| (word, Some(behind)));
    let (which, ordinal) = match behind {
        None => (Which::All, None),
        Some(behind) => {
            let wrong = || {
                CliError::usage(format!("`#{behind}` is no transition")).hint("write `#2` for the second transition of a document, `#2.1` for its first move")
            };
            let (revision, ordinal) = behind.split_once('.').map_or((behind, None), |(r, o)| (r, Some(o)));
            let ordinal = ordinal.map(|o| o.parse().map_err(|_| wrong())).transpose()?;
            (Which::Revision(revision.parse().map_err(|_| wrong())?), ordinal)
        }
    };
    if behind.is_none() {
        for bu in session.units(args.bu.as_deref()).await? {
            let filter = PaperFilter { number: Some(word.to_owned()), ..PaperFilter::new(bu.clone()) };
            if let Some(paper) = session.store().papers(&filter).await?.pop() {
                return Ok(Asked { bu, doc: paper.doc, which: Which::Revision(paper.revision), ordinal: None });
            }
        }
    }
    let (bu, head) = session.document(word, args.bu.as_deref()).await?;
    Ok(Asked { bu, doc: head.id, which, ordinal })
}

fn to_json(page: &Page) -> serde_json::Value {
    let pieces = |pieces: &[Piece]| pieces.iter().map(|p| json!({ "place": p.place, "text": p.text })).collect::<Vec<_>>();
    json!({ "code": page.code, "family": page.family, "warning": page.warning, "meaning": page.meaning, "why": page.why,
        "wrong": pieces(&page.wrong), "right": pieces(&page.right) })
}
