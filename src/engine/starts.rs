//! Documents that a transition starts. They open right after the commit, as commands of their own.
//!
//! Pure: ids and keys follow from the document that starts them. Tests: the scenarios.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::base::{DocId, Key, Name};
use crate::domain::{Action, Actor, ChildStart, Command, Input, InputLine, Timer, TimerKind, Value};
use crate::model::{Expr, StartSpec};

use super::run::{Halt, Run};

/// A document to be started, as it is collected.
pub struct PendingStart {
    pub workflow: Name,
    pub fields: BTreeMap<Name, Json>,
    pub lines: Vec<InputLine>,
}

/// A value as raw input.
pub fn as_input(value: &Value) -> Option<Json> {
    match value {
        Value::Absent => None,
        Value::YesNo(b) => Some(Json::Bool(*b)),
        Value::List(items) => Some(Json::Array(items.iter().filter_map(as_input).collect())),
        other => Some(Json::String(other.to_string())),
    }
}

impl Run<'_> {
    /// Collects a document to start; lines of one workflow with equal header values go into one document.
    pub fn start(&mut self, spec: &StartSpec) {
        match self.start_values(spec) {
            Ok((fields, line)) => {
                let lines = if spec.lines.is_empty() { Vec::new() } else { vec![InputLine { line: None, values: line }] };
                let same = self.out.starts.iter_mut().find(|s| s.workflow == spec.workflow && s.fields == fields);
                match same {
                    Some(pending) if !lines.is_empty() => pending.lines.extend(lines),
                    _ => self.out.starts.push(PendingStart { workflow: spec.workflow.clone(), fields, lines }),
                }
            }
            Err(halt) => self.stopped(halt),
        }
    }

    #[expect(clippy::type_complexity, reason = "header and line, each by name")]
    fn start_values(&self, spec: &StartSpec) -> Result<(BTreeMap<Name, Json>, BTreeMap<Name, Json>), Halt> {
        let given = |pairs: &[(Name, Expr)]| -> Result<BTreeMap<Name, Json>, Halt> {
            let mut values = BTreeMap::new();
            for (name, expr) in pairs {
                if let Some(json) = as_input(&self.eval(expr)?) {
                    values.insert(name.clone(), json);
                }
            }
            Ok(values)
        };
        Ok((given(&spec.with)?, given(&spec.lines)?))
    }

    /// The collected documents, as rows of the parent and as timers that are due at once.
    pub fn started(&self, revision: u64) -> (Vec<ChildStart>, Vec<Timer>) {
        let command = self.env.command;
        let mut children = Vec::new();
        let mut timers = Vec::new();
        for (index, pending) in self.out.starts.iter().enumerate() {
            let doc = DocId::from(format!("{}.{revision}.{}", self.doc.id, index + 1));
            children.push(ChildStart { doc: doc.clone(), workflow: pending.workflow.clone() });
            let open = Command {
                bu: self.doc.bu.clone(),
                key: Key::from(format!("start:{doc}")),
                doc,
                action: Action::Open { workflow: pending.workflow.clone(), transition: None, parent: Some(self.doc.id.clone()) },
                actor: Actor::System,
                input: Input { fields: pending.fields.clone(), lines: pending.lines.clone() },
                recorded_at: command.recorded_at,
                effective_at: command.effective_at,
                seen_revision: None,
            };
            timers.push(Timer {
                id: format!("{revision}.s{}", index + 1),
                due_at: command.effective_at,
                kind: TimerKind::Start(Box::new(open)),
                state: self.doc.state.clone(),
            });
        }
        (children, timers)
    }
}
