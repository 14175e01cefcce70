# frozen_string_literal: true

# The host of the soak in Ruby: a server inside, and threads that do with it all that an app may. soak.py is
# the same in Python. soak.mjs starts it and says "work" and "rest"; TERM ends it. What it says is a line
# of JSON each: listening, rested, sums.

require "json"
require_relative "beside"

$stdout.sync = true

# Seconds between two turns of each thread; together some half of a core.
PACE = { emit: 0.02, confirm: 0.05, batch: 0.2, call: 0.1, visit: 0.1, ask: 0.1, beside: 0.5, fork: 1.5,
         collect: 0.3 }.freeze
KEEPERS = 4
CHILD_TICKS = 20
CHILD_PACE = 0.05 # seconds
STRESS = 0.01 # seconds that each allocation collects

# What happened, by name.
class Sums
  def initialize
    @lock = Mutex.new
    @counts = Hash.new(0)
    @ticks = Hash.new(0)
    @faults = []
  end

  def add(name, count = 1) = @lock.synchronize { @counts[name] += count }

  # The next number of a source of ticks.
  def tick(source) = @lock.synchronize { @ticks[source] += 1 }

  def ticked(source, last) = @lock.synchronize { @ticks[source] = last }

  def fault(text) = @lock.synchronize { @faults |= [text] if @faults.size < 20 }

  def ticks = @lock.synchronize { @ticks.dup }

  def to_h = @lock.synchronize { { "faults" => @faults.dup }.merge(@counts) }
end

SUMS = Sums.new
SIGNALS = Hash.new(0) # counted in traps, where there are no locks
LATER = Queue.new

def say(word, **more) = puts(JSON.generate(say: word, **more))

Realtime.on_connect do |socket, auth|
  SUMS.add(:connects)
  socket.join("all")
  socket.join("keepers") if auth["keeper"]
end
Realtime.on_disconnect { SUMS.add(:disconnects) }
Realtime.on("double") { |_socket, n| SUMS.add(:events) && (2 * n) }
Realtime.on("later") do |_socket, n|
  SUMS.add(:events)
  Realtime.defer.tap { |answer| LATER << [answer, n] }
end
Realtime.on("chain") do |socket, n|
  SUMS.add(:events)
  socket.emit("chained", n)
  2 * n
end

# What the threads do, a turn each.
module Turns
  class << self
    def emit(source) = Realtime.emit("tick", source, SUMS.tick(source), to: "all")

    def confirm(source) = Realtime.emit!("tick", source, SUMS.tick(source), to: "all")

    def batch(source) = Realtime.batch { 3.times { emit(source) } }

    def call(turn)
      replies = Realtime.call("ask", turn, to: "keepers", timeout: 30)
      SUMS.add(:calls)
      SUMS.add(:answers, replies.count)
      SUMS.fault("call #{turn} was answered #{replies.values}") unless replies.values == [turn + 1] * KEEPERS
    end

    # Into a room, a word there, out of it, and a word that must not be heard.
    def visit(turn)
      id = (@keepers ||= Realtime.sockets(to: "keepers").map(&:id)).at(turn % KEEPERS)
      Realtime.join("visit", to: id)
      Realtime.emit("visit", true, to: "visit")
      Realtime.leave("visit", to: id)
      Realtime.emit("visit", false, to: "visit")
      SUMS.add(:visits)
    end

    def ask(turn)
      answer = case turn % 4
               when 0 then Realtime.count(to: "keepers")
               when 1 then Realtime.sockets(to: "keepers").size
               when 2 then Realtime.rooms(to: "keepers")["keepers"]
               else Realtime.stats.empty? ? 0 : KEEPERS
               end
      SUMS.add(:questions)
      SUMS.fault("question #{turn % 4} was answered #{answer}") unless answer == KEEPERS
    end

    def beside(turn)
      SUMS.add(:connections, Beside.live(turn))
      Beside.greet(Realtime.native_server.connect).close # one more to the server that everybody uses
      SUMS.add(:connections)
      SUMS.add(:servers)
    end

    def fork(turn)
      source = "child #{turn}"
      pid = Process.fork { Child.live(source) }
      SUMS.add(:forks)
      _, status = Process.wait2(pid)
      return SUMS.fault("#{source}: #{status}") unless status.success?

      SUMS.add(:children)
      SUMS.ticked(source, CHILD_TICKS)
    end

    def collect(turn)
      SUMS.add(:collections)
      case turn % 3
      when 0 then GC.start
      when 1 then GC.compact
      else stress
      end
    end

    private

    def stress
      GC.stress = true
      sleep STRESS
    ensure
      GC.stress = false
    end
  end
end

# A forked child: it speaks by the socket, as other processes do.
module Child
  class << self
    def live(source)
      GC.stress = false
      raise "a child has a server" if Realtime.native_server
      raise "the library works in a child" unless Beside.call(:rt_new, "{}") == Beside::FORKED

      (1...CHILD_TICKS).each do |n|
        Realtime.emit("tick", source, n, to: "all")
        sleep CHILD_PACE
      end
      Realtime.emit!("tick", source, CHILD_TICKS, to: "all")
      Realtime.stop
      exit!(0)
    rescue Exception => e # rubocop:disable Lint/RescueException
      warn "Error in #{source}: #{e.full_message}"
      exit!(1)
    end
  end
end

# Threads that take turns until they are told to rest.
class Work
  def initialize
    @resting = false
    @threads = [
      *[1, 2].map { |n| thread(:emit) { Turns.emit("emit #{n}") } },
      *[1, 2].map { |n| thread(:confirm) { Turns.confirm("confirm #{n}") } },
      thread(:batch) { Turns.batch("batch") },
      *%i[call call visit ask beside fork collect].map { |name| thread(name) { |turn| Turns.public_send(name, turn) } }
    ]
  end

  def rest
    @resting = true
    @threads.each(&:join)
  end

  private

  def thread(name)
    Thread.new do
      turn = 0
      until @resting
        begin
          yield turn
        rescue StandardError => e
          SUMS.fault("#{name}: #{e.full_message(highlight: false)}")
        end
        turn += 1
        sleep PACE.fetch(name)
      end
    end
  end
end

Thread.new do
  loop do
    answer, n = LATER.pop
    answer.ack(2 * n)
  end
end

over = Queue.new
Realtime.start(native: true, listen: "127.0.0.1:0", log_level: "warn")
Beside.load
%w[USR1 USR2 CHLD].each { |name| trap(name) { SIGNALS[name] += 1 } }
trap("TERM") { over << true }
say "listening", url: Realtime.native_server.url

Thread.new do
  $stdin.gets
  work = Work.new
  $stdin.gets
  work.rest
  say "rested", ticks: SUMS.ticks
end

over.pop
Realtime.stop
say "sums", signals: SIGNALS, **SUMS.to_h.transform_keys(&:to_sym)
