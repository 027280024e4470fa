//! What scenarios cover, as `bincard test --coverage` counts it: from what the engine decided, point by point.

use insta::assert_snapshot;

use crate::cli::{book, shell, transcript};

fn seconds(line: &str) -> String {
    format!("{line} | sed 's/ in [0-9.]* s//'")
}

#[test]
fn what_nothing_shows_is_listed_with_its_place() {
    let folder = book();
    assert_snapshot!(transcript(folder.path(), &[&seconds("bincard test --coverage")]));
}

#[test]
fn a_threshold_fails_each_kind_below_it() {
    let folder = book();
    let lines = ["bincard test --coverage --threshold 80 | tail -6", "bincard test --coverage --threshold 0 >/dev/null", "bincard test --threshold 80"];
    assert_snapshot!(transcript(folder.path(), &lines));
}

#[test]
fn programs_learn_which_story_covers_what() {
    let folder = book();
    let output = shell(folder.path(), "bincard test --coverage --format json");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let coverage = &told["coverage"];
    assert_eq!(coverage["all"]["states"], serde_json::json!({ "covered": 3, "all": 6, "percent": 50 }));
    let points = coverage["points"].as_array().expect("points");
    let point = |gap_of: &str| {
        let sides = points.iter().filter(|p| p["place"].as_str().is_some_and(|at| at.starts_with("workflows/job.flow:26:")) && p["category"] == gap_of);
        sides.map(|p| p["by"].clone()).collect::<Vec<_>>()
    };
    let (kept, refused) = ("what is not used goes back on the shelf", "one job takes at most half of what there is");
    assert_eq!(point("guards"), [serde_json::json!([kept]), serde_json::json!([refused])]);
    assert_eq!(point("sentences"), [serde_json::json!([refused])]);
}

#[test]
fn what_each_kind_of_point_needs() {
    let folder = book();
    let story = r#"scenario "everything that nobody shows" {
  given part FAN
  given stock at main
    FAN 10
  on 2026-04-01 09:00
  when storekeeper at main opens job T1 for main with job "x"
  then refused guard "Name at least one part."
  when manager at other opens job T2 for main with job "x", lines FAN 1
  then refused role_denied
  when manager at main opens job J1 for main with job "x", lines FAN 4
  when manager at main fires prepare on J1
  then refused role_denied
  on 2026-04-05 09:00
  when storekeeper at main fires prepare on J1
  when manager at main fires finish on J1 with lines FAN used 1
  then refused role_denied
  when storekeeper at main fires finish on J1 with lines FAN used 5
  then refused guard "only 4"
  when storekeeper at main fires cancel on J1
  then refused role_denied
  on 2026-04-12 09:00
  when manager at main fires cancel on J1
  then J1 is cancelled
}
"#;
    std::fs::write(folder.path().join("workflows/all.scenarios.flow"), story).expect("the folder");
    let output = shell(folder.path(), "bincard test --coverage | grep '^job'");
    assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn stories_are_chosen_by_workflow_and_file() {
    let folder = book();
    let lines = [
        "bincard test --workflow job --list",
        "bincard test --workflow receipt",
        "bincard test --workflow jobs",
        "bincard test --file nowhere",
        "bincard test --workflow job --coverage | head -4",
        "sed -i 's/used 3/used 2/' workflows/job.scenarios.flow; bincard test --format junit | sed 's/time=\"[0-9.]*\"/time=\"…\"/'",
    ];
    assert_snapshot!(transcript(folder.path(), &lines));
}
