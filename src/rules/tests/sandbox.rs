//! The sandbox: every known hole of a script engine, each shown to be closed, and the engine healthy afterwards.

use std::time::{Duration, Instant};

use super::*;
use crate::rules::{FaultKind, Layer, Limits, RuleScript};

/// The fault of a `score` whose body is the text; it must be one, and the same engine must then answer again.
fn fault(body: &str) -> RuleFault {
    let (rules, found) = compile(&[
        ("rules/default/x.rhai", &format!("fn score(n) {{ {body} }}")),
        ("rules/default/y.rhai", "fn eligibility(part) { #{ covered: true, pools: [], payer: \"\" } }"),
    ]);
    assert_eq!(found, "", "{body}");
    let fault = ask(&rules, "score").expect_err(body);
    assert!(ask(&rules, "eligibility").is_ok(), "the engine is well after: {body}");
    fault
}

/// The codes of what is found in a `score` whose body is the text.
fn refused(body: &str) -> Vec<&'static str> {
    let mut sources = SourceMap::default();
    let text = format!("fn score(n) {{ {body} }}");
    let (rules, found) = Rules::from_texts(&vocabulary(), &[("rules/default/x.rhai", &text)], &mut sources);
    assert!(ask(&rules, "score").is_err(), "a refused script answers nothing: {body}");
    found.into_iter().map(|d| d.code).filter(|code| *code != "rule-not-written").collect()
}

#[test]
fn there_is_no_way_to_run_text_load_scripts_or_reach_outside() {
    for body in [
        "eval(\"1\")",
        "import \"x\" as y; 1",
        "export n as m; 1",
        "n.eval()",
        "this",
        "print(n)",
        "debug(n)",
        "Fn(\"score\")",
        "let f = |x| x; f.call(1)",
        "let f = |x| x; call(f, 1)",
        "is_def_fn(\"score\", 1)",
    ] {
        let codes = refused(body);
        assert!(codes.iter().all(|code| matches!(*code, "rule-forbidden" | "rule-syntax")), "{body}: {codes:?}");
    }
    for body in [
        "sleep(1)",
        "timestamp()",
        "n.elapsed()",
        "rand(1, 6)",
        "exit()",
        "parse_json(\"1\")",
        "get_fn_metadata_list()",
        "std::env()",
        "set_tag(n, 1)",
        "blob(9)",
        "n.to_json()",
    ] {
        let codes = refused(body);
        assert!(codes.iter().all(|code| matches!(*code, "rule-call" | "rule-forbidden")), "{body}: {codes:?}");
    }
}

#[test]
fn even_an_engine_without_the_checks_has_none_of_it() {
    let engine = crate::rules::host::runner(&Limits::default(), &Default::default());
    for text in [
        "sleep(1)",
        "timestamp()",
        "eval(\"1\")",
        "print(1)",
        "exit()",
        "import \"x\"",
        "Fn(\"a\").call()",
        "let f = |x| x; f.call(1)",
        "rand()",
        "while true {}",
        "loop {}",
        "2 ** 9",
    ] {
        assert!(engine.eval::<rhai::Dynamic>(text).is_err(), "{text}");
    }
}

#[test]
fn nothing_runs_for_ever() {
    for body in [
        "let t = 0; for i in 0..1000000000 { t += i; } t",
        "let t = 0; for i in 0..=9223372036854775807 { t = i; } t",
        "let t = 0; for a in 0..1000 { for b in 0..1000 { t += 1; } } t",
        "let l = [1, 2, 3]; for i in 0..1000 { l = l.map(|x| x + 1); for j in 0..1000 { l.len(); } } 1",
    ] {
        assert_eq!(fault(body).kind, FaultKind::Limit, "{body}");
    }
}

