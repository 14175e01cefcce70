// Does what a guide says, from its first block to its last, with an app that begins as a small one of
// apps/ and grows by the guide's files. The app is started when something first needs it, and again
// when files were written since that it does not read by itself.

import { existsSync } from "node:fs";
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { REPOSITORY, Sidecar } from "../../browser/support/sidecar.js";
import { steps } from "./blocks.js";
import { ClientBlock, PageBlock } from "./clients.js";
import { apps, prepared } from "./apps.js";
import { Beside, check, run } from "./commands.js";

const read = (guide) => readFile(join(REPOSITORY, "docs/guides", guide), "utf8");

/** Runs a guide, over the files of the one it comes after. Throws with the file, the line and what was seen when a block does not do what it should. */
export async function follow(file, { app, after = null, shown = 0, native = false, browser = null }) {
  const all = steps(await read(file));
  const unseen = all.filter(({ kind }) => kind === "shown");
  if (unseen.length !== shown) {
    throw new Error(`${file}: ${unseen.length} blocks are only shown, ${shown} were expected: ${unseen.map(({ line, why }) => `line ${line}, ${why}`).join("; ")}`);
  }
  let guide = new Guide(app, browser, native);
  try {
    await guide.begin();
    if (after) await guide.takeFilesOf(after);
    for (const [at, step] of all.entries()) {
      if (step.kind === "app") {
        await guide.end();
        guide = new Guide(step.app, browser, native);
        await guide.begin();
        continue;
      }
      const output = all[at + 1]?.kind === "output" ? all[at + 1].text : "";
      await guide.take(step, output).catch((error) => {
        throw new Error(`${file}:${step.line}: ${error.message}\n${guide.log()}`, { cause: error });
      });
    }
  } finally {
    await guide.end();
  }
}

class Guide {
  #name;
  #app;
  #browser;
  #native; // the app has the server inside
  #folder;
  #command;
  #sidecar = null;
  #stale = false; // the app has to be started anew: files were written, or another command starts it
  #beside = []; // programs that run beside the app
  #besideStale = false; // files were written since they started
  #cookie = null;

  constructor(name, browser, native) {
    if (name && !apps[name]) throw new Error(`there is no app "${name}"`);
    this.#name = name;
    this.#app = apps[name];
    this.#browser = browser;
    this.#native = native;
    this.#command = this.#app?.start ?? null;
  }

  async begin() {
    this.#folder = await mkdtemp(join(tmpdir(), "guide-"));
    if (!this.#app) return;
    await cp(await prepared(this.#name), this.#folder, { recursive: true });
  }

  async takeFilesOf(guide) {
    for (const step of steps(await read(guide))) {
      if (step.kind === "file") await this.#write(step);
      if (step.kind === "commands" && this.#app.generator?.test(step.text)) await this.#commands(step.text, "");
    }
  }

  async take(step, output) {
    switch (step.kind) {
      case "file": return this.#write(step);
      case "commands": return this.#commands(step.text, output);
      case "start": return this.#startWith(step.text);
      case "beside": return void this.#beside.push(new Beside(step.text.trim(), this.#folder, this.#environment()));
      case "console": return check(await this.#console(step), output);
      case "client": return new ClientBlock(await this.#running(), this.#cookie).run(step.text, output);
      case "page": return new PageBlock(await this.#browser(), (await this.#running()) + (step.path ?? ""), this.#cookie).run(step.text, output);
      case "sign in": return this.#signIn(step.user);
      case "sign out": return void (this.#cookie = null);
      case "restart": return this.#changed();
      case "alone": return this.#endBeside();
      default: return undefined; // output belongs to the block before it; what is shown is not run
    }
  }

  async end() {
    await Promise.all([this.#sidecar?.stop(), this.#endBeside()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  log() {
    return [this.#sidecar?.log() ?? "", ...this.#beside.map((program) => program.log())].join("\n");
  }

  #changed() {
    this.#stale = this.#besideStale = true;
  }

  async #write({ path, text, more }) {
    const file = join(this.#folder, path);
    const isNew = !existsSync(file);
    await mkdir(dirname(file), { recursive: true });
    await (more ? appendFile(file, `\n${text}`) : writeFile(file, text));
    if (!this.#app?.reloads?.(path, isNew)) this.#changed();
  }

  async #commands(text, output) {
    let seen = "";
    for (const line of text.split("\n").filter((each) => each.trim() && !each.startsWith("#"))) {
      const [stand, ...rest] = this.#app?.instead?.(line) ?? ["bash", "-ec", line];
      seen += await run([stand, ...rest], this.#folder, this.#environment());
      if (!this.#app?.looks?.test(line)) this.#changed();
    }
    check(seen, output);
  }

  async #startWith(text) {
    this.#command = text.trim();
    this.#stale = true;
    await this.#running();
  }

  #start() {
    const program = this.#command.split(" ");
    const shared = { folder: this.#folder, environment: this.#environment() };
    if (this.#native) return Sidecar.within({ ...shared, program: ["env", ...program, ...(this.#app.anyPort ?? [])] });
    if (program.slice(0, 2).join(" ") === "realtime run") return Sidecar.run({ ...shared, command: program.slice(2) });
    const [file, verb, ...rest] = program;
    if (verb === "run") return Sidecar.started({ ...shared, program: [file, verb, "--listen", "127.0.0.1:0", ...rest] });
    return Sidecar.started({ ...shared, program: [...program, ...this.#app.anyPort] });
  }

  #console(step) {
    return run(this.#app.console(step.text), this.#folder, this.#environment());
  }

  async #running() {
    if (this.#besideStale) await Promise.all(this.#beside.map((program) => program.stop()));
    if (!this.#sidecar || this.#stale) {
      await this.#sidecar?.stop();
      this.#sidecar = await this.#start();
    }
    this.#stale = this.#besideStale = false;
    for (const program of this.#beside) program.start();
    return this.#sidecar.url;
  }

  async #endBeside() {
    await Promise.all(this.#beside.splice(0).map((program) => program.stop()));
  }

  async #signIn(user) {
    const response = await fetch(`${await this.#running()}/session`, {
      method: "POST", redirect: "manual", body: new URLSearchParams({ name: user }),
    });
    this.#cookie = response.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
    if (!this.#cookie) throw new Error(`signing in gave ${response.status} and no cookie: ${await response.text()}`);
  }

  #environment() {
    const url = this.#sidecar ? { APP_URL: this.#sidecar.url } : {};
    const anyPort = this.#native ? { REALTIME_LISTEN: "127.0.0.1:0", PORT: "0" } : {};
    return { ...this.#app?.environment, ...url, ...anyPort, REALTIME_SOCKET: join(this.#folder, "realtime.sock"), PIDFILE: join(this.#folder, "server.pid") };
  }
}
