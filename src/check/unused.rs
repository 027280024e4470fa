//! Words of the vocabulary that nothing uses: no flow, no rule, no master data.
//!
//! A word is used where a clause names it, where a script writes it as a text, and where people or systems may give it: a field
//! `pool : pool` uses every pool. Scenarios use nothing: they only show what the flows do. Must not know the order of
//! transitions. Tests: `check::tests`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::findings::idle as say;
use super::reports::Reports;
use super::{Network, walk};
use crate::base::{Name, Span};
use crate::domain::Value;
use crate::model::{ClauseKind, Expr, ExprKind, FieldKind, Manifest, MoveSpec, Named, PlaceSpec, Query, Trigger, Type, Vocabulary, Workflow};
use crate::rules::{RuleScript, ScriptPieceKind, pieces};
use crate::syntax::ast::VocabItem;

/// What kind of word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Condition,
    Owner,
    Pool,
    PartyKind,
    Bin,
    Role,
    Calendar,
    Document,
    Event,
    Obligation,
}

impl Sort {
    /// The words that a type can hold.
    fn of(ty: &Type) -> Option<Self> {
        match ty.required() {
            Type::Condition => Some(Self::Condition),
            Type::Owner => Some(Self::Owner),
            Type::Pool => Some(Self::Pool),
            Type::Role => Some(Self::Role),
            Type::List(inner) => Self::of(inner),
            _ => None,
        }
    }

    const fn aloud(self) -> &'static str {
        match self {
            Self::Condition => "the condition",
            Self::Owner => "the owner",
            Self::Pool => "the pool",
            Self::PartyKind => "the kind of party",
            Self::Bin => "the bin",
            Self::Role => "the role",
            Self::Calendar => "the calendar",
            Self::Document => "the paper",
            Self::Event => "the event",
            Self::Obligation => "the obligation",
        }
    }
}

/// What uses words.
pub(super) struct Sources<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) workflows: &'a BTreeMap<Name, Arc<Workflow>>,
    pub(super) scripts: &'a [RuleScript],
    pub(super) network: Option<&'a Network>,
}

/// Reports the words that nothing uses.
pub(super) fn words(from: &Sources<'_>, items: &[&VocabItem], reports: &Reports) {
    if from.workflows.is_empty() {
        return;
    }
    let uses = Uses::of(from);
    for (sort, name, span) in declared(from, items) {
        if !uses.contains(sort, name) {
            reports.add(say::unused_word(span, sort.aloud(), name));
        }
    }
}

/// All words, each with its place. The first condition and the first owner are those of new units, whether or not somebody
/// names them; calendars are named by parties, so without master data nothing is known of them.
fn declared<'v>(from: &Sources<'v>, items: &[&'v VocabItem]) -> Vec<(Sort, &'v str, Span)> {
    let vocabulary = from.vocabulary;
    let listed = |sort: Sort, list: &'v [Named], skip: usize| list.iter().skip(skip).map(move |n| (sort, n.name.as_str(), n.span));
    let mut all: Vec<(Sort, &str, Span)> = listed(Sort::Condition, &vocabulary.conditions, 1)
        .chain(listed(Sort::Owner, &vocabulary.owners, 1))
        .chain(listed(Sort::Pool, &vocabulary.pools, 0))
        .chain(listed(Sort::PartyKind, &vocabulary.party_kinds, 0))
        .chain(listed(Sort::Obligation, &vocabulary.obligations, 0))
        .collect();
    all.extend(vocabulary.bins.values().map(|bin| (Sort::Bin, bin.named.name.as_str(), bin.named.span)));
    all.extend(vocabulary.roles.values().map(|role| (Sort::Role, role.named.name.as_str(), role.named.span)));
    all.extend(vocabulary.documents.values().map(|paper| (Sort::Document, paper.named.name.as_str(), paper.named.span)));
    all.extend(vocabulary.events.values().map(|event| (Sort::Event, event.named.name.as_str(), event.named.span)));
    let calendar = |item: &&'v VocabItem| match item {
        VocabItem::Calendar(w) => Some((Sort::Calendar, w.named.name.text.as_str(), w.named.name.span)),
        _ => None,
    };
    if from.network.is_some() {
        all.extend(items.iter().filter_map(calendar));
    }
    all
}

#[derive(Default)]
struct Uses {
    named: BTreeSet<(Sort, Name)>,
    /// Texts, which may name anything.
    texts: BTreeSet<String>,
    /// Sorts of which people or systems may give any word.
    open: BTreeSet<Sort>,
}

