//! What people type as input, `name=value` and `--line …`, as the raw input of a command.
//!
//! Values stay text: what they mean, the engine finds out from the types of the flow. Tests: below.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::base::Name;
use crate::domain::{Input, InputLine};
use crate::model::{Field, Type, Workflow};

use super::error::CliError;

/// Fields and lines of a command.
pub fn input(fields: &[String], lines: &[String], workflow: Option<&Workflow>) -> Result<Input, CliError> {
    let mut input = Input::default();
    for word in fields {
        let (name, value) = pair(word).ok_or_else(|| {
            CliError::usage(format!("`{word}` is not a field"))
                .hint("write `name=value`, such as `asp=pune`; values with spaces in quotes: `reason=\"wrong part\"`")
        })?;
        put(&mut input.fields, name, value);
    }
    input.lines = lines.iter().map(|text| line(text)).collect::<Result<_, _>>()?;
    if let Some(workflow) = workflow {
        lists(&mut input.fields, &workflow.fields);
        for line in &mut input.lines {
            lists(&mut line.values, &workflow.line_fields);
        }
    }
    Ok(input)
}

/// `part=PCB,requested=3` for a new line, `1:approved=2` or `PCB:approved=2` for an existing one.
fn line(text: &str) -> Result<InputLine, CliError> {
    let wrong = || {
        CliError::usage(format!("`{text}` is not a line"))
            .hint("write `part=PCB,requested=3` for a new line, `1:approved=2` or `PCB:approved=2` for an existing one; a name given twice makes a list")
    };
    let mut line = InputLine::default();
    let colon = text.find(':').filter(|at| text.find('=').is_none_or(|equals| *at < equals));
    let rest = match colon.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
        None => text,
        Some((which, rest)) => {
            match which.parse() {
                Ok(number) => line.line = Some(number),
                Err(_) => put(&mut line.values, "part", which),
            }
            rest
        }
    };
    for word in split(rest).iter().filter(|w| !w.is_empty()) {
        let (name, value) = pair(word).ok_or_else(wrong)?;
        put(&mut line.values, name, value);
    }
    if line.line.is_none() && line.values.is_empty() { Err(wrong()) } else { Ok(line) }
}

fn pair(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(name, _)| !name.is_empty())
}

/// A name given again makes a list.
fn put(values: &mut BTreeMap<Name, Json>, name: &str, value: &str) {
    let value = Json::String(value.to_owned());
    match values.get_mut(name) {
        None => {
            values.insert(name.into(), value);
        }
        Some(Json::Array(items)) => items.push(value),
        Some(first) => *first = Json::Array(vec![first.take(), value]),
    }
}

/// A single value of a list's field is a list of one.
fn lists(values: &mut BTreeMap<Name, Json>, fields: &[Field]) {
    for field in fields.iter().filter(|f| matches!(f.ty.required(), Type::List(_))) {
        if let Some(value) = values.get_mut(&field.name).filter(|v| !v.is_array()) {
            *value = Json::Array(vec![value.take()]);
        }
    }
}

/// Splits at commas outside double quotes, and takes the quotes away.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => words.push(String::new()),
            c => words.iter_mut().last().into_iter().for_each(|w| w.push(c)),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json {
        serde_json::to_value(line(text).unwrap()).unwrap()
    }

    #[test]
    fn lines_are_new_or_named_by_number_or_part() {
        assert_eq!(read("part=PCB,requested=3"), serde_json::json!({ "part": "PCB", "requested": "3" }));
        assert_eq!(read("1:approved=2"), serde_json::json!({ "line": 1, "approved": "2" }));
        assert_eq!(read("PCB:note=\"a, b\",approved=2"), serde_json::json!({ "part": "PCB", "note": "a, b", "approved": "2" }));
        assert_eq!(read("1:serials=A,serials=B"), serde_json::json!({ "line": 1, "serials": ["A", "B"] }));
        assert!(line("nonsense").is_err() && line("").is_err());
    }

    #[test]
    fn fields_need_a_name() {
        assert!(input(&["asp=pune".into()], &[], None).is_ok());
        assert!(input(&["=pune".into()], &[], None).is_err());
    }
}
