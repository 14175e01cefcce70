// The example apps, each with a database and a socket of its own in a new folder.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../../clients/house.mjs";
import { Desk } from "./desk.js";
import { REPOSITORY, Sidecar } from "./sidecar.js";

const execute = promisify(execFile);

// The Python that has Django: the one `make` prepares, else the one Debian's packages belong to.
const PREPARED = join(REPOSITORY, ".venv/bin/python");
const PYTHON = process.env.PYTHON ?? (existsSync(PREPARED) ? PREPARED : "/usr/bin/python3");

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

// What waits for an app that is away waits until it is back, however long that takes a busy machine. The ends of
// connections stand in the log below the usual level.
const PATIENT = {
  REALTIME_MAX_WAITING_AGE: "5m", REALTIME_HOLD_TIMEOUT: "5m", REALTIME_APP_GRACE: "5m", REALTIME_LOG_LEVEL: "debug",
};

class Example {
  #desk;

  // Makes the example ready, as its users do.
  static async create() {
    const example = new this(await mkdtemp(join(tmpdir(), "realtime-")));
    await example.command("bin/setup");
    return example;
  }

  constructor(folder, scratch, environment) {
    this.folder = join(REPOSITORY, "examples", folder);
    this.scratch = scratch;
    this.environment = { REALTIME_SOCKET: join(scratch, "realtime.sock"), ...PATIENT, ...environment };
  }

  // Runs a command of the app, beside the one that serves, and returns what it printed.
  async command(file, ...args) {
    const { stdout } = await execute(file, args, { cwd: this.folder, env: { ...process.env, ...this.environment } });
    return stdout;
  }

  async run(...command) {
    this.sidecar = await Sidecar.run({ folder: this.folder, command, environment: this.environment });
    return this.sidecar;
  }

  // The same without a sidecar: the app has the server inside, and its own web server on another port.
  async host(...program) {
    const environment = { ...this.environment, REALTIME_NATIVE: "1", REALTIME_LISTEN: "127.0.0.1:0", PORT: `${await freePort()}` };
    this.sidecar = await Sidecar.within({ folder: this.folder, program, environment });
  }

  // Has a process that stays do one thing, beside those that serve; it is started by the program when first asked.
  atTheDesk(program, order) {
    this.#desk ??= new Desk(program, this.folder, this.environment);
    return this.#desk.command(order);
  }

  async stop() {
    await this.#desk?.close();
    await this.sidecar?.stop();
    await rm(this.scratch, { recursive: true });
  }
}

export class RailsExample extends Example {
  constructor(scratch) {
    super("rails", scratch, {
      DATABASE_URL: `sqlite3:${join(scratch, "chat.sqlite3")}`,
      PIDFILE: join(scratch, "server.pid"),
    });
  }

  serve() {
    return this.run("bin/rails", "server");
  }

  serveItself() {
    return this.host("bin/rails", "server");
  }

  runner(ruby) {
    return this.command("bin/rails", "runner", ruby);
  }

  // The same without what it prints, by a process that stays for the next.
  tell(ruby) {
    return this.atTheDesk(["bin/rails", "runner", beside("desk.rb")], ruby);
  }
}

export class DjangoExample extends Example {
  constructor(scratch) {
    super("django", scratch, { DATABASE: join(scratch, "board.sqlite3"), PYTHON });
  }

  serve() {
    return this.run(PYTHON, "-m", "gunicorn");
  }

  serveItself() {
    return this.host(PYTHON, "-m", "gunicorn");
  }

  manage(...args) {
    return this.command(PYTHON, "manage.py", ...args);
  }

  // The same without what it prints, by a process that stays for the next.
  tell(...words) {
    return this.atTheDesk([PYTHON, beside("desk.py")], words);
  }
}
