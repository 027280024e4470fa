//! Books and scripts compared, without a store.

use crate::check::{BookFile, BookFiles, check};
use crate::model::Book;

use super::{Change, How, compare, compare_rules};

const MANIFEST: &str = "name: a\ncurrency: INR\nzone: UTC\n";
const WORDS: &str = "condition ok \"Good\"\nowner us \"Ours\"\npool general \"All\"\nparty kind store \"Store\"\nbin shelf at store \"Shelf\"\n\
                     role keeper at store \"Keeper\"\nrole boss at store \"Boss\"\nrule most(part: part) -> quantity\n";
const FLOW: &str = "workflow note \"Note\" version 1 {\n  number \"N/{store}/{seq:3}\"\n  party store : store\n  lines {\n    part : part\n    count : quantity\n  }\n\
                    state noted \"Noted\" initial within 2 days\n  state read \"Read\" final\n\
                    transition open: -> noted by keeper {\n    each line { require count + 1 <= most(part) else \"{part}: too many.\" }\n  }\n\
                    transition look: noted -> read by keeper {}\n}\n";
const RULE: &str = "// at most\nfn most(part) {\n    quantity(5)\n}\n";

fn book(flow: &str, rule: &str) -> Book {
    let file = |path: &str, text: &str| BookFile { path: path.into(), text: text.into() };
    let flows = vec![file("workflows/words.flow", WORDS), file("workflows/note.flow", flow)];
    let checked = check(&BookFiles { manifest: file("bincard.yaml", MANIFEST), flows, rules: vec![file("rules/default/most.rhai", rule)] });
    let told: Vec<String> = checked.diagnostics.iter().map(|d| d.title.clone()).collect();
    checked.book.unwrap_or_else(|| panic!("{told:#?}"))
}

/// The changes of the one workflow, flat: sign, what, old, new.
fn told(changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in changes {
        let sign = match change.how {
            How::Added => '+',
            How::Removed => '-',
            How::Changed => '~',
        };
        lines.push(format!("{sign} {} [{}] [{}]", change.what, change.old.as_deref().unwrap_or(""), change.new.as_deref().unwrap_or("")));
        lines.extend(told(&change.within).into_iter().map(|l| format!("  {l}")));
    }
    lines
}

fn differences(flow: &str) -> Vec<String> {
    let change = compare(Some(&book(FLOW, RULE)), &book(flow, RULE));
    change.workflows.iter().flat_map(|w| told(&w.changes)).collect()
}

#[test]
fn layout_comments_and_parentheses_are_no_change() {
    let other = FLOW.replace("count + 1 <= most(part)", "(count + 1) <= most(part)").replace("transition look", "// well\n  transition look");
    assert_eq!(differences(&other), Vec::<String>::new());
    let change = compare_rules(Some(&book(FLOW, RULE)), &book(FLOW, "fn most(part)  {\n  quantity(5) // five\n}"));
    assert_eq!(change, []);
}

#[test]
fn guards_roles_and_deadlines_stand_old_beside_new() {
    let other =
        FLOW.replace("count + 1 <= most(part)", "count <= most(part)").replace("read by keeper", "read by boss").replace("within 2 days", "within 3 days");
    assert_eq!(
        differences(&other),
        [
            "~ state noted [] []",
            "  ~ deadline [within 2 days] [within 3 days]",
            "~ transition open [] []",
            "  ~ guard, each line [require count + 1 <= most(part) else \"{part}: too many.\"] [require count <= most(part) else \"{part}: too many.\"]",
            "~ transition look [] []",
            "  ~ roles [keeper] [boss]",
        ]
    );
    let change = compare(Some(&book(FLOW, RULE)), &book(&other, RULE));
    assert!(change.workflows.iter().all(super::WorkflowChange::needs_version), "the version is still 1");
}

#[test]
fn a_state_with_another_name_is_one_that_is_gone_and_one_that_is_new() {
    let lines = differences(&FLOW.replace("noted", "seen"));
    assert!(lines.iter().any(|l| l.starts_with("+ state seen")) && lines.iter().any(|l| l.starts_with("- state noted")), "{lines:#?}");
}

#[test]
fn a_rule_tells_its_layer_its_function_and_its_lines() {
    let change = compare_rules(Some(&book(FLOW, RULE)), &book(FLOW, &RULE.replace("quantity(5)", "quantity(4)")));
    let [script] = change.as_slice() else { panic!("{change:#?}") };
    assert_eq!((script.rule.as_str(), script.layer.as_str(), script.functions.as_slice()), ("most", "default", ["most".to_owned()].as_slice()));
    let lines: Vec<_> = script.lines.iter().map(|l| (l.how, l.line, l.text.as_str())).collect();
    assert_eq!(lines, [(How::Removed, 3, "quantity(5)"), (How::Added, 3, "quantity(4)")]);
}
