//! The page of a workflow: what it is for, its picture, who may do what, and everything that each transition asks, requires and does.
//!
//! Must not know how pages are written. Tests: `tests/it/handbook.rs`.

use crate::base::Name;
use crate::model::{Ask, Book, ClauseKind, Field, FieldKind, State, Transition, Type, Workflow};
use crate::picture::{self, Overlay, Words};

use super::block::{Block, Inline, Page, Words as Cell, cell, code, code_cell, joined, link, prose, text};
use super::effects::{self, Effect};
use super::{INDEX, role_page, scenarios, transition_link};

/// The page of a workflow.
pub fn page(book: &Book, workflow: &Workflow) -> Page {
    let words = Words { book, workflow };
    let mut page = Page { name: workflow.name.to_string(), title: workflow.title.clone(), blocks: Vec::new() };
    page.prose(&workflow.doc);
    facts(&mut page, &words);
    let (machine, scene) = picture::draw(book, workflow, &Overlay::default(), false);
    page.heading(2, "picture", "Picture");
    page.blocks.push(Block::Picture(picture::svg(&machine, &scene), picture::mermaid(&machine)));
    states(&mut page, &words);
    roles(&mut page, &words);
    fields(&mut page, &words);
    let all = effects::effects(&workflow.transitions);
    for (heading, (titles, rows)) in [
        ("Moves", effects::moves(&words, &all)),
        ("Obligations", effects::obligations(&words, &all)),
        ("Messages", effects::messages(&words, &all)),
        ("Papers, documents and keys", effects::consequences(&words, &all)),
    ] {
        page.table(heading, titles, rows);
    }
    page.heading(2, "transitions", "Transitions");
    workflow.transitions.iter().for_each(|t| transition(&mut page, &words, t));
    rules(&mut page, &words);
    scenarios::of(&mut page, book, workflow);
    page
}

/// The number, version and kin of its documents.
fn facts(page: &mut Page, words: &Words<'_>) {
    let workflow = words.workflow;
    let mut facts = vec![vec![text("In the book: "), code(format!("workflow {}", workflow.name)), text(format!(", version {}", workflow.version))]];
    facts.push(vec![text("Documents are numbered "), code(words.template(&workflow.number))]);
    let others = |all: Vec<&Workflow>| joined(all.into_iter().map(|w| link(w.title.clone(), w.name.to_string(), "")));
    let starters = words.starting();
    if !starters.is_empty() {
        facts.push([vec![text("Started by ")], others(starters)].concat());
    }
    let started = words.started();
    if !started.is_empty() {
        facts.push([vec![text("Starts ")], others(started)].concat());
    }
    page.blocks.push(Block::List(facts));
}

fn states(page: &mut Page, words: &Words<'_>) {
    let kind = |state: &State| match (state.initial, state.is_final) {
        (true, _) => "begins",
        (_, true) => "ends",
        _ => "",
    };
    let row = |state: &State| {
        let deadline = state.deadline.as_ref().map(|d| words.deadline(d)).unwrap_or_default();
        let leaving = words.workflow.transitions.iter().filter(|t| t.from.contains(&state.name) && !t.anywhere && t.approves.is_none());
        let ways = joined(leaving.map(|t| transition_link(&t.name)));
        vec![vec![code(state.name.to_string())], cell(label(&state.label, &state.name)), cell(kind(state)), cell(deadline), prose(&state.doc), ways]
    };
    page.table("States", &["state", "what people call it", "", "deadline", "", "what can be done"], words.workflow.states.iter().map(row).collect());
}