#[test]
fn wall_time_is_a_second_line() {
    let mut sources = SourceMap::default();
    let text = "fn score(n) { let t = 0; for i in 0..1000000000 { t += 1; } t }";
    let script = RuleScript { path: "rules/default/x.rhai".into(), layer: Layer::Default, text: text.into(), file: sources.add("x", text) };
    let limits = Limits { operations: u64::MAX / 2, time: Duration::from_millis(50), ..Limits::default() };
    let (rules, _) = Rules::compile_within(&vocabulary(), &[script], limits);
    let began = Instant::now();
    assert_eq!(ask(&rules, "score").unwrap_err().kind, FaultKind::Limit);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn layers_share_one_budget() {
    let (rules, found) = compile(&[
        ("rules/default/x.rhai", "fn score(n) { let t = 0; for i in 0..3000 { t += 1; } t }"),
        ("rules/bu/ac/x.rhai", "fn score(n) { let t = 0; for i in 0..20 { t += base(n); } t }"),
    ]);
    assert_eq!(found, "");
    assert_eq!(ask(&rules, "score").unwrap_err().kind, FaultKind::Limit);
}

#[test]
fn nothing_grows_without_bound() {
    for body in [
        "let s = \"x\"; for i in 0..40 { s += s; } 1",
        "let s = \"x\"; for i in 0..40 { s = `${s}${s}`; } 1",
        "let l = [1]; for i in 0..40 { l = l + l; } 1",
        "let l = [1]; for i in 0..40 { l.push(l); } 1",
        "let l = [1]; for i in 0..40 { l = [l, l]; } 1",
        "let l = []; for i in 0..40000 { l = [l]; } 1",
        "let l = []; for i in 0..40000 { l.push(i); } 1",
        "let l = [1, 2]; for i in 0..40 { l = l.map(|x| [x, x]); } 1",
        "let m = #{}; for i in 0..40000 { m[`k${i}`] = i; } 1",
        "let m = #{ a: 1 }; for i in 0..40 { m = #{ a: m, b: m }; } 1",
        "let s = \"a,b\"; for i in 0..30 { s = s.split(\",\").map(|x| `${x},${x}`).join(\",\"); } 1",
    ] {
        let kind = fault(body).kind;
        assert!(matches!(kind, FaultKind::Limit | FaultKind::Value), "{body}: {kind:?}");
    }
}

#[test]
fn deep_calls_and_deep_expressions_are_stopped() {
    assert_eq!(refused("score(n)"), ["rule-recursion"]);
    assert_eq!(refused(&format!("{}n{}", "(".repeat(200), ")".repeat(200))), ["rule-syntax"]);
    assert_eq!(refused(&format!("n{}", " + 1".repeat(1000))), ["rule-syntax"]);
    // Not a circle, but deeper than calls may go.
    let mut text = String::from("fn score(n) { f0(n) }\n");
    for i in 0..40 {
        text += &format!("fn f{i}(n) {{ f{}(n) }}\n", i + 1);
    }
    text += "fn f40(n) { n }";
    let (rules, found) = compile(&[("rules/default/x.rhai", &text)]);
    assert_eq!(found, "");
    assert_eq!(ask(&rules, "score").unwrap_err().kind, FaultKind::Limit);
}

#[test]
fn what_panics_in_native_code_is_a_fault_and_the_engine_stays_well() {
    let limits = Limits::default();
    assert_eq!(crate::rules::host::metered(&limits, || -> u8 { panic!("a bug of ours") }), None);
    assert_eq!(crate::rules::host::metered(&limits, || 1), Some(1));
}

#[test]
fn odd_arguments_break_nothing() {
    for body in [
        "n % 0",
        "n / 0",
        "-(0 - 9223372036854775807 - 1)",
        "9223372036854775807 + 1",
        "79228162514264337593543950335.0 * 10",
        "[1, 2][9]",
        "[1, 2][-9]",
        "\"abc\"[7]",
        "round(n, 99)",
        "date(\"0000-99-99\")",
        "date(\"2026-01-01\") + 9999999999",
        "text(())",
        "[3, \"a\", true].sort()",
        "[[1], [2]].sort()",
        "[1, 2].sort_by(|x| [x])",
        "min((), 1)",
        "let x = (); x.y",
        "n[0][0].z",
        "n.first()",
        "\"a\" - \"b\"",
        "[] - []",
        "#{} + 1",
        "throw",
        "sum([1, \"a\"])",
        "join([1], 2)",
        "\"a\" * 1000000",
    ] {
        let shown = score(body);
        assert!(shown.contains("rule") || shown.parse::<rust_decimal::Decimal>().is_ok(), "{body}: {shown}");
    }
}

#[test]
fn a_sort_without_a_total_order_still_ends() {
    assert_eq!(score("let l = [3, 1, 2].sort_by(|x| 0); l[0]"), "3");
    assert_eq!(score("[3, 1, 2].sort()[0]"), "1");
    assert!(score("[3, \"a\", 2].sort()[0]").contains("cannot be compared"));
}

#[test]
fn a_throw_is_the_rules_own_words() {
    let thrown = fault("throw \"the pool is closed\"");
    assert_eq!((thrown.kind, thrown.message.as_str()), (FaultKind::Thrown, "the pool is closed"));
}

#[test]
fn nothing_is_remembered_between_calls() {
    let (rules, found) = compile(&[("rules/default/x.rhai", "fn score(n) { let seen = []; seen.push(n); n = n + 1; seen.len() + n }")]);
    assert_eq!(found, "");
    let answers: Vec<String> = (0..3).map(|_| ask(&rules, "score").unwrap().value.to_string()).collect();
    assert_eq!(answers, ["7", "7", "7"]);
    for (text, code) in [
        ("let x = 1;\nfn score(n) { n }", "rule-outside"),
        ("const X = 1;\nfn score(n) { n }", "rule-outside"),
        ("fn score(n) { let n = 2; n }", "rule-syntax"),
    ] {
        assert!(compile(&[("rules/default/x.rhai", text)]).1.contains(code), "{text}");
    }
}

#[test]
fn functions_of_rules_cannot_be_replaced() {
    for text in ["fn min(a, b) { 0 }\nfn score(n) { min(n, 1) }", "fn base(n) { 0 }\nfn score(n) { base(n) }", "fn has(x) { true }\nfn score(n) { n }"] {
        assert!(compile(&[("rules/default/x.rhai", text)]).1.contains("rule-name"), "{text}");
    }
}

#[test]
fn many_threads_ask_at_once_and_get_the_same_answer() {
    let (rules, _) = compile(&[("rules/default/x.rhai", "fn score(n) { let t = 0; for i in 0..100 { t += i * n; } t }")]);
    let wanted = ask(&rules, "score").unwrap();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| (0..20).for_each(|_| assert_eq!(ask(&rules, "score").unwrap(), wanted)));
        }
    });
}

