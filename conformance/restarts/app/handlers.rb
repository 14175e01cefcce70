# frozen_string_literal: true

# What every process of the app that takes events loads. handlers.py is the same in Python.

require "realtime"
require_relative "journal"

WORK = 0.04 # seconds: as long as some queries, so that who kills this process meets it at work

# HOOK=none is code of a deploy that has not heard of tickets yet.
unless ENV["HOOK"] == "none"
  Realtime.on_connect do |socket, auth|
    claims = auth || socket.handshake.query # of clients from before 3.x
    valid = claims.is_a?(Hash) && claims["ticket"] == "valid"
    Journal.note("asked", socket: socket.id, admitted: valid)
    reject "no ticket" unless valid
  end
end

Realtime.on("number") do |socket, n|
  Journal.note("begin", id: event_id, socket: socket.id, n: n, attempt: attempt)
  sleep WORK
  socket.emit("seen", n)
  Journal.note("end", id: event_id, socket: socket.id, n: n, attempt: attempt)
  ack(event_id, attempt)
end

# Behind everything that was sent before; says who that was.
Realtime.on("last", &:id)
