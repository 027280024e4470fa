//! `bincard whatif`: the past under a changed book, changed rules or changed limits, in quantities and money.
//!
//! The database is opened to be read; the replay runs in a store that goes away. What differs is the library's to find
//! (`change::whatif`). Tests: `tests/it/change_whatif.rs`, `tests/it/docs`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::base::Timestamp;
use crate::book_folder;
use crate::change::whatif::{Explained, Kind, Question, Row, Side, Sum, Whatif, whatif};
use crate::check::BookFiles;
use crate::domain::MasterData;
use crate::store::Store;

use super::args::Global;
use super::book;
use super::error::CliError;
use super::explain_text;
use super::load;
use super::output::{Out, progress};
use super::refusal;
use super::session::count;
use super::whatif_folder::{self, LaidOver};

/// Rows shown without `-v`.
const SHOWN: usize = 10;

/// What is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard whatif --since 2026-04-01 --with tighter
  bincard whatif --since 2026-04-01 --until 2026-07-01 --with tighter -v

The folder holds what would be other: `rules/default/msl.rhai`, `workflows/indent.flow`, master data in `master/`, or a whole
book; a file that plays no part is an error, notes in .md and .txt apart. What is not in it is as it is in force, so one row of
a limit is enough. Until that day all is as the journal says; from then on each of its commands is decided again, under the
changed book. Refusals are not in the journal, so what people gave up is not known; clocks go off when they went off. Nothing is
written to the database.")]
pub struct WhatifArgs {
    /// From this day on the change holds
    #[arg(long, value_name = "DATE")]
    since: String,
    /// Up to this day it is looked at [default: now]
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// The folder with what would be other
    #[arg(long, value_name = "DIR")]
    with: PathBuf,
    /// Show all rows
    #[arg(short, long)]
    verbose: bool,
}

/// Replays the past.
pub async fn run(args: &WhatifArgs, global: &Global, out: Out) -> Result<(), CliError> {
    if !args.with.is_dir() {
        return Err(CliError::usage(format!("there is no folder `{}`", args.with.display())).hint("name a folder with `--with DIR`"));
    }
    let root = book::root(global)?;
    let url = match &global.db {
        Some(url) => url.clone(),
        None => book::named_database(&root)?,
    };
    let live = Store::open_to_read(&url).await?;
    let files = in_force(&live, &root).await?;
    let laid = whatif_folder::laid_over(&files, &args.with)?;
    let zone = laid.opened.book.manifest.zone.clone();
    let time = |text: &str| {
        let wrong = || CliError::usage(format!("`{text}` is not a time")).hint("write it as `2026-04-01` or `2026-04-01 09:30`");
        Timestamp::parse_local(text, &zone).ok_or_else(wrong)
    };
    let until = args.until.as_deref().map(time).transpose()?.unwrap_or(Timestamp::from_micros(i64::MAX));
    let master = live.all_master().await?;
    let changed_master = new_master(&laid, &master, out)?;
    laid.all_asked(changed_master.as_ref().unwrap_or(&master))?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.jsonl");
    let events = write_journal(&live, &path).await?;
    let mut from = BufReader::new(File::open(&path)?);
    let since = time(&args.since)?;
    let open = Arc::new(|files: &str| book::open_stored(files).map(|opened| (opened.book, opened.rules)));
    let question = Question {
        live: &live,
        open,
        in_force: (laid.in_force.book, laid.in_force.rules),
        changed: (laid.opened.book, laid.opened.rules),
        master,
        changed_master,
        since,
        until,
    };
    let bar = progress(Some(events), "deciding again");
    let answer = whatif(question, &mut from, &mut |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    let answer = answer?;
    if out.is_json() { out.json(&answer) } else { show(&answer, args.verbose, &zone, out) }
}

/// The files of the book in force; of the folder, where the database has none.
async fn in_force(live: &Store, root: &Path) -> Result<BookFiles, CliError> {
    let kept = match live.deployed().await? {
        Some(deployed) => live.book(&deployed.hash).await?.and_then(|kept| BookFiles::of_stored(&kept.files)),
        None => None,
    };
    match kept {
        Some(files) => Ok(files),
        None => book_folder::read(root).map_err(CliError::fault),
    }
}

/// The master data of a folder, laid over what the database has; nothing where the folder has none.
fn new_master(laid: &LaidOver, there: &MasterData, out: Out) -> Result<Option<MasterData>, CliError> {
    laid.master.as_ref().map(|folder| load::read(folder, &laid.opened.book, there, out)).transpose()
}

/// Writes the journal to a file; how many transitions it tells.
async fn write_journal(live: &Store, path: &Path) -> Result<u64, CliError> {
    let mut file = BufWriter::new(File::create(path)?);
    let bar = progress(Some(0), "reading the journal");
    let report = live
        .export(&mut file, &mut |p| {
            bar.set_length(p.of);
            bar.set_position(p.done);
        })
        .await;
    bar.finish_and_clear();
    let events = report?.events;
    file.flush()?;
    Ok(events)
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Refused => "would be refused",
        Kind::Allowed => "would happen too",
        Kind::Otherwise => "would go otherwise",
        Kind::KnockOn => "otherwise, by what is other before",
        Kind::NotReached => "not reached",
    }
}

