// Socket.IO's own server in place of a sidecar and an app: what does it do with the same client?

import path from "node:path";

import { end, environment, freePort, root, start } from "../../clients/house.mjs";

/** Which server is right for which client. */
const versions = { 0: "0.9", 1: "1", 2: "2", 3: "4", 4: "4" };

export class ReferenceHouse {
  static async open({ row }) {
    const house = new ReferenceHouse();
    house.port = await freePort();
    house.url = `http://127.0.0.1:${house.port}`;
    const command = [process.execPath, path.join(root, "conformance/generations/reference/server.cjs"), versions[row.client[0]], `${house.port}`];
    if (row.parser) command.push("msgpack");
    house.server = await start(command, { env: environment }, /listening/);
    return house;
  }

  async close() {
    await end(this.server, "SIGKILL");
  }
}
