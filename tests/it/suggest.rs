//! `bincard test --suggest`: what it writes passes, covers what it says, and is laid out; what it cannot reach is told.

use crate::cli::{book, shell};
use crate::support::{folder, root};

fn percent(folder: &std::path::Path, workflow: &str) -> usize {
    let output = shell(folder, "bincard test --coverage --json");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["failed"], 0, "{}", String::from_utf8_lossy(&output.stdout));
    let kinds = told["coverage"]["workflows"][workflow].as_object().expect("kinds");
    let sum = |what: &str| kinds.values().map(|k| k[what].as_u64().unwrap_or_default()).sum::<u64>();
    usize::try_from(sum("covered") * 100 / sum("all")).expect("a percentage")
}

#[test]
fn what_is_suggested_passes_and_covers_nearly_all_of_a_book_that_nobody_tests() {
    let folder = book();
    // A book whose flows nobody tests.
    std::fs::remove_file(folder.path().join("workflows/job.scenarios.flow")).expect("the scenarios");
    let suggested = shell(folder.path(), "bincard test --suggest --write workflows/found.scenarios.flow");
    assert!(suggested.status.success(), "{}", String::from_utf8_lossy(&suggested.stderr));
    let formatted = shell(folder.path(), "bincard fmt --check");
    assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stdout));
    let (job, receipt) = (percent(folder.path(), "job"), percent(folder.path(), "receipt"));
    assert!(job >= 95 && receipt == 100, "{job} % of job, {receipt} % of receipt");
    let told = String::from_utf8_lossy(&suggested.stdout);
    assert!(told.contains("nobody in another role ever tries `open`"), "what is not reached is not told:\n{told}");
}

#[test]
fn the_shipped_book_with_its_coverage_taken_away_gets_it_back() {
    let folder = folder();
    let copied = shell(
        folder.path(),
        &format!("cp -r {0}/bincard.yaml {0}/workflows {0}/rules . && mkdir examples && cp -r {0}/examples/network examples/", root().display()),
    );
    assert!(copied.status.success());
    let taken = shell(folder.path(), "cd workflows && rm *.refusals.scenarios.flow deadlines.scenarios.flow variants.scenarios.flow");
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let before = percent(folder.path(), "transfer");
    let suggested = shell(folder.path(), "bincard test --suggest transfer --write workflows/found.scenarios.flow");
    let told = String::from_utf8_lossy(&suggested.stdout).into_owned();
    assert!(suggested.status.success() && told.contains("Not reached from the scenarios that there are"), "{told}");
    let after = percent(folder.path(), "transfer");
    assert!(before < 60 && after >= 95, "{before} % before, {after} % after\n{told}");
}
