//! Spoiled flows: one mistake gives one report that an analyst can act on. Each snapshot shows the source and the report.

use std::path::Path;

use bincard::base::SourceMap;
use bincard::render::{Style, report};
use bincard::syntax::parse;

use crate::support::{files, read};

const FOLDER: &str = "tests/corpus/spoiled";

fn rendered(path: &Path) -> String {
    let text = read(path);
    let mut map = SourceMap::default();
    let name = path.file_name().and_then(|n| n.to_str()).expect("a file name");
    let file = map.add(name, text.as_str());
    let parsed = parse(file, &text);
    let reports: String = parsed.diagnostics.iter().map(|d| report(&map, d, Style::Plain) + "\n").collect();
    format!("{text}\n===\n{} mistakes\n{reports}", parsed.diagnostics.len())
}

#[test]
fn every_spoiled_flow_is_reported_in_an_analysts_words() {
    let spoiled = files(FOLDER, &["flow"]);
    assert!(spoiled.len() >= 25, "only {} spoiled flows", spoiled.len());
    for path in spoiled {
        let name = path.file_stem().and_then(|n| n.to_str()).expect("a file name");
        insta::with_settings!({ snapshot_path => "snapshots/spoiled", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, rendered(&path));
        });
    }
}
