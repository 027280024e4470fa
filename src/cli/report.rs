//! Findings about a book, shown: as pictures of the place for people, as data for programs.
//!
//! Must not know how they are found. Tests: `tests/it/cli.rs`.

use std::io::IsTerminal;

use serde_json::{Value as Json, json};

use crate::base::{Diagnostic, Severity, SourceMap, Span};
use crate::render::{Style, reports};

use super::error::CliError;
use super::output::Out;

/// Shows findings to people.
pub fn show(out: Out, findings: &[Diagnostic], sources: &SourceMap) -> Result<(), CliError> {
    if out.is_json() || findings.is_empty() { Ok(()) } else { out.line(text(findings, sources)) }
}

/// Findings as people read them.
pub fn text(findings: &[Diagnostic], sources: &SourceMap) -> String {
    reports(sources, findings, style())
}

/// Findings for programs.
pub fn to_json(findings: &[Diagnostic], sources: &SourceMap) -> Json {
    findings.iter().map(|f| one(f, sources)).collect()
}

fn one(finding: &Diagnostic, sources: &SourceMap) -> Json {
    let labels: Vec<Json> = finding.labels.iter().map(|l| json!({ "text": l.text, "place": place(l.span, sources) })).collect();
    json!({
        "code": finding.code,
        "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
        "title": finding.title,
        "labels": labels,
        "help": finding.help,
    })
}

fn place(span: Span, sources: &SourceMap) -> Json {
    let Some(file) = sources.file(span.file) else { return Json::Null };
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end);
    json!({ "file": file.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column })
}

/// How reports are drawn on this terminal.
fn style() -> Style {
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colours { Style::Colour } else { Style::Plain }
}
