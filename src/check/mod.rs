//! Text to meaning: a book's files become a checked model, or a list of everything that is wrong with them.
//!
//! Pure: texts come in, a model and findings go out. One mistake is reported once: what could not be read or typed agrees
//! with everything. Must not know SQL, files or the clock. Tests: `check::tests` and its spoiled texts.

mod allow;
mod always;
mod calendars;
mod calls;
mod clause;
mod compute;
mod constants;
mod deadlines;
mod declared;
mod effects;
mod expr;
mod findings;
mod graph;
mod known;
mod manifest;
mod moments;
mod moves;
mod needs;
mod network;
mod numbers;
mod outlines;
mod overrides;
mod pages;
mod pairs;
mod reach;
mod reports;
mod scenario_codes;
mod scenario_values;
mod scenarios;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod typer;
mod types;
mod unused;
pub mod walk;
mod words;
mod workflows;

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use self::allow::{Silenced, clause_begins};
pub use self::network::Network;
pub use self::pages::{Family, Page, Piece, families, page, pages};

use self::declared::{Declared, Outline, name};
use self::outlines::Outliner;
use self::reports::Reports;
use self::scenarios::Teller;
use crate::base::{Diagnostic, FileId, Name, Severity, SourceMap};
use crate::model::{Book, Manifest, Vocabulary};
use crate::rules::{Layer, RuleScript, Rules};
use crate::syntax::{Parsed, ast, parse};

/// One file of a book: its path relative to the book, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookFile {
    /// The path, with `/` between folders.
    pub path: String,
    /// The text.
    pub text: String,
}

/// All files of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookFiles {
    /// `bincard.yaml`.
    pub manifest: BookFile,
    /// Flow files, scenarios too.
    pub flows: Vec<BookFile>,
    /// Rule scripts.
    pub rules: Vec<BookFile>,
}

impl BookFiles {
    /// The files of a book as a store keeps them: a JSON object of names and texts.
    #[must_use]
    pub fn of_stored(files: &str) -> Option<Self> {
        let texts: BTreeMap<String, String> = serde_json::from_str(files).ok()?;
        let all: Vec<BookFile> = texts.into_iter().map(|(path, text)| BookFile { path, text }).collect();
        let ending = |end: &str| all.iter().filter(|f| f.path.ends_with(end)).cloned().collect();
        let manifest = all.iter().find(|f| !f.path.ends_with(".flow") && !f.path.ends_with(".rhai"))?.clone();
        Some(Self { manifest, flows: ending(".flow"), rules: ending(".rhai") })
    }
}

/// What checking found.
#[derive(Debug)]
pub struct Checked {
    /// The model; absent where there are errors.
    pub book: Option<Book>,
    /// What could be understood, mistakes or not: for an editor, never to be run. Without texts and hash.
    pub draft: Book,
    /// The flow files as they were read, in the order of their paths.
    pub flows: Vec<(FileId, Parsed)>,
    /// The rules of all layers; those with mistakes are left out.
    pub rules: Rules,
    /// Everything that is wrong or doubtful, in the order of files and places.
    pub diagnostics: Vec<Diagnostic>,
    /// Warnings that are silenced in place, with the reasons.
    pub silenced: Vec<Silenced>,
    /// The texts, to print places.
    pub sources: SourceMap,
}

impl Checked {
    /// Whether the book cannot be used.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// Takes in what proofs of the book have found, less the warnings that are silenced in place. Whether all of the book was
    /// proved (`whole`) decides whether it is told what silences nothing.
    pub fn take_in(&mut self, found: Vec<Diagnostic>, whole: bool) {
        let files: Vec<FileId> = self.flows.iter().map(|(id, _)| *id).collect();
        let (kept, silenced) = allow::silence_proofs(&self.sources, &files, found, whole);
        self.diagnostics.extend(kept);
        self.silenced.extend(silenced);
    }
}

