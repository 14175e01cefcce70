# frozen_string_literal: true

module Realtime
  class Handler
    # How often a client may do something, declared as in controllers:
    #
    #   rate_limit to: 10, within: 1.second
    #   rate_limit to: 3, within: 60, only: :invite, by: -> { socket.user }, store: Rails.cache
    #   rate_limit to: 5, within: 1, with: -> { { error: "slow down" } }
    #
    # It counts in windows: the first event opens one. An event too many is not handled and not
    # acknowledged, or acknowledged with the value of `with:`, and is logged once per window. It
    # stands in line with the `before_event` callbacks, in the order of declaration.
    #
    # Each process counts for itself, and the sidecar gives a client's events to any of them: with n
    # processes a client may do up to n times as much. `store:` makes them count together, at the
    # price of one visit to the store per event. In memory at most MAX_KEYS clients are counted per
    # limit; beyond that those are forgotten whose windows are oldest, and begin anew.
    class RateLimit
      # Some 200 bytes each.
      MAX_KEYS = 10_000

      # One client's count, and when it ends.
      Window = Struct.new(:ends_at, :events)
      private_constant :Window

      @era = 0

      class << self
        # @api private
        # @return [Integer] counts of another era are not looked at
        attr_reader :era

        # Forgets all counts in memory: for tests, whose clients bear the same names again.
        def forget
          @era += 1
        end
      end

      # Declares limits; a handler class is extended with it.
      module Declaration
        # @param to [Integer] events…
        # @param within [Numeric] …in so many seconds
        # @param by [Proc, Symbol] run in the handler: what is counted; the socket when absent
        # @param with [Proc, Symbol, nil] run in the handler when it is too many: its value is the
        #   acknowledgement
        # @param store [#increment, nil] such as Rails.cache; counts of all processes
        # @param name [String] tells apart limits that count in one store
        # @param only, except [Array<Symbol, String>] events, as of {Callbacks}
        def rate_limit(to:, within:, by: nil, with: nil, store: nil, name: nil, only: nil, except: nil)
          limit = RateLimit.new(to: to, within: within, by: by, with: with, store: store,
                                name: name || "#{self.name}:#{Array(only).join(",")}")
          before_event(only: only, except: except) { limit.check(self) }
        end
      end

      def initialize(to:, within:, by:, with:, store:, name:)
        raise ArgumentError, "rate_limit: to: #{to.inspect} is no number of events" unless to.is_a?(Integer) && to >= 1
        raise ArgumentError, "rate_limit: within: #{within.inspect} is no time" unless within.to_f.positive?

        @to = to
        @within = within
        @by = by
        @with = with
        @store = store
        @name = name
        @windows = {}
        @era = RateLimit.era
        @lock = Mutex.new
      end

      # Counts an event; ends it when it is one too many.
      def check(handler)
        key = (@by ? run(handler, @by) : handler.socket.id).to_s
        count = @store ? count_in_store(key) : count_here(key)
        return if count <= @to

        warn_of(handler, key) if count == @to + 1
        handler.halt(@with ? acknowledgement(run(handler, @with)) : Unanswered.new("too many events"))
      end

      private

      def run(handler, body)
        body.is_a?(Symbol) ? handler.send(body) : handler.instance_exec(&body)
      end

      # As of an event's value.
      def acknowledgement(value)
        value.nil? ? Ack.new([]) : value
      end

      def count_here(key)
        now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        @lock.synchronize do
          forget_another_era
          window = @windows[key]
          window = open_window(key, now) if window.nil? || window.ends_at <= now
          window.events += 1
        end
      end

      def forget_another_era
        return if @era == RateLimit.era

        @era = RateLimit.era
        @windows.clear
      end

      # All windows are equally long, so that the first in the table is the oldest one.
      def open_window(key, now)
        @windows.delete(key)
        oldest, window = @windows.first
        @windows.delete(oldest) if window && (window.ends_at <= now || @windows.size >= MAX_KEYS)
        @windows[key] = Window.new(now + @within, 0)
      end

      # A store that cannot count what is not there yet (Active Support's before 7.1) is given the
      # first count; two that are first at once are then counted as one.
      def count_in_store(key)
        key = "realtime:rate:#{@name}:#{key}"
        count = @store.increment(key, 1, expires_in: @within)
        @store.write(key, 1, expires_in: @within, raw: true) unless count
        count || 1
      end

      def warn_of(handler, key)
        Realtime.config.logger.warn do
          "realtime: #{handler.class}: more than #{@to} in #{@within.to_f} s by #{key.inspect}: " \
            "#{handler.event_name.inspect} is not handled"
        end
      end
    end
  end
end
