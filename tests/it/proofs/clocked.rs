//! Flows that go wrong only when the clock fires a timer at a computed moment: each is found with a story that plays again,
//! and its mended twin is proved.

use std::sync::Arc;

use bincard::check::{BookFile, BookFiles};
use bincard::prove::{Options, Proved, prove};

use super::{plays_again, told};

const WORDS: &str = r#"
condition ok "Good"
owner oem "OEM"
pool loaner "For lending"
party kind asp "Service partner"
bin shelf at asp "On the shelf"
bin lent at asp clearing "Lent"
bin parcel at asp clearing "Packed to be sent after"
role clerk at asp "Clerk"
calendar working monday to saturday 09:30 to 18:30
rule term(document: document) -> { hours: number }
"#;

/// A loan; what is written for the clock stands at `@`.
const LOAN: &str = r#"
workflow loan "Loan" version 1 {
  number "LN/{seq:4}"
  party asp : asp
  field due : date
  lines {
    part     : part
    quantity : quantity
  }
  state lent   "Lent" initial
  state warned "Warned"
  state closed "Closed" final
  transition open: -> lent by clerk { each line { move quantity of part from asp.shelf to asp.lent } }
  transition extend: lent or warned -> lent by clerk { ask due }
  transition give_back: lent or warned -> closed by clerk {
    each line {
      move all of part from asp.lent to asp.shelf
      move all of part from asp.parcel to asp.shelf
    }
  }
@
}
"#;

/// What the clock does, with its code and what of it is wrong; then what is right instead.
const TIMERS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "a day before another",
        "leak",
        "  transition warn: lent -> warned after due {}\n  transition lapse: lent -> closed at due - 2 days { WRITTEN }",
        "",
        "each line { move all of part from asp.lent to asp.shelf }",
    ),
    (
        "a day that is over",
        "leak",
        "  transition warn: lent -> warned at due - 2 days {}\n  transition lapse: warned -> closed after due { WRITTEN }",
        "each line { move all of part from asp.parcel to asp.shelf }",
        "each line { move all of part from asp.lent to asp.shelf }",
    ),
    (
        "a wait that a rule computes",
        "leak",
        "  transition warn: lent -> warned at due - 2 days {}\n  transition lapse: warned -> closed after term(document).hours * 1 hour in warned { WRITTEN }",
        "",
        "each line { move all of part from asp.lent to asp.shelf }",
    ),
    (
        "what another timer did before",
        "leak",
        "  transition warn: lent -> warned at due - 2 days { each line { move all of part from asp.lent to asp.parcel } }\n  \
         transition lapse: lent or warned -> closed after due { WRITTEN }",
        "each line { move all of part from asp.lent to asp.shelf }",
        "each line {\n move all of part from asp.lent to asp.shelf\n move all of part from asp.parcel to asp.shelf\n }",
    ),
    (
        "a second time, after the day was put off",
        "promise-broken",
        "  transition warn: lent -> warned at due - 2 days { each line { WRITTEN } }",
        "move quantity of part from asp.lent to asp.parcel",
        "move all of part from asp.lent to asp.parcel",
    ),
];

fn book(clock: &str, written: &str) -> BookFiles {
    let file = |path: &str, text: &str| BookFile { path: path.to_owned(), text: text.to_owned() };
    let manifest = file("bincard.yaml", "name: Loans\ncurrency: INR\nzone: Asia/Kolkata\n");
    let rules = vec![file("rules/default/term.rhai", "fn term(document) { #{ hours: 6 } }")];
    // The rule has a flow that asks it, whatever the timers are.
    let loan = LOAN.replace('@', &clock.replace("WRITTEN", written));
    BookFiles { manifest, flows: vec![file("workflows/words.flow", WORDS), file("workflows/loan.flow", &loan)], rules }
}

pub fn proof(files: &BookFiles) -> (Arc<bincard::model::Book>, Proved) {
    let checked = bincard::check::check(files);
    let told: Vec<&str> = checked.diagnostics.iter().map(|d| d.title.as_str()).collect();
    let book = Arc::new(checked.book.unwrap_or_else(|| panic!("{told:?}")));
    let mut proofs = prove(&book, &Arc::new(checked.rules), &Options::default());
    (book, proofs.pop().expect("one workflow"))
}

#[tokio::test]
async fn what_only_a_computed_moment_brings_about_is_found_and_its_mended_twin_is_proved() {
    for (title, code, clock, wrong, right) in TIMERS {
        let files = book(clock, wrong);
        let (of, proved) = tokio::task::spawn_blocking({
            let files = files.clone();
            move || proof(&files)
        })
        .await
        .expect("a proof");
        let findings: Vec<String> = proved.findings.iter().map(told).collect();
        let found = proved.findings.iter().find(|f| f.diagnostic.code == code);
        let story = found.and_then(|f| f.story.as_ref()).unwrap_or_else(|| panic!("{title}: not found; {findings:#?} {proved:?}"));
        assert!(!proved.for_all, "{title}: {findings:?}");
        let clocked = ["days pass", "by the engine itself"].iter().any(|words| story.words.contains(words));
        assert!(clocked, "{title}: only the clock can show it, and the story is {}", story.words);
        let text = story.text(&of).expect("a story can be written");
        let differs = plays_again(&files, &text).await;
        assert!(differs.is_empty(), "{title}: {differs:?}\n{text}");

        let files = book(clock, right);
        let (_, twin) = tokio::task::spawn_blocking(move || proof(&files)).await.expect("a proof");
        let findings: Vec<String> = twin.findings.iter().map(told).collect();
        assert!(findings.is_empty() && twin.is_whole() && twin.for_all, "{title}: {findings:#?} {twin:?}");
    }
}
