//! `bincard why-not`: everything that stands in the way of a transition, and what would make it pass. Nothing is written.
//!
//! Tests: `tests/it/cli.rs`, `tests/it/explain.rs`.

use clap::Args;
use serde_json::json;

use crate::insight::{self, Change, WhyNot};

use super::args::Global;
use super::error::CliError;
use super::fire::firing;
use super::open::Given;
use super::output::Out;
use super::refusal;
use super::session::Session;

/// What of what.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard why-not STS/coolfix/26-27/00001 approve --as meera
  bincard why-not STS/coolfix/26-27/00001 approve --as priya --line PCB:approved=9

Every reason at once: the state and the shortest way to another, the role and who holds it, four eyes, approvals,
guards with their numbers, parts that are short, the rule and its layer, the place in the flow. What is said to
pass has been tried. A refusal of `bincard fire` shows the same reasons.")]
pub struct WhyNotArgs {
    /// The document: its number or id
    document: String,
    /// The transition
    transition: String,
    #[command(flatten)]
    given: Given,
}

/// Asks.
pub async fn run(args: &WhyNotArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let (command, number) = firing(&session, (&args.given, None), &args.document, &args.transition).await?;
    let answer = insight::why_not(&session.engine, &command).await?;
    if out.is_json() {
        return out.json(&to_json(&answer));
    }
    let Some(no) = &answer.refusal else {
        return out.line(format!("nothing stands in the way: `bincard fire {} {number} --as {}`", args.transition, command.actor.code()));
    };
    out.line(refusal::to_text(no, &number))?;
    refusal::who(&answer.people, out)?;
    if !answer.passes_with.is_empty() {
        let said: Vec<String> = answer.passes_with.iter().map(change).collect();
        out.line(format!("\ntried, and it passes with: {}", said.join(" ")))?;
    }
    Ok(())
}

/// A change as it is typed.
fn change(change: &Change) -> String {
    match change {
        Change::Person { person, .. } => format!("--as {person}"),
        Change::Input { line: Some(line), field, value } => format!("--line {line}:{field}={value}"),
        Change::Input { line: None, field, value } => format!("{field}={value}"),
    }
}

fn to_json(answer: &WhyNot) -> serde_json::Value {
    json!({
        "possible": answer.refusal.is_none(),
        "refusal": answer.refusal.as_deref().map(refusal::to_json),
        "people": answer.people,
        "passes_with": answer.passes_with.iter().map(change).collect::<Vec<_>>(),
    })
}
