//! `bincard todo`: what a person may do now, and with what input.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;
use serde_json::json;

use crate::base::{Name, PartCode, suggest};
use crate::domain::ReasonCode;
use crate::engine::{AskInfo, Possible};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::session::{Session, acting, now};

/// Whose, or about which document.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard todo --as asha                            every open document that waits for asha
  bincard todo STS/coolfix/26-27/00001 --as priya   what priya may do with it, and with what")]
pub struct TodoArgs {
    /// One document: its number or id
    document: Option<String>,
    /// The person
    #[arg(long = "as", value_name = "PERSON", env = "BINCARD_AS", hide_env = true)]
    person: Option<String>,
    /// The business unit, where there are several
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// Shows what may be done.
pub async fn run(args: &TodoArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let code = acting(args.person.as_deref())?;
    if let Some(word) = &args.document {
        let (bu, head) = session.document(word, args.bu.as_deref()).await?;
        let possible = session.engine.can(&bu, &head.id, &code, now()).await?;
        return show(&possible, &head.number, code.as_str(), out);
    }
    let (bu, person) = session.person(code.as_str(), args.bu.as_deref()).await?;
    let list = session.engine.todo(&bu, &person.code).await?;
    if out.is_json() {
        let rows: Vec<_> = list.iter().map(|t| json!({ "bu": bu, "id": t.document.id, "number": t.document.number, "workflow": t.document.workflow, "state": t.document.state, "since": t.document.entered_at, "transitions": t.transitions })).collect();
        return out.json(&rows);
    }
    if list.is_empty() {
        return out.line(format!("nothing waits for {}", person.name));
    }
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|t| {
            vec![
                t.document.number.clone(),
                t.document.workflow.to_string(),
                t.document.state.to_string(),
                session.time(t.document.entered_at),
                words(&t.transitions),
            ]
        })
        .collect();
    out.table(&["document", "workflow", "state", "since", "may"], &rows)
}

fn show(possible: &[Possible], number: &str, person: &str, out: Out) -> Result<(), CliError> {
    if out.is_json() {
        let rows: Vec<_> = possible
            .iter()
            .map(|p| {
                let asks: Vec<_> = p
                    .asks
                    .iter()
                    .map(|a| json!({ "field": a.field, "type": a.ty, "optional": a.optional, "needed_for": a.named, "where_some_go": a.where_some_go, "per_line": a.per_line, "label": a.label }))
                    .collect();
                let blocked: Vec<_> = p.blocked.iter().map(|r| json!({ "code": super::refusal::code(r.code), "sentence": r.sentence })).collect();
                json!({ "transition": p.transition, "role": p.role, "to": p.to, "asks": asks, "blocked": blocked })
            })
            .collect();
        return out.json(&rows);
    }
    if possible.is_empty() {
        return out.line(format!("{person} may do nothing with {number} now"));
    }
    for p in possible {
        out.line(format!("{} → {}, as {}", p.transition, p.to.iter().map(Name::as_str).collect::<Vec<_>>().join(" or "), p.role))?;
        for reason in &p.blocked {
            let word = if reason.code == ReasonCode::FourEyes { "not by this person" } else { "not yet" };
            out.line(format!("    {word}: {}", reason.sentence))?;
        }
        for ask in &p.asks {
            out.line(format!("    {}", asked(ask)))?;
        }
    }
    Ok(())
}

fn asked(ask: &AskInfo) -> String {
    let place = if ask.per_line { "--line LINE:" } else { "" };
    let named = suggest::list(ask.named.iter().map(PartCode::as_str));
    let optional = match (ask.optional, ask.named.is_empty(), ask.where_some_go) {
        (_, false, true) => format!(", needed for {named} where only some units go"),
        (_, false, false) => format!(", needed for {named}"),
        (true, true, _) => ", may be left out".to_owned(),
        (false, true, _) => String::new(),
    };
    let label = if ask.label.is_empty() || ask.label == ask.field.as_str() { String::new() } else { format!(" ({})", ask.label) };
    format!("{place}{}={}{optional}{label}", ask.field, ask.ty.to_uppercase().replace(' ', "_"))
}

fn words(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}
