//! One mistake, one report: a name that is not known is told at its first place, with the other places of the same name.
//!
//! Must not know what the names stand for. Tests: below.

use std::collections::BTreeMap;

use crate::base::{Diagnostic, Span};
use crate::base::{Severity, SourceMap};

/// More places than these are counted and not named.
const PLACES: usize = 4;

/// The code, the name, and what is advised.
type Key<'d> = (&'d str, &'d str, &'d str);

/// Findings in order, each unknown name once.
pub fn once(map: &SourceMap, sorted: &[&Diagnostic]) -> Vec<Diagnostic> {
    let mut again: BTreeMap<Key<'_>, Vec<Span>> = BTreeMap::new();
    let mut kept: Vec<(&Diagnostic, Option<Key<'_>>)> = Vec::new();
    for finding in sorted {
        let key = key(finding);
        match key.filter(|key| again.contains_key(key)) {
            Some(key) => again.entry(key).or_default().push(finding.span()),
            None => {
                if let Some(key) = key {
                    again.entry(key).or_default();
                }
                kept.push((finding, key));
            }
        }
    }
    let whole = |(finding, key): (&Diagnostic, Option<Key<'_>>)| {
        let places = key.and_then(|key| again.get(&key)).map(Vec::as_slice).unwrap_or_default();
        if places.is_empty() { finding.clone() } else { with_places(map, finding, places) }
    };
    kept.into_iter().map(whole).collect()
}

/// What makes two findings the same mistake: the code, the name, and what is advised.
fn key(finding: &Diagnostic) -> Option<Key<'_>> {
    let of_name = finding.code.starts_with("unknown-") || finding.code == "not-in-master";
    let name = finding.title.split('`').nth(1).filter(|_| of_name && finding.severity == Severity::Error)?;
    Some((finding.code, name, finding.help.as_deref()?))
}

fn with_places(map: &SourceMap, finding: &Diagnostic, places: &[Span]) -> Diagnostic {
    let mut named: Vec<String> = places.iter().take(PLACES).map(|span| map.place(*span)).collect();
    if let Some(rest) = places.len().checked_sub(PLACES).filter(|rest| *rest > 0) {
        named.push(format!("{rest} more"));
    }
    let times = if places.len() == 1 { "once more".to_owned() } else { format!("{} times more", places.len()) };
    let help = finding.help.as_deref().unwrap_or_default();
    finding.clone().help(format!("{help} It stands {times}: {}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_known_is_told_once_with_its_other_places() {
        let mut map = SourceMap::default();
        let text = "late\nlate\nlate\nlate\nlate\nlate\nlaet\n";
        let file = map.add("a.flow", text);
        let at = |line: usize| Span::new(file, line * 5, line * 5 + 4);
        let unknown = |line: usize| Diagnostic::error("unknown-name", at(line), "`late` is not a state").help("did you mean `laet`?");
        let other = Diagnostic::error("unknown-name", at(6), "`laet` is not a state").help("did you mean `late`?");
        let all: Vec<Diagnostic> = (0..6).map(unknown).chain([other.clone()]).collect();
        let told = once(&map, &all.iter().collect::<Vec<_>>());
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].help.as_deref(), Some("did you mean `laet`? It stands 5 times more: a.flow:2:1, a.flow:3:1, a.flow:4:1, a.flow:5:1, 1 more"));
        assert_eq!(told[1], other);
    }

    #[test]
    fn other_findings_stay_as_they_are() {
        let mut map = SourceMap::default();
        let file = map.add("a.flow", "a\na\n");
        let all: Vec<Diagnostic> = [0, 2].map(|at| Diagnostic::error("types-differ", Span::new(file, at, at + 1), "`a` differs").help("x")).into();
        assert_eq!(once(&map, &all.iter().collect::<Vec<_>>()), all);
    }
}
