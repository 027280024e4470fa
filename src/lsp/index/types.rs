//! Types of expressions by their place, from the model as far as it could be made.
//!
//! Must not know trees. Tests: `tests/it/editor_names.rs`.

use std::collections::HashMap;

use crate::base::Span;
use crate::check::walk;
use crate::model::{Book, ClauseKind, Expr, Type, Within, Workflow};

/// Types by place.
#[derive(Debug, Default)]
pub struct Types {
    exprs: HashMap<Span, Type>,
    lets: HashMap<Span, Type>,
}

impl Types {
    /// Of a whole book.
    #[must_use]
    pub fn of(draft: &Book) -> Self {
        let mut types = Self::default();
        draft.workflows.values().for_each(|workflow| types.workflow(workflow));
        types
    }

    /// The type of an expression that stands exactly here.
    #[must_use]
    pub fn expr(&self, span: Span) -> Option<&Type> {
        self.exprs.get(&span)
    }

    /// The type of the value that a `let` clause names.
    #[must_use]
    pub fn of_let(&self, clause: Span) -> Option<&Type> {
        self.lets.get(&clause)
    }

    fn see(&mut self, expr: &Expr) {
        if expr.ty != Type::Unknown {
            self.exprs.insert(expr.span, expr.ty.clone());
        }
    }

    fn workflow(&mut self, workflow: &Workflow) {
        for transition in &workflow.transitions {
            walk::expressions(&transition.body, &mut |expr| self.see(expr));
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Let(_, value) = &clause.kind {
                    self.lets.insert(clause.span, value.ty.clone());
                }
            });
        }
        for moment in workflow.transitions.iter().flat_map(crate::model::Transition::moments) {
            walk::expr(&moment.when, &mut |expr| self.see(expr));
        }
        if let Some(inbound) = &workflow.inbound {
            walk::expr(&inbound.quantity, &mut |expr| self.see(expr));
        }
        for deadline in workflow.states.iter().filter_map(|s| s.deadline.as_ref()) {
            if let Within::Days(days) = &deadline.within {
                walk::expr(days, &mut |expr| self.see(expr));
            }
        }
    }
}
