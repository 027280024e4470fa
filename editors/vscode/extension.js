// Flows and rules of bincard in VS Code: starts `bincard lsp` and asks it whatever the editor wants to know.
"use strict";

const vscode = require("vscode");
const { Client } = require("./client");
const convert = require("./convert");

const LANGUAGES = ["flow", "rhai"];
const SELECTOR = LANGUAGES.map((language) => ({ scheme: "file", language }));
const SCENARIOS = "bincard.scenarios";

let client;
let findings;
let output;

async function activate(context) {
  output = vscode.window.createOutputChannel("bincard");
  findings = vscode.languages.createDiagnosticCollection("bincard");
  context.subscriptions.push(output, findings);
  context.subscriptions.push(vscode.commands.registerCommand("bincard.restart", () => restart(context)));
  context.subscriptions.push(vscode.commands.registerCommand(SCENARIOS, showScenarios));
  follow(context);
  await start(context);
}

async function deactivate() {
  if (client) await client.stop();
}

async function restart(context) {
  await deactivate();
  findings.clear();
  await start(context);
}

async function start(context) {
  const program = vscode.workspace.getConfiguration("bincard").get("path", "bincard");
  client = new Client(program, { gone: (why, missing) => gone(program, why, missing), log: (text) => output.append(text) });
  client.on("textDocument/publishDiagnostics", (told) => findings.set(vscode.Uri.parse(told.uri, true), told.diagnostics.map(convert.diagnostic)));
  const folders = (vscode.workspace.workspaceFolders || []).map((folder) => ({ uri: folder.uri.toString(), name: folder.name }));
  let offered;
  try {
    offered = await client.request("initialize", { processId: process.pid, rootUri: null, workspaceFolders: folders, capabilities: {} });
  } catch {
    return; // told by `gone`
  }
  client.notify("initialized", {});
  vscode.workspace.textDocuments.forEach(opened);
  if (!context.bincardProviders) {
    context.bincardProviders = true;
    context.subscriptions.push(...providers(offered.capabilities));
  }
}

async function gone(program, why, missing) {
  const message = missing
    ? `The program \`${program}\` was not found. Install bincard (cargo install --path .), or say in the settings where it is.`
    : `The language server of bincard has stopped: ${why}.`;
  output.appendLine(message);
  const choice = await vscode.window.showErrorMessage(message, missing ? "Open settings" : "Start anew");
  if (choice === "Open settings") vscode.commands.executeCommand("workbench.action.openSettings", "bincard.path");
  if (choice === "Start anew") vscode.commands.executeCommand("bincard.restart");
}

const ours = (document) => document.uri.scheme === "file" && (LANGUAGES.includes(document.languageId) || document.fileName.endsWith("bincard.yaml"));
const named = (document) => ({ textDocument: { uri: document.uri.toString() } });
const placed = (document, position) => ({ ...named(document), position: { line: position.line, character: position.character } });

function opened(document) {
  if (!ours(document)) return;
  const { languageId, version } = document;
  client.notify("textDocument/didOpen", { textDocument: { uri: document.uri.toString(), languageId, version, text: document.getText() } });
}

/** Tells the server what happens to files. */
function follow(context) {
  const { workspace } = vscode;
  const tell = (method, params) => client && client.notify(method, params);
  context.subscriptions.push(
    workspace.onDidOpenTextDocument((document) => client && opened(document)),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (!ours(document) || contentChanges.length === 0) return;
      const changes = contentChanges.map(({ range, text }) => ({ range: { start: range.start, end: range.end }, text }));
      tell("textDocument/didChange", { textDocument: { uri: document.uri.toString(), version: document.version }, contentChanges: changes });
    }),
    workspace.onDidSaveTextDocument((document) => ours(document) && tell("textDocument/didSave", named(document))),
    workspace.onDidCloseTextDocument((document) => ours(document) && tell("textDocument/didClose", named(document))),
    workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const folders = (list) => list.map((folder) => ({ uri: folder.uri.toString(), name: folder.name }));
      tell("workspace/didChangeWorkspaceFolders", { event: { added: folders(added), removed: folders(removed) } });
    }),
  );
  const watcher = workspace.createFileSystemWatcher("**/{*.flow,*.rhai,bincard.yaml}");
  const changed = (type) => (uri) => tell("workspace/didChangeWatchedFiles", { changes: [{ uri: uri.toString(), type }] });
  context.subscriptions.push(watcher, watcher.onDidCreate(changed(1)), watcher.onDidChange(changed(2)), watcher.onDidDelete(changed(3)));
}

/** The scenarios that fire a transition, in a peek view. */
async function showScenarios(file, workflow, transition) {
  const found = await client.request("workspace/executeCommand", { command: SCENARIOS, arguments: [file, workflow, transition] });
  if (found.length === 0) {
    vscode.window.showInformationMessage(`No scenario fires ${transition} of ${workflow}.`);
    return;
  }
  const places = found.map((scenario) => convert.location(scenario.location));
  await vscode.commands.executeCommand("editor.action.showReferences", places[0].uri, places[0].range.start, places);
}

