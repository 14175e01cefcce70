# frozen_string_literal: true

# A process that does nothing but take events.

require_relative "handlers"

stop = Thread::Queue.new
%w[TERM INT].each { |signal| trap(signal) { stop << signal } }
Realtime.start
stop.pop
