//! Writes a scenario as text of the flow language, laid out as `bincard fmt` would: for stories that a program has found.
//!
//! Must not know where the story comes from. Tests: below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::base::{Name, Timestamp};
use crate::domain::{InputLine, Value};
use crate::model::{Book, ExpectedUnit, Field, GivenUnit, Scenario, ScenarioActor, StepKind, Type, Workflow};
use crate::syntax::{FormatError, format};

/// The text of a scenario, with comment lines above it. Read again, it is the same scenario.
///
/// # Errors
/// Something in it cannot be written in the language.
pub fn write(scenario: &Scenario, book: &Book, comments: &[String]) -> Result<String, FormatError> {
    let mut writer = Writer { book, workflows: BTreeMap::new(), out: String::new() };
    for comment in comments {
        let _ = writeln!(writer.out, "// {}", comment.replace('\n', " "));
    }
    let _ = writeln!(writer.out, "scenario {} {{", label(&scenario.title));
    for step in &scenario.steps {
        writer.step(&step.kind);
    }
    writer.out.push_str("}\n");
    format(&writer.out)
}

struct Writer<'a> {
    book: &'a Book,
    /// The workflows of the documents that the story has named so far.
    workflows: BTreeMap<String, Name>,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "  {text}");
    }

    fn step(&mut self, kind: &StepKind) {
        match kind {
            StepKind::Master(folder) => self.line(&format!("given master {}", label(folder))),
            StepKind::Fact { kind, subject, columns } => self.line(format!("given {kind} {subject} {}", facts(columns)).trim_end()),
            StepKind::Stock { party, units } => {
                self.line(&format!("given stock at {party}"));
                for unit in units {
                    let row = given(unit);
                    self.line(&format!("  {row}"));
                }
            }
            StepKind::On(at) => {
                let moment = self.moment(*at);
                self.line(&format!("on {moment}"));
            }
            StepKind::Opens { actor, workflow, transition, name, fields, lines, key } => {
                self.workflows.insert(name.clone(), workflow.clone());
                let by = transition.as_ref().map_or_else(String::new, |t| format!(" by {t}"));
                let input = self.input(workflow, fields, lines);
                self.line(&format!("when {} opens {workflow} {name}{by}{input}{}", who(actor), keyed(key.as_deref())));
            }
            StepKind::Fires { actor, transition, document, fields, lines, key } => {
                let input = self.workflows.get(document).cloned().map_or_else(String::new, |w| self.input(&w, fields, lines));
                self.line(&format!("when {} fires {transition} on {document}{input}{}", who(actor), keyed(key.as_deref())));
            }
            expectation => self.expectation(expectation),
        }
    }

    fn expectation(&mut self, kind: &StepKind) {
        let text = match kind {
            StepKind::StateIs(document, state) => format!("{document} is {state}"),
            StepKind::Refused { code, sentence } => match sentence {
                Some(sentence) => format!("refused {code} {}", label(sentence)),
                None => format!("refused {code}"),
            },
            StepKind::NothingChanged => "nothing changed".to_owned(),
            StepKind::BooksBalance => "books balance".to_owned(),
            StepKind::StockIs { party, bin, document, units } => {
                let place = party.as_ref().map_or_else(|| bin.to_string(), |p| format!("{p}.{bin}"));
                let holder = document.as_ref().map_or_else(String::new, |d| format!(" for {d}"));
                let rows: Vec<String> = units.iter().map(expected).collect();
                format!("stock at {place}{holder} is {}", if rows.is_empty() { "nothing".to_owned() } else { rows.join("; ") })
            }
            StepKind::LineHas { document, line, fields } => format!("{document} line {line} has {}", self.values(document, fields, true)),
            StepKind::DocumentHas { document, fields } => format!("{document} has {}", self.values(document, fields, false)),
            StepKind::Paper { document, kind, number, reverse_open } => {
                let number = number.as_ref().map_or_else(String::new, |n| format!(" numbered {}", label(n)));
                let state = reverse_open.map_or("", |open| if open { " open" } else { " closed" });
                format!("{document} has paper {kind}{number}{state}")
            }
            StepKind::Obligations { party, rows } => {
                let rows: Vec<String> = rows.iter().map(|(part, kind, quantity)| format!("{part} {quantity} {kind}")).collect();
                format!("obligations of {party} are {}", if rows.is_empty() { "nothing".to_owned() } else { rows.join(", ") })
            }
            StepKind::Started { document, workflow, name, fields } => {
                self.workflows.insert(name.clone(), workflow.clone());
                let with = if fields.is_empty() { String::new() } else { format!(" with {}", self.values(name, fields, false)) };
                format!("{document} started {workflow} {name}{with}")
            }
            StepKind::Master(_) | StepKind::Fact { .. } | StepKind::Stock { .. } | StepKind::On(_) | StepKind::Opens { .. } | StepKind::Fires { .. } => return,
        };
        self.line(&format!("then {text}"));
    }

    fn moment(&self, at: Timestamp) -> String {
        let civil = at.civil(&self.book.manifest.zone);
        format!("{} {}", civil.date(), civil.time().strftime("%H:%M"))
    }

    fn workflow(&self, name: &Name) -> Option<&Workflow> {
        self.book.workflows.get(name).map(|w| &**w)
    }

    fn input(&self, workflow: &Name, fields: &BTreeMap<Name, Json>, lines: &[InputLine]) -> String {
        let workflow = self.workflow(workflow);
        let of_document = |name: &Name| workflow.and_then(|w| w.field(name.as_str()));
        let of_line = |name: &Name| workflow.and_then(|w| w.line_field(name.as_str()));
        let given = |name: &Name, json: &Json, field: Option<&Field>| json_text(json, field.map(|f| &f.ty)).map(|value| format!("{name} {value}"));
        let mut items: Vec<String> = fields.iter().filter_map(|(name, json)| given(name, json, of_document(name))).collect();
        let rows: Vec<String> = lines
            .iter()
            .map(|line| {
                let part = line.values.get("part").and_then(Json::as_str).unwrap_or_default();
                let subject = line.line.map_or_else(|| part.to_owned(), |no| no.to_string());
                let values = line.values.iter().filter(|(name, _)| **name != "part");
                let words: Vec<String> = values.filter_map(|(name, json)| given(name, json, of_line(name))).collect();
                format!("{subject} {}", words.join(" ")).trim_end().to_owned()
            })
            .collect();
        if !rows.is_empty() {
            items.push(format!("lines {}", rows.join("; ")));
        }
        if items.is_empty() { String::new() } else { format!(" with {}", items.join(", ")) }
    }

    fn values(&self, document: &str, fields: &BTreeMap<Name, Value>, of_line: bool) -> String {
        let workflow = self.workflows.get(document).and_then(|w| self.workflow(w));
        let ty = |name: &Name| workflow.and_then(|w| if of_line { w.line_field(name.as_str()) } else { w.field(name.as_str()) }).map(|f| &f.ty);
        let one = |(name, value): (&Name, &Value)| {
            let text = match value {
                Value::List(items) => items.iter().map(|v| word(&v.to_string(), ty(name))).collect::<Vec<_>>().join(", "),
                other => word(&other.to_string(), ty(name)),
            };
            format!("{name} {text}")
        };
        fields.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

fn who(actor: &ScenarioActor) -> String {
    let person = actor.person.as_ref().map_or_else(String::new, |p| format!(" {p}"));
    let at = actor.at.as_ref().map_or_else(String::new, |p| format!(" at {p}"));
    format!("{}{person}{at}", actor.role)
}

fn keyed(key: Option<&str>) -> String {
    key.map_or_else(String::new, |k| format!(" keyed {}", label(k)))
}

fn facts(columns: &BTreeMap<Name, Vec<Value>>) -> String {
    let column = |(name, values): (&Name, &Vec<Value>)| {
        let values: Vec<String> = values.iter().map(|v| word(&v.to_string(), None)).collect();
        format!("{name} {}", values.join(", "))
    };
    columns.iter().filter(|(_, values)| !values.is_empty()).map(column).collect::<Vec<_>>().join(" ")
}

fn given(unit: &GivenUnit) -> String {
    let mut row = unit.part.clone();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(row, " {name} {}", word(&value, None));
        }
    };
    add("lot", Some(unit.lot.clone()).filter(|l| !l.is_empty()));
    add("serial", unit.serial.clone());
    add("received", unit.received.map(|d| d.to_string()));
    add("expires", unit.expires.map(|d| d.to_string()));
    add("sodo", unit.sodo.as_ref().map(ToString::to_string));
    add("rate", unit.rate.map(|r| r.to_string()));
    add("condition", Some(unit.condition.to_string()));
    add("owner", Some(unit.owner.to_string()));
    add("pool", Some(unit.pool.to_string()));
    add("in", Some(unit.bin.to_string()));
    // The number comes first behind the part, so that it cannot be read as one more value of a list.
    let (part, rest) = row.split_once(' ').unwrap_or((row.as_str(), ""));
    format!("{part} {} {rest}", unit.quantity)
}

