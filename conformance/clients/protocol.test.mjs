// The Socket.IO protocol, revision 5, packet by packet, over both transports: what a client may rely on
// and what costs it the connection. Packets are written as on the wire: "4" is an Engine.IO message, the
// digit behind it the type of the Socket.IO packet.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { House } from "./house.mjs";
import { PollingClient, WebSocketClient } from "./wire.mjs";

const flags = ["--app-grace", "100ms", "--connect-timeout", "1s", "--ping-interval", "300ms", "--ping-timeout", "10s"];
const transports = { websocket: WebSocketClient, polling: PollingClient };
const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;
const parts = [Buffer.from([1, 2, 3]), Buffer.from([0xff, 0]), Buffer.alloc(0)];

// A packet that must end the connection of a client that is in the main namespace, and why.
const violations = {
  "an unknown type of packet": ["47"],
  "no type at all": ["4"],
  "text without a type": ["4hello"],
  "an event that is no array": ["42{}"],
  "an event without a name": ["42[]"],
  "an event named by an object": ["42[{}]"],
  "an event with text behind its array": ['42["message"]x'],
  "an event cut off": ['42["message"'],
  "an event without data": ["42"],
  "an ack id with letters in it": ['42abc["message"]'],
  "an ack that is no array": ["431{}"],
  "a second CONNECT": ["40"],
  "a CONNECT payload that is no object": ["40/custom,[]"],
  "a CONNECT payload that is text": ['40/custom,"token"'],
  "a CONNECT_ERROR, which only servers send": ['44{"message":"no"}'],
  "a DISCONNECT with data": ['41{"why":"so"}'],
  "an event of a namespace never joined": ['42/custom,["message"]'],
  "a binary event without its count": [`45["message",${placeholder(0)}]`],
  "a negative count of attachments": [`45-1-["message",${placeholder(0)}]`],
  "a placeholder beyond the attachments": [`451-["message",${placeholder(1)}]`, parts[0]],
  "text where an attachment is due": [`451-["message",${placeholder(0)}]`, '42["message"]'],
  "an attachment that nobody announced": [parts[0]],
  "an Engine.IO packet of unknown type": ["9"],
};

for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
  violations[`the reserved event name ${name}`] = [`42["${name}"]`];
}

// The same before any CONNECT.
const falseStarts = {
  "an event before CONNECT": ['42["message"]'],
  "an ack before CONNECT": ["430[]"],
  "a DISCONNECT before CONNECT": ["41"],
  "text that is no packet": ["4abc"],
  "a CONNECT with broken JSON": ['40{"token"'],
  "a CONNECT whose payload is an array": ["40[]"],
  "an attachment first": [parts[0]],
};

let house;

before(async () => {
  house = await House.open({ flags });
});
after(() => house?.close());

