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
fn a_layer_below_answers_the_one_above_as_it_answers_the_engine() {
    // Each body by itself, and passed on unchanged by another layer: plain numbers for money, names, lists, what may be left out.
    let bodies = [
        "#{ maximum: 10, trigger: part.pack, value: 1000.50 }",
        "#{ maximum: 10, trigger: 1 }",
        "#{ maximum: 7.5 + 2, trigger: party.code.len(), value: () }",
        "let r = #{}; r.trigger = 2; r.maximum = max(3, 4); r.value = 0.10 * 3; r",
        "#{ maximum: 10.0001, trigger: 1 }",
        "let r = #{}; r.maximum = 10; r.triger = 1; r",
        "let r = #{}; r.maximum = party.code; r.trigger = 1; r",
        "let r = #{}; r.maximum = [1]; r.trigger = 1; r",
    ];
    for body in bodies {
        let standard = format!("fn msl(party, part, pool) {{ {body} }}");
        let (rules, found) =
            compile(&[("rules/default/msl.rhai", &standard), ("rules/bu/ac/msl.rhai", "fn msl(party, part, pool) { base(party, part, pool) }")]);
        assert_eq!(found, "", "{body}");
        let asked = |bu: &str| rules.call(&Scope { bu: &Bu::from(bu), parties: &[] }, &"msl".into(), &arguments("msl")).map(|a| a.value).map_err(|f| f.message);
        assert_eq!(asked("ac"), asked("tv"), "{body}");
    }
    // What is passed on counts what the signature says, also where the script below wrote a plain number.
    let (rules, found) = compile(&[
        ("rules/default/msl.rhai", "fn msl(party, part, pool) { #{ maximum: 10, trigger: 1, value: 1000 } }"),
        ("rules/bu/ac/msl.rhai", "fn msl(party, part, pool) { let b = base(party, part, pool); if has(b.value) { throw `${b.value}` } b }"),
    ]);
    assert_eq!(found, "");
    let fault = rules.call(&Scope { bu: &Bu::from("ac"), parties: &[] }, &"msl".into(), &arguments("msl")).unwrap_err();
    assert!(fault.message.contains("1000.00"), "{}", fault.message);
}

