//! What can be typed in a scenario.
//!
//! Must not know flows beyond their names. Tests: `tests/it/editor_complete.rs`.

use std::collections::{BTreeMap, BTreeSet};

use gen_lsp_types::{CompletionItem, CompletionItemKind as Kind};

use super::wanted::before;
use super::{Rank, item, keyword, named};
use crate::base::{FileId, Name};
use crate::lsp::index::{Part, Symbol, WordKind};
use crate::lsp::view::View;
use crate::model::{StepKind, Workflow};
use crate::syntax::{Around, clause_words};

const EXPECTED: [&str; 5] = ["refused", "nothing changed", "books balance", "stock at", "obligations of"];
const FACTS: [&str; 9] = ["stock at", "master", "part", "party", "person", "rate", "limit", "contract", "supersession"];
const OF_STOCK: [&str; 10] = ["lot", "serial", "received", "expires", "sodo", "rate", "pool", "condition", "owner", "in"];

/// What can be typed at a place of a scenario.
pub fn complete(view: &View, file: FileId, at: usize, around: &Around, clause: &str) -> Vec<CompletionItem> {
    let teller = Teller { view, documents: documents(view, file, at) };
    // `and` begins a new step of the same kind.
    let words = before(clause.rsplit("\n").next().filter(|line| line.trim_start().starts_with("and ")).unwrap_or(clause));
    let words: Vec<&str> = words.into_iter().map(|w| if w == "and" { "then" } else { w }).collect();
    let last = words.last().copied().unwrap_or("");
    match words.first().copied() {
        None => clause_words(around.block).map(|(words, pattern)| keyword(words, Some(pattern))).collect(),
        Some("given") => teller.given(&words, last),
        Some("when") => teller.when(&words, last),
        Some("then") => teller.then(&words, last),
        Some(_) => Vec::new(),
    }
}

/// The documents that the scenario at a place has named, with their workflows.
fn documents(view: &View, file: FileId, at: usize) -> BTreeMap<String, Name> {
    let scenarios = view.checked.draft.scenarios.iter().filter(|s| s.span.file == file && s.span.range().start <= at);
    let Some(scenario) = scenarios.max_by_key(|s| s.span.start) else { return BTreeMap::new() };
    let named = scenario.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Opens { name, workflow, .. } | StepKind::Started { name, workflow, .. } => Some((name.clone(), workflow.clone())),
        _ => None,
    });
    named.collect()
}

struct Teller<'v> {
    view: &'v View,
    documents: BTreeMap<String, Name>,
}

