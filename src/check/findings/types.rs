//! Findings about types: what does not fit, what may be absent, what cannot be added.
//!
//! Must not know how types are found. Tests: `check::tests`.

use crate::base::{Diagnostic, Span};
use crate::model::Type;
use crate::syntax::ast::Ident;

/// A type as it is read aloud: `a quantity`, `money`, `text`.
pub(crate) fn aloud(ty: &Type) -> String {
    match ty {
        Type::Money | Type::Text | Type::YesNo | Type::NumberOrDate => ty.to_string(),
        Type::Choice(_) => format!("a choice (`{ty}`)"),
        Type::Time => "a point in time".to_owned(),
        Type::Answer(rule) => format!("the answer of `{rule}`"),
        Type::Optional(inner) => format!("{} that may be absent", aloud(inner)),
        Type::Record(_) => "a record".to_owned(),
        Type::Builtin("document") => "the document".to_owned(),
        Type::Builtin("line") => "the line".to_owned(),
        other => {
            let name = other.to_string();
            let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            format!("{article} {name}")
        }
    }
}

pub(crate) fn wrong(span: Span, wanted: &Type, found: &Type) -> Diagnostic {
    let finding = Diagnostic::error("wrong-type", span, format!("{} is wanted here", aloud(wanted))).label(format!("this is {}", aloud(found.required())));
    match (wanted, found) {
        (Type::YesNo, Type::Quantity | Type::Money | Type::Number) => finding.help("compare it with something: `… > 0`"),
        (Type::Quantity, Type::Number) => finding.help("a quantity counts units of a part: take it from a quantity, or declare the field as `number`"),
        (Type::Money, Type::Quantity) => finding.help("multiply the quantity by a rate: `… * rate of part`"),
        (Type::Text, _) => finding.help("write a text with a hole: `\"{…}\"`"),
        _ => finding,
    }
}

/// A literal that is no value of the wanted type.
pub(crate) fn literal(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("wrong-value", span, why.to_owned())
}

pub(crate) fn may_be_absent(span: Span, written: &str, ask_has: bool) -> Diagnostic {
    let finding = Diagnostic::error("may-be-absent", span, format!("`{written}` may be absent here"));
    if ask_has {
        finding.help(format!("ask first: `has {written} and …`, `… when has {written}`, or `require has {written} else \"…\"` above"))
    } else {
        finding.help("give it a name with `let`, and ask `has` of the name first")
    }
}

/// Two values that are never the same.
pub(crate) fn cannot_compare(left: (Span, &Type), right: (Span, &Type)) -> Diagnostic {
    Diagnostic::error("types-differ", left.0, format!("{} and {} cannot be compared", aloud(left.1), aloud(right.1)))
        .label(format!("this is {}", aloud(left.1)))
        .also(right.0, format!("this is {}", aloud(right.1)))
}

pub(crate) fn no_order(span: Span, ty: &Type) -> Diagnostic {
    Diagnostic::error("no-order", span, format!("{} is neither more nor less than another", aloud(ty))).help("compare with `is` or `is not`")
}

pub(crate) fn cannot_compute(verb: &str, left: (Span, &Type), right: (Span, &Type)) -> Diagnostic {
    let finding = Diagnostic::error("units-mixed", left.0, format!("{} and {} cannot be {verb}", aloud(left.1), aloud(right.1)))
        .label(format!("this is {}", aloud(left.1)))
        .also(right.0, format!("this is {}", aloud(right.1)));
    match (left.1, right.1) {
        (Type::Quantity, Type::Money) | (Type::Money, Type::Quantity) => finding.help("a quantity times a rate is money: `requested * rate of part`"),
        (Type::Date | Type::Time, Type::Number) => finding.help("say of what: `7 days`"),
        (Type::Text, _) | (_, Type::Text) => finding.help("join texts with holes: `\"{a} {b}\"`"),
        _ => finding,
    }
}

