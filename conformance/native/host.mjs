// The process that has the server inside: soak.rb or soak.py.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { environment, python, root } from "../clients/house.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
const library = process.env.REALTIME_LIBRARY ?? path.join(root, "lib/librealtime.so");
const tail = 40; // lines of its log that are kept

const programs = {
  ruby: { command: ["ruby", "-I", path.join(root, "bindings/ruby/lib"), path.join(folder, "soak.rb")], env: {} },
  python: { command: [python, path.join(folder, "soak.py")], env: { PYTHONPATH: path.join(root, "bindings/python/src") } },
};

export class Host {
  log = [];
  trouble = []; // lines of its log that should not be there
  #heard = new Map(); // word → what it said with it
  #waiting = new Map(); // word → resolve

  /** Starts one and resolves when its server listens. */
  static async open(language) {
    const host = new Host();
    host.directory = mkdtempSync(path.join(tmpdir(), "realtime-"));
    const { command, env } = programs[language];
    host.child = spawn(command[0], command.slice(1), {
      cwd: host.directory,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...environment, ...env, REALTIME_LIBRARY: library, REALTIME_SOCKET: path.join(host.directory, "realtime.sock"), REALTIME_ENV: "test" },
    });
    host.ended = once(host.child, "exit");
    host.child.stdin.on("error", () => {}); // it has ended, which whoever waits for its words is told
    createInterface({ input: host.child.stdout }).on("line", (line) => host.#hear(JSON.parse(line)));
    createInterface({ input: host.child.stderr }).on("line", (line) => host.#note(line));
    try {
      host.url = (await host.says("listening")).url;
    } catch (error) {
      await host.close();
      throw error;
    }
    return host;
  }

  /** Resolves to what the host says with a word, once it does. */
  async says(word) {
    if (this.#heard.has(word)) return this.#heard.get(word);
    const said = new Promise((resolve) => this.#waiting.set(word, resolve));
    const gone = this.ended.then(([code, signal]) => {
      if (!this.#heard.has(word)) throw new Error(`the host has ended (${code ?? signal}) before it said "${word}":\n${this.log.join("\n")}`);
    });
    await Promise.race([said, gone]);
    return this.#heard.get(word);
  }

  tell(word) {
    this.child.stdin.write(`${word}\n`);
  }

  signal(name) {
    this.child.kill(name);
  }

  async close() {
    this.child.kill("SIGKILL");
    await this.ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  #hear({ say, ...more }) {
    this.#heard.set(say, more);
    this.#waiting.get(say)?.(more);
  }

  #note(line) {
    this.log.push(line);
    if (this.log.length > tail) this.log.shift();
    if (/level=(ERROR|WARN)|panic|Traceback|Error/.test(line) && this.trouble.length < tail) this.trouble.push(line);
  }
}
