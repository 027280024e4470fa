//! Findings about workflows, states and transitions: what is missing, cannot be reached or cannot be left.
//!
//! Must not know how states are walked. Tests: `check::tests`.

use crate::base::{Diagnostic, Span};
use crate::syntax::ast::Ident;

pub(crate) fn initial_and_final(span: Span) -> Diagnostic {
    Diagnostic::error("initial-and-final", span, "a state cannot be `initial` and `final` at once").help("keep the one that is meant")
}

pub(crate) fn deadline_of_final(span: Span, state: &str) -> Diagnostic {
    Diagnostic::error("deadline-of-final", span, format!("`{state}` is final: nobody leaves it, and it has no deadline")).help("remove `within …`")
}

pub(crate) fn no_number(span: Span, workflow: &str) -> Diagnostic {
    let series: String = workflow.split('_').filter_map(|w| w.chars().next()).flat_map(char::to_uppercase).collect();
    Diagnostic::error("no-number", span, format!("documents of `{workflow}` have no number")).help(format!("write `number \"{series}/{{fy}}/{{seq:5}}\"`"))
}

pub(crate) fn no_party(span: Span) -> Diagnostic {
    Diagnostic::error("no-party", span, "a document must belong to a party")
        .help("declare one that is always there: `party asp : asp`; the first one tells the business unit and the calendar")
}

pub(crate) fn lines_without_part(span: Span) -> Diagnostic {
    Diagnostic::error("lines-without-part", span, "every line is about a part").help("write `part : part` in `lines`")
}

pub(crate) fn migrate_from_later(span: Span, from: u32, version: u32) -> Diagnostic {
    Diagnostic::error("migrate-from-later", span, format!("version {from} is not older than this version, {version}"))
        .help("name an older version, or raise `version`")
}

pub(crate) fn no_states(span: Span, workflow: &str) -> Diagnostic {
    Diagnostic::error("no-initial-state", span, format!("documents of `{workflow}` have no state to begin in"))
        .help("write `initial` behind one state: `state draft initial`")
}

pub(crate) fn two_initial(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("two-initial-states", span, "documents can begin in one state only")
        .also(first, "this one is `initial` too")
        .help("keep `initial` at one of them")
}

pub(crate) fn unreachable(span: Span, state: &str) -> Diagnostic {
    Diagnostic::warning("unreachable-state", span, format!("no document ever comes to `{state}`"))
        .help(format!("lead a transition there: `transition …: … -> {state}`, or remove the state"))
}

pub(crate) fn dead_end(span: Span, state: &str) -> Diagnostic {
    Diagnostic::error("dead-end", span, format!("a document that comes to `{state}` can never leave it"))
        .help(format!("write `final` behind it if documents end there, or a transition `…: {state} -> …`"))
}

pub(crate) fn no_way_to_end(span: Span, state: &str) -> Diagnostic {
    Diagnostic::error("no-way-to-end", span, format!("from `{state}` no document can ever reach a final state"))
        .help("lead a transition from here to a state that leads to an end")
}

pub(crate) fn leaves_final(id: &Ident, transition: &str, declared: Span) -> Diagnostic {
    Diagnostic::error("leaves-final", id.span, format!("`{}` is final, and `{transition}` would leave it", id.text))
        .also(declared, "declared final here")
        .help("remove `final`, or begin from another state")
}

pub(crate) fn nobody_fires(span: Span, transition: &str) -> Diagnostic {
    Diagnostic::error("nobody-fires", span, format!("nobody may fire `{transition}`"))
        .help("say who: `by storekeeper`, or what does: `at once`, `after 48 hours in …`")
}

pub(crate) fn timer_elsewhere(id: &Ident, transition: &str, from: &[&str]) -> Diagnostic {
    Diagnostic::error("timer-cannot-fire", id.span, format!("`{transition}` does not begin in `{}`, so this timer never fires it", id.text)).help(format!(
        "write {}, or begin from `{}` too",
        crate::base::suggest::list(from.iter().copied()),
        id.text
    ))
}

pub(crate) fn event_not_opening(id: &Ident, transition: &str) -> Diagnostic {
    Diagnostic::error("event-not-opening", id.span, format!("an event opens documents, and `{transition}` does not open one"))
        .help("write it on a transition without a first state: `transition open: -> new …`")
}

