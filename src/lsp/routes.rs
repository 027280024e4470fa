//! Which request is answered by which feature.
//!
//! Must not know how a feature does it. Tests: `tests/it/editor_*.rs`.

use std::path::PathBuf;
use std::rc::Rc;

use gen_lsp_types::{Position, Range, Uri};
use lsp_server::ErrorCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::books::{Books, Homeless};
use super::text::Text;
use super::view::View;
use super::{complete, fixes, folding, format, hover, lens, navigate, outline, rename, signature, tokens, uri};
use crate::base::FileId;

/// Why a request is not answered.
#[derive(Debug)]
pub struct Refusal {
    /// The protocol's code.
    pub code: i32,
    /// What to tell whoever asked.
    pub message: String,
}

impl Refusal {
    /// The request is understood and cannot be done.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::RequestFailed as i32, message: message.into() }
    }
}

/// A place in a file of a book.
pub struct Place {
    /// The book.
    pub view: Rc<View>,
    /// The file.
    pub file: FileId,
    /// Where in it.
    pub position: Position,
}

/// An open file, whether it has a book or not.
pub struct Open {
    /// Where it is.
    pub path: PathBuf,
    /// What stands in it.
    pub text: Text,
}

impl Open {
    /// Whether it is a rule script.
    #[must_use]
    pub fn is_script(&self) -> bool {
        self.path.extension().is_some_and(|e| e == "rhai")
    }

    /// Whether it is a flow.
    #[must_use]
    pub fn is_flow(&self) -> bool {
        self.path.extension().is_some_and(|e| e == "flow")
    }
}

type Answer = Result<Value, Refusal>;

/// Answers a request.
///
/// # Errors
/// The request is not known, makes no sense, or cannot be done.
pub fn answer(books: &mut Books, method: &str, params: Value) -> Answer {
    let asked = Asked { books, params };
    match method {
        "textDocument/hover" => asked.at(|place| Ok(hover::hover(&place))),
        "textDocument/completion" => asked.complete(),
        "textDocument/signatureHelp" => asked.at(|place| Ok(signature::help(&place))),
        "textDocument/definition" => asked.at(|place| Ok(navigate::definition(&place))),
        "textDocument/implementation" => asked.at(|place| Ok(navigate::layers(&place))),
        "textDocument/references" => {
            let declared = asked.params.pointer("/context/includeDeclaration").and_then(Value::as_bool).unwrap_or(true);
            asked.at(|place| Ok(navigate::references(&place, declared)))
        }
        "textDocument/documentHighlight" => asked.at(|place| Ok(navigate::highlights(&place))),
        "textDocument/prepareRename" => asked.at(|place| rename::prepare(&place)),
        "textDocument/rename" => {
            let name = asked.params.get("newName").and_then(Value::as_str).unwrap_or("").to_owned();
            asked.at(|place| rename::rename(&place, &name))
        }
        "textDocument/documentSymbol" => asked.in_book(outline::of_file),
        "workspace/symbol" => asked.everywhere(outline::matching),
        "textDocument/foldingRange" => asked.open(|open| Ok(folding::ranges(open))),
        "textDocument/formatting" => asked.open(format::whole),
        "textDocument/rangeFormatting" => {
            let range: Range = asked.params.get("range").cloned().and_then(|r| serde_json::from_value(r).ok()).unwrap_or_default();
            asked.open(|open| format::within(open, range))
        }
        "textDocument/semanticTokens/full" => asked.tokens(),
        "textDocument/codeAction" => asked.fixes(),
        "textDocument/codeLens" => asked.in_book(lens::lenses),
        "workspace/executeCommand" => asked.command(),
        _ => Err(Refusal { code: ErrorCode::MethodNotFound as i32, message: format!("`{method}` is not something that bincard does") }),
    }
}

fn to_value(answer: impl Serialize) -> Answer {
    serde_json::to_value(answer).map_err(|error| Refusal { code: ErrorCode::InternalError as i32, message: error.to_string() })
}

struct Asked<'b> {
    books: &'b mut Books,
    params: Value,
}

