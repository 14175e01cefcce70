// Which clients there are, and what they can do. A client on one of its transports is a row of the matrix.

import { ElderPeer } from "./drivers/v09.mjs";
import { ModernPeer } from "./drivers/v3v4.mjs";
import { QueryPeer } from "./drivers/v1v2.mjs";

const polling = { name: "polling", transports: ["polling"], becomes: "polling", seen: "polling" };
const websocket = { name: "WebSocket", transports: ["websocket"], becomes: "websocket", seen: "websocket" };
const upgrade = { ...websocket, name: "polling, then WebSocket", transports: ["polling", "websocket"] };
const elderPolling = {
  ...polling,
  transports: ["xhr-polling"],
  becomes: "xhr-polling",
  remarks: { heartbeat: "no heartbeats on polling: each poll ends by itself after the polling duration" },
};

const noRecovery = { recovery: "came with 4.6" };

/** Protocol 1: text only, and one query for all endpoints. */
const elder = {
  Peer: ElderPeer,
  dialect: "V09",
  ways: [elderPolling, websocket],
  lacks: {
    ...noRecovery,
    binary: "this protocol has text only",
    catchAll: "no such function in this client",
    claimsByNamespace: "sends no query with an endpoint; what it said in its handshake is seen",
    refusal: "is told that it is unauthorized, not the app's words",
  },
};

/** Engine.IO 3 and Socket.IO 4. */
const query = {
  Peer: QueryPeer,
  dialect: "EIO3",
  ways: [polling, websocket, upgrade],
  lacks: {
    ...noRecovery,
    catchAll: "no such function in this client",
    refusal: "is told the app's data, or its words if there is none",
  },
};

/** Engine.IO 4 and Socket.IO 5. */
const modern = { Peer: ModernPeer, dialect: "EIO4", ways: [polling, websocket, upgrade], lacks: {} };

const clients = [
  { name: "0.9.17", ...elder },
  { name: "1.4.8", ...query, lacks: { ...query.lacks, claimsByNamespace: "sends no query with a namespace; what it said in its handshake is seen" } },
  { name: "1.7.4", ...query },
  { name: "2.0.4", ...query },
  { name: "2.5.0", ...query },
  { name: "3.1.3", ...modern, lacks: noRecovery },
  { name: "4.0.2", ...modern, lacks: noRecovery },
  { name: "4.8.4", ...modern },
  { name: "4.8.4 msgpack", package: "client-4.8.4", ...modern, parser: "socket.io-msgpack-parser" },
];

/**
 * The rows:
 *
 *   client, transport   our names of them
 *   package, parser     of npm
 *   Peer                its driver
 *   dialect             as the app sees it
 *   transports          the client's own option
 *   becomes, seen       the transport that it ends on, as the client calls it and as the app sees it
 *   remarks             what to know of features that work
 *   lacks               the reason for each thing that this client cannot do, or does in its own way
 */
const all = clients.flatMap(({ name, ways, lacks, ...client }) =>
  ways.map(({ name: transport, ...way }) => ({ client: name, transport, package: `client-${name}`, lacks, ...client, ...way })));

/** CLIENTS, a pattern, chooses some of them: CLIENTS='2\.5\.0.*WebSocket'. */
const wanted = new RegExp(process.env.CLIENTS ?? "");
export const rows = all.filter(({ client, transport }) => wanted.test(`${client} ${transport}`));
