//! The network that a book is for, as far as the check of the book asks: which parties there are, and which words they use.
//!
//! Must not know how master data is written. Tests: `check::tests::overrides`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Bu, Name, PartyCode};

/// What a network has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Business units with their parties, each with its kind.
    pub units: BTreeMap<Bu, BTreeMap<PartyCode, Name>>,
    /// The calendars that its parties name.
    pub calendars: BTreeSet<Name>,
    /// The pools that its limits name.
    pub pools: BTreeSet<Name>,
    /// The codes of its parts.
    pub parts: BTreeSet<String>,
    /// The codes of its contracts.
    pub contracts: BTreeSet<String>,
    /// The codes of its people.
    pub people: BTreeSet<String>,
}
