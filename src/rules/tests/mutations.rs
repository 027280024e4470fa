//! Spoiled scripts: whatever is done to a text, reading and asking it never breaks, and each mistake lies inside the text.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::rules::scan;

const SCRIPT: &str = "// order of lots ₹\nfn allocation(line, lot, cover) {\n    let order = place(lot.condition, cover.pools);\n    let life = lot.days_left ?? 9999;\n    if has(lot.expires) && lot.expires < lot.received { return #{ take: false, rank: [], reason: `late ${lot.expires}` }; }\n    for p in cover.pools { if p == lot.pool { order += 1; } }\n    let few = cover.pools.filter(|p| p.len() > order);\n    let kind = switch lot.condition { \"ok\" | \"repaired\" => 1, _ => 2 };\n    #{ take: few.is_empty() || line.requested * 2 > 1.5, rank: [kind, life, lot.received], reason: \"\" + few.len() }\n}\nfn place(what, list) { for x in list { if x == what { return 0; } } -1 }\n";

#[derive(Debug, Clone)]
enum Spoil {
    Drop(Index),
    Double(Index),
    Swap(Index, Index),
    Insert(Index, String),
    Cut(Index),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let word = prop::sample::select(vec![
        "fn",
        "{",
        "}",
        "(",
        "[",
        "\"",
        "`",
        "${",
        "#{",
        "let",
        "return",
        "=>",
        "|",
        "..",
        "0.1",
        "=",
        "!",
        "₹",
        "//",
        "/*",
        "if",
        "()",
        ";",
        "this",
        "99999999999999999999",
    ]);
    prop_oneof![
        any::<Index>().prop_map(Spoil::Drop),
        any::<Index>().prop_map(Spoil::Double),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Spoil::Swap(a, b)),
        (any::<Index>(), word).prop_map(|(at, word)| Spoil::Insert(at, word.to_owned())),
        any::<Index>().prop_map(Spoil::Cut),
    ]
}

fn apply(text: &str, spoil: &Spoil) -> String {
    let mut tokens: Vec<String> = scan::tokens(text).iter().map(|t| text[t.start..t.end].to_owned()).collect();
    if tokens.is_empty() {
        return String::new();
    }
    let n = tokens.len();
    match spoil {
        Spoil::Drop(at) => drop(tokens.remove(at.index(n))),
        Spoil::Double(at) => tokens.insert(at.index(n), tokens[at.index(n)].clone()),
        Spoil::Swap(a, b) => tokens.swap(a.index(n), b.index(n)),
        Spoil::Insert(at, word) => tokens.insert(at.index(n), word.clone()),
        Spoil::Cut(at) => tokens.truncate(at.index(n)),
    }
    tokens.join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_spoiled_script_breaks_anything(spoils in prop::collection::vec(spoil(), 1..5)) {
        let text = spoils.iter().fold(SCRIPT.to_owned(), |text, spoil| apply(&text, spoil));
        let mut sources = SourceMap::default();
        let (rules, found) = Rules::from_texts(&vocabulary(), &[("rules/bu/ac/x.rhai", &text)], &mut sources);
        for mistake in &found {
            for label in &mistake.labels {
                let file = sources.file(label.span.file);
                prop_assert!(mistake.code == "rule-not-written" || file.is_some_and(|f| f.text.get(label.span.range()).is_some()), "{mistake:?}\n{text}");
            }
            prop_assert!(!mistake.title.is_empty() && !mistake.title.ends_with('.'), "{mistake:?}");
        }
        let answer = ask(&rules, "allocation");
        let sound = !found.iter().any(|d| d.severity == crate::base::Severity::Error && d.code != "rule-not-written");
        prop_assert!(sound || answer.is_err(), "a script with mistakes answers\n{text}");
    }
}

#[test]
fn the_script_that_is_spoiled_is_sound() {
    let (rules, found) = compile(&[("rules/bu/ac/x.rhai", SCRIPT)]);
    assert_eq!(found, "");
    insta::assert_snapshot!(ask(&rules, "allocation").unwrap().value.to_string());
}
