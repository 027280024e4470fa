//! What can be wrong with a book, in an analyst's words: one file a family, one function a finding.
//!
//! Wording: lower case, no final period, the user's words in backticks; the help says what to type. Must not know how a
//! mistake is found. Tests: `check::tests`, one spoiled text for each.

pub(super) mod allow;
pub(super) mod clauses;
pub(super) mod idle;
pub(super) mod manifest;
pub(super) mod names;
pub(super) mod pairs;
pub(super) mod rules;
pub(super) mod scenarios;
pub(super) mod states;
pub(super) mod times;
pub(super) mod types;