/// What `bincard.yaml` says, and what is wrong with it: for a loader that needs the names of the folders first.
#[must_use]
pub fn manifest(file: &BookFile) -> (Manifest, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let id = sources.add(file.path.clone(), file.text.as_str());
    let reports = Reports::default();
    let manifest = manifest::manifest(&sources, id, &reports);
    (manifest, reports.into_sorted())
}

/// Checks a whole book by itself.
#[must_use]
pub fn check(files: &BookFiles) -> Checked {
    check_with(files, None)
}

/// Checks a whole book beside the network that it is for: also what nothing in that network ever uses.
#[must_use]
pub fn check_with(files: &BookFiles, network: Option<&Network>) -> Checked {
    let mut sources = SourceMap::default();
    let manifest_id = sources.add(files.manifest.path.clone(), files.manifest.text.as_str());
    let flows: Vec<FileId> = sorted(&files.flows).into_iter().map(|f| sources.add(f.path.clone(), f.text.as_str())).collect();
    let reports = Reports::default();
    let manifest = manifest::manifest(&sources, manifest_id, &reports);
    let scripts = scripts(files, &mut sources, &reports);

    let (flows, incomplete) = read(&flows, &sources, &reports);
    let items: Vec<&ast::Item> = flows.iter().flat_map(|(_, parsed)| &parsed.file.items).collect();
    let (draft, rules) = Checker { sources: &sources, manifest: &manifest, manifest_id, incomplete, network, reports: &reports }.book(&items, &scripts);
    let usable = !reports.any_error();
    let hash = hash(files);
    let book = usable.then(|| Book { manifest, sources: sources.clone(), hash, ..draft.clone() });
    let silencing: Vec<FileId> = flows.iter().map(|(id, _)| *id).chain(scripts.iter().map(|s| s.file)).collect();
    let (diagnostics, silenced) = allow::silence(&sources, &silencing, reports.into_sorted());
    Checked { book, draft, flows, rules, diagnostics, silenced, sources }
}

fn sorted(files: &[BookFile]) -> Vec<&BookFile> {
    let mut files: Vec<&BookFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Reads all flow files; whether a whole item of any of them is missing from its tree.
fn read(flows: &[FileId], sources: &SourceMap, reports: &Reports) -> (Vec<(FileId, Parsed)>, bool) {
    let mut read = Vec::new();
    for id in flows {
        let mut parsed = parse(*id, sources.file(*id).map_or("", |f| &*f.text));
        parsed.diagnostics.iter().cloned().for_each(|d| reports.add(d));
        for item in &mut parsed.file.items {
            if let ast::Item::Workflow(workflow) = item {
                reach::words(workflow, reports);
            }
        }
        read.push((*id, parsed));
    }
    let incomplete = read.iter().flat_map(|(_, parsed)| &parsed.file.items).any(|item| matches!(item, ast::Item::Broken(_)));
    (read, incomplete)
}

fn scripts(files: &BookFiles, sources: &mut SourceMap, reports: &Reports) -> Vec<RuleScript> {
    let mut scripts = Vec::new();
    for file in sorted(&files.rules) {
        let id = sources.add(file.path.clone(), file.text.as_str());
        match Layer::of_path(&file.path) {
            Ok(layer) => scripts.push(RuleScript { path: file.path.clone(), layer, text: Arc::from(file.text.as_str()), file: id }),
            Err(error) => reports.add(findings::rules::not_a_layer(id, &file.text, &error.0)),
        }
    }
    scripts
}

/// The SHA-256 of the names and texts of all files, in the order of their names.
fn hash(files: &BookFiles) -> String {
    let mut all = sorted(&files.flows);
    all.extend(&files.rules);
    all.push(&files.manifest);
    all.sort_by(|a, b| a.path.cmp(&b.path));
    let mut digest = Sha256::new();
    for file in all {
        for part in [&file.path, &file.text] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
    }
    hex::encode(digest.finalize())
}

struct Checker<'a> {
    sources: &'a SourceMap,
    manifest: &'a Manifest,
    manifest_id: FileId,
    incomplete: bool,
    network: Option<&'a Network>,
    reports: &'a Reports,
}

