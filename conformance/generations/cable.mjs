// A wire between a client and the sidecar that can be cut.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Cable {
  #ends = new Set();
  #whole = true;

  /** A port of its own that leads to `port`. */
  static async to(port) {
    const cable = new Cable();
    cable.server = createServer((near) => {
      if (!cable.#whole) return near.destroy();
      const far = connect(port, "127.0.0.1");
      for (const [end, other] of [[near, far], [far, near]]) {
        cable.#ends.add(end);
        end.on("error", () => {}); // a close follows
        end.on("close", () => cable.#ends.delete(end) && other.destroy());
      }
      near.pipe(far).pipe(near);
    }).listen(0, "127.0.0.1");
    await once(cable.server, "listening");
    cable.url = `http://127.0.0.1:${cable.server.address().port}`;
    return cable;
  }

  /** Both ends of all that it carries are gone at once, and whoever comes next is turned away. */
  cut() {
    this.#whole = false;
    for (const end of this.#ends) end.destroy();
  }

  /** The client's ends are gone; the other side does not hear of it before `close`. */
  sever() {
    for (const end of this.#ends) {
      if (end.localPort !== this.server.address().port) continue;
      end.removeAllListeners("close");
      end.unpipe();
      end.destroy();
      this.#ends.delete(end);
    }
  }

  mend() {
    this.#whole = true;
  }

  close() {
    this.server.close();
    this.cut();
  }
}
