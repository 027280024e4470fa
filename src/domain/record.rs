//! Records: named values, what a rule gets and gives. Those that one place makes share their names, so that making one
//! costs its values only.
//!
//! Must not know what records stand for. Tests: below, and the JSON of them in `value.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;
use crate::base::Name;

/// Named values: what a rule gets and gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What kind of record, in the analyst's words: `part`, `lot`, `eligibility` …
    pub kind: Name,
    /// The properties.
    pub fields: Fields,
}

impl Record {
    /// A record from pairs.
    #[must_use]
    pub fn new<const N: usize>(kind: &str, fields: [(&str, Value); N]) -> Self {
        Self { kind: Name::from(kind), fields: fields.into_iter().map(|(n, v)| (Name::from(n), v)).collect() }
    }
}

/// Values by name, in the order of their names.
#[derive(Clone)]
pub struct Fields {
    // INVARIANT: in order and without repeats, as many as there are values.
    names: Arc<[Name]>,
    values: Vec<Value>,
}

impl Fields {
    /// The value of a name.
    #[must_use]
    pub fn get<N: AsRef<str> + ?Sized>(&self, name: &N) -> Option<&Value> {
        self.place(name.as_ref()).ok().and_then(|at| self.values.get(at))
    }

    /// Whether there is a value of a name.
    #[must_use]
    pub fn contains_key<N: AsRef<str> + ?Sized>(&self, name: &N) -> bool {
        self.place(name.as_ref()).is_ok()
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.names.iter().zip(&self.values)
    }

    /// The names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.names.iter()
    }

    /// The values, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.values.iter()
    }

    /// Gives a name a value, instead of the one that it had.
    pub fn insert(&mut self, name: Name, value: Value) {
        match self.place(name.as_str()) {
            Ok(at) => {
                if let Some(slot) = self.values.get_mut(at) {
                    *slot = value;
                }
            }
            Err(at) => {
                let (before, after) = self.names.split_at(at);
                self.names = before.iter().chain([&name]).chain(after).cloned().collect();
                self.values.insert(at, value);
            }
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|known| known.as_str().cmp(name))
    }
}

impl FromIterator<(Name, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(pairs: I) -> Self {
        let mut pairs: Vec<(Name, Value)> = pairs.into_iter().collect();
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        // Of values for one name the last counts.
        pairs.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        let mut values = Vec::with_capacity(pairs.len());
        let mut names = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            names.push(name);
            values.push(value);
        }
        Self { names: names.into(), values }
    }
}

impl From<BTreeMap<Name, Value>> for Fields {
    fn from(fields: BTreeMap<Name, Value>) -> Self {
        fields.into_iter().collect()
    }
}

impl From<Fields> for BTreeMap<Name, Value> {
    fn from(fields: Fields) -> Self {
        fields.names.iter().cloned().zip(fields.values).collect()
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && (Arc::ptr_eq(&self.names, &other.names) || self.names == other.names)
    }
}

impl Eq for Fields {}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(d).map(Self::from)
    }
}

/// Names that many records share, in an order of somebody's own.
#[derive(Debug, Clone)]
pub struct Form {
    names: Arc<[Name]>,
    /// Which of the values comes first, second …, in the order of their names.
    order: Arc<[usize]>,
}

impl Form {
    /// The form of records that have these properties, none of them twice.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n Name>) -> Self {
        let mut places: Vec<(usize, &Name)> = names.into_iter().enumerate().collect();
        places.sort_by_key(|(_, name)| *name);
        Self { order: places.iter().map(|(at, _)| *at).collect(), names: places.into_iter().map(|(_, name)| name.clone()).collect() }
    }

    /// The properties, from their values in the order of the names as they were given.
    pub fn fields(&self, values: &mut [Value]) -> Fields {
        let take = |at: &usize| values.get_mut(*at).map_or(Value::Absent, |value| std::mem::replace(value, Value::Absent));
        Fields { names: Arc::clone(&self.names), values: self.order.iter().map(take).collect() }
    }

    /// The properties, from what is given in the order of its names: each is read with the place that its name had among those
    /// that this form was given. Nothing where there are other names than these, or more, or fewer, or where one cannot be read.
    pub fn read<'g, T>(&self, given: impl ExactSizeIterator<Item = (&'g str, T)>, mut read: impl FnMut(usize, T) -> Option<Value>) -> Option<Fields> {
        if given.len() != self.names.len() {
            return None;
        }
        let mut values = Vec::with_capacity(self.names.len());
        for ((name, at), (key, value)) in self.names.iter().zip(&*self.order).zip(given) {
            if *name != key {
                return None;
            }
            values.push(read(*at, value)?);
        }
        Some(Fields { names: Arc::clone(&self.names), values })
    }
}

