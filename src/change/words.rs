//! Expressions and clauses of a checked book in the words of the flow language, one way each: equal words, equal meaning.
//!
//! Written from the model, so spacing, comments and superfluous parentheses make no difference. Pure. Tests: `tests.rs`.

use crate::base::Name;
use crate::domain::Value;
use crate::model::{
    BinaryOp, Builtin, Changes, Choosing, Clause, ClauseKind, Expr, ExprKind, LineTest, Moment, MoveQuantity, MoveSpec, NumberPart, ObligationSpec,
    ObligationVerb, PlaceSpec, Query, StartSpec, Template, TemplatePart, Type, Within,
};

/// An expression.
#[must_use]
pub fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Const(Value::Text(text)) => format!("\"{text}\""),
        ExprKind::Const(value) => value.to_string(),
        ExprKind::Text(text) => template(text),
        ExprKind::Field(name) | ExprKind::LineField(name) | ExprKind::Local(name) => name.to_string(),
        ExprKind::Property(of, name) => format!("{}.{name}", operand(of, 9)),
        ExprKind::Rule(name, args) => format!("{name}({})", list(args)),
        ExprKind::Document => "document".to_owned(),
        ExprKind::Line => "line".to_owned(),
        ExprKind::Call(builtin, args) => format!("{}({})", builtin_word(*builtin), list(args)),
        ExprKind::Not(inner) => format!("not {}", operand(inner, 3)),
        ExprKind::Negate(inner) => format!("-{}", operand(inner, 8)),
        ExprKind::Binary(op, left, right) => {
            let (word, rank) = operator(*op);
            format!("{} {word} {}", operand(left, rank), operand(right, rank + 1))
        }
        ExprKind::Between(value, low, high) => format!("{} between {} and {}", operand(value, 5), operand(low, 6), operand(high, 6)),
        ExprKind::In(value, items, not) => format!("{} {}in {}", operand(value, 5), if *not { "not " } else { "" }, list(items)),
        ExprKind::Has(inner) => format!("has {}", operand(inner, 5)),
        ExprKind::AnyLine => "any line".to_owned(),
        ExprKind::Lines(test, inner) => {
            let word = match test {
                LineTest::Any => "any",
                LineTest::Every => "every",
                LineTest::No => "no",
            };
            format!("{word} line has {}", operand(inner, 2))
        }
        ExprKind::Sum(of, filter) => format!("sum of {}{}", operand(of, 6), filtered(filter.as_deref())),
        ExprKind::Count(filter) => format!("count of lines{}", filtered(filter.as_deref())),
        ExprKind::Query(query) => asked(query),
    }
}

fn filtered(filter: Option<&Expr>) -> String {
    filter.map(|f| format!(" where {}", operand(f, 2))).unwrap_or_default()
}

fn list(items: &[Expr]) -> String {
    items.iter().map(expr).collect::<Vec<_>>().join(", ")
}

/// How strongly an expression holds together: `or` least, names and numbers most.
fn rank(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::Binary(op, ..) => operator(*op).1,
        ExprKind::Not(_) | ExprKind::Lines(..) => 3,
        ExprKind::Between(..) | ExprKind::In(..) | ExprKind::Has(_) => 4,
        ExprKind::Sum(_, Some(_)) | ExprKind::Count(Some(_)) => 2,
        ExprKind::Negate(_) => 8,
        ExprKind::Query(query) => match **query {
            Query::Today | Query::Now => 9,
            _ => 5,
        },
        _ => 9,
    }
}

fn operand(e: &Expr, least: u8) -> String {
    if rank(e) < least { format!("({})", expr(e)) } else { expr(e) }
}

const fn operator(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Or => ("or", 1),
        BinaryOp::And => ("and", 2),
        BinaryOp::Is => ("is", 4),
        BinaryOp::IsNot => ("is not", 4),
        BinaryOp::Less => ("<", 4),
        BinaryOp::LessEqual => ("<=", 4),
        BinaryOp::Greater => (">", 4),
        BinaryOp::GreaterEqual => (">=", 4),
        BinaryOp::Add => ("+", 5),
        BinaryOp::Subtract => ("-", 5),
        BinaryOp::Multiply => ("*", 6),
        BinaryOp::Divide => ("/", 6),
    }
}

const fn builtin_word(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Min => "min",
        Builtin::Max => "max",
        Builtin::Floor => "floor",
        Builtin::Round => "round",
    }
}

fn pool_of(pool: Option<&Expr>) -> String {
    pool.map(|p| format!(" in pool {}", operand(p, 9))).unwrap_or_default()
}

