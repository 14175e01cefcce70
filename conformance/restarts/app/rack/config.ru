# frozen_string_literal: true

# The web app: its workers are the handlers, as in production. Each POST emits a number to everyone.
# ../wsgi.py is the same in Python.

require "realtime/serving"
require_relative "../handlers"
require_relative "../ticks"

# What the railtie calls when a web server loads a Rails app.
Realtime::Serving.web_server_loaded

run(lambda do |env|
  Ticks.emit if env["REQUEST_METHOD"] == "POST"
  body = Process.pid.to_s
  [200, { "content-type" => "text/plain", "content-length" => body.bytesize.to_s }, [body]]
end)
