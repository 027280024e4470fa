//! Formatting says the same, and formatting it again changes nothing.

use super::*;

#[track_caller]
fn check(text: &str) -> String {
    let once = format(text).unwrap_or_else(|e| panic!("{e:?}\n{text}\n=====\n{}", blocks::print(text, &outline_of(text))));
    let twice = format(&once).unwrap();
    assert_eq!(once, twice, "formatting twice");
    once
}

#[test]
fn the_corpus_is_formatted() {
    let folder = std::env::var("FLOWS").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/valid").to_owned());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "flow") {
            let out = check(&std::fs::read_to_string(&path).unwrap());
            if std::env::var("SHOW").is_ok() {
                println!("=== {}\n{out}", path.display());
            }
        }
    }
}

#[test]
fn a_minus_after_a_name_stands_between_two_values() {
    let body = "workflow w \"W\" version 1 {\n  transition a: -> b by r {\n    let x = on hand of part at asp in pool pool - 2\n    let y = rate - 2\n  }\n}\n";
    let out = check(body);
    assert!(out.contains("in pool pool - 2") && out.contains("rate - 2"), "{out}");
}