fn asked(query: &Query) -> String {
    let one = |e: &Expr| operand(e, 9);
    match query {
        Query::OnHand { part, party, pool } => format!("on hand of {} at {}{}", one(part), one(party), pool_of(pool.as_ref())),
        Query::Inbound { part, party, pool } => format!("inbound of {} to {}{}", one(part), one(party), pool_of(pool.as_ref())),
        Query::QuantityIn { part, place: at, condition, pool } => {
            let condition = condition.as_ref().map(|c| format!(" as {}", one(c))).unwrap_or_default();
            format!("quantity of {} in {}{condition}{}", one(part), place(at), pool_of(pool.as_ref()))
        }
        Query::Held { part, place: at } => format!("held of {} in {}", one(part), place(at)),
        Query::ValueAt { party, pool } => format!("value of stock at {}{}", one(party), pool_of(pool.as_ref())),
        Query::Limit { part, party, pool } => {
            let part = part.as_ref().map(|p| format!(" of {}", one(p))).unwrap_or_default();
            format!("limit{part} at {}{}", one(party), pool_of(pool.as_ref()))
        }
        Query::Rate(part) => format!("rate of {}", one(part)),
        Query::Offers(part) => format!("offers of {}", one(part)),
        Query::Owed(party) => format!("owed by {}", one(party)),
        Query::Open { kind, party } => format!("open {kind} by {}", one(party)),
        Query::Today => "today".to_owned(),
        Query::Now => "now".to_owned(),
        Query::PersonWhoDid(transition) => format!("person who did {transition}"),
        Query::AllStartedEnded => "all started are ended".to_owned(),
    }
}

/// A place.
fn place(at: &PlaceSpec) -> String {
    at.party.as_ref().map_or_else(|| at.bin.to_string(), |party| format!("{party}.{}", at.bin))
}

/// A text with its holes.
#[must_use]
pub fn template(text: &Template) -> String {
    let parts = text.parts.iter().map(|part| match part {
        TemplatePart::Plain(plain) => plain.clone(),
        TemplatePart::Hole(hole) => format!("{{{}}}", expr(hole)),
        TemplatePart::Number(NumberPart::Seq(width)) => format!("{{seq:{width}}}"),
        TemplatePart::Number(NumberPart::FiscalYear) => "{fy}".to_owned(),
        TemplatePart::Number(NumberPart::Year) => "{yyyy}".to_owned(),
        TemplatePart::Number(NumberPart::Month) => "{mm}".to_owned(),
        TemplatePart::Number(NumberPart::Bu) => "{bu}".to_owned(),
        TemplatePart::Number(NumberPart::Party) => "{party}".to_owned(),
    });
    format!("\"{}\"", parts.collect::<String>())
}

/// What kind of clause it is, in a word, for pairing old and new.
#[must_use]
pub const fn kind(clause: &Clause) -> &'static str {
    match clause.kind {
        ClauseKind::Ask(_) | ClauseKind::AskLines => "asks",
        ClauseKind::Let(..) => "computes",
        ClauseKind::Set(..) => "sets",
        ClauseKind::Require(_) => "guard",
        ClauseKind::EachLine(_) => "lines",
        ClauseKind::Move(_) => "move",
        ClauseKind::Obligation(_) => "obligation",
        ClauseKind::Issue { .. } | ClauseKind::CloseReverse(_) => "paper",
        ClauseKind::CloseBooks(_) => "books",
        ClauseKind::Start(_) => "starts",
        ClauseKind::Notify { .. } | ClauseKind::Emit { .. } => "message",
        ClauseKind::Claim { .. } => "claim",
        ClauseKind::Become(_) => "target",
    }
}

/// A clause as one line; an `each line` as its head.
#[must_use]
pub fn clause(c: &Clause) -> String {
    let when = c.when.as_ref().map(|w| format!(" when {}", expr(w))).unwrap_or_default();
    let with = |pairs: &[(crate::base::Name, Expr)]| pairs.iter().map(|(n, e)| format!("{n} = {}", expr(e))).collect::<Vec<_>>().join(", ");
    let code = |code: &Option<crate::base::Name>| code.as_ref().map(|c| format!(" code {c}")).unwrap_or_default();
    let said = match &c.kind {
        ClauseKind::Ask(asks) => {
            let names: Vec<String> = asks.iter().map(|a| format!("{}{}", if a.optional { "optional " } else { "" }, a.field)).collect();
            format!("ask {}", names.join(", "))
        }
        ClauseKind::AskLines => "ask lines".to_owned(),
        ClauseKind::Let(name, value) => format!("let {name} = {}", expr(value)),
        ClauseKind::Set(name, value) => format!("set {name} = {}", expr(value)),
        ClauseKind::Require(guard) => format!("require {} else {}{}", expr(&guard.test), template(&guard.otherwise), code(&guard.code)),
        ClauseKind::EachLine(each) => format!("each line{}", each.filter.as_ref().map(|f| format!(" where {}", expr(f))).unwrap_or_default()),
        ClauseKind::Move(spec) => moved(spec),
        ClauseKind::Obligation(spec) => owed(spec),
        ClauseKind::Issue { document, from, to: Some(to), with_reverse } => {
            format!("issue {document} from {from} to {to}{}", if *with_reverse { " with reverse" } else { "" })
        }
        ClauseKind::Issue { document, from, to: None, .. } => format!("issue {document} at {from}"),
        ClauseKind::CloseReverse(document) => format!("close reverse of {document}"),
        ClauseKind::CloseBooks(through) => format!("close books through {}", expr(through)),
        ClauseKind::Start(spec) => started(spec, with),
        ClauseKind::Notify { whom, text } => format!("notify {whom} {}", template(text)),
        ClauseKind::Emit { event, with: fields } if fields.is_empty() => format!("emit {event}"),
        ClauseKind::Emit { event, with: fields } => format!("emit {event} with {}", with(fields)),
        ClauseKind::Claim { key, released, otherwise, code: own } => {
            let states: Vec<&str> = released.iter().map(crate::base::Name::as_str).collect();
            let released = if states.is_empty() { String::new() } else { format!(" released in {}", states.join(", ")) };
            format!("claim {}{released} else {}{}", template(key), template(otherwise), code(own))
        }
        ClauseKind::Become(state) => format!("become {state}"),
    };
    format!("{said}{when}")
}

