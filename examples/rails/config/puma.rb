# frozen_string_literal: true

# Two processes that share one loaded app, as in production. Nothing here is about realtime: the gem
# finds out by itself which processes serve, and each worker takes its share of the clients' events.
# The server inside the app (REALTIME_NATIVE=1) is for one process.
workers Integer(ENV.fetch("WEB_CONCURRENCY", ENV["REALTIME_NATIVE"] == "1" ? 0 : 2))
threads 3, 3
preload_app!

# A worker that is told to end answers those who are at its door, too, instead of cutting them off.
drain_on_shutdown

# `realtime run` gives the app a free port.
port ENV.fetch("PORT", 3000), "127.0.0.1"
