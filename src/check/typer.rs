//! What an expression can see: the workflow, the line at hand, the names given by `let`, and what is known to be there.
//!
//! Must not know clauses. Tests: `check::tests`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::declared::{Declared, Outline};
use super::findings::types as say;
use super::reports::Reports;
use super::types::fits;
use crate::base::{Name, Span};
use crate::domain::Value;
use crate::model::{Expr, ExprKind, Field, Type};
use crate::syntax::ast::{self, BinaryOp, Ident, UnaryOp};

/// A name given by `let`.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) name: Name,
    pub(super) ty: Type,
    pub(super) span: Span,
    pub(super) used: bool,
}

/// What a bare word stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Binding {
    Local(Type),
    LineField(Type),
    Field(Type),
}

impl Binding {
    pub(super) const fn ty(&self) -> &Type {
        match self {
            Self::Local(ty) | Self::LineField(ty) | Self::Field(ty) => ty,
        }
    }

    /// The path by which what is known about the value is remembered.
    fn path(&self, word: &str) -> String {
        match self {
            Self::Local(_) => format!("let {word}"),
            Self::LineField(_) => line_path(word),
            Self::Field(_) => field_path(word),
        }
    }
}

/// The path of a document field.
pub(super) fn field_path(field: &str) -> String {
    format!("document.{field}")
}

/// The path of a line field.
pub(super) fn line_path(field: &str) -> String {
    format!("line.{field}")
}

/// Types expressions in their surroundings.
#[derive(Debug)]
pub(super) struct Typer<'a> {
    pub(super) book: &'a Declared<'a>,
    pub(super) outline: &'a Outline<'a>,
    pub(super) reports: &'a Reports,
    /// Names given by `let`, innermost last.
    pub(super) locals: Vec<Local>,
    /// A line is at hand.
    pub(super) in_line: bool,
    /// Paths of optional values that are known to be there.
    pub(super) given: BTreeSet<String>,
    /// What was known of every line before the line at hand was.
    pub(super) of_all_lines: BTreeSet<String>,
    /// Paths that this transition has asked for.
    pub(super) asked: BTreeSet<String>,
    /// Fields that were read, as paths.
    pub(super) read: &'a RefCell<BTreeSet<String>>,
}

impl<'a> Typer<'a> {
    /// A typer that sees the fields of a workflow.
    pub(super) fn new(book: &'a Declared<'a>, outline: &'a Outline<'a>, reports: &'a Reports, read: &'a RefCell<BTreeSet<String>>) -> Self {
        Self { book, outline, reports, locals: Vec::new(), in_line: false, given: BTreeSet::new(), of_all_lines: BTreeSet::new(), asked: BTreeSet::new(), read }
    }

    /// What a bare word stands for, innermost first.
    pub(super) fn binding(&self, word: &str) -> Option<Binding> {
        if let Some(local) = self.locals.iter().rev().find(|l| l.name == *word) {
            return Some(Binding::Local(local.ty.clone()));
        }
        let field = |of_line: bool| self.outline.find(word, of_line).map(|f: &Field| f.ty.clone());
        let line = if self.in_line { field(true).map(Binding::LineField) } else { None };
        line.or_else(|| field(false).map(Binding::Field))
    }

    /// The words that can stand alone here.
    pub(super) fn visible(&self) -> Vec<&str> {
        let locals = self.locals.iter().map(|l| l.name.as_str());
        let lines = self.outline.fields(true).iter().filter(|_| self.in_line).map(|f| f.name.as_str());
        let fields = self.outline.fields(false).iter().map(|f| f.name.as_str());
        locals.chain(lines).chain(fields).collect()
    }

    /// Marks a word as read.
    pub(super) fn mark(&mut self, word: &str, binding: &Binding) {
        match binding {
            Binding::Local(_) => {
                if let Some(local) = self.locals.iter_mut().rev().find(|l| l.name == *word) {
                    local.used = true;
                }
            }
            Binding::LineField(_) | Binding::Field(_) => {
                self.read.borrow_mut().insert(binding.path(word));
            }
        }
    }

    /// The path of a word or property, where it has one.
    pub(super) fn path(&self, written: &ast::Expr) -> Option<String> {
        match &written.kind {
            ast::ExprKind::Name(id) => self.binding(&id.text).map(|b| b.path(&id.text)),
            ast::ExprKind::Property(of, id) => match &of.kind {
                ast::ExprKind::Name(base) if self.binding(&base.text).is_none() && (base.text == "line" || base.text == "document") => {
                    Some(format!("{}.{}", base.text, id.text))
                }
                _ => self.path(of).map(|path| format!("{path}.{}", id.text)),
            },
            _ => None,
        }
    }

