//! Findings about names: unknown, declared twice, taken, or meaning more than one thing.
//!
//! Must not know where names come from. Tests: `check::tests`.

use crate::base::suggest::{did_you_mean, list};
use crate::base::{Diagnostic, Span};
use crate::model::Named;
use crate::syntax::ast::Ident;

/// A name that nothing declares. `what` says what is wanted, with its article: `a bin`.
pub(crate) fn unknown<'a>(id: &Ident, what: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let found = Diagnostic::error("unknown-name", id.span, format!("`{}` is not {what}", id.text));
    match did_you_mean(&id.text, known) {
        Some(help) => found.help(help),
        None => found,
    }
}

/// A word that may be a text without its quotes.
pub(crate) fn unknown_text<'a>(id: &Ident, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let help = match crate::base::suggest::nearest(&id.text, known) {
        Some(name) => format!("did you mean `{name}`? A text stands in quotes: `\"{}\"`", id.text),
        None => format!("a text stands in quotes: `\"{}\"`", id.text),
    };
    Diagnostic::error("unknown-name", id.span, format!("nothing is called `{}` here", id.text)).help(help)
}

/// A field that stands on the other level.
pub(crate) fn other_level(id: &Ident, declared: Span, of_line: bool) -> Diagnostic {
    let (title, help) = if of_line {
        (format!("`{}` is a field of lines", id.text), format!("write it inside `each line {{ … }}`, or ask `any line has {} …`", id.text))
    } else {
        (format!("`{}` is a field of the document", id.text), "write it outside `each line`".to_owned())
    };
    Diagnostic::error("wrong-level", id.span, title).also(declared, "declared here").help(help)
}

/// Declared twice; `span` is the later place.
pub(crate) fn twice(what: &str, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("declared-twice", span, format!("{what} `{name}` is declared twice"))
        .label("declared again here")
        .also(first, "first declared here")
        .help("remove one, or give it another name")
}

/// Words of which the first is the default stand in several files; `span` is the first one of a later file.
pub(crate) fn declared_apart(what: &str, span: Span, first: &Named) -> Diagnostic {
    Diagnostic::error("declared-apart", span, format!("the {what}s are declared in more than one file"))
        .label("declared in this file")
        .also(first.span, format!("and in this one: `{}` would be the {what} of new lots, for the name of its file comes first", first.name))
        .help(format!("declare all {what}s in one file: the first of them is the {what} of new lots where a move says nothing else"))
}

/// A name that means something else already.
pub(crate) fn taken(id: &Ident, by: &str, declared: Option<Span>) -> Diagnostic {
    let found = Diagnostic::error("name-taken", id.span, format!("`{}` is already {by}", id.text)).help("choose another name");
    match declared {
        Some(span) => found.also(span, "declared here"),
        None => found,
    }
}

/// A word that means several things, and nothing says which.
pub(crate) fn ambiguous(id: &Ident, meanings: &[&str]) -> Diagnostic {
    Diagnostic::error("ambiguous-name", id.span, format!("`{}` could mean more than one thing here: {}", id.text, meanings.join(" or ")))
        .help("use it beside a field of the type that you mean")
}

/// A property that a value does not have.
pub(crate) fn unknown_property(id: &Ident, of: &str, known: &[String]) -> Diagnostic {
    let found = Diagnostic::error("unknown-property", id.span, format!("{of} has no `{}`", id.text));
    match did_you_mean(&id.text, known.iter().map(String::as_str)) {
        Some(help) => found.help(help),
        None if known.is_empty() => found,
        None => found.help(format!("known here: {}", list(known.iter().map(String::as_str)))),
    }
}

/// A `let` that nothing uses.
pub(crate) fn unused_let(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("unused-let", span, format!("`{name}` is computed and never used")).help("remove the line, or use it")
}

/// A field that people must fill in and that nothing reads.
pub(crate) fn asked_unused(id: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::warning("asked-unused", id.span, format!("`{}` is asked for and never used", id.text))
        .also(declared, "declared here")
        .help("use it in a guard, a move or a rule, or do not ask for it")
}

/// A kind of party, rule or word that lacks a thing the book needs.
pub(crate) fn not_outside(id: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::error("bin-needs-party", id.span, format!("`{}` is a bin of parties: say whose", id.text))
        .also(declared, "declared here")
        .help(format!("write a party field before it, such as `asp.{}`", id.text))
}

/// A bin of the outside world written as if a party had it.
pub(crate) fn outside_with_party(id: &Ident, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error("bin-is-outside", span, format!("`{}` is in the outside world and belongs to no party", id.text))
        .also(declared, "declared here")
        .help(format!("write `{}` alone", id.text))
}

/// A bin that this kind of party does not have.
pub(crate) fn no_such_bin_there<'a>(id: &Ident, kind: &str, declared: Span, there: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let found = Diagnostic::error("bin-not-there", id.span, format!("`{kind}` has no bin `{}`", id.text)).also(declared, "declared here, and for whom");
    let there: Vec<&str> = there.into_iter().collect();
    found.help(format!("bins of `{kind}`: {}", list(there.iter().copied())))
}
