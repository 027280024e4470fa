//! How a refusal is shown: to people as sentences with what would help, to programs as a typed value.
//!
//! Must not know why anything is refused. Tests: below, and `tests/it/cli.rs`.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::base::Name;
use crate::domain::{Reason, ReasonCode, Refusal};
use crate::insight::Someone;

use super::error::CliError;
use super::output::Out;
use super::plain::plain;

/// The refusal for programs. Its shape is stable: codes are never renamed, keys only added.
pub fn to_json(refusal: &Refusal) -> Json {
    json!({
        "outcome": "refused",
        "code": code(refusal.code()),
        "document": refusal.doc,
        "transition": refusal.transition,
        "state": refusal.state,
        "reasons": refusal.reasons.iter().map(reason_json).collect::<Vec<_>>(),
        "allowed": refusal.allowed,
    })
}

fn reason_json(reason: &Reason) -> Json {
    let values: serde_json::Map<String, Json> = reason.values.iter().map(|(written, value)| (written.clone(), plain(value))).collect();
    json!({
        "code": code(reason.code),
        "name": reason.name,
        "sentence": reason.sentence,
        "line": reason.line,
        "field": reason.field,
        "have": reason.numbers.as_ref().map(|n| plain(&n.have)),
        "need": reason.numbers.as_ref().map(|n| plain(&n.need)),
        "values": values,
        "rules": reason.rules,
        "place": reason.place,
        "remedies": reason.remedies.iter().map(|r| json!({ "text": r.text, "field": r.field, "value": r.value.as_ref().map(plain) })).collect::<Vec<_>>(),
    })
}

/// A code as clients read it.
pub fn code(code: ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The refusal for people; `document` is what they call it.
pub fn to_text(refusal: &Refusal, document: &str) -> String {
    let mut text = format!("refused: {} of {document}", refusal.transition);
    if let Some(state) = &refusal.state {
        let _ = write!(text, ", which is {state}");
    }
    text.push_str(&reasons(refusal, &|_| true));
    if !refusal.allowed.is_empty() {
        let _ = write!(text, "\n\npossible from here: {}", words(&refusal.allowed));
    }
    text
}

/// Who may do what was refused, or may approve it.
pub fn who(people: &[Someone], out: Out) -> Result<(), CliError> {
    let mut by: Vec<(&Name, Vec<String>)> = Vec::new();
    for someone in people {
        let named = format!("{} ({}, {})", someone.name, someone.person, someone.role);
        match by.iter_mut().find(|(fires, _)| **fires == someone.fires) {
            Some((_, names)) => names.push(named),
            None => by.push((&someone.fires, vec![named])),
        }
    }
    for (fires, names) in by {
        out.line(format!("\nwho may {fires}: {}", names.join(", ")))?;
    }
    Ok(())
}

/// The reasons of a refusal, of the lines of the document that are wanted.
pub fn reasons(refusal: &Refusal, wanted: &dyn Fn(Option<u32>) -> bool) -> String {
    let mut text = String::new();
    for reason in refusal.reasons.iter().filter(|r| wanted(r.line)) {
        text.push('\n');
        sentence(&mut text, reason);
    }
    text
}

/// One reason: its sentence, and below it all that explains it.
fn sentence(text: &mut String, reason: &Reason) {
    let line = reason.line.filter(|no| *no > 0).map(|no| format!("line {no}: ")).unwrap_or_default();
    let _ = write!(text, "\n  {line}{}", reason.sentence);
    let mut below = |what: String| {
        let _ = write!(text, "\n      {what}");
    };
    let name = reason.name.as_ref().map_or_else(|| code(reason.code), |name| format!("{}, {name}", code(reason.code)));
    let place = reason.place.as_ref().map(|p| format!(", {}:{}:{}", p.file, p.line, p.column)).unwrap_or_default();
    below(format!("{name}{place}"));
    // The values that the guard looked at say more than the two that differ.
    if let Some(numbers) = reason.numbers.as_ref().filter(|_| reason.values.is_empty()) {
        below(format!("there is {}, needed is {}", numbers.have, numbers.need));
    }
    let shown: Vec<String> = reason.values.iter().map(|(written, value)| format!("{written} is {value}")).collect();
    if !shown.is_empty() {
        below(shown.join(", "));
    }
    for rule in &reason.rules {
        let at = rule.line.map(|l| format!(":{l}")).unwrap_or_default();
        below(format!("rule {}, layer {}, {}{at}", rule.rule, rule.layer, rule.file));
    }
    for remedy in &reason.remedies {
        below(format!("would pass: {}", remedy.text));
    }
}

fn words(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Refusal {
        let reason = Reason::new(ReasonCode::Guard, "PCB: 3 more would make 7, over the maximum of 6.").at_line(Some(1)).remedy("at most 2 of `requested`");
        Refusal {
            doc: "D1".into(),
            transition: "submit".into(),
            state: Some("draft".into()),
            reasons: vec![reason],
            allowed: vec!["amend".into(), "withdraw".into()],
        }
    }

    #[test]
    fn people_read_the_sentence_first_and_then_what_helps() {
        let expected = "refused: submit of STS/1, which is draft\n\n  line 1: PCB: 3 more would make 7, over the maximum of 6.\n      guard\n      would pass: at most 2 of `requested`\n\npossible from here: amend, withdraw";
        assert_eq!(to_text(&refusal(), "STS/1"), expected);
    }

    #[test]
    fn programs_read_codes_and_never_sentences() {
        let json = to_json(&refusal());
        assert_eq!((json["code"].as_str(), json["reasons"][0]["code"].as_str()), (Some("guard"), Some("guard")));
    }
}
