//! Go to definition, to the layers of a rule, find references, highlight.
//!
//! Must not know how names are found. Tests: `tests/it/editor_names.rs`.

use gen_lsp_types::{DocumentHighlight, DocumentHighlightKind, Location};

use super::index::{Occurrence, Role, Symbol, WordKind};
use super::routes::Place;
use super::view::View;
use crate::base::FileId;
use crate::rules::Layer;

/// Where the name at a place is declared. From a rule's declaration it goes to what is written for it; from `base` to the
/// layer below.
#[must_use]
pub fn definition(place: &Place) -> Vec<Location> {
    let view = &place.view;
    let Some(found) = view.name_at(place.file, place.position) else { return Vec::new() };
    if matches!(found.symbol, Symbol::Word(WordKind::Rule, _)) {
        match found.role {
            Role::Declares => return layers(place),
            _ if view.slice(found.span) == "base" => return below(view, &found.symbol, place.file).into_iter().collect(),
            _ => {}
        }
    }
    view.index().declaration(&found.symbol).map(|o| view.location(o.span)).into_iter().collect()
}

/// What is written for the rule at a place, in every layer; for other names, their declaration.
#[must_use]
pub fn layers(place: &Place) -> Vec<Location> {
    let view = &place.view;
    let Some(found) = view.name_at(place.file, place.position) else { return Vec::new() };
    let written: Vec<Location> = view.index().of_symbol(&found.symbol).filter(|o| o.role == Role::Writes).map(|o| view.location(o.span)).collect();
    if written.is_empty() { view.index().declaration(&found.symbol).map(|o| view.location(o.span)).into_iter().collect() } else { written }
}

/// The rule as the layer below writes it: for a party's, the standard, because which business unit's lies between depends
/// on who asks.
fn below(view: &View, rule: &Symbol, file: FileId) -> Option<Location> {
    let layer = |o: &Occurrence| Layer::of_path(view.name(o.span.file)).ok();
    let own = Layer::of_path(view.name(file)).ok()?;
    let written: Vec<&Occurrence> = view.index().of_symbol(rule).filter(|o| o.role == Role::Writes).collect();
    let lower = written.iter().filter(|o| layer(o).is_some_and(|l| l < own && l == Layer::Default));
    lower.map(|o| view.location(o.span)).next()
}

/// All places of the name at a place, in flows, scenarios and scripts.
#[must_use]
pub fn references(place: &Place, declared: bool) -> Vec<Location> {
    let view = &place.view;
    let Some(found) = view.name_at(place.file, place.position) else { return Vec::new() };
    let places = view.index().of_symbol(&found.symbol).filter(|o| declared || o.role != Role::Declares);
    places.map(|o| view.location(o.span)).collect()
}

/// The places of the name in the same file.
#[must_use]
pub fn highlights(place: &Place) -> Vec<DocumentHighlight> {
    let view = &place.view;
    let Some(found) = view.name_at(place.file, place.position) else { return Vec::new() };
    let here = view.index().in_file(place.file).filter(|o| o.symbol == found.symbol);
    let kind = |role| if role == Role::Uses { DocumentHighlightKind::Read } else { DocumentHighlightKind::Write };
    here.map(|o| DocumentHighlight { range: view.range(o.span), kind: Some(kind(o.role)) }).collect()
}
