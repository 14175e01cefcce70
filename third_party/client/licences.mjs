// Prints the licences of all that is in the browser clients: `node licences.mjs`, after `npm ci`.
//
// The bundles contain their packages' dependencies, so those of every package that is installed here are
// printed, the same text once for all that have it.

import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

// What the clients need in Node or to be built, and no browser gets.
const NOT_BUNDLED = new Set([
  "active-x-obfuscator", "commander", "nan", "options", "tinycolor", "uglify-js", "ultron", "ws", "xmlhttprequest",
  "xmlhttprequest-ssl", "zeparser",
]);

// What npm has no package of: in the file of 0.9, and in what its transport flashsocket runs in.
const BESIDE = [["web-socket-js, SWFObject and what WebSocketMain.swf contains", "LICENSE.flash"]];

function licence(folder, { license, licenses, author }) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file) return readFileSync(join(folder, file), "utf8");
  const readme = readdirSync(folder).find((name) => /^readme/i.test(name));
  const [, section] = readme ? readFileSync(join(folder, readme), "utf8").split(/^#+ *licen[cs]e\b/im) : [];
  const kind = license ?? licenses?.[0]?.type ?? "MIT";
  const text = section?.split(/^#/m)[0].replaceAll("&lt;", "<").replaceAll("&gt;", ">") ?? "";
  if (/permission is hereby granted/i.test(text)) return text;
  return `${kind}${author ? `, by ${author.name ?? author}` : ""}; the package has no text of it.`;
}

const byText = new Map();
function note(name, text) {
  const key = text.replaceAll("\r", "").split("\n").map((line) => line.trimEnd()).join("\n").trim();
  byText.set(key, [...byText.get(key) ?? [], name]);
}

const { packages } = JSON.parse(readFileSync(join(HERE, "package-lock.json"), "utf8"));
for (const path of Object.keys(packages).filter(Boolean).sort()) {
  const folder = join(HERE, path);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!NOT_BUNDLED.has(manifest.name)) note(`${manifest.name} ${manifest.version}`, licence(folder, manifest));
}
for (const [name, file] of BESIDE) note(name, readFileSync(join(HERE, file), "utf8"));

for (const [text, names] of byText) console.log(`\n\n== ${[...new Set(names)].join(", ")}\n\n${text}`);
