// Clients that run elsewhere: in a page, in Python, in a JVM. A host holds any number of them and is told what
// to do by messages, which are JSON objects:
//
//     {do: "open", client, url, namespace, claims, transport, events}    a new connection
//     {do: "join", client, over, namespace, claims, events}    a namespace over another client's connection
//     {do: "on", client, event}          one more event is to be reported
//     {do: "all", client}                every event is to be reported, as the event "*" with its name first
//     {do: "emit", client, args, ack}    ack: the number under which the acknowledgement is reported
//     {do: "send", client, args, ack}
//     {do: "answer", answer, args}       to an event that wants an answer
//     {do: "leave", client}              the namespace
//     {do: "close", client}              the whole connection
//
// and reports:
//
//     {client, id, carrier, event, args, answer}    answer: its number, if one is wanted
//     {client, id, carrier, ack, args}
//     {fault}                                       what went wrong in the host itself
//
// Clients are numbers that we choose. id and carrier are what the client believes of itself at the moment.
// Bytes are {$bytes: base64} and errors {$error: message, type, data}, at any depth. What a library tells of
// itself (connect, disconnect, error …) are events like any other; "beat" is one for each heartbeat.

export class Host {
  #sockets = [];
  #queue = [];
  #carrying = false;
  #break;

  /** `carry` takes messages to the other end, and may take its time; what it reports goes to `heard`. */
  constructor(carry) {
    this.carry = carry;
    /** Rejected when nothing more is to be expected of this host. */
    this.broken = new Promise((_, reject) => { this.#break = reject; });
    this.broken.catch(() => {}); // who waits for something hears of it
  }

  /** A new client. See above for the options; `over` is a socket. */
  open({ over, ...options }) {
    const socket = new Socket(this, this.#sockets.length);
    this.#sockets.push(socket);
    socket.open({ ...(over ? { do: "join", over: over.number } : { do: "open" }), ...options });
    return socket;
  }

  /** In order, and together what has come together while the last were on their way. */
  async tell(message) {
    this.#queue.push(message);
    if (this.#carrying) return;
    this.#carrying = true;
    try {
      while (this.#queue.length > 0) await this.carry(this.#queue.splice(0));
    } catch (error) {
      this.failed(error);
    }
    this.#carrying = false;
  }

  heard(report) {
    if ("fault" in report) this.failed(new Error(report.fault));
    else this.#sockets[report.client].heard(report);
  }

  failed(error) {
    this.#break(error);
  }
}

/** A client in one namespace, as Socket.IO's own look: what the drivers of conformance/generations need. */
class Socket {
  // What may happen at any moment is reported from the beginning.
  #listeners = new Map(["connect", "disconnect", "error"].map((event) => [event, []]));
  #acks = [];
  #opened = false;

  constructor(host, number) {
    this.host = host;
    this.number = number;
  }

  /** With the events that are listened to before whoever opens it pauses, so that it misses none. */
  open(how) {
    queueMicrotask(() => {
      this.#opened = true;
      this.tell({ ...how, events: [...this.#listeners.keys()] });
    });
  }

  on(event, listener) {
    const others = this.#listeners.get(event);
    this.#listeners.set(event, [...(others ?? []), listener]);
    if (!others && this.#opened) this.tell({ do: "on", event });
    return this;
  }

  once(event, listener) {
    const first = (...args) => {
      this.removeListener(event, first);
      listener(...args);
    };
    return this.on(event, first);
  }

  removeListener(event, listener) {
    this.#listeners.set(event, this.#listeners.get(event).filter((each) => each !== listener));
  }

  onAny(listener) {
    this.#listeners.set("*", [listener]);
    this.tell({ do: "all" });
  }

  emit(...args) {
    this.#say("emit", args);
  }

  send(...args) {
    this.#say("send", args);
  }

  #say(how, args) {
    const acked = typeof args.at(-1) === "function" && { ack: this.#acks.push(args.pop()) - 1 };
    this.tell({ do: how, args: args.map(packed), ...acked });
  }

  /** Leaves the namespace. */
  disconnect() {
    this.tell({ do: "leave" });
  }

  /** Ends the connection with all its namespaces. */
  close() {
    this.tell({ do: "close" });
  }

  tell(message) {
    // What is said at once, is said behind the opening.
    queueMicrotask(() => this.host.tell({ ...message, client: this.number }));
  }

  heard({ id, carrier, event, args, answer, ack }) {
    Object.assign(this, { id, carrier });
    const values = args.map(unpacked);
    if (ack !== undefined) return this.#acks[ack](...values);
    if (answer) values.push((...given) => this.tell({ do: "answer", answer, args: given.map(packed) }));
    for (const listener of this.#listeners.get(event) ?? []) listener(...values);
  }
}

function packed(value) {
  if (Buffer.isBuffer(value)) return { $bytes: value.toString("base64") };
  if (Array.isArray(value)) return value.map(packed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, packed(each)]));
}

function unpacked(value) {
  if (Array.isArray(value)) return value.map(unpacked);
  if (value === null || typeof value !== "object") return value;
  if ("$bytes" in value) return Buffer.from(value.$bytes, "base64");
  if ("$error" in value) return Object.assign(new Error(value.$error), { type: value.type, data: unpacked(value.data) });
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpacked(each)]));
}
