//! Scripts that cannot be read: several mistakes in one run, each at its token, in our words.

use super::*;

#[test]
fn each_function_reports_its_own_mistake() {
    let text = "// ₹ rules\nfn score(n) {\n    let x = n + ;\n    x\n}\n\nfn b(x) { while true { } }\nfn c(x) { x + 1 }\nfn d(x) {\n    let y = \"open;\n    y\n}\nfn e(x) { let z = 1 let w = 2; z }\n";
    insta::assert_snapshot!(compile(&[("rules/default/x.rhai", text)]).1);
}

#[test]
fn what_rules_do_not_have_says_what_to_write_instead() {
    let bodies = [
        "eval(\"1\")",
        "import \"x\" as y; 1",
        "loop { }",
        "do { } while true; 1",
        "try { 1 } catch { 2 }",
        "Fn(\"a\")",
        "let f = |x| x; f.call(1)",
        "this",
        "n ** 2",
        "n & 1",
        "n === 1",
        "n and 1",
        "let n = 2; n",
        "(1 + 2",
        "[1, 2",
        "#{ a: 1",
        "n = ; 1",
        "1.2.3",
        "'ab'",
        "@",
        "fn inner() { 1 } 1",
        "if n { 1",
        "#{ a: 1, a: 2 }",
        "break; 1",
        "5 = n; 1",
        "\"a\\q\"",
        "print(1)",
        "let match = 1; match",
        "timestamp()",
        "sleep(1)",
        "rand()",
        "type_of(n)",
        "global::x",
    ];
    let shown = bodies.iter().map(|b| format!("{b}\n{}", compile(&[("rules/default/x.rhai", &format!("fn score(n) {{ {b} }}"))]).1));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn nesting_is_bounded_when_a_script_is_read() {
    let deep = format!("fn score(n) {{ {}n{} }}", "(".repeat(100), ")".repeat(100));
    let blocks = format!("fn score(n) {{ {}n{} }}", "if n > 1 {".repeat(100), "}".repeat(100));
    let sum = format!("fn score(n) {{ n{} }}", " + 1".repeat(500));
    let long = format!("fn score(n) {{ \"{}\" }}", "x".repeat(5_000));
    let shown: String = [deep, blocks, sum, long].iter().map(|text| compile(&[("rules/default/x.rhai", text)]).1 + "--\n").collect();
    let shown: String = shown.lines().map(|l| l.chars().take(120).collect::<String>() + "\n").collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn long_chains_are_not_deep() {
    let cases: String = (0..24).map(|i| format!("if n == {i} {{ {i} }} else ")).collect();
    let sum: String = (0..24).map(|i| format!("{i} + ")).collect();
    let all: String = (0..24).map(|i| format!("n > {i} && ")).collect();
    for body in [format!("{cases} {{ 0 }}"), format!("{sum} n"), format!("if {all} n < 99 {{ 1 }} else {{ 2 }}")] {
        assert_eq!(compile(&[("rules/default/x.rhai", &format!("fn score(n) {{ {body} }}"))]).1, "", "{body}");
    }
}

#[test]
fn habits_of_other_languages() {
    let bodies = [
        "if n = 1 { 2 } else { 3 }",
        "{ maximum: 1, trigger: 2 }",
        "if n > 1 then { 2 } else { 3 }",
        "if n > 1 return 2;",
        "return 2 + ",
        "if n > 1 { 2 } elseif n > 0 { 1 } else { 3 }",
        "let x = 'ok'; n",
        "let x = null; n",
        "let x = nil; n",
        "let x = yes; n",
        "n <> 1",
        "if not n > 1 { 1 } else { 2 }",
        "let x := 1; n",
        "let x = “ok”; n",
        "n * 5%",
        "1,000 + n",
        "# comment\nn",
        "-- comment\nn",
        "let x = n if n > 1 else 2; x",
        "let x = n > 1 ? 2 : 3; x",
        "let x = n; x++; x",
        "var x = n; x",
        "x = n; x",
        "for (x in [1]) { } n",
        "for i = 1 to 3 { } n",
        "function f() { 1 } n",
        "let x = [1, 2, n",
        "let x = #{ a = 1 }; n",
        "let x = \"a {n}\"; n",
        "n.round",
        "len([n])",
        "n.len",
        "let f = x => x + 1; n",
        "switch n { 1 -> 2, _ -> 3 }",
        "switch n { case 1: 2 }",
        "let x == 2; n",
        "let n2 = 2 n2",
        "return n;;",
        "n; // text",
        "const x = 1; x",
        "let x = n is 3; x",
        "n == 1 or n == 2",
    ];
    let shown = bodies.iter().map(|b| format!("{b}\n{}", compile(&[("rules/default/x.rhai", &format!("fn score(n) {{ {b} }}"))]).1));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
}
