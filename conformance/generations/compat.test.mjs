// Does compat.mjs write what was found, and refuse what has no reason?

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { replaced, section } from "./compat.mjs";

const cell = (client, transport, feature, result, reason) => ({ client, transport, feature, result, reason });

describe("compat.md", () => {
  it("has a table for each transport, and says each reason once", () => {
    const lines = section([
      cell("2.10", "WebSocket", "heartbeat", "n/a", "it has none"),
      cell("2.9", "WebSocket", "heartbeat", "n/a", "it has none"),
      cell("2.9", "WebSocket", "connect", "ok"),
      cell("2.9", "polling", "connect", "fails", "it is slow"),
      cell("2.9", "carrier pigeon", "connect", "ok", "given time"),
    ]);
    assert.deepEqual(lines, [
      "### Polling", "", "|  | 2.9 |", "| --- | :---: |", "| connect | ✗ (3) |", "",
      "### WebSocket", "", "|  | 2.9 | 2.10 |", "| --- | :---: | :---: |", "| connect | ✓ |   |", "| heartbeat | n/a (2) | n/a (2) |", "",
      "### Carrier pigeon", "", "|  | 2.9 |", "| --- | :---: |", "| connect | ✓ (1) |", "",
      "1. given time", "2. it has none", "3. it is slow", "",
    ]);
  });

  it("has a reason for each cell that is not green", () => {
    assert.throws(() => section([cell("2.9", "polling", "connect", "fails")]), /no reason/);
  });

  it("keeps what stands around a section", () => {
    const text = "before\n<!-- node: begin -->\nold\n<!-- node: end -->\nbehind\n";
    assert.equal(replaced(text, "node", ["new"]), "before\n<!-- node: begin -->\n\nnew\n<!-- node: end -->\nbehind\n");
    assert.throws(() => replaced(text, "elsewhere", []), /no section/);
  });
});