impl Uses {
    fn of(from: &Sources<'_>) -> Self {
        let mut uses = Self::default();
        for workflow in from.workflows.values() {
            uses.workflow(workflow);
        }
        for field in from.vocabulary.events.values().flat_map(|event| &event.fields) {
            uses.open.extend(Sort::of(&field.1));
        }
        from.vocabulary.on_hand_conditions.iter().for_each(|name| uses.name(Sort::Condition, name));
        from.manifest.calendar.iter().for_each(|name| uses.name(Sort::Calendar, name));
        for script in from.scripts {
            let quoted = pieces(&script.text).into_iter().filter(|piece| piece.kind == ScriptPieceKind::Text);
            let bare = quoted.filter_map(|piece| script.text.get(piece.range)).map(|text| text.trim_matches(['"', '`']).to_owned());
            uses.texts.extend(bare);
        }
        if let Some(network) = from.network {
            network.calendars.iter().for_each(|name| uses.name(Sort::Calendar, name));
            network.pools.iter().for_each(|name| uses.name(Sort::Pool, name));
            network.units.values().flat_map(BTreeMap::values).for_each(|kind| uses.name(Sort::PartyKind, kind));
        }
        let at: Vec<Name> =
            from.vocabulary.bins.values().filter(|bin| uses.contains(Sort::Bin, bin.named.name.as_str())).flat_map(|bin| bin.at.clone()).collect();
        at.iter().for_each(|kind| uses.name(Sort::PartyKind, kind));
        uses
    }

    fn contains(&self, sort: Sort, name: &str) -> bool {
        self.open.contains(&sort) || self.named.contains(&(sort, Name::from(name))) || self.texts.contains(name)
    }

    fn name(&mut self, sort: Sort, name: &Name) {
        self.named.insert((sort, name.clone()));
    }

    fn workflow(&mut self, workflow: &Workflow) {
        for field in workflow.fields.iter().chain(&workflow.line_fields) {
            self.open.extend(Sort::of(&field.ty));
            if field.kind == FieldKind::Party {
                field.kinds.iter().for_each(|kind| self.name(Sort::PartyKind, kind));
            }
        }
        for whom in workflow.states.iter().filter_map(|s| s.deadline.as_ref()).filter_map(|d| d.notify.as_ref()) {
            self.name(Sort::Role, whom);
        }
        super::deadlines::expressions(workflow, &mut |expr| self.expression(expr));
        workflow.inbound.iter().for_each(|inbound| walk::expr(&inbound.quantity, &mut |expr| self.expression(expr)));
        for transition in &workflow.transitions {
            transition.by.iter().chain(&transition.approval).for_each(|role| self.name(Sort::Role, role));
            for trigger in &transition.triggers {
                match trigger {
                    Trigger::OnEvent(event) => self.name(Sort::Event, event),
                    Trigger::OnArrival(arrival) => self.name(Sort::Bin, &arrival.bin),
                    Trigger::After(..) | Trigger::Moment(_) | Trigger::AtOnce => {}
                }
            }
            walk::clauses(&transition.body, &mut |clause| self.clause(&clause.kind));
            walk::expressions(&transition.body, &mut |expr| self.expression(expr));
        }
    }

    fn clause(&mut self, kind: &ClauseKind) {
        match kind {
            ClauseKind::Move(spec) => {
                let MoveSpec { from, to, .. } = &**spec;
                [from, to].into_iter().for_each(|place| self.place(place));
            }
            ClauseKind::Obligation(spec) => self.name(Sort::Obligation, &spec.kind),
            ClauseKind::Issue { document, .. } | ClauseKind::CloseReverse(document) => self.name(Sort::Document, document),
            ClauseKind::Notify { whom, .. } => self.name(Sort::Role, whom),
            ClauseKind::Emit { event, .. } => self.name(Sort::Event, event),
            _ => {}
        }
    }

    fn expression(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Const(Value::Name(name)) => {
                if let Some(sort) = Sort::of(&expr.ty) {
                    self.name(sort, name);
                }
            }
            ExprKind::Const(Value::Text(text)) => drop(self.texts.insert(text.to_string())),
            ExprKind::Query(query) => match &**query {
                Query::QuantityIn { place, .. } | Query::Held { place, .. } => self.place(place),
                Query::Open { kind, .. } => self.name(Sort::Obligation, kind),
                _ => {}
            },
            _ => {}
        }
    }

    fn place(&mut self, place: &PlaceSpec) {
        self.name(Sort::Bin, &place.bin);
    }
}
