//! The handbook: every transition, move, guard and role of every shipped workflow stands on its page, every link leads somewhere, the pages are well written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use bincard::book_folder;
use bincard::handbook::{self, Page};
use bincard::model::{Book, ClauseKind, Workflow};
use bincard::picture::{Words, all};

use crate::support::markup::{Piece, pieces, texts, values};
use crate::support::{book, root};

/// Pages by name.
type Pages = BTreeMap<String, (Page, Vec<Piece>)>;

/// The shipped book and its handbook, made once for all tests.
fn shipped() -> &'static (Arc<Book>, Pages) {
    static SHIPPED: OnceLock<(Arc<Book>, Pages)> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let book = book::shipped().0;
        let pages = written(&book);
        (book, pages)
    })
}

fn written(book: &Book) -> Pages {
    handbook::pages(book).into_iter().map(|page| (page.name.clone(), (page.clone(), pieces(&handbook::html(&page, book))))).collect()
}

fn has(text: &str, wanted: &str, place: &str) {
    assert!(text.contains(wanted), "{place}: `{wanted}` is missing");
}

/// What a page says, with single spaces, so that a sentence is found across cells and marks.
fn said(read: &[Piece]) -> String {
    texts(read).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_workflow_is_told_whole() {
    let (book, pages) = shipped();
    for workflow in book.workflows.values() {
        let (_, read) = &pages[workflow.name.as_str()];
        let (text, ids) = (said(read), values(read, "id"));
        for state in &workflow.states {
            has(&text, state.name.as_str(), workflow.name.as_str());
            has(&text, &state.label, workflow.name.as_str());
        }
        for transition in &workflow.transitions {
            assert!(ids.contains(&format!("transition-{}", transition.name)), "{}: {}", workflow.name, transition.name);
            for role in transition.by.iter().filter(|r| **r != "system") {
                has(&text, &book.vocabulary.roles[role].named.label, workflow.name.as_str());
            }
        }
        for field in workflow.fields.iter().chain(&workflow.line_fields) {
            has(&text, field.name.as_str(), workflow.name.as_str());
        }
        clauses(book, workflow, read, &text);
    }
}

/// Moves row by row, guards with their sentences, messages.
fn clauses(book: &Book, workflow: &Workflow, read: &[Piece], text: &str) {
    let words = Words { book, workflow };
    let mut moves = 0;
    for clause in workflow.transitions.iter().flat_map(|t| all(&t.body)) {
        match &clause.kind {
            ClauseKind::Move(_) => moves += 1,
            ClauseKind::Require(guard) => {
                has(text, &words.template(&guard.otherwise), workflow.name.as_str());
                has(text, &words.expr(&guard.test), workflow.name.as_str());
            }
            ClauseKind::Notify { text: sentence, .. } => has(text, &words.template(sentence), workflow.name.as_str()),
            ClauseKind::Emit { event, .. } => has(text, event.as_str(), workflow.name.as_str()),
            ClauseKind::Issue { document, .. } => has(text, &words.paper(document), workflow.name.as_str()),
            _ => {}
        }
    }
    assert_eq!(rows_below(read, "moves"), moves, "{}: a row for each move", workflow.name);
}

/// The rows of the table below a heading; none where there is no such heading.
fn rows_below(read: &[Piece], heading: &str) -> usize {
    let at = |piece: &Piece| matches!(piece, Piece::Begin(name, attributes) if name == "h2" && attributes.iter().any(|(n, v)| n == "id" && v == heading));
    let Some(begin) = read.iter().position(at) else { return 0 };
    let table: Vec<&Piece> = read[begin..].iter().take_while(|p| **p != Piece::End("table".to_owned())).collect();
    table.iter().filter(|p| matches!(p, Piece::Begin(name, _) if name == "tr")).count() - 1
}

#[test]
fn every_role_has_its_task_list() {
    let (book, pages) = shipped();
    for (name, role) in &book.vocabulary.roles {
        let (page, read) = &pages[&format!("role-{name}")];
        assert_eq!(page.title, role.named.label);
        let links = values(read, "href");
        for workflow in book.workflows.values() {
            for transition in workflow.transitions.iter().filter(|t| t.by.contains(name)) {
                let wanted = format!("{}.html#transition-{}", workflow.name, transition.name);
                assert!(links.contains(&wanted), "{name}: {wanted}");
            }
        }
    }
    let (_, alone) = &pages["role-system"];
    let text = said(alone);
    for workflow in book.workflows.values() {
        for transition in workflow.transitions.iter().filter(|t| !t.triggers.is_empty()) {
            has(&text, transition.name.as_str(), "what happens by itself");
        }
    }
}

#[test]
fn every_link_leads_somewhere_and_the_pages_are_well_written() {
    let (_, pages) = shipped();
    for (name, (_, read)) in pages {
        let ids = values(read, "id");
        let once: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "{name}: a place has two of one name");
        let begins = |wanted: &str| read.iter().filter(|p| matches!(p, Piece::Begin(n, _) if n == wanted)).count();
        assert_eq!([begins("html"), begins("head"), begins("body"), begins("main"), begins("h1"), begins("script")], [1, 1, 1, 1, 1, 0], "{name}");
        tables_are_even(name, read);
        for href in values(read, "href") {
            let (file, place) = href.split_once('#').unwrap_or((&href, ""));
            let target =
                if file.is_empty() { name.as_str() } else { file.strip_suffix(".html").unwrap_or_else(|| panic!("{name}: `{href}` leaves the handbook")) };
            let (_, there) = pages.get(target).unwrap_or_else(|| panic!("{name}: `{href}` leads to no page"));
            assert!(place.is_empty() || values(there, "id").iter().any(|id| id == place), "{name}: `{href}` leads to no place");
        }
        assert!(values(read, "src").is_empty(), "{name}: nothing is fetched");
    }
}

