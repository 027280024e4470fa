//! Rename: a name in all flows, scenarios and rule scripts of the book at once.
//!
//! The renamed book is checked before anything is handed out: what would make a mistake, or give a name another meaning,
//! is refused with the reason. Must not know how names are found. Tests: `tests/it/editor_names.rs`.

use std::collections::{BTreeMap, HashMap};

use gen_lsp_types::{Range, TextEdit, WorkspaceEdit};

use super::index::{Occurrence, Part, Role, Symbol, WordKind};
use super::routes::{Place, Refusal};
use super::view::{Around, View};
use crate::base::{FileId, Severity, Span};
use crate::book_folder::MANIFEST;
use crate::check::{BookFile, BookFiles};
use crate::rules::Layer;

/// What would be renamed at a place.
///
/// # Errors
/// What stands there has no name that a book gives.
pub fn prepare(place: &Place) -> Result<Range, Refusal> {
    Ok(place.view.range(renamable(place)?.span))
}

/// Renames what stands at a place.
///
/// # Errors
/// It cannot be renamed, or not to this name.
pub fn rename(place: &Place, name: &str) -> Result<WorkspaceEdit, Refusal> {
    let view = &place.view;
    let found = renamable(place)?;
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Refusal::failed(format!("`{name}` is not a name: names are made of letters, digits and `_`, and begin with a letter")));
    }
    if let Some(unread) = unread(view) {
        return Err(Refusal::failed(format!("`{unread}` has mistakes that may hide places of `{}`: mend them first", found.symbol.name())));
    }
    let edits = edits(view, &found.symbol, name);
    verify(view, &found.symbol, name, &edits)?;
    let mut changes: HashMap<_, Vec<TextEdit>> = HashMap::new();
    for (span, new_text) in edits {
        changes.entry(view.uri(span.file)).or_default().push(TextEdit { range: view.range(span), new_text });
    }
    Ok(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

fn renamable(place: &Place) -> Result<&Occurrence, Refusal> {
    let view = &place.view;
    let Some(found) = view.name_at(place.file, place.position) else {
        return Err(Refusal::failed("there is no name here that a book gives"));
    };
    let name = found.symbol.name();
    let refuse = |why: String| Err(Refusal::failed(why));
    if view.slice(found.span) != name {
        return refuse(format!("`{}` is a word of the language", view.slice(found.span)));
    }
    match &found.symbol {
        Symbol::Property(of, _) => refuse(format!("`{name}` is a property that every {of} has")),
        Symbol::Word(WordKind::Role, role) if role == "system" => refuse("`system` is the role of the engine itself".to_owned()),
        Symbol::Of(Part::LineField, _, field) if field == "part" => refuse("every line has a `part`".to_owned()),
        Symbol::Word(WordKind::PartyKind, kind) => match folder_of(view, kind) {
            Some(folder) => refuse(format!("the folder of `{folder}` is named after `{kind}`: rename it first")),
            None => Ok(found),
        },
        symbol if view.index().declaration(symbol).is_none() => refuse(format!("`{name}` is declared nowhere")),
        _ => Ok(found),
    }
}

/// A script in a folder that is named after a kind of party.
fn folder_of<'v>(view: &'v View, kind: &str) -> Option<&'v str> {
    view.files().map(|(_, name)| name).find(|name| matches!(Layer::of_path(name), Ok(Layer::Party { kind: k, .. }) if k == *kind))
}

/// A file of which something could not be read.
fn unread(view: &View) -> Option<&str> {
    let flow = view.checked.flows.iter().find(|(_, parsed)| !parsed.complete).map(|(file, _)| *file);
    let script = view.checked.diagnostics.iter().find(|d| d.code == "rule-syntax").map(|d| d.span().file);
    flow.or(script).map(|file| view.name(file))
}

