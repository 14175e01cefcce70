# frozen_string_literal: true

# What an emit costs a Ruby app, beside the other ways to tell another process.
#
#   ruby -I ../bindings/ruby/lib emits.rb SECONDS ROUNDS SIDECAR_PID REDIS_PORT REDIS_PID HTTP_PORT HTTP_PID
#
# The socket is REALTIME_SOCKET. Each way has a turn of SECONDS in every round; a turn ends when the
# other side has read everything. Prints a line of JSON for each turn: the way, how many emits, the
# seconds, and microseconds of processor time here and there. Nobody is in the room, so that what is
# measured is the way to it.

require "active_record"
require "json"
require "net/http"
require "realtime"
require "redis"

SECONDS, ROUNDS, SIDECAR, REDIS_PORT, REDIS, HTTP_PORT, HTTP =
  ARGV.each_with_index.map { |text, at| at.zero? ? Float(text) : Integer(text) }
ORDER = { id: 7, number: "2024-0007", total: "129.90", paid: true, note: "x" * 100 }.freeze
BATCH = 100
SAVED = 10 # emits of a transaction

ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ":memory:")
ActiveRecord::Base.connection.create_table(:orders) { |table| table.integer :total }
# A row of the benchmarks' database.
class Order < ActiveRecord::Base; end

REDIS_CLIENT = Redis.new(host: "127.0.0.1", port: REDIS_PORT)
HTTP_CLIENT = Net::HTTP.start("127.0.0.1", HTTP_PORT)
JSON_TYPE = { "Content-Type" => "application/json" }.freeze

def emit = Realtime.emit("order.paid", ORDER, to: "nobody")

# A turn's work, which answers how many emits it was.
WAYS = {
  "emit" => [SIDECAR, lambda {
    emit
    1
  }],
  "confirmed" => [SIDECAR, -> { Realtime.emit!("order.paid", ORDER, to: "nobody") && 1 }],
  "batch" => [SIDECAR, -> { Realtime.batch { BATCH.times { emit } } && BATCH }],
  "transaction" => [SIDECAR, lambda {
    Order.transaction do
      Order.create!(total: 1)
      SAVED.times { emit }
    end
    SAVED
  }],
  "nothing" => [SIDECAR, lambda {
    Order.transaction { Order.create!(total: 1) }
    SAVED
  }],
  "redis" => [REDIS, lambda {
    REDIS_CLIENT.publish("nobody", JSON.generate(["order.paid", ORDER]))
    1
  }],
  "http" => [HTTP, lambda {
    HTTP_CLIENT.post("/emit", JSON.generate({ room: "nobody", event: "order.paid", args: [ORDER] }), JSON_TYPE)
    1
  }]
}.freeze

def clock(which = Process::CLOCK_MONOTONIC) = Process.clock_gettime(which)

# The kernel counts in hundredths of a second.
def cpu_of(pid) = File.read("/proc/#{pid}/stat").rpartition(") ").last.split.values_at(11, 12).sum(&:to_i) * 1e4

def turn(way, pid, work)
  began = clock
  here = clock(Process::CLOCK_PROCESS_CPUTIME_ID)
  there = cpu_of(pid)
  count = 0
  count += work.call until clock - began > SECONDS
  Realtime.count(to: "nobody") if pid == SIDECAR
  puts JSON.generate(target: way, count: count, seconds: clock - began,
                     cpu: [(clock(Process::CLOCK_PROCESS_CPUTIME_ID) - here) * 1e6, cpu_of(pid) - there])
end

WAYS.each_value { |_, work| work.call } # connections, caches
ROUNDS.times { WAYS.each { |way, (pid, work)| turn(way, pid, work) } }
Realtime.stop
