//! The clauses of a transition.
//!
//! Must not know which fields and bins exist. Tests: `tests.rs`.

use super::items::statements;
use super::node::Node;
use super::{Reader, Rule};
use crate::base::Span;
use crate::syntax::ast::{
    AsClause, Choosing, Clause, ClauseKind, EachLine, MoveClause, MoveQuantity, ObligationClause, ObligationVerb, StartClause, WithField,
};
use crate::syntax::outline::{Block, Range, Statement};
use crate::syntax::words::{Context, Opening, first_word, opening_of};

impl<'a> Reader<'a> {
    /// The clauses of a block, and whether all of it could be read.
    pub(super) fn clauses(&self, block: &Block) -> (Vec<Clause>, bool) {
        let clauses: Vec<Clause> = statements(&block.entries).map(|s| self.clause(s, block.context)).collect();
        let whole = block.close.is_some() && !clauses.iter().any(is_broken);
        (clauses, whole)
    }

    fn clause(&self, statement: &Statement, context: Context) -> Clause {
        let span = self.span_of(Self::whole(statement));
        let broken = Clause { kind: ClauseKind::Broken, when: None, span };
        if first_word(self.slice(statement.head)) == "if" {
            return self.meant_as_when(statement).unwrap_or(broken);
        }
        let Some(opening) = opening_of(Context::Body, self.slice(statement.head)) else {
            self.unknown_line(Context::Body, statement);
            self.inside(statement);
            return broken;
        };
        if opening.words == "each line" {
            return self.each_line(statement, opening.pattern, context).unwrap_or(broken);
        }
        self.no_block(statement);
        self.plain_clause(self.without_semicolon(statement.head), opening, span).unwrap_or(broken)
    }

    fn plain_clause(&self, range: Range, opening: &Opening, span: Span) -> Option<Clause> {
        let node = self.by_rule(clause_rule(opening.words), range, opening.pattern)?;
        let when = node.get(Rule::when_suffix).and_then(|w| self.expr_in(&w));
        Some(Clause { kind: self.clause_kind(&node)?, when, span })
    }

    /// `if … then …`, by habit.
    fn meant_as_when(&self, statement: &Statement) -> Option<Clause> {
        if statement.block.is_some() {
            self.no_if(statement.head);
            self.inside(statement);
            return None;
        }
        let (rest, condition) = self.if_clause(self.without_semicolon(statement.head))?;
        let clause = self.plain_clause(rest, opening_of(Context::Body, self.slice(rest))?, self.span_of(statement.head))?;
        Some(Clause { when: Some(condition), ..clause })
    }

    fn each_line(&self, statement: &Statement, pattern: &str, context: Context) -> Option<Clause> {
        let node = self.head(Rule::each_head, statement, pattern);
        if context == Context::EachLine {
            self.nested_each(statement);
        }
        let Some(block) = &statement.block else {
            if node.is_some() {
                self.no_body(statement, "each line");
            }
            return None;
        };
        let (body, _) = self.clauses(block);
        let filter = self.filter(&node?);
        Some(Clause { kind: ClauseKind::EachLine(EachLine { filter, body }), when: None, span: self.span_of(Self::whole(statement)) })
    }

