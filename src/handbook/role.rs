//! The task list of a role: what it does in which state, what it is told, and whose work needs its yes; and the list of what happens by itself.
//!
//! Must not know how pages are written. Tests: `tests/it/handbook.rs`.

use crate::base::Name;
use crate::model::{Arrival, Ask, Book, ClauseKind, Field, Role, Transition, Trigger, Workflow};
use crate::picture::Words;

use super::block::{Block, Page, Words as Cell, cell, code, joined, link, prose, text};
use super::effects;
use super::workflow::label;
use super::{role_page, transition_place};

/// The page of a role.
pub fn page(book: &Book, role: &Role) -> Page {
    let name = &role.named.name;
    let mut page = Page { name: role_page(name), title: label(&role.named.label, name), blocks: Vec::new() };
    page.prose(&role.named.doc);
    let at = role.at.as_ref().and_then(|kind| book.vocabulary.party_kinds.iter().find(|k| k.name == *kind));
    let at =
        at.map_or_else(|| ", held for a whole business unit".to_owned(), |kind| format!(", held at one {}", label(&kind.label, &kind.name).to_lowercase()));
    page.blocks.push(Block::Para(vec![text("In the book: "), code(format!("role {name}")), text(at)]));
    let does = rows(book, |words, t| if t.by.contains(name) { tasks(words, t) } else { Vec::new() });
    page.table("On stage: what it does", &["document", "in the state", "transition", "what for", "gives", "leads to", "deadline", "but"], does);
    let opens = rows(book, |words, t| if t.by.contains(name) && t.opens() { vec![opening(words, t)] } else { Vec::new() });
    page.table("What it opens", &["document", "transition", "what for", "gives"], opens);
    page.table("Back stage: what it is told", &["document", "when", "message"], told(book, name));
    page
}

/// The page of what needs nobody.
pub fn system(book: &Book) -> Page {
    let mut page = Page { name: role_page(&"system".into()), title: "By itself".to_owned(), blocks: Vec::new() };
    page.blocks.push(Block::Para(vec![text(
        "What happens without a person: by the clock, as soon as a state is entered, by an event of another system, or because another document asks for it.",
    )]));
    let row = |words: &Words<'_>, t: &Transition| {
        let alone = t.by.iter().any(|r| r == "system");
        let when = |trigger: &Trigger| match trigger {
            Trigger::After(_, state) => format!("{} in {state}", words.trigger(trigger)),
            Trigger::OnArrival(Arrival { party, bin, first_by }) => {
                let first = first_by.as_ref().map(|field| format!(", first by {field}")).unwrap_or_default();
                format!("{} into {party}.{bin}{first}", words.trigger(trigger))
            }
            Trigger::Moment(moment) if moment.states != t.from => {
                format!("{} in {}", words.trigger(trigger), moment.states.iter().map(crate::base::Name::as_str).collect::<Vec<_>>().join(" or "))
            }
            _ => words.trigger(trigger),
        };
        let mut when: Vec<String> = t.triggers.iter().map(when).collect();
        if when.is_empty() && alone {
            when.push(words.who_starts(t));
        }
        if when.is_empty() {
            return Vec::new();
        }
        vec![vec![document(words), names(&t.from), task(words, t), prose(&t.doc), cell(when.join(", ")), cell(words.goals(t))]]
    };
    page.table("Back stage: what is done", &["document", "in the state", "transition", "what for", "when", "leads to"], rows(book, row));
    let mut passed = Vec::new();
    for workflow in book.workflows.values() {
        let words = Words { book, workflow };
        for state in &workflow.states {
            if let Some(deadline) = &state.deadline {
                passed.push(vec![document(&words), vec![code(state.name.to_string())], cell(words.deadline(deadline))]);
            }
        }
    }
    page.table("Deadlines that it watches", &["document", "state", "deadline"], passed);
    page
}

fn rows(book: &Book, of: impl Fn(&Words<'_>, &Transition) -> Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for workflow in book.workflows.values() {
        let words = Words { book, workflow };
        workflow.transitions.iter().for_each(|t| rows.extend(of(&words, t)));
    }
    rows
}

