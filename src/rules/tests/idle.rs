//! What scripts hold in vain: each planted slip is told at its place, and what is of use is not.

use super::*;

const GOOD: &str = "#{ take: true, rank: [lot.received], reason: \"\" }";

/// Codes and marked texts of what is told of an `allocation` with this body and these functions beside it.
fn told(body: &str, beside: &str) -> Vec<String> {
    let text = format!("fn allocation(line, lot, cover) {{ {body} }}\n{beside}\n");
    let mut sources = SourceMap::default();
    let found = Rules::from_texts(&vocabulary(), &[("rules/default/x.rhai", &text)], &mut sources).1;
    let of_us = found.into_iter().filter(|d| d.code != "rule-not-written");
    of_us.map(|d| format!("{} {}", d.code.trim_start_matches("rule-"), sources.text(d.span()))).collect()
}

#[test]
fn variables_that_nothing_reads() {
    assert_eq!(told(&format!("let a = 1; {GOOD}"), ""), ["unused-variable a"]);
    assert_eq!(told(&format!("let n = 0; for p in cover.pools {{ n += 1; }} {GOOD}"), ""), ["unused-variable n"]);
    assert_eq!(told(&format!("let n = 0; n = 3; {GOOD}"), ""), ["unused-variable n"]);
    assert_eq!(told(&format!("let few = cover.pools.filter(|p| p == lot.pool); {GOOD}"), ""), ["unused-variable few"]);
    assert_eq!(told(&format!("if lot.quantity > 1 {{ let a = 1; throw `${{a}}`; }} else {{ let a = 2; }} {GOOD}"), ""), ["unused-variable a"]);
    assert_eq!(told("helper(lot, 1)", &format!("fn helper(lot, n) {{ {GOOD} }}")), ["unused-variable n"]);
}

