//! Proofs of small books: what they find, how they tell it, and what they leave unsaid.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Finding, Options, Proved, custody, prove};
use crate::check::testing::book_and_rules;
use crate::model::Book;
use crate::rules::Rules;

const WORDS: &str = r#"
condition ok "Good"
owner oem "OEM"
pool amc "Contract"
party kind warehouse "Warehouse"
party kind asp "Service partner"
bin available at warehouse, asp "On the shelf"
bin reserved at warehouse, asp clearing "Promised"
bin supplier outside "Supplier"
bin scrap outside "Scrapped"
role keeper at asp "Storekeeper"
role boss "Manager"
rule kept(part: part) -> { all: yes or no, reason: text }
"#;

const KEPT: &str = r#"fn kept(part) { #{ all: true, reason: "always" } }"#;

/// A loan whose end does what is put into it.
fn lending(end: &str) -> String {
    format!(
        r#"{WORDS}
workflow lending "Lending" version 1 {{
  number "LE/{{seq:5}}"
  party asp : asp
  lines {{
    part     : part
    quantity : quantity
    back     : quantity = 0
  }}
  state lent     "Lent"     initial
  state returned "Returned" final
  transition open: -> lent by keeper {{ each line {{ move quantity of part from asp.available to asp.reserved }} }}
  transition give_back: lent -> returned by keeper {{
    each line {{
      ask back
      require back <= quantity else "More than was lent."
      move back of part from asp.reserved to asp.available
      {end}
    }}
  }}
}}"#
    )
}

fn read(flow: &str) -> (Arc<Book>, Arc<Rules>) {
    let (book, rules) = book_and_rules(&[("book.flow", flow), ("rules/default/kept.rhai", KEPT)]);
    (Arc::new(book), Arc::new(rules))
}

fn proved(flow: &str) -> (Arc<Book>, Proved) {
    let (book, rules) = read(flow);
    let mut proofs = prove(&book, &rules, &Options { budget: 300, only: BTreeSet::new(), first: false });
    (book, proofs.remove(0))
}

fn only(proved: &Proved) -> &Finding {
    assert_eq!(proved.findings.len(), 1, "{:?}", proved.findings);
    &proved.findings[0]
}

fn only_of<'p>(proved: &'p Proved, code: &str) -> &'p Finding {
    proved.findings.iter().find(|f| f.diagnostic.code == code).unwrap_or_else(|| panic!("no `{code}`: {proved:?}"))
}

#[test]
fn the_shortest_story_is_told_with_its_numbers() {
    let (book, proved) = proved(&lending(""));
    let found = only(&proved);
    assert_eq!((found.diagnostic.code, found.diagnostic.title.as_str()), ("leak", "a part can be left behind in asp.reserved"));
    let story = found.story.as_ref().unwrap();
    assert_eq!(story.words, "open(quantity 2) · give_back(back 0)");
    let help = found.diagnostic.help.as_deref().unwrap();
    assert!(help.contains("2 of P1 would be left in asp_a.reserved, and `returned` is final"), "{help}");
    let text = story.text(&book).unwrap();
    assert!(text.contains("then refused parts_left_behind \"2 of P1 would be left in asp_a.reserved"), "{text}");
    assert!(!text.contains("given party asp_b") && !text.contains("given limit"), "what the story does not need is left out:\n{text}");
    assert!(!proved.for_all && proved.not_for_all.as_deref() == Some("a story shows that something is wrong"), "{proved:?}");
    // Nor would the proof for all quantities have let it through.
    let workflow = book.workflows.values().next().unwrap();
    assert!(super::linear::prove(&book, workflow).is_err_and(|why| why.contains("asp.reserved")));
}

#[test]
fn what_leaves_nothing_behind_is_proved_for_all_quantities() {
    let (_, proved) = proved(&lending("move all of part from asp.reserved to scrap"));
    assert!(proved.findings.is_empty() && proved.for_all && proved.cut.is_empty(), "{proved:?}");
    let (_, proved) = self::proved(&lending("move quantity - back of part from asp.reserved to scrap"));
    assert!(proved.findings.is_empty() && proved.for_all, "{proved:?}");
    // One too few is no more proved, and a story shows it.
    let (_, proved) = self::proved(&lending("move max(quantity - back - 1, 0) of part from asp.reserved to scrap"));
    assert!(!proved.for_all && only(&proved).diagnostic.code == "leak", "{proved:?}");
}

#[test]
fn a_part_that_only_another_rule_loses_is_found_and_said_to_be_supposed() {
    let (book, proved) = proved(&lending("move all of part from asp.reserved to scrap when kept(part).all"));
    let story = only(&proved).story.as_ref().unwrap();
    assert_eq!(story.imagined, ["the rule `kept` answers `all = no`"]);
    assert!(story.text(&book).unwrap().starts_with("// This story supposes that the rule `kept` answers `all = no`."));
}

/// A loan that nobody can close while more than one is missing.
const COUNTED: &str = r#"
workflow lending "Lending" version 1 {
  number "LE/{seq:5}"
  party asp : asp
  lines {
    part     : part
    quantity : quantity
    back     : quantity = 0
  }
  state lent     "Lent"     initial
  state counted  "Counted"
  state returned "Returned" final
  transition open: -> lent by keeper { each line { move quantity of part from asp.available to asp.reserved } }
  transition count: lent -> counted by keeper {
    each line {
      ask back
      require back <= quantity else "More than was lent."
      move back of part from asp.reserved to asp.available
    }
  }
  transition look: counted -> same by boss { notify boss "Still open." }
  transition close: counted -> returned by keeper { require every line has back is quantity else "Not all is back." }
  transition write_off: counted -> returned by boss {
    each line {
      require quantity - back <= 1 else "{part}: too much is missing."
      move all of part from asp.reserved to scrap
    }
  }
}"#;

