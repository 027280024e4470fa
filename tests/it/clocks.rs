//! Timers that are set to a computed moment: they ring as the day begins or is over, once, at once where it is past, and
//! follow the document when it changes. And approvals that whoever did another thing may not give.

use std::path::Path;
use std::sync::Arc;

use bincard::check::{BookFile, BookFiles, Checked, check};
use bincard::engine::Engine;
use bincard::scenario::{Masters, run};

use crate::support::stores;

const WORDS: &str = r#"
condition ok "Good"
owner oem "OEM"
pool loaner "For lending"
party kind asp "Service partner"
bin shelf at asp "On the shelf"
role clerk at asp "Clerk"
role manager at asp "Manager"
calendar working monday to saturday 09:30 to 18:30
rule term(document: document) -> { hours: number }
"#;

const LOAN: &str = r#"
workflow loan "Loan" version 1 {
  number "LN/{seq:4}"
  party asp : asp
  field due      : date?
  field call_at  : time?
  field reminded : number = 0

  state lent    "Lent" initial
  state overdue "Overdue"
  state called  "Called" within 3 days
  state sale    "Wants to buy it"
  state closed  "Closed" final
  state given   "Given away" final

  transition open: -> lent by clerk {}
  transition remind: lent -> same at due - 2 days { set reminded = reminded + 1 }
  transition late: lent -> overdue after due {}
  transition call: lent -> called at call_at {}
  transition forget: overdue -> closed after term(document).hours * 1 hour in overdue {}
  transition extend: lent -> same by clerk { ask due }
  transition sell_cheap: lent -> given by clerk, after approval by manager {
    require reminded > 0 else "Nobody was reminded." code not_reminded
  }
  transition wait_on: overdue -> lent by clerk {}
  transition ask_to_buy: lent -> sale by clerk {}
  transition sell: sale -> lent by clerk { notify manager "{number} is sold." }
  transition no_sale: sale -> lent by clerk {}
  transition take_back: lent or overdue or called -> closed by clerk {}
  transition give_away: lent -> given by clerk, after approval by manager other than whoever did open {}
}

scenario "a reminder comes as its day begins, and once; it is late when the day is over" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune, due 2026-04-20
  on 2026-04-17 23:59
  then L1 has reminded 0
  on 2026-04-18 00:01
  then L1 has reminded 1
  on 2026-04-20 23:59
  then L1 is lent
   and L1 has reminded 1
  on 2026-04-21 00:01
  then L1 is overdue
  on 2026-04-21 05:59
  then L1 is overdue
  on 2026-04-21 06:01
  then L1 is closed
}

scenario "who comes back at the very moment of the clock is taken on by it again" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune, due 2026-04-20
  on 2026-04-21 00:00
  then L1 is overdue
  when clerk at pune fires wait_on on L1
  then L1 is overdue
  on 2026-04-21 06:01
  then L1 is closed
}

scenario "a refusal may be spoken of reason by reason" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune, due 2026-04-20
  when clerk at pune fires sell_cheap on L1
  then refused not_reminded "Nobody was reminded"
   and refused approval_missing
   and L1 is lent
}

scenario "what is past comes at once" {
  on 2026-04-19 10:00
  when clerk at pune opens loan L1 with asp pune, due 2026-04-20
  then L1 has reminded 1
  when clerk at pune opens loan L2 with asp pune, due 2026-04-01
  then L2 is overdue
}

scenario "a day that is put off is waited for, and the old one is not" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune, due 2026-04-20
  when clerk at pune fires extend on L1 with due 2026-04-30
  on 2026-04-25 10:00
  then L1 has reminded 0
   and L1 is lent
  on 2026-04-28 10:00
  then L1 has reminded 1
  when clerk at pune fires extend on L1 with due 2026-05-10
  then L1 has reminded 1
  on 2026-05-08 10:00
  then L1 has reminded 2
  on 2026-05-11 05:00
  then L1 is overdue
}

