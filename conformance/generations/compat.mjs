// docs/protocol/compat.md, as the tests have found it: node compat.mjs [--write] NAME…
//
// Each NAME is a suite that has left its results, see results.mjs, and a section of the document between two
// comments that say so. Without --write the document must already be what the results make of it. Over the library it
// is only compared: the document is the sidecar's, and there is no other.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { inLibrary, root } from "../clients/ways.mjs";
import { cases } from "./cases/all.mjs";
import { recovery } from "./cases/recovery.mjs";
import { folder } from "./results.mjs";

const document = path.join(root, "docs/protocol/compat.md");
const features = [...cases, ...recovery].map(({ feature }) => feature);
const transports = ["polling", "WebSocket", "polling, then WebSocket"];
const signs = { ok: "✓", "n/a": "n/a", fails: "✗" };

/** By their place in a list, what stands in none behind it by name, numbers in names by their size. */
const inOrder = (list) => (a, b) => {
  const [i, j] = [a, b].map((each) => (list.includes(each) ? list.indexOf(each) : list.length));
  return i - j || a.localeCompare(b, "en", { numeric: true });
};

const distinct = (cells, key, list = []) => [...new Set(cells.map((cell) => cell[key]))].sort(inOrder(list));

/** The lines of one section: a table for each transport, with the clients that have it, and the reasons. */
export function section(cells) {
  const reasons = distinct(cells.filter(({ reason }) => reason), "reason");
  const sign = (cell) => {
    if (!cell) return " ";
    if (cell.result !== "ok" && !cell.reason) throw new Error(`no reason: ${JSON.stringify(cell)}`);
    return signs[cell.result] + (cell.reason ? ` (${reasons.indexOf(cell.reason) + 1})` : "");
  };
  const tables = distinct(cells, "transport", transports).flatMap((transport) => {
    const here = cells.filter((cell) => cell.transport === transport);
    const clients = distinct(here, "client");
    const rows = distinct(here, "feature", features).map((feature) => [feature, ...clients.map((client) =>
      sign(here.find((cell) => cell.client === client && cell.feature === feature)))]);
    return [`### ${transport[0].toUpperCase()}${transport.slice(1)}`, "", ...table(["", ...clients], rows), ""];
  });
  return [...tables, ...reasons.map((reason, i) => `${i + 1}. ${reason}`), ...(reasons.length > 0 ? [""] : [])];
}

const table = (head, rows) => [head, head.map((_, i) => (i === 0 ? "---" : ":---:")), ...rows].map((row) => `| ${row.join(" | ")} |`);

/** The document with what stands between the comments of a section replaced. */
export function replaced(text, name, lines) {
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->\n`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`compat.md has no section between ${begin.trim()} and ${end.trim()}`);
  return `${text.slice(0, from)}${begin}\n${lines.map((line) => `${line}\n`).join("")}${text.slice(to)}`;
}

const read = (name) => JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8"));

function main(words) {
  if (process.env.CLIENTS) return console.log("ok: CLIENTS chose some, which are not compared with compat.md");
  const names = words.filter((word) => word !== "--write");
  const before = readFileSync(document, "utf8");
  const after = names.reduce((text, name) => replaced(text, name, section(read(name))), before);
  if (words.includes("--write") && !inLibrary) writeFileSync(document, after);
  else if (after !== before) {
    console.log(`FAIL: docs/protocol/compat.md is not what the tests found; compat.mjs --write writes it. ${difference(before, after)}`);
    process.exitCode = 1;
    return;
  }
  const cells = names.flatMap(read);
  const count = (result) => cells.filter((cell) => cell.result === result).length;
  console.log(`ok: ${count("ok")} cells of docs/protocol/compat.md are green, ${count("n/a")} not applicable, ${count("fails")} fail`);
}

/** The first line that differs. */
function difference(before, after) {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const at = now.findIndex((line, i) => line !== old[i]);
  return `Line ${at + 1} is\n${old[at]}\nand was found to be\n${now[at]}`;
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
