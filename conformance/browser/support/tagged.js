// An app of one page: its tags are what the address asks for, and it tells what its requests say. It is
// served under a strict policy for scripts, and talks to nobody.

import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const POLICY = "default-src 'none'; script-src 'self'; connect-src *";

// A JSON Web Token by HS256.
export function token(secret, claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const unsigned = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: now() + 600, ...claims })}`;
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}

export const now = () => Math.floor(Date.now() / 1000);

// The address of a page: tags is a list of [name, token, namespace?], client the name of the official client's
// file, first the script that comes first.
export function address({ tags = [], client = "socket.io.js", first = client }) {
  return `/?${new URLSearchParams({ tags: JSON.stringify(tags), client, first })}`;
}

function page(query) {
  const base = process.env.SOCKET_IO_PATH;
  const scripts = [query.get("client"), "realtime.js"].sort((a) => (a === query.get("first") ? -1 : 1));
  const metas = JSON.parse(query.get("tags") ?? "[]").map(([name, content, namespace]) =>
    `<meta name="realtime-${name}" content="${content}"${namespace ? ` data-namespace="${namespace}"` : ""}>`);
  return `<!doctype html><title>tagged</title>${metas.join("")}`
    + scripts.map((name) => `<script src="${base}${name}"></script>`).join("");
}

function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://here");
  if (pathname === "/tells") {
    response.setHeader("Content-Type", "application/json");
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*");
    response.end(JSON.stringify(request.headers["x-realtime-socket"] ?? null));
    return;
  }
  response.setHeader("Content-Type", "text/html");
  response.setHeader("Content-Security-Policy", POLICY);
  response.end(page(searchParams));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  createServer(serve).listen(Number(process.env.PORT), "127.0.0.1");
}