scenario "a day that is put forward comes earlier, and only once" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune, due 2026-04-30
  when clerk at pune fires extend on L1 with due 2026-04-15
  on 2026-04-14 10:00
  then L1 has reminded 1
  when clerk at pune fires extend on L1 with due 2026-05-30
  on 2026-05-01 10:00
  then L1 has reminded 1
   and L1 is lent
}

scenario "without a day there is nothing to wait for" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune
  on 2027-04-10 10:00
  then L1 is lent
   and L1 has reminded 0
  when clerk at pune fires extend on L1 with due 2027-04-11
  then L1 has reminded 1
}

scenario "a point in time is waited for to the minute" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune, call_at "2026-04-10 12:30"
  on 2026-04-10 12:29
  then L1 is lent
  on 2026-04-10 12:31
  then L1 is called
}

scenario "what to do first is what changes least" {
  on 2026-04-10 10:00
  when clerk at pune opens loan L1 with asp pune
  when clerk at pune fires ask_to_buy on L1
  when clerk at pune fires extend on L1 with due 2026-04-20
  then refused not_allowed "first `no_sale` by clerk"
}

scenario "whoever opened it does not approve it" {
  on 2026-04-10 10:00
  when clerk asha at pune opens loan L1 with asp pune
  when manager asha at pune fires approve_give_away on L1
  then refused four_eyes "`asha` did `open`"
  when clerk ravi at pune fires give_away on L1
  then refused approval_missing
  when manager meera at pune fires approve_give_away on L1
  when clerk ravi at pune fires give_away on L1
  then L1 is given
}

scenario "somebody who is described holds their own roles and no other" {
  on 2026-04-10 10:00
  given person meera roles manager at pune
  when clerk meera at pune opens loan L1 with asp pune
  then refused role_denied
  when clerk asha at pune opens loan L1 with asp pune
  then L1 is lent
}
"#;

/// The book of loans with a flow of its own.
fn book(flow: &str) -> Checked {
    let file = |path: &str, text: &str| BookFile { path: path.to_owned(), text: text.to_owned() };
    let manifest = file("bincard.yaml", "name: Loans\ncurrency: INR\nzone: Asia/Kolkata\n");
    let rules = vec![file("rules/default/term.rhai", "fn term(document) { #{ hours: 6 } }")];
    check(&BookFiles { manifest, flows: vec![file("words.flow", WORDS), file("loan.flow", flow)], rules })
}

#[tokio::test]
async fn timers_ring_at_the_moment_that_the_document_says() {
    let checked = book(LOAN);
    let (book, rules) = (Arc::new(checked.book.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))), Arc::new(checked.rules));
    let masters = Masters::new(Path::new("."));
    for scenario in &book.scenarios {
        for fixture in stores::stores().await {
            let engine = Engine::new(book.clone(), rules.clone(), fixture.store.clone()).await.expect("an engine");
            let report = run(&engine, scenario, &masters).await.expect("it can be played");
            assert!(report.passed(), "{} {}: {:#?}", fixture.url, scenario.title, report.failures);
            assert!(engine.store().verify().await.expect("verify").is_sound());
        }
    }
}

/// The codes and titles of what is told of another transition of the loan.
fn told(transition: &str) -> Vec<String> {
    let flow = LOAN.split("scenario \"").next().unwrap_or_default().trim_end().trim_end_matches('}').to_owned() + transition + "\n}\n";
    book(&flow).diagnostics.iter().map(|d| format!("{}: {}; {}", d.code, d.title, d.help.as_deref().unwrap_or(""))).collect()
}

#[test]
fn what_is_no_moment_is_told_with_what_to_write() {
    let told = [
        "transition x: lent -> closed after reminded in lent {}",
        "transition x: lent -> closed after 7 days {}",
        "transition x: lent or overdue -> closed at 7 days in lent {}",
        "transition x: lent -> closed after today + 2 days {}",
        "transition x: lent -> closed after \"soon\" {}",
        "transition x: lent -> closed after due in overdue {}",
        "transition x: lent -> closed after deu {}",
    ]
    .map(told);
    insta::assert_snapshot!(told.concat().join("\n"));
}
