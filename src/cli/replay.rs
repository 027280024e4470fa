//! `bincard replay`: real demand goes through the flows of the book, month by month, and at the end the books are proved.
//!
//! What happens is the library's (`scenario::replay`). Tests: `tests/it/replay.rs`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;
use serde_json::{Value as Json, json};

use crate::scenario::replay::{Demand, LeftOpen, Progress, Proof, ReplayError, Report, Settings, replay};

use super::args::Global;
use super::error::CliError;
use super::output::{Out, progress};
use super::session::Session;

/// Months from which limits and base stock are computed.
const LEARN: usize = 12;
/// The database, where none is named.
const DATABASE: &str = "sqlite:replay.db";
/// Lines shown of what has not come to its end.
const SHOWN: usize = 10;

/// What to replay, and where.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard replay --demand carparts.csv                     all of it, into replay.db
  bincard replay --demand carparts.csv --months 6          the first half year
  bincard replay --demand carparts.csv --db postgres://…   on a server
  bincard replay --demand carparts.csv --seed 7 --asps 30  another throw of the dice, a larger network

The file has a line for each part: its number, then the units of each month; an empty cell means that
nothing was recorded. The first line names the months:
  Part,Jan-98,Feb-98,Mar-98
  21030312,0,2,

Every unit is asked for by an indent at one of the service partners. Stock begins with an opening balance
and is bought month by month; limits and base stock follow from the first year. It may be killed at any
moment: the same command goes on where it was. Exit code 1 when the books do not balance at the end.")]
pub struct ReplayArgs {
    /// The demand: a CSV file of parts and months [the database is replay.db, where `--db` names none]
    #[arg(long, value_name = "FILE")]
    demand: PathBuf,
    /// Of all that is left to chance: the same seed gives the same replay
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Service partners in the network
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=99))]
    asps: u16,
    /// Only the first so many months
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    months: Option<u16>,
    /// One command after the other, not lists of those that do not depend on each other
    #[arg(long)]
    one_by_one: bool,
}

/// Replays it.
pub async fn run(args: &ReplayArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let demand = read(args)?;
    let db = global.db.clone().unwrap_or_else(|| DATABASE.to_owned());
    let session = Session::open(&Global { book: global.book.clone(), db: Some(db), json: global.json }).await?;
    let months = args.months.map_or(usize::MAX, usize::from);
    let settings = Settings { seed: args.seed, partners: usize::from(args.asps), months, learn: LEARN.min(months).min(demand.months.len()) };
    let total = demand.months.len().min(months) as u64;
    let bar = progress(Some(total), "filling the network");
    let watched = std::io::stderr().is_terminal();
    let mut watch = |p: &Progress| tell(p, &bar, watched);
    let report = replay(&session.engine, demand, settings, !args.one_by_one, &mut watch).await;
    bar.finish_and_clear();
    let report = report.map_err(refuse)?;
    if out.is_json() {
        out.json(&to_json(&report))?
    } else {
        show(&report, out)?
    }
    if report.proof.holds() { Ok(()) } else { Err(CliError::rejected()) }
}

fn read(args: &ReplayArgs) -> Result<Demand, CliError> {
    let name = args.demand.display().to_string();
    let text = std::fs::read_to_string(&args.demand).map_err(|e| CliError::usage(format!("cannot read the demand `{name}`: {e}")))?;
    Demand::parse(&name, &text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = faults.len().saturating_sub(lines.len());
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        CliError::usage(format!("the demand cannot be used\n  {}{more}", lines.join("\n  ")))
    })
}

fn refuse(error: ReplayError) -> CliError {
    let told = error.to_string();
    match error {
        ReplayError::Other(_) => CliError::usage(told).hint("give the same options, or another database with `--db`"),
        ReplayError::Book(_) => CliError::usage(told).hint("name the shipped book with `--book DIR`"),
        _ => CliError::fault(told).hint("the same command goes on where it stopped"),
    }
}

/// A bar for a person who watches, a line a month for a log.
fn tell(p: &Progress, bar: &ProgressBar, watched: bool) {
    let rate = (p.commands * 1000).checked_div(u64::try_from(bar.elapsed().as_millis()).unwrap_or(u64::MAX)).unwrap_or(0);
    bar.set_position(p.done as u64);
    bar.set_message(format!("{}  {} open, {rate} commands/s", p.month, p.open));
    if !watched {
        // Where stderr is closed, nobody is told.
        let told =
            writeln!(std::io::stderr(), "{}: {} of {} months, {} commands, {} documents open, {rate} commands/s", p.month, p.done, p.of, p.commands, p.open);
        drop(told);
    }
}

