// Programs that run to their end, and what they print.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { printed } from "./blocks.js";

const execute = promisify(execFile);
const PATIENCE = 120_000;

/** Runs a command and returns what it printed, both streams. Throws when it fails. */
export async function run([file, ...args], folder, environment) {
  try {
    const { stdout, stderr } = await execute(file, args, { cwd: folder, env: { ...process.env, ...environment }, timeout: PATIENCE });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${[file, ...args].join(" ")} failed: ${error.message}\n${error.stdout}\n${error.stderr}`, { cause: error });
  }
}

/** Compares what was printed with the guide's block of output, if it has one. */
export function check(output, expected) {
  if (!printed(output, expected)) throw new Error(`this was expected:\n${expected}\nand this was printed:\n${output}`);
}
