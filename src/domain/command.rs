//! What someone wants: a checked request to open a document or to fire a transition.
//!
//! Ids and times are made by the face that builds the command, so that a retry decides the same. Tests: engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::base::{Bu, DocId, Key, Name, PersonCode, Timestamp};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A person; what they may do is in the master data.
    Person(PersonCode),
    /// The engine itself: the clock, a started document, an integration event.
    System,
}

impl Actor {
    /// The code that the journal keeps.
    #[must_use]
    pub fn code(&self) -> PersonCode {
        match self {
            Self::Person(code) => code.clone(),
            Self::System => PersonCode::from("system"),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Open a document of a workflow (its newest version), by the named opening transition or the only one.
    Open {
        /// The workflow.
        workflow: Name,
        /// The opening transition, where the workflow has several.
        transition: Option<Name>,
        /// The document that starts it, for a child.
        parent: Option<DocId>,
    },
    /// Fire a transition of a running document.
    Fire {
        /// The transition.
        transition: Name,
    },
}

/// Raw input of one line: an existing line by number, or (when lines are asked for) a new one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InputLine {
    /// The line; absent for a new one, or where the part tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Fields by name, as JSON: text, numbers, true and false, lists. Exact numbers may be given as text.
    #[serde(flatten)]
    pub values: BTreeMap<Name, Json>,
}

/// Raw input: what the actor gave, before it is checked against what the transition asks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Input {
    /// Parties and fields by name.
    #[serde(default)]
    pub fields: BTreeMap<Name, Json>,
    /// Lines.
    #[serde(default)]
    pub lines: Vec<InputLine>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The business unit.
    pub bu: Bu,
    /// The document: a new id for `Open`, an existing one for `Fire`.
    pub doc: DocId,
    /// What to do.
    pub action: Action,
    /// Who wants it.
    pub actor: Actor,
    /// With what input.
    pub input: Input,
    /// The same key is the same command, however often it is sent.
    pub key: Key,
    /// When the store learns of it.
    pub recorded_at: Timestamp,
    /// When it happened.
    pub effective_at: Timestamp,
    /// The revision the actor saw; a newer document refuses the command. Absent: any.
    pub seen_revision: Option<u64>,
}

impl Command {
    /// Opens a document, now. The key is made of the document's id: an id is opened once.
    #[must_use]
    pub fn open(bu: impl Into<Bu>, doc: impl Into<DocId>, workflow: impl Into<Name>, person: impl Into<PersonCode>, at: Timestamp) -> Self {
        let doc = doc.into();
        let key = Key::from(format!("open:{doc}"));
        Self::new(bu.into(), doc, Action::Open { workflow: workflow.into(), transition: None, parent: None }, person.into(), key, at)
    }

    /// Fires a transition, now. The key is made of document, transition and time.
    #[must_use]
    pub fn fire(bu: impl Into<Bu>, doc: impl Into<DocId>, transition: impl Into<Name>, person: impl Into<PersonCode>, at: Timestamp) -> Self {
        let (doc, transition) = (doc.into(), transition.into());
        let key = Key::from(format!("{transition}:{doc}:{}", at.micros()));
        Self::new(bu.into(), doc, Action::Fire { transition }, person.into(), key, at)
    }

    fn new(bu: Bu, doc: DocId, action: Action, person: PersonCode, key: Key, at: Timestamp) -> Self {
        let (actor, input) = (Actor::Person(person), Input::default());
        Self { bu, doc, action, actor, input, key, recorded_at: at, effective_at: at, seen_revision: None }
    }

    /// The transition that is wanted, as far as the command names it.
    #[must_use]
    pub fn transition(&self) -> Name {
        match &self.action {
            Action::Open { transition, .. } => transition.clone().unwrap_or_else(|| "open".into()),
            Action::Fire { transition } => transition.clone(),
        }
    }

    /// With input.
    #[must_use]
    pub fn with(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// With another key than the usual one.
    #[must_use]
    pub fn keyed(mut self, key: impl Into<Key>) -> Self {
        self.key = key.into();
        self
    }
}
