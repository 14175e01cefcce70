// An app of one page that has no library: a token for a room, and one of the programs of the guide about plain
// clients, which shows what it gets in a list. It talks to nobody.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { token } from "./tagged.js";

const GUIDE = fileURLToPath(new URL("../../../docs/guides/plain-clients.md", import.meta.url));
const SHOW = `
function show(event, ...args) {
  const line = document.createElement("li");
  line.textContent = JSON.stringify([event, ...args]);
  document.querySelector("ul").append(line);
}
`;

// The block of the guide with this file's name.
function program(name) {
  const found = readFileSync(GUIDE, "utf8").match(new RegExp(`^\`\`\`js ${name}\n([^]*?)^\`\`\`$`, "m"));
  if (!found) throw new Error(`the guide has no ${name}`);
  return found[1];
}

function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://here");
  if (pathname.endsWith(".js")) {
    response.setHeader("Content-Type", "text/javascript; charset=utf-8");
    // Nobody waits for a minute here.
    response.end(SHOW + program(pathname.slice(1)).replace("60_000", "100"));
    return;
  }
  const claims = { aud: "realtime.room", rooms: [searchParams.get("room")] };
  response.setHeader("Content-Type", "text/html");
  response.setHeader("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'");
  response.end(`<!doctype html><title>bare</title><meta name="realtime-room" content="${token(process.env.REALTIME_TOKEN_KEYS, claims)}">`
    + `<ul></ul><script src="/${searchParams.get("program")}"></script>`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  createServer(serve).listen(Number(process.env.PORT), "127.0.0.1");
}
