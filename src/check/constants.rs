//! Plain values as written: the usual values of fields, and the literals of expressions.
//!
//! Must not know expressions beyond literals. Tests: `check::tests`.

use rust_decimal::Decimal;

use super::declared::{Space, name};
use super::findings::{names as say_name, types as say};
use super::reports::Reports;
use super::types::fits;
use crate::base::{ContractCode, LotId, Money, Name, PartCode, PartyCode, Quantity, SerialNo, Span};
use crate::domain::Value;
use crate::model::{Type, Vocabulary};
use crate::syntax::ast::{Expr, ExprKind, Ident, TextPart, TextTemplate, UnaryOp};

/// A number as a value of the wanted type, where that type counts.
pub(super) fn number(value: Decimal, wanted: &Type) -> Result<(Value, Type), String> {
    match wanted.required() {
        Type::Quantity => Quantity::from_decimal(value).map(|q| (Value::Quantity(q), Type::Quantity)).map_err(|e| e.to_string()),
        Type::Money => Money::from_decimal(value).map(|m| (Value::Money(m), Type::Money)).map_err(|e| e.to_string()),
        _ => Ok((Value::Number(value), Type::Number)),
    }
}

/// A text as a value of the wanted type: codes and references are written in quotes.
pub(super) fn text(written: &str, wanted: &Type) -> Result<(Value, Type), String> {
    let wanted = wanted.required();
    let value = match wanted {
        Type::Part => Value::Part(PartCode::from(written)),
        Type::Party(_) => Value::Party(PartyCode::from(written)),
        Type::Contract => Value::Contract(ContractCode::from(written)),
        Type::Lot => Value::Lot(LotId::from(written)),
        Type::Serial => Value::Serial(SerialNo::from(written)),
        Type::Sodo => Value::sodo(written.parse().map_err(|e: crate::domain::stock::SodoError| e.to_string())?),
        _ => return Ok((Value::text(written), Type::Text)),
    };
    Ok((value, wanted.clone()))
}

/// The plain text of a template without holes.
pub(super) fn plain(template: &TextTemplate) -> Option<String> {
    let mut text = String::new();
    for part in &template.parts {
        let TextPart::Plain(words) = part else { return None };
        text.push_str(words);
    }
    Some(text)
}

/// The declared words of the space that a type names, or the choices of a choice.
pub(super) fn words_of<'v>(vocabulary: &'v Vocabulary, ty: &'v Type) -> Option<(Vec<&'v str>, &'static str)> {
    let names = |list: &'v [crate::model::Named]| list.iter().map(|n| n.name.as_str()).collect();
    let words = match ty.required() {
        Type::Choice(choices) => return Some((choices.iter().map(Name::as_str).collect(), "one of the choices")),
        Type::Condition => names(&vocabulary.conditions),
        Type::Owner => names(&vocabulary.owners),
        Type::Pool => names(&vocabulary.pools),
        Type::Role => vocabulary.roles.keys().map(Name::as_str).chain(["system"]).collect(),
        _ => return None,
    };
    Some((words, Space::of(ty.required()).map_or("one of the choices", Space::aloud)))
}

/// The usual value of a field. What is no plain value of its type is reported.
pub(super) fn default_value(written: &Expr, ty: &Type, vocabulary: &Vocabulary, incomplete: bool, reports: &Reports) -> Option<Value> {
    let checked = |found: Result<(Value, Type), String>| match found {
        Ok((value, found)) if fits(&found, ty.required()) => Some(value),
        Ok((_, found)) => {
            reports.add(say::wrong(written.span, ty.required(), &found));
            None
        }
        Err(why) => {
            reports.add(say::literal(written.span, &why));
            None
        }
    };
    match &written.kind {
        ExprKind::Broken => None,
        ExprKind::Number(value) => checked(number(*value, ty)),
        ExprKind::Unary(UnaryOp::Negate, inner) if matches!(inner.kind, ExprKind::Number(_)) => {
            let ExprKind::Number(value) = inner.kind else { return None };
            checked(number(-value, ty))
        }
        ExprKind::Text(template) => match plain(template) {
            Some(words) => checked(text(&words, ty)),
            None => not_constant(written.span, reports),
        },
        ExprKind::YesNo(value) => checked(Ok((Value::YesNo(*value), Type::YesNo))),
        ExprKind::Date(value) => checked(Ok((Value::Date(*value), Type::Date))),
        ExprKind::Duration(value) => checked(Ok((Value::Duration(*value), Type::Duration))),
        ExprKind::Name(id) => word(id, ty, vocabulary, incomplete, reports),
        _ => not_constant(written.span, reports),
    }
}

fn not_constant(span: Span, reports: &Reports) -> Option<Value> {
    reports.add(say::default_not_constant(span));
    None
}

fn word(id: &Ident, ty: &Type, vocabulary: &Vocabulary, incomplete: bool, reports: &Reports) -> Option<Value> {
    if *ty == Type::Unknown {
        return None;
    }
    match words_of(vocabulary, ty) {
        Some((words, _)) if words.contains(&id.text.as_str()) => Some(Value::Name(name(id))),
        Some((words, what)) => {
            if !incomplete || matches!(ty.required(), Type::Choice(_)) {
                reports.add(say_name::unknown(id, what, words));
            }
            None
        }
        None if *ty.required() == Type::Text => {
            reports.add(say_name::unknown_text(id, []));
            None
        }
        None => not_constant(id.span, reports),
    }
}
