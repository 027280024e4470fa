//! Layers of rules: the standard, a business unit's, a party's. Which file belongs to which is said by its path.
//!
//! Must not know rhai. Tests: below.

use std::fmt;

use crate::base::{Bu, Name, PartyCode};

/// Whose rules a script holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The standard, `rules/default/`.
    Default,
    /// One business unit's, `rules/bu/<bu>/`.
    Bu(Bu),
    /// One party's, `rules/<kind of party>/<code>/`.
    Party {
        /// The kind of party.
        kind: Name,
        /// The party.
        code: PartyCode,
    },
}

/// Why a path belongs to no layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is in no layer: put it in `default/`, `bu/<business unit>/` or `<kind of party>/<code>/` of the rules folder")]
pub struct LayerError(pub String);

impl Layer {
    /// The layer of a script by its path relative to the rules folder's parent or to the folder itself:
    /// `rules/default/x.rhai`, `rules/bu/ac/x.rhai`, `asp/pune/x.rhai`.
    ///
    /// # Errors
    /// The path has another shape.
    pub fn of_path(path: &str) -> Result<Self, LayerError> {
        let fail = || LayerError(path.to_owned());
        let mut folders: Vec<&str> = path.split(['/', '\\']).filter(|s| !s.is_empty() && *s != ".").collect();
        let file = folders.pop().ok_or_else(fail)?;
        if !file.ends_with(".rhai") {
            return Err(fail());
        }
        match folders.as_slice() {
            [.., "default"] => Ok(Self::Default),
            [.., "bu", bu] => Ok(Self::Bu(Bu::from(*bu))),
            [.., kind, code] if *kind != "default" => Ok(Self::Party { kind: Name::from(*kind), code: PartyCode::from(*code) }),
            _ => Err(fail()),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Bu(bu) => write!(f, "bu/{bu}"),
            Self::Party { kind, code } => write!(f, "{kind}/{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_says_whose_rules_a_script_holds() {
        let layer = |path: &str| Layer::of_path(path).map(|l| l.to_string());
        assert_eq!(layer("rules/default/msl.rhai").unwrap(), "default");
        assert_eq!(layer("rules/bu/ac/msl.rhai").unwrap(), "bu/ac");
        assert_eq!(layer("asp/PUNE-1/msl.rhai").unwrap(), "asp/PUNE-1");
        assert_eq!(layer("book/rules/asp/pune/msl.rhai").unwrap(), "asp/pune");
        for bad in ["msl.rhai", "rules/msl.rhai", "rules/default/msl.txt", ""] {
            assert!(Layer::of_path(bad).is_err(), "{bad}");
        }
    }
}
