//! Documents that were opened under an older version of their workflow: where they stand in the book's version.
//!
//! A document moves over with its next transition, by the `migrate from` clause of the new version. Pure.
//! Tests: `tests/it/engine_versions.rs`.

use std::borrow::Cow;

use crate::domain::{Document, Reason, ReasonCode};
use crate::model::Workflow;

use super::visit;

/// The document as the book's version of its workflow sees it.
///
/// # Errors
/// The version does not say how documents of the older one move over, or its state is gone without a word.
pub fn current<'d>(workflow: &Workflow, doc: &'d Document) -> Result<Cow<'d, Document>, Box<Reason>> {
    if workflow.version == doc.version {
        return Ok(Cow::Borrowed(doc));
    }
    let stranded = |sentence: String, remedy: String| Err(Box::new(Reason::new(ReasonCode::NotAllowed, sentence).remedy(remedy)));
    let Some(migration) = workflow.migrations.iter().find(|m| m.from == doc.version) else {
        let sentence = format!("the document runs on version {} of `{}`; this book has version {}", doc.version, workflow.name, workflow.version);
        return stranded(sentence, format!("`migrate from {} {{ … }}` in version {}, or the book that it was opened under", doc.version, workflow.version));
    };
    let renamed = migration.states.iter().find(|(old, ..)| *old == doc.state).map_or(&doc.state, |(_, new, _)| new);
    let Some(state) = workflow.state(renamed.as_str()) else {
        let sentence = format!("the document is `{}` under version {}, and version {} has no such state", doc.state, doc.version, workflow.version);
        return stranded(sentence, format!("`state {} -> …` in `migrate from {}`", doc.state, doc.version));
    };
    let mut moved = doc.clone();
    moved.version = workflow.version;
    moved.state = state.name.clone();
    moved.ended = state.is_final;
    visit::renamed(&mut moved, &doc.state, migration);
    Ok(Cow::Owned(moved))
}