fn expected(unit: &ExpectedUnit) -> String {
    let mut row = format!("{} {}", unit.part, unit.quantity);
    let named = [
        ("lot", unit.lot.clone()),
        ("serial", unit.serial.clone()),
        ("condition", unit.condition.as_ref().map(ToString::to_string)),
        ("owner", unit.owner.as_ref().map(ToString::to_string)),
        ("pool", unit.pool.as_ref().map(ToString::to_string)),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            let _ = write!(row, " {name} {}", word(&value, None));
        }
    }
    row
}

/// A raw value; nothing for what is not given, and for an empty list, which means the same.
fn json_text(json: &Json, ty: Option<&Type>) -> Option<String> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(|item| json_text(item, ty)).collect();
            if items.is_empty() {
                return None;
            }
            items.join(", ")
        }
        Json::String(text) => word(text, ty),
        other => word(&other.to_string(), ty),
    })
}

/// A value as a word where it can be one, else between quotes; prose is always quoted.
fn word(text: &str, ty: Option<&Type>) -> String {
    let code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '-');
    let bare = !text.is_empty() && !["and", "keyed"].contains(&text) && (text.chars().all(code) || text.parse::<Decimal>().is_ok());
    let prose = ty.is_some_and(|ty| *ty.required() == Type::Text);
    if bare && !prose { text.to_owned() } else { quoted(text) }
}