impl Checker<'_> {
    fn book(&self, items: &[&ast::Item], scripts: &[RuleScript]) -> (Book, Rules) {
        let words: Vec<&ast::VocabItem> = items.iter().filter_map(|i| if let ast::Item::Vocab(w) = i { Some(w) } else { None }).collect();
        let (vocabulary, types) = words::vocabulary(&words, &self.manifest.zone, self.incomplete, self.reports);
        self.default_calendar(&vocabulary);
        let outliner = Outliner { vocabulary: &vocabulary, types: &types, incomplete: self.incomplete, reports: self.reports };
        let outlines = self.outlines(items, &outliner);
        let declared = Declared { vocabulary, outlines, sources: self.sources, incomplete: self.incomplete };
        let mut workflows = BTreeMap::new();
        for (name, outline) in &declared.outlines {
            graph::states(outline, self.reports);
            workflows.insert(name.clone(), Arc::new(workflows::workflow(&declared, outline, self.reports)));
        }
        // What nothing prepares may follow from a mistake: a word that is misspelt prepares nothing.
        if !self.reports.any_error() {
            pairs::pairs(&declared.vocabulary, &workflows, self.reports);
        }
        let codes = scenarios::codes(workflows.values().map(Arc::as_ref));
        let tell = |item: &&ast::Item| match item {
            ast::Item::Scenario(written) => Some(Teller::new(&declared, &self.manifest.zone, &codes, self.reports).scenario(written)),
            _ => None,
        };
        let scenarios = items.iter().filter_map(tell).collect();
        if let (Some(network), Some(folder)) = (self.network, &self.manifest.master) {
            let stories = items.iter().filter_map(|item| if let ast::Item::Scenario(written) = item { Some(written) } else { None });
            stories.for_each(|written| scenario_codes::codes(&declared, network, folder, written, self.reports));
        }
        let (rules, found) = Rules::compile(&declared.vocabulary, scripts);
        found.into_iter().for_each(|d| self.reports.add(d));
        if !self.reports.any_error() {
            rules.trial().into_iter().for_each(|d| self.reports.add(d));
            workflows.values().for_each(|workflow| always::conditions(workflow, self.reports));
            overrides::overrides(&workflows, &rules, self.network, self.reports);
            let from = unused::Sources { manifest: self.manifest, vocabulary: &declared.vocabulary, workflows: &workflows, scripts, network: self.network };
            unused::words(&from, &words, self.reports);
        }
        let book = Book {
            manifest: self.manifest.clone(),
            vocabulary: declared.vocabulary,
            awaited: workflows.values().flat_map(|w| w.transitions.iter().filter_map(|t| t.arrival())).map(|a| a.bin.clone()).collect(),
            workflows,
            scenarios,
            sources: SourceMap::default(),
            hash: String::new(),
        };
        (book, rules)
    }

    fn default_calendar(&self, vocabulary: &Vocabulary) {
        if let Some(calendar) = &self.manifest.calendar
            && !vocabulary.calendars.contains_key(calendar.as_str())
            && !self.incomplete
        {
            let span = manifest::calendar_span(self.sources, self.manifest_id);
            self.reports.add(findings::manifest::unknown_calendar(span, calendar.as_str(), vocabulary.calendars.keys().map(Name::as_str)));
        }
    }

    fn outlines<'w>(&self, items: &[&'w ast::Item], outliner: &Outliner<'_>) -> BTreeMap<Name, Outline<'w>> {
        let mut outlines: BTreeMap<Name, Outline<'w>> = BTreeMap::new();
        for item in items {
            let ast::Item::Workflow(written) = item else { continue };
            match outlines.get(written.name.text.as_str()) {
                Some(first) => self.reports.add(findings::names::twice("workflow", &written.name.text, written.name.span, first.model.span)),
                None => {
                    outlines.insert(name(&written.name), outliner.outline(written));
                }
            }
        }
        outlines
    }
}
