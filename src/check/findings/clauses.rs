//! Findings about clauses: what cannot stand where it stands, or cannot do what it says.
//!
//! Must not know how clauses are read. Tests: `check::tests`.

use crate::base::{Diagnostic, Span};
use crate::syntax::ast::Ident;

pub(crate) fn seq_in_text(span: Span) -> Diagnostic {
    Diagnostic::error("seq-not-here", span, "only numbers of documents count").help("write `{number}` for the number of this document")
}

pub(crate) fn undeclared_field(id: &Ident, what: &str) -> Diagnostic {
    let (block, example) =
        if what == "a field of lines" { ("`lines`", format!("`{} : quantity`", id.text)) } else { ("the workflow", format!("`field {} : text?`", id.text)) };
    Diagnostic::error("unknown-name", id.span, format!("`{}` is not {what}", id.text)).help(format!("declare it in {block}, such as {example}"))
}

pub(crate) fn asked_twice(id: &Ident) -> Diagnostic {
    Diagnostic::error("asked-twice", id.span, format!("`{}` is asked for twice", id.text)).help("ask once")
}

pub(crate) fn not_in_each_line(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("not-in-each-line", span, format!("`{word}` is for the whole document")).help("write it outside `each line`")
}

pub(crate) fn lines_when_opening(span: Span) -> Diagnostic {
    Diagnostic::error("ask-lines-opening", span, "a document that is opened always gets its lines").help("remove `ask lines`")
}

pub(crate) fn become_in_line(id: &Ident) -> Diagnostic {
    Diagnostic::error("not-in-each-line", id.span, "a document has one state, and its lines have none")
        .help(format!("write `become {} when any line has …` outside `each line`", id.text))
}

pub(crate) fn goes_nowhere(span: Span) -> Diagnostic {
    Diagnostic::error("move-goes-nowhere", span, "this move ends where it begins").help("name another bin, or say what changes: `as damaged`")
}

pub(crate) fn new_lot_inside(span: Span) -> Diagnostic {
    Diagnostic::error("new-lot-inside", span, "new units come from the outside world")
        .label("this bin belongs to a party")
        .help("write a bin that is declared `outside`, or leave `as new lot` out")
}

pub(crate) fn new_lot_chosen(span: Span) -> Diagnostic {
    Diagnostic::error("new-lot-chosen", span, "there is nothing to choose from: these units are new")
        .help("leave `choosing` out, or name their serial numbers: `choosing serials …`")
}

pub(crate) fn new_lot_without_pool(span: Span) -> Diagnostic {
    Diagnostic::error("new-lot-without-pool", span, "new units must belong to a pool").help("write `as new lot as pool …`, or declare a field `pool : pool`")
}

pub(crate) fn all_of_shelf(span: Span, bin: &str) -> Diagnostic {
    Diagnostic::error("all-of-shelf", span, format!("`{bin}` holds parts of everybody, not of this document"))
        .help("write how much: `move requested of part …`; `all` takes from clearing bins, where the document holds parts")
}

pub(crate) fn all_of_new(span: Span) -> Diagnostic {
    Diagnostic::error("all-of-new", span, "new units must be counted").help("write how many: `move received of part … as new lot`")
}

pub(crate) fn owe_incomplete(span: Span, help: &str) -> Diagnostic {
    Diagnostic::error("owe-incomplete", span, "this does not say all of what is owed").help(format!("say {help}"))
}

pub(crate) fn only_with_owe(span: Span) -> Diagnostic {
    Diagnostic::error("only-with-owe", span, "to whom, until when and at which rate is said where it is owed").help("leave `to`, `within` and `rate` out here")
}

pub(crate) fn no_reverse(id: &Ident, declared: Span) -> Diagnostic {
    Diagnostic::error("no-reverse", id.span, format!("`{}` has no reverse document", id.text))
        .also(declared, "declared here")
        .help("add one: `document … number \"…\" reverse \"RDC/{fy}/{seq:5}\"`")
}

pub(crate) fn started_has_no_lines(span: Span, workflow: &str, declared: Span) -> Diagnostic {
    Diagnostic::error("no-lines", span, format!("documents of `{workflow}` have no lines")).also(declared, "declared here").help("leave `lines …` out")
}

pub(crate) fn chosen_twice(span: Span) -> Diagnostic {
    Diagnostic::error("chosen-twice", span, "a rule and serial numbers cannot both choose").help("keep one `choosing`; `choosing lots …` may stand beside it")
}

pub(crate) fn which_opening(id: &Ident, openings: &[&str], declared: Span) -> Diagnostic {
    Diagnostic::error(
        "which-opening",
        id.span,
        format!("`{}` can be opened in more than one way: {}", id.text, crate::base::suggest::list(openings.iter().copied())),
    )
    .also(declared, "declared here")
    .help("call the one that is meant here `open`")
}
