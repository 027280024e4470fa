//! Expressions: every word gets its meaning and every value its type.
//!
//! Must not know clauses. Tests: `check::tests`.

use super::constants;
use super::declared::{Space, name};
use super::findings::{names as say_name, types as say};
use super::typer::{Binding, Typer, unknown};
use super::types::{counts, fits};
use crate::base::Span;
use crate::domain::Value;
use crate::model::{Expr, ExprKind, LineTest, Property, Template, TemplatePart, Type, properties};
use crate::syntax::ast::{self, Ident, TextPart, TextTemplate, UnaryOp};

impl Typer<'_> {
    /// Types an expression. `wanted` gives literals and bare words their meaning; whether the result fits is the caller's to check.
    pub(super) fn expr(&mut self, written: &ast::Expr, wanted: Option<&Type>) -> Expr {
        use ast::ExprKind as Written;
        let span = written.span;
        let made = |kind: ExprKind, ty: Type| Expr { kind, ty, span };
        match &written.kind {
            Written::Broken => unknown(span),
            Written::Number(value) => self.constant(constants::number(*value, wanted.unwrap_or(&Type::Number)), span),
            Written::Text(template) => self.text(template, wanted),
            Written::YesNo(value) => made(ExprKind::Const(Value::YesNo(*value)), Type::YesNo),
            Written::Date(value) => made(ExprKind::Const(Value::Date(*value)), Type::Date),
            Written::Duration(value) => made(ExprKind::Const(Value::Duration(*value)), Type::Duration),
            Written::Name(id) => self.word(written, id, wanted),
            Written::Property(of, id) => self.property(written, of, id),
            Written::Call(function, args) => self.call(written, function, args, wanted),
            Written::Unary(UnaryOp::Not, inner) => made(ExprKind::Not(Box::new(self.truth(inner))), Type::YesNo),
            Written::Unary(UnaryOp::Negate, inner) => self.negated(inner, wanted, span),
            Written::Binary(op, a, b) => self.binary(*op, a, b, wanted, span),
            Written::Between(of, low, high) => self.between(of, low, high, span),
            Written::In(of, items, not) => self.one_of(of, items, *not, span),
            Written::Has(of) => self.has(of, span),
            Written::AnyLine => {
                self.needs_lines(span);
                made(ExprKind::AnyLine, Type::YesNo)
            }
            Written::Lines(test, of) => {
                self.needs_lines(span);
                let test = match test {
                    ast::LineTest::Any => LineTest::Any,
                    ast::LineTest::Every => LineTest::Every,
                    ast::LineTest::No => LineTest::No,
                };
                let of = self.about_a_line(|t| t.truth(of));
                made(ExprKind::Lines(test, Box::new(of)), Type::YesNo)
            }
            Written::Sum(of, filter) => self.sum(of, filter.as_deref(), wanted, span),
            Written::Count(filter) => {
                self.needs_lines(span);
                let filter = filter.as_deref().map(|f| Box::new(self.about_a_line(|t| t.truth(f))));
                made(ExprKind::Count(filter), Type::Number)
            }
            Written::Query(query) => self.query(query, span),
        }
    }

    fn constant(&mut self, found: Result<(Value, Type), String>, span: Span) -> Expr {
        match found {
            Ok((value, ty)) => Expr { kind: ExprKind::Const(value), ty, span },
            Err(why) => {
                self.reports.add(say::literal(span, &why));
                unknown(span)
            }
        }
    }

    fn text(&mut self, template: &TextTemplate, wanted: Option<&Type>) -> Expr {
        match constants::plain(template) {
            Some(words) => self.constant(constants::text(&words, wanted.unwrap_or(&Type::Text)), template.span),
            None => Expr { kind: ExprKind::Text(self.template(template)), ty: Type::Text, span: template.span },
        }
    }

    /// A text with holes.
    pub(super) fn template(&mut self, written: &TextTemplate) -> Template {
        let mut parts = Vec::new();
        for part in &written.parts {
            match part {
                TextPart::Plain(text) => parts.push(TemplatePart::Plain(text.clone())),
                TextPart::Seq { span, .. } => self.reports.add(super::findings::clauses::seq_in_text(*span)),
                TextPart::Hole(hole) => {
                    let found = self.expr(hole, None);
                    if matches!(found.ty.required(), Type::Answer(_) | Type::Builtin(_) | Type::Record(_)) {
                        self.reports.add(say::not_printable(hole.span, found.ty.required()));
                    }
                    parts.push(TemplatePart::Hole(found));
                }
            }
        }
        Template { parts, span: written.span }
    }

    fn word(&mut self, written: &ast::Expr, id: &Ident, wanted: Option<&Type>) -> Expr {
        let declared = wanted.filter(|ty| constants::words_of(&self.book.vocabulary, ty).is_some_and(|(words, _)| words.contains(&id.text.as_str())));
        let binding = self.binding(&id.text).filter(|b| declared.is_none_or(|ty| fits(b.ty().required(), ty.required())));
        match (binding, declared) {
            (Some(binding), _) => {
                self.mark(&id.text, &binding);
                let ty = self.narrowed(written, binding.ty().clone());
                let kind = match binding {
                    Binding::Local(_) => ExprKind::Local(name(id)),
                    Binding::LineField(_) => ExprKind::LineField(name(id)),
                    Binding::Field(_) => ExprKind::Field(name(id)),
                };
                Expr { kind, ty, span: id.span }
            }
            (None, Some(ty)) => Expr { kind: ExprKind::Const(Value::Name(name(id))), ty: ty.required().clone(), span: id.span },
            (None, None) => self.free_word(id, wanted),
        }
    }

    /// A word that is no field, no `let`, and no word of the wanted type.
    fn free_word(&mut self, id: &Ident, wanted: Option<&Type>) -> Expr {
        let made = |kind: ExprKind, ty: Type| Expr { kind, ty, span: id.span };
        match id.text.as_str() {
            "document" => return made(ExprKind::Document, Type::Builtin("document")),
            "line" if self.in_line => return made(ExprKind::Line, Type::Builtin("line")),
            "line" => {
                self.reports.add(say::needs_line(id.span, "`line`"));
                return unknown(id.span);
            }
            word => {
                if let Some(property) = properties(&Type::Builtin("document")).into_iter().find(|p| p.name == word) {
                    let document = made(ExprKind::Document, Type::Builtin("document"));
                    return made(ExprKind::Property(Box::new(document), name(id)), property.ty);
                }
            }
        }
        let free = wanted.is_none_or(|ty| constants::words_of(&self.book.vocabulary, ty).is_none() && !matches!(ty.required(), Type::Text));
        let spaces: Vec<Space> = Space::ALL.into_iter().filter(|s| free && self.book.has_word(*s, &id.text)).collect();
        match spaces.as_slice() {
            [space] => made(ExprKind::Const(Value::Name(name(id))), space.ty()),
            [] => {
                self.unknown_word(id, wanted);
                unknown(id.span)
            }
            several => {
                let meanings: Vec<&str> = several.iter().map(|s| s.aloud()).collect();
                self.reports.add(say_name::ambiguous(id, &meanings));
                unknown(id.span)
            }
        }
    }

    fn unknown_word(&mut self, id: &Ident, wanted: Option<&Type>) {
        if wanted == Some(&Type::Unknown) {
            return;
        }
        if !self.in_line
            && let Some(field) = self.outline.find(&id.text, true)
        {
            return self.reports.add(say_name::other_level(id, field.span, true));
        }
        if self.outline.written.broken || self.book.incomplete {
            return;
        }
        let visible = self.visible();
        let report = match wanted.and_then(|ty| constants::words_of(&self.book.vocabulary, ty)) {
            Some((words, what)) => match crate::base::suggest::nearest(&id.text, words.iter().copied().chain(visible)) {
                Some(near) => say_name::unknown(id, what, [near]),
                None => say_name::unknown(id, what, words),
            },
            None if wanted.is_some_and(|ty| *ty.required() == Type::Text) => say_name::unknown_text(id, visible),
            None => {
                let of_lines = self.outline.fields(true).iter().map(|f| f.name.as_str());
                let words = Space::ALL.into_iter().flat_map(|s| self.book.words(s)).chain(of_lines);
                match crate::base::suggest::nearest(&id.text, visible.iter().copied().chain(words)) {
                    Some(near) => say_name::unknown(id, "a name that is known here", [near]),
                    None => say_name::unknown(id, "a name that is known here", visible),
                }
            }
        };
        self.reports.add(report);
    }

    fn property(&mut self, written: &ast::Expr, of: &ast::Expr, id: &Ident) -> Expr {
        if let ast::ExprKind::Name(base) = &of.kind
            && self.binding(&base.text).is_none()
            && let Some(found) = self.own_field(written, &base.text, id)
        {
            return found;
        }
        let receiver = self.expr(of, None);
        let receiver = self.present(of, receiver);
        let known: Vec<(String, Type)> = match &receiver.ty {
            Type::Unknown => return unknown(written.span),
            Type::Answer(rule) => match self.book.vocabulary.rules.get(rule.as_str()).map(|r| &r.answer) {
                Some(Type::Record(fields)) => fields.iter().map(|(n, t)| (n.to_string(), t.clone())).collect(),
                _ => Vec::new(),
            },
            other => properties(other).into_iter().map(|Property { name, ty }| (name.to_owned(), ty)).collect(),
        };
        let Some((_, ty)) = known.iter().find(|(n, _)| *n == id.text) else {
            if known.is_empty() {
                self.reports.add(say::no_properties(id, &receiver.ty));
            } else {
                let names: Vec<String> = known.into_iter().map(|(n, _)| n).collect();
                self.reports.add(say_name::unknown_property(id, &say::aloud(&receiver.ty), &names));
            }
            return unknown(written.span);
        };
        let ty = self.narrowed(written, ty.clone());
        Expr { kind: ExprKind::Property(Box::new(receiver), name(id)), ty, span: written.span }
    }

    /// `line.part` and `document.asp` are the fields themselves.
    fn own_field(&mut self, written: &ast::Expr, base: &str, id: &Ident) -> Option<Expr> {
        let of_line = match base {
            "line" if self.in_line => true,
            "document" => false,
            _ => return None,
        };
        let field = self.outline.find(&id.text, of_line)?;
        let path = format!("{base}.{}", id.text);
        self.read.borrow_mut().insert(path);
        let kind = if of_line { ExprKind::LineField(name(id)) } else { ExprKind::Field(name(id)) };
        Some(Expr { kind, ty: self.narrowed(written, field.ty.clone()), span: written.span })
    }

    fn negated(&mut self, inner: &ast::Expr, wanted: Option<&Type>, span: Span) -> Expr {
        let found = self.expr(inner, wanted);
        let found = self.present(inner, found);
        if !counts(&found.ty) {
            self.reports.add(say::not_countable(inner.span, &found.ty));
            return unknown(span);
        }
        let ty = found.ty.clone();
        let kind = match found.kind {
            ExprKind::Const(Value::Number(n)) => ExprKind::Const(Value::Number(-n)),
            ExprKind::Const(Value::Quantity(q)) => ExprKind::Const(Value::Quantity(-q)),
            ExprKind::Const(Value::Money(m)) => ExprKind::Const(Value::Money(-m)),
            _ => ExprKind::Negate(Box::new(found)),
        };
        Expr { kind, ty, span }
    }

    fn has(&mut self, of: &ast::Expr, span: Span) -> Expr {
        let found = self.expr(of, None);
        let path = self.path(of);
        let asked = path.as_ref().is_some_and(|p| self.asked.contains(p));
        let known = path.as_ref().is_some_and(|p| self.given.contains(p));
        if asked || !known && !found.ty.is_optional() && found.ty != Type::Unknown {
            let text = self.book.written(of.span);
            self.reports.add(say::always_there(of.span, &text, asked));
        }
        Expr { kind: ExprKind::Has(Box::new(found)), ty: Type::YesNo, span }
    }

    /// Reports a question about lines where there are none.
    pub(super) fn needs_lines(&mut self, span: Span) {
        if self.outline.written.lines.is_none() && !self.outline.written.broken {
            self.reports.add(say::lines_missing(span));
        }
    }

    fn sum(&mut self, of: &ast::Expr, filter: Option<&ast::Expr>, wanted: Option<&Type>, span: Span) -> Expr {
        self.needs_lines(span);
        let (of, filter) = self.about_a_line(|t| {
            let facts = filter.map(|f| t.facts(f, true)).unwrap_or_default();
            let filter = filter.map(|f| Box::new(t.truth(f)));
            let found = t.knowing(facts, |t| {
                let found = t.expr(of, wanted);
                t.present(of, found)
            });
            (found, filter)
        });
        if !counts(&of.ty) {
            self.reports.add(say::not_countable(of.span, &of.ty));
            return unknown(span);
        }
        let ty = of.ty.clone();
        Expr { kind: ExprKind::Sum(Box::new(of), filter), ty, span }
    }
}
