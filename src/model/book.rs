//! The whole checked book: manifest, vocabulary, workflows, scenarios, and the sources they came from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::{Calendar, Name, SourceMap, Span};

use super::{Scenario, Template, Type, Workflow};

/// What `bincard.yaml` says.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The book's name.
    pub name: String,
    /// ISO code of the one currency.
    pub currency: String,
    /// Time zone of the book.
    pub zone: jiff::tz::TimeZone,
    /// First month of the financial year, 1 to 12.
    pub fiscal_month: i8,
    /// The calendar of parties that name none.
    pub calendar: Option<Name>,
    /// Folder of flows.
    pub workflows: String,
    /// Folder of rules.
    pub rules: String,
    /// Folder of master data, if the book has one.
    pub master: Option<String>,
    /// Database URL, unless one is given on the command line.
    pub database: String,
}

/// A declared word.
#[derive(Debug, Clone)]
pub struct Named {
    /// The word.
    pub name: Name,
    /// What people read.
    pub label: String,
    /// Doc comment.
    pub doc: String,
    /// Where it is declared.
    pub span: Span,
}

/// A bin.
#[derive(Debug, Clone)]
pub struct Bin {
    /// Name, label, docs.
    pub named: Named,
    /// At which kinds of party.
    pub at: Vec<Name>,
    /// Holds parts for one document.
    pub clearing: bool,
    /// The outside world: may go below zero.
    pub outside: bool,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// Name, label, docs.
    pub named: Named,
    /// Held at a party of this kind.
    pub at: Option<Name>,
}

/// A kind of paper.
#[derive(Debug, Clone)]
pub struct DocumentKind {
    /// Name, label, docs.
    pub named: Named,
    /// Its number; has exactly one [`super::NumberPart::Seq`].
    pub number: Template,
    /// The number of its reverse paper.
    pub reverse: Option<Template>,
}

/// A parameter of a rule.
#[derive(Debug, Clone)]
pub struct RuleParam {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
}

/// A rule's signature.
#[derive(Debug, Clone)]
pub struct RuleSig {
    /// Name, docs.
    pub named: Named,
    /// What it is given.
    pub params: Vec<RuleParam>,
    /// What it answers: for records, [`Type::Record`].
    pub answer: Type,
}

/// An integration event.
#[derive(Debug, Clone)]
pub struct EventKind {
    /// Name, docs.
    pub named: Named,
    /// Its fields.
    pub fields: Vec<(Name, Type)>,
}

/// All declared words. Lists keep the order of declaration: the first condition and owner are the defaults of new lots.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Conditions.
    pub conditions: Vec<Named>,
    /// Owners.
    pub owners: Vec<Named>,
    /// Pools.
    pub pools: Vec<Named>,
    /// Kinds of obligation.
    pub obligations: Vec<Named>,
    /// Kinds of party.
    pub party_kinds: Vec<Named>,
    /// Bins.
    pub bins: BTreeMap<Name, Bin>,
    /// Roles; `system` is built in.
    pub roles: BTreeMap<Name, Role>,
    /// Calendars.
    pub calendars: BTreeMap<Name, Calendar>,
    /// Kinds of paper.
    pub documents: BTreeMap<Name, DocumentKind>,
    /// Rules.
    pub rules: BTreeMap<Name, RuleSig>,
    /// Events.
    pub events: BTreeMap<Name, EventKind>,
    /// The bins that `on hand of` counts.
    pub on_hand_bins: Vec<Name>,
    /// The conditions that `on hand of` counts.
    pub on_hand_conditions: Vec<Name>,
}

/// A checked book. `hash` names it: the SHA-256 of all its files.
#[derive(Debug, Clone)]
pub struct Book {
    /// What `bincard.yaml` says.
    pub manifest: Manifest,
    /// Declared words.
    pub vocabulary: Vocabulary,
    /// Workflows by name.
    pub workflows: BTreeMap<Name, Arc<Workflow>>,
    /// Bins in which documents of some workflow wait for parts to come free.
    pub awaited: BTreeSet<Name>,
    /// Scenarios in order of files.
    pub scenarios: Vec<Scenario>,
    /// The sources, for places in refusals and reports.
    pub sources: SourceMap,
    /// Hex SHA-256 over the names and texts of all files of the book.
    pub hash: String,
}
