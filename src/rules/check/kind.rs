//! What a check knows of a value before any run: its kind, its properties, whether it may be absent.
//!
//! `Unknown` agrees with everything, so that one mistake gives one report. Must not know syntax trees. Tests: `tests/static_checks.rs`.

use crate::base::{Name, suggest};
use crate::model::{Type, Vocabulary, properties};
use crate::rules::operator::{Operator, misfit, unit_of};
use crate::rules::value::{Unit, with_article};

/// Declared names that a text must be one of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    /// `condition`, `pool` …
    pub what: &'static str,
    pub known: Vec<Name>,
}

/// A record's properties.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// `a lot`, `the answer of `msl``.
    pub called: String,
    pub fields: Vec<(String, Kind)>,
    /// There may be others: the fields of a document or a line belong to its workflow.
    pub open: bool,
    /// The script made it and may change it.
    pub own: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Unknown,
    Nothing,
    Decimal(Unit),
    Text(Option<Words>),
    YesNo,
    Date,
    Time,
    Duration,
    Record(Known),
    List(Box<Kind>),
    Function,
    Maybe(Box<Kind>),
}

impl Kind {
    /// What a parameter of a type is. Part, party and contract are records as parameters, and codes inside other records.
    pub(super) fn of_parameter(ty: &Type, vocabulary: &Vocabulary) -> Self {
        match ty {
            Type::Part | Type::Party(_) | Type::Contract | Type::Builtin(_) => {
                let called = if matches!(ty, Type::Party(_)) { "a party".to_owned() } else { with_article(&ty.to_string()) };
                let fields = properties(ty).into_iter().map(|p| (p.name.to_owned(), Self::of_property(ty, p.name, &p.ty, vocabulary))).collect();
                let open = matches!(ty, Type::Builtin("document" | "line"));
                Self::Record(Known { called, fields, open, own: false })
            }
            Type::Optional(inner) => Self::Maybe(Box::new(Self::of_parameter(inner, vocabulary))),
            other => Self::of(other, vocabulary),
        }
    }

    /// What a property is. The kind of an obligation or a party is one that the book declares.
    fn of_property(of: &Type, name: &str, ty: &Type, vocabulary: &Vocabulary) -> Self {
        match (of, name) {
            (Type::Builtin("obligation"), "kind") => {
                Self::Text(Some(Words { what: "obligation", known: vocabulary.obligations.iter().map(|o| o.name.clone()).collect() }))
            }
            (Type::Party(_) | Type::Builtin("offer"), "kind") => {
                Self::Text(Some(Words { what: "kind of party", known: vocabulary.party_kinds.iter().map(|k| k.name.clone()).collect() }))
            }
            _ => Self::of(ty, vocabulary),
        }
    }

    /// What a value of a type is inside a record.
    pub(super) fn of(ty: &Type, vocabulary: &Vocabulary) -> Self {
        let declared = |what, named: &[crate::model::Named]| Self::Text(Some(Words { what, known: named.iter().map(|n| n.name.clone()).collect() }));
        match ty {
            Type::Quantity => Self::Decimal(Unit::Quantity),
            Type::Money => Self::Decimal(Unit::Money),
            Type::Number => Self::Decimal(Unit::Plain),
            Type::YesNo => Self::YesNo,
            Type::Date => Self::Date,
            Type::Time => Self::Time,
            Type::Duration => Self::Duration,
            Type::Condition => declared("condition", &vocabulary.conditions),
            Type::Owner => declared("owner", &vocabulary.owners),
            Type::Pool => declared("pool", &vocabulary.pools),
            Type::Role => Self::Text(Some(Words { what: "role", known: vocabulary.roles.keys().cloned().chain(["system".into()]).collect() })),
            Type::Choice(names) => Self::Text(Some(Words { what: "choice", known: names.clone() })),
            Type::Text | Type::Part | Type::Party(_) | Type::Contract | Type::Lot | Type::Serial | Type::Sodo => Self::Text(None),
            Type::List(inner) => Self::List(Box::new(Self::of(inner, vocabulary))),
            Type::Optional(inner) => Self::Maybe(Box::new(Self::of(inner, vocabulary))),
            Type::Answer(rule) => vocabulary.rules.get(rule).map_or(Self::Unknown, |sig| Self::answer(rule, &sig.answer, vocabulary)),
            Type::Record(fields) => Self::record("a record".into(), fields, vocabulary),
            Type::Builtin(_) => Self::of_parameter(ty, vocabulary),
            Type::NumberOrDate | Type::Unknown => Self::Unknown,
        }
    }

