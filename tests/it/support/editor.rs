//! An editor that speaks the language server protocol with the program, over its stdin and stdout, on a book of its own.
//!
//! Places are given by a marker in a line of a file. Fails, and does not hang, where the program says nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::{files, folder, root};

const BOOK: &str = "tests/it/support/editor_book";
/// Nothing takes so long: a server that has not answered by then never will.
const NEVER: Duration = Duration::from_secs(120);

/// The editor.
pub struct Editor {
    _folder: tempfile::TempDir,
    /// The folder of the book.
    pub book: PathBuf,
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    requests: i64,
    versions: BTreeMap<String, i64>,
    /// The last findings of each file.
    pub findings: BTreeMap<String, Value>,
    /// What the server asked of the editor.
    pub asked: Vec<Value>,
    /// What the server says it can do.
    pub able: Value,
}

impl Editor {
    /// An editor on a copy of the book of these tests.
    pub fn new() -> Self {
        Self::on(|book| {
            for file in files(BOOK, &["flow", "rhai", "yaml"]) {
                let path = book.join(file.strip_prefix(BOOK).expect("in the book"));
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::copy(root().join(&file), path).expect("a copy");
            }
        })
    }

    /// An editor on a folder that `fill` makes.
    pub fn on(fill: impl FnOnce(&Path)) -> Self {
        let folder = folder();
        let book = folder.path().canonicalize().expect("a path").join("my book");
        std::fs::create_dir_all(&book).expect("a folder");
        fill(&book);
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_bincard")).args(["lsp", "--stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
        let stdin = child.stdin.take().expect("its stdin");
        let stdout = child.stdout.take().expect("its stdout");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let (versions, findings) = (BTreeMap::new(), BTreeMap::new());
        let mut editor = Self { _folder: folder, book, child, stdin, messages, requests: 0, versions, findings, asked: Vec::new(), able: Value::Null };
        let capabilities = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
        let folders = json!([{ "uri": editor.uri(""), "name": "book" }]);
        let greeting = editor.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders }));
        editor.able = greeting.expect("a greeting")["capabilities"].take();
        editor.tell("initialized", json!({}));
        editor
    }

    /// The address of a file of the book.
    pub fn uri(&self, file: &str) -> String {
        let path = if file.is_empty() { self.book.clone() } else { self.book.join(file) };
        format!("file://{}", path.display().to_string().replace(' ', "%20"))
    }

    /// The name of a file by its address.
    pub fn name(&self, uri: &str) -> String {
        uri.strip_prefix(&format!("{}/", self.uri(""))).unwrap_or(uri).to_owned()
    }

    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the program listens");
        self.stdin.flush().expect("the program listens");
    }

    /// Tells the server something.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Begins a request; its number.
    pub fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The answer to a request: its result, or the message of its error.
    pub fn answer(&mut self, id: i64) -> Result<Value, String> {
        loop {
            let message = self.next();
            if message["id"] == json!(id) && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => Err(error["message"].as_str().unwrap_or("").to_owned()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// Asks the server something.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// The next message; findings are kept, requests answered.
    fn next(&mut self) -> Value {
        let message = self.messages.recv_timeout(NEVER).expect("the program answers");
        if message["method"] == "textDocument/publishDiagnostics" {
            let name = self.name(message["params"]["uri"].as_str().unwrap_or(""));
            self.findings.insert(name, message["params"].clone());
        } else if message.get("method").is_some() && message.get("id").is_some() {
            self.asked.push(message.clone());
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        }
        message
    }

    /// What stands in a file on disk.
    pub fn on_disk(&self, file: &str) -> String {
        std::fs::read_to_string(self.book.join(file)).expect("a file")
    }

    /// Opens a file with a text, and waits for its findings.
    pub fn open_as(&mut self, file: &str, text: &str) {
        let uri = self.uri(file);
        self.versions.insert(file.to_owned(), 1);
        let language = if file.ends_with(".rhai") { "rhai" } else { "flow" };
        self.tell("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": language, "version": 1, "text": text } }));
        self.wait_for(file);
    }

    /// Opens a file as it is on disk.
    pub fn open(&mut self, file: &str) {
        let text = self.on_disk(file);
        self.open_as(file, &text);
    }

    /// Opens a file with one piece of its text replaced by another.
    pub fn open_with(&mut self, file: &str, old: &str, new: &str) {
        let text = self.on_disk(file);
        assert!(text.contains(old), "{file} has no {old}");
        self.open_as(file, &text.replacen(old, new, 1));
    }

    /// Puts another text into an open file, and waits for its findings.
    pub fn change(&mut self, file: &str, text: &str) {
        self.changes(file, json!([{ "text": text }]));
        self.wait_for(file);
    }

    /// Tells changes of an open file.
    pub fn changes(&mut self, file: &str, changes: Value) {
        let version = self.versions[file] + 1;
        self.versions.insert(file.to_owned(), version);
        let uri = self.uri(file);
        self.tell("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": changes }));
    }

    /// Waits for the findings of the last version of a file.
    pub fn wait_for(&mut self, file: &str) {
        let version = self.versions[file];
        while self.findings.get(file).is_none_or(|f| f["version"] != json!(version)) {
            self.next();
        }
    }

    /// Waits until a file has as many findings.
    pub fn wait_until(&mut self, file: &str, count: usize) {
        while self.findings.get(file).is_none_or(|f| f["diagnostics"].as_array().map(Vec::len) != Some(count)) {
            self.next();
        }
    }

    /// Asks about a place in an open file.
    pub fn at(&mut self, method: &str, file: &str, place: Value) -> Result<Value, String> {
        let uri = self.uri(file);
        self.ask(method, json!({ "textDocument": { "uri": uri }, "position": place }))
    }

    /// The findings of a file, one a line: place, code, message.
    pub fn told(&self, file: &str) -> String {
        let found = self.findings.get(file).and_then(|f| f["diagnostics"].as_array()).cloned().unwrap_or_default();
        let line =
            |d: &Value| format!("{} {}: {}\n", range(&d["range"]), d["code"].as_str().unwrap_or(""), d["message"].as_str().unwrap_or("").replace('\n', " / "));
        found.iter().map(line).collect()
    }

    /// Says goodbye; whether the program left in order.
    pub fn leave(mut self) -> bool {
        self.ask("shutdown", Value::Null).expect("a goodbye");
        self.tell("exit", Value::Null);
        self.child.wait().expect("an end").success()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that failed leaves the program running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(from: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ").map_or(length, |n| n.parse().expect("a length")),
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The position behind the first place where a text stands: `at(text, "move ")` is right behind `move `.
pub fn behind(text: &str, what: &str) -> Value {
    let at = text.find(what).unwrap_or_else(|| panic!("no `{what}` in the text")) + what.len();
    let line_start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let units: usize = text[line_start..at].chars().map(char::len_utf16).sum();
    json!({ "line": text[..at].matches('\n').count(), "character": units })
}

/// A range as people read it.
pub fn range(range: &Value) -> String {
    let place = |p: &Value| format!("{}:{}", p["line"].as_u64().unwrap_or(0) + 1, p["character"].as_u64().unwrap_or(0) + 1);
    format!("{}-{}", place(&range["start"]), place(&range["end"]))
}

/// A text after the edits of one file, as the protocol has them.
pub fn edited(text: &str, edits: &[Value]) -> String {
    let byte = |p: &Value| {
        let line = p["line"].as_u64().unwrap_or(0) as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut units = p["character"].as_u64().unwrap_or(0) as usize;
        let mut at = start;
        for c in text[start..].chars().take_while(|c| *c != '\n') {
            if units == 0 {
                break;
            }
            units -= c.len_utf16();
            at += c.len_utf8();
        }
        at
    };
    let mut sorted: Vec<(usize, usize, &str)> =
        edits.iter().map(|e| (byte(&e["range"]["start"]), byte(&e["range"]["end"]), e["newText"].as_str().unwrap_or(""))).collect();
    sorted.sort();
    let mut made = text.to_owned();
    for (start, end, new) in sorted.into_iter().rev() {
        made.replace_range(start..end, new);
    }
    made
}
