// A host in a process of its own, by lines of its standard input and output.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { Host } from "./host.mjs";

export function child([command, ...args], options) {
  const process = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  const ended = once(process, "close");
  const host = new Host((messages) => {
    for (const message of messages) process.stdin.write(`${JSON.stringify(message)}\n`);
  });
  const errors = [];
  createInterface({ input: process.stdout }).on("line", (line) => host.heard(JSON.parse(line)));
  createInterface({ input: process.stderr }).on("line", (line) => errors.push(line));
  process.stdin.on("error", () => {}); // the process has ended, which is told below
  ended
    .then(([code, signal]) => host.failed(new Error(`${command} ended (${code ?? signal}):\n${errors.join("\n")}`)))
    .catch((error) => host.failed(error)); // it was not even started
  host.close = async () => {
    process.kill();
    await ended;
  };
  return host;
}
