//! Asks rules, once for equal arguments, and keeps what they answered.
//!
//! Pure: a rule sees only its arguments. Tests: the scenarios.

use std::sync::Arc;

use crate::base::{Name, PartyCode, Span};
use crate::domain::{Reason, ReasonCode, RuleSource, RuleTrace, Value};
use crate::model::{Expr, ExprKind, FieldKind};
use crate::rules::{RuleFault, Scope};

use super::run::{Halt, Run};

/// What a rule answered in this decision, or the books to a question.
pub struct Asked {
    /// Equal for equal questions, and unequal for nearly all others.
    print: u64,
    pub trace: RuleTrace,
    pub source: RuleSource,
}

impl Asked {
    fn is_of(&self, print: u64, rule: &str, arguments: &[Value]) -> bool {
        self.print == print && self.trace.rule == *rule && self.trace.arguments == arguments
    }
}

/// What a rule is asked about, with its print: equal for equal values, and quick to compare, so that many lots are told
/// apart without looking into each.
#[derive(Clone)]
pub struct Argument {
    value: Value,
    print: u64,
}

impl From<Value> for Argument {
    fn from(value: Value) -> Self {
        let mut print = Print(0);
        print.value(&value, 1);
        Self { print: print.0, value }
    }
}

/// The print of a question, and its arguments.
fn question(rule: &str, arguments: Vec<Argument>) -> (u64, Vec<Value>) {
    let mut print = Print(0);
    print.text(rule);
    arguments.iter().for_each(|argument| print.mix(argument.print));
    (print.0, arguments.into_iter().map(|argument| argument.value).collect())
}

struct Print(u64);

impl Print {
    fn mix(&mut self, bits: u64) {
        // The multiplier of Knuth: odd, and near the golden section of 2⁶⁴.
        self.0 = (self.0.rotate_left(5) ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// The length and the end of a text: codes and numbers of one kind begin alike.
    fn text(&mut self, text: &str) {
        let end = text.as_bytes().last_chunk::<8>();
        let bits = end.map_or_else(|| text.bytes().fold(0, |bits, byte| (bits << 8) | u64::from(byte)), |end| u64::from_le_bytes(*end));
        self.mix(bits ^ ((text.len() as u64) << 56));
    }

    /// A value; of records and lists inside others only that they are there, and of long records how they begin.
    fn value(&mut self, value: &Value, depth: u8) {
        match value {
            Value::Quantity(quantity) => self.mix(quantity.milli().cast_unsigned()),
            Value::Money(money) => self.mix(money.minor().cast_unsigned()),
            Value::Text(text) => self.text(text),
            Value::Name(name) => self.text(name.as_str()),
            Value::Part(code) => self.text(code.as_str()),
            Value::Party(code) => self.text(code.as_str()),
            Value::Lot(lot) => self.text(lot.as_str()),
            Value::Serial(serial) => self.text(serial.as_str()),
            Value::YesNo(yes) => self.mix(u64::from(*yes)),
            Value::List(items) if depth > 0 => items.iter().for_each(|item| self.value(item, depth - 1)),
            Value::Record(record) if depth > 0 => record.fields.values().take(16).for_each(|field| self.value(field, depth - 1)),
            _ => self.mix(1),
        }
    }
}

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
        self.consult_among(&self.parties(), rule, arguments.into_iter().map(Argument::from).collect(), span)
    }

    /// Like [`Run::consult`], where the parties of the document are at hand.
    pub fn consult_among(&self, parties: &[PartyCode], rule: &Name, arguments: Vec<Argument>, span: Span) -> Result<(Value, RuleSource), Halt> {
        let (print, arguments) = question(rule.as_str(), arguments);
        if let Some(known) = self.answers.borrow().iter().find(|known| known.is_of(print, rule.as_str(), &arguments)) {
            return Ok((known.trace.answer.clone(), known.source.clone()));
        }
        let scope = Scope { bu: &self.doc.bu, parties };
        let answer = self.env.rules.call(&scope, rule, &arguments).map_err(|fault| match self.lacking {
            0 => Halt::from(self.rule_fault(&fault, &arguments, span)),
            // It was given what is lacking, and that is reported already.
            _ => Halt::Reported,
        })?;
        let source = RuleSource { rule: rule.clone(), layer: Arc::clone(&answer.layer), file: answer.file, line: None };
        let trace = RuleTrace { rule: rule.clone(), layer: answer.layer, line: self.line_no(), arguments, answer: answer.value.clone() };
        self.answers.borrow_mut().push(Asked { print, trace, source: source.clone() });
        Ok((answer.value, source))
    }

    /// The answer of the books to a question, kept with the decision: later nobody could tell it from the moves alone.
    pub fn remembered(&self, about: &'static str, arguments: Vec<Value>, ask: impl FnOnce() -> Value) -> Value {
        let (print, arguments) = question(about, arguments.into_iter().map(Argument::from).collect());
        if let Some(known) = self.answers.borrow().iter().find(|known| known.is_of(print, about, &arguments)) {
            return known.trace.answer.clone();
        }
        let answer = self.env.witness.and_then(|w| w.recall(about, &arguments)).unwrap_or_else(ask);
        let trace = RuleTrace { rule: about.into(), layer: "".into(), line: self.line_no(), arguments, answer: answer.clone() };
        let source = RuleSource { rule: about.into(), layer: "".into(), file: "".into(), line: None };
        self.answers.borrow_mut().push(Asked { print, trace, source });
        answer
    }

    /// What was asked and answered so far, in order.
    pub fn traces(&self) -> Vec<RuleTrace> {
        self.answers.borrow().iter().map(|known| known.trace.clone()).collect()
    }

    fn rule_fault(&self, fault: &RuleFault, arguments: &[Value], span: Span) -> Reason {
        let mut reason = self.reason(ReasonCode::RuleFault, fault.to_string(), span);
        reason.rules.push(RuleSource { rule: fault.rule.clone(), layer: fault.layer.as_str().into(), file: fault.file.as_str().into(), line: fault.line });
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
            ExprKind::Rule(rule, _) => self.answers.borrow().iter().rev().find(|known| known.trace.rule == *rule).map(|known| known.source.clone()),
            _ => None,
        }
    }
}
