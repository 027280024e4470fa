//! Explanations for people: three lines a decision, or all of it.
//!
//! Must not decide anything. Tests: `tests/it/explain.rs`.

use std::fmt::Write as _;

use crate::base::Timestamp;
use crate::domain::{Move, Place, Position, RuleTrace, Value};
use crate::engine::Purpose;
use crate::insight::{Account, Condition, Difference, Explanation, Offer, OfferedLot, Today};

use super::error::CliError;
use super::session::{Session, count};

/// Arguments of rules longer than this are cut, unless they are asked for in JSON.
const LONGEST: usize = 200;

/// A decision, in three lines or in full.
pub fn decision(session: &Session, e: &Explanation, verbose: bool) -> String {
    let mut text = head(session, e);
    let _ = write!(text, "\n  {}", sum(e));
    today(&mut text, &e.today, verbose);
    if verbose {
        whole(session, e, &mut text);
    }
    text
}

fn head(session: &Session, e: &Explanation) -> String {
    let event = &e.event;
    let way = event.from.as_ref().map_or_else(|| format!("→ {}", event.to), |from| format!("{from} → {}", event.to));
    let recorded = if session.time(event.recorded_at) == session.time(event.effective_at) {
        String::new()
    } else {
        format!(", recorded {}", session.time(event.recorded_at))
    };
    let book = e.book.name.clone().unwrap_or_else(|| "a book that is not here".to_owned());
    let hash: String = e.book.hash.chars().take(8).collect();
    format!(
        "{}#{} {} · {way}\n  {} as {}, {}{recorded}, by {} version {} of the book {book} ({hash})",
        e.number,
        e.revision,
        event.transition,
        event.actor,
        event.role,
        session.time(event.effective_at),
        e.workflow,
        e.book.version
    )
}

/// What it rested on and what came of it, in numbers.
fn sum(e: &Explanation) -> String {
    let rules = e.event.rules.iter().filter(|r| !r.is_question()).count();
    let mut said = Vec::new();
    if let Some(account) = &e.account {
        let held = account.conditions.iter().filter(|c| c.purpose == Purpose::Require && c.held).count();
        if held > 0 {
            said.push(format!("{} held", count(held, "guard")));
        }
    }
    if rules > 0 {
        said.push(format!("{} answered", count(rules, "rule")));
    }
    for (number, what) in [(e.moves.len(), "move"), (e.papers.len(), "paper"), (e.owed.len(), "obligation"), (e.started.len(), "started document")] {
        if number > 0 {
            said.push(count(number, what));
        }
    }
    if said.is_empty() { "nothing was in its way".to_owned() } else { said.join(", ") }
}

fn today(text: &mut String, today: &Today, verbose: bool) {
    match today {
        Today::SameBook | Today::NotAsked => {}
        Today::Same => text.push_str("; today's book decides the same"),
        Today::Unknown => text.push_str("; what today's book would decide cannot be told"),
        Today::Otherwise { differences, refusal } => {
            text.push_str(if refusal.is_some() { "; today's book would refuse" } else { "; today's book would decide otherwise" });
            for difference in differences.iter().take(if verbose { usize::MAX } else { 1 }) {
                let _ = write!(text, "\n    {}", apart(difference, "today"));
            }
        }
    }
}

/// `rule msl, line 1: maximum 12 (from default); today maximum 10 (from bu/ac)`, the second side being called `today`.
pub fn apart(d: &Difference, second: &str) -> String {
    format!("{}{}: {}; {second} {}{}", d.what, of_line(d.line), d.then, d.now, at(d.place.as_ref()))
}

fn of_line(line: Option<u32>) -> String {
    line.filter(|l| *l > 0).map(|l| format!(", line {l}")).unwrap_or_default()
}

fn at(place: Option<&Place>) -> String {
    place.map(|p| format!("  ({}:{}:{})", p.file, p.line, p.column)).unwrap_or_default()
}

fn whole(session: &Session, e: &Explanation, text: &mut String) {
    for doubt in &e.doubts {
        let _ = write!(text, "\n  ! {doubt}");
    }
    input(e, text);
    looked_at(text, e.account.as_ref().unwrap_or(&Account::default()), &e.event.rules, &|_| true);
    section(text, "moves", e.moves.iter().zip(1..).map(|(m, n): (&Move, usize)| format!("{n}  {}", moved(m))).collect());
    section(text, "papers", e.papers.iter().map(|p| format!("{} {}", p.kind, p.number)).collect());
    let due = |at: Timestamp| session.time(at);
    let owed = e.owed.iter().map(|o| format!("{} owes {} of {} as {} to {} until {}", o.debtor, o.quantity, o.part, o.kind, o.creditor, due(o.due_at)));
    section(text, "owed", owed.collect());
    section(text, "settled", e.settled.iter().map(|c| format!("{} of {}", c.quantity, c.id)).collect());
    section(text, "started", e.started.iter().map(|c| format!("{} ({})", c.workflow, c.doc)).collect());
    section(text, "messages", e.messages.iter().map(|m| format!("{} {}", m.topic, m.text).trim_end().to_owned()).collect());
}

