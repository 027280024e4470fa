//! A rule that failed: which, in which layer and file, at which line, and why, in an analyst's words.
//!
//! Must not know who asked. Tests: `tests/`.

use std::fmt;

use rhai::{AST, ASTNode, EvalAltResult, Expr, Position, Stmt};

use super::host;
use super::operator::misfit;
use super::value::{Complaint, show};
use crate::base::Name;

/// What kind of failure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// It used up more than a rule may: steps, time, depth, sizes.
    Limit,
    /// Something broke inside; the engine itself is well.
    Panic,
    /// The script threw it.
    Thrown,
    /// The answer does not fit the signature.
    Shape(Box<Shape>),
    /// Values that do not go together: an absent value used, unlike values compared, an unknown property.
    Value,
    /// No layer answers the rule, or it was asked with the wrong number of arguments.
    Unknown,
}

/// Where an answer does not fit the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What the signature says.
    pub expected: String,
    /// What the script answered.
    pub got: String,
    /// Which part of the answer: `maximum`, `rank[0]`; empty for all of it.
    pub path: String,
}

/// A rule that failed. Nothing is posted; the engine stays healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFault {
    /// The rule.
    pub rule: Name,
    /// The layer whose script failed: `default`, `bu/ac`, `asp/pune`; empty where none answers.
    pub layer: String,
    /// The script; empty where none answers.
    pub file: String,
    /// Line in the script, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// What is wrong, with the values.
    pub message: String,
    /// What kind of failure it is.
    pub kind: FaultKind,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule `{}`: {}", self.rule, self.message)?;
        match (self.file.is_empty(), self.line) {
            (true, _) => Ok(()),
            (false, Some(line)) => write!(f, " ({}:{line}, layer {})", self.file, self.layer),
            (false, None) => write!(f, " ({}, layer {})", self.file, self.layer),
        }
    }
}

impl std::error::Error for RuleFault {}

/// Where a script stands: what every fault of it begins with.
pub(super) struct Site<'a> {
    pub rule: &'a Name,
    pub layer: &'a str,
    pub file: &'a str,
    /// Where the rule begins: the place of faults that have none of their own.
    pub begins: Position,
}

impl Site<'_> {
    pub(super) fn fault(&self, kind: FaultKind, position: Position, message: impl Into<String>) -> RuleFault {
        let position = if position.is_none() { self.begins } else { position };
        let small = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
        RuleFault {
            rule: self.rule.clone(),
            layer: self.layer.to_owned(),
            file: self.file.to_owned(),
            line: small(position.line()),
            column: small(position.position()),
            message: message.into(),
            kind,
        }
    }

    /// The fault for an error of the script engine. A fault of a lower layer comes through unchanged.
    pub(super) fn of_error(&self, ast: &AST, error: EvalAltResult) -> RuleFault {
        let (error, position) = innermost(error);
        if host::is_limit(&error) {
            // The script engine counts steps without saying where it stands: the first loop of the script is where to look.
            let position = if position.is_none() { first_loop(ast) } else { position };
            return self.fault(FaultKind::Limit, position, limit(&error));
        }
        match error {
            EvalAltResult::ErrorRuntime(value, _) => match value.try_cast_result::<RuleFault>() {
                Ok(lower) => lower,
                Err(value) => match value.try_cast_result::<Complaint>() {
                    Ok(complaint) => self.fault(FaultKind::Value, position, sentence(ast, position, &complaint)),
                    Err(thrown) => self.fault(FaultKind::Thrown, position, show(&thrown)),
                },
            },
            other => self.fault(FaultKind::Value, position, explain(&other)),
        }
    }
}

/// The first loop of a script, else its first statement.
fn first_loop(ast: &AST) -> Position {
    let mut first = Position::NONE;
    let mut found = Position::NONE;
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(statement)) = path.last() {
            if first.is_none() {
                first = statement.position();
            }
            if matches!(statement, Stmt::For(..)) {
                found = statement.position();
                return false;
            }
        }
        true
    });
    if found.is_none() { first } else { found }
}

