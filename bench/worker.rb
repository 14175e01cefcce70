# frozen_string_literal: true

# The app of the benchmarks in Ruby: it echoes what clients send.
#
#   ruby -I ../bindings/ruby/lib worker.rb       (the socket is REALTIME_SOCKET)

require "realtime"

Realtime.on("echo") { |_socket, value| value }
Realtime.start

stop = Queue.new
%w[TERM INT].each { |signal| Signal.trap(signal) { stop << signal } }
stop.pop
Realtime.stop