function providers(offered) {
  const { languages } = vscode;
  const ask = (method, params, token) => client.request(method, params, token);
  const range = (r) => ({ start: r.start, end: r.end });
  const legend = new vscode.SemanticTokensLegend(offered.semanticTokensProvider.legend.tokenTypes, offered.semanticTokensProvider.legend.tokenModifiers);
  return [
    languages.registerHoverProvider(SELECTOR, {
      provideHover: async (document, position, token) => {
        const hover = await ask("textDocument/hover", placed(document, position), token);
        return hover && new vscode.Hover(convert.markdown(hover.contents), hover.range && convert.range(hover.range));
      },
    }),
    languages.registerCompletionItemProvider(
      SELECTOR,
      { provideCompletionItems: async (document, position, token) => ((await ask("textDocument/completion", placed(document, position), token)) || []).map(convert.completion) },
      ...offered.completionProvider.triggerCharacters,
    ),
    languages.registerSignatureHelpProvider(
      SELECTOR,
      {
        provideSignatureHelp: async (document, position, token) => {
          const help = await ask("textDocument/signatureHelp", placed(document, position), token);
          if (!help) return undefined;
          const made = new vscode.SignatureHelp();
          made.signatures = help.signatures.map(convert.signature);
          made.activeSignature = help.activeSignature || 0;
          made.activeParameter = help.activeParameter || 0;
          return made;
        },
      },
      ...offered.signatureHelpProvider.triggerCharacters,
    ),
    languages.registerDefinitionProvider(SELECTOR, {
      provideDefinition: async (document, position, token) => convert.locations(await ask("textDocument/definition", placed(document, position), token)),
    }),
    languages.registerImplementationProvider(SELECTOR, {
      provideImplementation: async (document, position, token) => convert.locations(await ask("textDocument/implementation", placed(document, position), token)),
    }),
    languages.registerReferenceProvider(SELECTOR, {
      provideReferences: async (document, position, context, token) =>
        convert.locations(await ask("textDocument/references", { ...placed(document, position), context }, token)),
    }),
    languages.registerDocumentHighlightProvider(SELECTOR, {
      provideDocumentHighlights: async (document, position, token) =>
        ((await ask("textDocument/documentHighlight", placed(document, position), token)) || []).map((h) => new vscode.DocumentHighlight(convert.range(h.range), h.kind - 1)),
    }),
    languages.registerRenameProvider(SELECTOR, {
      prepareRename: async (document, position, token) => convert.range(await ask("textDocument/prepareRename", placed(document, position), token)),
      provideRenameEdits: async (document, position, newName, token) =>
        convert.workspaceEdit(await ask("textDocument/rename", { ...placed(document, position), newName }, token)),
    }),
    languages.registerDocumentSymbolProvider(SELECTOR, {
      provideDocumentSymbols: async (document, token) => ((await ask("textDocument/documentSymbol", named(document), token)) || []).map(convert.symbol),
    }),
    languages.registerWorkspaceSymbolProvider({
      provideWorkspaceSymbols: async (query, token) => ((await ask("workspace/symbol", { query }, token)) || []).map(convert.workspaceSymbol),
    }),
    languages.registerFoldingRangeProvider(SELECTOR, {
      provideFoldingRanges: async (document, _context, token) => ((await ask("textDocument/foldingRange", named(document), token)) || []).map(convert.fold),
    }),
    languages.registerDocumentFormattingEditProvider(SELECTOR.slice(0, 1), {
      provideDocumentFormattingEdits: async (document, options, token) => convert.edits(await ask("textDocument/formatting", { ...named(document), options }, token)),
    }),
    languages.registerDocumentRangeFormattingEditProvider(SELECTOR.slice(0, 1), {
      provideDocumentRangeFormattingEdits: async (document, lines, options, token) =>
        convert.edits(await ask("textDocument/rangeFormatting", { ...named(document), range: range(lines), options }, token)),
    }),
    languages.registerCodeActionsProvider(
      SELECTOR,
      {
        provideCodeActions: async (document, lines, context, token) => {
          const only = context.only ? [context.only.value] : undefined;
          const found = await ask("textDocument/codeAction", { ...named(document), range: range(lines), context: { diagnostics: [], only } }, token);
          return (found || []).map(convert.action);
        },
      },
      { providedCodeActionKinds: offered.codeActionProvider.codeActionKinds.map((kind) => new vscode.CodeActionKind(kind)) },
    ),
    languages.registerCodeLensProvider(SELECTOR.slice(0, 1), {
      provideCodeLenses: async (document, token) => ((await ask("textDocument/codeLens", named(document), token)) || []).map(convert.lens),
    }),
    languages.registerDocumentSemanticTokensProvider(
      SELECTOR,
      {
        provideDocumentSemanticTokens: async (document, token) => {
          const tokens = await ask("textDocument/semanticTokens/full", named(document), token);
          return tokens && new vscode.SemanticTokens(Uint32Array.from(tokens.data));
        },
      },
      legend,
    ),
  ];
}

module.exports = { activate, deactivate };