#[test]
fn variables_that_something_reads() {
    for body in [
        "let cut = 3; let few = cover.pools.filter(|p| p.len() > cut); #{ take: few.len() > 1, rank: [], reason: \"\" }",
        "let n = 0; for p in cover.pools { n += 1; } #{ take: n > 1, rank: [], reason: \"\" }",
        "let b = #{ take: true, rank: [], reason: \"\" }; b.take = false; b",
        "let why = \"late\"; #{ take: true, rank: [], reason: `it is ${why}` }",
        "for i in 0..3 { if lot.quantity > i { throw \"x\"; } } #{ take: true, rank: [], reason: \"\" }",
    ] {
        assert_eq!(told(body, ""), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn statements_that_nothing_comes_to() {
    assert_eq!(told(&format!("return {GOOD}; {GOOD}"), ""), ["unreachable #{"]);
    assert_eq!(told(&format!("if lot.quantity > 1 {{ throw \"a\"; }} else {{ throw \"b\"; }} {GOOD}"), ""), ["unreachable #{"]);
    assert_eq!(told(&format!("for p in cover.pools {{ continue; throw p; }} {GOOD}"), ""), ["unreachable throw"]);
    let twice = format!("switch lot.condition {{ \"ok\" => {GOOD}, \"ok\" => {GOOD}, _ => {GOOD} }}");
    assert_eq!(told(&twice, ""), ["unreachable \"ok\""]);
    let guarded = format!("switch lot.condition {{ \"ok\" if lot.quantity > 1 => {GOOD}, \"ok\" => {GOOD}, _ => {GOOD} }}");
    assert_eq!(told(&guarded, ""), Vec::<String>::new());
    assert_eq!(told(&format!("if lot.quantity > 1 {{ return {GOOD}; }} {GOOD}"), ""), Vec::<String>::new());
}

#[test]
fn conditions_that_are_always_the_same() {
    let never = |condition: &str| told(&format!("if {condition} {{ throw \"x\"; }} {GOOD}"), "");
    for (condition, marked) in [
        ("true", "true"),
        ("1 > 2", "1 > 2"),
        ("lot.pool != lot.pool", "lot.pool != lot.pool"),
        ("!(1 > 2)", "!(1 > 2"),
        ("has(lot.received)", "lot.received"),
        ("has(lot.expires) && has(lot.expires)", "lot.expires"),
        ("lot.quantity > 5 && lot.quantity < 3", "lot.quantity < 3"),
        ("lot.quantity > 5 || lot.quantity <= 5", "lot.quantity <= 5"),
        ("lot.condition == \"ok\" && \"repaired\" == lot.condition", "\"repaired\" == lot.condition"),
    ] {
        assert_eq!(never(condition), [format!("constant {marked}")], "{condition}");
    }
    for condition in ["lot.quantity > 5 && lot.quantity < 9", "lot.condition == \"ok\" || lot.condition == \"repaired\"", "has(lot.expires)"] {
        assert_eq!(never(condition), Vec::<String>::new(), "{condition}");
    }
    assert_eq!(told(&format!("let n = lot.received ?? date(\"2026-01-01\"); if n == lot.received {{ throw \"x\"; }} {GOOD}"), ""), ["constant lot.received"]);
}

#[test]
fn what_stands_above_counts() {
    assert_eq!(told(&format!("if lot.quantity > 5 {{ return {GOOD}; }} if lot.quantity > 7 {{ throw \"x\"; }} {GOOD}"), ""), ["constant lot.quantity > 7"]);
    let chain = format!("if lot.condition == \"ok\" {{ {GOOD} }} else if lot.condition == \"ok\" {{ {GOOD} }} else {{ {GOOD} }}");
    assert_eq!(told(&chain, ""), ["constant lot.condition == \"ok\""]);
    let counted = format!("let n = 0; for p in cover.pools {{ if n > 2 {{ break; }} n += 1; if n > 2 {{ throw p; }} }} {GOOD}");
    assert_eq!(told(&counted, ""), Vec::<String>::new(), "a variable that changes is not the same below");
}

#[test]
fn functions_that_answer_on_some_paths_only() {
    let used = format!("let n = most(lot); if has(n) {{ throw `${{n}}`; }} {GOOD}");
    for most in [
        "if lot.quantity > 2 { 3 }",
        "if lot.quantity > 2 { return 3; } let n = 1; for p in 0..n { if p > 3 { return; } }",
        "if lot.quantity > 2 { return 3; } return;",
    ] {
        assert_eq!(told(&used, &format!("fn most(lot) {{ {most} }}")), ["no-answer most"], "{most}");
    }
    for most in
        ["if lot.quantity > 2 { 3 } else { () }", "if lot.quantity > 2 { return 3; } throw \"x\";", "switch text(lot.condition) { \"ok\" => 1, _ => 2 }"]
    {
        assert_eq!(told(&used, &format!("fn most(lot) {{ {most} }}")), Vec::<String>::new(), "{most}");
    }
}

#[test]
fn where_something_is_wrong_nothing_is_called_idle() {
    assert_eq!(told(&format!("let a = lot.onhand; {GOOD}"), ""), ["property onhand"]);
}

#[test]
fn values_that_are_never_alike() {
    for (condition, marked) in [
        ("lot.condition == lot.pool", "=="),
        ("cover.pools.contains(lot.quantity)", "lot.quantity"),
        ("starts_with(lot.quantity, \"1\")", "lot.quantity"),
        ("cover.pools.any(|p| p.len())", "|"),
        ("floor(lot.pool) > 1", "lot.pool"),
        ("year(lot.quantity) > 1", "lot.quantity"),
        ("min(lot.quantity, lot.rate) > 1", "lot.rate"),
    ] {
        assert_eq!(told(&format!("if {condition} {{ throw \"x\"; }} {GOOD}"), ""), [format!("kind {marked}")], "{condition}");
    }
    assert_eq!(told(&format!("switch lot.condition {{ \"okk\" => {GOOD}, _ => {GOOD} }}"), ""), ["word \"okk\""]);
}

#[test]
fn loops_and_circles_have_no_place() {
    assert_eq!(told(&format!("loop {{ }} {GOOD}"), ""), ["forbidden loop"]);
    assert_eq!(told(&format!("while lot.quantity > 1 {{ }} {GOOD}"), ""), ["forbidden while"]);
    assert_eq!(told("again(lot)", "fn again(lot) { again(lot) }"), ["recursion again"]);
}
