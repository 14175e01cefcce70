// The app in each language: how its processes are started.

import path from "node:path";

import { python, root } from "../clients/house.mjs";

export const folder = path.join(root, "conformance/restarts/app");

/**
 * `nursery` is a command; `script`, and `web` with one process, are lines that the nursery understands: see
 * nursery.mjs. `env` is what all of them need.
 */
export const languages = {
  ruby: {
    nursery: ["ruby", path.join(folder, "nursery.rb")],
    script: (name) => ["ruby", path.join(folder, `${name}.rb`)],
    web: (socket) => ["puma", "--threads", "4:4", "--environment", "production", "--bind", `unix://${socket}`, path.join(folder, "rack/config.ru")],
    env: { RUBYLIB: path.join(root, "bindings/ruby/lib") },
  },
  python: {
    nursery: [python, path.join(folder, "nursery.py")],
    script: (name) => ["python", path.join(folder, `${name}.py`)],
    web: (socket) => ["gunicorn", "--workers", "1", "--threads", "4", "--bind", `unix:${socket}`, "--chdir", folder, "wsgi:application"],
    env: { PYTHONPATH: path.join(root, "bindings/python/src") },
  },
};
