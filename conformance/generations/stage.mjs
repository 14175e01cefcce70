// One case with one client: what it opens is closed behind it.

export class Stage {
  #peers = [];

  /** `house` is where to connect: {url, port}. */
  constructor(row, house) {
    this.row = row;
    this.house = house;
  }

  /** A client that is on its way in. `through` is another address that leads there; see Peer for the rest. */
  open = ({ through = this.house.url, ...options } = {}) => {
    const peer = this.row.Peer.open(this.row, through, options);
    this.#peers.push(peer);
    return peer;
  };

  /** A client that is in. */
  connect = async (options) => {
    const peer = this.open(options);
    await peer.arrival();
    return peer;
  };

  /** Runs a case. */
  async play({ run }) {
    try {
      return await run(this);
    } finally {
      for (const peer of this.#peers) peer.close();
    }
  }
}
