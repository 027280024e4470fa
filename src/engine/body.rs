//! Walks through the clauses of a transition, from top to bottom.
//!
//! A clause that cannot be carried out becomes a reason, and the walk goes on, so that a refusal lists everything.
//! Pure. Tests: the scenarios.

use crate::domain::{Claim, OutboxKind, OutboxRow, Value};
use crate::model::{Clause, ClauseKind, EachLine, Expr, Template};

use super::message::message;
use super::run::{Local, Run};
use super::starts::as_input;
use super::witness::Purpose;

impl Run<'_> {
    /// Carries out clauses in order.
    pub fn carry_out_all(&mut self, clauses: &[Clause]) {
        for clause in clauses {
            if self.applies(clause) {
                self.clause(clause);
            }
        }
    }

    fn applies(&mut self, clause: &Clause) -> bool {
        let Some(when) = &clause.when else { return true };
        match self.truth(when) {
            Ok(holds) => {
                self.saw(Purpose::When, when, holds);
                holds
            }
            Err(halt) => {
                self.stopped(halt);
                false
            }
        }
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            // Input was taken before the walk began.
            ClauseKind::Ask(_) | ClauseKind::AskLines => {}
            ClauseKind::Let(name, expr) => {
                let value = self.value_or_reason(expr);
                let source = self.source_of(expr);
                self.locals.push(Local { name: name.clone(), value, source });
            }
            ClauseKind::Set(field, expr) => {
                if let Some(value) = self.value_or_reason(expr) {
                    self.set_field(field, value);
                }
            }
            ClauseKind::Require(guard) => self.require(guard),
            ClauseKind::EachLine(each) => self.each_line(each),
            ClauseKind::Move(spec) => {
                // What a failed guard forbids is not tried: it would only repeat the same cause in other words.
                if !self.failed_here() {
                    self.carry_out(spec);
                }
            }
            ClauseKind::Obligation(spec) => {
                if !self.failed_here() {
                    self.oblige(spec, clause.span);
                }
            }
            ClauseKind::Issue { document, from, to, with_reverse } => self.issue(document, from, to.as_ref(), *with_reverse, clause.span),
            ClauseKind::CloseReverse(document) => self.close_reverse(document, clause.span),
            ClauseKind::CloseBooks(through) => self.close_books(through, clause.span),
            ClauseKind::Start(spec) => self.start(spec),
            ClauseKind::Notify { whom, text } => self.notify(whom, text),
            ClauseKind::Emit { event, with } => self.emit(event, with),
            ClauseKind::Claim { key, released, otherwise, code } => match self.render(key) {
                Ok(key) => {
                    let sentence = self.sentence(otherwise);
                    let line = self.line_no();
                    if let Some(witness) = self.env.witness {
                        witness.claim(clause.span, &sentence, line);
                    }
                    self.out.claims.push(Claim { key, until: released.clone(), code: code.clone(), line, sentence });
                }
                Err(halt) => self.stopped(halt),
            },
            ClauseKind::Become(state) => {
                if self.out.target.is_none() {
                    self.out.target = Some(state.clone());
                }
            }
        }
    }

    fn value_or_reason(&mut self, expr: &Expr) -> Option<Value> {
        match self.eval(expr) {
            Ok(value) => Some(value),
            Err(halt) => {
                self.stopped(halt);
                None
            }
        }
    }

    fn each_line(&mut self, each: &EachLine) {
        let matching = match self.matching(each.filter.as_ref()) {
            Ok(matching) => matching,
            Err(halt) => return self.stopped(halt),
        };
        if let Some(filter) = &each.filter {
            for index in 0..self.doc.lines.len() {
                self.at_line(index, |run| run.saw(Purpose::Where, filter, matching.contains(&index)));
            }
        }
        for index in matching {
            let locals = self.locals.len();
            self.line.set(Some(index));
            self.carry_out_all(&each.body);
            self.line.set(None);
            self.locals.truncate(locals);
        }
    }

    /// A message to a role, or to the party in a party field.
    fn notify(&mut self, whom: &crate::base::Name, text: &Template) {
        let text = self.sentence(text);
        let row = message(self.env.book, (self.env.workflow, &self.doc), self.env.snapshot, whom, text);
        self.out.outbox.push(row);
    }

    fn emit(&mut self, event: &crate::base::Name, with: &[(crate::base::Name, Expr)]) {
        let mut payload = serde_json::Map::new();
        for (name, expr) in with {
            match self.eval(expr) {
                Ok(value) => {
                    payload.insert(name.to_string(), as_input(&value).unwrap_or(serde_json::Value::Null));
                }
                Err(halt) => return self.stopped(halt),
            }
        }
        if let Some(no) = self.line_no() {
            payload.insert("line".to_owned(), no.into());
        }
        self.out.outbox.push(OutboxRow { kind: OutboxKind::Emit, topic: event.clone(), text: String::new(), payload: payload.into() });
    }
}
