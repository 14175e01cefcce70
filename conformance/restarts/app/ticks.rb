# frozen_string_literal: true

require_relative "journal"

# Numbers that this process emits to everyone, each noted once the binding has it.
module Ticks
  LOCK = Mutex.new
  @last = 0
  @pid = nil

  # Threads emit one after the other: what they emit at once has no order to be kept.
  def self.emit
    LOCK.synchronize do
      @last = 0 unless @pid == Process.pid
      @pid = Process.pid
      Realtime.emit("tick", @pid, @last += 1)
      Journal.note("tick", n: @last)
    end
  end
end
