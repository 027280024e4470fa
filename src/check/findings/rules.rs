//! Findings about what the vocabulary declares: rules and how they are called, calendars, numbers, stock that counts.
//!
//! Must not know scripts. Tests: `check::tests`.

use crate::base::suggest::did_you_mean;
use crate::base::{Diagnostic, FileId, Span};
use crate::model::{RuleParam, RuleSig};
use crate::syntax::ast::Ident;

pub(crate) fn optional_answer(span: Span) -> Diagnostic {
    Diagnostic::error("type-not-here", span, "a rule always answers").help("answer a record with a field that may be absent: `-> { value: money? }`")
}

pub(crate) fn on_hand_outside(id: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::error("bin-is-outside", id.span, format!("`{}` is in the outside world, and never on hand", id.text))
        .also(declared, "declared here")
        .help("name bins of parties only")
}

pub(crate) fn on_hand_twice(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("declared-twice", span, "what counts as on hand is said twice")
        .label("said again here")
        .also(first, "first said here")
        .help("keep one of the two")
}

pub(crate) fn not_a_date(id: &Ident) -> Diagnostic {
    Diagnostic::error("wrong-value", id.span, format!("`{}` is not a date", id.text)).help("write year, month and day: `2026-08-15`")
}

pub(crate) fn not_a_time(id: &Ident) -> Diagnostic {
    Diagnostic::error("wrong-value", id.span, format!("`{}` is not a time of day", id.text)).help("write hours and minutes: `09:30`")
}

pub(crate) fn hours_backwards(span: Span) -> Diagnostic {
    Diagnostic::error("wrong-value", span, "the working day ends before it begins").help("write the earlier time first: `09:30 to 18:30`")
}

pub(crate) fn number_field_absent(id: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::error("may-be-absent", id.span, format!("`{}` may be absent, and a number must not have a hole", id.text))
        .also(declared, "declared here with `?`")
}

pub(crate) fn number_field_list(id: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::error("not-printable", id.span, format!("`{}` is a list and cannot stand in a number", id.text)).also(declared, "declared here")
}

pub(crate) fn number_hole<'a>(id: &Ident, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::error("unknown-name", id.span, format!("a number has no `{{{}}}`", id.text));
    let known: Vec<&str> = known.into_iter().collect();
    match crate::base::suggest::nearest(&id.text, known.iter().copied()) {
        Some(found) => finding.help(format!("did you mean `{{{found}}}`?")),
        None => finding.help(format!("known here: {}", known.iter().map(|k| format!("`{{{k}}}`")).collect::<Vec<_>>().join(", "))),
    }
}

pub(crate) fn number_expression(span: Span) -> Diagnostic {
    Diagnostic::error("number-hole", span, "a hole of a number holds one word").help("write `{fy}`, `{yyyy}`, `{mm}`, `{bu}`, `{party}`, `{seq:5}` or a field")
}

pub(crate) fn seq_width(span: Span) -> Diagnostic {
    Diagnostic::error("number-hole", span, "a series counts with 1 to 12 digits").help("write `{seq:5}`")
}

pub(crate) fn one_seq(span: Span, found: usize) -> Diagnostic {
    let title = if found == 0 { "this number does not count" } else { "this number counts more than once" };
    Diagnostic::error("number-seq", span, title).help("write `{seq:5}` exactly once: the place of the counter, with 5 digits")
}

/// A call of something that is not a rule.
pub(crate) fn unknown_rule<'a>(id: &Ident, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::error("unknown-rule", id.span, format!("there is no rule `{}`", id.text));
    match did_you_mean(&id.text, known) {
        Some(help) => finding.help(help),
        None => finding.help(format!("declare it in the vocabulary: `rule {}(…) -> …`", id.text)),
    }
}

fn signature(rule: &RuleSig) -> String {
    let params: Vec<String> = rule.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
    format!("{}({})", rule.named.name, params.join(", "))
}

pub(crate) fn argument_count(span: Span, rule: &RuleSig, wanted: usize, found: usize) -> Diagnostic {
    let plural = if wanted == 1 { "argument" } else { "arguments" };
    Diagnostic::error("argument-count", span, format!("`{}` wants {wanted} {plural}, not {found}", rule.named.name))
        .also(rule.named.span, "declared here")
        .help(format!("write `{}`", signature(rule)))
}

/// `choosing` with the wrong number of arguments.
pub(crate) fn choosing_arguments(span: Span, rule: &RuleSig, wanted: &[&RuleParam], found: usize) -> Diagnostic {
    let names: Vec<&str> = wanted.iter().map(|p| p.name.as_str()).collect();
    let example = if names.is_empty() { format!("`choosing {}`", rule.named.name) } else { format!("`choosing {}({})`", rule.named.name, names.join(", ")) };
    Diagnostic::error("argument-count", span, format!("`{}` wants {} more than the line and the lot, not {found}", rule.named.name, count(wanted.len())))
        .also(rule.named.span, "declared here")
        .help(format!("write {example}"))
}

fn count(arguments: usize) -> String {
    match arguments {
        0 => "nothing".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}

/// A rule that cannot choose lots.
pub(crate) fn cannot_choose(id: &Ident, rule: &RuleSig, why: &str) -> Diagnostic {
    Diagnostic::error("rule-cannot-choose", id.span, format!("`{}` cannot choose lots: {why}", id.text))
        .also(rule.named.span, "declared here")
        .help(format!("declare it as `rule {}(line: line, lot: lot) -> {{ take: yes or no, rank: list of number or date, reason: text }}`", id.text))
}

/// The wrong number of values for a built-in function.
pub(crate) fn builtin_arguments(span: Span, function: &str) -> Diagnostic {
    let example = if matches!(function, "min" | "max") { format!("`{function}(a, b)`") } else { format!("`{function}(a)`") };
    Diagnostic::error("argument-count", span, format!("`{function}` is written {example}"))
}

/// A script in a folder that is no layer.
pub(crate) fn not_a_layer(file: FileId, text: &str, path: &str) -> Diagnostic {
    let end = text.find('\n').unwrap_or(text.len());
    Diagnostic::error("rule-not-in-layer", Span::new(file, 0, end), format!("`{path}` is in no layer"))
        .help("put it into `default`, `bu/<business unit>` or `asp/<service partner>` of the rules folder")
}
