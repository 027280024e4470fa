//! `bincard plan`: what the book in the working folder would change, and what becomes of running documents.
//!
//! Writes nothing but the plan's own file. What is compared is the library's (`change`). Tests: `tests/it/change_apply.rs`, `tests/it/docs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::base::{Name, Timestamp};
use crate::change::{self, Change, Fate, Group, How, Plan, ScriptChange, Target, WorkflowChange};
use crate::domain::MasterData;
use crate::engine::Engine;
use crate::network::KindChanges;
use crate::scenario::Masters;
use crate::store::Store;

use super::args::Global;
use super::book::{self, OpenBook};
use super::db::files;
use super::error::{CliError, Kind};
use super::load;
use super::output::{Out, progress};
use super::proofs;
use super::session::{self, count};
use super::test::play;

/// Lines of a script, and rows of master data, that are shown without `-v`.
const SHOWN: usize = 12;

/// What to compare, and where to keep it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard plan                                   what this folder would change
  bincard plan --out friday.plan                 keep it, for `bincard apply friday.plan`
  bincard plan --master examples/network         master data and limits too
  bincard plan --run-out shipment                shipments that run end under their own version

Nothing is written but the file, and that only where the plan may be applied. What changes is told in the words of the flows:
workflows, states, transitions, roles, guards, moves, deadlines, rules by layer, limits. Then every running document, by
workflow, version and state: unaffected, moves, or stranded, with what to write. The scenarios of the new book are played, and
what fails is told; its proofs, those of `bincard check`, must hold. Exit code 1 when the plan may not be applied.")]
pub struct PlanArgs {
    /// Keep the plan in this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Bring this folder of master data in, too
    #[arg(long, value_name = "DIR")]
    master: Option<PathBuf>,
    /// Documents of this workflow that no `migrate from` takes over end under their own version
    #[arg(long, value_name = "WORKFLOW")]
    run_out: Vec<String>,
    /// Show everything: documents that are unaffected, all lines and rows
    #[arg(short, long)]
    verbose: bool,
}

/// Makes a plan.
pub async fn run(args: &PlanArgs, global: &Global, out: Out) -> Result<(), CliError> {
    if let Some(file) = &args.out {
        files::must_be_new(file)?;
    }
    let root = book::root(global)?;
    let checked = book::check(&root)?;
    let opened = book::of_checked(&checked, &root)?;
    let run_out = run_out(&args.run_out, &opened)?;
    let store = Store::open_to_read(&url(global, &root, &opened)).await?;
    let master = master(args.master.as_deref(), &opened, &store, out).await?;
    let engine = Engine::reading(opened.book.clone(), opened.rules.clone(), store);
    let tested = opened;
    let bar = progress(None, "looking at running documents");
    let target = Target { engine: &engine, master: master.as_ref(), run_out, now: session::now() };
    let made = change::plan(target, &mut |seen| bar.set_position(seen)).await;
    bar.finish_and_clear();
    let mut plan = made?;
    if plan.old.as_ref().is_none_or(|(hash, _)| *hash != plan.new) {
        plan.failing = failing(&root, &tested, out).await?;
    }
    if !plan.is_in_force() {
        let bar = progress(None, "proving");
        plan.proofs = Some(proofs::of_plan(checked, &tested));
        bar.finish_and_clear();
    }
    if let Some(file) = args.out.as_ref().filter(|_| plan.may_be_applied()) {
        files::write(file, &serde_json::to_string_pretty(&plan)?)?;
    }
    if out.is_json() {
        out.json(&plan)?;
    } else {
        show(&plan, args.verbose, out)?;
        last(&plan, args.out.as_deref(), out)?;
    }
    if plan.may_be_applied() { Ok(()) } else { Err(CliError::rejected()) }
}

/// The scenarios and rule cases of a book that fail, by their titles.
async fn failing(root: &Path, opened: &OpenBook, out: Out) -> Result<Vec<String>, CliError> {
    let masters = Masters::new(root);
    let cases = play::cases(root, opened, &masters, out)?;
    let played = play::Run::new(opened, &masters, play::On::Memory, false)?.play(&play::stories(opened, &cases), |_| Ok(())).await?;
    Ok(played.into_iter().filter(|p| !p.report.passed()).map(|p| p.report.title).collect())
}

/// The database that is meant.
pub fn url(global: &Global, root: &Path, opened: &OpenBook) -> String {
    global.db.clone().unwrap_or_else(|| book::database(root, &opened.book.manifest.database))
}

/// The master data of a folder, where one is named; of one that is a part of a network, with what the database has.
pub async fn master(folder: Option<&Path>, opened: &OpenBook, store: &Store, out: Out) -> Result<Option<MasterData>, CliError> {
    let Some(folder) = folder else { return Ok(None) };
    let there = store.all_master().await?;
    load::read(folder, &opened.book, &there, out).map(Some)
}

