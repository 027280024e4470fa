//! What a condition tells where it holds, and where it does not: what is present, and what values are compared to.
//!
//! Must not know kinds. Tests: `tests/static_checks.rs`, `tests/idle.rs`.

use rhai::{ASTFlags, Expr, FnCallExpr, FnPtr, Stmt};

use super::body::Body;
use crate::model::{Comparison, Plain, Relation};
use crate::rules::fault::path_of;

/// What is known at a place.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// Paths that may be absent and are known not to be.
    pub present: Vec<String>,
    /// What paths are compared to.
    pub comparisons: Vec<Comparison>,
}

impl Facts {
    pub(super) fn len(&self) -> (usize, usize) {
        (self.present.len(), self.comparisons.len())
    }

    pub(super) fn truncate(&mut self, (present, comparisons): (usize, usize)) {
        self.present.truncate(present);
        self.comparisons.truncate(comparisons);
    }

    fn and(mut self, more: Self) -> Self {
        self.present.extend(more.present);
        self.comparisons.extend(more.comparisons);
        self
    }
}

impl Body<'_> {
    /// More is known from here on. What is compared and changes later tells nothing.
    pub(super) fn learn(&mut self, known: Facts) {
        self.facts.present.extend(known.present);
        let steady = |c: &Comparison| !self.changed.contains(c.of.split('.').next().unwrap_or_default());
        let steady: Vec<Comparison> = known.comparisons.into_iter().filter(steady).collect();
        self.facts.comparisons.extend(steady);
    }
}

/// What is known when a condition holds, or when it does not.
pub(super) fn facts(expr: &Expr, holds: bool) -> Facts {
    match expr {
        Expr::FnCall(call, _) if call.name == "has" && holds => {
            Facts { present: call.args.first().and_then(path_of).into_iter().collect(), ..Facts::default() }
        }
        Expr::FnCall(call, _) if call.name == "!" => call.args.first().map(|inner| facts(inner, !holds)).unwrap_or_default(),
        Expr::FnCall(call, _) => {
            let known = comparison(call).map(|c| if holds { c } else { c.negated() });
            Facts { comparisons: known.into_iter().collect(), ..Facts::default() }
        }
        Expr::And(parts, _) if holds => parts.iter().map(|part| facts(part, true)).fold(Facts::default(), Facts::and),
        Expr::Or(parts, _) if !holds => parts.iter().map(|part| facts(part, false)).fold(Facts::default(), Facts::and),
        _ => Facts::default(),
    }
}

/// A path beside a literal.
pub(super) fn comparison(call: &FnCallExpr) -> Option<Comparison> {
    let relation = relation(call)?;
    let [left, right] = call.args.as_slice() else { return None };
    match (path_of(left), literal(right), literal(left), path_of(right)) {
        (Some(of), Some(with), _, _) => Some(Comparison { of, relation, with }),
        (_, _, Some(with), Some(of)) => Some(Comparison { of, relation: relation.turned(), with }),
        _ => None,
    }
}

/// How a call compares, if it does.
pub(super) fn relation(call: &FnCallExpr) -> Option<Relation> {
    Some(match call.name.as_str() {
        "==" => Relation::Is,
        "!=" => Relation::IsNot,
        "<" => Relation::Less,
        "<=" => Relation::LessEqual,
        ">" => Relation::Greater,
        ">=" => Relation::GreaterEqual,
        _ => return None,
    })
}

/// A number or a text as it is written.
pub(super) fn literal(expr: &Expr) -> Option<Plain> {
    match expr {
        Expr::IntegerConstant(n, _) => Some(Plain::Number((*n).into())),
        Expr::StringConstant(text, _) => Some(Plain::Word(text.to_string())),
        Expr::BoolConstant(yes, _) => Some(Plain::Word(yes.to_string())),
        Expr::DynamicConstant(value, _) if !value.is::<FnPtr>() => value.as_decimal().ok().map(Plain::Number),
        _ => None,
    }
}

/// True where nothing after the statements is reached.
pub(super) fn leaves(statements: &[Stmt]) -> bool {
    statements.iter().any(ends)
}

/// True where nothing after the statement is reached.
pub(super) fn ends(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(..) | Stmt::BreakLoop(..) => true,
        Stmt::If(branches, _) => leaves(branches.body.statements()) && leaves(branches.branch.statements()),
        Stmt::Block(block) => leaves(block.statements()),
        Stmt::Switch(parts, _) => {
            let cases = &parts.1;
            let leaving = |expr: &Expr| matches!(expr, Expr::Stmt(block) if leaves(block.statements()));
            cases.def_case.is_some() && cases.expressions.iter().all(|case| leaving(&case.rhs))
        }
        _ => false,
    }
}

/// Whether the paths through a function answer something, and whether some of them answer nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Paths {
    pub something: bool,
    pub nothing: bool,
}

impl Paths {
    const SOMETHING: Self = Self { something: true, nothing: false };
    const NOTHING: Self = Self { something: false, nothing: true };

    fn or(self, other: Self) -> Self {
        Self { something: self.something || other.something, nothing: self.nothing || other.nothing }
    }
}

/// How the paths through a function's statements end. An answer of `()` is meant.
pub(super) fn paths(statements: &[Stmt]) -> Paths {
    let (last, before) = statements.split_last().map_or((None, statements), |(last, before)| (Some(last), before));
    let early = before.iter().map(returns).fold(Paths::default(), Paths::or);
    if leaves(before) {
        return early;
    }
    early.or(last.map_or(Paths::NOTHING, last_of))
}

fn last_of(statement: &Stmt) -> Paths {
    match statement {
        Stmt::Expr(expr) => match &**expr {
            Expr::Stmt(block) => paths(block.statements()),
            _ => Paths::SOMETHING,
        },
        Stmt::FnCall(..) => Paths::SOMETHING,
        Stmt::Block(block) => paths(block.statements()),
        Stmt::If(branches, _) => paths(branches.body.statements()).or(paths(branches.branch.statements())),
        Stmt::Switch(parts, _) => {
            let of = |expr: &Expr| if let Expr::Stmt(block) = expr { paths(block.statements()) } else { Paths::SOMETHING };
            parts.1.expressions.iter().map(|case| of(&case.rhs)).fold(Paths::default(), Paths::or)
        }
        Stmt::Return(..) | Stmt::BreakLoop(..) => returns(statement),
        other => returns(other).or(Paths::NOTHING),
    }
}

/// The answers that a statement gives without being the last one.
fn returns(statement: &Stmt) -> Paths {
    let all = |statements: &[Stmt]| statements.iter().map(returns).fold(Paths::default(), Paths::or);
    match statement {
        Stmt::Return(_, flags, _) if flags.contains(ASTFlags::BREAK) => Paths::default(),
        Stmt::Return(Some(_), ..) => Paths::SOMETHING,
        Stmt::Return(None, ..) => Paths::NOTHING,
        Stmt::If(branches, _) => all(branches.body.statements()).or(all(branches.branch.statements())),
        Stmt::For(parts, _) => all(parts.2.body.statements()),
        Stmt::Block(block) => all(block.statements()),
        Stmt::Switch(parts, _) => {
            let of = |expr: &Expr| if let Expr::Stmt(block) = expr { all(block.statements()) } else { Paths::default() };
            parts.1.expressions.iter().map(|case| of(&case.rhs)).fold(Paths::default(), Paths::or)
        }
        _ => Paths::default(),
    }
}
