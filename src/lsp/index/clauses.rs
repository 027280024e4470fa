//! Names in the clauses of transitions.
//!
//! Must not know expressions beyond handing them on. Tests: `tests/it/editor_names.rs`.

use super::exprs::Scope;
use super::flow::Walk;
use super::{Local, Part, Symbol, WordKind};
use crate::base::Span;
use crate::syntax::ast::{
    Choosing, Clause, ClauseKind, Expr, Ident, MoveClause, MoveQuantity, ObligationClause, PlaceRef, StartClause, TextPart, TextTemplate, Transition,
    WithField, Workflow,
};

impl Walk<'_> {
    /// What stands in a workflow outside its transitions: its number, defaults, deadlines, the inbound quantity.
    pub(super) fn outside_transitions(&mut self, workflow: &Workflow) {
        let mut scope = Scope::of(workflow);
        workflow.number.iter().for_each(|number| self.template(number, &mut scope));
        for state in &workflow.states {
            let Some(deadline) = &state.deadline else { continue };
            deadline.within_days.iter().for_each(|days| self.expr(&days.value, &mut scope));
            deadline.notify.iter().for_each(|whom| self.whom(workflow, whom));
        }
        for field in &workflow.fields {
            field.default.iter().for_each(|value| self.expr(value, &mut scope));
        }
        if let Some(lines) = &workflow.lines {
            scope.in_line = true;
            lines.fields.iter().flat_map(|f| &f.default).for_each(|value| self.expr(value, &mut scope));
            lines.inbound.iter().for_each(|inbound| self.expr(&inbound.quantity, &mut scope));
        }
    }

    /// The body of a transition.
    pub(super) fn body(&mut self, workflow: &Workflow, transition: &Transition) {
        let mut scope = Scope::of(workflow);
        self.clauses(&transition.body, &mut scope);
    }

    fn clauses(&mut self, clauses: &[Clause], scope: &mut Scope<'_>) {
        for clause in clauses {
            self.clause(clause, scope);
            clause.when.iter().for_each(|when| self.expr(when, scope));
        }
    }

    fn clause(&mut self, clause: &Clause, scope: &mut Scope<'_>) {
        match &clause.kind {
            ClauseKind::Ask { fields, .. } => fields.iter().for_each(|field| self.field(field, scope)),
            ClauseKind::Let(name, value) => {
                self.expr(value, scope);
                self.bind(name, clause.span, scope);
            }
            ClauseKind::Set(field, value) => {
                self.field(field, scope);
                self.expr(value, scope);
            }
            ClauseKind::Require { test, otherwise, .. } => {
                self.expr(test, scope);
                otherwise.iter().for_each(|sentence| self.template(sentence, scope));
            }
            ClauseKind::EachLine(each) => {
                let (outer, locals) = (std::mem::replace(&mut scope.in_line, true), scope.locals.len());
                each.filter.iter().for_each(|filter| self.expr(filter, scope));
                self.clauses(&each.body, scope);
                scope.in_line = outer;
                scope.locals.truncate(locals);
            }
            ClauseKind::Move(spec) => self.moved(spec, scope),
            ClauseKind::Obligation(spec) => self.obligation(spec, scope),
            ClauseKind::Issue { document, from, to, at, .. } => {
                self.word(document, WordKind::Paper);
                [from, to, at].into_iter().flatten().for_each(|party| self.document_field(party, scope));
            }
            ClauseKind::CloseReverse(document) => self.word(document, WordKind::Paper),
            ClauseKind::CloseBooks(until) => self.expr(until, scope),
            ClauseKind::Start(start) => self.start(start, scope),
            ClauseKind::Notify { whom, text } => {
                self.whom(scope.workflow, whom);
                self.template(text, scope);
            }
            ClauseKind::Emit { event, with } => {
                self.word(event, WordKind::Event);
                for field in with {
                    let symbol = Symbol::Inner(super::Inner::EventField, event.text.clone(), field.name.text.clone());
                    self.with(field, symbol, scope);
                }
            }
            ClauseKind::Claim { key, released, otherwise, .. } => {
                self.template(key, scope);
                released.iter().for_each(|state| self.state(state, scope));
                otherwise.iter().for_each(|sentence| self.template(sentence, scope));
            }
            ClauseKind::Become(state) => self.state(state, scope),
            ClauseKind::AskLines | ClauseKind::Broken => {}
        }
    }

    fn bind(&mut self, name: &Ident, clause: Span, scope: &mut Scope<'_>) {
        let symbol = Symbol::Local(Local::Let, name.span.file, name.span.start, name.text.clone());
        self.declare(name, symbol.clone(), clause, None, &[]);
        if let Some(ty) = self.types.of_let(clause) {
            self.index.lets.insert(symbol.clone(), ty.clone());
        }
        scope.locals.push((name.text.clone(), symbol));
    }

    fn state(&mut self, id: &Ident, scope: &Scope<'_>) {
        self.uses(id, Symbol::Of(Part::State, scope.workflow.name.text.clone(), id.text.clone()));
    }

    /// A field that a clause names: of the line at hand, else of the document.
    fn field(&mut self, id: &Ident, scope: &Scope<'_>) {
        let part = if scope.in_line && scope.has_line_field(&id.text) { Part::LineField } else { Part::Field };
        self.uses(id, Symbol::Of(part, scope.workflow.name.text.clone(), id.text.clone()));
    }

    pub(super) fn document_field(&mut self, id: &Ident, scope: &Scope<'_>) {
        self.uses(id, Symbol::Of(Part::Field, scope.workflow.name.text.clone(), id.text.clone()));
    }

    pub(super) fn place(&mut self, place: &PlaceRef, scope: &Scope<'_>) {
        place.party.iter().for_each(|party| self.document_field(party, scope));
        self.word(&place.bin, WordKind::Bin);
    }

    fn moved(&mut self, spec: &MoveClause, scope: &mut Scope<'_>) {
        if let MoveQuantity::Exactly(quantity) | MoveQuantity::UpTo(quantity) = &spec.quantity {
            self.expr(quantity, scope);
        }
        self.expr(&spec.part, scope);
        self.place(&spec.from, scope);
        self.place(&spec.to, scope);
        for choosing in &spec.choosing {
            match choosing {
                Choosing::Rule(rule, args) => {
                    self.word(rule, WordKind::Rule);
                    args.iter().for_each(|arg| self.expr(arg, scope));
                }
                Choosing::Serials(field) | Choosing::Lots(field) => self.field(field, scope),
            }
        }
        spec.counting.iter().for_each(|field| self.field(field, scope));
        let changes: [(&Option<Expr>, WordKind); 3] =
            [(&spec.becomes.condition, WordKind::Condition), (&spec.becomes.owner, WordKind::Owner), (&spec.becomes.pool, WordKind::Pool)];
        for (value, kind) in changes {
            value.iter().for_each(|value| self.expr_of(value, kind, scope));
        }
        for field in spec.new_lot.iter().flatten() {
            match &field.value {
                Some(value) => self.expr(value, scope),
                None => self.lent(&field.name, scope),
            }
        }
    }

    fn obligation(&mut self, spec: &ObligationClause, scope: &mut Scope<'_>) {
        spec.quantity.iter().chain([&spec.part]).chain(spec.within_days.iter().map(|w| &w.value)).chain(&spec.rate).for_each(|value| self.expr(value, scope));
        self.word(&spec.kind, WordKind::Obligation);
        self.document_field(&spec.by, scope);
        spec.to.iter().for_each(|to| self.document_field(to, scope));
    }

    fn start(&mut self, start: &StartClause, scope: &mut Scope<'_>) {
        self.word(&start.workflow, WordKind::Workflow);
        for (fields, part) in [(&start.with, Part::Field), (&start.lines, Part::LineField)] {
            for field in fields {
                self.with(field, Symbol::Of(part, start.workflow.text.clone(), field.name.text.clone()), scope);
            }
        }
    }

    /// `f = value`; where `f` stands alone it is a name here too, and renaming one of the two must spell out both.
    fn with(&mut self, field: &WithField, symbol: Symbol, scope: &mut Scope<'_>) {
        self.uses(&field.name, symbol);
        match &field.value {
            Some(value) => self.expr(value, scope),
            None => self.lent(&field.name, scope),
        }
    }

    pub(super) fn template(&mut self, text: &TextTemplate, scope: &mut Scope<'_>) {
        for part in &text.parts {
            if let TextPart::Hole(hole) = part {
                self.expr(hole, scope);
            }
        }
    }
}
