//! Findings about a book, shown: as pictures of the place for people, as data for programs.
//!
//! Must not know how they are found. Tests: `tests/it/cli.rs`.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity as Level};
use serde_json::{Value as Json, json};

use crate::base::{Diagnostic, Severity, SourceMap, Span};

use super::error::CliError;
use super::output::Out;

/// Shows all findings.
pub fn show(out: Out, findings: &[Diagnostic], sources: &SourceMap) -> Result<(), CliError> {
    if out.is_json() {
        return Ok(());
    }
    for finding in findings {
        out.line(picture(finding, sources))?;
    }
    Ok(())
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

/// A finding as a picture of its place.
pub fn picture(finding: &Diagnostic, sources: &SourceMap) -> String {
    let level = if finding.severity == Severity::Error { Level::Error } else { Level::Warning };
    let mut diagnostic = MietteDiagnostic::new(finding.title.clone()).with_code(finding.code).with_severity(level);
    if let Some(help) = &finding.help {
        diagnostic = diagnostic.with_help(help.clone());
    }
    let here = finding.span().file;
    // A picture shows one file; what stands in another is told in words.
    let (inside, elsewhere): (Vec<_>, Vec<_>) = finding.labels.iter().partition(|l| l.span.file == here);
    let spans = inside.iter().enumerate().map(|(i, label)| {
        let text = (!label.text.is_empty()).then(|| label.text.clone());
        let range = label.span.range();
        let at = (range.start, range.len());
        if i == 0 { LabeledSpan::new_primary_with_span(text, at) } else { LabeledSpan::new_with_span(text, at) }
    });
    diagnostic = diagnostic.with_labels(spans);
    let mut report = Report::new(diagnostic);
    if let Some(file) = sources.file(here) {
        report = report.with_source_code(NamedSource::new(&file.name, file.text.to_string()));
    }
    let mut text = String::new();
    let drawn = handler().render_report(&mut text, report.as_ref());
    if drawn.is_err() {
        text = format!("{}: {}\n", sources.place(finding.span()), finding.title);
    }
    for label in elsewhere {
        text.push_str(&format!("  {}: {}\n", sources.place(label.span), label.text));
    }
    text.trim_end().to_owned() + "\n"
}

fn handler() -> GraphicalReportHandler {
    use std::io::IsTerminal;
    let colors = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let theme = if colors { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false)
}
