//! Silencing: what is silenced, where, with which reason; in flows and in rules.

use std::sync::Arc;

use super::{RULES, book};
use crate::check::Checked;
use crate::check::testing::checked;
use crate::prove::{Options, prove};

fn tried(put: (&str, &str), rules: &[(&str, &str)]) -> Checked {
    let flow = book(&[put]);
    let mut texts = vec![("book.flow", flow.as_str())];
    texts.extend(RULES);
    texts.extend(rules);
    checked(&texts)
}

fn codes(checked: &Checked) -> Vec<&str> {
    checked.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn a_silenced_warning_keeps_its_reason() {
    let silenced = tried(("each", "// allow unused-let because \"next year\"\nlet position = on hand of part at asp"), &[]);
    assert_eq!(codes(&silenced), Vec::<&str>::new());
    assert_eq!(silenced.silenced.iter().map(|s| (s.finding.code, s.reason.as_str())).collect::<Vec<_>>(), [("unused-let", "next year")]);
}

#[test]
fn only_the_line_below_and_what_joins_it_is_meant() {
    let clause = "let other = on hand of part at asp\n// allow unused-let because \"next year\"\n\n// and this is why\nlet position = on hand of part at asp";
    assert_eq!(codes(&tried(("each", clause), &[])), ["unused-let"]);
    let joined = "// allow always-there because \"soon optional\"\nset approved = 1\n  when has requested";
    assert_eq!(codes(&tried(("each", joined), &[])), Vec::<&str>::new());
}

#[test]
fn prose_is_no_silencing_and_neither_is_a_text() {
    let prose = "// allow people to see it\n// allow unused things\nrequire approved > 0 else \"see // allow unused-let because it\"";
    assert_eq!(codes(&tried(("each", prose), &[])), Vec::<&str>::new());
}

#[test]
fn rules_are_silenced_alike() {
    let idle = "// allow rule-unused because \"the branch needs it soon\"\nfn idle(n) { n }\n";
    let silenced = tried(("each", ""), &[("rules/bu/ac/idle.rhai", idle)]);
    assert_eq!((codes(&silenced), silenced.silenced.len()), (vec![], 1));
    let behind = "fn idle(n) { n } // allow rule-unused because \"the branch needs it soon\"\n";
    assert_eq!(codes(&tried(("each", ""), &[("rules/bu/ac/idle.rhai", behind)])), Vec::<&str>::new());
}

#[test]
fn an_error_elsewhere_does_not_make_an_allow_idle() {
    let clause = "// allow rule-trial because \"known\"\nrequire requestd > 0 else \"No.\"";
    assert_eq!(codes(&tried(("each", clause), &[])), ["unknown-name"]);
}

#[test]
fn what_proofs_find_is_silenced_in_place_too() {
    let flow = |comment: &str| {
        let workflow = format!(
            "workflow wait \"Wait\" version 1 {{\n  number \"WA/{{seq:5}}\"\n  party asp : asp\n  lines {{\n    part     : part\n    quantity : quantity\n  }}\n  \
             state new  \"New\"  initial\n  state over \"Over\" final\n  \
             transition open: -> new by asp_manager {{ each line {{ require quantity > 0 else \"Ask for more than nothing.\" }} }}\n  {comment}\n  \
             transition drop: new -> over by asp_manager {{ require every line has quantity is 0 else \"Something was asked for.\" }}\n  \
             transition end: new -> over by asp_manager {{}}\n}}"
        );
        let mut checked = tried(("book", &workflow), &[]);
        let (book, rules) = (Arc::new(checked.book.clone().unwrap()), Arc::new(checked.rules.clone()));
        let only = std::collections::BTreeSet::from(["wait".into()]);
        let found = prove(&book, &rules, &Options { only, ..Options::default() }).into_iter().flat_map(|p| p.findings);
        checked.take_in(found.map(|f| f.diagnostic).collect(), true);
        checked
    };
    assert_eq!(codes(&flow("")), ["transition-never-fires"]);
    let silenced = flow("// allow transition-never-fires because \"quantities of nothing come next year\"");
    assert_eq!((codes(&silenced), silenced.silenced.len()), (Vec::<&str>::new(), 1));
    let other = flow("// allow timer-never-fires because \"nobody waits\"");
    assert_eq!(codes(&other), ["allow-nothing", "transition-never-fires"], "what silences nothing is told once the book is proved");
}
