//! The folder of `bincard whatif`: which of its files play a part, and the book that they make over the one in force.
//!
//! What plays no part is an error that says where it would have to lie: a change that is not looked at would be told to change
//! nothing. Scenarios play no part in what was, so those that do not fit a changed flow are left out. Tests: `tests/it/change_whatif.rs`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::{Diagnostic, FileId};
use crate::book_folder;
use crate::check::{self, BookFile, BookFiles, Checked, Network};
use crate::domain::MasterData;
use crate::model::Manifest;
use crate::syntax::{ast, parse};

use super::book::{self, OpenBook};
use super::error::{CliError, Kind};
use super::report;

/// Folders deeper than this are not looked into.
const DEEPEST: usize = 16;
/// What people write beside a change for themselves.
const NOTES: [&str; 2] = ["md", "txt"];
/// Endings of master data.
const TABLES: [&str; 3] = ["csv", "yaml", "yml"];

/// What a folder makes of a book.
pub struct LaidOver {
    /// The book in force, which this program can read.
    pub in_force: OpenBook,
    /// The book, which is without errors.
    pub opened: OpenBook,
    /// The folder of its master data, where there is one.
    pub master: Option<PathBuf>,
    files: BookFiles,
    /// The rules of the folder.
    own: BTreeSet<String>,
}

/// The book in force with the files of a folder laid over it; a folder with a manifest is a whole book.
pub fn laid_over(in_force: &BookFiles, with: &Path) -> Result<LaidOver, CliError> {
    let whole = with.join(book_folder::MANIFEST).is_file();
    let (files, own) = if whole { (book_folder::read(with).map_err(CliError::fault)?, BTreeSet::new()) } else { over(in_force, with)? };
    let manifest = check::manifest(&files.manifest).0;
    let name = manifest.master.as_deref().unwrap_or("master");
    let master = ["master", name].into_iter().find(|f| with.join(f).is_dir());
    if !whole {
        strays(with, &manifest, master, in_force)?;
    }
    let opened = usable(&files, with)?;
    let unreadable = || CliError::fault("this program cannot read the book in force: use the program that it was deployed with");
    let in_force = book::usable(&check::check(in_force)).ok_or_else(unreadable)?;
    Ok(LaidOver { in_force, opened, master: master.map(|name| with.join(name)), files, own })
}

/// The files of a book with those of a folder in place of them, and the paths of the folder's rules.
fn over(in_force: &BookFiles, with: &Path) -> Result<(BookFiles, BTreeSet<String>), CliError> {
    let names = check::manifest(&in_force.manifest).0;
    let (flows, rules) = (read(with, &names.workflows, "flow")?, read(with, &names.rules, "rhai")?);
    let own = rules.iter().map(|f| f.path.clone()).collect();
    let laid = |mut all: Vec<BookFile>, new: Vec<BookFile>| {
        all.retain(|f| new.iter().all(|n| n.path != f.path));
        all.extend(new);
        all
    };
    let flows = laid(in_force.flows.clone(), flows);
    let rules = laid(in_force.rules.clone(), rules);
    Ok((BookFiles { manifest: in_force.manifest.clone(), flows, rules }, own))
}

fn read(with: &Path, folder: &str, ending: &str) -> Result<Vec<BookFile>, CliError> {
    book_folder::files(with, folder, ending).map_err(CliError::fault)
}

/// The book of the files, whatever its scenarios say.
fn usable(files: &BookFiles, with: &Path) -> Result<OpenBook, CliError> {
    let checked = check::check(files);
    if let Some(opened) = book::usable(&checked) {
        return Ok(opened);
    }
    let flows = files.flows.iter().map(|f| BookFile { path: f.path.clone(), text: without_scenarios(&f.text) }).collect();
    let untold: Checked = check::check(&BookFiles { flows, ..files.clone() });
    book::usable(&untold).ok_or_else(|| {
        let told = report::text(&untold.diagnostics, &untold.sources);
        rejected(format!("the book with `{}` laid over it has errors\n{told}", with.display()))
    })
}

/// A flow file with blanks where its scenarios stand, so that all else keeps its place.
fn without_scenarios(text: &str) -> String {
    let mut blank = text.to_owned();
    for item in parse(FileId::default(), text).file.items {
        let ast::Item::Scenario(told) = item else { continue };
        let place = told.span.range();
        let Some(written) = text.get(place.clone()) else { continue };
        let spaces: String = written.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        blank.replace_range(place, &spaces);
    }
    blank
}

