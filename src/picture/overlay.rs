//! What may be laid over a picture: counts at states and at transitions.
//!
//! Must not know where the counts come from. Tests: `tests/it/pictures.rs`.

use std::collections::BTreeMap;

use crate::base::Name;

/// How a count is meant. Pictures show it in colour and in another way too, so that it can be read without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Neither.
    Plain,
    /// Somebody should look.
    Bad,
}

/// A count with its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// A few words, such as `12, 3 overdue`.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// Counts for one picture.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// What it shows, for the head of the picture.
    pub title: String,
    /// At states.
    pub states: BTreeMap<Name, Badge>,
    /// At transitions.
    pub transitions: BTreeMap<Name, Badge>,
}
