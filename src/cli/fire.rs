//! `bincard fire`: fires a transition of a document, or shows what it would do.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;

use crate::domain::{Action, Command};

use super::args::Global;
use super::error::{CliError, Kind};
use super::input::input;
use super::open::{Acting, Given};
use super::outcome::{actor, send};
use super::output::Out;
use super::session::{Session, acting, key};

/// What to fire on what.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard fire submit STS/coolfix/26-27/00001 --as meera
  bincard fire approve STS/coolfix/26-27/00001 --as priya \\
      --line PCB:approved=2 --line CAP:approved=20
  bincard fire ship SHP/coolfix/26-27/00001 --as deepa \"sodo=4500010001/10 80001234/10\" --dry-run

A list is a name given again: `--line PCB:serials=C1,serials=C2`, or `serials=C1 serials=C2`.
What a transition asks for: `bincard todo STS/coolfix/26-27/00001 --as meera`.
A refusal names every reason with its numbers, the rule and its layer, the place in the flow, and
what would pass.")]
pub struct FireArgs {
    /// The transition
    transition: String,
    /// The document: its number or id
    document: String,
    /// Refuse if the document has moved on from this revision
    #[arg(long, value_name = "N")]
    if_revision: Option<u64>,
    #[command(flatten)]
    acting: Acting,
}

/// Fires a transition.
pub async fn run(args: &FireArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let (command, number) = firing(&session, (&args.acting.given, args.acting.key.as_deref()), &args.document, &args.transition).await?;
    send(&session, Command { seen_revision: args.if_revision, ..command }, args.acting.dry_run, &number, out).await
}

/// The command that fires a transition of a document, and the document's number.
pub(super) async fn firing(session: &Session, (acts, sent): (&Given, Option<&str>), document: &str, transition: &str) -> Result<(Command, String), CliError> {
    let person = acting(acts.person.as_deref())?;
    let (bu, head) = match session.document(document, acts.bu.as_deref()).await {
        Err(error) if error.kind == Kind::Usage && session.book.workflows.values().any(|w| w.transition(document).is_some()) => {
            return Err(error.hint("the transition comes first, then the document"));
        }
        found => found?,
    };
    let at = session.at(acts.at.as_deref())?;
    let workflow = session.book.workflows.get(&head.workflow);
    let command = Command {
        bu,
        doc: head.id,
        action: Action::Fire { transition: transition.into() },
        actor: actor(person.as_str()),
        input: input(&acts.fields, &acts.lines, workflow.map(AsRef::as_ref))?,
        key: key(sent),
        recorded_at: super::session::now(),
        effective_at: at,
        seen_revision: None,
    };
    Ok((command, head.number))
}
