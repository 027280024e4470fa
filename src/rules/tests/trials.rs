//! What shows only in a run is shown before the book is used, with the arguments.

use super::*;

fn trial(texts: &[(&str, &str)]) -> String {
    let (rules, found) = compile(texts);
    assert_eq!(found, "");
    let shown = rules.trial().into_iter().map(|d| format!("{:?} {}\n  {}\n", d.span().range(), d.title, d.help.unwrap_or_default()));
    shown.collect()
}

#[test]
fn rules_are_run_on_made_up_arguments() {
    let cases = [
        "fn msl(party, part, pool) { #{ maximum: part.pack / 3, trigger: 0 } }",
        "fn msl(party, part, pool) { #{ maximum: 10 / (part.name.len() - 1), trigger: 0 } }",
        "fn msl(party, part, pool) { #{ maximum: 10, trigger: 0, value: round(12.5 * 0.333, 2) } }",
        "fn score(n) { let t = 0; for i in 0..(n * 1000) { t += 1; } t }",
        "fn score(n) { if n < 0 { throw \"below nothing\"; } n }",
        "fn sourcing(offers) { let best = offers.sort_by(|o| o.available)[0]; [best.party] }",
        "fn sourcing(offers) { offers.map(|o| o.party) }",
    ];
    insta::assert_snapshot!(cases.iter().map(|text| trial(&[("rules/default/x.rhai", text)]) + "--\n").collect::<String>());
}

#[test]
fn an_override_is_tried_with_the_layer_below() {
    let shown = trial(&[
        ("rules/default/x.rhai", "fn msl(party, part, pool) { #{ maximum: part.pack, trigger: 0 } }"),
        ("rules/bu/ac/x.rhai", "fn msl(party, part, pool) { let below = base(party, part, pool); below.maximum = below.maximum * 0.3333; below }"),
    ]);
    insta::assert_snapshot!(shown);
}

/// A rule that fails for every kind of duty that the book does not declare is never given one.
#[test]
fn made_up_duties_are_of_declared_kinds() {
    let words = Vocabulary {
        obligations: ["loan", "damage"].map(named).to_vec(),
        rules: [rule("dues", &[("owed", list(Type::Builtin("obligation")))], Type::YesNo)].into(),
        ..Vocabulary::default()
    };
    let trial = |known: &str| {
        let text = format!("fn dues(owed) {{ owed.all(|duty| [1][if {known} {{ 0 }} else {{ 9 }}] == 1) }}");
        let (rules, found) = Rules::from_texts(&words, &[("rules/default/dues.rhai", text.as_str())], &mut SourceMap::default());
        assert!(found.is_empty(), "{found:?}");
        rules.trial().len()
    };
    assert_eq!(trial("duty.kind == \"loan\" || duty.kind == \"damage\""), 0);
    assert_eq!(trial("duty.kind == \"loan\""), 1);
}
