//! The types of the flow language, and the properties of its built-in records: one table for checker, engine and rules.
//!
//! Must not know how values are computed. Tests: `check`.

use std::fmt;

use crate::base::Name;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A quantity of a part.
    Quantity,
    /// An amount in the book's currency.
    Money,
    /// A plain number.
    Number,
    /// Text.
    Text,
    /// Yes or no.
    YesNo,
    /// A date.
    Date,
    /// A point in time.
    Time,
    /// How long.
    Duration,
    /// A part.
    Part,
    /// A party; of one kind, where known.
    Party(Option<Name>),
    /// A contract.
    Contract,
    /// A lot, as a reference.
    Lot,
    /// A serial number.
    Serial,
    /// A SAP reference.
    Sodo,
    /// A declared condition.
    Condition,
    /// A declared owner.
    Owner,
    /// A declared pool.
    Pool,
    /// A declared role.
    Role,
    /// One of a field's choices.
    Choice(Vec<Name>),
    /// May be absent.
    Optional(Box<Type>),
    /// Several of one type.
    List(Box<Type>),
    /// The answer of a rule that answers a record, by the rule's name.
    Answer(Name),
    /// A built-in record: `lot` as it is offered, `limit`, `offer`, `obligation`, `document`, `line`.
    Builtin(&'static str),
    /// An anonymous record in a rule's signature.
    Record(Vec<(Name, Type)>),
    /// A number or a date: what ranks are made of.
    NumberOrDate,
    /// Something that could not be typed; agrees with everything, so that one mistake gives one report.
    Unknown,
}

impl Type {
    /// The type without `?`.
    #[must_use]
    pub fn required(&self) -> &Type {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// True for `T?`.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        matches!(self, Self::Optional(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let simple = match self {
            Self::Quantity => "quantity",
            Self::Money => "money",
            Self::Number => "number",
            Self::Text => "text",
            Self::YesNo => "yes or no",
            Self::Date => "date",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Part => "part",
            Self::Party(None) => "party",
            Self::Contract => "contract",
            Self::Lot => "lot",
            Self::Serial => "serial",
            Self::Sodo => "sodo",
            Self::Condition => "condition",
            Self::Owner => "owner",
            Self::Pool => "pool",
            Self::Role => "role",
            Self::NumberOrDate => "number or date",
            Self::Unknown => "unknown",
            Self::Builtin(name) => name,
            Self::Party(Some(kind)) => return write!(f, "{kind}"),
            Self::Choice(names) => return f.write_str(&names.iter().map(Name::as_str).collect::<Vec<_>>().join(" or ")),
            Self::Optional(inner) => return write!(f, "{inner}?"),
            Self::List(inner) => return write!(f, "list of {inner}"),
            Self::Answer(rule) => return write!(f, "answer of {rule}"),
            Self::Record(fields) => {
                let inside: Vec<String> = fields.iter().map(|(n, t)| format!("{n}: {t}")).collect();
                return write!(f, "{{ {} }}", inside.join(", "));
            }
        };
        f.write_str(simple)
    }
}

/// A property of a built-in record.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
}

fn optional(ty: Type) -> Type {
    Type::Optional(Box::new(ty))
}

/// The properties of a built-in type: `part.class`, `lot.days_left` … Empty for types without properties and for
/// `document` and `line`, whose fields belong to their workflow.
#[must_use]
pub fn properties(ty: &Type) -> Vec<Property> {
    let table: Vec<(&'static str, Type)> = match ty.required() {
        Type::Part => vec![
            ("code", Type::Part),
            ("name", Type::Text),
            ("unit", Type::Text),
            ("class", Type::Text),
            ("hsn", Type::Text),
            ("spare", Type::YesNo),
            ("pack", Type::Quantity),
            ("tracking", Type::Text),
            ("shelf_life_days", optional(Type::Number)),
        ],
        Type::Party(_) => vec![
            ("code", Type::Party(None)),
            ("name", Type::Text),
            ("kind", Type::Text),
            ("city", Type::Text),
            ("state", Type::Text),
            ("gstin", Type::Text),
            ("parent", optional(Type::Party(None))),
        ],
        Type::Contract => vec![
            ("code", Type::Contract),
            ("kind", Type::Text),
            ("from", Type::Date),
            ("to", Type::Date),
            ("excludes", Type::List(Box::new(Type::Text))),
            ("customer", optional(Type::Party(None))),
        ],
        Type::Builtin("lot") => vec![
            ("lot", Type::Lot),
            ("serial", optional(Type::Serial)),
            ("part", Type::Part),
            ("party", Type::Party(None)),
            ("bin", Type::Text),
            ("condition", Type::Condition),
            ("owner", Type::Owner),
            ("pool", Type::Pool),
            ("quantity", Type::Quantity),
            ("received", Type::Date),
            ("expires", optional(Type::Date)),
            ("days_left", optional(Type::Number)),
            ("sodo", optional(Type::Sodo)),
            ("rate", Type::Money),
        ],
        Type::Builtin("limit") => {
            vec![("maximum", optional(Type::Quantity)), ("trigger", optional(Type::Quantity)), ("value", optional(Type::Money)), ("scope", Type::Text)]
        }
        Type::Builtin("offer") => vec![
            ("party", Type::Party(None)),
            ("kind", Type::Text),
            ("part", Type::Part),
            ("pool", Type::Pool),
            ("available", Type::Quantity),
            ("distance", optional(Type::Number)),
            ("same_party", Type::YesNo),
            ("successor", Type::YesNo),
        ],
        Type::Builtin("obligation") => vec![
            ("kind", Type::Text),
            ("part", Type::Part),
            ("open", Type::Quantity),
            ("due", Type::Date),
            ("overdue_days", Type::Number),
            ("value", Type::Money),
            ("document", Type::Text),
            ("debtor", Type::Party(None)),
        ],
        Type::Builtin("document") => vec![("number", Type::Text), ("workflow", Type::Text), ("state", Type::Text), ("opened", Type::Date)],
        Type::Builtin("line") => vec![("no", Type::Number)],
        _ => Vec::new(),
    };
    table.into_iter().map(|(name, ty)| Property { name, ty }).collect()
}
