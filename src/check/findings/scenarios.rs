//! Findings about scenarios.
//!
//! Must not know how scenarios are read. Tests: `check::tests`.

use super::types::aloud;
use crate::base::suggest::{did_you_mean, nearest};
use crate::base::{Diagnostic, Span};
use crate::model::Type;
use crate::syntax::ast::Ident;

pub(crate) fn not_a_moment(span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("wrong-value", span, format!("`{written}` is not a day and time")).help("write `on 2026-04-20` or `on 2026-04-20 09:30`")
}

pub(crate) fn unknown_document<'a>(id: &Ident, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::error("unknown-document", id.span, format!("no document is called `{}` yet in this scenario", id.text));
    match did_you_mean(&id.text, known) {
        Some(help) => finding.help(help),
        None => finding.help(format!("open it first: `when … opens … {}`, or name one that was started: `then … started … {}`", id.text, id.text)),
    }
}

pub(crate) fn unknown_code<'a>(id: &Ident, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::error("unknown-code", id.span, format!("nothing in this book is refused with `{}`", id.text));
    match nearest(&id.text, known.into_iter().chain(["guard", "not_allowed", "role_denied", "bad_input", "not_enough", "four_eyes", "claimed"])) {
        Some(code) => finding.help(format!("did you mean `{code}`?")),
        None => finding.help("write `guard`, `not_allowed`, `role_denied`, `not_enough`, or the `code` of a guard"),
    }
}

pub(crate) fn given_twice(id: &Ident) -> Diagnostic {
    Diagnostic::error("declared-twice", id.span, format!("`{}` is given twice", id.text)).help("give it once")
}

pub(crate) fn one_value(id: &Ident, found: &[String]) -> Diagnostic {
    let [first, second, ..] = found else {
        return Diagnostic::error("wrong-value", id.span, format!("`{}` has no value", id.text)).help(format!("write it behind it: `{} …`", id.text));
    };
    let next = if second.starts_with(|c: char| c.is_alphabetic()) && *second != id.text { format!("{second} …") } else { "…".to_owned() };
    Diagnostic::error("wrong-value", id.span, format!("`{}` takes one value, and {} stand here", id.text, found.len()))
        .help(format!("a comma stands between the values of a list; the next field of a line follows without one: `{} {first} {next}`", id.text))
}

pub(crate) fn wrong_value(span: Span, raw: &str, wanted: &Type) -> Diagnostic {
    let finding = Diagnostic::error("wrong-value", span, format!("`{raw}` is not {}", aloud(wanted)));
    match wanted {
        Type::YesNo => finding.help("write `yes` or `no`"),
        Type::Date => finding.help("write year, month and day: `2026-04-20`"),
        Type::Sodo => finding.help("write sales order and delivery order in quotes: `\"4500010001/10 80001234/10\"`"),
        _ => finding,
    }
}

pub(crate) fn no_lines(span: Span, workflow: &str, declared: Span) -> Diagnostic {
    Diagnostic::error("no-lines", span, format!("documents of `{workflow}` have no lines")).also(declared, "declared here").help("leave `lines …` out")
}

pub(crate) fn which_quantity(span: Span) -> Diagnostic {
    Diagnostic::error("which-quantity", span, "lines of this workflow have no quantity that this could be").help("write the field before it")
}

pub(crate) fn how_many(span: Span, part: &str) -> Diagnostic {
    Diagnostic::error("how-many", span, format!("this does not say how much of {part}")).help(format!("write `{part} 3`"))
}

pub(crate) fn not_in_master<'a>(id: &Ident, what: &str, folder: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let described = format!("or describe it in the scenario: `given {what} {} …`", id.text);
    Diagnostic::error("not-in-master", id.span, format!("there is no {what} `{}` in the master data `{folder}`", id.text)).help(
        match did_you_mean(&id.text, known) {
            Some(help) => format!("{help} {described}"),
            None => format!("name one that is there, {described}"),
        },
    )
}