#[test]
fn the_deepest_that_limits_allow_fits_a_small_stack() {
    // Calls as deep as they may be, each inside an expression as deep as it may be, with a list as nested as it may be at the bottom.
    let mut text = String::from("fn score(n) { f0(n) }\n");
    for i in 0..6 {
        text += &format!("fn f{i}(n) {{ if n > 0 {{ for i in 0..1 {{ if n > 1 {{ return {}f{}(n){}; }} }} }} n }}\n", "0 + (".repeat(5), i + 1, ")".repeat(5));
    }
    text += "fn f6(n) { let l = []; for i in 0..990 { l = [l]; } let m = l; m.len() + n - n }";
    let (rules, found) = compile(&[("rules/default/x.rhai", &text)]);
    assert_eq!(found, "");
    let small = std::thread::Builder::new().stack_size(2 << 20);
    let shown = small.spawn(move || ask(&rules, "score").map(|a| a.value.to_string()).map_err(|f| f.kind)).unwrap().join().unwrap();
    assert_eq!(shown, Ok("1".to_owned()));
}

#[test]
fn calls_inside_calls_end_where_the_limit_says() {
    let chain = |deep: usize| {
        let inner: String = (1..deep).map(|n| format!("fn f{n}(x) {{ {} }}\n", if n + 1 < deep { format!("f{}(x)", n + 1) } else { "x".into() })).collect();
        let (rules, found) = compile(&[("rules/default/x.rhai", &format!("fn score(n) {{ {} }}\n{inner}", if deep > 1 { "f1(1)" } else { "1" }))]);
        assert_eq!(found, "");
        // Twice: what the first call has looked up serves the second.
        let first = ask(&rules, "score").is_ok();
        assert_eq!(ask(&rules, "score").is_ok(), first);
        first
    };
    assert!(chain(1) && chain(9), "the rule and eight calls inside it");
    assert!(!chain(10), "nine calls inside it");
}
