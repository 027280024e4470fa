// Turns what the protocol says into what VS Code wants, and back.
"use strict";

const vscode = require("vscode");

const position = (p) => new vscode.Position(p.line, p.character);
const range = (r) => new vscode.Range(position(r.start), position(r.end));
const uri = (text) => vscode.Uri.parse(text, true);
const location = (l) => new vscode.Location(uri(l.uri), range(l.range));
const locations = (list) => (list || []).map(location);
const edit = (e) => new vscode.TextEdit(range(e.range), e.newText);
const edits = (list) => (list || []).map(edit);
const markdown = (content) => new vscode.MarkdownString(typeof content === "string" ? content : content.value);

function diagnostic(d) {
  const made = new vscode.Diagnostic(range(d.range), d.message, d.severity - 1);
  made.code = d.codeDescription ? { value: d.code, target: uri(d.codeDescription.href) } : d.code;
  made.source = d.source;
  made.tags = d.tags;
  made.relatedInformation = (d.relatedInformation || []).map((r) => new vscode.DiagnosticRelatedInformation(location(r.location), r.message));
  return made;
}

function workspaceEdit(from) {
  const made = new vscode.WorkspaceEdit();
  Object.entries(from.changes || {}).forEach(([file, list]) => made.set(uri(file), edits(list)));
  (from.documentChanges || []).forEach((change) => {
    if (change.kind === "create") made.createFile(uri(change.uri), change.options || {});
    else change.edits.forEach((e) => made.replace(uri(change.textDocument.uri), range(e.range), e.newText));
  });
  return made;
}

function completion(item) {
  // The kinds of VS Code count from 0, those of the protocol from 1.
  const made = new vscode.CompletionItem(item.label, item.kind - 1);
  made.detail = item.detail;
  made.sortText = item.sortText;
  made.insertText = item.insertText || item.label;
  if (item.documentation) made.documentation = markdown(item.documentation);
  return made;
}

function action(a) {
  const made = new vscode.CodeAction(a.title, new vscode.CodeActionKind(a.kind));
  made.isPreferred = a.isPreferred;
  made.diagnostics = (a.diagnostics || []).map(diagnostic);
  if (a.edit) made.edit = workspaceEdit(a.edit);
  return made;
}

function symbol(s) {
  const made = new vscode.DocumentSymbol(s.name, s.detail || "", s.kind - 1, range(s.range), range(s.selectionRange));
  made.children = (s.children || []).map(symbol);
  return made;
}

function signature(s) {
  const made = new vscode.SignatureInformation(s.label, s.documentation ? markdown(s.documentation) : undefined);
  made.parameters = (s.parameters || []).map((p) => new vscode.ParameterInformation(p.label));
  return made;
}

const lens = (l) => new vscode.CodeLens(range(l.range), l.command);
const fold = (f) => new vscode.FoldingRange(f.startLine, f.endLine, f.kind === "comment" ? vscode.FoldingRangeKind.Comment : vscode.FoldingRangeKind.Region);
const workspaceSymbol = (s) => new vscode.SymbolInformation(s.name, s.kind - 1, s.containerName || "", location(s.location));

module.exports = { range, location, locations, edits, markdown, diagnostic, workspaceEdit, completion, action, symbol, signature, lens, fold, workspaceSymbol };
