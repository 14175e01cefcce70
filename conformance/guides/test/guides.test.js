// Every guide does what it says.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";

import { launch } from "../../browser/support/chromium.js";
import { REPOSITORY } from "../../browser/support/sidecar.js";
import { discard } from "../support/apps.js";
import { follow } from "../support/guide.js";

const LIMIT = { timeout: 600_000 }; // for one guide; far more than any should take

// The app each guide begins with, the guide it comes after, and how many of its blocks are shown only.
const guides = {
  "django.md": { app: "django" },
  "django-production.md": { app: "django", after: "django.md" },
  "from-node-socketio.md": {},
  "from-action-cable.md": { app: "rails" },
  "from-channels.md": { app: "django" },
  "from-python-socketio.md": { app: "python" },
  "rails.md": { app: "rails" },
  "rails-production.md": { app: "rails", after: "rails.md" },
  "in-process.md": { app: "python", native: true, shown: 4 },
  "presence.md": {},
  "testing.md": {},
};

// What these say is run by other suites, or by nothing yet.
const elsewhere = ["deploy.md", "plain-clients.md", "recovery.md"];

let running = null;
const browser = () => (running ??= launch());
after(async () => Promise.all([running?.then((it) => it.close()), discard()]));

test("every guide is followed", () => {
  const written = readdirSync(join(REPOSITORY, "docs/guides")).filter((name) => name.endsWith(".md"));
  assert.deepEqual(written.sort(), [...Object.keys(guides), ...elsewhere].sort());
});

// Each has a folder, a socket and ports of its own; and apps that start leave a core idle now and then.
describe("the guide", { concurrency: 2 }, () => {
  for (const [file, options] of Object.entries(guides)) {
    test(file, LIMIT, () => follow(file, { ...options, browser }));
  }
});
