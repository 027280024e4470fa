//! What transitions do, as tables: what they ask, require, move, owe, send and start; each row with the condition it holds under.
//!
//! Must not know pages. Tests: `tests/it/handbook.rs`.

use crate::base::Name;
use crate::model::{Choosing, Clause, ClauseKind, Expr, MoveQuantity, MoveSpec, ObligationSpec, ObligationVerb, PlaceSpec, Transition, Within};
use crate::picture::Words;

use super::block::{Inline, Words as Cell, cell, code, code_cell, joined, link, text};
use super::{INDEX, transition_link};

/// A clause with the lines that it is about.
pub struct Effect<'a> {
    /// The transition.
    pub transition: &'a Transition,
    /// The clause.
    pub clause: &'a Clause,
    /// Inside `each line`.
    pub per_line: bool,
    filter: Option<&'a Expr>,
}

/// The clauses of transitions, in order; those of `each line` one by one.
pub fn effects<'a>(transitions: impl IntoIterator<Item = &'a Transition>) -> Vec<Effect<'a>> {
    let mut found = Vec::new();
    for transition in transitions {
        for clause in &transition.body {
            match &clause.kind {
                ClauseKind::EachLine(each) => {
                    let inside = each.body.iter().map(|clause| Effect { transition, clause, per_line: true, filter: each.filter.as_ref() });
                    found.extend(inside);
                }
                _ => found.push(Effect { transition, clause, per_line: false, filter: None }),
            }
        }
    }
    found
}

impl Effect<'_> {
    /// When it holds: `each line where …`, `when …`.
    pub fn when(&self, words: &Words<'_>) -> Cell {
        let mut cell: Cell = Vec::new();
        if self.per_line {
            cell.push(text("each line"));
        }
        if let Some(filter) = self.filter {
            cell.extend([text(" where "), code(words.expr(filter))]);
        }
        if let Some(when) = &self.clause.when {
            cell.extend([text(if cell.is_empty() { "when " } else { ", when " }), code(words.expr(when))]);
        }
        cell
    }

    fn made_by(&self) -> Cell {
        vec![transition_link(&self.transition.name)]
    }
}

/// The titles and rows of a table.
pub type Rows = (&'static [&'static str], Vec<Vec<Cell>>);

/// Everything that is moved.
pub fn moves(words: &Words<'_>, effects: &[Effect<'_>]) -> Rows {
    let row = |effect: &Effect<'_>| match &effect.clause.kind {
        ClauseKind::Move(spec) => {
            let who = cell(words.who(effect.transition));
            let of = vec![code(words.expr(&spec.part))];
            Some(vec![
                effect.made_by(),
                quantity(words, spec),
                of,
                place(&spec.from),
                place(&spec.to),
                becomes(words, spec),
                chosen(words, spec),
                effect.when(words),
                who,
            ])
        }
        _ => None,
    };
    (&["transition", "how much", "of", "from", "to", "becomes", "chosen", "when", "who"], effects.iter().filter_map(row).collect())
}

fn quantity(words: &Words<'_>, spec: &MoveSpec) -> Cell {
    match &spec.quantity {
        MoveQuantity::Exactly(expr) => vec![code(words.expr(expr))],
        MoveQuantity::UpTo(expr) => vec![text("up to "), code(words.expr(expr))],
        MoveQuantity::All => cell("all that it holds there"),
    }
}

fn place(place: &PlaceSpec) -> Cell {
    let words = place.party.as_ref().map_or_else(|| place.bin.to_string(), |party| format!("{party}.{}", place.bin));
    vec![link(words, INDEX, format!("bin-{}", place.bin))]
}

/// What changes on the way, and what counts it.
fn becomes(words: &Words<'_>, spec: &MoveSpec) -> Cell {
    let changes = &spec.changes;
    let mut parts: Vec<Inline> = Vec::new();
    let named = [("", &changes.condition), ("owner ", &changes.owner), ("pool ", &changes.pool)];
    parts.extend(named.into_iter().filter_map(|(word, expr)| expr.as_ref().map(|e| code(format!("{word}{}", words.expr(e))))));
    if let Some(new) = &spec.new_lot {
        let known = [("sodo", &new.sodo), ("rate", &new.rate), ("expires", &new.expires), ("label", &new.label), ("received", &new.received)];
        let with: Vec<&str> = known.iter().filter(|(_, expr)| expr.is_some()).map(|(word, _)| *word).collect();
        parts.push(text(if with.is_empty() { "a new lot".to_owned() } else { format!("a new lot with {}", with.join(" and ")) }));
    }
    if let Some(field) = &spec.counting {
        parts.extend([text("counted in "), code(field.to_string())]);
        let last = parts.len() - 2;
        return merge(parts, last);
    }
    joined(parts)
}

/// Commas between the first parts; the rest belongs together.
fn merge(mut parts: Vec<Inline>, from: usize) -> Cell {
    let rest = parts.split_off(from);
    let mut words = joined(parts);
    if !words.is_empty() {
        words.push(text(", "));
    }
    words.extend(rest);
    words
}

fn chosen(words: &Words<'_>, spec: &MoveSpec) -> Cell {
    let mut parts: Cell = match &spec.choosing {
        Choosing::Oldest if spec.from.clearing || spec.from.outside => Vec::new(),
        Choosing::Oldest => cell("oldest first"),
        Choosing::Rule(rule, _) => vec![text("by "), link(rule.to_string(), INDEX, format!("rule-{rule}"))],
        Choosing::Serials(field) => vec![text("serials in "), code(words.expr(field))],
        Choosing::Lots(field) => vec![text("lots in "), code(words.expr(field))],
    };
    if let Some(field) = &spec.lots {
        parts.extend([text(if parts.is_empty() { "lots in " } else { ", of lots in " }), code(words.expr(field))]);
    }
    parts
}

