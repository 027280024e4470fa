//! Whatever is done to a flow, reading it never panics, and a few slips give a few reports.
//!
//! Valid flows are cut into pieces; pieces are deleted, doubled, swapped or replaced.

use std::path::Path;

use bincard::base::FileId;
use bincard::syntax::{FormatError, format, parse};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::{files, read};

#[derive(Debug, Clone)]
enum Slip {
    Delete,
    Double,
    SwapWithNext,
    Replace(&'static str),
}

const STRANGE: &[&str] =
    &["{", "}", "(", ")", "\"", "'", ",", ":", ";", "\n", "->", "==", "&&", "else", "when", "of", "#", "//", "999999999999999999999", "é", "state", "-", "."];

/// Words, texts, signs and ends of lines, with the blanks before them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let body = &rest[blanks..];
        let length = if let Some(inside) = body.strip_prefix('"') {
            inside.find('"').map_or(body.len(), |at| at + 2)
        } else {
            let word = body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len());
            if word > 0 { word } else { body.chars().next().map_or(0, char::len_utf8) }
        };
        let (piece, after) = rest.split_at(blanks + length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn spoil(text: &str, slips: &[(usize, Slip)]) -> String {
    let mut pieces: Vec<String> = pieces(text).into_iter().map(str::to_owned).collect();
    for (at, slip) in slips {
        let at = at % pieces.len();
        match slip {
            Slip::Delete => drop(pieces.remove(at)),
            Slip::Double => pieces.insert(at, pieces[at].to_owned()),
            Slip::SwapWithNext => {
                let next = (at + 1) % pieces.len();
                pieces.swap(at, next);
            }
            Slip::Replace(with) => pieces[at] = format!(" {with}"),
        }
    }
    pieces.concat()
}

fn slip() -> impl Strategy<Value = (usize, Slip)> {
    let kind = prop_oneof![
        3 => Just(Slip::Delete),
        2 => Just(Slip::Double),
        2 => Just(Slip::SwapWithNext),
        3 => prop::sample::select(STRANGE).prop_map(Slip::Replace),
    ];
    (0usize..100_000, kind)
}

/// The same cases on every run, so that a failure is not luck.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn corpus() -> Vec<String> {
    let valid = files("tests/corpus/valid", &["flow"]);
    valid.iter().map(|p| read(p)).chain([read(Path::new("workflows/transfer.flow"))]).collect()
}

#[test]
fn a_few_slips_give_a_few_reports_and_never_a_panic() {
    let corpus = corpus();
    let cases = (prop::sample::select(corpus), prop::collection::vec(slip(), 1..4));
    let (mut reports, mut slips) = (0usize, 0usize);
    let counted = std::cell::RefCell::new((&mut reports, &mut slips));
    runner(400)
        .run(&cases, |(text, list)| {
            let spoiled = spoil(&text, &list);
            let parsed = parse(FileId::default(), &spoiled);
            let mut counted = counted.borrow_mut();
            *counted.0 += parsed.diagnostics.len();
            *counted.1 += list.len();
            for found in &parsed.diagnostics {
                let span = found.span().range();
                prop_assert!(spoiled.get(span.clone()).is_some(), "{span:?} of `{}` is no place", found.title);
            }
            // A brace or a quote can cost a line or two more than the slip itself.
            let most = 3 * list.len() + 1;
            prop_assert!(
                parsed.diagnostics.len() <= most,
                "{} reports for {} slips:\n{:#?}\n{spoiled}",
                parsed.diagnostics.len(),
                list.len(),
                titles(&parsed.diagnostics)
            );
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(reports <= slips + slips / 10, "{reports} reports for {slips} slips");
}

fn titles(diagnostics: &[bincard::base::Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|d| format!("{:?} {}", d.span().range(), d.title)).collect()
}

#[test]
fn what_can_be_formatted_is_formatted_once_and_for_all() {
    let cases = (prop::sample::select(corpus()), prop::collection::vec(slip(), 0..3));
    runner(150)
        .run(&cases, |(text, list)| {
            match format(&spoil(&text, &list)) {
                Ok(once) => {
                    let twice = format(&once);
                    prop_assert_eq!(twice.as_ref(), Ok(&once));
                }
                Err(FormatError::Mistakes(_)) => {}
                Err(FormatError::Changed) => return Err(TestCaseError::fail(format!("changed by formatting:\n{}", spoil(&text, &list)))),
            }
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn no_text_at_all_makes_the_parser_panic() {
    runner(300)
        .run(&any::<String>(), |text| {
            let _ = (parse(FileId::default(), &text), format(&text));
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    for piece in ["(", "{", "\"{", "not ", "any line has ", "- ", "a.", "x(", "if a then ", "sum of "] {
        for around in ["", "workflow w \"W\" version 1 { transition t: a -> b by c { require "] {
            let text = format!("{around}{}", piece.repeat(20_000));
            assert!(!parse(FileId::default(), &text).diagnostics.is_empty(), "{piece}");
        }
    }
}
