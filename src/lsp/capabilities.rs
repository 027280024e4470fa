//! What the server offers to an editor, and what it reads from the editor's greeting.
//!
//! Must not know features beyond their names. Tests: `tests/it/editor_basics.rs`.

use std::path::PathBuf;

use gen_lsp_types::Uri;
use serde_json::{Value, json};

use super::{fixes, lens, tokens, uri};

/// What the server offers.
#[must_use]
pub fn offered() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 2, "save": {} },
        "completionProvider": { "triggerCharacters": [".", ":", " ", "\"", ">"] },
        "hoverProvider": true,
        "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
        "definitionProvider": true,
        "implementationProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "codeActionProvider": { "codeActionKinds": fixes::KINDS },
        "codeLensProvider": { "resolveProvider": false },
        "documentFormattingProvider": true,
        "documentRangeFormattingProvider": true,
        "renameProvider": { "prepareProvider": true },
        "foldingRangeProvider": true,
        "executeCommandProvider": { "commands": [lens::COMMAND] },
        "semanticTokensProvider": { "legend": { "tokenTypes": tokens::TYPES, "tokenModifiers": tokens::MODIFIERS }, "full": true },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    })
}

/// The folders that the editor has open.
#[must_use]
pub fn folders(params: &Value) -> Vec<PathBuf> {
    let listed = params.get("workspaceFolders").and_then(Value::as_array).into_iter().flatten().filter_map(|f| f.get("uri"));
    let root = params.get("rootUri");
    let uris = listed.chain(root).filter_map(Value::as_str).map(|uri| Uri(uri.to_owned()));
    uris.filter_map(|uri| uri::to_path(&uri)).collect()
}

/// The wish to be told of files that change on disk, for editors that can.
#[must_use]
pub fn watch(params: &Value) -> Option<Value> {
    let can = params.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration").and_then(Value::as_bool)?;
    let watchers: Vec<Value> = ["**/*.flow", "**/*.rhai", "**/bincard.yaml"].iter().map(|glob| json!({ "globPattern": glob })).collect();
    let options = json!({ "watchers": watchers });
    can.then(|| json!({ "registrations": [{ "id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": options }] }))
}
