//! What nothing asks and nothing uses: overrides beside a network, words of the vocabulary, conditions that never change.

use super::{RULES, book, network};
use crate::check::testing::{checked, checked_beside};

const ANSWER: &str = "{ #{ maximum: 1, trigger: (), reason: \"\" } }";

/// The titles of what is told about the small book with other scripts.
fn told(scripts: &[(&str, String)]) -> Vec<String> {
    let flow = book(&[]);
    let mut texts = vec![("book.flow", flow.as_str())];
    texts.extend(RULES);
    texts.extend(scripts.iter().map(|(path, text)| (*path, text.as_str())));
    let found = checked_beside(&texts, Some(&network())).diagnostics;
    found.into_iter().map(|d| format!("{}: {}", d.code, d.title)).collect()
}

#[test]
fn an_override_of_somebody_who_does_not_exist_is_told() {
    let msl = format!("fn msl(party, part) {ANSWER}");
    assert_eq!(told(&[("rules/bu/wm/msl.rhai", msl.clone())]), ["rule-unreached: master data has no business unit `wm`, so nobody asks this"]);
    assert_eq!(told(&[("rules/asp/poona/msl.rhai", msl.clone())]), ["rule-unreached: master data has no party `poona`, so nobody asks this"]);
    assert_eq!(told(&[("rules/asp/wh/msl.rhai", msl.clone())]), ["rule-unreached: `wh` is no `asp` but a `warehouse`"]);
    assert_eq!(told(&[("rules/asp/pune/msl.rhai", msl.clone()), ("rules/warehouse/wh/msl.rhai", msl)]), Vec::<String>::new());
}

#[test]
fn an_override_of_a_party_that_no_asking_document_names_is_told() {
    let plain = "rule rest(part: part) -> yes or no\nworkflow plain \"Plain\" version 1 {\n  number \"P/{seq:5}\"\n  party asp : asp\n  lines { part : part }\n  \
        state open initial\n  state over final\n  transition end: open -> over by asp_manager { each line { require rest(part) else \"No.\" } }\n}\n";
    let flow = book(&[("book", plain)]);
    let mut texts = vec![("book.flow", flow.as_str()), ("rules/default/rest.rhai", "fn rest(part) { part.spare }")];
    texts.extend(RULES);
    texts.push(("rules/technician/ravi/rest.rhai", "fn rest(part) { !part.spare }"));
    let found = checked(&texts).diagnostics;
    assert_eq!(found.iter().map(|d| d.title.as_str()).collect::<Vec<_>>(), ["no document that asks `rest` names a technician, so this layer never counts"]);
    assert_eq!(found.iter().map(|d| d.help.as_deref().unwrap_or("")).collect::<Vec<_>>(), ["the rule is asked in `plain`"]);
}

#[test]
fn a_layer_that_nearer_ones_cover_without_asking_it_is_told() {
    let msl = format!("fn msl(party, part) {ANSWER}");
    let below = "fn msl(party, part) { base(party, part) }".to_owned();
    let covered = "rule-unreached: nearer layers answer `msl` everywhere in `ac` without asking `base`, so nobody asks this";
    assert_eq!(told(&[("rules/bu/ac/msl.rhai", msl.clone()), ("rules/asp/pune/msl.rhai", msl.clone())]), [covered]);
    assert_eq!(told(&[("rules/bu/ac/msl.rhai", msl.clone()), ("rules/asp/pune/msl.rhai", below)]), Vec::<String>::new());
    assert_eq!(told(&[("rules/bu/ac/msl.rhai", msl)]), Vec::<String>::new());
}

#[test]
fn each_sort_of_word_that_nothing_uses_is_told() {
    let words = "condition lost \"Lost\"\nparty kind bureau \"Bureau\"\nbin attic at asp \"Attic\"\nbin sea outside \"Sea\"\nrole clerk \"Clerk\"\n\
        calendar never monday to friday 09:00 to 10:00\ndocument slip \"Slip\" number \"S/{seq:5}\"\nevent gone\nobligation old_box \"Old box\"\npool spare \"Spare\"\nowner bank \"Bank\"";
    let flow = book(&[("book", words)]);
    let mut texts = vec![("book.flow", flow.as_str())];
    texts.extend(RULES);
    let titles: Vec<String> = checked_beside(&texts, Some(&network())).diagnostics.into_iter().map(|d| d.title).collect();
    // Every pool and every owner may be given in a field of that type.
    let unused = [
        "condition `lost`",
        "kind of party `bureau`",
        "bin `attic`",
        "bin `sea`",
        "role `clerk`",
        "calendar `never`",
        "paper `slip`",
        "event `gone`",
        "obligation `old_box`",
    ];
    assert_eq!(titles, unused.map(|word| format!("the {word} is declared and used nowhere")));
    let without: Vec<String> = checked(&texts).diagnostics.into_iter().map(|d| d.title).collect();
    assert!(!without.iter().any(|title| title.contains("calendar")), "parties name calendars, and there is no network: {without:?}");
}

#[test]
fn a_word_that_only_a_script_names_is_used() {
    let flow = book(&[("book", "condition lost \"Lost\"")]);
    let mut texts = vec![
        ("book.flow", flow.as_str()),
        ("rules/bu/ac/allocation.rhai", "fn allocation(line, lot) { #{ take: lot.condition != \"lost\", rank: [], reason: \"\" } }"),
    ];
    texts.extend(RULES);
    assert_eq!(checked(&texts).diagnostics, Vec::new());
}

/// Each condition with what it always is; nothing where it depends on the values.
#[test]
fn conditions_that_never_change_are_told_and_others_are_not() {
    let cases = [
        ("approved > 5 and approved < 3", Some(false)),
        ("approved < 3 or approved >= 3", Some(true)),
        ("not (approved is 1 and approved is 2)", Some(false)),
        ("approved is approved", Some(true)),
        ("2 > 3", Some(false)),
        ("yes", Some(true)),
        ("approved between 5 and 3", Some(false)),
        ("purpose is base_stock or emergency", Some(true)),
        ("purpose is base_stock and purpose is not base_stock", Some(false)),
        ("hurried and not hurried", Some(false)),
        ("approved > 3 and approved > 5", None),
        ("approved > 3 or purpose is emergency", None),
        ("hurried or approved < requested", None),
        ("approved between 3 and 5 and approved is not 4", None),
    ];
    for (condition, always) in cases {
        let flow = book(&[("each", &format!("require {condition} else \"No.\""))]);
        let mut texts = vec![("book.flow", flow.as_str())];
        texts.extend(RULES);
        let titles: Vec<String> = checked(&texts).diagnostics.into_iter().filter(|d| d.code == "constant-condition").map(|d| d.title).collect();
        let expected: Vec<&str> = always.map(|holds| if holds { "this always holds" } else { "this never holds" }).into_iter().collect();
        assert_eq!(titles, expected, "{condition}");
    }
}