fn run_out(names: &[String], opened: &OpenBook) -> Result<BTreeSet<Name>, CliError> {
    // A workflow that the new book does not have any more may run out, so a name that is not in it is no mistake by itself.
    if let Some(empty) = names.iter().find(|name| name.trim().is_empty()) {
        return Err(CliError::usage(format!("`{empty}` is no workflow")).hint(format!("there is {}", words(opened))));
    }
    Ok(names.iter().map(|name| Name::from(name.as_str())).collect())
}

fn words(opened: &OpenBook) -> String {
    opened.book.workflows.keys().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn show(plan: &Plan, verbose: bool, out: Out) -> Result<(), CliError> {
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let was = match &plan.old {
        None => "nothing is in force yet".to_owned(),
        Some((hash, 0)) => format!("{} is in use", short(hash)),
        Some((hash, number)) => format!("{} is in force, deployment {number}", short(hash)),
    };
    out.line(format!("book {}: {was}; this folder has {}", plan.book, short(&plan.new)))?;
    let first = plan.old.is_none() && !verbose;
    if first {
        out.line(format!("everything in it is new: {}; `-v` shows all of it", count(plan.changes.words.len(), "word")))?;
    }
    for change in plan.changes.words.iter().filter(|_| !first) {
        tree(change, 0, out)?;
    }
    for workflow in &plan.changes.workflows {
        workflow_line(workflow, out)?;
        let new = workflow.old.is_none() && !verbose;
        for change in workflow.changes.iter().filter(|_| !new) {
            tree(change, 1, out)?;
        }
    }
    for script in plan.rules.iter().filter(|_| !first) {
        rule(script, verbose, out)?;
    }
    for kind in plan.master.iter().flat_map(|m| &m.kinds) {
        rows(kind, verbose, out)?;
    }
    documents(plan, verbose, out)
}

fn sign(how: How) -> char {
    match how {
        How::Added => '+',
        How::Removed => '-',
        How::Changed => '~',
    }
}

fn workflow_line(workflow: &WorkflowChange, out: Out) -> Result<(), CliError> {
    let line = match (workflow.old, workflow.new) {
        (None, Some(new)) => format!("+ workflow {} version {new}", workflow.workflow),
        (Some(old), None) => format!("- workflow {} version {old}", workflow.workflow),
        (Some(old), Some(new)) if old == new => format!("~ workflow {} is still version {new}", workflow.workflow),
        (old, new) => format!("~ workflow {} version {} -> {}", workflow.workflow, old.unwrap_or_default(), new.unwrap_or_default()),
    };
    out.line(line)
}

/// A difference and those inside of it; old and new stand below each other.
fn tree(change: &Change, depth: usize, out: Out) -> Result<(), CliError> {
    let margin = "  ".repeat(depth);
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if old.len() + new.len() < 60 => out.line(format!("{margin}~ {}: {old} -> {new}", change.what))?,
        (Some(old), Some(new)) => {
            out.line(format!("{margin}~ {}", change.what))?;
            out.line(format!("{margin}    - {old}"))?;
            out.line(format!("{margin}    + {new}"))?;
        }
        (None, None) => out.line(format!("{margin}{} {}", sign(change.how), change.what))?,
        (old, new) => {
            let said = old.as_ref().or(new.as_ref()).map_or("", String::as_str);
            let said = if said.is_empty() { String::new() } else { format!(": {said}") };
            out.line(format!("{margin}{} {}{said}", sign(change.how), change.what))?;
        }
    }
    change.within.iter().try_for_each(|inner| tree(inner, depth + 1, out))
}

fn rule(script: &ScriptChange, verbose: bool, out: Out) -> Result<(), CliError> {
    let functions = if script.functions.is_empty() || script.how != How::Changed { String::new() } else { format!(", in {}", script.functions.join(", ")) };
    out.line(format!("{} rule {} of {} ({}){functions}", sign(script.how), script.rule, script.layer, script.file))?;
    let most = if verbose { usize::MAX } else { SHOWN };
    for line in script.lines.iter().take(most) {
        out.line(format!("    {} {:>3}  {}", sign(line.how), line.line, line.text))?;
    }
    more(script.lines.len(), most, "line", out)
}

fn more(all: usize, shown: usize, thing: &str, out: Out) -> Result<(), CliError> {
    if all > shown { out.line(format!("    and {} more; `-v` shows them", count(all - shown, thing))) } else { Ok(()) }
}

fn rows(kind: &KindChanges, verbose: bool, out: Out) -> Result<(), CliError> {
    let absent = if verbose { kind.absent.len() } else { 0 };
    if kind.added.len() + kind.changed.len() + absent == 0 {
        return Ok(());
    }
    out.line(format!("~ {}: {} new, {} changed, {} as before", kind.kind.replace('_', " "), kind.added.len(), kind.changed.len(), kind.unchanged))?;
    let most = if verbose { usize::MAX } else { SHOWN };
    for row in kind.added.iter().take(most) {
        out.line(format!("    + {row}"))?;
    }
    more(kind.added.len(), most, "new row", out)?;
    for row in kind.changed.iter().take(most) {
        let fields: Vec<String> = row.fields.iter().map(|f| format!("{} {} -> {}", f.field, f.old, f.new)).collect();
        out.line(format!("    ~ {}: {}", row.row, fields.join(", ")))?;
    }
    more(kind.changed.len(), most, "changed row", out)?;
    for row in kind.absent.iter().take(absent) {
        out.line(format!("    = {row}: no longer in the files, and kept"))?;
    }
    Ok(())
}