/// The kind and the names of the records that one place in the code makes, kept from the first of them on.
pub struct Shape<const N: usize>(OnceLock<(Name, Form)>);

impl<const N: usize> Shape<N> {
    /// A shape that no record has had yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// A record from pairs: the same kind and the same names, in the same order, each time.
    pub fn record(&self, kind: &str, fields: [(&str, Value); N]) -> Record {
        let (kind, form) = self.0.get_or_init(|| (Name::from(kind), Form::of(&fields.each_ref().map(|(name, _)| Name::from(*name)))));
        debug_assert!(form.order.iter().zip(&*form.names).all(|(at, name)| fields.get(*at).is_some_and(|(given, _)| *name == *given)), "{kind}");
        Record { kind: kind.clone(), fields: form.fields(&mut fields.map(|(_, value)| value)) }
    }
}

impl<const N: usize> Default for Shape<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_shape_are_as_if_written_out() {
        static SHAPE: Shape<3> = Shape::new();
        let made = |n: &str| SHAPE.record("lot", [("pool", Value::text(n)), ("bin", Value::Absent), ("lot", Value::YesNo(true))]);
        let written = |n: &str| Record::new("lot", [("bin", Value::Absent), ("lot", Value::YesNo(true)), ("pool", Value::text(n))]);
        assert_eq!(made("a"), written("a"));
        assert_eq!(made("b"), written("b"));
        assert_ne!(made("a"), made("b"));
        assert_eq!(format!("{:?}", made("c").fields), "{`bin`: Absent, `lot`: YesNo(true), `pool`: Text(\"c\")}");
        assert!(Arc::ptr_eq(&made("a").fields.names, &made("b").fields.names));
    }

    #[test]
    fn what_comes_in_order_is_read_by_the_places_of_its_names() {
        let form = Form::of(&["pool", "bin", "lot"].map(Name::from));
        let read = |given: &[(&'static str, u8)]| {
            let text = |at: usize, n: u8| (n < 9).then(|| Value::text(&format!("{at}{n}")));
            let fields = form.read(given.iter().copied(), text)?;
            Some(fields.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", "))
        };
        assert_eq!(read(&[("bin", 1), ("lot", 2), ("pool", 3)]).as_deref(), Some("bin 11, lot 22, pool 03"));
        assert_eq!(read(&[("bin", 1), ("lot", 2)]), None, "one is not given");
        assert_eq!(read(&[("bin", 1), ("lots", 2), ("pool", 3)]), None, "one has another name");
        assert_eq!(read(&[("bin", 1), ("lot", 2), ("pool", 3), ("rate", 4)]), None, "one is too many");
        assert_eq!(read(&[("bin", 1), ("lot", 9), ("pool", 3)]), None, "one cannot be read");
    }

    #[test]
    fn a_name_has_one_value() {
        let mut fields: Fields =
            [("b", Value::YesNo(true)), ("a", Value::Absent), ("b", Value::YesNo(false))].map(|(n, v)| (Name::from(n), v)).into_iter().collect();
        fields.insert("c".into(), Value::text("x"));
        fields.insert("a".into(), Value::text("y"));
        fields.insert("0".into(), Value::text("z"));
        let all: Vec<String> = fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(all, ["0 z", "a y", "b no", "c x"]);
        assert_eq!(fields.get("b"), Some(&Value::YesNo(false)));
        assert!(fields.get("d").is_none() && !fields.contains_key("d"));
        assert_eq!(Fields::from(BTreeMap::from(fields.clone())), fields);
    }
}
