//! Workflows: what they declare, and their transitions.
//!
//! Must not know which states and fields exist. Tests: `tests.rs`.

use super::items::statements;
use super::node::Node;
use super::{Reader, Rule};
use crate::base::Span;
use crate::syntax::ast::{
    Deadline, FieldDef, Goal, HowLong, Ident, InboundDef, LinesDef, Migration, Moment, PartyDef, StateDef, Transition, TransitionTrigger, Workflow,
};
use crate::syntax::outline::{Block, Range, Statement};
use crate::syntax::words::{Context, declares_field, first_word, opening_of};

impl<'a> Reader<'a> {
    pub(super) fn workflow(&self, statement: &Statement, pattern: &str) -> Option<Workflow> {
        let node = self.head(Rule::workflow_head, statement, pattern);
        let version = node.as_ref().and_then(|n| n.get(Rule::workflow_version));
        if node.as_ref().is_some_and(|n| !n.has(Rule::workflow_version)) {
            self.no_version(statement);
        }
        let name = node.as_ref().map_or_else(|| self.second_word(statement), |n| self.name(n));
        let Some(name) = name else {
            self.inside(statement);
            return None;
        };
        let mut workflow = Workflow {
            title: node.as_ref().and_then(|n| self.label(n)),
            version: version.and_then(|v| v.get(Rule::integer)).and_then(|i| self.integer(&i)),
            doc: self.doc(statement),
            span: self.span_of(Self::whole(statement)),
            broken: node.is_none(),
            ..unread(name)
        };
        match &statement.block {
            Some(block) => self.body_of_workflow(&mut workflow, block),
            None => {
                workflow.broken = true;
                self.no_body(statement, "workflow");
            }
        }
        Some(workflow)
    }

    /// The name in a head that could not be read, so that its uses are not reported as well.
    fn second_word(&self, statement: &Statement) -> Option<Ident> {
        let line = self.slice(statement.head);
        let rest = line.get(first_word(line).len()..)?;
        let word = first_word(rest.trim_start());
        let start = statement.head.start + line.len() - rest.trim_start().len();
        let named = word.starts_with(|c: char| c.is_ascii_alphabetic());
        named.then(|| Ident { text: word.to_owned(), span: self.span_of(Range { start, end: start + word.len() }) })
    }

    fn body_of_workflow(&self, workflow: &mut Workflow, block: &Block) {
        workflow.broken |= block.close.is_none();
        for inner in statements(&block.entries) {
            if self.part_of_workflow(workflow, inner).is_none() {
                workflow.broken = true;
            }
        }
    }

    /// Reads the inside of something that could not be read itself, for the mistakes in it.
    pub(super) fn inside(&self, statement: &Statement) {
        let Some(block) = &statement.block else { return };
        match block.context {
            Context::Workflow => self.body_of_workflow(&mut unread(Ident { text: String::new(), span: Span::default() }), block),
            Context::Body | Context::EachLine => drop(self.clauses(block)),
            Context::Lines => drop(self.lines(statement)),
            Context::Scenario => drop(self.steps_of(block)),
            Context::File | Context::Migrate | Context::Record | Context::Unknown => {}
        }
    }

