//! The handbook of a book: a page a workflow, a task list a role, and a first page with the words, all from the checked model.
//!
//! Everything is said in the book's own words: labels, sentences and expressions as they are written. Must not know files,
//! stores or the clock. Tests: `tests/it/handbook.rs`.

mod block;
mod effects;
mod html;
mod index;
mod markdown;
mod role;
mod scenarios;
mod workflow;

pub use block::{Block, Inline, Page, Step};

use crate::base::Name;
use crate::model::{Book, RuleSig, Type};

/// The name of the first page.
pub const INDEX: &str = "index";

/// All pages, the first one first.
#[must_use]
pub fn pages(book: &Book) -> Vec<Page> {
    let mut pages = vec![index::page(book)];
    pages.extend(book.workflows.values().map(|w| workflow::page(book, w)));
    pages.extend(book.vocabulary.roles.values().map(|r| role::page(book, r)));
    pages.push(role::system(book));
    pages
}

/// A page as HTML.
#[must_use]
pub fn html(page: &Page, book: &Book) -> String {
    html::html(page, &book.manifest.name)
}

/// A page as Markdown.
#[must_use]
pub fn markdown(page: &Page, book: &Book) -> String {
    markdown::markdown(page, &book.manifest.name)
}

/// The name of the page of a role.
fn role_page(role: &Name) -> String {
    format!("role-{role}")
}

/// The place of a transition on the page of its workflow.
fn transition_place(transition: &Name) -> String {
    format!("transition-{transition}")
}

/// A transition, leading to its place on the page at hand.
fn transition_link(transition: &Name) -> Inline {
    block::link(transition.to_string(), "", transition_place(transition))
}

/// A rule as it is declared.
fn signature(name: &Name, sig: &RuleSig) -> String {
    let params: Vec<String> = sig.params.iter().map(|p| format!("{}: {}", p.name, workflow::type_name(&p.ty))).collect();
    let answer = match &sig.answer {
        Type::Record(fields) => format!("{{ {} }}", fields.iter().map(|(n, ty)| format!("{n}: {}", workflow::type_name(ty))).collect::<Vec<_>>().join(", ")),
        other => workflow::type_name(other),
    };
    format!("{name}({}) -> {answer}", params.join(", "))
}
