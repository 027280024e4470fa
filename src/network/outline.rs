//! What the check of a book asks of its master data: which parties there are, and which of the book's words they name.
//!
//! Rows count as they are written, right or wrong: what is wrong with them is told by `bincard load --dry-run`. Must not
//! know rules. Tests: `tests.rs`.

use std::path::Path;

use super::names::Names;
use super::raw::{Kind, RawRow};
use super::{read, read_folder};
use crate::base::{Name, PartyCode, SourceMap};
use crate::check::Network;

/// The outline of the network in a folder; nothing where a file of it cannot be read.
#[must_use]
pub fn outline_of(folder: &Path) -> Option<Network> {
    outline(&read_folder(folder).ok()?)
}

/// The outline of a network.
#[must_use]
pub fn outline(sources: &SourceMap) -> Option<Network> {
    let (rows, complete) = read(sources, &mut Vec::new());
    if !complete {
        return None;
    }
    let names = Names::gather(&rows, complete);
    let mut network = Network::default();
    for bu in names.business_units {
        network.units.entry(bu).or_default();
    }
    for (bu, parties) in names.parties {
        let of_kinds = parties.into_iter().filter_map(|(code, facts)| Some((PartyCode::from(code.as_str()), facts.kind?)));
        network.units.entry(bu).or_default().extend(of_kinds);
    }
    let named = |kind: Kind, column: &'static str| {
        let of_kind = rows.iter().filter(move |row: &&RawRow| row.kind == kind);
        of_kind.filter_map(move |row| row.text(column)).map(Name::from).collect()
    };
    network.calendars = named(Kind::Parties, "calendar");
    network.pools = named(Kind::Limits, "pool");
    let codes = |kind: Kind| rows.iter().filter(move |row| row.kind == kind).filter_map(|row| row.text("code")).map(str::to_owned).collect();
    network.parts = codes(Kind::Parts);
    network.contracts = codes(Kind::Contracts);
    network.people = codes(Kind::People);
    Some(network)
}