pub(crate) fn nobody_waits_there(bin: &Ident, outside: bool) -> Diagnostic {
    let why = if outside { "is the outside world" } else { "holds parts for one document each" };
    Diagnostic::error("arrival-place", bin.span, format!("nothing in `{}` is free for those who wait: it {why}", bin.text))
        .help("name the bin that the parts are taken from, such as `asp.available`")
}

pub(crate) fn not_an_order(id: &Ident, ty: &crate::model::Type, declared: Span) -> Diagnostic {
    Diagnostic::error("arrival-order", id.span, format!("`{}` is {}, and only a choice says who comes first", id.text, super::types::aloud(ty)))
        .also(declared, "declared here")
        .help("name a field such as `field priority : p1 or p2 or p3`: its first choice is served first, and within it who has waited longest")
}

pub(crate) fn trigger_on_opening(span: Span, transition: &str) -> Diagnostic {
    Diagnostic::error("trigger-on-opening", span, format!("`{transition}` opens documents: there is none yet that could wait"))
        .help("say who opens it, or `on event …`")
}

pub(crate) fn approval_of_opening(id: &Ident, transition: &str) -> Diagnostic {
    Diagnostic::error("approval-of-opening", id.span, format!("`{transition}` opens documents: there is none yet that could be approved"))
        .help("let the document begin in a state that waits for approval")
}

pub(crate) fn never_by_itself(span: Span, state: &str) -> Diagnostic {
    Diagnostic::error("endless-at-once", span, format!("this would fire again and again: it is `at once` and leads back to `{state}`"))
        .help("lead it to another state, or let a person or the clock fire it")
}

pub(crate) fn target_never_chosen(id: &Ident, transition: &str) -> Diagnostic {
    Diagnostic::warning("target-never-chosen", id.span, format!("`{transition}` never leads to `{}`", id.text))
        .help(format!("write `become {} when …`, or remove it behind `->`", id.text))
}

pub(crate) fn become_elsewhere(id: &Ident, targets: &[&str], head: Span) -> Diagnostic {
    Diagnostic::error("become-elsewhere", id.span, format!("this transition does not lead to `{}`", id.text)).also(head, "its states stand here").help(format!(
        "add it behind `->`: `-> {} or {}`",
        targets.join(" or "),
        id.text
    ))
}

pub(crate) fn become_without_choice(id: &Ident, goal: &str) -> Diagnostic {
    Diagnostic::error("become-elsewhere", id.span, format!("this transition leads to `{goal}`, which leaves no choice"))
        .help(format!("write the states that it may lead to in the place of `{goal}`, or remove this line"))
}

pub(crate) fn word_not_alone(id: &Ident) -> Diagnostic {
    Diagnostic::error("unknown-name", id.span, format!("`{}` is no state of its own, and does not stand here", id.text))
        .help("written as: `any -> …`, `… -> same`, `… -> back`, each alone on its side")
}

pub(crate) fn nothing_before(span: Span, transition: &str) -> Diagnostic {
    Diagnostic::error("no-way-back", span, format!("`{transition}` opens documents, and they have no state before"))
        .help("name the state in which they begin: `-> draft`")
}

pub(crate) fn nowhere_back(span: Span, state: &str) -> Diagnostic {
    Diagnostic::error("no-way-back", span, format!("documents can begin in `{state}`, and then there is no state to go back to"))
        .help("name the states: `-> draft or submitted`, or let no document begin there")
}

pub(crate) fn become_always(span: Span, state: &str) -> Diagnostic {
    Diagnostic::warning("become-always", span, format!("this always leads to `{state}`, and nothing below is looked at"))
        .help(format!("say when: `become {state} when …`"))
}

pub(crate) fn target_twice(id: &Ident) -> Diagnostic {
    Diagnostic::error("declared-twice", id.span, format!("`{}` is written twice", id.text)).help("remove one")
}

pub(crate) fn open_opens_nothing(id: &Ident, initial: &str) -> Diagnostic {
    Diagnostic::error("name-taken", id.span, "`open` is what opens a document, and this transition does not")
        .help(format!("write `transition open: -> {initial} …`, or choose another name"))
}
