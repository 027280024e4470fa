//! Identifiers as distinct types, cheap to clone and ordered as text.
//!
//! Must not know what they identify: existence is checked where the master data is. Tests: below.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl Ord for $name {
            /// As text; one and the same text is not looked into.
            fn cmp(&self, other: &Self) -> Ordering {
                if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
            }
        }
        impl PartialOrd for $name { fn partial_cmp(&self, other: &Self) -> Option<Ordering> { Some(self.cmp(other)) } }

        impl $name {
            /// The text of the identifier, as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }

            /// The same text, without a copy of it.
            #[must_use]
            pub fn shared(&self) -> Arc<str> { Arc::clone(&self.0) }
        }
        impl From<&str> for $name { fn from(text: &str) -> Self { Self(Arc::from(text)) } }
        impl From<String> for $name { fn from(text: String) -> Self { Self(Arc::from(text)) } }
        impl From<&String> for $name { fn from(text: &String) -> Self { Self(Arc::from(text.as_str())) } }
        impl Borrow<str> for $name { fn borrow(&self) -> &str { &self.0 } }
        impl AsRef<str> for $name { fn as_ref(&self) -> &str { &self.0 } }
        impl PartialEq<str> for $name { fn eq(&self, other: &str) -> bool { &*self.0 == other } }
        impl PartialEq<&str> for $name { fn eq(&self, other: &&str) -> bool { &*self.0 == *other } }
        impl fmt::Display for $name { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) } }
        impl fmt::Debug for $name { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "`{}`", self.0) } }
    )+};
}

ids! {
    /// A business unit: the tenant that every row belongs to.
    Bu,
    /// A name declared in a book: state, bin, role, field, condition, workflow …
    Name,
    /// A part number.
    PartCode,
    /// A party: warehouse, service partner, technician, customer …
    PartyCode,
    /// A person (or the integration account) who acts.
    PersonCode,
    /// A service contract.
    ContractCode,
    /// A document of some workflow. Its printed number is another thing.
    DocId,
    /// One receipt of one part.
    LotId,
    /// The number on one unit of a serial-tracked part.
    SerialNo,
    /// One obligation: what someone owes someone.
    ObligationId,
    /// An idempotency key: the same key is the same command.
    Key,
}

impl LotId {
    /// The order in which lots of one moment came: by their ids, with numbers in them as numbers, so that `D.9` is before `D.10`.
    #[must_use]
    pub fn in_order(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = self.unlike(other);
        while let (Some(one), Some(two)) = (a.chars().next(), b.chars().next()) {
            let order = if one.is_ascii_digit() && two.is_ascii_digit() {
                let (left, right) = (digits(&mut a), digits(&mut b));
                (left.len(), left).cmp(&(right.len(), right))
            } else {
                (a, b) = (a.get(one.len_utf8()..).unwrap_or_default(), b.get(two.len_utf8()..).unwrap_or_default());
                one.cmp(&two)
            };
            if order.is_ne() {
                return order;
            }
        }
        a.len().cmp(&b.len()).then_with(|| self.cmp(other))
    }

    /// Both from where they are not the same any more, a number as a whole: most of their beginning says nothing.
    fn unlike<'t>(&'t self, other: &'t Self) -> (&'t str, &'t str) {
        let (a, b) = (self.as_str(), other.as_str());
        let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        let digits = a.bytes().take(same).rev().take_while(u8::is_ascii_digit).count();
        let from = a.floor_char_boundary(same - digits);
        (a.get(from..).unwrap_or(a), b.get(from..).unwrap_or(b))
    }
}

/// Takes the digits off that a text begins with, without leading zeros.
fn digits<'t>(text: &mut &'t str) -> &'t str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    *text = rest;
    number.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_compare_and_print_as_their_text() {
        let part = PartCode::from("PCB-220");
        assert_eq!(part, "PCB-220");
        assert_eq!(format!("{part} {part:?}"), "PCB-220 `PCB-220`");
        let later = PartCode::from("PCB-230");
        assert!(part < later);
    }

    #[test]
    fn lots_of_one_moment_are_ordered_by_the_numbers_in_their_ids() {
        let mut lots: Vec<LotId> = ["d2.1.10", "d2.1.7", "d2.1", "d10.1.1", "d2.1.07", "c9.1.2", "d2.1.7a", "d2.1.é", "d2.1.è"].map(LotId::from).to_vec();
        lots.sort_by(LotId::in_order);
        let told: Vec<&str> = lots.iter().map(LotId::as_str).collect();
        assert_eq!(told, ["c9.1.2", "d2.1", "d2.1.07", "d2.1.7", "d2.1.7a", "d2.1.10", "d2.1.è", "d2.1.é", "d10.1.1"]);
        assert!(lots.iter().all(|a| lots.iter().all(|b| a.in_order(b) == b.in_order(a).reverse())));
    }
}