    fn clause_kind(&self, node: &Node<'a>) -> Option<ClauseKind> {
        Some(match node.rule() {
            Rule::ask_clause if node.has(Rule::ask_lines) => ClauseKind::AskLines,
            Rule::ask_clause => ClauseKind::Ask { fields: self.list(node), optional: node.has(Rule::ask_optional) },
            Rule::let_clause => ClauseKind::Let(self.name(node)?, self.expr_in(node)?),
            Rule::set_clause => ClauseKind::Set(self.name(node)?, self.expr_in(node)?),
            Rule::require_clause => {
                self.sentence_expected(node, "require CONDITION else \"sentence\"");
                ClauseKind::Require { test: self.expr_in(node)?, otherwise: self.sentence(node), code: self.name_in(node, Rule::else_code) }
            }
            Rule::move_clause => ClauseKind::Move(Box::new(self.movement(node)?)),
            Rule::obligation_clause => ClauseKind::Obligation(Box::new(self.obligation(node)?)),
            Rule::issue_clause => ClauseKind::Issue {
                document: self.name(node)?,
                from: self.name_in(node, Rule::issue_from),
                to: self.name_in(node, Rule::issue_to),
                at: self.name_in(node, Rule::issue_at),
                with_reverse: node.has(Rule::issue_reverse),
            },
            Rule::close_clause => match node.get(Rule::close_books) {
                Some(books) => ClauseKind::CloseBooks(self.expr_in(&books)?),
                None => ClauseKind::CloseReverse(self.name(node)?),
            },
            Rule::start_clause => ClauseKind::Start(Box::new(self.start(node)?)),
            Rule::notify_clause => ClauseKind::Notify { whom: self.name(node)?, text: self.text_in(node)? },
            Rule::emit_clause => {
                let with = node.get(Rule::with_fields).map(|w| self.with_fields(&w)).unwrap_or_default();
                ClauseKind::Emit { event: self.name(node)?, with }
            }
            Rule::claim_clause => {
                self.sentence_expected(node, "claim \"key\" else \"sentence\"");
                let released = node.get(Rule::claim_released).map(|r| self.list(&r)).unwrap_or_default();
                let (otherwise, code) = (self.sentence(node), self.name_in(node, Rule::else_code));
                ClauseKind::Claim { key: self.text_in(node)?, released, otherwise, code }
            }
            _ => ClauseKind::Become(self.name(node)?),
        })
    }

    fn sentence(&self, node: &Node<'a>) -> Option<crate::syntax::ast::TextTemplate> {
        node.get(Rule::else_sentence).and_then(|e| self.text_in(&e))
    }

    fn sentence_expected(&self, node: &Node<'a>, pattern: &str) {
        if !node.has(Rule::else_sentence) {
            self.no_sentence(node, pattern);
        }
    }

    fn quantity(&self, node: &Node<'a>) -> Option<MoveQuantity> {
        let inner = node.get(Rule::quantity)?.first()?;
        Some(match inner.rule() {
            Rule::quantity_all => MoveQuantity::All,
            Rule::quantity_up_to => MoveQuantity::UpTo(self.expr_in(&inner)?),
            _ => MoveQuantity::Exactly(self.expr_in(&inner)?),
        })
    }

    fn movement(&self, node: &Node<'a>) -> Option<MoveClause> {
        let place = |rule| node.get(rule).and_then(|n| n.get(Rule::place)).and_then(|p| self.place_ref(&p));
        let mut clause = MoveClause {
            quantity: self.quantity(node)?,
            part: self.expr_in(node)?,
            from: place(Rule::move_from)?,
            to: place(Rule::move_to)?,
            choosing: Vec::new(),
            counting: None,
            becomes: AsClause::default(),
            new_lot: None,
        };
        for modifier in node.kids() {
            match modifier.rule() {
                Rule::choosing => {
                    let choosing = self.choosing(&modifier)?;
                    let same = |c: &Choosing| std::mem::discriminant(c) == std::mem::discriminant(&choosing);
                    self.once(&modifier, clause.choosing.iter().any(same), "choosing");
                    clause.choosing.push(choosing);
                }
                Rule::counting => {
                    self.once(&modifier, clause.counting.is_some(), "counting");
                    clause.counting = self.name(&modifier);
                }
                Rule::as_new_lot => {
                    self.once(&modifier, clause.new_lot.is_some(), "as new lot");
                    clause.new_lot = Some(modifier.get(Rule::with_fields).map(|w| self.with_fields(&w)).unwrap_or_default());
                }
                Rule::as_clause => self.becomes(&mut clause.becomes, &modifier),
                _ => {}
            }
        }
        Some(clause)
    }

