//! Where findings are collected: one mistake at one place is reported once.
//!
//! Must not know what is being checked. Tests: `check::tests`.

use std::cell::RefCell;

use crate::base::{Diagnostic, Severity};

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

    /// All findings, in the order of the files and of the places in them.
    pub(super) fn into_sorted(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|f| (f.span().file, f.span().start, f.span().end));
        found
    }
}