fn documents(plan: &Plan, verbose: bool, out: Out) -> Result<(), CliError> {
    let unaffected: u64 = plan.documents.iter().filter(|g| g.fate == Fate::Unaffected).map(|g| g.count).sum();
    let shown: Vec<&Group> = plan.documents.iter().filter(|g| verbose || g.fate != Fate::Unaffected).collect();
    out.line("")?;
    let number = usize::try_from(unaffected).unwrap_or(usize::MAX);
    out.line(format!("running documents: {} unaffected{}", number, if shown.is_empty() { "" } else { "; and" }))?;
    for group in shown {
        let numbers = if u64::try_from(group.numbers.len()).is_ok_and(|n| n < group.count) { ", …" } else { "" };
        out.line(format!("  {} {} version {}, {}: {}", group.count, group.workflow, group.version, group.state, fate(&group.fate)))?;
        out.line(format!("      {}{numbers}", group.numbers.join(", ")))?;
        if let Fate::Stranded { write, .. } = &group.fate {
            out.line(format!("      write {write}"))?;
        }
    }
    for stock in &plan.stock {
        out.line(format!("  {} units of {} stand in `{}`, which the new book does not have: keep it until it is empty", stock.quantity, stock.bu, stock.word))?;
    }
    Ok(())
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Unaffected => "unaffected".to_owned(),
        Fate::Moves { version, state, by, deadlines } => format!("move to {state} of version {version} by `{by}`; deadlines: {deadlines}"),
        Fate::RunOut { version } => format!("end under version {version}, with the book that has it"),
        Fate::Stranded { why, .. } => format!("STRANDED: {why}"),
    }
}

fn last(plan: &Plan, file: Option<&Path>, out: Out) -> Result<(), CliError> {
    if !plan.failing.is_empty() {
        let verb = if plan.failing.len() == 1 { "fails" } else { "fail" };
        out.line(format!("tests of the new book: {} {verb}; `bincard test` tells why", count(plan.failing.len(), "scenario")))?;
        for title in plan.failing.iter().take(SHOWN) {
            out.line(format!("  {title}"))?;
        }
        more(plan.failing.len(), SHOWN, "scenario", out)?;
    }
    refused(plan, out)?;
    if !plan.may_be_applied() {
        return match file {
            Some(file) => out.line(format!("the plan is refused, so `{}` is not written: a plan is kept only where it may be applied", file.display())),
            None => Ok(()),
        };
    }
    match file {
        _ if plan.is_empty() => out.line("nothing to do"),
        Some(file) => {
            out.line(format!("`bincard apply {}` puts it in force; documents that move do so at once, each by a transition of its own", file.display()))
        }
        None => out.line("it may be applied: keep it with `--out FILE`"),
    }
}

/// Why the plan may not be applied, each reason in a line of its own.
fn refused(plan: &Plan, out: Out) -> Result<(), CliError> {
    for name in &plan.unversioned {
        out.line(format!("refused: `workflow {name}` says something else and has the same version; write the next `version` number"))?;
    }
    let errors = plan.proofs.iter().flat_map(|proofs| &proofs.errors).collect::<Vec<_>>();
    if !errors.is_empty() {
        out.line(format!("refused: the proofs of the new book find {}; `bincard check` shows more", count(errors.len(), "error")))?;
        for error in errors {
            out.line(format!("  {}: {} ({})", error.code, error.title, error.place))?;
        }
    }
    let stranded: u64 = plan.stranded().map(|g| g.count).sum();
    if stranded > 0 {
        out.line(format!("refused: {} would be stranded", count(usize::try_from(stranded).unwrap_or(usize::MAX), "document")))?;
    }
    if !plan.stock.is_empty() {
        out.line("refused: stock would stand where the new book knows nothing")?;
    }
    Ok(())
}

/// A plan that was kept.
pub fn read(file: &Path) -> Result<Plan, CliError> {
    let text = std::fs::read_to_string(file).map_err(|e| CliError::usage(format!("cannot read the plan `{}`: {e}", file.display())))?;
    serde_json::from_str(&text).map_err(|e| CliError {
        kind: Kind::Usage,
        message: format!("`{}` is no plan: {e}", file.display()),
        hint: Some("`bincard plan --out FILE` makes one".to_owned()),
    })
}

/// The time a plan was made, as people read it.
pub fn made_at(plan: &Plan, zone: &jiff::tz::TimeZone) -> String {
    let at: Timestamp = plan.made_at;
    at.civil(zone).strftime("%Y-%m-%d %H:%M").to_string()
}
