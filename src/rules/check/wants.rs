//! What the functions of the library want: `floor` a number, `contains` an item of its list, `filter` a yes or no.
//!
//! A run tells the same, for the arguments that it meets. Must not know how functions work. Tests: `tests/static_checks.rs`.

use rhai::Expr;

use super::body::Body;
use super::kind::{Kind, combine};
use crate::rules::fault::path_of;
use crate::rules::library::Function;
use crate::rules::operator::Operator;

/// What an argument must be.
#[derive(Clone, Copy)]
enum Want {
    Number,
    Text,
    Date,
    List,
    TextOrList,
    Any,
}

impl Want {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Date => "a date",
            Self::List => "a list",
            Self::TextOrList => "text or a list",
            Self::Any => "something",
        }
    }

    const fn takes(self, kind: &Kind) -> bool {
        matches!(
            (self, kind),
            (_, Kind::Unknown | Kind::Nothing | Kind::Maybe(_))
                | (Self::Any, _)
                | (Self::Number, Kind::Decimal(_))
                | (Self::Date, Kind::Date)
                | (Self::Text | Self::TextOrList, Kind::Text(_))
                | (Self::List | Self::TextOrList, Kind::List(_))
        )
    }
}

/// What a function wants of its arguments, in their order; what is not named here may be anything.
fn wants(function: &str) -> &'static [Want] {
    match function {
        "abs" | "floor" | "ceil" | "number" | "quantity" | "money" => &[Want::Number],
        "round" => &[Want::Number, Want::Number],
        "date" | "to_upper" | "to_lower" | "trim" => &[Want::Text],
        "starts_with" | "ends_with" | "split" => &[Want::Text, Want::Text],
        "days_between" => &[Want::Date, Want::Date],
        "year" | "month" | "day" | "weekday" => &[Want::Date],
        "join" => &[Want::List, Want::Text],
        "len" | "is_empty" | "contains" => &[Want::TextOrList, Want::Any],
        "first" | "last" | "sum" | "push" | "reverse" | "unique" | "sort" | "sort_by" | "filter" | "map" | "any" | "all" | "find" | "index_of" => &[Want::List],
        _ => &[],
    }
}

impl Body<'_> {
    /// Reports arguments that the function cannot take; whether it takes them.
    pub(super) fn arguments(&mut self, function: &Function, exprs: &[&Expr], kinds: &[Kind]) -> bool {
        let before = self.found.len();
        for ((want, kind), expr) in wants(function.name).iter().zip(kinds).zip(exprs) {
            if !want.takes(kind) {
                let title = format!("`{}` needs {}, and this is {}", function.name, want.in_words(), kind.in_words());
                self.error_at("rule-kind", self.whole(expr), title, None);
            }
        }
        let compared = match (function.name, kinds) {
            ("contains" | "index_of", [Kind::List(item), wanted]) => Some((Operator::Equal, item.as_ref(), wanted)),
            ("contains", [whole @ Kind::Text(_), part]) => Some((Operator::Equal, whole, part)),
            ("min" | "max", [a, b]) => Some((Operator::Less, a, b)),
            _ => None,
        };
        if let (Some((op, left, right)), [a, b]) = (compared, exprs) {
            let names = if matches!(kinds, [Kind::List(_), _]) { (None, path_of(b)) } else { (path_of(a), path_of(b)) };
            if let Err(why) = combine(op, left, right, names) {
                self.error_at("rule-kind", self.whole(b), why, None);
            }
        }
        self.found.len() == before
    }

    /// What `filter` and its like ask must be answered by yes or no.
    pub(super) fn tests(&mut self, function: &str, condition: &Expr, answers: &Kind) {
        if matches!(function, "filter" | "any" | "all" | "find") && !matches!(answers, Kind::YesNo | Kind::Unknown) {
            let title = format!("the condition of `{function}` must answer yes or no, and answers {}", answers.in_words());
            self.error("rule-kind", condition.position(), title, None);
        }
    }
}