impl Teller<'_> {
    fn keywords(&self, words: &[&str]) -> Vec<CompletionItem> {
        words.iter().map(|word| keyword(word, None)).collect()
    }

    fn words<'n>(&self, kind: WordKind, names: impl Iterator<Item = &'n Name>) -> Vec<CompletionItem> {
        names.map(|name| named(self.view, &Symbol::Word(kind, name.to_string()), Kind::EnumMember, Rank::Book)).collect()
    }

    fn workflow(&self, name: &str) -> Option<&Workflow> {
        self.view.checked.draft.workflows.get(name).map(AsRef::as_ref)
    }

    fn of_document(&self, document: &str) -> Option<&Workflow> {
        self.documents.get(document).and_then(|name| self.workflow(name.as_str()))
    }

    fn named_documents(&self) -> Vec<CompletionItem> {
        let each = self.documents.iter();
        each.map(|(name, workflow)| CompletionItem { detail: Some(workflow.to_string()), ..item(name, Kind::Variable, Rank::Near) }).collect()
    }

    fn fields(&self, workflow: &Workflow, part: Part) -> Vec<CompletionItem> {
        let fields = if part == Part::LineField { &workflow.line_fields } else { &workflow.fields };
        let symbol = |name: &Name| Symbol::Of(part, workflow.name.to_string(), name.to_string());
        fields.iter().map(|f| named(self.view, &symbol(&f.name), Kind::Field, Rank::Near)).collect()
    }

    /// The parties that scenarios of the book speak of.
    fn parties(&self) -> Vec<CompletionItem> {
        let steps = self.view.checked.draft.scenarios.iter().flat_map(|s| &s.steps);
        let codes: BTreeSet<&str> = steps
            .filter_map(|step| match &step.kind {
                StepKind::Stock { party, .. } | StepKind::Obligations { party, .. } => Some(party.as_str()),
                StepKind::StockIs { party, .. } => party.as_deref(),
                StepKind::Opens { actor, .. } | StepKind::Fires { actor, .. } => actor.at.as_deref(),
                _ => None,
            })
            .collect();
        codes.into_iter().map(|code| item(code, Kind::Value, Rank::Book)).collect()
    }

    fn bins(&self) -> Vec<CompletionItem> {
        self.words(WordKind::Bin, self.view.checked.draft.vocabulary.bins.keys())
    }

    /// A word about stock, or what follows one.
    fn stock(&self, last: &str) -> Vec<CompletionItem> {
        let vocabulary = &self.view.checked.draft.vocabulary;
        match last {
            "in" => self.bins(),
            "pool" => self.words(WordKind::Pool, vocabulary.pools.iter().map(|n| &n.name)),
            "owner" => self.words(WordKind::Owner, vocabulary.owners.iter().map(|n| &n.name)),
            "condition" => self.words(WordKind::Condition, vocabulary.conditions.iter().map(|n| &n.name)),
            _ => self.keywords(&OF_STOCK),
        }
    }

    fn given(&self, words: &[&str], last: &str) -> Vec<CompletionItem> {
        match last {
            "given" => self.keywords(&FACTS),
            "at" => self.parties(),
            _ if words.get(1) == Some(&"stock") => self.stock(last),
            _ => Vec::new(),
        }
    }

    fn when(&self, words: &[&str], last: &str) -> Vec<CompletionItem> {
        let after = |word: &str| words.iter().position(|w| *w == word).and_then(|i| words.get(i + 1)).copied();
        let opened = after("opens").and_then(|name| self.workflow(name));
        let fired = words.contains(&"fires").then(|| after("on").and_then(|document| self.of_document(document))).flatten();
        let vocabulary = &self.view.checked.draft.vocabulary;
        match last {
            "when" => self.words(WordKind::Role, vocabulary.roles.keys().chain([&Name::from("system")])),
            "at" | "for" => self.parties(),
            "opens" => self.words(WordKind::Workflow, self.view.checked.draft.workflows.keys()),
            "fires" => self.transitions(),
            "on" => self.named_documents(),
            _ => match opened.or(fired) {
                Some(workflow) if words.contains(&"lines") => self.fields(workflow, Part::LineField),
                Some(workflow) => {
                    let mut items = self.fields(workflow, Part::Field);
                    items.extend(self.keywords(&["with", "for", "lines", "keyed"]));
                    items
                }
                None => self.keywords(&["at", "opens", "fires", "on"]),
            },
        }
    }

    /// The transitions of all workflows of which the scenario has a document.
    fn transitions(&self) -> Vec<CompletionItem> {
        let workflows: BTreeSet<&Name> = self.documents.values().collect();
        let each = workflows.into_iter().filter_map(|name| self.workflow(name.as_str()));
        let symbols = each.flat_map(|w| w.transitions.iter().map(|t| Symbol::Of(Part::Transition, w.name.to_string(), t.name.to_string())));
        symbols.map(|symbol| named(self.view, &symbol, Kind::Method, Rank::Near)).collect()
    }

    fn then(&self, words: &[&str], last: &str) -> Vec<CompletionItem> {
        let workflow = words.get(1).and_then(|document| self.of_document(document));
        let states = |workflow: &Workflow| {
            let symbol = |name: &Name| Symbol::Of(Part::State, workflow.name.to_string(), name.to_string());
            workflow.states.iter().map(|s| named(self.view, &symbol(&s.name), Kind::EnumMember, Rank::Near)).collect::<Vec<_>>()
        };
        match (last, workflow) {
            ("then", _) => [self.named_documents(), self.keywords(&EXPECTED)].concat(),
            ("is", Some(workflow)) => states(workflow),
            ("has", Some(workflow)) => {
                let part = if words.contains(&"line") { Part::LineField } else { Part::Field };
                [self.fields(workflow, part), self.keywords(&["paper"])].concat()
            }
            ("paper", _) => self.words(WordKind::Paper, self.view.checked.draft.vocabulary.documents.keys()),
            ("started", _) => self.words(WordKind::Workflow, self.view.checked.draft.workflows.keys()),
            ("at" | "of", _) => self.parties(),
            (".", _) => self.bins(),
            ("for", _) => self.named_documents(),
            (_, Some(_)) if words.len() == 2 => self.keywords(&["is", "has", "line", "started"]),
            _ if words.get(1) == Some(&"stock") => [self.keywords(&["is", "is nothing", "for"]), self.stock(last)].concat(),
            _ => Vec::new(),
        }
    }
}