    /// The answer of a rule.
    pub(super) fn answer(rule: &Name, answer: &Type, vocabulary: &Vocabulary) -> Self {
        match answer {
            Type::Record(fields) => Self::record(format!("the answer of `{rule}`"), fields, vocabulary),
            other => Self::of(other, vocabulary),
        }
    }

    fn record(called: String, fields: &[(Name, Type)], vocabulary: &Vocabulary) -> Self {
        let fields = fields.iter().map(|(name, ty)| (name.to_string(), Self::of(ty, vocabulary))).collect();
        Self::Record(Known { called, fields, open: false, own: false })
    }

    /// In words that fit after "is".
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Unknown => "unknown".into(),
            Self::Nothing => "nothing".into(),
            Self::Decimal(unit) => unit.in_words().into(),
            Self::Text(_) => "text".into(),
            Self::YesNo => "yes or no".into(),
            Self::Date => "a date".into(),
            Self::Time => "a point in time".into(),
            Self::Duration => "a duration".into(),
            Self::Record(known) => known.called.clone(),
            Self::List(_) => "a list".into(),
            Self::Function => "a function".into(),
            Self::Maybe(inner) => inner.in_words(),
        }
    }

    /// Without "may be absent".
    pub(super) fn present(self) -> Self {
        match self {
            Self::Maybe(inner) => *inner,
            other => other,
        }
    }

    /// One kind for two branches.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Nothing, other) | (other, Self::Nothing) => Self::Maybe(Box::new(other.present())),
            (Self::Maybe(a), b) | (b, Self::Maybe(a)) if *a == b.clone().present() => Self::Maybe(a),
            (Self::Text(_), Self::Text(_)) => Self::Text(None),
            _ => Self::Unknown,
        }
    }

    /// True where a record is worth its code.
    fn coded(&self) -> bool {
        matches!(self, Self::Record(known) if known.fields.iter().any(|(name, _)| name == "code"))
    }

    /// Why a value of this kind cannot be an answer of a type; nothing where it can, or where that shows only in a run.
    pub(super) fn misfit(&self, ty: &Type) -> Option<String> {
        let fits = match (ty.required(), self) {
            (_, Self::Unknown) | (Type::Unknown, _) => true,
            (_, Self::Nothing | Self::Maybe(_)) if ty.is_optional() => true,
            (_, Self::Nothing) => false,
            (_, Self::Maybe(_)) => return Some("may have no value here".into()),
            (Type::Quantity, Self::Decimal(unit)) => *unit != Unit::Money,
            (Type::Money, Self::Decimal(unit)) => *unit != Unit::Quantity,
            (Type::Number, Self::Decimal(unit)) => *unit == Unit::Plain,
            (Type::NumberOrDate, Self::Decimal(_) | Self::Date) => true,
            (Type::YesNo, Self::YesNo) | (Type::Date, Self::Date) | (Type::Time, Self::Time) | (Type::Duration, Self::Duration) => true,
            (Type::Text, Self::Text(_)) => true,
            (Type::List(inner), Self::List(items)) => return items.misfit(inner),
            (Type::Record(fields), Self::Record(known)) => return known.lacks(fields).or_else(|| known.adds(fields)),
            (Type::Answer(_) | Type::Builtin(_), Self::Record(_)) => true,
            (Type::Part | Type::Party(_) | Type::Contract, record @ Self::Record(_)) => record.coded(),
            (Type::Part | Type::Party(_) | Type::Contract | Type::Lot | Type::Serial | Type::Sodo, Self::Text(_)) => true,
            (Type::Condition | Type::Owner | Type::Pool | Type::Role | Type::Choice(_), Self::Text(_)) => true,
            _ => false,
        };
        (!fits).then(|| format!("is {}", self.in_words()))
    }
}

