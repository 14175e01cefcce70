// The apps that guides begin with: how they are prepared, started, and asked.

import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readdir, writeFile } from "node:fs/promises";
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

export const apps = {
  rails: {
    folder: "rails",
    start: "realtime run bin/rails server",
    environment: { ...paths, REALTIME_GEM: join(REPOSITORY, "bindings/ruby"), BOOTSNAP_CACHE_DIR, NODE_PATH },
    generator: /^bin\/rails generate /m, // commands that write files
    console: (text) => ["bin/rails", "runner", text],
    instead: (line) => (fetched.test(line) ? ["true"] : undefined),
    async prepare(folder) {
      for (const name of await readdir(join(folder, "bin"))) await chmod(join(folder, "bin", name), 0o755);
      await mkdir(join(folder, "public"));
      await cp(join(NODE_PATH, "@hotwired/turbo/dist/turbo.es2017-umd.js"), join(folder, "public/turbo.js"));
      await run(["bin/rails", "db:prepare"], folder, this.environment);
    },
  },
  django: {
    folder: "django",
    start: "realtime run python manage.py runserver {port}",
    anyPort: ["0", "--noreload"], // for `manage.py runrealtime`
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
    prepare: (folder) => writeFile(join(folder, ".keep"), ""),
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