#[test]
fn a_document_that_is_stuck_comes_with_the_guards_that_keep_it_there() {
    let (_, proved) = proved(&format!("{WORDS}{COUNTED}"));
    let found = &only_of(&proved, "stuck").diagnostic;
    let help = found.help.as_deref().unwrap();
    let told: Vec<&str> = help.lines().filter(|line| line.contains("is refused")).collect();
    let closed = "`close` is refused with \"Not all is back.\" (book.flow:35): `back` is 0, `quantity` is 2; it passes where `every line has back is quantity`";
    let written_off =
        "`write_off` is refused with \"P1: too much is missing.\" (book.flow:38): `back` is 0, `quantity` is 2; it passes where `quantity - back <= 1`";
    assert_eq!(told, [closed, written_off], "{help}");
    let labels: Vec<&str> = found.labels.iter().skip(1).map(|l| l.text.as_str()).collect();
    assert_eq!(labels, ["refuses `close` then", "refuses `write_off` then"]);
}

#[test]
fn a_budget_that_is_too_small_is_not_hidden() {
    let (book, rules) = read(&lending("move all of part from asp.reserved to scrap"));
    let proofs = prove(&book, &rules, &Options { budget: 5, ..Options::default() });
    assert!(proofs.iter().all(|p| !p.cut.is_empty()), "{proofs:?}");
}

const OUT: &str = r#"
workflow receipt "Receipt" version 1 {
  number "RE/{seq:5}"
  party asp : asp
  field pool : pool = amc
  lines { part : part quantity : quantity }
  state new "New" initial
  state there "There" final
  transition receive: new -> there by keeper {
    each line { move quantity of part from supplier to asp.available as new lot }
  }
}
workflow scrapping "Scrapping" version 1 {
  number "SC/{seq:5}"
  party asp : asp
  lines { part : part quantity : quantity }
  state new "New" initial
  state gone "Gone" final
  transition scrap_it: new -> gone by keeperAPPROVED {
    each line { move quantity of part from asp.available to scrap }
  }
}"#;

#[test]
fn who_can_take_a_part_out_alone_is_told() {
    let flow = |approved: &str| {
        format!(
            "{WORDS}{}",
            OUT.replace("{ part : part quantity : quantity }", "{\n    part : part\n    quantity : quantity\n  }").replace("APPROVED", approved)
        )
    };
    let (book, rules) = read(&flow(""));
    let ways = custody(&book, &rules);
    assert_eq!(ways.len(), 1, "{ways:?}");
    assert_eq!((ways[0].who.as_slice(), ways[0].ends_in.as_str()), (["keeper".to_owned()].as_slice(), "scrap"));
    assert_eq!(ways[0].story, "keeper opens receipt · keeper fires receive · keeper opens scrapping · keeper fires scrap_it");
    let (book, rules) = read(&flow(", after approval by boss"));
    let ways = custody(&book, &rules);
    assert!(ways.iter().all(|w| w.who.len() == 2), "{ways:?}");
}

/// A job whose helper takes the parts that were set aside for it, and ends later; meanwhile somebody can set more aside.
const HELPED: &str = r#"
bin picked at asp clearing "Picked"
workflow job "Job" version 1 {
  number "JO/{seq:5}"
  party asp : asp
  lines {
    part     : part
    quantity : quantity
  }
  state working "Being worked on" initial
  state over    "Over"            final
  transition open: -> working by boss {
    each line {
      move quantity of part from asp.available to asp.reserved
      start helper with asp, lines part, quantity
    }
  }
  transition again: working -> same by boss {
    require not all started are ended else "Nobody helps any more."
    each line {
      require held of part in asp.reserved is 0 else "There is enough."
      move 1 of part from asp.available to asp.reserved
    }
  }
  transition end: working -> over by boss { require all started are ended else "Somebody still helps." }
}
workflow helper "Helper" version 1 {
  number "HE/{seq:5}"
  party asp : asp
  lines {
    part     : part
    quantity : quantity
  }
  state new  "New"  initial
  state busy "Busy"
  state done "Done" final
  transition open: -> new by system {}
  transition take: new -> busy by keeper { each line { move quantity of part from asp.reserved to asp.picked } }
  transition finish: busy -> done by keeper { each line { move all of part from asp.picked to scrap } }
}"#;

#[test]
fn what_happens_between_two_strides_of_a_started_document_is_not_missed() {
    let (book, rules) = read(&format!("{WORDS}{HELPED}"));
    let only = BTreeSet::from(["job".into()]);
    let proofs = prove(&book, &rules, &Options { only: only.clone(), ..Options::default() });
    let found = only_of(&proofs[0], "leak");
    let story = found.story.as_ref().unwrap();
    assert!(story.words.starts_with("open(quantity 2) · ") && story.words.ends_with(" · end"), "{}", story.words);
    assert!(story.words.contains("take · again · ") && story.words.contains("finish · end"), "{}", story.words);
    // Where nobody sets more aside, the helper leaves nothing.
    let from = HELPED.find("  transition again").unwrap();
    let to = HELPED.find("  transition end").unwrap();
    let (book, rules) = read(&format!("{WORDS}{}{}", &HELPED[..from], &HELPED[to..]));
    let proofs = prove(&book, &rules, &Options { only, ..Options::default() });
    assert!(proofs[0].findings.is_empty() && proofs[0].cut.is_empty(), "{:?}", proofs[0]);
}
