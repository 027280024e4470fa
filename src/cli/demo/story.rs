//! The file that `bincard demo` plays: commands of people, and looks at what came of them.
//!
//! Must not know how it is played or shown. Tests: below.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::base::Name;
use crate::domain::{Input, InputLine};

/// One step. Which one it is, is told by the word that only it has.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// `chapter`: what comes next, in words.
    Chapter(Chapter),
    /// `on`: the clock.
    On(On),
    /// `open`: a document is opened.
    Open(Open),
    /// `fire`: a transition is fired.
    Fire(Fire),
    /// `started`: a document that another one started gets a name.
    Started(Started),
    /// `stock`: a look at stock.
    Stock(Stock),
    /// `trace`: a whole story.
    Trace(Trace),
    /// `by_hand`: a statement sent past the program.
    ByHand(ByHand),
    /// `proof`: the books are checked.
    Proof(Proof),
}

/// What comes next.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    pub chapter: String,
}

/// The clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct On {
    pub on: String,
}

/// A document is opened.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    #[serde(rename = "as")]
    pub person: String,
    pub open: Name,
    pub called: String,
    #[serde(default)]
    pub with: BTreeMap<Name, Json>,
    #[serde(default)]
    pub lines: Vec<BTreeMap<Name, Json>>,
    #[serde(default)]
    pub show_refusal: bool,
}

/// A transition is fired.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fire {
    #[serde(rename = "as")]
    pub person: String,
    pub fire: Name,
    pub of: String,
    #[serde(default)]
    pub with: BTreeMap<Name, Json>,
    #[serde(default)]
    pub lines: Vec<BTreeMap<Name, Json>>,
    #[serde(default)]
    pub show_refusal: bool,
}

/// A started document gets a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    pub started: String,
    pub workflow: Name,
    pub called: String,
}

/// A look at stock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    pub stock: StockOf,
}

/// Which stock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockOf {
    pub party: String,
    pub bin: Option<String>,
}

/// A whole story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    pub trace: String,
}

/// A statement sent past the program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    pub by_hand: String,
}

/// The books are checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub proof: bool,
}

/// The steps of a story.
///
/// # Errors
/// The text is no story; the message says where.
pub fn read(text: &str) -> Result<Vec<Step>, String> {
    serde_yaml::from_str(text).map_err(|e| e.to_string())
}

/// The input of a command.
pub fn input(with: &BTreeMap<Name, Json>, lines: &[BTreeMap<Name, Json>]) -> Input {
    let lines = lines.iter().map(|values| InputLine { line: None, values: values.clone() });
    Input { fields: with.clone(), lines: lines.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_story_is_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo.story.yaml");
        let steps = read(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(steps.iter().any(|s| matches!(s, Step::ByHand(_))) && steps.iter().any(|s| matches!(s, Step::Trace(_))));
    }

    #[test]
    fn a_word_that_no_step_has_is_an_error() {
        assert!(read("- { as: asha, fire: pick, on_document: I1 }").is_err());
    }
}
