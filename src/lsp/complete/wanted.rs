//! What kind of name the next word of a clause is, judged by the words before it.
//!
//! A table in code; must not know the book. Tests: below, and `tests/it/editor_complete.rs`.

use crate::syntax::{BlockKind, LexemeKind, lexemes};

/// What can come next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// A line begins.
    Begin,
    /// Words of the language.
    Words(&'static [&'static str]),
    /// States of the workflow at hand.
    States,
    /// The states that the transition at hand leads to.
    Targets,
    /// Roles, and whether `system` is one.
    Roles,
    /// Party fields of the workflow at hand.
    Parties,
    /// Bins at the party in a field.
    Bins(String),
    /// Bins of the outside world.
    Outside,
    /// Fields that can be asked and set here.
    Fields,
    /// Line fields that count something.
    Counters,
    /// Anything that has a value.
    Values,
    /// Declared words.
    Conditions,
    /// Declared words.
    Owners,
    /// Declared words.
    Pools,
    /// Declared words.
    Obligations,
    /// Declared words.
    Papers,
    /// Declared words.
    Events,
    /// Declared words.
    Workflows,
    /// Transitions of the workflow at hand.
    Transitions,
    /// Rules, to choose lots by.
    Rules,
    /// Types.
    Types,
    /// Kinds of party.
    PartyKinds,
    /// Bins at parties.
    AllBins,
    /// The choices of a field.
    ChoicesOf(String),
    /// Fields of another workflow.
    FieldsOf(String),
    /// Properties of what a path names; a path that ends with `()` is a rule's answer.
    Members(Vec<String>),
}

/// The words and signs of a clause before the cursor, without the word that is being typed.
pub fn before(clause: &str) -> Vec<&str> {
    let pieces = lexemes(clause);
    let mut words: Vec<&str> = pieces.iter().filter(|l| l.kind != LexemeKind::Comment).map(|l| clause.get(l.range.clone()).unwrap_or("")).collect();
    let typed = pieces.last().is_some_and(|l| l.kind == LexemeKind::Word && l.range.end == clause.len());
    if typed {
        words.pop();
    }
    words
}

/// What can come next in a clause of a block.
#[must_use]
pub fn wanted(block: BlockKind, words: &[&str]) -> Vec<Want> {
    let Some(first) = words.first() else { return vec![Want::Begin] };
    if let Some(path) = path(words) {
        return in_path(first, path, words);
    }
    match block {
        BlockKind::File => in_file(first, words),
        BlockKind::Workflow => in_workflow(first, words),
        BlockKind::Lines => in_lines(first, words),
        BlockKind::Body | BlockKind::EachLine => in_body(first, words),
        BlockKind::Migrate => vec![if words.contains(&"->") { Want::States } else { Want::Words(&["keep deadlines"]) }],
        BlockKind::Record => vec![Want::Types],
        BlockKind::Scenario | BlockKind::Unknown => Vec::new(),
    }
}

/// The names before a dot at the end: `a.b.` is `a`, `b`; `f(x).` is `f()`.
fn path(words: &[&str]) -> Option<Vec<String>> {
    let (last, mut rest) = words.split_last()?;
    if *last != "." {
        return None;
    }
    let mut path = Vec::new();
    loop {
        let (word, before) = rest.split_last()?;
        if *word == ")" {
            let mut depth = 0_usize;
            let open = rest.iter().rposition(|w| {
                depth = match *w {
                    ")" => depth + 1,
                    "(" => depth - 1,
                    _ => depth,
                };
                depth == 0
            })?;
            path.insert(0, format!("{}()", rest.get(open.checked_sub(1)?)?));
            return Some(path);
        }
        path.insert(0, (*word).to_owned());
        match before.split_last() {
            Some((dot, more)) if *dot == "." => rest = more,
            _ => return Some(path),
        }
    }
}

fn in_path(first: &str, path: Vec<String>, words: &[&str]) -> Vec<Want> {
    let before = words.len().checked_sub(path.len() * 2 + 1).and_then(|n| words.get(n)).copied().unwrap_or("");
    let place = matches!((first, before), ("move", "from" | "to")) || (before == "in" && (words.contains(&"held") || words.contains(&"quantity")));
    match path.as_slice() {
        [party] if place => vec![Want::Bins(party.clone())],
        _ => vec![Want::Members(path)],
    }
}

fn last<'w>(words: &[&'w str]) -> &'w str {
    words.last().copied().unwrap_or("")
}

/// The nearest word before that is one of some.
fn nearest<'w>(words: &[&'w str], of: &[&str]) -> &'w str {
    words.iter().rev().find(|w| of.contains(*w)).copied().unwrap_or("")
}

