//! "Did you mean": the nearest of the names that would be right at a place.
//!
//! Must not know where the names come from. Tests: below.

/// The candidate nearest to what was typed, if it is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed_folded = typed.to_lowercase();
    let limit = (typed.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&typed_folded, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= limit && *distance < c.chars().count())
        .min_by_key(|(distance, c)| (*distance, *c))
        .map(|(_, c)| c)
}

/// ``did you mean `x`?``, or the list of what would be right where it is short.
#[must_use]
pub fn did_you_mean<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut all: Vec<&str> = candidates.into_iter().collect();
    if let Some(found) = nearest(typed, all.iter().copied()) {
        return Some(format!("did you mean `{found}`?"));
    }
    all.sort_unstable();
    all.dedup();
    (!all.is_empty() && all.len() <= 12).then(|| format!("known here: {}", list(all.iter().copied())))
}

/// Names in backticks, joined by commas.
#[must_use]
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_and_else_lists_what_there_is() {
        assert_eq!(did_you_mean("aproved", ["approved", "draft"]).as_deref(), Some("did you mean `approved`?"));
        assert_eq!(did_you_mean("zzz", ["b", "a"]).as_deref(), Some("known here: `a`, `b`"));
        assert_eq!(did_you_mean("zzz", []), None);
    }
}
