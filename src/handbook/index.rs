//! The first page: all workflows and roles, and the words of the book: bins, conditions, owners, pools, papers, events, rules.
//!
//! Must not know how pages are written. Tests: `tests/it/handbook.rs`.

use crate::base::Name;
use crate::model::{Bin, Book, Named, Workflow};
use crate::picture::Words;

use super::block::{Inline, Page, Words as Cell, cell, code, code_cell, joined, link, prose};
use super::workflow::{label, layers, type_name};
use super::{INDEX, role_page};

/// The first page.
pub fn page(book: &Book) -> Page {
    let mut page = Page { name: INDEX.to_owned(), title: book.manifest.name.clone(), blocks: Vec::new() };
    let row = |w: &Workflow| {
        let first = w.doc.split_inclusive(". ").next().unwrap_or("");
        let states = w.states.len();
        vec![vec![link(w.title.clone(), w.name.to_string(), "")], prose(first), cell(states.to_string()), cell(w.transitions.len().to_string())]
    };
    page.table("Workflows", &["workflow", "what for", "states", "transitions"], book.workflows.values().map(|w| row(w)).collect());
    let kind_of = |name: &Name| book.vocabulary.party_kinds.iter().find(|k| k.name == *name).map_or_else(|| name.to_string(), |k| label(&k.label, name));
    let mut roles: Vec<Vec<Cell>> = Vec::new();
    for (name, role) in &book.vocabulary.roles {
        let at = role.at.as_ref().map(&kind_of).unwrap_or_default();
        roles.push(vec![vec![link(label(&role.named.label, name), role_page(name), "")], vec![code(name.to_string())], cell(at), prose(&role.named.doc)]);
    }
    roles.push(vec![vec![link("By itself", role_page(&"system".into()), "")], vec![code("system")], Vec::new(), cell("what needs nobody")]);
    page.table("Roles and their task lists", &["role", "in the book", "held at", ""], roles);
    page.table("Bins", &["bin", "what people call it", "at", ""], book.vocabulary.bins.values().map(|b| bin(b, &kind_of)).collect());
    words(&mut page, book);
    papers(&mut page, book);
    rules(&mut page, book);
    page
}

/// A cell that can be linked to.
fn named(kind: &str, name: &Name) -> Cell {
    vec![Inline::Place(format!("{kind}-{name}")), code(name.to_string())]
}

fn bin(bin: &Bin, kind_of: &impl Fn(&Name) -> String) -> Vec<Cell> {
    let at = bin.at.iter().map(kind_of).collect::<Vec<_>>().join(", ");
    let holds = match (bin.clearing, bin.outside) {
        (true, _) => "holds parts for one document",
        (_, true) => "the outside world: may go below zero",
        _ => "",
    };
    vec![named("bin", &bin.named.name), cell(label(&bin.named.label, &bin.named.name)), cell(at), cell(holds)]
}

fn words(page: &mut Page, book: &Book) {
    let vocabulary = &book.vocabulary;
    let counted = |name: &Name| if vocabulary.on_hand_conditions.contains(name) { "counts as stock on hand" } else { "" };
    let row = |kind: &'static str| move |n: &Named| vec![named(kind, &n.name), cell(label(&n.label, &n.name)), prose(&n.doc)];
    let conditions = vocabulary.conditions.iter().map(|n| vec![named("condition", &n.name), cell(label(&n.label, &n.name)), cell(counted(&n.name))]);
    let titles = ["word", "what people call it", ""];
    page.table("Conditions", &titles, conditions.collect());
    page.table("Owners", &titles, vocabulary.owners.iter().map(row("owner")).collect());
    page.table("Pools", &titles, vocabulary.pools.iter().map(row("pool")).collect());
    page.table("Kinds of party", &titles, vocabulary.party_kinds.iter().map(row("kind")).collect());
    page.table("Obligations", &titles, vocabulary.obligations.iter().map(row("obligation")).collect());
}

fn papers(page: &mut Page, book: &Book) {
    // A template needs a workflow only for the labels of roles, which numbers have none of.
    let Some(workflow) = book.workflows.values().next() else { return };
    let words = Words { book, workflow };
    let paper = |(name, paper): (&Name, &crate::model::DocumentKind)| {
        let reverse = paper.reverse.as_ref().map(|r| words.template(r)).unwrap_or_default();
        vec![named("paper", name), cell(label(&paper.named.label, name)), code_cell(words.template(&paper.number)), code_cell(reverse)]
    };
    page.table("Papers", &["paper", "what people call it", "number", "number of its reverse"], book.vocabulary.documents.iter().map(paper).collect());
    let event = |(name, event): (&Name, &crate::model::EventKind)| {
        let fields: Vec<String> = event.fields.iter().map(|(n, ty)| format!("{n}: {}", type_name(ty))).collect();
        vec![named("event", name), prose(&event.named.doc), code_cell(fields.join(", "))]
    };
    page.table("Events", &["event", "", "fields"], book.vocabulary.events.iter().map(event).collect());
}

fn rules(page: &mut Page, book: &Book) {
    let asks = |rule: &Name| {
        let in_workflow = |w: &&std::sync::Arc<Workflow>| {
            let words = Words { book, workflow: w };
            w.transitions.iter().any(|t| words.asks(t, rule))
        };
        joined(book.workflows.values().filter(in_workflow).map(|w| link(w.title.clone(), w.name.to_string(), super::block::place("Rules that it asks"))))
    };
    let Some(workflow) = book.workflows.values().next() else { return };
    let words = Words { book, workflow };
    let row = |(name, sig): (&Name, &crate::model::RuleSig)| {
        vec![named("rule", name), prose(&sig.named.doc), code_cell(super::signature(name, sig)), layers(&words, name), asks(name)]
    };
    page.table("Rules", &["rule", "decides", "signature", "written in", "asked by"], book.vocabulary.rules.iter().map(row).collect());
}