/// `part` of `whole` in percent, with one decimal.
fn percent(part: u64, whole: u64) -> String {
    let tenths = (part * 1000).checked_div(whole).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn hundredths(n: i64) -> String {
    format!("{}.{:02}", n / 100, n % 100)
}

fn show(report: &Report, out: Out) -> Result<(), CliError> {
    out.line(format!(
        "{}: {} to {}, {} parts, {} part-months, on {}",
        report.title, report.months.0, report.months.1, report.parts, report.part_months, report.store
    ))?;
    out.line("")?;
    let states = |w: &crate::scenario::replay::Workflow| w.states.iter().map(|(state, n)| format!("{n} {state}")).collect::<Vec<_>>().join(", ");
    let rows: Vec<Vec<String>> = report.workflows.iter().map(|w| vec![w.name.clone(), w.documents.to_string(), states(w)]).collect();
    out.table(&["workflow", "documents#", "in which state"], &rows)?;
    out.line("")?;
    out.table(&["", "#"], &facts(report))?;
    left(&report.not_opened, "refused when they were to be opened", out)?;
    left(&report.left_open, "have not come to their end", out)?;
    out.line("")?;
    for line in proof(&report.proof) {
        out.line(line)?;
    }
    Ok(())
}

fn facts(report: &Report) -> Vec<Vec<String>> {
    let (f, c, run) = (&report.figures, &report.counts, &report.run);
    let claims: u64 = f.claims.values().sum();
    let kinds: Vec<String> = f.claims.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let mut rows = vec![
        ["documents".to_owned(), c.documents.to_string()],
        ["transitions".to_owned(), c.transitions.to_string()],
        ["moves".to_owned(), c.moves.to_string()],
        ["papers".to_owned(), c.papers.to_string()],
        ["lots".to_owned(), c.lots.to_string()],
        ["units asked for".to_owned(), f.asked.to_string()],
        ["units handed out".to_owned(), f.issued.to_string()],
        ["units fitted".to_owned(), f.consumed.to_string()],
        ["lines filled at the first attempt, %".to_owned(), percent(f.lines_filled, f.lines)],
        ["units filled at the first attempt, %".to_owned(), percent(f.units_filled, f.units)],
        ["fitted in the last twelve months, value".to_owned(), f.consumed_value.to_string()],
        ["average stock in these months, value".to_owned(), f.average_stock.to_string()],
        ["inventory turns a year".to_owned(), hundredths(f.turns_hundredths)],
        [format!("claims on shipments ({})", kinds.join(", ")), claims.to_string()],
        ["units returned to the warehouse".to_owned(), f.returned.to_string()],
        ["obligations still open".to_owned(), c.open_obligations.to_string()],
        [format!("transitions in this run{}", if run.resumed { ", which went on where one stopped" } else { "" }), run.transitions.to_string()],
        ["seconds".to_owned(), format!("{}.{}", run.milliseconds / 1000, run.milliseconds % 1000 / 100)],
        ["transitions per second".to_owned(), run.per_second().to_string()],
    ];
    if let Some(kb) = report.peak_memory_kb {
        rows.push(["most memory used, MB".to_owned(), kb.div_ceil(1024).to_string()]);
    }
    rows.into_iter().map(Vec::from).collect()
}

fn left(documents: &[LeftOpen], what: &str, out: Out) -> Result<(), CliError> {
    if documents.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(format!("{} documents {what}:", documents.len()))?;
    for document in documents.iter().take(SHOWN) {
        out.line(format!("  {}  {}", document.document, document.why))?;
    }
    Ok(())
}

fn proof(proof: &Proof) -> Vec<String> {
    if !proof.holds() {
        let mut lines = vec!["THE BOOKS DO NOT BALANCE:".to_owned()];
        lines.extend(proof.findings.iter().map(|f| format!("  {f}")));
        return lines;
    }
    vec![
        "The books balance:".to_owned(),
        format!("  {} balances equal the replay of all {} moves", proof.balances, proof.moves),
        format!("  the books of each of {} parts sum to zero", proof.parts),
        format!("  no clearing bin holds anything for a document that has ended ({} rows are held for open ones)", proof.held),
        format!("  {} events follow one another without a break in their hashes", proof.events),
        format!("  every one of {} units of the demand was asked for by an indent", proof.demanded),
    ]
}

fn to_json(report: &Report) -> Json {
    let (f, c, run, proof) = (&report.figures, &report.counts, &report.run, &report.proof);
    let workflows: Vec<Json> =
        report.workflows.iter().map(|w| json!({ "workflow": w.name, "documents": w.documents, "ended": w.ended, "states": w.states })).collect();
    let left = |list: &[LeftOpen]| list.iter().map(|l| json!({ "document": l.document, "why": l.why })).collect::<Vec<_>>();
    json!({
        "title": report.title, "store": report.store, "seed": report.seed, "from": report.months.0, "to": report.months.1,
        "parts": report.parts, "part_months": report.part_months, "workflows": workflows,
        "documents": c.documents, "open_documents": c.open_documents, "transitions": c.transitions, "moves": c.moves, "lots": c.lots,
        "papers": c.papers, "open_obligations": c.open_obligations,
        "units": { "asked": f.asked, "issued": f.issued, "consumed": f.consumed, "returned": f.returned },
        "fill_rate": {
            "lines": f.lines, "lines_filled": f.lines_filled, "lines_percent": percent(f.lines_filled, f.lines),
            "units": f.units, "units_filled": f.units_filled, "units_percent": percent(f.units_filled, f.units),
        },
        "turns": { "consumed_value": f.consumed_value, "average_stock": f.average_stock, "a_year": hundredths(f.turns_hundredths) },
        "claims": f.claims,
        "run": {
            "resumed": run.resumed, "commands": run.commands, "refused": run.refused, "transitions": run.transitions,
            "milliseconds": run.milliseconds, "transitions_per_second": run.per_second(), "peak_memory_kb": report.peak_memory_kb,
        },
        "left_open": left(&report.left_open), "not_opened": left(&report.not_opened),
        "proof": {
            "holds": proof.holds(), "findings": proof.findings, "moves": proof.moves, "balances": proof.balances, "events": proof.events,
            "parts": proof.parts, "held": proof.held, "demanded": proof.demanded, "asked": proof.asked,
        },
    })
}