fn cells(sum: &Sum) -> Vec<String> {
    vec![sum.documents.to_string(), sum.then.to_string(), sum.now.to_string(), sum.value_then.to_string(), sum.value_now.to_string()]
}

fn show(answer: &Whatif, verbose: bool, zone: &jiff::tz::TimeZone, out: Out) -> Result<(), CliError> {
    let n = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    out.line(format!("{} as they were, then {} decided under the change", count(n(answer.before), "transition"), answer.decisions))?;
    if answer.taken_over > 0 {
        let left = if answer.left_out > 0 { format!(", {} left out", answer.left_out) } else { String::new() };
        out.line(format!("{} taken over as recorded, since today's master data would not let them happen{left}", answer.taken_over))?;
    }
    if answer.older > 0 {
        let verb = if answer.older == 1 {
            "ran under an older version of its workflow, and is taken as it was"
        } else {
            "ran under an older version of their workflow, and are taken as they were"
        };
        out.line(format!("{} {verb}", count(n(answer.older), "transition")))?;
    }
    out.line(format!("{} of {} come to the same", answer.same, answer.decisions))?;
    if answer.totals.is_empty() {
        return out.line("nothing would have been otherwise");
    }
    out.line("")?;
    let kinds: Vec<Vec<String>> = answer.kinds.iter().map(|(kind, what, n)| vec![word(*kind).to_owned(), what.clone(), n.to_string()]).collect();
    out.table(&["transitions", "of", "how many#"], &kinds)?;
    table(&answer.totals, "documents", usize::MAX, out)?;
    let most = if verbose { usize::MAX } else { SHOWN };
    table(&answer.units, "business unit", most, out)?;
    table(&answer.parties, "partner", most, out)?;
    table(&answer.parts, "part", most, out)?;
    listed("refused because of", &answer.reasons, most, out)?;
    listed("not reached because of", &answer.roots, most, out)?;
    let Some(first) = &answer.first else { return Ok(()) };
    out.line("")?;
    out.line(told_twice(first, verbose, zone))
}

fn table(rows: &[Row], of: &str, most: usize, out: Out) -> Result<(), CliError> {
    out.line("")?;
    let told = |row: &Row| [vec![if row.of.is_empty() { "all".to_owned() } else { row.of.clone() }, word(row.kind).to_owned()], cells(&row.sum)].concat();
    let shown: Vec<Vec<String>> = rows.iter().take(most).map(told).collect();
    out.table(&[of, "", "documents#", "units then#", "now#", "value then#", "now#"], &shown)?;
    if rows.len() > most { out.line(format!("and {} more; `-v` shows them", count(rows.len() - most, "row"))) } else { Ok(()) }
}

fn listed(title: &str, rows: &[(String, u64)], most: usize, out: Out) -> Result<(), CliError> {
    if rows.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let shown: Vec<Vec<String>> = rows.iter().take(most).map(|(what, n)| vec![what.clone(), n.to_string()]).collect();
    out.table(&[title, "how many#"], &shown)?;
    if rows.len() > most { out.line(format!("and {} more; `-v` shows them", count(rows.len() - most, "row"))) } else { Ok(()) }
}

/// The first decision that the change itself makes other, in the words of `bincard explain`: in what the two differ, and both
/// sides with what they looked at; without `-v` only for the lines of the document that differ.
fn told_twice(first: &Explained, verbose: bool, zone: &jiff::tz::TimeZone) -> String {
    let at = first.at.civil(zone).strftime("%Y-%m-%d %H:%M");
    let mut text = format!("the first that is other: {} of {} ({}) by {}, {at}", first.transition, first.document, first.workflow, first.actor);
    let lines: BTreeSet<u32> = first.differences.iter().filter_map(|d| d.line).collect();
    let first_line = lines.first().copied();
    let wanted = |line: Option<u32>| verbose || line.is_none_or(|line| line == 0 || lines.is_empty() || Some(line) == first_line);
    let differences = first.differences.iter().filter(|d| wanted(d.line));
    explain_text::section(&mut text, "in what they differ", differences.map(|d| explain_text::apart(d, "now")).collect());
    if !verbose && lines.len() > 1 {
        let _ = write!(text, "\n    and {} more; `-v` shows them", count(lines.len() - 1, "line"));
    }
    for (title, side) in [("then", &first.then), ("now", &first.now)] {
        text.push_str("\n  ");
        text.push_str(&one_side(title, side, &wanted).replace('\n', "\n  "));
    }
    text
}

fn one_side(title: &str, side: &Side, wanted: &dyn Fn(Option<u32>) -> bool) -> String {
    let mut text = match (&side.refusal, &side.to) {
        (Some(refusal), _) => format!("{title}: refused{}", refusal::reasons(refusal, wanted).replace("\n\n", "\n")),
        (None, to) => format!("{title}: done, {}", to.as_deref().unwrap_or_default()),
    };
    explain_text::looked_at(&mut text, &side.account, &side.account.answers, wanted);
    let moves = side.moves.iter().filter(|m| wanted(Some(m.line)));
    explain_text::section(&mut text, "moves", moves.map(explain_text::moved).collect());
    text
}
