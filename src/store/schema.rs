//! What the two schemas have in common: their version, and which tables are guarded with which words.
//!
//! Must not know how a statement is run. Tests: `tests/it/store_attacks.rs` attacks every table named here.

use std::collections::BTreeMap;

use super::error::StoreError;

/// The version of the schema that this program writes. It goes up whenever a table, a trigger or a procedure changes;
/// `migrate.rs` says how a database gets there.
pub(super) const VERSION: i64 = 11;

/// When rows of a guarded table may change again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// By a commit.
    Commit,
    /// Never: a row is written once.
    Once,
    /// By the trigger on `move`.
    Derived,
}

const MASTER: &str = "master data is not edited by hand; change its file and run `bincard load`";

/// Every guarded table, how it is guarded, and what to do instead of editing it by hand.
pub(super) const GUARDED: [(&str, Guard, &str); 28] = [
    ("document", Guard::Commit, "a document is not edited by hand; fire a transition"),
    ("document_line", Guard::Commit, "the lines of a document are not edited by hand; fire a transition that asks for them"),
    ("mention", Guard::Commit, "what a document names is not edited by hand; fire a transition"),
    ("event", Guard::Once, "the journal is not edited by hand; fire a transition"),
    ("move", Guard::Once, "a move is not posted by hand; fire a transition"),
    ("stock", Guard::Derived, "stock is not edited by hand; fire a transition, or open a stock count"),
    ("lot", Guard::Once, "a lot is not edited by hand; fire a transition that receives it"),
    ("obligation", Guard::Commit, "an obligation is not edited by hand; fire a transition that settles, waives or debits it"),
    ("obligation_change", Guard::Once, "an obligation is not changed by hand; fire a transition that settles, waives or debits it"),
    ("closing", Guard::Once, "books are not closed by hand, nor opened again; fire a transition that closes them"),
    ("paper", Guard::Commit, "a paper is not edited by hand; fire a transition that issues or closes it"),
    ("series", Guard::Commit, "numbers are not given by hand; fire a transition"),
    ("claim", Guard::Commit, "a claim is not edited by hand; fire a transition"),
    ("child", Guard::Commit, "started documents are not edited by hand; fire a transition"),
    ("timer", Guard::Commit, "timers are not edited by hand; fire a transition"),
    ("outbox", Guard::Commit, "messages are not edited by hand; fire a transition"),
    ("book", Guard::Once, "a book is not edited by hand; deploy a new one"),
    ("deployment", Guard::Once, "a deployment is not written by hand; `bincard apply` deploys a book"),
    ("business_unit", Guard::Commit, MASTER),
    ("party", Guard::Commit, MASTER),
    ("person", Guard::Commit, MASTER),
    ("part", Guard::Commit, MASTER),
    ("rate", Guard::Commit, MASTER),
    ("contract", Guard::Commit, MASTER),
    ("stock_limit", Guard::Commit, MASTER),
    ("supersession", Guard::Commit, MASTER),
    ("seal", Guard::Once, "a seal is not made by hand; `bincard db seal` makes one"),
    ("sealed", Guard::Once, "what a seal covers is not written by hand; `bincard db seal` makes one"),
];

/// Whether the schema must be made, given the version that is there.
pub(super) fn is_missing(found: Option<i64>) -> Result<bool, StoreError> {
    match found {
        None => Ok(true),
        Some(found) if found > VERSION => Err(StoreError::NewerSchema { found, known: VERSION }),
        Some(found) if found < VERSION => Err(StoreError::OlderSchema { found, known: VERSION }),
        Some(_) => Ok(false),
    }
}

/// All that keeps hands off a database, by kind and name, with its text.
pub(super) type Guards = BTreeMap<String, String>;

/// Kind, name and text of each as they are looked up.
pub(super) fn named(rows: Vec<(String, String, String)>) -> Guards {
    rows.into_iter().map(|(kind, name, text)| (format!("{kind} {name}"), text)).collect()
}
