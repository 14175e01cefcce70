// The apps that guides begin with: how they are prepared, started, and asked.

import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { REPOSITORY } from "../../browser/support/sidecar.js";
import { run } from "./commands.js";

const PREPARED = join(REPOSITORY, ".venv/bin/python");
const PYTHON = process.env.PYTHON ?? (existsSync(PREPARED) ? PREPARED : "python3");
const BINARY = process.env.REALTIME_BIN ?? join(REPOSITORY, "bin/realtime");

// The package is found by its path here; where it is installed, pytest finds its fixtures by itself.
const python = { PYTHONPATH: join(REPOSITORY, "bindings/python/src"), PYTEST_PLUGINS: "realtime_sidecar.pytest_plugin" };

const paths = { PATH: [`${BINARY.replace(/\/[^/]*$/, "")}`, `${PYTHON.replace(/\/[^/]*$/, "")}`, process.env.PATH].join(":"), REALTIME_BIN: BINARY };

// Where Node programs of the apps find their packages.
const NODE_PATH = join(REPOSITORY, "conformance/guides/node_modules");

// What Ruby makes of Rails' files is the same in the apps of all guides.
const BOOTSNAP_CACHE_DIR = join(REPOSITORY, "tmp/bootsnap");

// Commands that would fetch what the tests have at hand already.
const fetched = /^(bundle add|bundle install|pip install|npm install) /;

// Of each app: `reloads` are the files whose new content a running server sees by itself, as the guides say;
// `looks` are the commands that leave the app as it is.
export const apps = {
  rails: {
    folder: "rails",
    start: "realtime run bin/rails server",
    environment: { ...paths, REALTIME_GEM: join(REPOSITORY, "bindings/ruby"), BOOTSNAP_CACHE_DIR, NODE_PATH },
    // Not the first file of a handler: a client would have to wait for a request that makes Rails look for it.
    reloads: (path, isNew) => path === "config/routes.rb" || (path.startsWith("app/") && !(isNew && path.startsWith("app/realtime/"))),
    looks: /^(grep |bin\/rails realtime:check)/,
    generator: /^bin\/rails generate realtime:install/m, // writes what the guide's own files do not
    console: (text) => ["bin/rails", "runner", text],
    instead: (line) => (fetched.test(line) ? ["true"] : undefined),
    async prepare(folder) {
      for (const name of await readdir(join(folder, "bin"))) await chmod(join(folder, "bin", name), 0o755);
      await mkdir(join(folder, "public"));
      await cp(join(NODE_PATH, "@hotwired/turbo/dist/turbo.es2017-umd.js"), join(folder, "public/turbo.js"));
      await run(["bin/rails", "db:prepare", "db:test:prepare"], folder, this.environment);
    },
  },
  django: {
    folder: "django",
    start: "realtime run python manage.py runserver {port} --noreload",
    anyPort: ["0", "--noreload"], // for `manage.py runrealtime`
    reloads: (path) => path.endsWith(".html"),
    looks: /^python manage\.py (realtime|check|test)\b/,
    environment: { ...paths, ...python },
    console: (text) => [PYTHON, "manage.py", "shell", "-c", text],
    instead: (line) => (fetched.test(line) ? ["true"] : undefined),
    async prepare(folder) {
      await run([PYTHON, "manage.py", "migrate", "--verbosity", "0"], folder, this.environment);
    },
  },
  // An empty folder with Python: Flask, FastAPI.
  python: {
    folder: "python",
    start: null,
    environment: { ...paths, ...python },
    console: (text) => [PYTHON, "-c", text],
    instead: (line) => (fetched.test(line) ? ["true"] : undefined),
  },
  // An empty folder with Ruby.
  ruby: {
    folder: "ruby",
    start: null,
    environment: { ...paths, RUBYLIB: join(REPOSITORY, "bindings/ruby/lib") },
  },
  // An empty folder with Node and Socket.IO's own server: what one comes from.
  node: {
    folder: "node",
    start: null,
    environment: { ...paths, NODE_PATH },
    instead: (line) => (fetched.test(line) ? ["true"] : undefined),
  },
};

const made = new Map(); // by name: a promise of the folder

/** A folder with the app as guides find it, to be copied: made once, since a database takes as long as a start of the app. */
export function prepared(name) {
  if (!made.has(name)) made.set(name, prepare(apps[name]));
  return made.get(name);
}

async function prepare(app) {
  const folder = await mkdtemp(join(tmpdir(), "guide-"));
  await cp(join(REPOSITORY, "conformance/guides/apps", app.folder), folder, { recursive: true });
  await app.prepare?.(folder);
  return folder;
}

/** Removes those folders. */
export async function discard() {
  for (const { value } of await Promise.allSettled(made.values())) if (value) await rm(value, { recursive: true, force: true });
}
