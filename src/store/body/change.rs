//! What of a document's lines and mentions a commit writes: what is new or has changed; and where some fall away, what is left.
//!
//! Lines are compared as they are written, since two numbers may be equal and written differently. Must not know how it
//! is sent. Tests: below, `tests/it/store_*.rs`.

use std::collections::BTreeSet;

use super::super::shape::{self, Mention};
use super::{LineRow, line};
use crate::domain::{Document, Line, Value};

/// What a commit writes beside the document itself.
pub(super) struct Beside<'a> {
    pub lines: Vec<LineRow<'a>>,
    /// The lines that are left, where some fall away, or where it is not known which were there.
    pub lines_left: Option<Vec<u32>>,
    pub mentions: BTreeSet<Mention<'a>>,
    /// What is still named, where something no longer is, or where it is not known what was.
    pub mentions_left: Option<BTreeSet<Mention<'a>>>,
}

impl<'a> Beside<'a> {
    /// A document with the values of its lines as they are written, after the one that was loaded: all of it where that is
    /// not the one right before.
    pub(super) fn of(document: &'a Document, values: &'a [String], before: Option<&'a Document>) -> Self {
        let lines = || document.lines.iter().zip(values);
        let all = || lines().map(|(l, vals)| line(l, vals)).collect();
        let mentions = shape::mentions(document);
        let numbers = || document.lines.iter().map(|l| l.no).collect();
        if document.revision == 1 {
            return Self { lines: all(), lines_left: None, mentions, mentions_left: None };
        }
        let Some(before) = before.filter(|b| b.bu == document.bu && b.id == document.id && b.revision + 1 == document.revision) else {
            return Self { lines: all(), lines_left: Some(numbers()), mentions: mentions.clone(), mentions_left: Some(mentions) };
        };
        let was = |now: &Line| before.lines.iter().find(|l| l.no == now.no);
        let changed = lines().filter(|(now, _)| !was(now).is_some_and(|was| is_as_it_was(was, now)));
        let gone = before.lines.iter().any(|was| document.lines.iter().all(|now| now.no != was.no));
        let named = shape::mentions(before);
        Self {
            lines: changed.map(|(l, vals)| line(l, vals)).collect(),
            lines_left: gone.then(numbers),
            mentions: mentions.difference(&named).copied().collect(),
            mentions_left: (!named.is_subset(&mentions)).then_some(mentions),
        }
    }
}

fn is_as_it_was(was: &Line, now: &Line) -> bool {
    was == now && was.values.values().zip(now.values.values()).all(|(was, now)| alike(was, now))
}

/// Whether equal values are written alike too: of equal numbers one may have more zeros at its end.
fn alike(was: &Value, now: &Value) -> bool {
    match (was, now) {
        (Value::Number(was), Value::Number(now)) => was.serialize() == now.serialize(),
        (Value::List(was), Value::List(now)) => was.iter().zip(now).all(|(was, now)| alike(was, now)),
        (Value::Record(was), Value::Record(now)) => was.fields.values().zip(now.fields.values()).all(|(was, now)| alike(was, now)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::chain;
    use super::*;
    use crate::base::Name;

    fn document(revision: u64, lines: &[(u32, &str, &str)]) -> Document {
        let line = |&(no, part, count): &(u32, &str, &str)| {
            let values = [("part", Value::Part(part.into())), ("count", Value::Number(count.parse().unwrap()))];
            Line { no, values: values.into_iter().map(|(name, value)| (Name::from(name), value)).collect(), inbound: None }
        };
        Document {
            bu: "ac".into(),
            id: "D1".into(),
            number: String::new(),
            workflow: "request".into(),
            version: 1,
            state: "open".into(),
            ended: false,
            revision,
            fields: std::iter::once((Name::from("asp"), Value::Party("PUNE".into()))).collect(),
            lines: lines.iter().map(line).collect(),
            opened_by: "asha".into(),
            opened_at: crate::base::Timestamp::from_micros(0),
            entered_at: crate::base::Timestamp::from_micros(0),
            parent: None,
        }
    }

    /// Lines written, lines left, codes named anew, codes still named.
    type Told = (Vec<u32>, Option<Vec<u32>>, Vec<String>, Option<Vec<String>>);

    fn told(now: &Document, before: Option<&Document>) -> Told {
        let values: Vec<String> = now.lines.iter().map(|l| chain::json(&l.values).unwrap()).collect();
        let beside = Beside::of(now, &values, before);
        let codes = |of: BTreeSet<Mention<'_>>| of.iter().map(|m| m.code.to_owned()).collect();
        (beside.lines.iter().map(|l| l.line).collect(), beside.lines_left, codes(beside.mentions), beside.mentions_left.map(codes))
    }

    #[test]
    fn only_what_changed_is_told() {
        let before = document(1, &[(1, "PCB", "1.0"), (2, "FAN", "2")]);
        let same = document(2, &[(1, "PCB", "1.0"), (2, "FAN", "2")]);
        assert_eq!(told(&same, Some(&before)), (vec![], None, vec![], None));
        let more = document(2, &[(1, "PCB", "1.0"), (2, "FAN", "3"), (3, "BELT", "1")]);
        assert_eq!(told(&more, Some(&before)), (vec![2, 3], None, vec!["BELT".into()], None));
        let less = document(2, &[(2, "FAN", "2")]);
        assert_eq!(told(&less, Some(&before)), (vec![], Some(vec![2]), vec![], Some(vec!["FAN".into(), "PUNE".into()])));
        let written_otherwise = document(2, &[(1, "PCB", "1.00"), (2, "FAN", "2")]);
        assert_eq!(told(&written_otherwise, Some(&before)).0, [1]);
    }

    #[test]
    fn all_is_told_where_it_is_not_known_what_was() {
        let all = (vec![1], Some(vec![1]), vec!["PCB".into(), "PUNE".into()], Some(vec!["PCB".into(), "PUNE".into()]));
        let now = document(3, &[(1, "PCB", "1")]);
        assert_eq!(told(&now, None), all);
        assert_eq!(told(&now, Some(&document(1, &[(1, "PCB", "1")]))), all);
        assert_eq!(told(&document(1, &[(1, "PCB", "1")]), None), (vec![1], None, vec!["PCB".into(), "PUNE".into()], None));
    }
}
