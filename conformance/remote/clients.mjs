// Which clients there are that do not run in Node, and what they can do. A client on one of its transports is a
// row of the matrix, as in ../generations/clients.mjs; these have besides:
//
//   version     of the package
//   way         the transport as the row's host knows it
//   remarks     what to know of features that work
//   hasTimeouts waits for a timeout until it believes that its connection was cut
//   options     what else its host is told when it opens one
//   start       how to start a host of its clients, given Pages; the host is `host` then, see hosts.mjs
//   shared      its other rows have the same host

import path from "node:path";

import { environment, python, root } from "../clients/house.mjs";
import { child } from "./child.mjs";
import { RemoteElder, RemoteModern, RemoteQuery } from "./drivers.mjs";

const store = path.join(root, "tmp/remote");

const inPage = ({ version, way, lacks }) => (pages) =>
  pages.host(version, { htmlfile: way === "htmlfile", unclosable: "closing" in lacks });

/** Rows of one client of another language share a process. */
const inPython = (library) => () => child([python, path.join(root, "conformance/remote/python/host.py")], {
  env: { ...environment, PYTHONPATH: library && path.join(store, library) },
});

const inJava = (...archives) => () => {
  const needed = [...archives, "okhttp-3.12.12", "okio-1.15.0", "json-20090211"].map((name) => path.join(store, "jars", `${name}.jar`));
  const small = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  return child(["java", ...small, "-cp", needed.join(":"), path.join(root, "conformance/remote/java/Host.java")], { env: environment });
};

const polled = { heartbeat: "no heartbeats on polling: each poll ends by itself after the polling duration" };

const farewell = "may be gone before it has said so; the app hears of it all the same";

/** Protocol 1, in a page. */
const elder = {
  Peer: RemoteElder,
  dialect: "V09",
  host: inPage,
  ways: [
    { transport: "WebSocket", way: "websocket", seen: "websocket" },
    { transport: "xhr-polling", seen: "polling", remarks: polled },
    { transport: "jsonp-polling", seen: "jsonp", remarks: polled },
    { transport: "htmlfile", seen: "htmlfile", hasTimeouts: true },
  ],
  lacks: {
    binary: "this protocol has text only",
    catchAll: "no such function in this client",
    claimsByNamespace: "sends no query with an endpoint; what it said in its handshake is seen",
    refusal: "is told that it is unauthorized, not the app's words",
  },
};

/** Engine.IO 3 in a page. */
const query = {
  Peer: RemoteQuery,
  dialect: "EIO3",
  host: inPage,
  ways: [
    { transport: "polling", seen: "polling" },
    { transport: "JSONP", way: "jsonp", becomes: "polling", seen: "jsonp" },
    { transport: "WebSocket", way: "websocket", seen: "websocket" },
    { transport: "polling, then WebSocket", way: "upgrade", becomes: "websocket", seen: "websocket" },
  ],
  lacks: {
    catchAll: "no such function in this client",
    claimsByNamespace: "sends no query with a namespace; what it said in its handshake is seen",
    refusal: "is told the app's data, or its words if there is none",
  },
};

/** The same ways, of which the client can do less over one of them. */
const but = (ways, transport, lacks) => ways.map((way) => (way.transport === transport ? { ...way, lacks } : way));

const CUT = "back after its connection was cut";
const closing = "its close() over JSONP never ends";
const unclosable = { closing, [CUT]: closing, "disconnect by the app, all of it": closing };

const everyWay = query.ways.filter(({ way }) => way !== "jsonp");
const onlyJsonp = query.ways.filter(({ way }) => way === "jsonp");

const lacksOfQuery = { refusal: query.lacks.refusal };

/** Python's client, 4.x or 5.x. */
const pythonic = {
  ways: everyWay,
  options: { others: ["/custom"] },
  lacks: {
    claimsByNamespace: "says the same to all its namespaces",
    leave: "leaves all its namespaces at once",
    farewell,
  },
  remarks: {
    "200 events in order": "lets 16 packets into an answer unless told otherwise, as here; hands each event to a thread of its own",
  },
};

const clients = [
  { name: "0.7.11", ...elder, hasTimeouts: true },
  { name: "0.8.7", ...elder, hasTimeouts: true, ways: but(elder.ways, "htmlfile", { [CUT]: "never notices over htmlfile" }) },
  { name: "0.9.17", ...elder },
  {
    name: "1.0.6",
    ...query,
    ways: but(query.ways, "JSONP", unclosable),
    lacks: { ...query.lacks, farewell },
  },
  { name: "1.1.0", ...query, ways: but(query.ways, "JSONP", unclosable) },
  { name: "1.2.1", ...query },
  { name: "1.3.7", ...query },
  { name: "1.7.4", ...query, ways: onlyJsonp },
  { name: "2.5.0", ...query, ways: onlyJsonp },
  {
    name: "python-socketio 4.6.1",
    ...pythonic,
    Peer: RemoteQuery,
    dialect: "EIO3",
    lacks: { ...pythonic.lacks, ...lacksOfQuery, emptyBinary: "takes an empty attachment for None" },
    shared: true,
    host: () => inPython("python-socketio-4"),
  },
  { name: "python-socketio 5.18.1", ...pythonic, Peer: RemoteModern, dialect: "EIO4", shared: true, host: () => inPython("") },
  {
    name: "Java 1.0.2",
    Peer: RemoteQuery,
    dialect: "EIO3",
    ways: everyWay,
    lacks: {
      catchAll: query.lacks.catchAll,
      refusalData: "takes only text for why it was refused; it does not read data",
    },
    shared: true,
    host: () => inJava("socket.io-client-1.0.2", "engine.io-client-1.0.2"),
  },
  {
    name: "Java 2.1.2",
    Peer: RemoteModern,
    dialect: "EIO4",
    ways: everyWay,
    lacks: {},
    shared: true,
    host: () => inJava("socket.io-client-2.1.2", "engine.io-client-2.1.0"),
  },
];

const all = clients.flatMap(({ name, ways, remarks, lacks, host, ...client }) =>
  ways.map(({ transport, way = transport, becomes = way, lacks: less, ...rest }) => {
    const row = { client: name, transport, version: name, remarks, ...client, way, becomes, ...rest, lacks: { ...lacks, ...less } };
    return { ...row, start: host(row) };
  }));

/** CLIENTS, a pattern, chooses some of them: CLIENTS='^0.*JSONP'. */
const wanted = new RegExp(process.env.CLIENTS ?? "");
export const rows = all.filter(({ client, transport }) => wanted.test(`${client} over ${transport}`));