fn started(spec: &StartSpec, with: impl Fn(&[(crate::base::Name, Expr)]) -> String) -> String {
    let lines = if spec.lines.is_empty() { String::new() } else { format!(", lines {}", with(&spec.lines)) };
    format!("start {} with {}{lines}", spec.workflow, with(&spec.with))
}

fn moved(spec: &MoveSpec) -> String {
    let quantity = match &spec.quantity {
        MoveQuantity::Exactly(q) => expr(q),
        MoveQuantity::UpTo(q) => format!("up to {}", expr(q)),
        MoveQuantity::All => "all".to_owned(),
    };
    let mut said = format!("move {quantity} of {} from {} to {}", expr(&spec.part), place(&spec.from), place(&spec.to));
    match &spec.choosing {
        Choosing::Oldest => {}
        Choosing::Rule(rule, args) if args.iter().all(Option::is_none) => said.push_str(&format!(" choosing {rule}")),
        Choosing::Rule(rule, args) => said.push_str(&format!(" choosing {rule}({})", args.iter().flatten().map(expr).collect::<Vec<_>>().join(", "))),
        Choosing::Serials(field) => said.push_str(&format!(" choosing serials {}", expr(field))),
        Choosing::Lots(field) => said.push_str(&format!(" choosing lots {}", expr(field))),
    }
    if let Some(lots) = &spec.lots {
        said.push_str(&format!(" choosing lots {}", expr(lots)));
    }
    if let Some(counting) = &spec.counting {
        said.push_str(&format!(" counting {counting}"));
    }
    said.push_str(&changed(&spec.changes));
    if let Some(new) = &spec.new_lot {
        let with = [("sodo", &new.sodo), ("rate", &new.rate), ("expires", &new.expires), ("label", &new.label), ("received", &new.received)];
        let with: Vec<String> = with.into_iter().filter_map(|(name, e)| e.as_ref().map(|e| format!("{name} = {}", expr(e)))).collect();
        said.push_str(" as new lot");
        if !with.is_empty() {
            said.push_str(&format!(" with {}", with.join(", ")));
        }
    }
    said
}

fn changed(changes: &Changes) -> String {
    let named = [("", &changes.condition), ("owner ", &changes.owner), ("pool ", &changes.pool)];
    let words: Vec<String> = named.into_iter().filter_map(|(what, e)| e.as_ref().map(|e| format!("{what}{}", expr(e)))).collect();
    if words.is_empty() { String::new() } else { format!(" as {}", words.join(", ")) }
}

fn owed(spec: &ObligationSpec) -> String {
    let verb = match spec.verb {
        ObligationVerb::Owe => "owe",
        ObligationVerb::Settle => "settle",
        ObligationVerb::Waive => "waive",
        ObligationVerb::Debit => "debit",
    };
    let quantity = spec.quantity.as_ref().map_or_else(|| "all".to_owned(), expr);
    let to = spec.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
    let within = spec.within.as_ref().map(|w| format!(" within {}", patience(w))).unwrap_or_default();
    let rate = spec.rate.as_ref().map(|r| format!(" rate {}", expr(r))).unwrap_or_default();
    format!("{verb} {quantity} of {} as {} by {}{to}{within}{rate}", expr(&spec.part), spec.kind, spec.by)
}

/// By when.
#[must_use]
pub fn patience(within: &Within) -> String {
    match within {
        Within::Fixed(duration) => duration.to_string(),
        Within::Days(days) => how_long(days),
    }
}

fn how_long(found: &Expr) -> String {
    if found.ty == Type::Number { format!("{} days", expr(found)) } else { expr(found) }
}

/// The moment that a timer is set to.
#[must_use]
pub fn moment(moment: &Moment) -> String {
    let states: Vec<&str> = moment.states.iter().map(Name::as_str).collect();
    format!("{} {} in {}", if moment.over { "after" } else { "at" }, how_long(&moment.when), states.join(" or "))
}