fn in_file(first: &str, words: &[&str]) -> Vec<Want> {
    match (first, last(words)) {
        ("bin", "at") => vec![Want::PartyKinds],
        ("bin", ",") => vec![Want::PartyKinds],
        ("bin", _) => vec![Want::Words(&["at", "outside", "clearing"])],
        ("role", "at") => vec![Want::PartyKinds],
        ("role", _) => vec![Want::Words(&["at"])],
        ("party", "party") => vec![Want::Words(&["kind"])],
        ("rule" | "event", ":" | "of" | "or" | "->") => vec![Want::Types],
        ("on", "counts") => vec![Want::AllBins],
        ("on", ",") if words.contains(&"in") => vec![Want::Conditions],
        ("on", ",") => vec![Want::AllBins],
        ("on", "in") => vec![Want::Conditions],
        ("shared", _) => vec![Want::Words(&["part", "party"])],
        ("document", _) => vec![Want::Words(&["number", "reverse"])],
        ("workflow", _) => vec![Want::Words(&["version"])],
        ("calendar", _) => vec![Want::Words(&["always", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "to", "except"])],
        _ => Vec::new(),
    }
}

fn in_workflow(first: &str, words: &[&str]) -> Vec<Want> {
    match first {
        "party" if last(words) == ":" || last(words) == "or" => vec![Want::PartyKinds],
        "field" if matches!(last(words), ":" | "of") => vec![Want::Types],
        "field" if last(words) == "=" => vec![Want::Values],
        "state" if last(words) == "notify" => vec![Want::Roles, Want::Parties],
        "state" if words.len() > 1 => vec![Want::Words(&["initial", "final", "within", "else notify", "days", "hours", "working days", "working hours"])],
        "transition" if words.contains(&":") => in_head(words),
        _ => Vec::new(),
    }
}

/// The head of a transition behind its colon.
fn in_head(words: &[&str]) -> Vec<Want> {
    const PARTS: [&str; 9] = ["by", "not by whoever did", "after approval by", "after", "at", "at once", "on event", "on arrival in", "or"];
    const OTHERS: [&str; 1] = ["other than whoever did"];
    let before = words.len().checked_sub(2).and_then(|n| words.get(n)).copied().unwrap_or("");
    match last(words) {
        ":" => vec![Want::States, Want::Words(&["any", "->"])],
        "->" => vec![Want::States, Want::Words(&["same", "back"])],
        "or" if nearest(words, &["did", "by", ":", "->"]) == "did" => vec![Want::Transitions],
        "or" => vec![Want::States],
        "by" => vec![Want::Roles],
        "," if nearest(words, &["by", "did", "event", "once"]) == "by" && before != "approval" => vec![Want::Roles, Want::Words(&PARTS)],
        "," => vec![Want::Words(&PARTS)],
        "did" => vec![Want::Transitions],
        "in" if before == "arrival" => vec![Want::Parties],
        "in" => vec![Want::States],
        "event" => vec![Want::Events],
        "not" => vec![Want::Words(&["by whoever did"])],
        "other" => vec![Want::Words(&["than whoever did"])],
        _ if words.ends_with(&["approval", "by", last(words)]) => vec![Want::Words(&OTHERS), Want::Words(&PARTS)],
        "after" => vec![Want::Words(&["approval by"]), Want::Fields],
        "at" => vec![Want::Words(&["once"]), Want::Fields],
        _ if words.contains(&"->") => vec![Want::Words(&PARTS)],
        _ => vec![Want::Words(&["->", "or"])],
    }
}

fn in_lines(first: &str, words: &[&str]) -> Vec<Want> {
    match (first, last(words)) {
        ("inbound", "to") => vec![Want::Parties],
        ("inbound", _) if words.contains(&"is") => vec![Want::Values],
        ("inbound", "inbound") => vec![Want::Words(&["to"])],
        ("inbound", _) if !words.contains(&":") => vec![Want::Words(&["is"])],
        (_, ":" | "of") => vec![Want::Types],
        (_, "=") => vec![Want::Values],
        _ => Vec::new(),
    }
}

