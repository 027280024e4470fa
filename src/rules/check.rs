//! Checks of one script that need no run: names, signatures, what rules must not do.
//!
//! Must not know how rules are asked. Tests: `tests/static_checks.rs`.

use rhai::AST;

use super::compile::RuleScript;
use super::parse::Source;
use crate::base::Diagnostic;
use crate::model::Vocabulary;

pub(super) fn script(vocabulary: &Vocabulary, script: &RuleScript, source: &Source, ast: &AST) -> Vec<Diagnostic> {
    let _ = (vocabulary, script, source, ast);
    Vec::new()
}
