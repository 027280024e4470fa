//! Findings about `bincard.yaml`.
//!
//! Must not know YAML. Tests: `check::tests`.

use crate::base::suggest::{did_you_mean, list};
use crate::base::{Diagnostic, Span};

pub(crate) fn unreadable(span: Span, why: &str) -> Diagnostic {
    let why = why.split(" at line ").next().unwrap_or(why);
    Diagnostic::error("manifest-unreadable", span, "this is not a manifest").label(why).help("write one `key: value` a line, each key once")
}

pub(crate) fn tab(span: Span) -> Diagnostic {
    Diagnostic::error("manifest-unreadable", span, "a TAB stands here, and a manifest is indented with spaces").help("replace it by spaces")
}

pub(crate) fn not_a_table(span: Span) -> Diagnostic {
    Diagnostic::error("manifest-unreadable", span, "this is not a manifest").help("write one `key: value` a line, such as `name: my-book`")
}

pub(crate) fn unknown_key(span: Span, key: &str, known: &[&str]) -> Diagnostic {
    let help = did_you_mean(key, known.iter().copied()).unwrap_or_else(|| format!("known here: {}", list(known.iter().copied())));
    Diagnostic::error("manifest-unknown-key", span, format!("a manifest has no `{key}`")).help(help)
}

pub(crate) fn missing_keys(span: Span, keys: &[&str]) -> Diagnostic {
    let example = |key: &str| match key {
        "name" => "`name: my-book`",
        "currency" => "`currency: INR`",
        _ => "`zone: Asia/Kolkata`",
    };
    let add: Vec<&str> = keys.iter().map(|k| example(k)).collect();
    Diagnostic::error("manifest-missing-key", span, format!("the manifest does not say {}", list(keys.iter().copied()))).help(format!("add {}", add.join(", ")))
}

pub(crate) fn wants_text(span: Span, key: &str) -> Diagnostic {
    Diagnostic::error("manifest-wrong-value", span, format!("`{key}` must be a text"))
}

pub(crate) fn unknown_zone(span: Span, zone: &str) -> Diagnostic {
    Diagnostic::error("manifest-wrong-value", span, format!("there is no time zone `{zone}`")).help("write a zone such as `Asia/Kolkata`")
}

pub(crate) fn not_a_currency(span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("manifest-wrong-value", span, format!("`{written}` is not a currency")).help("write its three capital letters, such as `INR`")
}

pub(crate) fn not_a_month(span: Span) -> Diagnostic {
    Diagnostic::error("manifest-wrong-value", span, "`fiscal_year_starts_in_month` must be a month, 1 to 12")
        .help("write `fiscal_year_starts_in_month: 4` for a year from April")
}

pub(crate) fn unknown_calendar<'a>(span: Span, calendar: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::error("unknown-name", span, format!("`{calendar}` is not a declared calendar"));
    match did_you_mean(calendar, known) {
        Some(help) => finding.help(help),
        None => finding.help(format!("declare it: `calendar {calendar} monday to saturday 09:30 to 18:30`")),
    }
}