/// What must be written where.
fn edits(view: &View, symbol: &Symbol, name: &str) -> Vec<(Span, String)> {
    let old = symbol.name();
    let mut edits = Vec::new();
    for place in view.index().of_symbol(symbol).filter(|o| view.slice(o.span) == old) {
        let lent = |o: &&Occurrence| o.span == place.span && o.role == Role::Lends;
        let text = match place.role {
            // `with asp` said two things: now it must say both.
            Role::Lends => format!("{old} = {name}"),
            _ if view.index().in_file(place.span.file).any(|o| lent(&o)) => format!("{name} = {old}"),
            _ => name.to_owned(),
        };
        edits.push((place.span, text));
    }
    edits.extend(in_manifest(view, symbol).map(|span| (span, name.to_owned())));
    edits.sort_by_key(|(span, _)| (span.file, span.start));
    edits.dedup_by_key(|(span, _)| *span);
    edits
}

/// The default calendar is named in the manifest.
fn in_manifest(view: &View, symbol: &Symbol) -> Option<Span> {
    let Symbol::Word(WordKind::Calendar, name) = symbol else { return None };
    let (file, _) = view.files().find(|(_, path)| *path == MANIFEST)?;
    let text = view.text(file)?;
    const KEY: &str = "default_calendar:";
    let at = text.whole.find(KEY)? + KEY.len();
    let rest = text.whole.get(at..)?.lines().next()?;
    let start = at + rest.find(name.as_str())?;
    Some(Span::new(file, start, start + name.len()))
}

/// Checks the book as it would be.
fn verify(view: &View, symbol: &Symbol, name: &str, edits: &[(Span, String)]) -> Result<(), Refusal> {
    let renamed = View::of(&view.root, &applied(view, edits), &Around::default());
    let errors = |view: &View| {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        view.checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).for_each(|d| *counts.entry(d.code).or_default() += 1);
        counts
    };
    let before = errors(view);
    let worse = errors(&renamed).into_iter().filter(|(code, count)| before.get(code).copied().unwrap_or(0) < *count);
    // That the name is taken is the reason; what follows from it is not.
    let worse = worse.min_by_key(|(code, _)| !matches!(*code, "declared-twice" | "name-taken"));
    if let Some((code, _)) = worse {
        let found = renamed.checked.diagnostics.iter().filter(|d| d.code == code);
        let told = found.clone().find(|d| d.title.contains(&format!("`{name}`"))).or_else(|| found.clone().next());
        let (title, place) = told.map_or((String::new(), String::new()), |d| (d.title.clone(), renamed.checked.sources.place(d.span())));
        return Err(Refusal::failed(format!("`{}` cannot be called `{name}`: {title} ({place})", symbol.name())));
    }
    let shape = |view: &View| view.index().places.iter().map(|o| (o.span.file, kind_of(&o.symbol))).collect::<Vec<_>>();
    if shape(view) != shape(&renamed) {
        return Err(Refusal::failed(format!("`{}` cannot be called `{name}`: somewhere `{name}` means something else already", symbol.name())));
    }
    Ok(())
}

/// What kind of thing a name names: it must be the same after a rename.
fn kind_of(symbol: &Symbol) -> (u8, u8) {
    match symbol {
        Symbol::Word(kind, _) => (0, *kind as u8),
        Symbol::Of(part, _, _) => (1, *part as u8),
        Symbol::Inner(inner, _, _) => (2, *inner as u8),
        Symbol::Local(local, ..) => (3, *local as u8),
        Symbol::Property(..) => (4, 0),
    }
}

/// The files of the book with some edits.
fn applied(view: &View, edits: &[(Span, String)]) -> BookFiles {
    let edited = |file: FileId, path: &str| {
        let mut text = view.text(file).map(|t| t.whole.to_string()).unwrap_or_default();
        for (span, new) in edits.iter().rev().filter(|(span, _)| span.file == file) {
            text.replace_range(span.range(), new);
        }
        BookFile { path: path.to_owned(), text }
    };
    let mut files = BookFiles { manifest: BookFile { path: MANIFEST.to_owned(), text: String::new() }, flows: Vec::new(), rules: Vec::new() };
    for (file, path) in view.files() {
        let made = edited(file, path);
        match path {
            MANIFEST => files.manifest = made,
            path if path.ends_with(".rhai") => files.rules.push(made),
            _ => files.flows.push(made),
        }
    }
    files
}
