//! What a script holds in vain: variables that nothing reads, statements that nothing comes to, conditions that are always
//! the same, functions that answer on some paths only.
//!
//! Told only of functions in which nothing is wrong: a mistake may hide what would have used them. Must not know layers.
//! Tests: `tests/idle.rs`.

use rhai::{Expr, Stmt};

use super::body::{Body, Made};
use super::facts::{comparison, ends, literal, paths, relation};
use super::kind::Kind;
use crate::base::{Diagnostic, Severity, Span};
use crate::model::decided;
use crate::rules::fault::path_of;
use crate::rules::library::Function;

impl Body<'_> {
    /// A variable or parameter is made.
    pub(super) fn make(&mut self, name: &str, at: Span, parameter: bool) {
        self.made.push(Made { name: name.to_owned(), at, parameter, read: false });
    }

    /// Something reads a variable: the one of the name that was made last, since no name means two things at once.
    pub(super) fn reads(&mut self, name: &str) {
        if let Some(made) = self.made.iter_mut().rev().find(|made| made.name == name) {
            made.read = true;
        }
    }

    /// What is known when the whole function has been walked.
    pub(super) fn idle_at_the_end(&mut self, statements: &[Stmt]) {
        for made in std::mem::take(&mut self.made).into_iter().filter(|made| !made.read) {
            let title = match made.parameter {
                true => format!("`{}` never uses its parameter `{}`", self.name, made.name),
                false => format!("`{}` is computed and never used", made.name),
            };
            self.idle.push(Diagnostic::warning("rule-unused-variable", made.at, title).help("remove it, or use it"));
        }
        let ways = paths(statements);
        if self.sig.is_none() && ways.something && ways.nothing {
            let at = self.context.source.header(self.name).map_or((0, 0), |h| h.at);
            let title = format!("`{}` answers something on one path, and nothing on another", self.name);
            let finding = Diagnostic::warning("rule-no-answer", self.context.source.span(at), title);
            self.idle.push(finding.help("give every path an answer; write `()` where there is none, and ask `has(…)` of it"));
        }
        if !self.found.iter().any(|finding| finding.severity == Severity::Error) {
            self.found.append(&mut self.idle);
        }
    }

    /// What stands behind the statement that leaves its block.
    pub(super) fn unreachable(&mut self, statements: &[Stmt]) {
        let Some(last) = statements.iter().position(ends) else { return };
        let (Some(end), Some(never)) = (statements.get(last), statements.iter().skip(last + 1).find(|s| !matches!(s, Stmt::Noop(_)))) else { return };
        let (end, at) = (self.span(end.position()), self.span(never.position()));
        let finding = Diagnostic::warning("rule-unreachable", at, "nothing ever comes here").also(end, "whatever comes here leaves");
        self.idle.push(finding.help("remove it, or put a condition around what leaves"));
    }

    /// A condition that is the same whatever the arguments are.
    pub(super) fn always_the_same(&mut self, expr: &Expr) {
        if matches!(expr, Expr::And(..) | Expr::Or(..)) {
            return;
        }
        if let Some(holds) = self.always(expr) {
            let title = if holds { "this condition always holds" } else { "this condition never holds" };
            let help = if holds { "leave the condition out, or compare something else" } else { "remove what depends on it, or compare something else" };
            let at = self.start(expr).to(self.end(expr));
            self.idle.push(Diagnostic::warning("rule-constant", at, title).help(help));
        }
    }

    fn always(&self, expr: &Expr) -> Option<bool> {
        match expr {
            Expr::BoolConstant(yes, _) => Some(*yes),
            Expr::FnCall(call, _) if call.name == "!" => call.args.first().and_then(|inner| self.always(inner)).map(|holds| !holds),
            Expr::FnCall(call, _) => {
                let (relation, [left, right]) = (relation(call)?, call.args.as_slice()) else { return None };
                if let (Some(a), Some(b)) = (literal(left), literal(right)) {
                    return Some(relation.holds(&a, &b));
                }
                if let (Some(a), Some(b)) = (path_of(left), path_of(right)) {
                    return (a == b).then(|| relation.holds(&a, &b));
                }
                decided(&self.facts.comparisons, &comparison(call)?)
            }
            _ => None,
        }
    }

    /// `has(…)` of what is always there.
    pub(super) fn asked_in_vain(&mut self, function: &Function, exprs: &[&Expr], kinds: &[Kind]) {
        let ([expr], [kind]) = (exprs, kinds) else { return };
        let there = !matches!(kind, Kind::Maybe(_) | Kind::Unknown | Kind::Nothing);
        if let Some(path) = path_of(expr).filter(|_| function.name == "has" && there) {
            let finding = Diagnostic::warning("rule-constant", self.whole(expr), format!("`{path}` is never absent here"));
            self.idle.push(finding.help(format!("leave `has({path})` out")));
        }
    }

    /// What stands behind `??` after something that is always there.
    pub(super) fn never_needed(&mut self, parts: &[Expr], kinds: &[Kind]) {
        let there = |kind: &Kind| !matches!(kind, Kind::Maybe(_) | Kind::Unknown | Kind::Nothing);
        let first = kinds.iter().position(there).filter(|n| n + 1 < parts.len());
        if let Some(part) = first.and_then(|n| parts.get(n)) {
            let what = path_of(part).map_or_else(|| "this".to_owned(), |path| format!("`{path}`"));
            let finding =
                Diagnostic::warning("rule-constant", self.whole(part), format!("{what} is never absent here, so what stands behind `??` is never used"));
            self.idle.push(finding.help("leave out `??` and what stands behind it"));
        }
    }

    /// The first word of an expression.
    fn start(&self, expr: &Expr) -> Span {
        match expr {
            Expr::FnCall(call, _) if relation(call).is_some() => call.args.first().map_or_else(|| self.span(expr.start_position()), |first| self.start(first)),
            other => self.span(other.start_position()),
        }
    }

    /// The last word of an expression.
    fn end(&self, expr: &Expr) -> Span {
        match expr {
            Expr::FnCall(call, _) if relation(call).is_some() || call.name == "!" => {
                call.args.last().map_or_else(|| self.span(expr.position()), |last| self.end(last))
            }
            Expr::Dot(pair, ..) => self.end(&pair.rhs),
            other => self.span(other.position()),
        }
    }

    /// A case of a `switch` that stands there twice.
    pub(super) fn again(&mut self, at: Span, first: Span) {
        let finding = Diagnostic::warning("rule-unreachable", at, "this case stands above already, and that one is taken").also(first, "here");
        self.idle.push(finding.help("remove it, or name another value"));
    }
}
