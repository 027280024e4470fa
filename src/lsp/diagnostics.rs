//! Findings as an editor shows them: in open files and closed ones, with related places.
//!
//! Must not know how they are found. Tests: `tests/it/editor_basics.rs`.

use std::collections::BTreeMap;

use gen_lsp_types::{CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Position, Range};
use serde_json::{Value, json};

use super::books::Books;
use super::view::View;
use crate::base::{self, Severity};

/// Findings that point at something that could as well not be there: editors show it faded.
const UNNEEDED: [&str; 9] = [
    "unused-let",
    "unused-word",
    "rule-unused",
    "rule-unused-variable",
    "rule-unreachable",
    "rule-unreached",
    "rule-never-asked",
    "unreachable-state",
    "never-issued",
];

/// What is to be told of each file, by address. A file without findings is told too while it is open, with its version.
pub fn all(books: &mut Books) -> BTreeMap<String, Value> {
    let mut told = BTreeMap::new();
    let versions: BTreeMap<String, i32> = books.buffers().map(|(path, buffer)| (super::uri::of_path(path).0, buffer.version)).collect();
    let spelled: BTreeMap<String, String> = books.buffers().map(|(path, buffer)| (super::uri::of_path(path).0, buffer.uri.0.clone())).collect();
    let mut put = |uri: String, found: Vec<Value>| {
        let version = versions.get(&uri);
        if found.is_empty() && version.is_none() {
            return;
        }
        // An editor knows its files by the address that it writes itself.
        let own = spelled.get(&uri).cloned().unwrap_or(uri);
        let mut params = json!({ "uri": own, "diagnostics": found });
        if let (Some(version), Some(fields)) = (version, params.as_object_mut()) {
            fields.insert("version".to_owned(), json!(version));
        }
        told.insert(own, params);
    };
    for root in books.roots() {
        let Ok(view) = books.view(&root) else { continue };
        for (file, _) in view.files() {
            let found = view.checked.diagnostics.iter().filter(|d| d.span().file == file);
            put(view.uri(file).0, found.filter_map(|d| serde_json::to_value(shown(&view, d)).ok()).collect());
        }
    }
    let open: Vec<_> = books.buffers().map(|(path, _)| path.to_owned()).collect();
    for path in open {
        let ours = path.extension().is_some_and(|e| e == "flow" || e == "rhai");
        if let (Err(homeless), true) = (books.view_of(&path), ours) {
            put(super::uri::of_path(&path).0, serde_json::to_value(notice(homeless.message())).into_iter().collect());
        }
    }
    told
}

/// A finding as the protocol has it.
#[must_use]
pub fn shown(view: &View, found: &base::Diagnostic) -> Diagnostic {
    let severity = match found.severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
    };
    let label = found.labels.first().map(|l| l.text.as_str()).filter(|text| !text.is_empty()).map(|text| format!("\n{text}"));
    let help = found.help.as_ref().map(|help| format!("\nhelp: {help}"));
    let related = found.labels.iter().skip(1);
    let related: Vec<DiagnosticRelatedInformation> =
        related.map(|l| DiagnosticRelatedInformation { location: view.location(l.span), message: l.text.clone() }).collect();
    Diagnostic {
        range: view.range(found.span()),
        severity: Some(severity),
        code: Some(found.code.to_owned().into()),
        code_description: view.page_of(found.code).map(CodeDescription::new),
        source: Some("bincard".to_owned()),
        message: format!("{}{}{}", found.title, label.unwrap_or_default(), help.unwrap_or_default()).into(),
        tags: UNNEEDED.contains(&found.code).then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// A remark at the top of a file.
fn notice(message: String) -> Diagnostic {
    let top = Range { start: Position { line: 0, character: 0 }, end: Position { line: 0, character: 1 } };
    Diagnostic {
        range: top,
        severity: Some(DiagnosticSeverity::Information),
        code: Some("no-book".to_owned().into()),
        source: Some("bincard".to_owned()),
        message: message.into(),
        ..Diagnostic::default()
    }
}
