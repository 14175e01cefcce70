// realtime.js in a real browser: the tokens that a page carries let it in, and its requests say who it is. And
// the official clients beside it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { LIMIT, SELDOM, launch } from "../support/chromium.js";
import { BINARY, REPOSITORY, Sidecar } from "../support/sidecar.js";
import { address, now, token } from "../support/tagged.js";

const SECRET = "a secret of the tests, long enough to be one";
const APP = join(REPOSITORY, "conformance/browser/support/tagged.js");
const execute = promisify(execFile);

const pass = (claims) => ["token", token(SECRET, { aud: "realtime.connect", ...claims }), claims.ns];
const room = (name, claims = {}) => ["room", token(SECRET, { aud: "realtime.room", rooms: [name], ...claims }), claims.ns];

// The official clients' files, and what their program says about itself.
const CLIENTS = {
  "0.9/socket.io.js": "0.9.17 with websocket flashsocket htmlfile xhr-polling jsonp-polling",
  "socket.io.v0.9.16.js": "0.9.17 with websocket flashsocket htmlfile xhr-polling jsonp-polling",
  "socket.io+xhr-polling+websocket.js": "0.9.17 with xhr-polling websocket",
  "1/socket.io.js": "1.x", "1/socket.io.slim.min.js": "1.x", "socket.io.js?client=1.7.4": "1.x",
  "2/socket.io.js": "2.x", "2.5.0/socket.io.slim.dev.js": "2.x", "2/socket.io.min.js": "2.x",
  "3/socket.io.js": "3.x", "3.0.5/socket.io.msgpack.min.js": "3.x",
  "socket.io.js": "4.x", "socket.io.min.js": "4.x", "4/socket.io.msgpack.min.js": "4.x",
};

function whichClient({ version, transports, protocol, Socket } = window.io) {
  if (version) return `${version} with ${transports.join(" ")}`;
  if (protocol === 4) return Socket.prototype.binary ? "2.x" : "1.x";
  return protocol === 5 ? "3.x" : Socket.prototype.emitWithAck && "4.x";
}

let browser, page;
before(async () => {
  browser = await launch();
  page = await browser.context.newPage(); // for all tests, one after the other: a page of its own costs each more than what it does
  page.on("pageerror", (error) => { throw error; });
});
after(() => browser?.close());