    /// The type of a value that may be known to be there.
    pub(super) fn narrowed(&self, written: &ast::Expr, ty: Type) -> Type {
        match ty {
            Type::Optional(inner) if self.path(written).is_some_and(|p| self.given.contains(&p)) => *inner,
            other => other,
        }
    }

    /// What is known to be there when a test has this outcome.
    pub(super) fn facts(&self, test: &ast::Expr, outcome: bool) -> Vec<String> {
        match &test.kind {
            ast::ExprKind::Has(of) if outcome => self.path(of).into_iter().collect(),
            ast::ExprKind::Unary(UnaryOp::Not, inner) => self.facts(inner, !outcome),
            ast::ExprKind::Binary(BinaryOp::And, a, b) if outcome => [self.facts(a, true), self.facts(b, true)].concat(),
            ast::ExprKind::Binary(BinaryOp::Or, a, b) if !outcome => [self.facts(a, false), self.facts(b, false)].concat(),
            _ => Vec::new(),
        }
    }

    /// Does something while more is known.
    pub(super) fn knowing<R>(&mut self, facts: Vec<String>, then: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.given.clone();
        self.given.extend(facts);
        let result = then(self);
        self.given = before;
        result
    }

    /// Does something about one line.
    pub(super) fn about_a_line<R>(&mut self, then: impl FnOnce(&mut Self) -> R) -> R {
        let within = std::mem::replace(&mut self.in_line, true);
        let before = self.given.clone();
        if within {
            // What is known of the line at hand need not hold for another.
            let of_all = &self.of_all_lines;
            self.given.retain(|path| !path.starts_with("line.") || of_all.contains(path));
        }
        let result = then(self);
        self.in_line = within;
        self.given = before;
        result
    }

    /// An expression that must have a type.
    pub(super) fn expect(&mut self, written: &ast::Expr, wanted: &Type) -> Expr {
        let found = self.expr(written, Some(wanted));
        self.fitting(written, found, wanted)
    }

    /// Reports a value that does not fit.
    pub(super) fn fitting(&mut self, written: &ast::Expr, found: Expr, wanted: &Type) -> Expr {
        if fits(&found.ty, wanted) {
            return found;
        }
        if found.ty.is_optional() && fits(found.ty.required(), wanted) {
            return self.present(written, found);
        }
        self.reports.add(say::wrong(found.span, wanted.required(), &found.ty));
        Expr { ty: Type::Unknown, ..found }
    }

    /// Reports a value that may be absent.
    pub(super) fn present(&mut self, written: &ast::Expr, found: Expr) -> Expr {
        let Type::Optional(inner) = found.ty else { return found };
        let text = self.book.written(written.span);
        self.reports.add(say::may_be_absent(written.span, &text, self.path(written).is_some()));
        Expr { ty: *inner, ..found }
    }

    /// A test: yes or no.
    pub(super) fn truth(&mut self, written: &ast::Expr) -> Expr {
        self.expect(written, &Type::YesNo)
    }

    /// A field of the document that holds a party.
    pub(super) fn party_field(&mut self, id: &Ident) -> Option<Name> {
        let Some(field) = self.outline.find(&id.text, false) else {
            if !self.outline.written.broken {
                let parties = self.outline.fields(false).iter().filter(|f| matches!(f.ty.required(), Type::Party(_)));
                self.reports.add(super::findings::names::unknown(id, "a party of this workflow", parties.map(|f| f.name.as_str())));
            }
            return None;
        };
        let path = field_path(&id.text);
        self.read.borrow_mut().insert(path.clone());
        match &field.ty {
            Type::Party(_) | Type::Unknown => {}
            Type::Optional(inner) if matches!(**inner, Type::Party(_)) => {
                if !self.given.contains(&path) {
                    self.reports.add(say::may_be_absent(id.span, &id.text, true));
                }
            }
            other => self.reports.add(say::wrong(id.span, &Type::Party(None), other)),
        }
        Some(field.name.clone())
    }
}

/// An expression about which nothing is known, because its mistake has been reported.
pub(super) const fn unknown(span: Span) -> Expr {
    Expr { kind: ExprKind::Const(Value::Absent), ty: Type::Unknown, span }
}
