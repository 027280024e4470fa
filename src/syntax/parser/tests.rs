//! Every form of the language is read.

use super::*;
use crate::base::SourceMap;

fn report(name: &str, text: &str) -> String {
    let mut map = SourceMap::default();
    let file = map.add(name, text);
    let parsed = parse(file, text);
    parsed.diagnostics.iter().map(|d| format!("{} {} | {} | {}\n", map.place(d.span()), d.title, d.labels[0].text, d.help.as_deref().unwrap_or(""))).collect()
}

#[test]
fn valid_files_have_no_mistakes() {
    let folder = std::env::var("FLOWS").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/valid").to_owned());
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "flow") {
            let text = std::fs::read_to_string(&path).unwrap();
            all += &report(path.file_name().unwrap().to_str().unwrap(), &text);
        }
    }
    assert!(all.is_empty(), "\n{all}");
}
