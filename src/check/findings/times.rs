//! Findings about times that are computed: what has no unit, and what no timer can be set to.
//!
//! Must not know how types are found. Tests: `check::tests`.

use super::types::aloud;
use crate::base::{Diagnostic, Span};
use crate::model::Type;

pub(crate) fn no_unit(span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("no-unit", span, format!("`{written}` of what?")).label("a number without a unit").help(if written.parse::<u32>().is_ok() {
        format!("write `{written} days`, or `minutes`, `hours`, `weeks`, `working hours`, `working days`")
    } else {
        format!("write `{written} days`, or for another unit `{written} * 1 hour`, `… * 1 working day`")
    })
}

pub(crate) fn two_units(span: Span) -> Diagnostic {
    Diagnostic::error("no-unit", span, "this has its unit already").help("remove `days` behind it")
}

pub(crate) fn no_moment(span: Span, found: &Type) -> Diagnostic {
    Diagnostic::error("timer-moment", span, "a timer is set to a date, to a point in time, or for how long")
        .label(format!("this is {}", aloud(found.required())))
        .help("written as: `after due`, `at due - 2 days`, `after 48 hours in reserved`")
}

pub(crate) fn moving_moment(span: Span, written: &str, clock: bool) -> Diagnostic {
    let finding = Diagnostic::error("timer-moment", span, format!("`{written}` is not the same at another time, and a timer is set once"));
    if clock {
        finding.help("count from when the state is entered: `after 2 days in …`; or keep the day in a field: `set due = today + 2 days`")
    } else {
        finding.help(format!("keep it in a field when the document comes here: `set … = {written}`"))
    }
}

pub(crate) fn at_a_duration(span: Span, written: &str, from: &[&str]) -> Diagnostic {
    Diagnostic::error("timer-moment", span, format!("{written} are no moment: from when do they count?"))
        .help(format!("write `after {written} in {}`, or a date: `at due - {written}`", from.first().unwrap_or(&"…")))
}

pub(crate) fn wait_where(span: Span, written: &str, from: &[&str]) -> Diagnostic {
    let states: Vec<String> = from.iter().map(|state| format!("after {written} in {state}")).collect();
    Diagnostic::error("timer-moment", span, format!("{written} in which state?"))
        .help(format!("write {}", crate::base::suggest::list(states.iter().map(String::as_str))))
}