    fn part_of_workflow(&self, workflow: &mut Workflow, statement: &Statement) -> Option<()> {
        let Some(opening) = opening_of(Context::Workflow, self.slice(statement.head)) else {
            self.unknown_line(Context::Workflow, statement);
            self.inside(statement);
            return None;
        };
        let pattern = opening.pattern;
        if !matches!(opening.words, "lines" | "transition" | "migrate") {
            self.no_block(statement);
        }
        match opening.words {
            "number" => {
                let node = self.head(Rule::number_def, statement, pattern)?;
                self.once(&node, workflow.number.is_some(), "number");
                workflow.number = self.text_in(&node);
            }
            "party" => workflow.parties.push(self.party(&self.head(Rule::party_def, statement, pattern)?, statement)?),
            "field" => workflow.fields.push(self.field(&self.head(Rule::field_def, statement, pattern)?, statement)?),
            "state" => workflow.states.push(self.state(&self.head(Rule::state_def, statement, pattern)?, statement)?),
            "lines" => {
                let node = self.head(Rule::lines_head, statement, pattern)?;
                self.once(&node, workflow.lines.is_some(), "lines");
                let (lines, whole) = self.lines(statement);
                workflow.lines = Some(lines);
                return whole.then_some(());
            }
            "migrate" => workflow.migrations.push(self.migration(&self.head(Rule::migrate_head, statement, pattern)?, statement)?),
            _ => {
                let transition = self.transition(statement, pattern)?;
                let broken = transition.broken;
                workflow.transitions.push(transition);
                return (!broken).then_some(());
            }
        }
        Some(())
    }

    fn party(&self, node: &Node<'a>, statement: &Statement) -> Option<PartyDef> {
        let kind = node.get(Rule::party_kind)?;
        let optional = kind.has(Rule::optional_mark);
        Some(PartyDef { name: self.name(node)?, kinds: self.names(&kind), optional, label: self.label(node), doc: self.doc(statement) })
    }

    fn field(&self, node: &Node<'a>, statement: &Statement) -> Option<FieldDef> {
        let default = node.get(Rule::field_default).and_then(|d| self.expr_in(&d));
        let (label, doc, span) = (self.label(node), self.doc(statement), self.span(node));
        Some(FieldDef { name: self.name(node)?, ty: self.type_in(node)?, default, label, doc, span })
    }

    fn state(&self, node: &Node<'a>, statement: &Statement) -> Option<StateDef> {
        let deadline = node.get(Rule::state_deadline).map(|d| Deadline {
            within: d.get(Rule::duration).and_then(|d| self.duration(&d)),
            within_days: self.how_long(&d),
            span: self.span(&d),
            notify: self.name_in(&d, Rule::deadline_notify),
        });
        let (initial, is_final) = (node.has(Rule::state_initial), node.has(Rule::state_final));
        let (label, doc, span) = (self.label(node), self.doc(statement), self.span(node));
        Some(StateDef { name: self.name(node)?, label, initial, is_final, deadline, doc, span })
    }

    /// The lines block, and whether all of it could be read.
    fn lines(&self, statement: &Statement) -> (LinesDef, bool) {
        let mut lines = LinesDef { fields: Vec::new(), inbound: None, span: self.span_of(Self::whole(statement)) };
        let Some(block) = &statement.block else {
            self.no_body(statement, "lines");
            return (lines, false);
        };
        let mut whole = block.close.is_some();
        for inner in statements(&block.entries) {
            self.no_block(inner);
            let line = self.slice(inner.head);
            let read = if declares_field(line) {
                self.head(Rule::line_field, inner, "NAME : TYPE = VALUE \"Label\"").and_then(|n| self.field(&n, inner)).map(|f| lines.fields.push(f))
            } else if let Some(opening) = opening_of(Context::Lines, line) {
                self.head(Rule::inbound_def, inner, opening.pattern).map(|n| {
                    self.once(&n, lines.inbound.is_some(), "inbound");
                    lines.inbound = self.inbound(&n);
                })
            } else {
                self.not_a_field(inner);
                None
            };
            whole &= read.is_some();
        }
        (lines, whole)
    }

    fn inbound(&self, node: &Node<'a>) -> Option<InboundDef> {
        Some(InboundDef { party: self.name(node)?, quantity: self.expr_in(node)?, span: self.span(node) })
    }

