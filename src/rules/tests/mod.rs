//! Tests of the rules host as a whole. What they share stands here.

mod answers;
mod idle;
mod lines;
mod mutations;
mod sandbox;
mod static_checks;
mod survey;
mod syntax;
mod trials;

use std::collections::BTreeMap;

use crate::base::{Bu, Name, PartyCode, SourceMap, Span};
use crate::domain::{Record, Value};
use crate::model::{Named, Role, RuleParam, RuleSig, Type, Vocabulary};
use crate::rules::{Answer, RuleFault, Rules, Scope};

fn named(name: &str) -> Named {
    Named { name: name.into(), label: name.into(), doc: String::new(), span: Span::default() }
}

fn list(inner: Type) -> Type {
    Type::List(Box::new(inner))
}

fn optional(inner: Type) -> Type {
    Type::Optional(Box::new(inner))
}

fn rule(name: &str, params: &[(&str, Type)], answer: Type) -> (Name, RuleSig) {
    let params = params.iter().map(|(n, ty)| RuleParam { name: (*n).into(), ty: ty.clone() }).collect();
    (name.into(), RuleSig { named: named(name), params, answer })
}

fn record(fields: &[(&str, Type)]) -> Type {
    Type::Record(fields.iter().map(|(n, ty)| ((*n).into(), ty.clone())).collect())
}

/// The words and signatures that all these tests speak of.
fn vocabulary() -> Vocabulary {
    let msl = record(&[("maximum", Type::Quantity), ("trigger", Type::Quantity), ("value", optional(Type::Money))]);
    let allocation = record(&[("take", Type::YesNo), ("rank", list(Type::NumberOrDate)), ("reason", Type::Text)]);
    let cover = record(&[("covered", Type::YesNo), ("pools", list(Type::Pool)), ("payer", Type::Text)]);
    Vocabulary {
        conditions: ["ok", "repaired", "defective"].map(named).to_vec(),
        owners: ["oem", "asp"].map(named).to_vec(),
        pools: ["in_warranty", "out_of_warranty"].map(named).to_vec(),
        roles: [("service_ops".into(), Role { named: named("service_ops"), at: None })].into(),
        rules: BTreeMap::from([
            rule("msl", &[("party", Type::Party(None)), ("part", Type::Part), ("pool", Type::Pool)], msl),
            rule("allocation", &[("line", Type::Builtin("line")), ("lot", Type::Builtin("lot")), ("cover", Type::Answer("eligibility".into()))], allocation),
            rule("eligibility", &[("part", Type::Part)], cover),
            rule("sourcing", &[("offers", list(Type::Builtin("offer")))], list(Type::Party(None))),
            rule("score", &[("n", Type::Number)], Type::Number),
        ]),
        ..Vocabulary::default()
    }
}

fn part() -> Value {
    Value::record(Record::new("part", [("code", Value::Part("PCB".into())), ("class", Value::text("A")), ("pack", Value::Quantity("5".parse().unwrap()))]))
}

fn party() -> Value {
    Value::record(Record::new("party", [("code", Value::Party("pune".into())), ("city", Value::text("Pune")), ("parent", Value::Absent)]))
}

fn lot() -> Value {
    Value::record(Record::new(
        "lot",
        [
            ("condition", Value::name("ok")),
            ("pool", Value::name("in_warranty")),
            ("quantity", Value::Quantity("4".parse().unwrap())),
            ("received", Value::Date("2026-01-10".parse().unwrap())),
            ("expires", Value::Absent),
            ("days_left", Value::Number(41.into())),
            ("rate", Value::Money("12.50".parse().unwrap())),
        ],
    ))
}

fn line() -> Value {
    Value::record(Record::new(
        "line",
        [
            ("no", Value::Number(1.into())),
            ("requested", Value::Quantity("6".parse().unwrap())),
            ("rate", Value::Money("12.50".parse().unwrap())),
            ("due", Value::Absent),
            ("days", Value::Number(41.into())),
            ("purpose", Value::name("emergency")),
            ("serials", Value::List(vec![Value::Serial("S1".into()), Value::Serial("S2".into())])),
        ],
    ))
}

fn cover() -> Value {
    Value::record(Record::new("eligibility", [("covered", Value::YesNo(true)), ("pools", Value::List(vec![Value::name("in_warranty")]))]))
}

/// The default arguments of a rule of [`vocabulary`].
fn arguments(rule: &str) -> Vec<Value> {
    match rule {
        "msl" => vec![party(), part(), Value::name("in_warranty")],
        "allocation" => vec![line(), lot(), cover()],
        "eligibility" => vec![part()],
        "sourcing" => vec![Value::List(vec![])],
        _ => vec![Value::Number(5.into())],
    }
}

fn compile(texts: &[(&str, &str)]) -> (Rules, String) {
    let mut sources = SourceMap::default();
    let (rules, found) = Rules::from_texts(&vocabulary(), texts, &mut sources);
    let kept = found.iter().filter(|d| d.code != "rule-not-written");
    let shown = kept.map(|d| {
        let at = sources.place(d.span());
        let text = sources.file(d.span().file).and_then(|f| f.text.get(d.span().range())).unwrap_or("");
        let help = d.help.as_ref().map(|h| format!("\n    help: {h}")).unwrap_or_default();
        let severity = if d.severity == crate::base::Severity::Error { "error" } else { "warning" };
        format!("{severity}[{}] {at} `{text}`\n    {}{help}\n", d.code, d.title)
    });
    let shown: String = shown.collect();
    (rules, shown)
}

/// Asks a rule with its default arguments, at `pune` in business unit `ac`.
fn ask(rules: &Rules, rule: &str) -> Result<Answer, RuleFault> {
    rules.call(&Scope { bu: &Bu::from("ac"), parties: &[PartyCode::from("pune")] }, &rule.into(), &arguments(rule))
}

/// Asks the one rule of one script of the default layer, and shows the answer or the fault.
fn answer(rule: &str, text: &str) -> String {
    let (rules, found) = compile(&[("rules/default/x.rhai", text)]);
    if found.contains("error[") {
        return found;
    }
    match ask(&rules, rule) {
        Ok(answer) => answer.value.to_string(),
        Err(fault) => format!("{fault}"),
    }
}

/// What `score(n)` answers when its body is the text.
fn score(body: &str) -> String {
    answer("score", &format!("fn score(n) {{ {body} }}"))
}
