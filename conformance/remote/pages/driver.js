// A host in a page (see ../host.mjs): does with the page's Socket.IO bundle what it is told, and reports what
// comes of it. The bundle may be of any generation. `drive` is called with lists of messages; `carry` is there
// already, and takes the text of a list of reports.

(() => {
  "use strict";

  const ways = {
    "websocket": { transports: ["websocket"] },
    "polling": { transports: ["polling"] },
    "jsonp": { transports: ["polling"], forceJSONP: true },
    "upgrade": { transports: ["polling", "websocket"] },
  };

  // Clients 0.7 to 0.9.
  const elder = {
    connect({ url, namespace, claims, transport }) {
      // A list in the options would only overwrite the first of the defaults.
      io.transports.splice(0, io.transports.length, transport);
      const query = queryOf(claims);
      return io.connect(path(url, namespace) + (query && `?${query}`), {
        "force new connection": true, "reconnection delay": 50,
      });
    },
    join: (socket, { namespace }) => socket.socket.of(namespace),
    send: (socket, value, ...rest) => (typeof value === "string" ? socket : socket.json).send(value, ...rest),
    id: (socket) => socket.socket.sessionid,
    carrier: (socket) => socket.socket.transport?.name,
    // Each heartbeat, or on polling each poll, comes through here.
    onBeat(socket, beat) {
      const { transport } = socket.socket;
      const name = transport.name.endsWith("polling") ? "get" : "onHeartbeat";
      const method = transport[name];
      transport[name] = (...args) => {
        beat();
        return method.apply(transport, args);
      };
    },
    close({ socket: session }) {
      session.options.reconnect = false;
      clearTimeout(session.reconnectionTimer);
      if (session.transport) session.disconnect(); // which it cannot before it has one
    },
  };

  // Clients 1.x and all since.
  const younger = {
    connect: ({ url, namespace, claims, transport }) => io(path(url, namespace), {
      ...ways[transport], query: queryOf(claims), forceNew: true, reconnectionDelay: 50,
    }),
    join: (socket, { namespace, claims }) => socket.io.socket(namespace, { query: queryOf(claims) }),
    send: (socket, ...values) => socket.send(...values),
    id: (socket) => socket.id ?? socket.io.engine?.id,
    carrier: (socket) => socket.io.engine?.transport?.name,
    // 1.0 to 1.3 tell of it nowhere else.
    onBeat: (socket, beat) => socket.io.engine.on("packet", ({ type }) => { if (type === "pong") beat(); }),
    close: ({ io: session }) => (session.disconnect ?? session.close).call(session),
  };

  const family = io.transports ? elder : younger;
  // A space is %20: these clients take a plus for a plus.
  const queryOf = (claims) => new URLSearchParams(claims).toString().replaceAll("+", "%20");
  const path = (url, namespace) => url + (namespace === "/" ? "" : namespace);
  const sockets = new Map();
  const answers = [null];

  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

  function packed(value) {
    if (value instanceof ArrayBuffer) return { $bytes: base64(new Uint8Array(value)) };
    if (value instanceof Error) return { $error: value.message, type: value.type ?? null, data: null };
    if (value instanceof Blob) throw new Error("a Blob where bytes were expected");
    if (Array.isArray(value)) return value.map(packed);
    if (value === undefined || value === null || typeof value !== "object") return value ?? null;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, packed(each)]));
  }

  function unpacked(value) {
    if (Array.isArray(value)) return value.map(unpacked);
    if (value === null || typeof value !== "object") return value;
    if ("$bytes" in value) return Uint8Array.from(atob(value.$bytes), (char) => char.charCodeAt(0)).buffer;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpacked(each)]));
  }

  const reports = [];

  // Together what happens at once.
  function tell(client, what) {
    const socket = sockets.get(client);
    reports.push({ client, id: family.id(socket) ?? null, carrier: family.carrier(socket) ?? null, ...what });
    if (reports.length > 1) return;
    queueMicrotask(() => carry(JSON.stringify(reports.splice(0))));
  }

  function listen(client, event) {
    if (event === "beat") return family.onBeat(sockets.get(client), () => tell(client, { event, args: [] }));
    sockets.get(client).on(event, (...args) => {
      const answer = typeof args.at(-1) === "function" ? answers.push(args.pop()) - 1 : undefined;
      tell(client, { event, args: args.map(packed), answer });
    });
  }

  function added(client, socket, events) {
    sockets.set(client, socket);
    for (const event of events) listen(client, event);
  }

  const values = ({ client, args, ack }) =>
    ack === undefined ? unpacked(args) : [...unpacked(args), (...given) => tell(client, { ack, args: given.map(packed) })];

  const commands = {
    open: (message) => added(message.client, family.connect(message), message.events),
    join: (message) => added(message.client, family.join(sockets.get(message.over), message), message.events),
    on: ({ client, event }) => listen(client, event),
    emit: (message) => sockets.get(message.client).emit(...values(message)),
    send: (message) => family.send(sockets.get(message.client), ...values(message)),
    answer: ({ answer, args }) => answers[answer](...unpacked(args)),
    leave: ({ client }) => sockets.get(client).disconnect(),
    close: ({ client }) => family.close(sockets.get(client)),
  };

  window.drive = (messages) => messages.forEach((message) => commands[message.do](message));
})();