/// The faults of an `allocation` whose body is the text. What the vocabulary types is checked before any run, so
/// these use the fields of the line, whose types only its workflow knows.
fn allocations(bodies: &[&str]) -> String {
    let shown = bodies.iter().map(|b| format!("{b}\n  {}", answer("allocation", &format!("fn allocation(line, lot, cover) {{\n  {b}\n}}"))));
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn answers_are_typed_by_the_signature() {
    insta::assert_snapshot!(allocations(&[
        "#{ take: line.requested > 5, rank: [lot.received, line.days, line.requested, line.rate], reason: `${line.serials}` }",
        "#{ take: lot.condition in [\"ok\", \"repaired\"], rank: [], reason: `rate ${lot.rate}, due ${line.due}` }",
        "#{ take: has(lot.expires), rank: [lot.days_left ?? 9999], reason: \"\" }",
        "#{ take: cover.pools.contains(\"in_warranty\"), rank: [round(10 / 3, 2)], reason: \"\" }",
    ]));
}

#[test]
fn an_answer_of_another_shape_is_a_fault_with_its_place() {
    insta::assert_snapshot!(allocations(&[
        "let a = #{}; a.take = true; a.rank = []; a",
        "let a = #{}; a.take = true; a.rnk = []; a.reason = \"\"; a",
        "#{\n    take: line.days,\n    rank: [],\n    reason: \"\"\n  }",
        "#{\n    take: true,\n    rank: [1, line.purpose],\n    reason: \"\"\n  }",
        "#{ take: true, rank: [line.requested / 3], reason: \"\" }",
        "#{ take: true, rank: [line.rate / 3], reason: \"\" }",
        "#{ take: true, rank: line.days, reason: \"\" }",
        "#{ take: true, rank: [], reason: line.due }",
        "line.days",
        "line.due",
        "line",
    ]));
    let pools = "fn eligibility(part) { let p = \"in_\" + \"waranty\"; #{ covered: true, pools: [p], payer: \"oem\" } }";
    insta::assert_snapshot!("names_in_answers_must_be_declared", answer("eligibility", pools));
}

#[test]
fn properties_units_and_absent_values_are_strict() {
    let shown = allocations(&[
        "let x = line.requestd > 5; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.due > lot.received; #{ take: true, rank: [], reason: \"\" }",
        "let x = -line.due; #{ take: true, rank: [], reason: \"\" }",
        "let x = min(1, line.due); #{ take: true, rank: [], reason: \"\" }",
        "let x = line.purpose in line.due; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.due.year(); #{ take: true, rank: [], reason: \"\" }",
        "let x = line.due.city; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.requested > line.rate; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.requested + line.rate; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.requested == \"6\"; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.purpose.label == \"ok\"; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.requested.unit; #{ take: true, rank: [], reason: \"\" }",
        "line.requested = 7; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.days < \"7\"; #{ take: true, rank: [], reason: \"\" }",
        "if line.days { 1 }; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.days && true; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.serials[5]; #{ take: true, rank: [], reason: \"\" }",
        "let x = line.serials.first().part; #{ take: true, rank: [], reason: \"\" }",
        "for x in line.days { } #{ take: true, rank: [], reason: \"\" }",
        "let x = line.serials.filter(|s| s.len()); #{ take: true, rank: [], reason: \"\" }",
        "let x = line.serials.sort_by(|s| line.due); #{ take: true, rank: [], reason: \"\" }",
        "let x = [1, \"a\", lot.received].sort(); #{ take: true, rank: [], reason: \"\" }",
        "let x = 1 / (line.days - 41); #{ take: true, rank: [], reason: \"\" }",
        "let x = date(line.purpose); #{ take: true, rank: [], reason: \"\" }",
        "let x = lot.received + 0.5; #{ take: true, rank: [], reason: \"\" }",
        "throw \"no such pool\"",
        "throw #{ code: \"MSL\", room: 3 }",
    ]);
    insta::assert_snapshot!(shown.replace(" #{ take: true, rank: [], reason: \"\" }", ""));
}

#[test]
fn a_fault_in_a_lower_layer_names_that_layer() {
    let (rules, found) = compile(&[
        ("rules/default/score.rhai", "// the standard\nfn score(n) {\n    helper(n)\n}\nfn helper(n) {\n    1 / (n - n)\n}"),
        ("rules/bu/ac/score.rhai", "fn score(n) { base(n) + 1 }"),
    ]);
    assert_eq!(found, "");
    let fault = ask(&rules, "score").unwrap_err();
    assert_eq!(fault.to_string(), "rule `score`: division by zero: ask whether it is zero first (rules/default/score.rhai:6, layer default)");
    assert_eq!((fault.line, fault.column), (Some(6), Some(7)));
}

#[test]
fn asking_what_nobody_answers_is_a_fault() {
    let (rules, found) = compile(&[("rules/bu/ac/score.rhai", "fn score(n) { n }"), ("rules/default/msl.rhai", "fn msl(a, b, c) { broken")]);
    assert!(found.contains("rule-syntax"), "{found}");
    let elsewhere = rules.call(&Scope { bu: &Bu::from("tv"), parties: &[] }, &"score".into(), &[Value::Number(1.into())]).unwrap_err();
    let few = rules.call(&Scope { bu: &Bu::from("ac"), parties: &[] }, &"score".into(), &[]).unwrap_err();
    let shown = [elsewhere, few, ask(&rules, "msl").unwrap_err(), ask(&Rules::empty(), "score").unwrap_err()].map(|f| f.to_string());
    insta::assert_snapshot!(shown.join("\n"));
}