fn tables_are_even(name: &str, read: &[Piece]) {
    let (mut head, mut cells) = (0, 0);
    for piece in read {
        match piece {
            Piece::Begin(tag, _) if tag == "thead" => head = 0,
            Piece::Begin(tag, _) if tag == "th" => head += 1,
            Piece::Begin(tag, _) if tag == "td" => cells += 1,
            Piece::End(tag) if tag == "tr" => {
                assert!(cells == 0 || cells == head, "{name}: a row of {cells} cells under {head} titles");
                cells = 0;
            }
            _ => {}
        }
    }
}

#[test]
fn labels_are_the_books_own() {
    let mut files = book::files();
    let vocabulary = files.flows.iter_mut().find(|f| f.path.ends_with("vocabulary.flow")).expect("the vocabulary");
    vocabulary.text = vocabulary.text.replace("\"ASP storekeeper\"", "\"Keeper of the spares\"").replace("\"On the shelf\"", "\"In the rack\"");
    let book = book::made(&files).0;
    let pages = written(&book);
    let (_, shipment) = &pages["shipment"];
    let text = said(shipment);
    assert!(text.contains("Keeper of the spares") && !text.contains("ASP storekeeper"));
    assert!(said(&pages["index"].1).contains("In the rack"));
}

#[test]
fn markdown_says_the_same() {
    let (book, pages) = shipped();
    let all: Vec<&Page> = pages.values().map(|(page, _)| page).collect();
    let names: BTreeSet<&str> = all.iter().map(|p| p.name.as_str()).collect();
    for page in &all {
        let text = handbook::markdown(page, book);
        let mut columns = 0;
        for line in text.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            match (line.starts_with('|'), columns) {
                (false, _) => columns = 0,
                (true, 0) => columns = cells,
                (true, before) => assert_eq!(cells, before, "{}: {line}", page.name),
            }
        }
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let file = file.strip_suffix(".md").unwrap_or(&page.name);
            assert!(names.contains(file), "{}: {target}", page.name);
            let there = all.iter().find(|p| p.name == file).expect("a page");
            assert!(place.is_empty() || handbook::markdown(there, book).contains(&format!("<a id=\"{place}\">")), "{}: {target}", page.name);
        }
    }
}

#[test]
fn the_pages_of_a_small_book() {
    let book = book::made(&book_folder::read(&root().join("src/cli/scaffold")).expect("the book of `bincard new`")).0;
    let pages = handbook::pages(&book);
    let page = |name: &str| pages.iter().find(|p| p.name == name).expect("a page");
    insta::with_settings!({ snapshot_path => "snapshots/handbook", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("job_md", handbook::markdown(page("job"), &book));
        insta::assert_snapshot!("job_html", handbook::html(page("job"), &book));
        insta::assert_snapshot!("index_md", handbook::markdown(page("index"), &book));
        insta::assert_snapshot!("role_md", handbook::markdown(page("role-storekeeper"), &book));
    });
}
