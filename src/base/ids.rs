//! Identifiers as distinct types, cheap to clone and ordered as text.
//!
//! Must not know what they identify: existence is checked where the master data is. Tests: below.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of the identifier, as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
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
}
