//! Findings about what stands in a book in vain: words that nothing uses, conditions that never change, rules that nobody asks.
//!
//! Must not know how that is found. Tests: `check::tests`.

use crate::base::{Diagnostic, Span};

pub(crate) fn constant(span: Span, holds: bool) -> Diagnostic {
    let (title, help) = if holds {
        ("this always holds", "leave the condition out, or compare something else")
    } else {
        ("this never holds", "remove what depends on it, or compare something else")
    };
    Diagnostic::warning("constant-condition", span, title).help(help)
}

/// `what` with its article, `the condition`.
pub(crate) fn unused_word(span: Span, what: &str, name: &str) -> Diagnostic {
    let help = match what {
        "the calendar" => "name it as `default_calendar` in `bincard.yaml` or at a party in master data, or remove the line",
        "the bin" => "move parts into it or out of it, or remove the line",
        _ => "use it in a flow or a rule, or remove the line",
    };
    Diagnostic::warning("unused-word", span, format!("{what} `{name}` is declared and used nowhere")).help(help)
}

pub(crate) fn unreached(span: Span, why: String, help: String) -> Diagnostic {
    Diagnostic::warning("rule-unreached", span, why).help(help)
}