for (const [transport, Client] of Object.entries(transports)) {
  describe(`Socket.IO revision 5 over ${transport}`, () => {
    let open = [];

    const enter = async () => {
      const client = await Client.open(house.url);
      open.push(client);
      return client;
    };
    const inMain = async () => {
      const client = await enter();
      await client.join();
      return client;
    };

    afterEach(() => {
      for (const client of open) client.close();
      open = [];
    });

    for (const namespace of ["/", "/custom"]) {
      const prefix = namespace === "/" ? "" : `${namespace},`;
      for (const auth of [undefined, { token: "123" }, {}]) {
        it(`connects to ${namespace} with the payload ${JSON.stringify(auth)}`, async () => {
          const client = await enter();
          const [answer, first] = await client.join(namespace, auth);
          assert.ok(answer.startsWith(`40${prefix}`), answer);
          const granted = JSON.parse(answer.slice(2 + prefix.length));
          assert.deepEqual(Object.keys(granted), ["sid"]);
          assert.match(granted.sid, /^.{20}$/);
          assert.notEqual(granted.sid, client.handshake.sid, "the session's id is a secret");
          assert.equal(first, `42${prefix}${JSON.stringify(["auth", auth ?? {}])}`);
        });
      }
    }

    it("refuses a namespace that nobody serves, and keeps the connection", async () => {
      const client = await enter();
      client.send("40/random");
      assert.equal(await client.next(), '44/random,{"message":"Invalid namespace"}');
      const [answer] = await client.join();
      assert.match(answer, /^40\{"sid":/);
    });

    it("gives each namespace a socket of its own", async () => {
      const client = await inMain();
      const [answer] = await client.join("/custom");
      client.send('42/custom,["message",1]', '42["message",2]');
      assert.deepEqual((await client.take(2)).sort(), ['42/custom,["message-back",1]', '42["message-back",2]']);
      assert.match(answer, /^40\/custom,/);
    });

    it("closes a client that joins nothing in time", async () => {
      const began = Date.now();
      const client = await enter();
      await client.closed();
      const took = Date.now() - began;
      assert.ok(took >= 1000 && took < 30000, `connect_timeout is 1 s and not the default of 45, it took ${took} ms`);
    });

    it("leaves the main namespace and keeps the connection alive", async () => {
      const client = await inMain();
      client.showPings = true;
      client.send("41");
      assert.deepEqual(await client.take(3), ["2", "2", "2"]);
      const [answer] = await client.join();
      assert.match(answer, /^40\{"sid":/, "it may come back");
    });

    it("leaves one namespace and stays in the other", async () => {
      const client = await inMain();
      await client.join("/custom");
      client.send("41/custom,", '42["message","to main"]');
      assert.equal(await client.next(), '42["message-back","to main"]');
    });

    it("ignores what was under way to a namespace the app has just thrown it out of", async () => {
      const client = await inMain();
      await client.join("/custom");
      client.send('42["kick",false]');
      assert.equal(await client.next(), "41");
      client.send('42["message","late"]', '427["message-with-ack","late"]', "430[]");
      client.send('42/custom,["message","still here"]');
      assert.equal(await client.next(), '42/custom,["message-back","still here"]');
    });

    it("ignores an attachment that was under way likewise", async () => {
      const client = await inMain();
      await client.join("/custom");
      client.send('42["kick",false]');
      assert.equal(await client.next(), "41");
      client.send(`451-["message",${placeholder(0)}]`, parts[0], '42/custom,["message",1]');
      assert.equal(await client.next(), '42/custom,["message-back",1]');
    });

    it("carries text events as they are", async () => {
      const client = await inMain();
      for (const args of ['1,"2",{"3":[true,null]}', '"é 😀 \\" \\\\"', "", '{"b":1,"a":{"10":0,"9":1}}', "1e+21,0.1,-0.5"]) {
        client.send(`42["message"${args && `,${args}`}]`);
        assert.equal(await client.next(), `42["message-back"${args && `,${args}`}]`);
      }
    });

    it("answers what wants an ack, with the client's own id", async () => {
      const client = await inMain();
      for (const id of ["0", "456", "9007199254740991"]) {
        client.send(`42${id}["message-with-ack",1,"2",{"3":[false]}]`);
        assert.equal(await client.next(), `43${id}[1,"2",{"3":[false]}]`);
      }
      await client.join("/custom");
      client.send('42/custom,5["message-with-ack"]');
      assert.equal(await client.next(), "43/custom,5[]");
    });

    it("ignores an ack that nobody waits for", async () => {
      const client = await inMain();
      client.send('4399["surprise"]', `461-98[${placeholder(0)}]`, parts[0], '42["message",1]');
      assert.equal(await client.next(), '42["message-back",1]');
    });

    it("carries attachments both ways", async () => {
      const client = await inMain();
      const text = `-["message",${placeholder(0)},{"deep":[${placeholder(1)}]},${placeholder(2)}]`;
      client.send(`453${text}`, ...parts);
      const [packet, ...attachments] = await client.take(4);
      assert.equal(packet, `453${text.replace("message", "message-back")}`);
      assert.deepEqual(attachments, parts);
    });

    it("carries attachments in acks", async () => {
      const client = await inMain();
      client.send(`452-789["message-with-ack",${placeholder(0)},"x",${placeholder(1)}]`, parts[0], parts[1]);
      const [packet, ...attachments] = await client.take(3);
      assert.equal(packet, `462-789[${placeholder(0)},"x",${placeholder(1)}]`);
      assert.deepEqual(attachments, parts.slice(0, 2));
    });

    it("takes ten attachments and no eleventh", async () => {
      const client = await inMain();
      const many = (count) => Array.from({ length: count }, (_, i) => placeholder(i)).join();
      const ten = Array.from({ length: 10 }, (_, i) => Buffer.from([i]));
      client.send(`4510-["message",${many(10)}]`, ...ten);
      assert.deepEqual((await client.take(11)).slice(1), ten);
      client.send(`4511-["message",${many(11)}]`);
      await client.closed();
    });

    for (const [what, packets] of Object.entries(falseStarts)) {
      it(`closes on ${what}`, async () => {
        const client = await enter();
        client.send(...packets);
        await client.closed();
      });
    }

    for (const [what, packets] of Object.entries(violations)) {
      it(`closes on ${what}`, async () => {
        const client = await inMain();
        client.send(...packets);
        await client.closed();
      });
    }

    it("has not suffered", async () => {
      const client = await inMain();
      client.send('42["message","fine"]');
      assert.equal(await client.next(), '42["message-back","fine"]');
      assert.deepEqual(house.sidecar.log.filter((line) => /panic|level=ERROR/.test(line)), []);
    });
  });
}
