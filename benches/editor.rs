//! How long an editor waits: from a keystroke to the findings of the whole book, and to a completion, on a book of 1,000
//! lines and on the shipped one. Speaks the protocol to the program: `cargo bench --bench editor`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a bench, not a library")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const KEYS: usize = 40;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = tempfile::tempdir().unwrap();
    thousand(&root.join("tests/it/support/editor_book"), made.path());
    println!("{:<24} {:>7} {:>22} {:>22}", "book", "lines", "findings, middle/worst", "completion");
    measure("made of 1,000 lines", made.path(), "workflows/transfer.flow");
    measure("the shipped book", root, "workflows/ship_to_store.flow");
}

/// A book of 1,000 lines: one of its workflows, again and again under other names.
fn thousand(from: &Path, to: &Path) {
    for file in ["bincard.yaml", "rules/default/msl.rhai", "rules/default/allocation.rhai", "rules/bu/ac/msl.rhai"] {
        fs::create_dir_all(to.join(file).parent().unwrap()).unwrap();
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
    fs::create_dir_all(to.join("workflows")).unwrap();
    for file in ["vocabulary.flow", "supply.flow", "transfer.flow", "transfer.scenarios.flow"] {
        fs::copy(from.join("workflows").join(file), to.join("workflows").join(file)).unwrap();
    }
    let text = fs::read_to_string(from.join("workflows/transfer.flow")).unwrap();
    let mut n = 0;
    while lines(to) < 1_000 {
        n += 1;
        fs::write(to.join(format!("workflows/transfer_{n}.flow")), text.replace("workflow transfer", &format!("workflow transfer_{n}"))).unwrap();
    }
}

/// The lines of the flows and scripts of a book.
fn lines(book: &Path) -> usize {
    fn count(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
        entries.map(|p| if p.is_dir() { count(&p) } else { fs::read_to_string(&p).map_or(0, |t| t.lines().count()) }).sum()
    }
    count(&book.join("workflows")) + count(&book.join("rules"))
}

fn measure(name: &str, book: &Path, file: &str) {
    let path = book.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let mut editor = Editor::new(book, path, &text);
    let (mut findings, mut completions) = (Vec::new(), Vec::new());
    let at = text.find("\n  transition ").unwrap() + 3;
    let line = text[..at].matches('\n').count();
    for key in 0..KEYS {
        let (now, before) = text.split_at(at);
        let begun = Instant::now();
        editor.change(&format!("{now}// {}\n  {before}", "x".repeat(key)));
        editor.findings();
        findings.push(begun.elapsed());
        editor.change(&format!("{now}state s{key} within 2 days else notify \n  {before}"));
        let begun = Instant::now();
        editor.complete(line, format!("  state s{key} within 2 days else notify ").len());
        completions.push(begun.elapsed());
        editor.findings();
    }
    println!("{name:<24} {:>7} {:>22} {:>22}", lines(book), shown(findings), shown(completions));
}

fn shown(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |t: Duration| format!("{:.1}", t.as_secs_f64() * 1000.0);
    format!("{} / {} ms", ms(times[times.len() / 2]), ms(times[times.len() - 1]))
}

struct Editor {
    child: Child,
    stdout: BufReader<ChildStdout>,
    path: PathBuf,
    version: i64,
}

impl Editor {
    fn new(book: &Path, path: PathBuf, text: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bincard")).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut editor = Self { child, stdout, path, version: 1 };
        let folders = json!([{ "uri": format!("file://{}", book.display()), "name": "book" }]);
        editor.send(
            json!({ "id": 0, "method": "initialize", "params": { "processId": null, "rootUri": null, "capabilities": {}, "workspaceFolders": folders } }),
        );
        while editor.read().get("result").is_none() {}
        editor.send(json!({ "method": "initialized", "params": {} }));
        let document = json!({ "uri": editor.uri(), "languageId": "flow", "version": 1, "text": text });
        editor.send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
        editor.findings();
        editor
    }

    fn uri(&self) -> String {
        format!("file://{}", self.path.display())
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        let stdin = self.child.stdin.as_mut().unwrap();
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        stdin.flush().unwrap();
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the program ended");
            match line.trim().strip_prefix("Content-Length: ") {
                Some(n) => length = n.parse().unwrap(),
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stdout.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn change(&mut self, text: &str) {
        self.version += 1;
        let params = json!({ "textDocument": { "uri": self.uri(), "version": self.version }, "contentChanges": [{ "text": text }] });
        self.send(json!({ "method": "textDocument/didChange", "params": params }));
    }

    /// Waits for the findings of what was typed last.
    fn findings(&mut self) {
        let (uri, version) = (json!(self.uri()), json!(self.version));
        loop {
            let params = &self.read()["params"];
            if params["uri"] == uri && params["version"] == version {
                return;
            }
        }
    }

    fn complete(&mut self, line: usize, character: usize) {
        let id = self.version;
        let params = json!({ "textDocument": { "uri": self.uri() }, "position": { "line": line, "character": character } });
        self.send(json!({ "id": id, "method": "textDocument/completion", "params": params }));
        loop {
            let message = self.read();
            if message["id"] == json!(id) {
                assert!(message["result"].as_array().is_some_and(|items| !items.is_empty()), "{message}");
                return;
            }
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
