//! Diagnostics as a person reads them: miette reports with the lines of the flow around each mistake.
//!
//! Must not know what the diagnostics are about, nor print them: a face does. Tests: below, and the spoiled flows in `tests/it`.

mod once;

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, NarratableReportHandler, SourceCode, SourceSpan, SpanContents,
};

use crate::base::source::SourceFile;
use crate::base::{Diagnostic, Label, Severity, SourceMap};

/// More reports than these are counted and not shown.
const SHOWN: usize = 20;
const WIDTH: usize = 100;

/// For whom a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Lines and carets, without colour.
    Plain,
    /// Lines and carets, in colour.
    Colour,
    /// Sentences only, for screen readers.
    Narrated,
}

/// All diagnostics, by file and place: the first twenty in full, the others counted. A name that is not known is told once.
#[must_use]
pub fn reports(map: &SourceMap, diagnostics: &[Diagnostic], style: Style) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| (d.span().file, d.span().start, d.span().end));
    let told = once::once(map, &sorted);
    let mut out: String = told.iter().take(SHOWN).map(|d| report(map, d, style) + "\n").collect();
    let rest = told.len().saturating_sub(SHOWN);
    if rest > 0 {
        out.push_str(&format!("and {rest} more\n"));
    }
    out
}

/// One diagnostic.
#[must_use]
pub fn report(map: &SourceMap, diagnostic: &Diagnostic, style: Style) -> String {
    let home = diagnostic.span().file;
    let (here, elsewhere): (Vec<&Label>, Vec<&Label>) = diagnostic.labels.iter().partition(|l| l.span.file == home);
    let related = elsewhere.into_iter().map(|l| Shown {
        title: &l.text,
        code: None,
        severity: miette::Severity::Advice,
        help: None,
        file: map.file(l.span.file).map(Source),
        labels: vec![Label { span: l.span, text: String::new() }],
        related: Vec::new(),
    });
    let shown = Shown {
        title: &diagnostic.title,
        code: Some(diagnostic.code),
        severity: match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        },
        help: diagnostic.help.as_deref(),
        file: map.file(home).map(Source),
        labels: here.into_iter().cloned().collect(),
        related: related.collect(),
    };
    shown.rendered(style)
}

/// A source file as miette wants it.
#[derive(Debug)]
struct Source<'a>(&'a SourceFile);

impl SourceCode for Source<'_> {
    fn read_span<'s>(&'s self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let inner = self.0.text.as_bytes().read_span(span, before, after)?;
        let contents = MietteSpanContents::new_named(self.0.name.clone(), inner.data(), *inner.span(), inner.line(), inner.column(), inner.line_count());
        Ok(Box::new(contents))
    }
}

/// A diagnostic as miette wants it.
#[derive(Debug)]
struct Shown<'a> {
    title: &'a str,
    code: Option<&'a str>,
    severity: miette::Severity,
    help: Option<&'a str>,
    file: Option<Source<'a>>,
    labels: Vec<Label>,
    related: Vec<Shown<'a>>,
}

impl Shown<'_> {
    fn rendered(&self, style: Style) -> String {
        let mut out = String::new();
        let graphical = |theme| GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false).with_context_lines(2).tab_width(4);
        let done = match style {
            Style::Plain => graphical(GraphicalTheme::unicode_nocolor()).render_report(&mut out, self),
            Style::Colour => graphical(GraphicalTheme::unicode()).render_report(&mut out, self),
            Style::Narrated => NarratableReportHandler::new().with_context_lines(1).render_report(&mut out, self),
        };
        // Writing into a string cannot fail; a span outside of its file can, and then the words alone still help.
        done.map_or_else(|_| format!("{}\n", self.title), |()| out)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|c| Box::new(c) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.file.as_ref().map(|f| f as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().map(|l| {
            let text = (!l.text.is_empty()).then(|| l.text.clone());
            LabeledSpan::new_with_span(text, l.span.range())
        })))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.related.is_empty()).then(|| Box::new(self.related.iter().map(|r| r as &dyn miette::Diagnostic)) as Box<dyn Iterator<Item = _>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn book() -> (SourceMap, Diagnostic) {
        let mut map = SourceMap::default();
        let a = map.add("a.flow", "state draft\nstate draft\n");
        let b = map.add("b.flow", "state other\n");
        let found = Diagnostic::error("twice", Span::new(a, 18, 23), "`draft` is declared twice")
            .label("again here")
            .also(Span::new(a, 6, 11), "first here")
            .also(Span::new(b, 6, 11), "and here")
            .help("delete one");
        (map, found)
    }

    #[test]
    fn a_report_shows_every_place_and_the_help() {
        let (map, found) = book();
        for style in [Style::Plain, Style::Narrated] {
            let text = report(&map, &found, style);
            for piece in ["`draft` is declared twice", "a.flow", "again here", "first here", "b.flow", "and here", "delete one"] {
                assert!(text.contains(piece), "no {piece} in\n{text}");
            }
        }
        assert!(!report(&map, &found, Style::Plain).contains('\u{1b}'));
    }

    #[test]
    fn the_first_twenty_are_shown_and_the_others_counted() {
        let (map, found) = book();
        let many = vec![found; 33];
        assert!(reports(&map, &many, Style::Plain).ends_with("and 13 more\n"));
    }

    #[test]
    fn a_place_outside_of_the_file_still_says_what_is_wrong() {
        let (map, _) = book();
        let found = Diagnostic::error("lost", Span::default(), "lost");
        let far = Diagnostic::error("far", Span::new(found.span().file, 900, 901), "far away");
        assert!(report(&map, &far, Style::Plain).contains("far away"));
    }
}