/// Everything that is owed, settled, let off and charged.
pub fn obligations(words: &Words<'_>, effects: &[Effect<'_>]) -> Rows {
    let row = |effect: &Effect<'_>| match &effect.clause.kind {
        ClauseKind::Obligation(spec) => {
            let how_much = spec.quantity.as_ref().map_or_else(|| cell("all"), |q| vec![code(words.expr(q))]);
            let to = spec.to.as_ref().map(Name::to_string).unwrap_or_default();
            let kind = vec![link(spec.kind.to_string(), INDEX, format!("obligation-{}", spec.kind))];
            let of = vec![code(words.expr(&spec.part))];
            Some(vec![
                effect.made_by(),
                cell(verb(spec.verb)),
                how_much,
                of,
                kind,
                code_cell(spec.by.to_string()),
                code_cell(to),
                within(words, spec),
                effect.when(words),
            ])
        }
        _ => None,
    };
    (&["transition", "what", "how much", "of", "kind", "by", "to", "within", "when"], effects.iter().filter_map(row).collect())
}

const fn verb(verb: ObligationVerb) -> &'static str {
    match verb {
        ObligationVerb::Owe => "owes",
        ObligationVerb::Settle => "settles",
        ObligationVerb::Waive => "lets off",
        ObligationVerb::Debit => "charges",
    }
}

fn within(words: &Words<'_>, spec: &ObligationSpec) -> Cell {
    match &spec.within {
        None => Vec::new(),
        Some(Within::Fixed(duration)) => cell(duration.to_string()),
        Some(Within::Days(days)) => vec![code(words.expr(days)), text(" days")],
    }
}

/// Everything that people and other systems are told.
pub fn messages(words: &Words<'_>, effects: &[Effect<'_>]) -> Rows {
    let row = |effect: &Effect<'_>| {
        let (to, what) = match &effect.clause.kind {
            ClauseKind::Notify { whom, text: sentence } => (cell(words.role(whom)), cell(words.template(sentence))),
            ClauseKind::Emit { event, with } => {
                let fields: Vec<String> = with.iter().map(|(name, value)| told(name, &words.expr(value))).collect();
                (vec![text("event "), link(event.to_string(), INDEX, format!("event-{event}"))], code_cell(fields.join(", ")))
            }
            _ => return None,
        };
        Some(vec![effect.made_by(), to, what, effect.when(words)])
    };
    (&["transition", "to", "what", "when"], effects.iter().filter_map(row).collect())
}

fn told(name: &Name, value: &str) -> String {
    if name == value { value.to_owned() } else { format!("{name} = {value}") }
}

/// Papers, other documents, closed books, and keys that only one document may hold.
pub fn consequences(words: &Words<'_>, effects: &[Effect<'_>]) -> Rows {
    let paper = |name: &Name| link(words.paper(name), INDEX, format!("paper-{name}"));
    let row = |effect: &Effect<'_>| {
        let what = match &effect.clause.kind {
            ClauseKind::Issue { document, from, to, with_reverse } => {
                let parties = to.as_ref().map_or_else(|| format!(" at {from}"), |to| format!(" from {from} to {to}"));
                vec![text("issues "), paper(document), text(format!("{parties}{}", if *with_reverse { ", with its reverse" } else { "" }))]
            }
            ClauseKind::CloseReverse(document) => vec![text("closes the reverse of "), paper(document)],
            ClauseKind::CloseBooks(day) => vec![text("closes the books through "), code(words.expr(day))],
            ClauseKind::Start(start) => {
                let given = |all: &[(Name, Expr)]| all.iter().map(|(n, v)| told(n, &words.expr(v))).collect::<Vec<_>>().join(", ");
                let lines = if start.lines.is_empty() { String::new() } else { format!("; lines {}", given(&start.lines)) };
                let title = link(words.title_of(&start.workflow), start.workflow.to_string(), "");
                vec![text("starts "), title, text(" with "), code(format!("{}{lines}", given(&start.with)))]
            }
            ClauseKind::Claim { key, released, otherwise, .. } => {
                let until: Vec<&str> = released.iter().map(Name::as_str).collect();
                let until = if until.is_empty() { "never given up".to_owned() } else { format!("given up in {}", until.join(", ")) };
                vec![text("claims "), code(words.template(key)), text(format!(" ({until}); otherwise: {}", words.template(otherwise)))]
            }
            _ => return None,
        };
        Some(vec![effect.made_by(), what, effect.when(words)])
    };
    (&["transition", "what", "when"], effects.iter().filter_map(row).collect())
}

/// Everything that must hold, with what is said where it does not.
pub fn guards(words: &Words<'_>, effects: &[Effect<'_>]) -> Rows {
    let row = |effect: &Effect<'_>| match &effect.clause.kind {
        ClauseKind::Require(guard) => {
            let code_of = guard.code.as_ref().map(Name::to_string).unwrap_or_default();
            Some(vec![vec![code(words.expr(&guard.test))], cell(words.template(&guard.otherwise)), code_cell(code_of), effect.when(words)])
        }
        _ => None,
    };
    (&["must hold", "else", "code", "when"], effects.iter().filter_map(row).collect())
}
