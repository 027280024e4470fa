//! Rule cases: a table beside a rule, one row a case. What it is given, and what it answers or refuses.
//!
//! A case asks the rule itself, through the layers that its folder says; there is no second way of running rules.
//! Must not know documents or stores. Tests: `tests/it/rule_cases.rs`.

mod read;
mod short;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::{Bu, Diagnostic, Name, PartyCode, SourceMap};
use crate::domain::Value;
use crate::model::Book;
use crate::rules::{Rules, Scope};

use super::cast::Masters;
use super::runner::{Failure, ScenarioReport};

/// What the name of a file of cases ends with; before it stands the name of the rule.
pub const ENDING: &str = ".cases.yaml";

/// What a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Expected {
    /// These fields of the answer.
    Fields(BTreeMap<Name, Value>),
    /// This answer.
    Whole(Value),
    /// That the rule fails, with this in its words.
    Refused(String),
}

/// One row.
#[derive(Debug, Clone)]
pub struct RuleCase {
    /// The rule, the layer and what the row calls itself.
    pub title: String,
    /// `file:line:column`.
    pub place: String,
    rule: Name,
    bu: Bu,
    parties: Vec<PartyCode>,
    arguments: Vec<Value>,
    expected: Expected,
}

/// All cases of a book, and what is wrong with them.
#[derive(Debug, Default)]
pub struct RuleCases {
    /// The rows that can be asked, in order of files and places.
    pub cases: Vec<RuleCase>,
    /// What cannot be read.
    pub findings: Vec<Diagnostic>,
    /// The files.
    pub sources: SourceMap,
}

impl RuleCases {
    /// The cases beside the rules of the book in a folder.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(root: &Path, book: &Book, masters: &Masters) -> std::io::Result<Self> {
        let mut all = Self::default();
        for (path, text) in read::files(root, &book.manifest.rules)? {
            let file = all.sources.add(path.as_str(), text.as_str());
            let mut table = read::Table::new(book, masters, &path, file, &mut all.findings);
            let rows = table.rows(&text);
            // What is wrong with the arguments of a whole table is found again in each of its rows.
            keep_first(&mut all.findings);
            all.cases.extend(rows.into_iter().map(|(span, case)| RuleCase { place: all.sources.place(span), ..case }));
        }
        Ok(all)
    }
}

fn keep_first(findings: &mut Vec<Diagnostic>) {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        if !kept.contains(&finding) {
            kept.push(finding);
        }
    }
    *findings = kept;
}

impl RuleCase {
    /// Asks the rule.
    #[must_use]
    pub fn run(&self, rules: &Rules) -> ScenarioReport {
        let scope = Scope { bu: &self.bu, parties: &self.parties };
        let answered = rules.call(&scope, &self.rule, &self.arguments);
        let mut failures = Vec::new();
        let mut differs = |text: String, expected: String, actual: String| {
            failures.push(Failure { place: self.place.clone(), text, step: String::new(), expected: vec![expected], actual: vec![actual] });
        };
        match (&self.expected, &answered) {
            (Expected::Fields(fields), Ok(answer)) => {
                for (name, wanted) in fields {
                    let there = answer.value.get(name.as_str()).unwrap_or(&Value::Absent);
                    if wanted != there {
                        differs(format!("`{name}` differs"), wanted.to_string(), there.to_string());
                    }
                }
            }
            (Expected::Whole(wanted), Ok(answer)) => {
                if *wanted != answer.value {
                    differs("the answer differs".to_owned(), wanted.to_string(), answer.value.to_string());
                }
            }
            (Expected::Refused(wanted), Err(fault)) => {
                if !fault.to_string().contains(wanted.as_str()) {
                    differs("it fails with other words".to_owned(), wanted.clone(), fault.to_string());
                }
            }
            (Expected::Refused(wanted), Ok(answer)) => differs("it does not fail".to_owned(), wanted.clone(), answer.value.to_string()),
            (_, Err(fault)) => differs("the rule fails".to_owned(), "an answer".to_owned(), fault.to_string()),
        }
        let answered_by = answered.as_ref().map_or_else(|_| String::new(), |a| format!(", answered by {}", a.layer));
        let story = if failures.is_empty() { Vec::new() } else { vec![format!("{}({}){answered_by}", self.rule, self.given())] };
        ScenarioReport { title: self.title.clone(), place: self.place.clone(), failures, story }
    }

    /// The arguments, each in a word or two.
    fn given(&self) -> String {
        let word = |value: &Value| value.get("code").or_else(|| value.get("lot")).map_or_else(|| in_short(value), ToString::to_string);
        self.arguments.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

fn in_short(value: &Value) -> String {
    match value {
        Value::Record(record) => record.kind.to_string(),
        Value::List(items) => format!("{} of a list", items.len()),
        other => other.to_string(),
    }
}
