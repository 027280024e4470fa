//! `bincard test --suggest`: writes scenarios for what nothing covers, and says what it cannot reach.
//!
//! Tests: `tests/it/suggest.rs`.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::base::Name;
use crate::model::{Book, Category, Coverage, Point};
use crate::scenario::suggest::{Desk, Suggestion, Suggestions};
use crate::scenario::{Masters, write};

use super::super::book::OpenBook;
use super::super::error::CliError;
use super::super::output::Out;
use super::super::session::count;
use super::cover;

/// Of what a scenario covers so many things are named above it.
const NAMED: usize = 12;

/// What is wanted.
pub struct Wanted<'a> {
    /// Only for this workflow.
    pub workflow: Option<Name>,
    /// Into this file, instead of on the screen.
    pub file: Option<&'a Path>,
}

/// Suggests scenarios, given what is covered without them.
pub async fn run(opened: &OpenBook, masters: &Masters, covered: Coverage, wanted: Wanted<'_>, out: Out) -> Result<(), CliError> {
    let before = covered.clone();
    let desk = Desk { book: Arc::clone(&opened.book), rules: Arc::clone(&opened.rules), masters, workflow: wanted.workflow.clone() };
    let suggested = desk.suggest(&opened.book.scenarios, covered).await.map_err(CliError::fault)?;
    let text = text(&suggested.found, &opened.book)?;
    let left: Vec<&Point> = left(&suggested, wanted.workflow.as_ref());
    if let Some(file) = wanted.file.filter(|_| !text.is_empty()) {
        let there = if file.exists() { std::fs::read_to_string(file)? } else { String::new() };
        let gap = if there.is_empty() { "" } else { "\n" };
        std::fs::write(file, format!("{there}{gap}{text}"))?;
    }
    if out.is_json() {
        return out.json(&to_json(&suggested, &left, &opened.book, &text));
    }
    if wanted.file.is_none() && !text.is_empty() {
        out.line(&text)?;
    }
    summary(&before, &suggested, wanted.workflow.as_ref(), out)?;
    if let Some(file) = wanted.file.filter(|_| !text.is_empty()) {
        out.line(format!("written to {}; give them titles that say what they show", file.display()))?;
    }
    if left.is_empty() {
        return Ok(());
    }
    out.line(format!("\nNot reached from the scenarios that there are ({}):", left.len()))?;
    let rows: Vec<Vec<String>> = left.iter().map(|p| vec![cover::line_of(&opened.book, p), p.gap.clone()]).collect();
    out.table(&["place", "what"], &rows)
}

fn left<'s>(suggested: &'s Suggestions, workflow: Option<&Name>) -> Vec<&'s Point> {
    suggested.coverage.select(workflow, None).filter(|p| !p.is_covered() && p.category != Category::Rules).collect()
}

fn text(found: &[Suggestion], book: &Book) -> Result<String, CliError> {
    let mut text = String::new();
    for suggestion in found {
        let mut comments: Vec<String> = vec!["Until now:".to_owned()];
        comments.extend(suggestion.covers.iter().take(NAMED).map(|c| format!("- {c}")));
        if suggestion.covers.len() > NAMED {
            comments.push(format!("- and {} more", suggestion.covers.len() - NAMED));
        }
        let written = write(&suggestion.scenario, book, &comments).map_err(|e| CliError::fault(format!("{}: {e:?}", suggestion.scenario.title)))?;
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "{written}");
    }
    Ok(text)
}

fn summary(before: &Coverage, suggested: &Suggestions, workflow: Option<&Name>, out: Out) -> Result<(), CliError> {
    if suggested.found.is_empty() {
        return out.line("nothing to suggest");
    }
    let rows: Vec<Vec<String>> = Category::ALL
        .iter()
        .filter(|c| **c != Category::Rules)
        .map(|c| (c, before.tally(workflow, Some(*c)), suggested.coverage.tally(workflow, Some(*c))))
        .filter(|(_, before, _)| before.all > 0)
        .map(|(c, before, after)| vec![c.word().to_owned(), format!("{} %", before.percent()), format!("{} %", after.percent())])
        .collect();
    out.line(format!("{}:", count(suggested.found.len(), "scenario")))?;
    out.table(&["", "now#", "with them#"], &rows)
}

fn to_json(suggested: &Suggestions, left: &[&Point], book: &Book, text: &str) -> Json {
    let found: Vec<Json> = suggested.found.iter().map(|s| json!({ "title": s.scenario.title, "covers": s.covers })).collect();
    let left: Vec<Json> = left.iter().map(|p| json!({ "place": book.sources.place(p.span), "gap": p.gap })).collect();
    json!({ "outcome": "done", "suggested": found, "text": text, "not_reached": left })
}
