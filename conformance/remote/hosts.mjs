// The hosts of a test file: one for each row, or one for all rows of a client.

import { Pages } from "./pages/pages.mjs";

export class Hosts {
  #hosts = new Map();
  #pages;

  static async open() {
    const hosts = new Hosts();
    hosts.#pages = await Pages.open();
    return hosts;
  }

  /** A row with its host, which is started when it is first asked for. */
  async row(row) {
    const name = row.shared ? row.client : `${row.client} over ${row.transport}`;
    if (!this.#hosts.has(name)) this.#hosts.set(name, row.start(this.#pages));
    return { ...row, host: await this.#hosts.get(name) };
  }

  async close() {
    for (const host of this.#hosts.values()) await (await host).close();
    await this.#pages.close();
  }
}
