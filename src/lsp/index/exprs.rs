//! Names in expressions.
//!
//! Must not know clauses. Tests: `tests/it/editor_names.rs`.

use super::flow::Walk;
use super::{Inner, Part, Role, Symbol, WordKind};
use crate::model::Type;
use crate::syntax::ast::{Expr, ExprKind, Ident, Query, Workflow};

/// What an expression can see.
pub(super) struct Scope<'w> {
    pub(super) workflow: &'w Workflow,
    /// A line is at hand.
    pub(super) in_line: bool,
    /// Names given by `let`, innermost last.
    pub(super) locals: Vec<(String, Symbol)>,
}

impl<'w> Scope<'w> {
    pub(super) const fn of(workflow: &'w Workflow) -> Self {
        Self { workflow, in_line: false, locals: Vec::new() }
    }

    pub(super) fn has_line_field(&self, name: &str) -> bool {
        self.workflow.lines.iter().flat_map(|l| &l.fields).any(|f| f.name.text == name)
    }

    fn has_field(&self, name: &str) -> bool {
        self.workflow.parties.iter().any(|p| p.name.text == name) || self.workflow.fields.iter().any(|f| f.name.text == name)
    }

    /// What a bare word stands for, innermost first.
    fn binding(&self, name: &str) -> Option<Symbol> {
        let of = |part| Some(Symbol::Of(part, self.workflow.name.text.clone(), name.to_owned()));
        match self.locals.iter().rev().find(|(local, _)| local == name) {
            Some((_, symbol)) => Some(symbol.clone()),
            None if self.in_line && self.has_line_field(name) => of(Part::LineField),
            None if self.has_field(name) => of(Part::Field),
            None => None,
        }
    }
}

