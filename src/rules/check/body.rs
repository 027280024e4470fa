//! Walks the statements of one function, knowing the kinds of its variables and what is known to be present.
//!
//! Must not know layers. Tests: `tests/static_checks.rs`.

use std::collections::BTreeSet;

use rhai::{ASTFlags, ASTNode, Expr, FlowControl, Position, Stmt, SwitchCasesCollection};

use super::Context;
use super::facts::{Facts, facts, leaves};
use super::kind::Kind;
use super::seen::Seen;
use crate::base::{Diagnostic, Span};
use crate::model::{RuleSig, Type};
use crate::rules::fault::path_of;
use crate::rules::parse::Function;
use crate::rules::value::Unit;

/// A variable or a parameter.
pub(super) struct Made {
    pub name: String,
    pub at: Span,
    pub parameter: bool,
    pub read: bool,
}

/// The walk over one function.
pub(super) struct Body<'c> {
    pub(super) context: &'c Context<'c>,
    /// The signature, where the function is a rule and takes what the signature says.
    pub(super) sig: Option<&'c RuleSig>,
    /// The function's name.
    pub(super) name: &'c str,
    scope: Vec<(String, Kind)>,
    /// Unknown names that are reported.
    assumed: BTreeSet<String>,
    /// What the conditions around a place, and those that left before it, tell.
    pub(super) facts: Facts,
    /// Variables that get another value after they are made.
    pub(super) changed: BTreeSet<String>,
    /// Those that are not only added to and subtracted from.
    replaced: BTreeSet<String>,
    /// What is made, in order, and whether something reads it.
    pub(super) made: Vec<Made>,
    /// What is needless, told only where nothing is wrong.
    pub(super) idle: Vec<Diagnostic>,
    pub(super) found: Vec<Diagnostic>,
    /// What names and texts turned out to be, for an editor.
    pub(super) seen: Vec<Seen>,
    /// The functions that it calls.
    pub(super) calls: BTreeSet<String>,
}

impl<'c> Body<'c> {
    pub(super) fn new(context: &'c Context<'c>, function: &'c Function<'c>, sig: Option<&'c RuleSig>) -> Self {
        let sig = sig.filter(|sig| sig.params.len() == function.header.params.len());
        let kind = |n: usize| sig.and_then(|sig| sig.params.get(n)).map_or(Kind::Unknown, |p| Kind::of_parameter(&p.ty, context.vocabulary));
        let scope = function.header.params.iter().enumerate().map(|(n, (name, _))| (name.clone(), kind(n))).collect();
        let changed = changed(&function.body, |_| true);
        let replaced = self::changed(&function.body, |operator| !matches!(operator, Some("+=" | "-=")));
        Self {
            context,
            sig,
            name: &function.header.name,
            scope,
            assumed: BTreeSet::new(),
            facts: Facts::default(),
            changed,
            replaced,
            made: Vec::new(),
            idle: Vec::new(),
            found: Vec::new(),
            seen: Vec::new(),
            calls: BTreeSet::new(),
        }
    }

    pub(super) fn check(&mut self, body: &[Stmt]) {
        let expected = self.sig.map(|sig| &sig.answer);
        if let (true, Some(sig)) = (body.is_empty(), self.sig) {
            let at = self.context.source.header(sig.named.name.as_str()).map_or((0, 0), |h| h.at);
            self.answers_nothing(self.context.source.span(at));
        }
        self.block(body, expected);
        self.idle_at_the_end(body);
    }

    pub(super) fn span(&self, position: Position) -> Span {
        self.context.source.at(position)
    }

    /// An expression from where it begins to its last name: `lot.expires`.
    pub(super) fn whole(&self, expr: &Expr) -> Span {
        let mut last = expr;
        while let Expr::Dot(pair, ..) = last {
            last = &pair.rhs;
        }
        self.span(expr.start_position()).to(self.span(last.position()))
    }

    pub(super) fn error(&mut self, code: &'static str, at: Position, title: impl Into<String>, help: Option<String>) {
        self.error_at(code, self.span(at), title, help);
    }