fn document(words: &Words<'_>) -> Cell {
    let workflow: &Workflow = words.workflow;
    vec![link(workflow.title.clone(), workflow.name.to_string(), "")]
}

fn task(words: &Words<'_>, transition: &Transition) -> Cell {
    vec![link(transition.name.to_string(), words.workflow.name.to_string(), transition_place(&transition.name))]
}

fn names(names: &[Name]) -> Cell {
    joined(names.iter().map(|n| code(n.to_string())))
}

/// What a role does with open documents: one row for all states in which it can be done.
fn tasks(words: &Words<'_>, transition: &Transition) -> Vec<Vec<Cell>> {
    if transition.opens() {
        return Vec::new();
    }
    let from = if transition.anywhere { cell("any that is not an end") } else { names(&transition.from) };
    let mut deadlines: Vec<String> = Vec::new();
    for state in transition.from.iter().filter(|_| !transition.anywhere).filter_map(|from| words.workflow.state(from.as_str())) {
        let deadline = state.deadline.as_ref().map(|d| words.deadline(d)).unwrap_or_default();
        let deadline = deadline.split_once(", else").map_or(deadline.clone(), |(within, _)| within.to_owned());
        if !deadline.is_empty() && !deadlines.contains(&deadline) {
            deadlines.push(deadline);
        }
    }
    let purpose = transition.approves.as_ref().map_or_else(|| prose(&transition.doc), |t| cell(format!("gives its yes to {t}")));
    vec![vec![
        document(words),
        from,
        task(words, transition),
        purpose,
        gives(transition),
        cell(words.goals(transition)),
        cell(deadlines.join(", ")),
        cell(words.barred(transition).join("; ")),
    ]]
}

fn opening(words: &Words<'_>, transition: &Transition) -> Vec<Cell> {
    let needed = |field: &&Field| field.default.is_none() && !field.ty.is_optional();
    let name = |field: &Field| field.name.to_string();
    let mut fields: Vec<String> = words.workflow.fields.iter().filter(needed).map(name).collect();
    fields.extend(words.workflow.line_fields.iter().filter(needed).map(|field| format!("line: {}", field.name)));
    for asked in asked(transition) {
        if !fields.contains(&asked) && !fields.contains(&format!("line: {asked}")) {
            fields.push(asked);
        }
    }
    vec![document(words), task(words, transition), prose(&transition.doc), joined(fields.into_iter().map(code))]
}

/// The fields that are asked.
fn gives(transition: &Transition) -> Cell {
    joined(asked(transition).into_iter().map(code))
}

fn asked(transition: &Transition) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for effect in effects::effects([transition]) {
        match &effect.clause.kind {
            ClauseKind::Ask(asks) => fields.extend(asks.iter().map(|a: &Ask| a.field.to_string())),
            ClauseKind::AskLines => fields.push("lines".to_owned()),
            _ => {}
        }
    }
    fields.dedup();
    fields
}

/// Messages, and deadlines that have passed.
fn told(book: &Book, role: &Name) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    for workflow in book.workflows.values() {
        let words = Words { book, workflow };
        for effect in effects::effects(&workflow.transitions) {
            if let ClauseKind::Notify { whom, text: sentence } = &effect.clause.kind
                && whom == role
            {
                let after = [vec![text("after ")], task(&words, effect.transition)].concat();
                rows.push(vec![document(&words), after, cell(words.template(sentence))]);
            }
        }
        for state in &workflow.states {
            let Some(deadline) = state.deadline.as_ref().filter(|d| d.notify.as_ref() == Some(role)) else { continue };
            let within = words.deadline(deadline);
            let within = within.split_once(", else").map_or(within.clone(), |(within, _)| within.to_owned());
            rows.push(vec![
                document(&words),
                vec![text("in "), code(state.name.to_string()), text(format!(" not left {within}"))],
                cell("the deadline has passed"),
            ]);
        }
    }
    rows
}
