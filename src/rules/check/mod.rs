//! Checks of one script that need no run: names, signatures, kinds of value, shapes of answers, what rules must not do.
//!
//! Must not know how rules are asked. Tests: `tests/static_checks.rs`.

mod body;
mod calls;
mod chain;
mod facts;
mod idle;
mod kind;
mod seen;
mod shape;
mod wants;

pub use seen::{Seen, SeenKind};

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, Stmt};

use super::compile::RuleScript;
use super::layer::Layer;
use super::library;
use super::parse::{Function, Functions, Source, functions};
use super::scan::Header;
use crate::base::{Diagnostic, suggest};
use crate::model::{RuleSig, Vocabulary};
use body::Body;

/// What the checks of one script share.
pub(super) struct Context<'a> {
    vocabulary: &'a Vocabulary,
    script: &'a RuleScript,
    source: &'a Source,
    functions: Functions<'a>,
}

/// All mistakes of a script that parses.
pub(super) fn script(vocabulary: &Vocabulary, script: &RuleScript, source: &Source, ast: &AST) -> Vec<Diagnostic> {
    let context = Context { vocabulary, script, source, functions: functions(source, ast) };
    let mut found: Vec<Diagnostic> = layer(vocabulary, script).into_iter().collect();
    found.extend(ast.statements().iter().filter(|s| !matches!(s, Stmt::Noop(_))).take(1).map(|s| outside(&context, s)));
    let mut calls: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for function in &context.functions.named {
        found.extend(context.header(function.header));
        let body = context.walk(function);
        found.extend(body.found);
        calls.entry(function.header.name.as_str()).or_default().extend(body.calls);
    }
    let told: Vec<Diagnostic> = found.iter().filter(|d| d.code == "rule-name").cloned().chain(context.unused(&calls)).collect();
    // Of a function that nothing calls, or whose name is taken, its parameters are not told too.
    found.retain(|d| d.code != "rule-unused-variable" || !told.iter().any(|whole| context.parameter_of(whole, d)));
    found.extend(context.circles(&calls));
    found.extend(context.unused(&calls));
    found
}

/// What the names and texts of a script that parses turn out to be.
pub(super) fn seen(vocabulary: &Vocabulary, script: &RuleScript, source: &Source, ast: &AST) -> Vec<Seen> {
    let context = Context { vocabulary, script, source, functions: functions(source, ast) };
    context.functions.named.iter().flat_map(|function| context.walk(function).seen).collect()
}

/// The folder of a party's layer is a kind of party.
fn layer(vocabulary: &Vocabulary, script: &RuleScript) -> Option<Diagnostic> {
    let Layer::Party { kind, .. } = &script.layer else { return None };
    let known: Vec<&str> = vocabulary.party_kinds.iter().map(|k| k.name.as_str()).collect();
    if known.is_empty() || known.contains(&kind.as_str()) {
        return None;
    }
    let span = crate::base::Span::new(script.file, 0, 0);
    let hint = suggest::nearest(kind.as_str(), known.iter().copied()).map_or_else(|| suggest::list(known.iter().copied()), |near| format!("`{near}`"));
    Some(
        Diagnostic::error("rule-layer", span, format!("`{}` is in the folder `{kind}`, which is no kind of party", script.path))
            .help(format!("the folder is named after a kind of party: {hint}")),
    )
}

fn outside(context: &Context<'_>, statement: &Stmt) -> Diagnostic {
    Diagnostic::error("rule-outside", context.source.at(statement.position()), "a script holds functions and nothing else")
        .help("move this into the function that needs it; a function can answer a fixed value")
}