    pub(super) fn error_at(&mut self, code: &'static str, at: Span, title: impl Into<String>, help: Option<String>) {
        let wrong = Diagnostic::error(code, at, title);
        self.found.push(match help {
            Some(help) => wrong.help(help),
            None => wrong,
        });
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.scope.iter().map(|(name, _)| name.as_str())
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Kind> {
        let assumed = self.assumed.contains(name).then_some(&Kind::Unknown);
        self.scope.iter().rev().find(|(n, _)| n == name).map(|(_, kind)| kind).or(assumed)
    }

    /// Takes an unknown name for known, so that it is reported once.
    pub(super) fn assume(&mut self, name: &str) {
        self.assumed.insert(name.to_owned());
    }

    pub(super) fn is_present(&self, path: &str) -> bool {
        self.facts.present.iter().any(|p| p == path)
    }

    /// Runs `work` with more variables and more that is known.
    pub(super) fn within<T>(&mut self, variables: Vec<(String, Kind)>, known: Facts, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.scope.len(), self.facts.len());
        self.scope.extend(variables);
        self.learn(known);
        let done = work(self);
        self.scope.truncate(before.0);
        self.facts.truncate(before.1);
        done
    }

    pub(super) fn block(&mut self, statements: &[Stmt], expected: Option<&Type>) -> Kind {
        let last = statements.len().saturating_sub(1);
        self.unreachable(statements);
        self.within(Vec::new(), Facts::default(), |body| {
            let walk = statements.iter().enumerate().map(|(n, s)| body.statement(s, expected.filter(|_| n == last)));
            walk.last().unwrap_or(Kind::Nothing)
        })
    }

    fn statement(&mut self, statement: &Stmt, expected: Option<&Type>) -> Kind {
        match statement {
            Stmt::Expr(expr) => return self.value(expr, expected, ""),
            Stmt::FnCall(call, at) => {
                let kind = self.call(call, *at, None);
                self.fits(&kind, expected, "", self.span(*at));
                return kind;
            }
            Stmt::Block(block) => return self.block(block.statements(), expected),
            Stmt::If(branches, at) => return self.branches(branches, *at, expected),
            Stmt::Switch(switch, at) => return self.switch(&switch.0, &switch.1, *at, expected),
            Stmt::Return(given, flags, at) => {
                self.leave(given.as_deref(), *flags, *at);
                return Kind::Unknown;
            }
            Stmt::BreakLoop(..) => return Kind::Unknown,
            Stmt::For(parts, _) => self.every(&parts.0.name, parts.1.as_ref().map(|i| i.name.to_string()), &parts.2),
            Stmt::Var(parts, _, _) => {
                let kind = self.expr(&parts.1);
                let name = parts.0.name.to_string();
                let kind = if self.changed.contains(&name) { self.settled(&name, kind) } else { kind };
                self.make(&name, self.span(parts.0.pos), false);
                self.scope.push((name, kind));
            }
            Stmt::Assignment(parts) => self.assign(&parts.1.lhs, &parts.1.rhs, parts.0.get_op_assignment_info().map(|info| (info.5, parts.0.position()))),
            _ => {}
        }
        if expected.is_some_and(|ty| !ty.is_optional()) && !matches!(statement, Stmt::Share(_)) {
            let at = self.span(statement.position());
            self.answers_nothing(at);
        }
        Kind::Nothing
    }

    fn leave(&mut self, given: Option<&Expr>, flags: ASTFlags, at: Position) {
        match given {
            Some(given) if flags.contains(ASTFlags::BREAK) => drop(self.expr(given)),
            Some(given) => {
                let expected = self.sig.map(|sig| &sig.answer);
                self.value(given, expected, "");
            }
            None if self.sig.is_some_and(|sig| !sig.answer.is_optional()) => {
                let at = self.span(at);
                self.answers_nothing(at);
            }
            None => {}
        }
    }

    pub(super) fn answers_nothing(&mut self, at: Span) {
        let Some(sig) = self.sig else { return };
        self.found.push(
            Diagnostic::error("rule-answer", at, format!("the rule `{}` answers nothing on this path", sig.named.name))
                .help(format!("the last thing in the function must be the answer: {}", super::shape::example(&sig.answer))),
        );
    }

    fn branches(&mut self, branches: &FlowControl, at: Position, expected: Option<&Type>) -> Kind {
        self.condition(&branches.expr);
        let (holds, fails) = (facts(&branches.expr, true), facts(&branches.expr, false));
        let (then, otherwise) = (branches.body.statements(), branches.branch.statements());
        let first = self.within(Vec::new(), holds.clone(), |body| body.arm(then, at, expected));
        let second = self.within(Vec::new(), fails.clone(), |body| body.arm(otherwise, at, expected));
        if leaves(then) {
            self.learn(fails);
        }
        if leaves(otherwise) {
            self.learn(holds);
        }
        match (leaves(then), leaves(otherwise)) {
            (true, _) => second,
            (_, true) => first,
            _ => first.join(second),
        }
    }