impl Known {
    /// What a record would have to have and has not.
    fn lacks(&self, fields: &[(Name, Type)]) -> Option<String> {
        let has = |name: &Name| self.fields.iter().any(|(n, _)| name == n.as_str());
        let missing: Vec<&str> = fields.iter().filter(|(name, ty)| !ty.is_optional() && !has(name)).map(|(name, _)| name.as_str()).collect();
        (!self.open && !missing.is_empty()).then(|| format!("{} has no {}", self.called, suggest::list(missing)))
    }

    /// What a record has and must not have.
    fn adds(&self, fields: &[(Name, Type)]) -> Option<String> {
        let unknown = self.fields.iter().map(|(n, _)| n.as_str()).filter(|n| !fields.iter().any(|(name, _)| name == n));
        let unknown: Vec<&str> = unknown.collect();
        (!self.open && !unknown.is_empty()).then(|| format!("{} has {} besides", self.called, suggest::list(unknown)))
    }
}

impl Words {
    /// Whether a value of the one can be a value of the other.
    fn meets(&self, other: &Self) -> bool {
        let common = || self.known.iter().any(|name| other.known.contains(name));
        if self.what == "choice" || other.what == "choice" { common() } else { self.what == other.what }
    }

    /// With its article.
    fn in_words(&self) -> String {
        with_article(self.what)
    }

    /// Why a literal is none of the words.
    pub(super) fn unknown(&self, literal: &str) -> Option<(String, Option<String>)> {
        if self.known.iter().any(|n| n == literal) || self.known.is_empty() {
            return None;
        }
        let title = if self.what == "choice" { format!("`{literal}` is not one of the choices") } else { format!("there is no {} `{literal}`", self.what) };
        Some((title, suggest::did_you_mean(literal, self.known.iter().map(Name::as_str))))
    }
}

/// The kind that an operator makes of two kinds, or why it cannot: the same table as at run time, as far as kinds tell.
pub(super) fn combine(op: Operator, left: &Kind, right: &Kind, names: (Option<String>, Option<String>)) -> Result<Kind, String> {
    let misfit = || Err(misfit(op, (&left.in_words(), &right.in_words()), names.clone()));
    if op.compares() {
        return match (left, right) {
            // A condition is never a pool, whatever the two are called.
            (Kind::Text(Some(a)), Kind::Text(Some(b))) if !a.meets(b) => Err(crate::rules::operator::misfit(op, (&a.in_words(), &b.in_words()), names.clone())),
            (Kind::Unknown, _) | (_, Kind::Unknown) => Ok(Kind::YesNo),
            (Kind::Decimal(a), Kind::Decimal(b)) if unit_of(op, *a, *b).is_some() => Ok(Kind::YesNo),
            (Kind::Text(_), Kind::Text(_)) | (Kind::Date, Kind::Date) | (Kind::Time, Kind::Time) => Ok(Kind::YesNo),
            (Kind::YesNo, Kind::YesNo) | (Kind::Duration, Kind::Duration) if !op.orders() => Ok(Kind::YesNo),
            (a, Kind::Text(_)) | (Kind::Text(_), a) if !op.orders() && a.coded() => Ok(Kind::YesNo),
            (a, b) if !op.orders() && a.coded() && b.coded() && a.in_words() == b.in_words() => Ok(Kind::YesNo),
            _ => misfit(),
        };
    }
    match (op, left, right) {
        (_, Kind::Unknown, _) | (_, _, Kind::Unknown) => Ok(Kind::Unknown),
        (_, Kind::Decimal(a), Kind::Decimal(b)) => unit_of(op, *a, *b).map(Kind::Decimal).map_or_else(misfit, Ok),
        (Operator::Add, Kind::Text(_), b) | (Operator::Add, b, Kind::Text(_)) if !matches!(b, Kind::List(_) | Kind::Function | Kind::Nothing) => {
            Ok(Kind::Text(None))
        }
        (Operator::Add, Kind::List(a), Kind::List(b)) => Ok(Kind::List(Box::new(a.as_ref().clone().join(b.as_ref().clone())))),
        (Operator::Subtract, Kind::Date, Kind::Date) => Ok(Kind::Decimal(Unit::Plain)),
        (Operator::Add | Operator::Subtract, Kind::Date, Kind::Decimal(Unit::Plain)) => Ok(Kind::Date),
        _ => misfit(),
    }
}
