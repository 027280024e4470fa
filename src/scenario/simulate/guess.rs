//! Values that fit a type, likely or not: what somebody might type who does not know the flow.
//!
//! Must not know the store or the engine. Tests: `tests/it/simulate.rs`.

use serde_json::{Value as Json, json};

use super::super::replay::dice::Dice;
use crate::base::{Name, Timestamp};
use crate::model::{Book, Named};
use jiff::tz::TimeZone;

/// What there is to choose from where somebody acts.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Codes of parties by kind; the likeliest alone.
    pub parties: Vec<(Name, String)>,
    /// Contracts of the customer.
    pub contracts: Vec<String>,
    /// Parts that are there.
    pub parts: Vec<String>,
    /// Units that are there, with their parts.
    pub units: Vec<(String, String)>,
    /// Lots that are there, with their parts.
    pub lots: Vec<(String, String)>,
    /// The part at hand.
    pub part: Option<String>,
    /// The quantity at hand.
    pub most: Option<String>,
    /// Now.
    pub now: Timestamp,
}

/// One of several.
pub fn one_of<T>(list: &[T], dice: Dice) -> Option<&T> {
    usize::try_from(dice.below(list.len() as u64)).ok().and_then(|n| list.get(n))
}

/// A value of a type, as the language writes it; nothing where nothing fits.
pub fn value(book: &Book, ty: &str, around: &Around, dice: Dice) -> Option<Json> {
    let named = |names: &[Named]| one_of(names, dice).map(|n| json!(n.name.as_str()));
    let words = &book.vocabulary;
    let text = |text: Option<&String>| text.map(|t| json!(t));
    Some(match ty.trim_end_matches('?') {
        "quantity" => match &around.most {
            Some(most) if dice.of("all").per_mille(600) => json!(most),
            _ => json!(dice.of("some").below(4).to_string()),
        },
        "number" => json!(1 + dice.below(3)),
        "money" => json!("100"),
        "text" => json!(format!("as seen {}", dice.below(100))),
        "yes or no" => json!(dice.per_mille(500)),
        "date" => json!(around.now.date(&TimeZone::UTC).plus_days(i64::try_from(dice.below(40)).unwrap_or(0) - 12).to_string()),
        "time" => json!(around.now.to_string()),
        "sodo" => json!(format!("45{:07}/10 80{:07}/10", dice.below(9_000_000), dice.of("delivery").below(9_000_000))),
        "part" => text(around.part.as_ref().or_else(|| one_of(&around.parts, dice)))?,
        "contract" => text(one_of(&around.contracts, dice))?,
        "condition" => named(&words.conditions)?,
        "owner" => named(&words.owners)?,
        "pool" => named(&words.pools)?,
        "list of serial" => listed(&around.units, around, dice),
        "list of lot" => listed(&around.lots, around, dice),
        kind if around.parties.iter().any(|(k, _)| *k == *kind) => {
            let fits: Vec<&String> = around.parties.iter().filter(|(k, _)| *k == *kind).map(|(_, code)| code).collect();
            json!(one_of(&fits, dice)?)
        }
        choice if choice.contains(" or ") => json!(one_of(&choice.split(" or ").collect::<Vec<_>>(), dice)?),
        _ => return None,
    })
}

/// Some of the units or lots of the part at hand, or none.
fn listed(there: &[(String, String)], around: &Around, dice: Dice) -> Json {
    let fits = there.iter().filter(|(_, part)| around.part.as_ref().is_none_or(|p| p == part));
    let most = usize::try_from(dice.of("how many").below(3)).unwrap_or(0);
    json!(fits.take(most).map(|(id, _)| id).collect::<Vec<_>>())
}