/// Roles over transitions.
fn roles(page: &mut Page, words: &Words<'_>) {
    let workflow = words.workflow;
    let mut roles: Vec<&Name> = Vec::new();
    for role in workflow.transitions.iter().flat_map(|t| &t.by).filter(|role| **role != "system") {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    let order: Vec<&Name> = words.book.vocabulary.roles.keys().filter(|role| roles.contains(role)).collect();
    let mut titles = vec!["transition".to_owned()];
    titles.extend(order.iter().map(|role| words.role(role)));
    titles.extend(["by itself".to_owned(), "but".to_owned()]);
    let row = |transition: &Transition| {
        let mut row: Vec<Cell> = vec![vec![transition_link(&transition.name)]];
        row.extend(order.iter().map(|role| if transition.by.contains(role) { cell("●") } else { Vec::new() }));
        row.push(cell(by_itself(words, transition)));
        row.push(cell(words.barred(transition).join("; ")));
        row
    };
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    page.table("Who may do what", &titles, workflow.transitions.iter().map(row).collect());
    let pages = joined(order.into_iter().map(|role| link(words.role(role), role_page(role), "")));
    if !pages.is_empty() {
        page.blocks.push(Block::Para([vec![text("Task lists: ")], pages].concat()));
    }
}

fn by_itself(words: &Words<'_>, transition: &Transition) -> String {
    let triggers: Vec<String> = transition.triggers.iter().map(|t| words.trigger(t)).collect();
    if triggers.is_empty() && transition.by.iter().any(|role| role == "system") {
        return words.who_starts(transition);
    }
    triggers.join(", ")
}

fn fields(page: &mut Page, words: &Words<'_>) {
    let row = |field: &Field| {
        let default = field.default.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![vec![code(field.name.to_string())], cell(label(&field.label, &field.name)), cell(type_of(field)), code_cell(default)]
    };
    let titles = ["field", "what people call it", "type", "unless given"];
    page.table("Fields", &titles, words.workflow.fields.iter().map(row).collect());
    page.table("Fields of each line", &titles, words.workflow.line_fields.iter().map(row).collect());
    if let Some(inbound) = &words.workflow.inbound {
        page.blocks.push(Block::Para(vec![
            text("Until the document has ended, each line promises "),
            code(words.expr(&inbound.quantity)),
            text(" to "),
            code(inbound.party.to_string()),
            text("."),
        ]));
    }
}

/// The type of a field, in words.
fn type_of(field: &Field) -> String {
    let optional = if field.ty.is_optional() { ", may be left out" } else { "" };
    let kinds: Vec<&str> = field.kinds.iter().map(Name::as_str).collect();
    match field.kind {
        FieldKind::Party if !kinds.is_empty() => format!("{}{optional}", kinds.join(" or ")),
        _ => format!("{}{optional}", field.ty.required()),
    }
}

/// A transition with everything to it.
fn transition(page: &mut Page, words: &Words<'_>, transition: &Transition) {
    page.heading(3, super::transition_place(&transition.name), transition.name.to_string());
    page.prose(&transition.doc);
    let from: Vec<&str> = transition.from.iter().map(Name::as_str).collect();
    let from = if transition.anywhere { "any state that is not an end".to_owned() } else { from.join(" or ") };
    let mut lines = Vec::new();
    if let Some(approved) = &transition.approves {
        lines.push(vec![text("The yes that "), transition_link(approved), text(" waits for.")]);
    }
    lines.push(vec![text(if transition.opens() { "Opens a document: ".to_owned() } else { format!("From {from}: ") }), code(words.goals(transition))]);
    lines.push([vec![text("By "), text(words.who(transition))], words.barred(transition).into_iter().map(|b| text(format!("; {b}"))).collect()].concat());
    let all = effects::effects([transition]);
    lines.extend(asked(&all));
    lines.extend(computed(words, &all));
    for to in &transition.to {
        let reasons = words.becomes(transition, to);
        lines.extend(reasons.into_iter().map(|reason| vec![text("Becomes "), code(to.to_string()), text(" "), code(reason)]));
    }
    page.blocks.push(Block::List(lines));
    let (titles, rows) = effects::guards(words, &all);
    page.table("", titles, rows);
}

/// What the actor gives, and what is asked for each line.
fn asked(all: &[Effect<'_>]) -> Option<Cell> {
    let field = |ask: &Ask, per_line: bool| {
        let more = match (per_line, ask.optional) {
            (true, true) => " (each line, optional)",
            (true, false) => " (each line)",
            (false, true) => " (optional)",
            (false, false) => "",
        };
        vec![code(ask.field.to_string()), text(more)]
    };
    let mut parts: Vec<Cell> = Vec::new();
    for effect in all {
        match &effect.clause.kind {
            ClauseKind::Ask(asks) => parts.extend(asks.iter().map(|ask| field(ask, effect.per_line))),
            ClauseKind::AskLines => parts.push(cell("all lines anew")),
            _ => {}
        }
    }
    let parts: Vec<Inline> = parts.join(&text(", "));
    (!parts.is_empty()).then(|| [vec![text("Asks for ")], parts].concat())
}

/// What is computed and what is set.
fn computed(words: &Words<'_>, all: &[Effect<'_>]) -> Vec<Cell> {
    let line = |effect: &Effect<'_>| {
        let (name, value) = match &effect.clause.kind {
            ClauseKind::Let(name, value) | ClauseKind::Set(name, value) => (name, value),
            _ => return None,
        };
        let verb = if matches!(effect.clause.kind, ClauseKind::Let(..)) { "Computes " } else { "Sets " };
        let when = effect.when(words);
        let tail = if when.is_empty() { Vec::new() } else { [vec![text(" (")], when, vec![text(")")]].concat() };
        Some([vec![text(verb), code(name.to_string()), text(" = "), code(words.expr(value))], tail].concat())
    };
    all.iter().filter_map(line).collect()
}

/// The rules that the workflow asks.
fn rules(page: &mut Page, words: &Words<'_>) {
    let row = |(name, sig): (&Name, &crate::model::RuleSig)| {
        let by = words.workflow.transitions.iter().filter(|t| words.asks(t, name));
        let asked = joined(by.map(|t| transition_link(&t.name)));
        let deadlines = words.workflow.states.iter().any(|s| s.deadline.as_ref().is_some_and(|d| words.deadline(d).contains(&format!("{name}("))));
        if asked.is_empty() && !deadlines {
            return None;
        }
        let asked = if asked.is_empty() { cell("deadlines") } else { asked };
        let signature = super::signature(name, sig);
        Some(vec![vec![link(name.to_string(), INDEX, format!("rule-{name}"))], prose(&sig.named.doc), code_cell(signature), asked, layers(words, name)])
    };
    let rows = words.book.vocabulary.rules.iter().filter_map(row).collect();
    page.table("Rules that it asks", &["rule", "decides", "signature", "asked in", "written in"], rows);
}

/// The files that answer a rule, the standard one first.
pub fn layers(words: &Words<'_>, rule: &Name) -> Cell {
    let end = format!("/{rule}.rhai");
    joined(words.book.sources.files().filter(|(_, f)| f.name.ends_with(&end)).map(|(_, f)| code(f.name.clone())))
}

/// What people call it, or its name.
pub fn label(label: &str, name: &Name) -> String {
    if label.is_empty() { name.to_string().replace('_', " ") } else { label.to_owned() }
}

/// A type as the language writes it.
pub fn type_name(ty: &Type) -> String {
    match ty {
        Type::Answer(rule) => rule.to_string(),
        other => other.to_string(),
    }
}