/// Fails where files of the folder play no part; where they would have to lie is said of each.
fn strays(with: &Path, manifest: &Manifest, master: Option<&str>, in_force: &BookFiles) -> Result<(), CliError> {
    let mut all = Vec::new();
    gather(with, "", DEEPEST, &mut all).map_err(|e| CliError::fault(format!("`{}` cannot be read: {e}", with.display())))?;
    all.sort();
    let below = |path: &str, folder: &str| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    let plays = |path: &str| {
        let ending = ending(path);
        let tables = TABLES.contains(&ending.as_str());
        below(path, &manifest.workflows) && ending == "flow"
            || below(path, &manifest.rules) && (ending == "rhai" || path.ends_with(".cases.yaml"))
            || master.is_some_and(|folder| below(path, folder)) && tables
            || NOTES.contains(&ending.as_str())
    };
    let lost: Vec<String> = all.iter().filter(|path| !plays(path)).map(|path| format!("  {path}: {}", place(path, manifest, in_force))).collect();
    if lost.is_empty() {
        return Ok(());
    }
    Err(rejected(format!("what `{}` holds plays no part there\n{}", with.display(), lost.join("\n"))))
}

fn ending(path: &str) -> String {
    Path::new(path).extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase()
}

/// Where a file that plays no part would have to lie.
fn place(path: &str, manifest: &Manifest, in_force: &BookFiles) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let there = |files: &[BookFile]| files.iter().map(|f| f.path.clone()).find(|f| f.rsplit('/').next() == Some(name));
    let ending = ending(path);
    match ending.as_str() {
        "flow" => format!("put it at `{}`", there(&in_force.flows).unwrap_or_else(|| format!("{}/{name}", manifest.workflows))),
        "rhai" => {
            let standard = there(&in_force.rules).unwrap_or_else(|| format!("{}/default/{name}", manifest.rules));
            format!("put it at `{standard}`, or into the folder of a business unit or party in `{}/`", manifest.rules)
        }
        _ if TABLES.contains(&ending.as_str()) => format!("master data go into `{}/`", manifest.master.as_deref().unwrap_or("master")),
        _ => format!("only flows in `{}/`, rules in `{}/` and master data are looked at; take it away", manifest.workflows, manifest.rules),
    }
}

fn gather(folder: &Path, name: &str, depth: usize, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(last) = path.file_name().and_then(OsStr::to_str).filter(|n| !n.starts_with('.')) else { continue };
        let inside = if name.is_empty() { last.to_owned() } else { format!("{name}/{last}") };
        if path.is_dir() && depth > 0 {
            gather(&path, &inside, depth - 1, found)?;
        } else {
            found.push(inside);
        }
    }
    Ok(())
}

impl LaidOver {
    /// Fails where a rule of the folder is asked by nobody: no business unit or party of these master data is called so.
    pub fn all_asked(&self, master: &MasterData) -> Result<(), CliError> {
        if self.own.is_empty() {
            return Ok(());
        }
        let flows = self.files.flows.iter().map(|f| BookFile { path: f.path.clone(), text: without_scenarios(&f.text) }).collect();
        let checked = check::check_with(&BookFiles { flows, ..self.files.clone() }, Some(&network(master)));
        let own = |d: &&Diagnostic| checked.sources.file(d.span().file).is_some_and(|f| self.own.contains(&*f.name));
        let lost: Vec<String> = checked.diagnostics.iter().filter(|d| d.code == "rule-unreached").filter(own).map(|d| told(d, &checked)).collect();
        if lost.is_empty() { Ok(()) } else { Err(rejected(format!("rules that nobody asks play no part\n{}", lost.join("\n")))) }
    }
}

fn told(found: &Diagnostic, checked: &Checked) -> String {
    let file = checked.sources.file(found.span().file).map_or("", |f| &*f.name);
    let help = found.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("  {file}: {}{help}", found.title)
}

/// The parties of master data.
fn network(master: &MasterData) -> Network {
    let mut network = Network::default();
    for unit in &master.business_units {
        network.units.entry(unit.code.clone()).or_default();
    }
    for party in &master.parties {
        network.units.entry(party.bu.clone()).or_default().insert(party.code.clone(), party.kind.clone());
    }
    network
}

fn rejected(message: String) -> CliError {
    CliError { kind: Kind::Rejected, message, hint: None }
}
