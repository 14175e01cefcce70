// Clients that want to be let in, with and without a ticket.

import { io } from "socket.io-client";

export class Guest {
  /** `valid`: whether it has a ticket. It knocks at once, and again whenever it is sent away. */
  constructor(url, valid) {
    this.valid = valid;
    this.state = "waits";
    this.socket = io(url, { forceNew: true, transports: ["websocket"], reconnectionDelay: 50, auth: valid ? { ticket: "valid" } : {} });
    this.socket.on("connect", () => {
      this.state = "in";
      this.id = this.socket.id;
      this.socket.disconnect();
    });
    // Sent away to come back is another matter: then the transport fails, and `active` stays.
    this.socket.on("connect_error", (error) => {
      if (this.socket.active) return;
      this.state = "refused";
      this.reason = error.message;
    });
  }

  leave() {
    this.socket.disconnect();
  }
}