impl<'c> Context<'c> {
    fn walk(&'c self, function: &'c Function<'c>) -> Body<'c> {
        let sig = self.vocabulary.rules.get(function.header.name.as_str());
        let mut body = Body::new(self, function, sig);
        if sig.is_none() {
            function.header.params.iter().for_each(|(name, at)| body.make(name, self.source.span(*at), true));
        }
        body.check(&function.body);
        body
    }
}

impl Context<'_> {
    /// Its name must be free, and a rule takes what its signature says.
    fn header(&self, header: &Header) -> Option<Diagnostic> {
        let name = header.name.as_str();
        let at = self.source.span(header.at);
        if name == "base" || library::named(name).next().is_some() {
            return Some(Diagnostic::error("rule-name", at, format!("`{name}` is a function that rules have already")).help("give yours another name"));
        }
        let sig = self.vocabulary.rules.get(name).filter(|sig| sig.params.len() != header.params.len())?;
        let (expected, given) = (sig.params.len(), header.params.len());
        let title = format!("the rule `{name}` takes {}, and {given} {} written here", count(expected), verb(given));
        Some(Diagnostic::error("rule-arity", at, title).also(sig.named.span, "declared here").help(format!("write `fn {}`", signature(sig))))
    }

    /// Whether a finding stands at a parameter of the function whose name another finding is about.
    fn parameter_of(&self, whole: &Diagnostic, finding: &Diagnostic) -> bool {
        let header = self.source.headers.iter().find(|h| self.source.span(h.at) == whole.span());
        header.is_some_and(|h| h.params.iter().any(|(_, at)| self.source.span(*at) == finding.span()))
    }

    /// Functions that call themselves, directly or through others.
    fn circles(&self, calls: &BTreeMap<&str, BTreeSet<String>>) -> Vec<Diagnostic> {
        let reached = |from: &str| reach(calls, calls.get(from).into_iter().flatten().map(String::as_str));
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let mut found = Vec::new();
        for header in &self.source.headers {
            let name = header.name.as_str();
            let circle: Vec<&str> = reached(name).into_iter().filter(|other| reached(other).contains(name)).collect();
            if circle.contains(&name) && told.insert(name) {
                told.extend(&circle);
                let through: Vec<&str> = circle.into_iter().filter(|other| *other != name).collect();
                let through = if through.is_empty() { String::new() } else { format!(" through {}", suggest::list(through)) };
                let title = format!("`{name}` calls itself{through}");
                found.push(Diagnostic::error("rule-recursion", self.source.span(header.at), title).help("go over a list with `for x in list { … }` instead"));
            }
        }
        found
    }

    /// Functions that no rule of the script needs.
    fn unused(&self, calls: &BTreeMap<&str, BTreeSet<String>>) -> Vec<Diagnostic> {
        let rules = calls.keys().copied().filter(|name| self.vocabulary.rules.contains_key(*name));
        let needed = reach(calls, rules.clone());
        let idle =
            self.source.headers.iter().filter(|h| {
                !needed.contains(h.name.as_str()) && library::named(&h.name).next().is_none() && !self.vocabulary.rules.contains_key(h.name.as_str())
            });
        let report = |header: &Header| {
            let title = format!("`{}` is no declared rule, and no rule of this script calls it", header.name);
            let near = suggest::nearest(&header.name, self.vocabulary.rules.keys().map(crate::base::Name::as_str));
            let help = near.map_or_else(|| "remove it, or declare it as a rule in the vocabulary".into(), |near| format!("did you mean the rule `{near}`?"));
            Diagnostic::warning("rule-unused", self.source.span(header.at), title).help(help)
        };
        idle.map(report).collect()
    }

    /// True where there is a layer below.
    fn overrides(&self) -> bool {
        self.script.layer != Layer::Default
    }
}

/// All functions that can be reached from some.
fn reach<'a>(calls: &'a BTreeMap<&str, BTreeSet<String>>, from: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = from.collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(calls.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    reached
}

/// `1 is`, `3 are`.
const fn verb(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// `1 argument`, `3 arguments`.
fn count(n: usize) -> String {
    count_of(&n.to_string())
}

/// `1 or 2 arguments`.
fn count_of(n: &str) -> String {
    format!("{n} argument{}", if n == "1" { "" } else { "s" })
}

/// `msl(party, part, pool)`.
fn signature(sig: &RuleSig) -> String {
    let params: Vec<&str> = sig.params.iter().map(|p| p.name.as_str()).collect();
    format!("{}({})", sig.named.name, params.join(", "))
}