// The path is where realtime.js looks for the server, and nothing else in it depends on that: each test at one of them.
for (const path of ["/socket.io/", "/live/"]) {
  describe(`realtime.js at ${path}`, LIMIT, () => {
    let folder, sidecar, environment;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "realtime-"));
      environment = {
        REALTIME_SOCKET: join(folder, "realtime.sock"), REALTIME_CONNECT: "token", REALTIME_TOKEN_KEYS: SECRET,
        REALTIME_PATH: path, SOCKET_IO_PATH: path,
      };
      sidecar = await Sidecar.run({ folder, command: [process.execPath, APP], environment });
    });

    after(async () => {
      await sidecar?.stop();
      await rm(folder, { recursive: true });
    });

    // Shows a page with these tags; what goes wrong on it ends the test.
    const open = (options) => page.goto(sidecar.url + address(options));

    // Connects and returns the socket's id, or the connect error's data. window.sockets has the socket.
    const connect = (namespace = "/", options = {}) => page.evaluate(([namespace, options]) => {
      const socket = Realtime.connect(namespace, { transports: ["websocket"], reconnectionDelay: 50, ...options });
      window.sockets = { ...window.sockets, [namespace]: socket };
      return new Promise((resolve) => {
        socket.once("connect", () => resolve(socket.id));
        socket.once("connect_error", (error) => resolve(error.data));
      });
    }, [namespace, options]);

    // What Turbo does when it shows another page: the head's tags are exchanged, then the event comes.
    const visit = (tags) => page.evaluate((tags) => {
      for (const old of document.querySelectorAll('meta[name^="realtime-"]')) old.remove();
      for (const [name, content, namespace] of tags) {
        const meta = document.createElement("meta");
        meta.name = `realtime-${name}`;
        meta.content = content;
        if (namespace) meta.dataset.namespace = namespace;
        document.head.append(meta);
      }
      document.dispatchEvent(new Event("turbo:load"));
    }, tags);

    // What the sidecar knows of the sockets of a namespace, by id.
    async function known(namespace = "/") {
      const { stdout } = await execute(BINARY, ["sockets", "--json", "--namespace", namespace], {
        cwd: folder, env: { ...process.env, ...environment },
      });
      return Object.fromEntries(stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line)).map((s) => [s.id, s]));
    }

    for (const first of ["socket.io.js", "realtime.js"]) {
      test(`the page's tokens let in and lead to its rooms, ${first} first`, async () => {
        await open({ first, tags: [pass({ sub: "User:7" }), room("order:7"), room("order:8")] });
        const id = await connect();
        const socket = (await known())[id];
        assert.equal(socket?.user, "User:7");
        assert.deepEqual(socket.rooms, ["order:7", "order:8"]);
      });
    }

    // Users and rooms of a namespace's sockets: what older clients call their id is none. The last page's may still be there.
    const who = async (namespace, generation) => Object.values(await known(namespace))
      .filter(({ user }) => user.endsWith(` ${generation}`)).map(({ user, rooms }) => [user, ...rooms]).sort();

    for (const generation of path === "/live/" ? [1, 2, 3] : []) {
      test(`the tokens of a page with a client of ${generation}.x, also another page's`, async () => {
        const main = [`main ${generation}`, `a ${generation}`];
        const tags = (sub) => [pass({ sub: main[0] }), room(main[1]), pass({ sub: `${sub} ${generation}`, ns: "/chat" }), room("b", { ns: "/chat" }), room("c", { ns: "/chat" })];
        await open({ client: `${generation}/socket.io.js`, tags: tags("first") });
        await connect();
        await connect("/chat");
        assert.deepEqual([await who("/", generation), await who("/chat", generation)], [[main], [[`first ${generation}`, "b", "c"]]]);
        if (generation < 3) assert.equal(await page.evaluate(() => fetch("/tells").then((r) => r.json())), null);

        const again = page.evaluate(() => new Promise((resolve) => { window.sockets["/chat"].once("connect", () => resolve()); }));
        await visit(tags("second"));
        await again;
        await page.waitForFunction(() => window.sockets["/"].connected, undefined, SELDOM);
        assert.deepEqual([await who("/", generation), await who("/chat", generation)], [[main], [[`second ${generation}`, "b", "c"]]]);
        await page.evaluate(() => { for (const socket of Object.values(window.sockets)) socket.disconnect(); });
      });
    }

    if (path !== "/socket.io/") return;

    test("each client's name is that client, and the oldest has no Realtime.connect", async () => {
      await open({});
      const found = {};
      for (const client of Object.keys(CLIENTS)) {
        await page.addScriptTag({ url: path + client });
        found[client] = await page.evaluate(whichClient);
        if (!found[client].startsWith("0.9")) continue;
        assert.match(await page.evaluate(() => {
          try { return Realtime.connect() && "connected"; } catch (error) { return error.message; }
        }), /0\.9 has no room for tokens/);
      }
      assert.deepEqual(found, CLIENTS);
      assert.equal(await page.evaluate(async (name) => typeof (await import(name)).io, `${path}socket.io.esm.min.js`), "function");
    });

    test("each namespace has its own tags, and the page's program may add to them", async () => {
      await open({ tags: [pass({ sub: "main" }), pass({ sub: "chat", ns: "/chat" }), room("a"), room("b", { ns: "/chat" })] });
      const extra = room("c", { ns: "/chat" })[1];
      const [main, chat] = [await connect(), await connect("/chat", { auth: { room_tokens: [extra] } })];
      const [a, b] = [(await known())[main], (await known("/chat"))[chat]];
      assert.deepEqual([a.user, a.rooms, b.user, b.rooms], ["main", ["a"], "chat", ["b", "c"]]);
      await open({});
      assert.deepEqual(await connect(), { code: "token_required" });
    });

    test("requests to the own origin name the page's sockets, and no others do", async () => {
      await open({ tags: [pass({}), pass({ ns: "/chat" })] });
      const tells = (how) => page.evaluate(how, sidecar.url.replace("127.0.0.1", "localhost"));
      assert.equal(await tells(() => fetch("/tells").then((r) => r.json())), null);
      const ids = [await connect(), await connect("/chat")].join(",");

      assert.equal(await tells(() => fetch("/tells").then((r) => r.json())), ids);
      assert.equal(await tells(() => fetch(new URL("/tells", location.href), { method: "POST", headers: { a: "b" } }).then((r) => r.json())), ids);
      assert.equal(await tells(() => new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open("GET", "tells");
        xhr.onload = () => resolve(JSON.parse(xhr.responseText));
        xhr.send();
      })), ids);

      assert.equal(await tells((other) => fetch(`${other}/tells`).then((r) => r.json())), null);
      assert.equal(await tells((other) => new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open("GET", `${other}/tells`);
        xhr.onload = () => resolve(JSON.parse(xhr.responseText));
        xhr.send();
      })), null);
      assert.equal(await tells(() => fetch(new Request("/tells")).then((r) => r.json())), null);
      assert.equal(await tells(() => fetch("/tells", { headers: { "X-Realtime-Socket": "mine" } }).then((r) => r.json())), "mine");
      assert.equal(await tells(() => new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open("GET", "/tells");
        xhr.setRequestHeader("x-realtime-socket", "mine");
        xhr.onload = () => resolve(JSON.parse(xhr.responseText));
        xhr.send();
      })), "mine");
    });

    // Waits until the socket is connected under another id than before, and returns it.
    const reconnected = (before, namespace = "/") => page.waitForFunction(([before, namespace]) => {
      const { id, connected } = window.sockets[namespace];
      return connected && id !== before && id;
    }, [before, namespace], SELDOM).then((handle) => handle.jsonValue());

    test("a visit of a page with other tags connects that namespace anew", async () => {
      const who = pass({ sub: "u" });
      const chat = pass({ ns: "/chat" });
      await open({ tags: [who, room("a"), chat] });
      const id = await connect();
      const other = await connect("/chat");
      await visit([who, room("b"), chat]);
      const next = await reconnected(id);
      assert.deepEqual((await known())[next].rooms, ["b"]);
      assert.equal((await known())[id], undefined);
      assert.ok((await known("/chat"))[other], "the other namespace was left alone");

      await page.evaluate(() => window.sockets["/"].disconnect());
      await visit([who, room("c"), chat]);
      assert.equal(await page.evaluate(() => window.sockets["/"].active), false);
    });

    test("who was refused for an old token gets in with the next page's", async () => {
      await open({ tags: [pass({}), room("a", { exp: now() - 60 })] });
      assert.deepEqual(await connect(), { code: "room_token_expired" });
      await visit([pass({}), room("a")]);
      const id = await reconnected(undefined);
      assert.deepEqual((await known())[id].rooms, ["a"]);
    });

    test("at the end of its token the page comes back with the tag's newer one", async () => {
      await open({ tags: [pass({ sub: "first", exp: now() - 3 })] }); // within the leeway of 5 s
      const id = await connect();
      await page.evaluate((next) => { document.querySelector("meta[name=realtime-token]").content = next; }, pass({ sub: "second" })[1]);
      const next = await reconnected(id);
      assert.equal((await known())[next].user, "second");
    });
  });
}