    fn choosing(&self, node: &Node<'a>) -> Option<Choosing> {
        let inner = node.kids().last()?;
        let name = self.name(&inner)?;
        Some(match inner.rule() {
            Rule::choosing_serials => Choosing::Serials(name),
            Rule::choosing_lots => Choosing::Lots(name),
            _ => Choosing::Rule(name, inner.get(Rule::call_args).map(|a| self.exprs(&a)).unwrap_or_default()),
        })
    }

    fn becomes(&self, becomes: &mut AsClause, node: &Node<'a>) {
        for part in node.kids() {
            let (slot, word) = match part.rule() {
                Rule::as_owner => (&mut becomes.owner, "owner"),
                Rule::as_pool => (&mut becomes.pool, "pool"),
                Rule::as_condition => (&mut becomes.condition, "condition"),
                _ => continue,
            };
            self.once(&part, slot.is_some(), word);
            *slot = self.expr_in(&part);
        }
    }

    fn with_fields(&self, node: &Node<'a>) -> Vec<WithField> {
        let field = |n: Node<'a>| Some(WithField { name: self.name(&n)?, value: n.get(Rule::with_value).and_then(|v| self.expr_in(&v)) });
        node.all(Rule::with_field).filter_map(field).collect()
    }

    fn obligation(&self, node: &Node<'a>) -> Option<ObligationClause> {
        let verb = match node.first()?.rule() {
            Rule::kw_owe => ObligationVerb::Owe,
            Rule::kw_settle => ObligationVerb::Settle,
            Rule::kw_waive => ObligationVerb::Waive,
            _ => ObligationVerb::Debit,
        };
        let quantity = match self.quantity(node)? {
            MoveQuantity::All => None,
            MoveQuantity::Exactly(expr) => Some(expr),
            MoveQuantity::UpTo(expr) => {
                self.no_up_to(node);
                Some(expr)
            }
        };
        for (rule, word) in [(Rule::obligation_to, "to"), (Rule::obligation_within, "within"), (Rule::obligation_rate, "rate")] {
            if let Some(second) = node.all(rule).nth(1) {
                self.once(&second, true, word);
            }
        }
        let within = node.get(Rule::obligation_within);
        Some(ObligationClause {
            verb,
            quantity,
            part: self.expr_in(node)?,
            kind: self.name_in(node, Rule::obligation_as)?,
            by: self.name_in(node, Rule::obligation_by)?,
            to: self.name_in(node, Rule::obligation_to),
            within: within.as_ref().and_then(|w| w.get(Rule::duration)).and_then(|d| self.duration(&d)),
            within_days: within.as_ref().and_then(|w| self.how_long(w)),
            rate: node.get(Rule::obligation_rate).and_then(|r| self.expr_in(&r)),
        })
    }

    fn start(&self, node: &Node<'a>) -> Option<StartClause> {
        let with = node.get(Rule::start_with);
        let part = |rule| with.as_ref().and_then(|w| w.get(rule)).map(|f| self.with_fields(&f)).unwrap_or_default();
        Some(StartClause { workflow: self.name(node)?, with: part(Rule::start_fields), lines: part(Rule::start_lines) })
    }
}

fn clause_rule(word: &str) -> Rule {
    match word {
        "ask" => Rule::ask_clause,
        "let" => Rule::let_clause,
        "set" => Rule::set_clause,
        "require" => Rule::require_clause,
        "move" => Rule::move_clause,
        "owe" | "settle" | "waive" | "debit" => Rule::obligation_clause,
        "issue" => Rule::issue_clause,
        "close" => Rule::close_clause,
        "start" => Rule::start_clause,
        "notify" => Rule::notify_clause,
        "emit" => Rule::emit_clause,
        "claim" => Rule::claim_clause,
        _ => Rule::become_clause,
    }
}

fn is_broken(clause: &Clause) -> bool {
    match &clause.kind {
        ClauseKind::Broken => true,
        ClauseKind::EachLine(each) => each.body.iter().any(is_broken),
        _ => false,
    }
}
