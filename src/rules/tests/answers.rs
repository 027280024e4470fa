//! Answers: typed, exact, from the nearest layer; and what is wrong with them, as an analyst reads it.

use super::*;

#[test]
fn the_nearest_layer_answers_and_may_ask_the_one_below() {
    let (rules, found) = compile(&[
        ("rules/default/msl.rhai", "fn msl(party, part, pool) { #{ maximum: 10, trigger: part.pack, value: 1000.50 } }"),
        ("rules/bu/ac/msl.rhai", "fn msl(party, part, pool) { let below = base(party, part, pool); below.maximum -= 2; below }"),
        ("rules/asp/pune/msl.rhai", "fn msl(party, part, pool) { let b = base(party, part, pool); #{ maximum: b.maximum / 2, trigger: min(b.trigger, 1) } }"),
    ]);
    assert_eq!(found, "");
    let shown = |bu: &str, party: &str| {
        let scope_bu = Bu::from(bu);
        let answer = rules.call(&Scope { bu: &scope_bu, parties: &[PartyCode::from(party)] }, &"msl".into(), &arguments("msl")).unwrap();
        format!("{} from {} ({})", answer.value, answer.layer, answer.file)
    };
    insta::assert_snapshot!([shown("tv", "delhi"), shown("ac", "delhi"), shown("ac", "pune"), shown("tv", "pune")].join("\n"));
}

#[test]
fn an_answer_of_another_shape_is_a_fault_with_its_place() {
    let bodies = [
        "#{ maximum: 10 }",
        "#{ maximum: 10, triger: 2 }",
        "#{ maximum: 10, trigger: \"two\" }",
        "#{ maximum: 10, trigger: 10 / 3.0 * part.pack }",
        "#{ maximum: 10, trigger: 2, value: part.pack }",
        "#{ maximum: 10, trigger: 2, value: 1.005 }",
        "if part.class == \"B\" { #{ maximum: 10, trigger: 1 } }",
        "7",
    ];
    let shown: Vec<String> = bodies.iter().map(|b| format!("{b}\n  {}", answer("msl", &format!("fn msl(party, part, pool) {{\n  {b}\n}}")))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn names_in_answers_must_be_declared() {
    let shown = answer("eligibility", "fn eligibility(part) { #{ covered: true, pools: [\"in_waranty\"], payer: \"oem\" } }");
    insta::assert_snapshot!(shown);
}

#[test]
fn properties_units_and_absent_values_are_strict() {
    let bodies = [
        "#{ take: line.requested > 5, rank: [lot.received, lot.days_left], reason: \"\" }",
        "#{ take: lot.condition in [\"ok\", \"repaired\"], rank: [], reason: `rate ${lot.rate}` }",
        "#{ take: has(lot.expires), rank: [lot.days_left ?? 9999], reason: \"\" }",
        "#{ take: cover.pools.contains(\"in_warranty\"), rank: [line.requested], reason: \"\" }",
        "#{ take: lot.onhand > 5, rank: [], reason: \"\" }",
        "#{ take: lot.expires > lot.received, rank: [], reason: \"\" }",
        "#{ take: lot.quantity > lot.rate, rank: [], reason: \"\" }",
        "#{ take: lot.quantity + lot.rate > 5, rank: [], reason: \"\" }",
        "#{ take: lot.condition.label == \"ok\", rank: [], reason: \"\" }",
        "lot.quantity = 7; #{ take: true, rank: [], reason: \"\" }",
        "#{ take: lot.days_left < \"7\", rank: [], reason: \"\" }",
        "throw \"no such pool\"",
    ];
    let shown: Vec<String> = bodies.iter().map(|b| format!("{b}\n  {}", answer("allocation", &format!("fn allocation(line, lot, cover) {{ {b} }}")))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}