/// What a decision rested on: conditions with their values, what rules and the books answered, lots offered, taken and passed
/// over; of the lines of the document that are wanted.
pub fn looked_at(text: &mut String, account: &Account, answers: &[RuleTrace], wanted: &dyn Fn(Option<u32>) -> bool) {
    let said = |questions: bool| answers.iter().filter(move |t| t.is_question() == questions && wanted(t.line)).map(rule).collect();
    section(text, "conditions", account.conditions.iter().filter(|c| wanted(c.line)).map(condition).collect());
    section(text, "rules", said(false));
    section(text, "the books said", said(true));
    section(text, "lots", account.offers.iter().filter(|o| wanted(o.line)).flat_map(offer).collect());
}

/// A titled list; nothing where it is empty.
pub fn section(text: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(text, "\n  {title}");
    for line in lines {
        let _ = write!(text, "\n    {}", line.replace('\n', "\n    "));
    }
}

fn input(e: &Explanation, text: &mut String) {
    let plain = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut given: Vec<String> = e.event.input.fields.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
    for line in &e.event.input.lines {
        let which = line.line.map(|n| format!("line {n}: ")).unwrap_or_default();
        let values: Vec<String> = line.values.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
        given.push(format!("{which}{}", values.join(", ")));
    }
    section(text, "given", given);
}

fn condition(c: &Condition) -> String {
    let word = match c.purpose {
        Purpose::Require => "require",
        Purpose::When => "when",
        Purpose::Where => "where",
    };
    let held = if c.held { "yes" } else { "no" };
    let mut said = format!("{held:3} {word} {}{}{}", c.written, of_line(c.line), at(c.place.as_ref()));
    let values: Vec<String> = c.values.iter().map(|(written, value)| format!("{written} is {}", short(value))).collect();
    if !values.is_empty() {
        let _ = write!(said, "\n      {}", values.join(", "));
    }
    for rule in &c.rules {
        let _ = write!(said, "\n      rule {}, layer {}, {}", rule.rule, rule.layer, rule.file);
    }
    said
}

fn short(value: &Value) -> String {
    let said = value.to_string();
    match said.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", said.get(..end).unwrap_or_default()),
        None => said,
    }
}

fn rule(t: &RuleTrace) -> String {
    let layer = if t.is_question() { String::new() } else { format!(", layer {}", t.layer) };
    let arguments: Vec<String> = t.arguments.iter().map(short).filter(|said| !said.trim().is_empty()).collect();
    let of = if arguments.is_empty() { String::new() } else { format!("\n  of {}", arguments.join("; ")) };
    format!("{}{layer}{}: {}{of}", t.rule, of_line(t.line), short(&t.answer))
}

fn offer(o: &Offer) -> Vec<String> {
    let mut lines = vec![format!("{} of {} wanted{}{}", o.wanted, o.part, of_line(o.line), at(o.place.as_ref()))];
    lines.extend(o.lots.iter().zip(1..).map(|(lot, n): (&OfferedLot, usize)| format!("  {n}. {}", offered(lot))));
    lines
}

fn offered(lot: &OfferedLot) -> String {
    let what = lot.serial.as_ref().map_or_else(|| format!("{} of lot {}", lot.there, lot.lot), |s| format!("serial {s} of lot {}", lot.lot));
    let p = &lot.position;
    let stood = format!("{what} in {}, {}, {}, {}", place(p), p.condition, p.owner, p.pool);
    match &lot.passed_over {
        Some(why) if why.is_empty() => format!("{stood}: passed over"),
        Some(why) => format!("{stood}: passed over, {why}"),
        None if lot.taken.is_zero() => format!("{stood}: not needed"),
        None if lot.taken == lot.there => format!("{stood}: taken"),
        None => format!("{stood}: {} taken", lot.taken),
    }
}

fn place(p: &Position) -> String {
    p.party.as_ref().map_or_else(|| p.bin.to_string(), |party| format!("{party}.{}", p.bin))
}

/// A move in one line.
pub fn moved(m: &Move) -> String {
    let unit = m.serial.as_ref().map(|s| format!(" {s}")).unwrap_or_default();
    format!("{} {}{unit}, lot {}, {} → {}{}", m.quantity, m.part, m.lot, place(&m.from), place(&m.to), of_line(Some(m.line)))
}

/// One move: what was offered to it, and why it took what it took.
pub fn movement(session: &Session, e: &Explanation, ordinal: usize) -> Result<String, CliError> {
    let Some(m) = ordinal.checked_sub(1).and_then(|n| e.moves.get(n)) else {
        return Err(CliError::usage(format!("{}#{} made {}", e.number, e.revision, count(e.moves.len(), "move"))).hint("moves count from 1"));
    };
    let mut text = head(session, e);
    let _ = write!(text, "\n  move {ordinal}: {}", moved(m));
    let of_move = |o: &&Offer| o.part == m.part && o.lots.iter().any(|l| l.lot == m.lot && l.serial == m.serial && l.position == m.from);
    let none = Account::default();
    let account = e.account.as_ref().unwrap_or(&none);
    let offers: Vec<&Offer> = account.offers.iter().filter(|o| o.line.unwrap_or(0) == m.line).filter(of_move).collect();
    let lots: Vec<String> = offers.iter().flat_map(|o| offer(o)).collect();
    section(&mut text, if lots.is_empty() { "" } else { "lots" }, lots);
    let asked = e.event.rules.iter().filter(|t| t.arguments.iter().any(|a| a.get("lot") == Some(&Value::Lot(m.lot.clone()))));
    section(&mut text, "rules", asked.map(rule).collect());
    for doubt in &e.doubts {
        let _ = write!(text, "\n  ! {doubt}");
    }
    Ok(text)
}
