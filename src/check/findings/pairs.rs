//! Findings about clauses that count on what no other clause does.
//!
//! Must not know how that is found. Tests: `check::tests`.

use crate::base::{Diagnostic, Span};

pub(crate) fn never_filled(span: Span, bin: &str, workflow: &str) -> Diagnostic {
    Diagnostic::warning("never-filled", span, format!("`{workflow}` never puts anything into `{bin}`, so nothing can be taken out"))
        .help(format!("move parts into `{bin}` first, here or in a workflow that starts this one"))
}

pub(crate) fn never_owed(span: Span, kind: &str, workflow: &str) -> Diagnostic {
    Diagnostic::warning("never-owed", span, format!("nobody ever owes a `{kind}` in `{workflow}`"))
        .help(format!("raise it first: `owe … as {kind} by … to … within …`"))
}

pub(crate) fn never_issued(span: Span, paper: &str, workflow: &str) -> Diagnostic {
    Diagnostic::warning("never-issued", span, format!("`{workflow}` never issues a `{paper}` with reverse"))
        .help(format!("issue it first: `issue {paper} from … to … with reverse`"))
}

pub(crate) fn rule_never_asked(span: Span, rule: &str) -> Diagnostic {
    Diagnostic::warning("rule-never-asked", span, format!("no workflow asks the rule `{rule}`")).help("ask it in a flow, or remove it")
}

pub(crate) fn role_not_here(span: Span, role: &str, kind: &str) -> Diagnostic {
    Diagnostic::warning("role-not-here", span, format!("nobody is `{role}` here: documents of this workflow have no {kind}"))
        .help(format!("declare `party {kind} : {kind}`, or name another role"))
}
