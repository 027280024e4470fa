//! Asks rules, once for equal arguments, and keeps what they answered.
//!
//! Pure: a rule sees only its arguments. Tests: the scenarios.

use crate::base::{Name, PartyCode, Span};
use crate::domain::{Reason, ReasonCode, RuleSource, RuleTrace, Value};
use crate::model::{Expr, ExprKind, FieldKind};
use crate::rules::{RuleFault, Scope};

use super::run::{Halt, Run};

impl Run<'_> {
    /// The answer of a rule to evaluated arguments.
    pub fn ask_rule(&self, rule: &Name, args: &[Expr], span: Span) -> Result<(Value, RuleSource), Halt> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.for_rule(self.eval(arg)?));
        }
        self.consult(rule, values, span)
    }

    /// The answer of a rule to values.
    pub fn consult(&self, rule: &Name, arguments: Vec<Value>, span: Span) -> Result<(Value, RuleSource), Halt> {
        let known = self.answers.borrow().iter().find(|(t, _)| t.rule == *rule && t.arguments == arguments).map(|(t, s)| (t.answer.clone(), s.clone()));
        if let Some(answered) = known {
            return Ok(answered);
        }
        let parties = self.parties();
        let scope = Scope { bu: &self.doc.bu, parties: &parties };
        let answer = self.env.rules.call(&scope, rule, &arguments).map_err(|fault| Halt::from(self.rule_fault(&fault, &arguments, span)))?;
        let source = RuleSource { rule: rule.clone(), layer: answer.layer.clone(), file: answer.file.clone(), line: None };
        let trace = RuleTrace { rule: rule.clone(), layer: answer.layer, line: self.line_no(), arguments, answer: answer.value.clone() };
        self.answers.borrow_mut().push((trace, source.clone()));
        Ok((answer.value, source))
    }

    fn rule_fault(&self, fault: &RuleFault, arguments: &[Value], span: Span) -> Reason {
        let mut reason = self.reason(ReasonCode::RuleFault, fault.to_string(), span);
        reason.rules.push(RuleSource { rule: fault.rule.clone(), layer: fault.layer.clone(), file: fault.file.clone(), line: fault.line });
        reason.values = arguments.iter().enumerate().map(|(i, v)| (format!("argument {}", i + 1), v.clone())).collect();
        reason.remedy(format!("mend {} so that it answers for these arguments", if fault.file.is_empty() { "the rule" } else { &fault.file }))
    }

    /// The parties of the document in order of their fields: their layers of rules apply.
    pub fn parties(&self) -> Vec<PartyCode> {
        let fields = self.env.workflow.fields.iter().filter(|f| f.kind == FieldKind::Party);
        fields.filter_map(|f| self.doc.field(f.name.as_str()).as_party().cloned()).collect()
    }

    /// Where the value of an expression comes from, if a rule gave it.
    pub fn source_of(&self, expr: &Expr) -> Option<RuleSource> {
        match &expr.kind {
            ExprKind::Property(of, _) => self.source_of(of),
            ExprKind::Local(name) => self.local(name.as_str()).and_then(|l| l.source.clone()),
            ExprKind::Rule(rule, _) => self.answers.borrow().iter().rev().find(|(t, _)| t.rule == *rule).map(|(_, s)| s.clone()),
            _ => None,
        }
    }
}
