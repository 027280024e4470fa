use bincard::base::SourceMap;
fn main() {
    let mut map = SourceMap::default();
    let mut files: Vec<_> = std::fs::read_dir("workflows").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for f in files {
        let text = std::fs::read_to_string(&f).unwrap();
        let name = f.display().to_string();
        let id = map.add(name.as_str(), text.as_str());
        let parsed = bincard::syntax::parse(id, &text);
        for d in &parsed.diagnostics {
            let span = d.span();
            let line = text[..span.range().start.min(text.len())].lines().count();
            println!("{name}:{line}: {:?}", d);
        }
    }
}