pub(crate) fn not_countable(span: Span, ty: &Type) -> Diagnostic {
    Diagnostic::error("not-countable", span, "only quantities, money and numbers can be counted with".to_owned()).label(format!("this is {}", aloud(ty)))
}

pub(crate) fn no_properties(id: &Ident, ty: &Type) -> Diagnostic {
    Diagnostic::error("unknown-property", id.span, format!("{} has no properties", aloud(ty)))
}

pub(crate) fn not_printable(span: Span, ty: &Type) -> Diagnostic {
    Diagnostic::error("not-printable", span, format!("{} cannot stand in a text", aloud(ty))).help("name one of its properties")
}

pub(crate) fn always_there(span: Span, written: &str, asked: bool) -> Diagnostic {
    let finding = Diagnostic::warning("always-there", span, format!("`{written}` is never absent here"));
    if asked {
        finding.label("it has just been asked for").help(format!("write `ask optional {written}` if it may be left out"))
    } else {
        finding.help(format!("leave `has {written}` out, or declare the field with `?`"))
    }
}

pub(crate) fn unknown_type<'a>(id: &Ident, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::error("unknown-type", id.span, format!("`{}` is not a type", id.text));
    match crate::base::suggest::did_you_mean(&id.text, known) {
        Some(help) => finding.help(help),
        None => finding.help("write a type such as `quantity`, `text`, `date`, `yes or no`, or a choice: `urgent or normal`"),
    }
}

pub(crate) fn only_in_rules(span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("type-not-here", span, format!("`{written}` is a type of rules, and cannot be kept in a field"))
}

pub(crate) fn record_not_here(span: Span) -> Diagnostic {
    Diagnostic::error("type-not-here", span, "a record can only be the answer of a rule").help("declare one field for each of its properties")
}

pub(crate) fn one_choice_twice(id: &Ident) -> Diagnostic {
    Diagnostic::error("declared-twice", id.span, format!("the choice `{}` is written twice", id.text)).help("remove one")
}

pub(crate) fn default_not_constant(span: Span) -> Diagnostic {
    Diagnostic::error("default-not-constant", span, "the usual value of a field must be a plain value").help("compute it in a transition: `set … = …`")
}

pub(crate) fn lines_missing(span: Span) -> Diagnostic {
    Diagnostic::error("no-lines", span, "documents of this workflow have no lines").help("declare `lines { part : part … }`")
}

pub(crate) fn needs_line(span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("needs-line", span, format!("{written} is about one line, and here is none at hand")).help("write it inside `each line { … }`")
}

pub(crate) fn values_missing(span: Span, what: &str, missing: &[&str], declared: Span) -> Diagnostic {
    let names = crate::base::suggest::list(missing.iter().copied());
    let example: Vec<String> = missing.iter().map(|m| format!("{m} = …")).collect();
    Diagnostic::error("values-missing", span, format!("{what} also needs {names}"))
        .also(declared, "declared here")
        .help(format!("add `{}`", example.join(", ")))
}

/// A sum over all lines beside a quantity of one part.
pub(crate) fn parts_mixed(sum: Span, one: Span) -> Diagnostic {
    Diagnostic::error("parts-mixed", sum, "quantities of different parts do not mix")
        .label("this is a sum over the parts of all lines")
        .also(one, "this is a quantity of one part")
        .help("compare line by line: `any line has …`; or compare values: `sum of … * rate of part`")
}

/// A date or a point in time moved by something that it cannot be moved by.
pub(crate) fn cannot_shift(span: Span, of: &Type) -> Diagnostic {
    let help = if *of == Type::Date {
        "write `days` or `weeks`; hours are added to `now`"
    } else {
        "write `minutes`, `hours`, `days` or `weeks`; working time counts in deadlines only"
    };
    Diagnostic::error("wrong-value", span, format!("{} cannot be moved by this", aloud(of))).help(help)
}