    fn arm(&mut self, statements: &[Stmt], at: Position, expected: Option<&Type>) -> Kind {
        if statements.is_empty() && expected.is_some_and(|ty| !ty.is_optional()) {
            let at = self.span(at);
            self.answers_nothing(at);
        }
        self.block(statements, expected)
    }

    fn switch(&mut self, on: &Expr, cases: &SwitchCasesCollection, at: Position, expected: Option<&Type>) -> Kind {
        let kind = self.expr(on);
        self.switch_on(&kind, on, at);
        if cases.def_case.is_none() {
            self.error("rule-switch", at, "the `switch` does not say what holds otherwise", Some("end it with `_ => …`".into()));
        }
        let mut joined: Option<Kind> = None;
        for case in &cases.expressions {
            if !matches!(case.lhs, Expr::BoolConstant(..)) {
                self.condition(&case.lhs);
            }
            let kind = self.value(&case.rhs, expected, "");
            joined = Some(joined.map_or(kind.clone(), |j| j.join(kind)));
        }
        joined.unwrap_or(Kind::Nothing)
    }

    /// `for x in list { … }`.
    fn every(&mut self, name: &str, counter: Option<String>, parts: &FlowControl) {
        let kind = self.expr(&parts.expr);
        let item = match self.needed(kind, &parts.expr) {
            Kind::List(item) => *item,
            Kind::Unknown => Kind::Unknown,
            other => {
                let title = format!("`for` goes over a list, and this is {}", other.in_words());
                self.error_at("rule-kind", self.whole(&parts.expr), title, None);
                Kind::Unknown
            }
        };
        let mut variables = vec![(name.to_owned(), item)];
        variables.extend(counter.map(|c| (c, Kind::Decimal(Unit::Plain))));
        self.within(variables, Facts::default(), |body| body.block(parts.body.statements(), None));
    }

    fn assign(&mut self, target: &Expr, given: &Expr, operator: Option<(&str, Position)>) {
        let value = self.expr(given);
        let into = match target {
            Expr::Variable(name, _, at) if self.lookup(&name.1).is_none() => {
                self.error("rule-name", *at, format!("`{}` is not known here", name.1), Some(format!("write `let {} = …` to make it", name.1)));
                self.assume(&name.1);
                Kind::Unknown
            }
            // What is only given a value is not read.
            Expr::Variable(name, _, at) => self.known_variable(&name.1, *at),
            _ => self.changing(target),
        };
        if let Some((symbol, at)) = operator {
            let (left, right) = (self.needed(into, target), self.needed(value, given));
            self.operate(symbol, (&left, target), (&right, given), at);
        }
    }

    /// A variable that changes is only known to be what it cannot stop being: a record of its own, or, where things are only
    /// added and subtracted, a quantity or money.
    fn settled(&self, name: &str, kind: Kind) -> Kind {
        match kind {
            Kind::Record(known) => Kind::Record(super::kind::Known { open: true, own: true, ..known }),
            Kind::List(_) => Kind::List(Box::new(Kind::Unknown)),
            Kind::Decimal(Unit::Quantity | Unit::Money) if !self.replaced.contains(name) => kind,
            _ => Kind::Unknown,
        }
    }

    /// Yes or no is needed.
    pub(super) fn condition(&mut self, expr: &Expr) {
        self.always_the_same(expr);
        let kind = self.expr(expr);
        match self.needed(kind, expr) {
            Kind::YesNo | Kind::Unknown => {}
            other => {
                let title = format!("yes or no is needed here, and this is {}", other.in_words());
                self.error_at("rule-kind", self.whole(expr), title, Some("compare it with something".into()));
            }
        }
    }

    /// Each condition sees what those before it leave known: `has(x) && x > 1`, `!has(x) || x > 1`.
    pub(super) fn conditions(&mut self, exprs: &[Expr], all: bool) -> Kind {
        self.within(Vec::new(), Facts::default(), |body| {
            for expr in exprs {
                body.condition(expr);
                body.learn(facts(expr, all));
            }
        });
        Kind::YesNo
    }
}

/// The variables that get another value, or of which something is changed, by an operator that counts.
fn changed(body: &[Stmt], counts: impl Fn(Option<&str>) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut path = Vec::new();
    for statement in body {
        statement.walk(&mut path, &mut |nodes: &[ASTNode]| {
            if let Some(ASTNode::Stmt(Stmt::Assignment(parts))) = nodes.last()
                && counts(parts.0.get_op_assignment_info().map(|info| info.3))
            {
                let mut root = &parts.1.lhs;
                while let Expr::Dot(pair, ..) | Expr::Index(pair, ..) = root {
                    root = &pair.lhs;
                }
                names.extend(path_of(root));
            }
            true
        });
    }
    names
}
