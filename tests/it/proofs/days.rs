//! Guards on days: a proof tries the days on which they turn, and does not call proved what lies behind a transition that it
//! never saw.

use bincard::check::{BookFile, BookFiles};

use super::clocked::proof;
use super::told;

const LOAN: &str = r#"
condition ok "Good"
owner oem "OEM"
pool loaner "For lending"
party kind asp "Service partner"
bin shelf at asp "On the shelf"
bin lent at asp clearing "Lent"
role clerk at asp "Clerk"
calendar working monday to saturday 09:30 to 18:30

workflow loan "Loan" version 1 {
  number "LN/{seq:4}"
  party asp : asp
  field due   : date?
  field until : date?
  lines {
    part     : part
    quantity : quantity
  }
  state asked  "Asked for" initial
  state lent   "Lent"
  state closed "Closed" final
  transition open: -> asked by clerk {}
  transition decline: asked -> closed by clerk {}
  transition lend: asked -> lent by clerk {
    ask due
    GUARD
    each line { move quantity of part from asp.shelf to asp.lent }
  }
  transition extend: lent -> lent by clerk {
    require has due else "It has no day."
    ask until
    require until > due else "That is no later."
    set due = until
  }
  transition give_back: lent -> closed by clerk { BACK }
}
"#;

const BACK: &str = "each line { move all of part from asp.lent to asp.shelf }";
const SOON: &str = "require due <= today + 10 days else \"That is too late.\"\nrequire due > today else \"That is over.\"";

fn book(guard: &str, back: &str) -> BookFiles {
    let file = |path: &str, text: &str| BookFile { path: path.to_owned(), text: text.to_owned() };
    let manifest = file("bincard.yaml", "name: Loans\ncurrency: INR\nzone: Asia/Kolkata\n");
    let loan = LOAN.replace("GUARD", guard).replace("BACK", back);
    BookFiles { manifest, flows: vec![file("workflows/loan.flow", &loan)], rules: Vec::new() }
}

#[test]
fn the_days_on_which_guards_turn_are_tried() {
    let (_, whole) = proof(&book(SOON, BACK));
    let findings: Vec<String> = whole.findings.iter().map(told).collect();
    assert!(findings.is_empty() && whole.unseen.is_empty() && whole.holds(), "{findings:#?}");
    let (_, leaks) = proof(&book(SOON, ""));
    assert!(leaks.findings.iter().any(|f| f.diagnostic.code == "leak"), "{:?}", leaks.findings.iter().map(told).collect::<Vec<_>>());
}

#[test]
fn what_lies_behind_a_transition_that_was_never_seen_is_not_proved() {
    let never = "require due < today else \"That is not over.\"\nrequire due >= today + 1 day else \"That is over.\"";
    let (_, proved) = proof(&book(never, ""));
    assert_eq!((proved.unseen.iter().map(|t| t.as_str()).collect::<Vec<_>>(), proved.for_all, proved.holds()), (vec!["lend"], false, false));
    let told: Vec<String> = proved.findings.iter().map(told).collect();
    assert!(told.iter().any(|t| t.contains("`lend` can never be carried out")), "{told:?}");
}
