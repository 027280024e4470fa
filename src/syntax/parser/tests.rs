//! Every form of the language is read, and nothing in the grammar is there for nothing.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;

use super::*;
use crate::base::SourceMap;
use crate::syntax::ast::{BinaryOp, Clause, ClauseKind, Expr, ExprKind, Item};

thread_local! {
    /// The rules that have read something in this test.
    pub(super) static SEEN: RefCell<HashSet<Rule>> = RefCell::default();
}

fn report(name: &str, text: &str) -> String {
    let mut map = SourceMap::default();
    let file = map.add(name, text);
    let parsed = parse(file, text);
    parsed.diagnostics.iter().map(|d| format!("{} {} | {}\n", map.place(d.span()), d.title, d.help.as_deref().unwrap_or(""))).collect()
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let flows = paths.filter(|p| p.extension().is_some_and(|e| e == "flow"));
    flows.map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&p).unwrap())).collect()
}

#[test]
fn valid_files_have_no_mistakes() {
    let valid = files("tests/corpus/valid").into_iter().chain(files("workflows"));
    let all: String = valid.map(|(name, text)| report(&name, &text)).collect();
    assert!(all.is_empty(), "\n{all}");
}

#[test]
fn no_alternative_of_the_grammar_is_dead() {
    for (name, text) in files("tests/corpus/valid").into_iter().chain(files("tests/corpus/habits")) {
        let _ = report(&name, &text);
    }
    // The first step and the formatter read these, and these are only looked for to be refused.
    let elsewhere = [
        Rule::outline,
        Rule::newline,
        Rule::doc,
        Rule::comment,
        Rule::hash,
        Rule::open,
        Rule::close,
        Rule::joined,
        Rule::line,
        Rule::tokens,
        Rule::row_tokens,
        Rule::t_code,
        Rule::t_comment,
        Rule::t_text,
        Rule::t_bad_text,
        Rule::t_word,
        Rule::t_sign,
        Rule::reserved,
        Rule::no_state,
        Rule::number_word,
        Rule::open_start,
        Rule::habit_date,
    ];
    let grammar = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/flow.pest")).unwrap();
    let silent = |rule: &Rule| {
        grammar.lines().any(|l| l.split_once('=').is_some_and(|(name, body)| name.trim() == format!("{rule:?}") && body.trim_start().starts_with('_')))
    };
    let is_dead = |rule: &&Rule| SEEN.with_borrow(|seen| !seen.contains(rule)) && !elsewhere.contains(rule) && !silent(rule);
    let dead: Vec<&Rule> = Rule::all_rules().iter().filter(is_dead).collect();
    assert!(dead.is_empty(), "nothing in the corpus is read by {dead:?}");
}

/// The tree of a guard, with parentheses around everything.
fn shape_of(guard: &str) -> String {
    let text = format!("workflow w version 1 {{ transition t: a -> b by c {{ require {guard} else \"x\" }} }}");
    let parsed = parse(FileId::default(), &text);
    assert_eq!(parsed.diagnostics, []);
    let Some(Item::Workflow(workflow)) = parsed.file.items.first() else { panic!("no workflow") };
    let Some(Clause { kind: ClauseKind::Require { test, .. }, .. }) = workflow.transitions[0].body.first() else { panic!("no guard") };
    shown(test)
}

fn shown(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(n) => n.to_string(),
        ExprKind::Name(n) => n.text.clone(),
        ExprKind::Property(of, name) => format!("{}.{}", shown(of), name.text),
        ExprKind::Unary(op, x) => format!("({op:?} {})", shown(x)),
        ExprKind::Binary(op, a, b) => format!("({} {} {})", shown(a), sign(*op), shown(b)),
        ExprKind::Between(x, a, b) => format!("({} between {} {})", shown(x), shown(a), shown(b)),
        ExprKind::In(x, list, not) => format!("({}{} in {:?})", if *not { "not " } else { "" }, shown(x), list.iter().map(shown).collect::<Vec<_>>()),
        ExprKind::Sum(x, filter) => format!("(sum {} {})", shown(x), filter.as_deref().map(shown).unwrap_or_default()),
        ExprKind::Lines(test, x) => format!("({test:?} {})", shown(x)),
        ExprKind::Text(text) => text.parts.iter().map(|p| if let crate::syntax::ast::TextPart::Plain(plain) = p { plain.as_str() } else { "{}" }).collect(),
        ExprKind::Has(x) => format!("(has {})", shown(x)),
        other => format!("{other:?}"),
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Is => "is",
        BinaryOp::IsNot => "is not",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
    }
}

