//! What an editor learns of a script without running it.

use super::*;
use crate::rules::{Layer, RuleScript, SeenKind, functions, library, pieces, survey};

/// Each name or text of a script that was understood, with what it is.
fn seen(text: &str) -> Vec<String> {
    let script =
        RuleScript { path: "rules/bu/ac/x.rhai".into(), layer: Layer::of_path("rules/bu/ac/x.rhai").unwrap(), text: text.into(), file: Default::default() };
    let found = survey(&vocabulary(), &script).unwrap_or_default().into_iter();
    let say = |kind: &SeenKind| match kind {
        SeenKind::Variable { is, has } => format!("{is} with {}", has.len()),
        SeenKind::Property { of, rule, is, .. } => format!("{} of {of}{}", is.as_deref().unwrap_or("nothing"), if rule.is_some() { ", a rule" } else { "" }),
        SeenKind::Word(what) => (*what).to_owned(),
    };
    found.map(|s| format!("{}: {}", &text[s.span.range()], say(&s.kind))).collect()
}

#[test]
fn names_and_texts_are_understood() {
    let text =
        "fn allocation(line, lot, cover) {\n    let good = lot.condition == \"ok\";\n    #{ take: good, rank: [lot.received], reason: `${cover.payer}` }\n}\n";
    let expected = [
        "lot: a lot with 14",
        "condition: text of a lot",
        "ok: condition",
        "take: yes or no of the answer of `allocation`, a rule",
        "good: yes or no with 0",
        "rank: a list of the answer of `allocation`, a rule",
        "lot: a lot with 14",
        "received: a date of a lot",
        "reason: text of the answer of `allocation`, a rule",
        "cover: the answer of `eligibility` with 3",
        "payer: text of the answer of `eligibility`, a rule",
    ];
    assert_eq!(seen(text), expected);
    assert_eq!(seen("fn allocation(line, lot, cover) { lot. }"), [""; 0]);
}

#[test]
fn functions_and_pieces_are_found_in_a_broken_script() {
    let text = "fn a(x) { let y = x.; }\nfn b(";
    let names: Vec<String> = functions(text).into_iter().map(|f| format!("{} {}", f.name, f.params.len())).collect();
    assert_eq!(names, ["a 1", "b 0"]);
    assert_eq!(pieces(text).len(), 16);
    assert!(library().any(|f| f.name == "round" && f.arity == 2 && f.answers == "what it is given"));
}