    fn migration(&self, node: &Node<'a>, statement: &Statement) -> Option<Migration> {
        let from = node.get(Rule::integer).and_then(|i| self.integer(&i))?;
        let Some(block) = &statement.block else {
            self.no_body(statement, "migrate");
            return None;
        };
        let states = statements(&block.entries).filter_map(|inner| {
            self.no_block(inner);
            let Some(opening) = opening_of(Context::Migrate, self.slice(inner.head)) else {
                self.unknown_line(Context::Migrate, inner);
                return None;
            };
            let node = self.head(Rule::migrate_state, inner, opening.pattern)?;
            let mut names = self.names(&node).into_iter();
            Some((names.next()?, names.next()?, node.has(Rule::migrate_keep)))
        });
        Some(Migration { from, states: states.collect(), span: self.span_of(Self::whole(statement)) })
    }

    fn transition(&self, statement: &Statement, pattern: &str) -> Option<Transition> {
        let node = self.head(Rule::transition_head, statement, pattern);
        let Some(block) = &statement.block else {
            if node.is_some() {
                self.no_body(statement, "transition");
            }
            return None;
        };
        let (body, whole) = self.clauses(block);
        let node = node?;
        let names = |rule| node.get(rule).map(|n| self.names(&n)).unwrap_or_default();
        let every = |rule| node.all(rule).flat_map(|n| self.names(&n)).collect();
        Some(Transition {
            name: self.name(&node)?,
            from: names(Rule::from_states),
            any: node.get(Rule::from_states).and_then(|from| from.get(Rule::from_any)).map(|any| self.span(&any)),
            to: names(Rule::to_states),
            goal: node.get(Rule::to_states).map_or(Goal::States, |to| self.goal(&to)),
            by: every(Rule::head_by),
            not_by: every(Rule::head_not_by),
            approval: self.name_in(&node, Rule::head_approval),
            approval_not_by: node.get(Rule::head_approval).and_then(|a| a.get(Rule::approval_other)).map(|other| self.names(&other)).unwrap_or_default(),
            triggers: node.kids().filter_map(|k| self.trigger(&k)).collect(),
            body,
            doc: self.doc(statement),
            head: self.span(&node),
            span: self.span_of(Self::whole(statement)),
            broken: !whole,
        })
    }

    fn goal(&self, to: &Node<'a>) -> Goal {
        let same = to.get(Rule::to_same).map(|word| Goal::Same(self.span(&word)));
        same.or_else(|| to.get(Rule::to_back).map(|word| Goal::Back(self.span(&word)))).unwrap_or(Goal::States)
    }

    /// A time that is computed.
    pub(super) fn how_long(&self, node: &Node<'a>) -> Option<HowLong> {
        Some(HowLong { value: self.expr_in(node)?, in_days: node.has(Rule::kw_days) })
    }

    fn trigger(&self, node: &Node<'a>) -> Option<TransitionTrigger> {
        match node.rule() {
            Rule::head_after => Some(TransitionTrigger::After(self.duration(&node.get(Rule::duration)?)?, self.name(node)?)),
            Rule::head_moment => Some(TransitionTrigger::Moment(Moment {
                when: self.how_long(node)?,
                over: node.has(Rule::moment_over),
                state: self.name_in(node, Rule::moment_in),
                span: self.span(node),
            })),
            Rule::head_once => Some(TransitionTrigger::AtOnce(self.span(node))),
            Rule::head_event => Some(TransitionTrigger::OnEvent(self.name(node)?)),
            Rule::head_arrival => {
                Some(TransitionTrigger::OnArrival { place: self.place_ref(&node.get(Rule::place)?)?, first_by: self.name_in(node, Rule::arrival_first) })
            }
            _ => None,
        }
    }
}

/// A workflow of which nothing has been read but its name.
fn unread(name: Ident) -> Workflow {
    Workflow {
        name,
        title: None,
        version: None,
        number: None,
        parties: Vec::new(),
        fields: Vec::new(),
        lines: None,
        states: Vec::new(),
        transitions: Vec::new(),
        migrations: Vec::new(),
        doc: Vec::new(),
        span: Span::default(),
        broken: true,
    }
}
