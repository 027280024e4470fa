//! What proofs find, in an analyst's words.
//!
//! Must not know how it is found. Tests: `tests/it/proofs.rs`, and the pages in `docs/findings`.

use crate::base::{Diagnostic, Name, Span};
use crate::domain::Reason;

use super::stuck::Hindrance;

/// What a story adds to a finding: its words, what comes of it, and what to write.
fn told(story: &str, outcome: &str, advice: &str) -> String {
    format!("{advice}\nstory: {story}\n{outcome}")
}

pub(super) fn leak(head: Span, filled: Option<Span>, (place, state): (&str, &str), story: &str, outcome: &str) -> Diagnostic {
    let advice = format!(
        "move what is left out of `{place}` first (`move all of part from {place} to …`), or add `become <a state that is not final> when …`, \
         or a `require … else …` for it"
    );
    let found = Diagnostic::error("leak", head, format!("a part can be left behind in {place}"))
        .label(format!("ends the document here, in `{state}`"))
        .help(told(story, outcome, &advice));
    match filled {
        Some(span) => found.also(span, "puts it there"),
        None => found,
    }
}

pub(super) fn open_obligation(head: Span, state: &str, story: &str, outcome: &str) -> Diagnostic {
    let advice = "settle, waive or debit it first, or guard this transition with `require … else …`";
    Diagnostic::error("leak-obligation", head, "a document can end while somebody still owes for it")
        .label(format!("ends the document here, in `{state}`"))
        .help(told(story, outcome, advice))
}

pub(super) fn open_reverse(head: Span, state: &str, story: &str, outcome: &str) -> Diagnostic {
    let advice = "write `close reverse of …` in this transition, or in one before it";
    Diagnostic::error("leak-reverse", head, "a document can end while its reverse paper is open")
        .label(format!("ends the document here, in `{state}`"))
        .help(told(story, outcome, advice))
}

pub(super) fn promise_broken(at: Span, transition: &str, story: &str, outcome: &str) -> Diagnostic {
    let advice = "guard the transition with what is really held (`require … <= held of part in … else …`), or move `up to` it, or `all` of it";
    Diagnostic::error("promise-broken", at, format!("`{transition}` can be refused for parts that were set aside for it")).help(told(story, outcome, advice))
}

/// What becomes of a document that has no way on, with what it keeps.
pub(super) fn for_ever(state: &str, kept: &str) -> String {
    format!("stays in `{state}` for ever{kept}: nobody, no rule and no clock can bring it to an end")
}

pub(super) fn stuck(state: Span, name: &str, story: &str, outcome: &str, in_the_way: &[Hindrance]) -> Diagnostic {
    let advice = match in_the_way {
        [] => format!("add a way out of `{name}` for this case, or a guard that keeps documents from coming here"),
        _ => format!("let one of these pass, add a way out of `{name}` for this case, or a guard that keeps documents from coming here"),
    };
    let told: Vec<String> = [told(story, outcome, &advice)].into_iter().chain(in_the_way.iter().map(refused)).collect();
    let found = Diagnostic::error("stuck", state, format!("a document can get stuck in `{name}`")).help(told.join("\n"));
    in_the_way.iter().fold(found, |found, hindrance| match &hindrance.guard {
        Some((span, _)) => found.also(*span, format!("refuses `{}` then", hindrance.transition)),
        None => found,
    })
}

/// What is in the way of a transition: what it says, the values, and what would let it pass.
fn refused(hindrance: &Hindrance) -> String {
    let Hindrance { transition, reason, guard } = hindrance;
    let place = reason.place.as_ref().map_or_else(String::new, |at| format!(" ({}:{})", at.file, at.line));
    let values: Vec<String> = reason.values.iter().map(|(written, value)| format!("`{written}` is {value}")).collect();
    let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
    // Every input has been tried: what another one would do about it is no help.
    let others = reason.remedies.iter().filter(|r| r.field.is_none()).map(|r| format!("with {}", r.text));
    let passes: Vec<String> = others.chain(guard.iter().map(|(_, written)| format!("where `{written}`"))).collect();
    let passes = if passes.is_empty() { String::new() } else { format!("; it passes {}", passes.join(", or ")) };
    format!("`{transition}` is refused with \"{}\"{place}{values}{passes}", reason.sentence)
}

pub(super) fn owed_for_ever(owes: Span, kind: &str, story: &str, outcome: &str) -> Diagnostic {
    let advice = format!("write `settle all of part as {kind} by …` (or `waive`, or `debit`) in a transition that can still be fired, before the end");
    Diagnostic::error("owed-for-ever", owes, format!("`{kind}` can be owed for ever")).label("nothing ends this duty").help(told(story, outcome, &advice))
}

pub(super) fn reverse_for_ever(issues: Span, paper: &str, story: &str, outcome: &str) -> Diagnostic {
    let advice = format!("write `close reverse of {paper}` in a transition that can still be fired, before the end");
    Diagnostic::error("reverse-for-ever", issues, format!("the reverse of `{paper}` can stay open for ever"))
        .label("nothing closes its reverse")
        .help(told(story, outcome, &advice))
}

pub(super) fn endless(head: Span, transitions: &str, story: &str) -> Diagnostic {
    let advice = "guard one of them, so that it stops";
    let outcome = format!("then the engine fires {transitions} in turn and finds no end");
    Diagnostic::error("endless-chain", head, "transitions that fire at once can call each other without end").help(told(story, &outcome, advice))
}

pub(super) fn timer_never_fires(head: Span, transition: &str, hindrance: Option<&str>) -> Diagnostic {
    let why = hindrance.map_or_else(
        || "its guards never hold when its time comes, or documents never stay that long: mend them, or remove it".to_owned(),
        |said| format!("mend what is in the way, or remove it\nrefused most often with {said}"),
    );
    Diagnostic::warning("timer-never-fires", head, format!("the clock never gets to fire `{transition}`")).help(why)
}

pub(super) fn never_taken(at: Span, written: &str) -> Diagnostic {
    Diagnostic::warning("branch-never-taken", at, format!("`{written}` never holds here"))
        .help("no story makes it true: mend the condition, or remove what it guards")
}

pub(super) fn never_fired(head: Span, transition: &str, hindrance: Option<&str>) -> Diagnostic {
    let why = hindrance.map_or_else(
        || "no story comes to it with guards that hold: mend them, or remove it".to_owned(),
        |said| format!("no story comes to it with guards that hold: mend what is in the way, or remove it\nrefused most often with {said}"),
    );
    Diagnostic::warning("transition-never-fires", head, format!("`{transition}` can never be carried out")).help(why)
}

/// The kind in `asp_a still owes 2 of P1 as `old_part`, and …`.
pub(super) fn owed_as(reason: &Reason) -> Option<Name> {
    reason.sentence.split('`').nth(1).map(Name::from)
}

/// The bin in `2 of P1 would be left in warehouse_a.transit, and …`.
pub(super) fn left_in(reason: &Reason) -> Option<String> {
    let place = reason.sentence.split(" would be left in ").nth(1)?.split(' ').next()?;
    Some(place.rsplit('.').next().unwrap_or(place).trim_end_matches(',').to_owned())
}

/// All reasons as one text.
pub(super) fn outcome(reasons: &[Reason]) -> String {
    reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join("; ")
}
