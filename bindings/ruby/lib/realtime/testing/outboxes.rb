# frozen_string_literal: true

require_relative "outbox"

module Realtime
  module Testing
    # Which test an emit belongs to, when several run at once in threads. Stands in for the
    # connection of the whole process.
    #
    # A test's emits are those of its thread and, from Ruby 3.2 on, of threads and fibers started
    # there. Another thread's (a pool of jobs, a web server of system tests) belong to the test that
    # runs; if several do, each of them sees it, since it may be any's.
    class Outboxes
      KEY = :realtime_outbox
      private_constant :KEY

      def initialize
        @lock = Mutex.new
        @common = Outbox.new
        @running = {}.compare_by_identity
      end

      # Begins a test in this thread.
      # @return [Outbox] its own
      def open
        box = Outbox.new
        @lock.synchronize { @running[box] = true }
        self.own = box
      end

      # Ends it.
      def close(box)
        @lock.synchronize { @running.delete(box) }
        self.own = nil
      end

      # @return [Outbox] where this thread's emits go, or the first of several
      def current
        all.first
      end

      def notify(name, params, **)
        calls = Outbox.read(name, params)
        all.each { |box| box.record(calls) }
        nil
      end

      # @see Outbox#limits
      def limits = Limits::UNTOLD

      def request(name, params, **)
        first, *others = all
        others.each { |box| box.record(Outbox.read(name, params)) }
        first.request(name, params)
      end

      private

      # @return [Array<Outbox>] never empty
      def all
        mine = own
        @lock.synchronize do
          next [mine] if mine && @running.key?(mine)

          @running.empty? ? [@common] : @running.keys
        end
      end

      # A fiber's storage is inherited by what it starts. A thread's variables are not, but fibers
      # within it (an Enumerator's) see them.
      if Fiber.respond_to?(:[])
        def own = Fiber[KEY]

        def own=(box)
          Fiber[KEY] = box
        end
      else
        def own = Thread.current.thread_variable_get(KEY)

        def own=(box)
          Thread.current.thread_variable_set(KEY, box)
        end
      end
    end
  end
end
