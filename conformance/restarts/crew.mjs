// The processes of one app on one sidecar, each started and ended by itself.

import { rmSync } from "node:fs";
import path from "node:path";

import { end, environment, House, root } from "../clients/house.mjs";
import { children } from "../clients/webapp.mjs";
import { Journal } from "./journal.mjs";
import { languages } from "./languages.mjs";
import { Overseer } from "./link.mjs";
import { pause } from "./trial.mjs";

const patience = 120000; // ms for a process to come up or to end, on a machine that is busy

/** What a new process is told of the deploy that it belongs to. */
const deploy = ({ generation, hook }) => ({ REALTIME_GENERATION: generation, ...(hook ? {} : { HOOK: "none" }) });

export class Crew {
  running = new Map(); // member → its process
  /** Generations, the newest last: the one that last went from no process that takes events to one. */
  generations = [];

  /** `nursery` is one of the language, `flags` are the sidecar's. */
  static async open(language, nursery, flags = []) {
    const crew = new Crew();
    Object.assign(crew, { language, nursery });
    crew.house = await House.open({ app: false, flags: ["--log-level", "info", ...flags] });
    crew.overseer = await Overseer.open(crew.house.socket);
    crew.journal = new Journal(path.join(root, "tmp", "restarts", `${process.pid}-${performance.now()}.jsonl`));
    crew.env = { JOURNAL: crew.journal.path, REALTIME_ENV: "test", REALTIME_HANDLER_THREADS: "4" };
    return crew;
  }

  /** Ends everything, whatever state it is in. */
  async close() {
    for (const member of [...this.running.keys()]) await this.#finish(member, "SIGKILL");
    this.overseer.close();
    await this.house.close();
    this.journal.remove();
  }

  /**
   * Starts one and resolves when the sidecar knows it. A member is
   * `{name, script: "web" | "work" | "job", generation, hook}`.
   */
  async start(member) {
    const { script, web, env } = languages[this.language];
    const socket = path.join(this.house.directory, `${member.name.replace(" ", "-")}.sock`);
    const line = member.script === "web" ? web(socket) : script(member.script);
    const options = { ...environment, ...env, ...this.env, REALTIME_SOCKET: this.house.socket, ...deploy(member) };
    rmSync(socket, { force: true }); // of one that was killed
    this.running.set(member, await this.nursery.start(line, { cwd: this.house.directory, env: options }));
    if (member.script !== "job") this.#rank(member);
    await this.#settled();
  }

  /** Ends one and resolves when it is gone, and the sidecar knows that. */
  async end(member, signal) {
    await this.#finish(member, signal);
    await this.#settled();
  }

  /** The members that run and take events. */
  handlers() {
    return [...this.running.keys()].filter(({ script }) => script !== "job");
  }

  /** The members that run and have the connect hook. */
  guards() {
    return this.handlers().filter(({ hook }) => hook);
  }

  /** The generation that is to be asked now: the newest that has the connect hook. */
  newest() {
    return this.generations.findLast((generation) => this.guards().some((member) => member.generation === generation));
  }

  /** What the connect hooks of all processes have noted about one socket. */
  asked(id) {
    return this.journal.refresh().filter(({ what, socket }) => what === "asked" && socket === id);
  }

  async until(condition, what) {
    const deadline = performance.now() + patience;
    while (!(await condition())) {
      const fallen = [...this.running].find(([, { child }]) => child.exitCode !== null || child.signalCode !== null);
      if (fallen || performance.now() > deadline) {
        const why = fallen ? `${fallen[0].name} has ended` : "too long";
        const logs = [this.house.sidecar.log, this.nursery.process.log].map((log) => log.slice(-30).join("\n"));
        throw new Error(`waited in vain for ${what} (${why}):\n${logs.join("\n\n")}`);
      }
      await pause(25); // each look asks the sidecar
    }
  }

  #rank({ generation }) {
    if (this.handlers().filter((member) => member.generation === generation).length > 1) return;
    this.generations = [...this.generations.filter((other) => other !== generation), generation];
  }

  async #finish(member, signal) {
    const process = this.running.get(member);
    this.running.delete(member);
    // The worker of a master that is killed would find out late.
    const workers = signal === "SIGKILL" ? children(process.child.pid) : [];
    await end(process, signal);
    for (const pid of workers) kill(pid);
  }

  /** The sidecar keeps count of those that take events. */
  async #settled() {
    const count = this.handlers().length;
    await this.until(async () => (await this.overseer.counters()).handlers === count, `${count} that take events`);
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it was faster
  }
}