impl Asked<'_> {
    fn path(&self) -> Result<PathBuf, Refusal> {
        let uri = self.params.pointer("/textDocument/uri").and_then(Value::as_str).map(|uri| Uri(uri.to_owned()));
        let missing = || Refusal { code: ErrorCode::InvalidParams as i32, message: "the request names no file".to_owned() };
        uri.and_then(|uri| uri::to_path(&uri)).ok_or_else(missing)
    }

    fn position(&self) -> Position {
        self.params.get("position").cloned().and_then(|p| serde_json::from_value(p).ok()).unwrap_or_default()
    }

    /// The place that is asked about; nothing where its file has no book.
    fn place(&mut self) -> Result<Result<Place, Homeless>, Refusal> {
        let path = self.path()?;
        let view = match self.books.view_of(&path) {
            Ok(view) => view,
            Err(homeless) => return Ok(Err(homeless)),
        };
        let Some(file) = view.file(&path) else { return Ok(Err(Homeless::NoBook)) };
        Ok(Ok(Place { view, file, position: self.position() }))
    }

    fn at<T: Serialize>(mut self, feature: impl FnOnce(Place) -> Result<T, Refusal>) -> Answer {
        match self.place()? {
            Ok(place) => to_value(feature(place)?),
            Err(_) => Ok(Value::Null),
        }
    }

    fn in_book<T: Serialize>(mut self, feature: impl FnOnce(&View, FileId) -> T) -> Answer {
        match self.place()? {
            Ok(place) => to_value(feature(&place.view, place.file)),
            Err(_) => Ok(Value::Null),
        }
    }

    /// A feature that works on the text alone.
    fn open<T: Serialize>(self, feature: impl FnOnce(&Open) -> Result<T, Refusal>) -> Answer {
        let path = self.path()?;
        let Some(buffer) = self.books.buffer(&path) else { return Ok(Value::Null) };
        to_value(feature(&Open { text: buffer.text.clone(), path })?)
    }

    fn everywhere<T: Serialize>(self, feature: impl Fn(&View, &str) -> Vec<T>) -> Answer {
        let query = self.params.get("query").and_then(Value::as_str).unwrap_or("").to_owned();
        let mut found = Vec::new();
        for root in self.books.roots() {
            if let Ok(view) = self.books.view(&root) {
                found.extend(feature(&view, &query));
            }
        }
        to_value(found)
    }

    fn complete(mut self) -> Answer {
        match self.place()? {
            Ok(place) => to_value(complete::complete(&place)),
            Err(_) => Ok(Value::Null),
        }
    }

    fn tokens(mut self) -> Answer {
        let path = self.path()?;
        let Some(buffer) = self.books.buffer(&path) else { return Ok(Value::Null) };
        let open = Open { text: buffer.text.clone(), path };
        let place = self.place()?.ok();
        to_value(tokens::tokens(&open, place.as_ref()))
    }

    fn fixes(mut self) -> Answer {
        let range: Range = self.params.get("range").cloned().and_then(|r| serde_json::from_value(r).ok()).unwrap_or_default();
        let only: Option<Vec<String>> = self.params.pointer("/context/only").cloned().and_then(|o| serde_json::from_value(o).ok());
        match self.place()? {
            Ok(place) => to_value(fixes::fixes(&place.view, place.file, range, only.as_deref())),
            Err(_) => Ok(Value::Null),
        }
    }

    fn command(self) -> Answer {
        let command = self.params.get("command").and_then(Value::as_str).unwrap_or("");
        if command != lens::COMMAND {
            return Err(Refusal { code: ErrorCode::InvalidParams as i32, message: format!("`{command}` is not a command of bincard") });
        }
        let words: Vec<&str> = self.params.get("arguments").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let [uri, workflow, transition] = words.as_slice() else { return Ok(json!([])) };
        let path = uri::to_path(&Uri((*uri).to_owned())).unwrap_or_default();
        match self.books.view_of(&path) {
            Ok(view) => to_value(lens::scenarios(&view, workflow, transition)),
            Err(_) => Ok(json!([])),
        }
    }
}
