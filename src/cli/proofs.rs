//! The proofs of a book: made the same way by every command that asks for them, and taken in beside what reading found.
//!
//! What may be silenced, and what the text of a condition has shown already, is the same for all. Must not show anything.
//! Tests: `tests/it/proofs.rs`, `tests/it/change_apply.rs`.

use crate::base::{Diagnostic, Severity, Span};
use crate::change::{Proofs, Unproved};
use crate::check::Checked;
use crate::prove::{self, Options, Proved};

use super::book::OpenBook;

/// Proves a book, and takes into what checking found what the proofs find.
pub fn prove(checked: &mut Checked, opened: &OpenBook, options: &Options) -> Vec<Proved> {
    let proofs = prove::prove(&opened.book, &opened.rules, options);
    let everything = options.only.is_empty() && proofs.iter().all(Proved::is_whole);
    let found = proofs.iter().flat_map(|p| &p.findings).map(|f| &f.diagnostic).filter(|finding| !told(checked, finding)).cloned().collect();
    checked.take_in(found, everything);
    proofs
}

/// Whether the text of a condition has shown already what a proof found of it.
fn told(checked: &Checked, finding: &Diagnostic) -> bool {
    let within = |outer: Span, inner: Span| outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end;
    finding.code == "branch-never-taken" && checked.diagnostics.iter().any(|d| d.code == "constant-condition" && within(finding.span(), d.span()))
}

/// What a plan keeps of the proofs of its book, which reading found no error in.
pub fn of_plan(mut checked: Checked, opened: &OpenBook) -> Proofs {
    prove(&mut checked, opened, &Options::default());
    let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let unproved = |d: &Diagnostic| Unproved { code: d.code.to_owned(), title: d.title.clone(), place: checked.sources.place(d.span()) };
    Proofs { book: opened.book.hash.clone(), errors: errors.map(unproved).collect() }
}
