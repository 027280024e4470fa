//! Spoiled flows: one mistake gives one report that an analyst can act on. Each snapshot shows the source and the report.

use std::path::Path;

use bincard::base::SourceMap;
use bincard::render::{Style, report};
use bincard::syntax::{format, parse};

use crate::support::{files, read};

const SPOILED: &str = "tests/corpus/spoiled";
const HABITS: &str = "tests/corpus/habits";

fn rendered(path: &Path) -> String {
    let text = read(path);
    let mut map = SourceMap::default();
    let name = path.file_name().and_then(|n| n.to_str()).expect("a file name");
    let file = map.add(name, text.as_str());
    let parsed = parse(file, &text);
    let reports: String = parsed.diagnostics.iter().map(|d| report(&map, d, Style::Plain) + "\n").collect();
    format!("{text}\n===\n{} mistakes\n{reports}", parsed.diagnostics.len())
}

fn snapshots(folder: &str) -> usize {
    let flows = files(folder, &["flow"]);
    for path in &flows {
        let name = path.file_stem().and_then(|n| n.to_str()).expect("a file name");
        insta::with_settings!({ snapshot_path => "snapshots/spoiled", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, rendered(path));
        });
    }
    flows.len()
}

#[test]
fn every_spoiled_flow_is_reported_in_an_analysts_words() {
    assert!(snapshots(SPOILED) >= 25);
}

#[test]
fn every_habit_is_understood_and_repaired() {
    assert!(snapshots(HABITS) >= 4);
    for path in files(HABITS, &["flow"]) {
        let repaired = format(&read(&path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = path.file_stem().and_then(|n| n.to_str()).expect("a file name");
        insta::with_settings!({ snapshot_path => "snapshots/repaired", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, repaired);
        });
    }
}