/// A text without holes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '{' | '}' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A title or a sentence: nothing in it has a meaning.
fn label(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'").replace(['\n', '\r'], " ").replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::book_folder;
    use crate::check::{BookFile, check};

    /// What a scenario says, without its places.
    fn said(scenario: &Scenario) -> Vec<String> {
        scenario.steps.iter().map(|s| format!("{:?}", s.kind)).collect()
    }

    #[test]
    fn every_shipped_scenario_reads_the_same_when_it_is_written_again() {
        let mut files = book_folder::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let book = check(&files).book.unwrap();
        let texts: Vec<String> = book.scenarios.iter().map(|s| write(s, &book, &[]).unwrap_or_else(|e| panic!("{}: {e:?}", s.title))).collect();
        files.flows.retain(|f| !f.path.ends_with(".scenarios.flow"));
        files.flows.push(BookFile { path: "workflows/all.scenarios.flow".to_owned(), text: texts.concat() });
        let checked = check(&files);
        let again = checked.book.unwrap_or_else(|| panic!("{}", crate::check::testing::report(&checked.diagnostics, &checked.sources)));
        assert_eq!(again.scenarios.len(), book.scenarios.len());
        for (before, after) in book.scenarios.iter().zip(&again.scenarios) {
            assert_eq!(before.title, after.title);
            assert_eq!(said(before), said(after), "{}", before.title);
        }
    }
}
