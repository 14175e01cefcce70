# frozen_string_literal: true

# A process that only emits: a job, a console, a task. It has no handlers.

require "realtime"
require_relative "ticks"

PAUSE = 0.2 # seconds between two emits

stopping = false
trap("TERM") { stopping = true }
until stopping
  Ticks.emit
  sleep PAUSE
end
