//! The loop of the language server: takes messages, keeps buffers, answers requests, tells findings.
//!
//! One thread: a book is checked in a few milliseconds, and so no answer is ever about a text that has changed since.
//! Must not know features. Tests: `tests/it/editor_*.rs`, which speak to the program.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::books::{Books, Buffer};
use super::text::Text;
use super::{capabilities, diagnostics, routes, uri};

/// How long nobody must have typed before findings are told.
const PAUSE: Duration = Duration::from_millis(25);

/// Why the server stopped before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum LspError {
    /// The editor does not speak the protocol.
    #[error("the editor does not speak the language server protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// The pipe broke.
    #[error("the connection to the editor broke: {0}")]
    Pipe(#[from] std::io::Error),
}

/// Serves an editor over stdin and stdout until it says goodbye.
///
/// # Errors
/// The connection breaks, or what comes is not the protocol.
pub fn serve() -> Result<(), LspError> {
    let (connection, threads) = Connection::stdio();
    let (id, params) = connection.initialize_start()?;
    connection
        .initialize_finish(id, json!({ "capabilities": capabilities::offered(), "serverInfo": { "name": "bincard", "version": env!("CARGO_PKG_VERSION") } }))?;
    let mut server = Server::new(&connection, &params);
    server.greet(&params);
    server.run();
    drop(connection);
    threads.join()?;
    Ok(())
}

struct Server<'c> {
    connection: &'c Connection,
    books: Books,
    waiting: VecDeque<Message>,
    /// When the findings that are known to the editor became old.
    stale: Option<Instant>,
    /// For each file with findings that the editor was told of: what it was told.
    told: BTreeMap<String, Value>,
    requests: i32,
}

impl<'c> Server<'c> {
    fn new(connection: &'c Connection, params: &Value) -> Self {
        let mut books = Books::default();
        for folder in capabilities::folders(params) {
            books.add_folder(&folder);
        }
        Self { connection, books, waiting: VecDeque::new(), stale: Some(Instant::now()), told: BTreeMap::new(), requests: 0 }
    }

    /// Asks to be told of files that change on disk.
    fn greet(&mut self, params: &Value) {
        if let Some(registration) = capabilities::watch(params) {
            self.requests += 1;
            self.send(Message::Request(Request::new(RequestId::from(self.requests), "client/registerCapability".to_owned(), registration)));
        }
    }

    fn send(&self, message: Message) {
        // Where the editor has gone, there is nobody to tell; the loop ends by itself.
        let _ = self.connection.sender.send(message);
    }

