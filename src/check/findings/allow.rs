//! Findings about warnings that are silenced.
//!
//! Must not know how silencing is written. Tests: `check::tests::allow`.

use crate::base::{Diagnostic, Span, suggest};
use crate::check::pages::families;

pub(crate) fn unknown(span: Span, code: &str) -> Diagnostic {
    let known = families().iter().flat_map(|f| &f.pages).map(|p| p.code);
    let finding = Diagnostic::warning("allow-unknown", span, format!("no finding is called `{code}`, so nothing is silenced"));
    match suggest::did_you_mean(code, known) {
        Some(help) => finding.help(help),
        None => finding.help("write the code that stands above the report of the warning"),
    }
}

pub(crate) fn no_reason(span: Span, code: &str) -> Diagnostic {
    Diagnostic::warning("allow-reason", span, format!("`{code}` is not silenced: this does not say why it should be"))
        .help(format!("write `// allow {code} because \"…\"`"))
}

pub(crate) fn nothing(span: Span, code: &str) -> Diagnostic {
    Diagnostic::warning("allow-nothing", span, format!("there is no `{code}` here to be silenced"))
        .help("remove this line; it stands above the line that it is for, or behind it")
}

pub(crate) fn error(span: Span, code: &str) -> Diagnostic {
    Diagnostic::warning("allow-error", span, format!("`{code}` is an error here, and errors are not silenced")).help("mend it, and remove this line")
}
