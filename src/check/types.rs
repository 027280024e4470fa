//! Types as written become types of the model; and which type fits where.
//!
//! Must not know expressions. Tests: `check::tests`.

use std::collections::BTreeSet;

use super::declared::name;
use super::findings::types as say;
use super::reports::Reports;
use crate::base::Name;
use crate::model::Type;
use crate::syntax::ast::{Ident, TypeExpr, TypeKind};

/// Where a type is written; the word `lot` means a reference in a field, and the lot itself to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Field,
    RuleParam,
    RuleAnswer,
}

/// The declared words that are types.
#[derive(Debug, Default)]
pub(super) struct TypeWords {
    pub(super) party_kinds: BTreeSet<Name>,
    pub(super) rules: BTreeSet<Name>,
}

const PLAIN: [&str; 16] =
    ["quantity", "money", "number", "text", "date", "time", "duration", "part", "party", "contract", "serial", "sodo", "condition", "owner", "pool", "role"];
const OF_RULES: [&str; 5] = ["document", "line", "limit", "offer", "obligation"];

/// Whether a word is a type that no book can declare anew.
pub(super) fn is_type_word(word: &str) -> bool {
    PLAIN.contains(&word) || OF_RULES.contains(&word) || word == "lot"
}

/// What a written type means.
pub(super) fn resolve(written: &TypeExpr, place: Place, words: &TypeWords, reports: &Reports) -> Type {
    let ty = Resolver { place, words, reports }.kind(written);
    if written.optional && ty != Type::Unknown && !ty.is_optional() { Type::Optional(Box::new(ty)) } else { ty }
}

struct Resolver<'a> {
    place: Place,
    words: &'a TypeWords,
    reports: &'a Reports,
}

impl Resolver<'_> {
    fn kind(&self, written: &TypeExpr) -> Type {
        match &written.kind {
            TypeKind::Broken => Type::Unknown,
            TypeKind::YesNo => Type::YesNo,
            TypeKind::Name(id) => self.word(id),
            TypeKind::List(item) => Type::List(Box::new(resolve(item, self.place, self.words, self.reports))),
            TypeKind::Choice(ids) => self.choice(ids),
            TypeKind::Record(fields) if self.place == Place::RuleAnswer => {
                let typed = |f: &crate::syntax::ast::TypedName| (name(&f.name), resolve(&f.ty, self.place, self.words, self.reports));
                Type::Record(fields.iter().map(typed).collect())
            }
            TypeKind::Record(_) => {
                self.reports.add(say::record_not_here(written.span));
                Type::Unknown
            }
        }
    }

    fn choice(&self, ids: &[Ident]) -> Type {
        if let [a, b] = ids
            && a.text == "number"
            && b.text == "date"
        {
            return Type::NumberOrDate;
        }
        for (i, id) in ids.iter().enumerate() {
            if ids.iter().take(i).any(|earlier| earlier.text == id.text) {
                self.reports.add(say::one_choice_twice(id));
            }
        }
        Type::Choice(ids.iter().map(name).collect())
    }

    fn word(&self, id: &Ident) -> Type {
        let in_field = self.place == Place::Field;
        match plain(&id.text) {
            Some(ty) => return ty,
            None if id.text == "lot" => return if self.place == Place::RuleParam { Type::Builtin("lot") } else { Type::Lot },
            None => {}
        }
        if let Some(record) = OF_RULES.iter().find(|r| **r == id.text) {
            if in_field {
                self.reports.add(say::only_in_rules(id.span, &id.text));
                return Type::Unknown;
            }
            return Type::Builtin(record);
        }
        if self.words.party_kinds.contains(id.text.as_str()) {
            return Type::Party(Some(name(id)));
        }
        if self.words.rules.contains(id.text.as_str()) {
            if in_field {
                self.reports.add(say::only_in_rules(id.span, &id.text));
                return Type::Unknown;
            }
            return Type::Answer(name(id));
        }
        let declared = self.words.party_kinds.iter().chain(self.words.rules.iter().filter(|_| !in_field)).map(Name::as_str);
        self.reports.add(say::unknown_type(id, PLAIN.iter().copied().chain(["lot"]).chain(declared)));
        Type::Unknown
    }
}

fn plain(word: &str) -> Option<Type> {
    Some(match word {
        "quantity" => Type::Quantity,
        "money" => Type::Money,
        "number" => Type::Number,
        "text" => Type::Text,
        "date" => Type::Date,
        "time" => Type::Time,
        "duration" => Type::Duration,
        "part" => Type::Part,
        "party" => Type::Party(None),
        "contract" => Type::Contract,
        "serial" => Type::Serial,
        "sodo" => Type::Sodo,
        "condition" => Type::Condition,
        "owner" => Type::Owner,
        "pool" => Type::Pool,
        "role" => Type::Role,
        _ => return None,
    })
}

/// Whether a value of one type can stand where another is wanted.
pub(super) fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (Type::Optional(inner), Type::Optional(outer)) => fits(inner, outer),
        (Type::Optional(_), _) => false,
        (_, Type::Optional(outer)) => fits(found, outer),
        (Type::Party(a), Type::Party(b)) => a.is_none() || b.is_none() || a == b,
        (Type::Choice(some), Type::Choice(all)) => some.iter().all(|c| all.contains(c)),
        (Type::List(a), Type::List(b)) => fits(a, b),
        (Type::Number | Type::Date, Type::NumberOrDate) => true,
        _ => found == wanted,
    }
}

/// Whether two values can be equal.
pub(super) fn comparable(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Choice(x), Type::Choice(y)) => x.iter().any(|c| y.contains(c)),
        (Type::Builtin(_) | Type::Record(_) | Type::Answer(_), _) => *b == Type::Unknown,
        _ => fits(a, b) || fits(b, a),
    }
}

/// Whether values of a type have an order.
pub(super) fn ordered(ty: &Type) -> bool {
    matches!(ty, Type::Quantity | Type::Money | Type::Number | Type::Date | Type::Time | Type::Duration | Type::NumberOrDate | Type::Unknown)
}

/// Whether a type counts something.
pub(super) fn counts(ty: &Type) -> bool {
    matches!(ty, Type::Quantity | Type::Money | Type::Number | Type::Unknown)
}