    fn run(&mut self) {
        while let Some(message) = self.next() {
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request).unwrap_or(true) {
                        return;
                    }
                    let response = self.answer(request);
                    self.send(Message::Response(response));
                }
                Message::Notification(notification) => {
                    if notification.method == "exit" {
                        return;
                    }
                    self.notice(notification);
                }
                Message::Response(_) => {}
            }
        }
    }

    /// The next message; tells findings whenever nobody has typed for a moment.
    fn next(&mut self) -> Option<Message> {
        loop {
            self.waiting.extend(self.connection.receiver.try_iter());
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            let Some(since) = self.stale else { return self.connection.receiver.recv().ok() };
            match self.connection.receiver.recv_timeout(PAUSE.saturating_sub(since.elapsed())) {
                Ok(message) => return Some(message),
                Err(error) if error.is_timeout() => self.tell(),
                Err(_) => return None,
            }
        }
    }

    /// Takes back a request that has not been begun.
    fn cancelled(&mut self, id: &RequestId) -> bool {
        self.waiting.extend(self.connection.receiver.try_iter());
        let takes_back = |message: &Message| match message {
            Message::Notification(n) if n.method == "$/cancelRequest" => n.params.get("id").is_some_and(|given| same_id(given, id)),
            _ => false,
        };
        self.waiting.iter().any(takes_back)
    }

    fn answer(&mut self, request: Request) -> Response {
        if self.cancelled(&request.id) {
            return Response::new_err(request.id, ErrorCode::RequestCanceled as i32, "cancelled".to_owned());
        }
        let (id, method) = (request.id, request.method);
        let books = &mut self.books;
        // A fault in one feature must not take the editor's server away.
        let done = catch_unwind(AssertUnwindSafe(|| routes::answer(books, &method, request.params)));
        match done {
            Ok(Ok(value)) => Response::new_ok(id, value),
            Ok(Err(refusal)) => Response::new_err(id, refusal.code, refusal.message),
            Err(_) => Response::new_err(id, ErrorCode::InternalError as i32, format!("`{method}` ran into a fault of bincard; please report it")),
        }
    }

    fn notice(&mut self, notification: Notification) {
        let params = notification.params;
        match notification.method.as_str() {
            "textDocument/didOpen" => read(params, |p: DidOpenTextDocumentParams| self.opened(p)),
            "textDocument/didChange" => read(params, |p: DidChangeTextDocumentParams| self.changed(p)),
            "textDocument/didSave" => read(params, |p: DidSaveTextDocumentParams| self.on_disk(&p.text_document.uri)),
            "textDocument/didClose" => read(params, |p: DidCloseTextDocumentParams| {
                if let Some(path) = uri::to_path(&p.text_document.uri) {
                    self.books.close(&path);
                    self.stale = Some(Instant::now());
                }
            }),
            "workspace/didChangeWatchedFiles" => read(params, |p: DidChangeWatchedFilesParams| p.changes.iter().for_each(|c| self.on_disk(&c.uri))),
            "workspace/didChangeWorkspaceFolders" => read(params, |p: DidChangeWorkspaceFoldersParams| {
                for folder in p.event.added.iter().filter_map(|f| uri::to_path(&f.uri)) {
                    self.books.add_folder(&folder);
                }
                self.stale = Some(Instant::now());
            }),
            _ => {}
        }
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let Some(path) = uri::to_path(&document.uri) else { return };
        if let Some(folder) = path.parent() {
            self.books.add_folder(folder);
        }
        self.books.put(path, Buffer { uri: document.uri, version: document.version, text: Text::new(document.text) });
        self.stale = Some(Instant::now());
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) {
        let id = params.text_document;
        let Some(path) = uri::to_path(&id.text_document_identifier.uri) else { return };
        let Some(buffer) = self.books.buffer(&path).cloned() else { return };
        let text = buffer.text.changed(params.content_changes);
        self.books.put(path, Buffer { version: id.version, text, ..buffer });
        self.stale = Some(Instant::now());
    }

    fn on_disk(&mut self, uri: &Uri) {
        if let Some(path) = uri::to_path(uri) {
            self.books.look_again(&path);
            self.stale = Some(Instant::now());
        }
    }

    /// Tells the editor the findings of all files in which they are not what it was told before.
    fn tell(&mut self) {
        self.stale = None;
        let books = &mut self.books;
        let Ok(all) = catch_unwind(AssertUnwindSafe(|| diagnostics::all(books))) else { return };
        let mut told = BTreeMap::new();
        for (uri, params) in all {
            if self.told.get(&uri) != Some(&params) {
                self.send(publish(params.clone()));
            }
            told.insert(uri, params);
        }
        let gone: BTreeSet<&String> = self.told.keys().filter(|uri| !told.contains_key(*uri)).collect();
        for uri in gone {
            self.send(publish(json!({ "uri": uri, "diagnostics": [] })));
        }
        self.told = told;
    }
}

fn publish(params: Value) -> Message {
    Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params))
}

/// Reads what a notification says; one that says nothing sensible is passed over, as the protocol wants.
fn read<P: DeserializeOwned>(params: Value, then: impl FnOnce(P)) {
    if let Ok(params) = serde_json::from_value(params) {
        then(params);
    }
}

fn same_id(given: &Value, id: &RequestId) -> bool {
    serde_json::from_value::<RequestId>(given.clone()).is_ok_and(|given| given == *id)
}