impl Walk<'_> {
    pub(super) fn expr(&mut self, expr: &Expr, scope: &mut Scope<'_>) {
        match &expr.kind {
            ExprKind::Text(text) => self.template(text, scope),
            ExprKind::Name(id) => {
                let wanted = self.types.expr(expr.span).cloned();
                self.bare(id, wanted.as_ref(), scope);
            }
            ExprKind::Property(base, id) => self.property(base, id, scope),
            ExprKind::Call(id, args) => {
                self.word_if_declared(id);
                args.iter().for_each(|arg| self.expr(arg, scope));
            }
            ExprKind::Unary(_, inner) | ExprKind::Has(inner) => self.expr(inner, scope),
            ExprKind::Binary(_, a, b) => [a, b].into_iter().for_each(|e| self.expr(e, scope)),
            ExprKind::Between(a, b, c) => [a, b, c].into_iter().for_each(|e| self.expr(e, scope)),
            ExprKind::In(value, items, _) => {
                self.expr(value, scope);
                items.iter().for_each(|item| self.expr(item, scope));
            }
            ExprKind::Lines(_, inner) => self.of_a_line(&[Some(inner)], scope),
            ExprKind::Sum(inner, filter) => self.of_a_line(&[Some(inner), filter.as_deref()], scope),
            ExprKind::Count(filter) => self.of_a_line(&[filter.as_deref()], scope),
            ExprKind::Query(query) => self.query(query, scope),
            ExprKind::Number(_) | ExprKind::YesNo(_) | ExprKind::Date(_) | ExprKind::Duration(_) | ExprKind::AnyLine | ExprKind::Broken => {}
        }
    }

    fn of_a_line(&mut self, exprs: &[Option<&Expr>], scope: &mut Scope<'_>) {
        let outer = std::mem::replace(&mut scope.in_line, true);
        exprs.iter().flatten().for_each(|e| self.expr(e, scope));
        scope.in_line = outer;
    }

    fn word_if_declared(&mut self, id: &Ident) {
        if self.checked.draft.vocabulary.rules.contains_key(id.text.as_str()) {
            self.word(id, WordKind::Rule);
        }
    }

    /// An expression where a declared word of a list is wanted.
    pub(super) fn expr_of(&mut self, expr: &Expr, kind: WordKind, scope: &mut Scope<'_>) {
        match &expr.kind {
            ExprKind::Name(id) if scope.binding(&id.text).is_none() => self.word(id, kind),
            _ => self.expr(expr, scope),
        }
    }

    /// A word that stands alone.
    pub(super) fn bare(&mut self, id: &Ident, found: Option<&Type>, scope: &Scope<'_>) {
        if let Some(symbol) = scope.binding(&id.text) {
            return self.uses(id, symbol);
        }
        let kind = match found.map(Type::required) {
            Some(Type::Condition) => Some(WordKind::Condition),
            Some(Type::Owner) => Some(WordKind::Owner),
            Some(Type::Pool) => Some(WordKind::Pool),
            Some(Type::Role) => Some(WordKind::Role),
            Some(_) => None,
            None => self.only_list(&id.text),
        };
        if let Some(kind) = kind {
            self.word(id, kind);
        }
    }

    /// A word that stands for `word = word`.
    pub(super) fn lent(&mut self, id: &Ident, scope: &Scope<'_>) {
        if let Some(symbol) = scope.binding(&id.text) {
            self.note(id, symbol, Role::Lends);
        }
    }

    /// The list that has a word, where it is the only one.
    fn only_list(&self, word: &str) -> Option<WordKind> {
        let vocabulary = &self.checked.draft.vocabulary;
        let lists = [(WordKind::Condition, &vocabulary.conditions), (WordKind::Owner, &vocabulary.owners), (WordKind::Pool, &vocabulary.pools)];
        let mut kinds = lists.into_iter().filter(|(_, list)| list.iter().any(|n| n.name == *word)).map(|(kind, _)| kind);
        let role = vocabulary.roles.contains_key(word).then_some(WordKind::Role);
        match (kinds.next(), kinds.next(), role) {
            (Some(kind), None, None) | (None, None, Some(kind)) => Some(kind),
            _ => None,
        }
    }

    fn property(&mut self, base: &Expr, id: &Ident, scope: &mut Scope<'_>) {
        let own = if let ExprKind::Name(name) = &base.kind
            && scope.binding(&name.text).is_none()
        {
            match name.text.as_str() {
                "document" if scope.has_field(&id.text) => Some(Part::Field),
                "line" if scope.has_line_field(&id.text) => Some(Part::LineField),
                _ => None,
            }
        } else {
            None
        };
        if let Some(part) = own {
            return self.uses(id, Symbol::Of(part, scope.workflow.name.text.clone(), id.text.clone()));
        }
        self.expr(base, scope);
        let symbol = match self.types.expr(base.span).map(Type::required) {
            Some(Type::Answer(rule)) => Symbol::Inner(Inner::Answer, rule.to_string(), id.text.clone()),
            Some(Type::Party(_)) => Symbol::Property("party".to_owned(), id.text.clone()),
            Some(ty @ (Type::Part | Type::Contract | Type::Builtin(_))) => Symbol::Property(ty.to_string(), id.text.clone()),
            _ => return,
        };
        self.uses(id, symbol);
    }

    fn query(&mut self, query: &Query, scope: &mut Scope<'_>) {
        let mut pools: Option<&Expr> = None;
        match query {
            Query::OnHand { part, party, pool } | Query::Inbound { part, party, pool } => {
                [part, party].into_iter().for_each(|e| self.expr(e, scope));
                pools = pool.as_ref();
            }
            Query::QuantityIn { part, place, condition, pool } => {
                self.expr(part, scope);
                self.place(place, scope);
                condition.iter().for_each(|c| self.expr_of(c, WordKind::Condition, scope));
                pools = pool.as_ref();
            }
            Query::Held { part, place } => {
                self.expr(part, scope);
                self.place(place, scope);
            }
            Query::ValueAt { party, pool } => {
                self.expr(party, scope);
                pools = pool.as_ref();
            }
            Query::Limit { part, party, pool } => {
                part.iter().chain([party]).for_each(|e| self.expr(e, scope));
                pools = pool.as_ref();
            }
            Query::Rate(inner) | Query::Offers(inner) | Query::Owed(inner) => self.expr(inner, scope),
            Query::Open { kind, party } => {
                self.word(kind, WordKind::Obligation);
                self.expr(party, scope);
            }
            Query::PersonWhoDid(transition) => self.fired(&scope.workflow.name.text.clone(), transition),
            Query::Today | Query::Now | Query::AllStartedEnded => {}
        }
        pools.iter().for_each(|pool| self.expr_of(pool, WordKind::Pool, scope));
    }
}