/// The error at the bottom of nested calls: its position is in the same file, since files never call each other.
fn innermost(error: EvalAltResult) -> (EvalAltResult, Position) {
    let mut error = error;
    let mut position = error.position();
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = error {
        error = *inner;
        if !error.position().is_none() {
            position = error.position();
        }
    }
    (error, position)
}

fn limit(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorStackOverflow(_) => "calls are nested too deeply: a rule's functions must not call each other in circles",
        EvalAltResult::ErrorDataTooLarge(..) => "a text, list or record grows larger than a rule may make it",
        EvalAltResult::ErrorTooManyVariables(_) => "there are more variables than a rule may have",
        _ => "it does not come to an end: it was stopped after more steps than a rule may take",
    }
    .to_owned()
}

/// The complaint, naming what it is about where the script says it plainly.
fn sentence(ast: &AST, position: Position, complaint: &Complaint) -> String {
    if let Some(path) = complaint.absent.and_then(|operand| operand_at(ast, position, operand)) {
        return format!("`{path}` has no value here: ask `has({path})` before using it");
    }
    match &complaint.unlike {
        Some((op, left, right)) => misfit(*op, (left, right), (operand_at(ast, position, 0), operand_at(ast, position, 1))),
        None => complaint.message.clone(),
    }
}

/// The operand of the operator or call at a position, if it is a plain path such as `lot.expires`.
fn operand_at(ast: &AST, position: Position, operand: usize) -> Option<String> {
    let mut found = None;
    ast.walk(&mut |path: &[ASTNode]| {
        let call = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, pos)) | ASTNode::Stmt(Stmt::FnCall(call, pos))) if *pos == position => call,
            Some(ASTNode::Stmt(Stmt::Expr(expr))) => match &**expr {
                Expr::FnCall(call, pos) if *pos == position => call,
                _ => return true,
            },
            _ => return true,
        };
        found = call.args.get(operand).and_then(path_of);
        found.is_none()
    });
    found
}

/// `a.b.c`, for expressions that are nothing else.
pub(super) fn path_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Variable(name, _, _) => Some(name.1.to_string()),
        Expr::Property(property, _) => Some(property.2.to_string()),
        Expr::Dot(pair, _, _) => Some(format!("{}.{}", path_of(&pair.lhs)?, path_of(&pair.rhs)?)),
        _ => None,
    }
}

fn explain(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorVariableNotFound(name, _) => format!("`{name}` is not known here"),
        EvalAltResult::ErrorPropertyNotFound(name, _) => format!("`{name}` is not in this record"),
        EvalAltResult::ErrorFunctionNotFound(name, _) => format!("`{}` is not a function that rules have", name.split([' ', '(']).next().unwrap_or(name)),
        EvalAltResult::ErrorMismatchDataType(expected, _, _) if expected == "bool" => "yes or no is needed here: compare with something".into(),
        EvalAltResult::ErrorMismatchDataType(..) | EvalAltResult::ErrorMismatchOutputType(..) => "this value does not fit here".into(),
        EvalAltResult::ErrorArrayBounds(size, index, _) => format!("there is no item {index}: the list has {size}, counted from 0"),
        EvalAltResult::ErrorStringBounds(size, index, _) => format!("there is no character {index}: the text has {size}, counted from 0"),
        EvalAltResult::ErrorDataRace(name, _) => {
            let name = name.split('\'').nth(1).unwrap_or("the variable");
            format!("`{name}` is used before the dot and inside the condition: give the list a name with `let` first")
        }
        EvalAltResult::ErrorFor(_) => "`for` goes over a list or a range such as `0..3`".into(),
        EvalAltResult::ErrorIndexingType(..) | EvalAltResult::ErrorIndexNotFound(..) => "`[…]` picks from a list, by a number from 0".into(),
        EvalAltResult::ErrorDotExpr(..) => "this property cannot be read or changed: what a rule is given cannot be changed".into(),
        EvalAltResult::ErrorAssignmentToConstant(name, _) => format!("`{name}` cannot be changed"),
        EvalAltResult::ErrorArithmetic(..) => "the result is too large to be exact".into(),
        _ => "the script breaks off here".into(),
    }
}
