// The two ways to run the server, of which REALTIME_TEST_WAY names one: "socket", a sidecar that the app's
// processes connect to, or "library", inside the app's own process.

import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = process.env.REALTIME_BIN ?? path.join(root, "bin/realtime");
export const library = process.env.REALTIME_LIBRARY
  ?? path.join(root, `lib/librealtime.${process.platform === "darwin" ? "dylib" : "so"}`);

const way = process.env.REALTIME_TEST_WAY || "socket";
if (!["socket", "library"].includes(way)) throw new Error(`REALTIME_TEST_WAY is socket or library, not ${way}`);

export const inLibrary = way === "library";

/** For node:test's options: a test or suite that makes no sense over the library, and why. */
export const sidecarOnly = (why) => ({ skip: inLibrary && why });

/** The flags of `realtime serve` as the variables of the same options. A flag without a value is switched on. */
export function variables(flags) {
  const isFlag = (word) => word?.startsWith("--");
  const found = {};
  flags.forEach((word, i) => {
    if (!isFlag(word)) return;
    const [, name, given] = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    const behind = isFlag(flags[i + 1]) ? undefined : flags[i + 1];
    found[`REALTIME_${name.replaceAll("-", "_").toUpperCase()}`] = given ?? behind ?? "true";
  });
  return found;
}