fn in_body(first: &str, words: &[&str]) -> Vec<Want> {
    if let [.., field, "is" | "in" | "="] | [.., field, "is", "not"] = words {
        return vec![Want::ChoicesOf((*field).to_owned()), Want::Values];
    }
    if matches!(last(words), "when" | "where" | "and" | "not" | "has" | "=" | "<" | ">" | "<=" | ">=" | "+" | "*" | "/" | "(" | "is") {
        return vec![Want::Values];
    }
    match first {
        "ask" => vec![Want::Fields, Want::Words(if words.len() == 1 { &["lines", "optional"] } else { &[] })],
        "set" if words.len() == 1 => vec![Want::Fields],
        "let" if words.len() <= 2 => Vec::new(),
        "each" => vec![Want::Words(&["line", "where"])],
        "move" => in_move(words),
        "owe" | "settle" | "waive" | "debit" => in_obligation(words),
        "issue" => match last(words) {
            "issue" => vec![Want::Papers],
            "from" | "to" | "at" => vec![Want::Parties],
            "with" => vec![Want::Words(&["reverse"])],
            _ => vec![Want::Words(&["from", "to", "at", "with reverse", "when"])],
        },
        "close" => match last(words) {
            "close" => vec![Want::Words(&["reverse of", "books through"])],
            "of" => vec![Want::Papers],
            _ => vec![Want::Values],
        },
        "start" => match (last(words), words.get(1)) {
            ("start", _) => vec![Want::Workflows],
            ("with" | "," | "lines", Some(workflow)) => vec![Want::FieldsOf((*workflow).to_owned()), Want::Words(&["lines"])],
            _ => vec![Want::Words(&["with", "when"]), Want::Values],
        },
        "notify" if words.len() == 1 => vec![Want::Roles, Want::Parties],
        "emit" if words.len() == 1 => vec![Want::Events],
        "emit" => vec![Want::Words(&["with", "when"]), Want::Values],
        "become" if words.len() == 1 => vec![Want::Targets],
        "become" => vec![Want::Words(&["when"])],
        "claim" if matches!(nearest(words, &["in", "else", "code"]), "in") => vec![Want::States, Want::Words(&["else"])],
        "claim" => vec![Want::Words(&["released in", "else", "code", "when"])],
        "require" if last(words) != "code" => vec![Want::Values, Want::Words(&["else", "code"])],
        "set" | "let" => vec![Want::Values, Want::Words(&["when"])],
        _ => Vec::new(),
    }
}

fn in_move(words: &[&str]) -> Vec<Want> {
    const REST: [&str; 8] = ["choosing", "choosing serials", "choosing lots", "counting", "as", "as new lot with", "when", "to"];
    let before = words.len().checked_sub(2).and_then(|n| words.get(n)).copied().unwrap_or("");
    match last(words) {
        "move" => vec![Want::Values, Want::Words(&["all of", "up to"])],
        "to" if before == "up" => vec![Want::Values],
        "from" | "to" => vec![Want::Parties, Want::Outside],
        "choosing" => vec![Want::Rules, Want::Words(&["serials", "lots"])],
        "serials" | "lots" => vec![Want::Fields],
        "counting" => vec![Want::Counters],
        "as" => vec![Want::Conditions, Want::Words(&["owner", "pool", "new lot with"])],
        "," if words.contains(&"lot") => vec![Want::Words(&["sodo", "rate", "expires", "label", "received"])],
        "," => vec![Want::Words(&["owner", "pool"])],
        "owner" => vec![Want::Owners, Want::Values],
        "pool" => vec![Want::Pools, Want::Values],
        "with" => vec![Want::Words(&["sodo", "rate", "expires", "label", "received"])],
        "of" => vec![Want::Values],
        _ if words.contains(&"from") => vec![Want::Words(&REST)],
        _ => vec![Want::Words(&["of", "from"]), Want::Values],
    }
}

fn in_obligation(words: &[&str]) -> Vec<Want> {
    match last(words) {
        "owe" | "settle" | "waive" | "debit" => vec![Want::Values, Want::Words(&["all of"])],
        "of" | "within" | "rate" => vec![Want::Values],
        "as" => vec![Want::Obligations],
        "by" | "to" => vec![Want::Parties],
        _ => vec![Want::Words(&["of", "as", "by", "to", "within", "rate", "when", "days"]), Want::Values],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(block: BlockKind, clause: &str) -> Vec<Want> {
        wanted(block, &before(clause))
    }

    #[test]
    fn what_is_wanted_follows_from_the_words_before() {
        let body = |clause: &str| next(BlockKind::Body, clause);
        assert_eq!(body("mo"), [Want::Begin]);
        assert_eq!(body("move 1 of part from "), [Want::Parties, Want::Outside]);
        assert_eq!(body("move 1 of part from asp.av"), [Want::Bins("asp".to_owned())]);
        assert_eq!(body("require limit.max"), [Want::Members(vec!["limit".to_owned()])]);
        assert_eq!(body("require msl(a, (b)).m"), [Want::Members(vec!["msl()".to_owned()])]);
        assert_eq!(body("become "), [Want::Targets]);
        assert_eq!(body("start indent with "), [Want::FieldsOf("indent".to_owned()), Want::Words(&["lines"])]);
        assert_eq!(next(BlockKind::Workflow, "transition t: draft -> "), [Want::States, Want::Words(&["same", "back"])]);
        assert_eq!(next(BlockKind::Workflow, "transition t: a -> b by x, not by whoever did "), [Want::Transitions]);
        assert_eq!(next(BlockKind::Workflow, "field a : "), [Want::Types]);
    }
}
