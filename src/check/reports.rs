//! Where findings are collected: one mistake at one place is reported once.
//!
//! Must not know what is being checked. Tests: `check::tests`.

use std::cell::RefCell;

use crate::base::{Diagnostic, Severity, Span};

/// What is told of clauses that stand inside a block only because a `}` is missing.
const FOLLOWS: [&str; 5] = ["not-in-each-line", "wrong-level", "nested-each", "needs-line", "asked-twice"];

/// Collects findings while a book is checked.
#[derive(Debug, Default)]
pub(super) struct Reports {
    found: RefCell<Vec<Diagnostic>>,
}

impl Reports {
    /// Adds a finding, unless the same one stands at the same place already.
    pub(super) fn add(&self, finding: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if !found.iter().any(|f| f.code == finding.code && f.span() == finding.span()) {
            found.push(finding);
        }
    }

    /// Whether the book cannot be used.
    pub(super) fn any_error(&self) -> bool {
        self.found.borrow().iter().any(|f| f.severity == Severity::Error)
    }

    /// All findings, in the order of the files and of the places in them; without those that follow from a brace that is
    /// missing, since what stands behind it is read as if it stood inside.
    pub(super) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        let unclosed: Vec<Span> = found.iter().filter(|f| f.code == "unclosed").filter_map(misread).collect();
        let follows = |f: &Diagnostic| {
            FOLLOWS.contains(&f.code) && unclosed.iter().any(|span| span.file == f.span().file && (span.start..span.end).contains(&f.span().start))
        };
        found.retain(|f| !follows(f));
        found.sort_by_key(|f| (f.span().file, f.span().start, f.span().end));
        found
    }
}

/// From a brace that is never closed to where its end is missing.
fn misread(unclosed: &Diagnostic) -> Option<Span> {
    let end = unclosed.labels.get(1).map_or(u32::MAX, |label| label.span.start);
    unclosed.labels.first().map(|opened| Span { end, ..opened.span })
}
