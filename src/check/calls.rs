//! Calls of rules and built-in functions, and questions to the books.
//!
//! Must not know scripts. Tests: `check::tests`.

use super::declared::name;
use super::findings::{names as say_name, rules as say, types as say_type};
use super::typer::{Typer, unknown};
use super::types::{counts, ordered};
use super::words::BUILTIN_FUNCTIONS;
use crate::base::{Name, Span};
use crate::model::{Builtin, Choosing, Expr, ExprKind, PlaceSpec, Query, RuleParam, Type};
use crate::syntax::ast::{self, Ident, PlaceRef};

impl Typer<'_> {
    pub(super) fn call(&mut self, written: &ast::Expr, function: &Ident, args: &[ast::Expr], wanted: Option<&Type>) -> Expr {
        let builtin = match function.text.as_str() {
            "min" => Some(Builtin::Min),
            "max" => Some(Builtin::Max),
            "floor" => Some(Builtin::Floor),
            "round" => Some(Builtin::Round),
            _ => None,
        };
        match builtin {
            Some(builtin) => self.builtin(written, &function.text, builtin, args, wanted),
            None => self.rule(written, function, args),
        }
    }

    fn builtin(&mut self, written: &ast::Expr, text: &str, function: Builtin, args: &[ast::Expr], wanted: Option<&Type>) -> Expr {
        let several = matches!(function, Builtin::Min | Builtin::Max);
        if several && args.len() < 2 || !several && args.len() != 1 {
            self.reports.add(say::builtin_arguments(written.span, text));
            return unknown(written.span);
        }
        let mut hint = wanted.filter(|ty| ordered(ty.required())).cloned();
        let mut found: Vec<Expr> = Vec::new();
        for arg in args {
            let value = self.expr(arg, hint.as_ref());
            let value = self.present(arg, value);
            hint = Some(value.ty.clone());
            if let Some(first) = found.first()
                && !super::types::comparable(&first.ty, &value.ty)
            {
                self.reports.add(say_type::cannot_compare((first.span, &first.ty), (value.span, &value.ty)));
                return unknown(written.span);
            }
            if several && !ordered(&value.ty) || !several && !counts(&value.ty) {
                self.reports.add(say_type::not_countable(arg.span, &value.ty));
                return unknown(written.span);
            }
            found.push(value);
        }
        let ty = found.first().map_or(Type::Unknown, |f| f.ty.clone());
        Expr { kind: ExprKind::Call(function, found), ty, span: written.span }
    }

    fn rule(&mut self, written: &ast::Expr, function: &Ident, args: &[ast::Expr]) -> Expr {
        let Some(rule) = self.book.vocabulary.rules.get(function.text.as_str()) else {
            self.unknown_rule(function);
            for arg in args {
                self.expr(arg, Some(&Type::Unknown));
            }
            return unknown(written.span);
        };
        if rule.params.len() != args.len() {
            self.reports.add(say::argument_count(written.span, rule, rule.params.len(), args.len()));
            return Expr { ty: answer(&rule.answer, &rule.named.name), ..unknown(written.span) };
        }
        let args = rule.params.iter().zip(args).map(|(param, arg)| self.argument(arg, &param.ty)).collect();
        self.note_records(&rule.params);
        Expr { kind: ExprKind::Rule(rule.named.name.clone(), args), ty: answer(&rule.answer, &rule.named.name), span: written.span }
    }

    /// An argument of a rule. Where a rule wants a text, it may be given a choice, a declared word, or a thing that has a code.
    fn argument(&mut self, written: &ast::Expr, wanted: &Type) -> Expr {
        let found = self.expr(written, Some(wanted));
        if *wanted.required() == Type::Text && reads_as_text(found.ty.required()) && (wanted.is_optional() || !found.ty.is_optional()) {
            return found;
        }
        self.fitting(written, found, wanted)
    }

    fn unknown_rule(&mut self, id: &Ident) {
        if !self.book.incomplete {
            let known = self.book.vocabulary.rules.keys().map(Name::as_str).chain(BUILTIN_FUNCTIONS);
            self.reports.add(say::unknown_rule(id, known));
        }
    }

    /// A rule that is given the document or the line may read any of its fields.
    fn note_records(&mut self, params: &[RuleParam]) {
        let given = |record: &str| params.iter().any(|p| matches!(p.ty, Type::Builtin(name) if name == record));
        let mut read = self.read.borrow_mut();
        if given("line") {
            read.extend(self.outline.fields(true).iter().map(|f| super::typer::line_path(f.name.as_str())));
        }
        if given("document") {
            read.extend(self.outline.fields(false).iter().map(|f| super::typer::field_path(f.name.as_str())));
            read.extend(self.outline.fields(true).iter().map(|f| super::typer::line_path(f.name.as_str())));
        }
    }

    /// `choosing allocation(cover)`: the engine gives the lot and the line, the flow gives the rest in order.
    pub(super) fn choosing_rule(&mut self, id: &Ident, args: &[ast::Expr], span: Span) -> Option<Choosing> {
        let Some(rule) = self.book.vocabulary.rules.get(id.text.as_str()) else {
            self.unknown_rule(id);
            return None;
        };
        if !rule.params.iter().any(|p| p.ty == Type::Builtin("lot")) {
            self.reports.add(say::cannot_choose(id, rule, "it has no parameter of type `lot`"));
            return None;
        }
        let Type::Record(fields) = &rule.answer else {
            self.reports.add(say::cannot_choose(id, rule, "it does not answer `take` and `rank`"));
            return None;
        };
        let answers = |wanted: &str, ty: &Type| fields.iter().any(|(n, t)| *n == *wanted && super::types::fits(t, ty));
        if !answers("take", &Type::YesNo) || !answers("rank", &Type::List(Box::new(Type::NumberOrDate))) {
            self.reports.add(say::cannot_choose(id, rule, "it does not answer `take` (yes or no) and `rank` (list of number or date)"));
            return None;
        }
        let supplied = |p: &RuleParam| matches!(p.ty, Type::Builtin("lot" | "line"));
        let open: Vec<&RuleParam> = rule.params.iter().filter(|p| !supplied(p)).collect();
        if open.len() != args.len() {
            self.reports.add(say::choosing_arguments(span, rule, &open, args.len()));
            return None;
        }
        if !self.in_line && rule.params.iter().any(|p| p.ty == Type::Builtin("line")) {
            self.reports.add(say_type::needs_line(id.span, &format!("`{}`", id.text)));
        }
        let mut given = args.iter();
        let mut out = Vec::new();
        for param in &rule.params {
            out.push(match param.ty {
                Type::Builtin("lot") => None,
                Type::Builtin("line") => Some(Expr { kind: ExprKind::Line, ty: Type::Builtin("line"), span: id.span }),
                _ => given.next().map(|arg| self.argument(arg, &param.ty)),
            });
        }
        self.note_records(&rule.params);
        Some(Choosing::Rule(rule.named.name.clone(), out))
    }

    /// A place: whose bin, or which bin of the outside world.
    pub(super) fn place(&mut self, written: &PlaceRef) -> Option<PlaceSpec> {
        let party = match &written.party {
            Some(id) => Some(self.party_field(id)?),
            None => None,
        };
        let bins = &self.book.vocabulary.bins;
        let Some(bin) = bins.get(written.bin.text.as_str()) else {
            if !self.book.incomplete {
                let outside = party.is_none();
                self.reports.add(say_name::unknown(&written.bin, "a bin", bins.values().filter(|b| b.outside == outside).map(|b| b.named.name.as_str())));
            }
            return None;
        };
        match (&party, &written.party) {
            (None, _) if !bin.outside => {
                self.reports.add(say_name::not_outside(&written.bin, bin.named.span));
                return None;
            }
            (Some(_), _) if bin.outside => {
                self.reports.add(say_name::outside_with_party(&written.bin, written.span, bin.named.span));
                return None;
            }
            (Some(field), Some(_)) => {
                let without = self.outline.find(field.as_str(), false).and_then(|f| f.kinds.iter().find(|k| !bin.at.contains(k)));
                if let Some(kind) = without {
                    let there = bins.values().filter(|b| b.at.contains(kind)).map(|b| b.named.name.as_str());
                    self.reports.add(say_name::no_such_bin_there(&written.bin, kind.as_str(), bin.named.span, there));
                    return None;
                }
            }
            _ => {}
        }
        Some(PlaceSpec { party, bin: bin.named.name.clone(), clearing: bin.clearing, outside: bin.outside, span: written.span })
    }

    fn pool(&mut self, written: Option<&ast::Expr>) -> Option<Expr> {
        written.map(|pool| self.expect(pool, &Type::Pool))
    }

    pub(super) fn query(&mut self, written: &ast::Query, span: Span) -> Expr {
        let Some((query, ty)) = self.question(written) else { return unknown(span) };
        Expr { kind: ExprKind::Query(Box::new(query)), ty, span }
    }

    fn question(&mut self, written: &ast::Query) -> Option<(Query, Type)> {
        let party = Type::Party(None);
        Some(match written {
            ast::Query::OnHand { part, party: at, pool } => {
                (Query::OnHand { part: self.expect(part, &Type::Part), party: self.expect(at, &party), pool: self.pool(pool.as_ref()) }, Type::Quantity)
            }
            ast::Query::Inbound { part, party: to, pool } => {
                (Query::Inbound { part: self.expect(part, &Type::Part), party: self.expect(to, &party), pool: self.pool(pool.as_ref()) }, Type::Quantity)
            }
            ast::Query::QuantityIn { part, place, condition, pool } => {
                let part = self.expect(part, &Type::Part);
                let condition = condition.as_ref().map(|c| self.expect(c, &Type::Condition));
                let pool = self.pool(pool.as_ref());
                (Query::QuantityIn { part, place: self.place(place)?, condition, pool }, Type::Quantity)
            }
            ast::Query::Held { part, place } => {
                let part = self.expect(part, &Type::Part);
                (Query::Held { part, place: self.place(place)? }, Type::Quantity)
            }
            ast::Query::ValueAt { party: at, pool } => (Query::ValueAt { party: self.expect(at, &party), pool: self.pool(pool.as_ref()) }, Type::Money),
            ast::Query::Limit { part, party: at, pool } => {
                let part = part.as_ref().map(|p| self.expect(p, &Type::Part));
                (Query::Limit { part, party: self.expect(at, &party), pool: self.pool(pool.as_ref()) }, Type::Builtin("limit"))
            }
            ast::Query::Rate(part) => (Query::Rate(self.expect(part, &Type::Part)), Type::Money),
            ast::Query::Offers(part) => (Query::Offers(self.expect(part, &Type::Part)), Type::List(Box::new(Type::Builtin("offer")))),
            ast::Query::Owed(by) => (Query::Owed(self.expect(by, &party)), Type::List(Box::new(Type::Builtin("obligation")))),
            ast::Query::Open { kind, party: by } => {
                let kind = self.obligation(kind);
                let party = self.expect(by, &party);
                (Query::Open { kind: kind?, party }, Type::Quantity)
            }
            ast::Query::Today => (Query::Today, Type::Date),
            ast::Query::Now => (Query::Now, Type::Time),
            ast::Query::PersonWhoDid(transition) => (Query::PersonWhoDid(self.transition_name(transition)?), Type::Optional(Box::new(Type::Text))),
            ast::Query::AllStartedEnded => (Query::AllStartedEnded, Type::YesNo),
        })
    }

    /// A declared kind of obligation.
    pub(super) fn obligation(&mut self, id: &Ident) -> Option<Name> {
        let kinds = &self.book.vocabulary.obligations;
        let known = kinds.iter().any(|k| k.name == *id.text);
        if !known && !self.book.incomplete {
            self.reports.add(say_name::unknown(id, "a kind of obligation", kinds.iter().map(|k| k.name.as_str())));
        }
        known.then(|| name(id))
    }

    /// A transition of this workflow.
    pub(super) fn transition_name(&mut self, id: &Ident) -> Option<Name> {
        let known = self.outline.transitions();
        if known.contains(&id.text) {
            return Some(name(id));
        }
        if !self.outline.written.broken {
            self.reports.add(say_name::unknown(id, "a transition of this workflow", known.iter().map(String::as_str)));
        }
        None
    }
}

fn reads_as_text(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Choice(_) | Type::Condition | Type::Owner | Type::Pool | Type::Role | Type::Part | Type::Party(_) | Type::Contract | Type::Lot | Type::Serial
    )
}

/// The type of a call: answers with properties keep the name of their rule.
fn answer(declared: &Type, rule: &Name) -> Type {
    match declared {
        Type::Record(_) => Type::Answer(rule.clone()),
        other => other.clone(),
    }
}
