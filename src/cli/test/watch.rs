//! `bincard test --watch`: looks at the book's files, and plays again what a change touches.
//!
//! Files are looked at by their time and size a few times a second: that works on every file system and needs nothing.
//! Tests: `tests/it/watch.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::base::Severity;
use crate::book_folder;
use crate::check;
use crate::scenario::{CASES_ENDING, Masters};

use super::super::book::{self, OpenBook};
use super::super::error::CliError;
use super::super::output::Out;
use super::super::report;
use super::super::session::count;
use super::play::{self, Played, Run, Story};
use super::{TestArgs, tell};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// When a file was written, and how large it is.
type Files = BTreeMap<String, (Option<SystemTime>, u64)>;

/// What is known from before: which files each story touched, and which stories failed.
#[derive(Default)]
struct Known {
    touched: BTreeMap<String, BTreeSet<String>>,
    failing: BTreeSet<String>,
    /// Files that changed while the book could not be used.
    waiting: BTreeSet<String>,
}

/// Plays everything once, then what each change touches, until it is stopped.
pub async fn run(args: &TestArgs, root: &Path, out: Out) -> Result<(), CliError> {
    let mut files = look(root);
    let mut known = Known::default();
    round(args, root, None, &mut known, out).await?;
    loop {
        out.line("waiting for a change; Ctrl-C ends it")?;
        let changed = next_change(root, &mut files).await;
        let said: Vec<&str> = changed.iter().map(String::as_str).collect();
        out.line(format!("\nchanged: {}", said.join(", ")))?;
        known.waiting.extend(changed);
        round(args, root, Some(()), &mut known, out).await?;
    }
}

/// The next files that change, once they have been left alone for a moment.
async fn next_change(root: &Path, files: &mut Files) -> BTreeSet<String> {
    let mut changed = BTreeSet::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = look(root);
        let before = changed.len();
        changed.extend(now.iter().filter(|(name, state)| files.get(*name) != Some(*state)).map(|(name, _)| name.clone()));
        changed.extend(files.keys().filter(|name| !now.contains_key(*name)).cloned());
        let quiet = now == *files && before == changed.len();
        *files = now;
        if quiet && !changed.is_empty() {
            return changed;
        }
    }
}

/// The files that make the book what it is.
fn look(root: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(root.join(&folder)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if matters(&name) {
                found.insert(path, (meta.modified().ok(), meta.len()));
            }
        }
    }
    found
}

fn matters(name: &str) -> bool {
    [".flow", ".rhai", ".yaml", ".csv"].iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.')
}

/// Plays once: everything, or what the waiting changes touch.
async fn round(args: &TestArgs, root: &Path, again: Option<()>, known: &mut Known, out: Out) -> Result<(), CliError> {
    let begun = Instant::now();
    let Some(opened) = open(root, out)? else { return Ok(()) };
    let masters = Masters::new(root);
    let Ok(cases) = play::cases(root, &opened, &masters, out) else { return out.line("rule cases have errors: nothing is played until they are mended") };
    let chosen: Vec<Story<'_>> = args.choose(play::stories(&opened, &cases));
    let all = chosen.len();
    let everything = again.is_none() || known.waiting.iter().any(|file| concerns_all(file, &opened));
    let stories: Vec<Story<'_>> = chosen.into_iter().filter(|s| everything || known.concerns(s)).collect();
    known.waiting.clear();
    let run = Run::new(&opened, &masters, args.store, true)?;
    let played = run.play(&stories, |failed| tell::failure(failed, out)).await?;
    if let Some(coverage) = run.coverage() {
        for (n, story) in stories.iter().enumerate() {
            let points = coverage.points.iter().filter(|p| p.by.contains(&n));
            let files = points.filter_map(|p| opened.book.sources.file(p.span.file)).map(|f| f.name.clone());
            known.touched.insert(story.title.clone(), files.collect());
        }
    }
    known.note(&played);
    let failed = played.iter().filter(|p| !p.report.passed()).count();
    let passed = if failed == 0 { "all passed".to_owned() } else { format!("{failed} failed") };
    let which = if stories.len() == all { count(all, "story").replace("storys", "stories") } else { format!("{} of {all} stories", stories.len()) };
    let which = if stories.is_empty() { format!("none of {all} stories is touched") } else { format!("{which}: {passed}") };
    out.line(format!("{which}, in {:.1} s", begun.elapsed().as_secs_f32()))
}

/// The book; where it has errors they are told, and there is none.
fn open(root: &Path, out: Out) -> Result<Option<OpenBook>, CliError> {
    let files = match book_folder::read(root) {
        Ok(files) => files,
        Err(error) => {
            out.line(format!("the book cannot be read: {error}"))?;
            return Ok(None);
        }
    };
    let checked = check::check(&files);
    let Some(book) = checked.book else {
        let errors: Vec<_> = checked.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
        report::show(out, &errors, &checked.sources)?;
        out.line(format!("the book has {}: nothing is played until it is mended", count(errors.len(), "error")))?;
        return Ok(None);
    };
    Ok(Some(book::OpenBook { book: std::sync::Arc::new(book), rules: std::sync::Arc::new(checked.rules) }))
}

/// Words, master data and the manifest concern every story.
fn concerns_all(file: &str, opened: &OpenBook) -> bool {
    let tells = |file: &str| file.ends_with(".flow") || file.ends_with(".rhai") || file.ends_with(CASES_ENDING);
    let of_workflow = |w: &std::sync::Arc<crate::model::Workflow>| opened.book.sources.file(w.span.file).is_some_and(|f| f.name == file);
    let of_scenario = |s: &crate::model::Scenario| opened.book.sources.file(s.span.file).is_some_and(|f| f.name == file);
    let flow = file.ends_with(".flow") && !opened.book.workflows.values().any(of_workflow) && !opened.book.scenarios.iter().any(of_scenario);
    !tells(file) || flow
}

impl Known {
    /// Whether a change touches a story: it stands in a file that changed, went through one, is new, or failed last.
    fn concerns(&self, story: &Story<'_>) -> bool {
        let touched = self.touched.get(&story.title);
        self.failing.contains(&story.title)
            || self.waiting.contains(story.file())
            || touched.is_none_or(|files| files.iter().any(|file| self.waiting.contains(file)))
    }

    fn note(&mut self, played: &[Played]) {
        for story in played {
            if story.report.passed() {
                self.failing.remove(&story.report.title);
            } else {
                self.failing.insert(story.report.title.clone());
            }
        }
    }
}
