# frozen_string_literal: true

# What the server inside costs a Ruby process before anybody does anything with it.
#
#   ruby -I ../bindings/ruby/lib inside.rb
#
# REALTIME_LIBRARY names the library. Prints a line of JSON: bytes of memory (PSS) that came with loading the
# library and with the start, and seconds that loading, the start, and start and first client together took.

require "fiddle"
require "json"
require "net/http"
require "realtime"

def clock = Process.clock_gettime(Process::CLOCK_MONOTONIC)

def memory
  GC.start
  File.read("/proc/self/smaps_rollup")[/^Pss:\s+(\d+)/, 1].to_i * 1024
end

# A client's way in, by long-polling: open, ask for the namespace, hear that the app's hook let it in.
def enter(url)
  uri = URI("#{url}/socket.io/?EIO=4&transport=polling")
  Net::HTTP.start(uri.host, uri.port) do |http|
    id = http.get(uri.request_uri).body[/"sid":"([^"]+)"/, 1]
    target = "#{uri.request_uri}&sid=#{id}"
    http.post(target, "40")
    answer = http.get(target).body
    raise "a client was answered #{answer}" unless answer.start_with?("40{")
  end
end

Realtime.on_connect { |socket| socket.join("all") }
alone = memory
began = clock
Fiddle.dlopen(ENV.fetch("REALTIME_LIBRARY"))
load = clock - began
loaded = memory
began = clock
Realtime.start(native: true, listen: "127.0.0.1:0", log_level: "warn")
start = clock - began
enter(Realtime.native_server.url)
first = clock - began
puts JSON.generate(load: load, start: start, first: first, loaded: loaded - alone, started: memory - loaded)
Realtime.stop