#[test]
fn operators_bind_as_they_are_read_aloud() {
    for (written, meant) in [
        ("a or b and not c is d", "(a or (b and (Not (c is d))))"),
        ("a + b * -c - d < e", "(((a + (b * (Negate c))) - d) < e)"),
        ("a - b - c is d", "(((a - b) - c) is d)"),
        ("x is a or b", r#"(x in ["a", "b"])"#),
        ("x is not a or b and y", r#"((not x in ["a", "b"]) and y)"#),
        ("x is a or y is b", "((x is a) or (y is b))"),
        ("x is a or b or y is c", r#"((x in ["a", "b"]) or (y is c))"#),
        ("x is a or y.z", "((x is a) or y.z)"),
        ("x is a or has y", "((x is a) or (has y))"),
        ("x in 1, 2 and y not in 3", r#"((x in ["1", "2"]) and (not y in ["3"]))"#),
        ("x between 1 and 2 + 3 and y", "((x between 1 (2 + 3)) and y)"),
        ("sum of a + b where c > 0", "(sum (a + b) (c > 0))"),
        ("sum of a > 0", "((sum a ) > 0)"),
        ("any line has a < b and c", "(Any ((a < b) and c))"),
        ("x is \"a\" or \"b\" and y", r#"((x in ["a", "b"]) and y)"#),
        ("has a.b and a.b > 1", "((has a.b) and (a.b > 1))"),
        ("by is move and state > from", "((by is move) and (state > from))"),
    ] {
        assert_eq!(shape_of(written), meant, "{written}");
    }
}

#[test]
fn joining_words_go_on_with_the_clause_above_and_may_name_fields() {
    let text = "workflow w version 1 {\n lines {\n  part : part\n  code : text\n  by : party?\n }\n state a\n  within 2 days\n  else notify b\n}";
    let parsed = parse(FileId::default(), text);
    assert_eq!(parsed.diagnostics, []);
    let Some(Item::Workflow(workflow)) = parsed.file.items.first() else { panic!("no workflow") };
    assert_eq!(workflow.lines.as_ref().map(|l| l.fields.len()), Some(3));
    assert!(workflow.states[0].deadline.as_ref().is_some_and(|d| d.notify.is_some()));
}

#[test]
fn comments_and_docs_are_kept_with_their_places() {
    let text = "// first\n/// doc\ncondition ok // last\n";
    let parsed = parse(FileId::default(), text);
    let comments: Vec<&str> = parsed.comments.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(comments, ["// first", "/// doc", "// last"]);
    assert!(parsed.comments.iter().all(|c| text[c.span.range()] == c.text));
    let Some(Item::Vocab(crate::syntax::ast::VocabItem::Condition(named))) = parsed.file.items.first() else { panic!("no condition") };
    assert_eq!(named.doc, ["doc"]);
}

#[test]
fn nothing_is_read_twice_at_every_depth() {
    let before = std::time::Instant::now();
    for (open, inside, close) in [
        ("x is any line has ", "y", ""),
        ("f(x in a, ", "y", ") = 1"),
        ("x is \"{", "y", "}\""),
        ("(x is ", "y", ")"),
        ("x is f(", "y", ") or z"),
        ("not has sum of (", "y", ")"),
        ("x in sum of (", "y", "), b"),
    ] {
        let guard = format!("{}{inside}{}", open.repeat(50), close.repeat(50));
        let text = format!("workflow w version 1 {{\n transition t: a -> b by c {{\n require {guard} else \"x\"\n }}\n}}");
        let _ = parse(FileId::default(), &text);
    }
    let lines = format!("rule x(\n{}", "a: part,\n".repeat(20_000));
    assert!(!parse(FileId::default(), &lines).diagnostics.is_empty());
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
}

#[test]
fn a_file_that_is_too_large_is_one_mistake() {
    let text = "// x\n".repeat(MAX_BYTES / 5 + 1);
    assert_eq!(report("large.flow", &text).lines().count(), 1);
}
