# frozen_string_literal: true

# Measures the Ruby end of the link on this machine:
#
#   ruby -Ilib bench/link.rb [seconds per row]
#
# The other end is a forked process that only reads frames (or asks handlers and counts answers),
# so the numbers are what this gem costs, with the kernel's sockets between. Each emit carries about
# 200 bytes of arguments.

require "realtime"
require "socket"
require "tmpdir"

SECONDS = Float(ARGV[0] || 2)
PAYLOAD = { id: 7, state: "paid", total: 19.99, tags: %w[a b c], note: "x" * 120 }.freeze
WINDOW = 4

# The other end, in a process of its own: hello, then what the block does with the socket.
def peer(path)
  server = UNIXServer.new(path)
  pid = fork do
    io = server.accept
    io.readpartial(65_536)
    io.write(Realtime::Protocol.response(0, nil, { "boot" => "b", "heartbeat" => 25_000, "window" => 1024 }))
    yield io
  rescue EOFError, Errno::EPIPE
    nil
  ensure
    exit!(0)
  end
  server.close
  pid
end

def client(path, threads: 2)
  Realtime::Client.new(socket: path, handler_threads: threads, logger: Logger.new($stderr, level: :error))
end

def clock
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

# Calls the block for SECONDS; returns how often it could per second, and what one call cost.
def rate(&work)
  began = clock
  cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  done = 0
  until clock - began > SECONDS
    100.times(&work)
    done += 100
  end
  used = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu
  [(done / (clock - began)).round, used / done * 1e6]
end

# @param cpu_micros [Float] processor time of this process, which a busy machine changes least
def report(name, per_second, cpu_micros = nil)
  cpu = cpu_micros ? format("%.1f us of processor time each", cpu_micros) : ""
  puts format("%-44<name>s %9<rate>d /s  %<cpu>s", name: name, rate: per_second, cpu: cpu)
end

def measure_emits(name)
  Dir.mktmpdir do |folder|
    path = File.join(folder, "s.sock")
    pid = peer(path) { |io| loop { io.readpartial(262_144) } }
    here = client(path)
    here.connection.wait_until_connected(5) or abort "no connection"
    report(name, *rate { yield here.emitter })
    here.stop
    Process.wait(pid)
  end
end

# Answers each request at once, with the least there is.
def measure_confirmed
  Dir.mktmpdir do |folder|
    path = File.join(folder, "s.sock")
    pid = peer(path) do |io|
      decoder = Realtime::Protocol::Decoder.new
      loop do
        decoder.feed(io.readpartial(65_536)) do |frame|
          io.write(Realtime::Protocol.response(frame.id, nil, {})) if frame.is_a?(Realtime::Protocol::Request)
        end
      end
    end
    here = client(path)
    report("emit! (waits for the answer)", *rate { here.emitter.emit!(here.emitter.select, "order", [PAYLOAD]) })
    here.stop
    Process.wait(pid)
  end
end

# Keeps WINDOW events unanswered, as the sidecar does, and counts answers.
def measure_handlers
  Dir.mktmpdir do |folder|
    path = File.join(folder, "s.sock")
    counts, result = IO.pipe
    pid = peer(path) { |io| result.puts(ask_handlers(io)) }
    here = client(path, threads: WINDOW / 2)
    here.router.add(:event, proc { |_socket, value| value }, event: "echo")
    here.start
    report("handler round trips, #{WINDOW} unanswered", Integer(counts.gets))
    here.stop
    Process.wait(pid)
  end
end

def ask_handlers(io)
  event = { "id" => "boot-1", "socket" => "s" * 20, "namespace" => "/", "event" => "echo", "args" => [PAYLOAD],
            "ack" => true, "attempt" => 1 }
  frame = Realtime::Protocol.request(1, "event", event)
  decoder = Realtime::Protocol::Decoder.new
  began = clock
  answers = 0
  io.write(frame * WINDOW)
  until clock - began > SECONDS
    decoder.feed(io.readpartial(65_536)) do
      answers += 1
      io.write(frame)
    end
  end
  (answers / (clock - began)).round
end

puts "ruby #{RUBY_VERSION}, msgpack #{MessagePack::VERSION}"
measure_emits("emit") { |emitter| emitter.emit(emitter.select, "order", [PAYLOAD]) }
measure_emits("emit to a room") { |emitter| emitter.emit(emitter.select(to: "orders"), "order", [PAYLOAD]) }
measure_emits("100 emits in a batch, a hundredth of it") do |emitter|
  @batched = (@batched || 0) + 1
  emitter.batch { 100.times { emitter.emit(emitter.select, "order", [PAYLOAD]) } } if (@batched % 100).zero?
end
measure_confirmed
measure_handlers
