//! What a spoiled book is told, and what a good one becomes.

use super::testing::{checked, report};

#[test]
fn the_shipped_book_has_no_errors() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> = vec![("bincard.yaml".into(), std::fs::read_to_string(root.join("bincard.yaml")).unwrap())];
    let mut folders = vec![root.join("workflows"), root.join("rules")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "flow" || e == "rhai") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                texts.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let checked = checked(&texts);
    assert_eq!(report(&checked.diagnostics, &checked.sources), "");
}
