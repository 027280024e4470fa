// Speaks the language server protocol with `bincard lsp` over its stdin and stdout. Knows nothing of the editor.
"use strict";

const { spawn } = require("child_process");

class Client {
  /**
   * @param {string} program the program to start
   * @param {{ gone: (why: string, missing: boolean) => void, log: (text: string) => void }} events
   */
  constructor(program, events) {
    this.waiting = new Map();
    this.handlers = new Map();
    this.last = 0;
    this.buffer = Buffer.alloc(0);
    this.stopping = false;
    this.child = spawn(program, ["lsp"], { stdio: ["pipe", "pipe", "pipe"] });
    const gone = (why, missing) => {
      this.waiting.forEach((request) => request.reject(new Error(why)));
      this.waiting.clear();
      if (!this.stopping) {
        this.stopping = true;
        events.gone(why, missing);
      }
    };
    this.child.on("error", (error) => gone(error.message, error.code === "ENOENT"));
    this.child.on("exit", (code, signal) => gone(`it ended with ${signal || code}`, false));
    this.child.stdin.on("error", () => {}); // told by `exit`
    this.child.stderr.on("data", (data) => events.log(data.toString()));
    this.child.stdout.on("data", (data) => this.receive(data));
  }

  on(method, handler) {
    this.handlers.set(method, handler);
  }

  send(message) {
    if (this.stopping && message.method !== "exit" && message.method !== "shutdown") return;
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    this.child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.child.stdin.write(body);
  }

  notify(method, params) {
    this.send({ method, params });
  }

  /** Asks the server; a token of the editor takes the request back. */
  request(method, params, token) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      if (token) token.onCancellationRequested(() => this.notify("$/cancelRequest", { id }));
      this.send({ id, method, params });
    });
  }

  receive(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /Content-Length: (\d+)/i.exec(this.buffer.toString("ascii", 0, end));
      const start = end + 4;
      const size = length ? Number(length[1]) : 0;
      if (this.buffer.length < start + size) return;
      const body = this.buffer.toString("utf8", start, start + size);
      this.buffer = this.buffer.subarray(start + size);
      if (body) this.take(JSON.parse(body));
    }
  }

  take(message) {
    if (message.method) {
      const handler = this.handlers.get(message.method);
      const result = handler ? handler(message.params) : null;
      if (message.id !== undefined) this.send({ id: message.id, result: result === undefined ? null : result });
      return;
    }
    const request = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (!request) return;
    if (message.error) request.reject(new Error(message.error.message));
    else request.resolve(message.result);
  }

  async stop() {
    if (this.stopping) return;
    this.stopping = true;
    try {
      await Promise.race([this.request("shutdown", null), new Promise((done) => setTimeout(done, 1000))]);
      this.notify("exit", null);
    } finally {
      setTimeout(() => this.child.kill(), 1000).unref();
    }
  }
}

module.exports = { Client };
