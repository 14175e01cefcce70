# frozen_string_literal: true

require_relative "protocol"
require_relative "replies"

module Realtime
  # An outbox in memory in place of the sidecar, for an app's tests: nothing connects, what is
  # emitted can be read.
  #
  #   emits = Realtime::Testing.capture { Order.create! }
  #   assert_equal ["order.new"], emits.map(&:event)
  #
  # Emits of all threads are seen. Values are as a client's side would read them: keys are strings.
  module Testing
    # One emit, or join, leave, disconnect and so on: `method` says which, `params` has it all.
    Sent = Struct.new(:name, :params) do
      def event = params["event"]
      def args = params["args"]
      def namespace = params["namespace"] || "/"
      # nil is everyone, [] nobody
      def to = params["to"]
      def users = params["users"]
      def except = params["except"] || []
      def except_users = params["except_users"] || []
      def volatile? = params["volatile"] || false
    end

    # What stands in for the connection: same methods, no waiting.
    class Outbox
      ANSWERS = {
        "emit" => ->(params) { { "id" => params["id"] } },
        "call" => ->(_) { { "acks" => [], "expected" => 0, "gone" => [], "timed_out" => false } },
        "sockets" => ->(_) { { "sockets" => [], "next" => nil } },
        "rooms" => ->(_) { { "rooms" => {} } },
        "count" => ->(_) { { "count" => 0 } },
        "stats" => ->(_) { {} }
      }.freeze
      private_constant :ANSWERS

      def initialize
        @lock = Mutex.new
        @sent = []
      end

      def notify(name, params, **)
        params = Protocol.round_trip(params)
        calls = name == "batch" ? params["emits"].map { |emit| Sent.new("emit", emit) } : [Sent.new(name, params)]
        @lock.synchronize { @sent.concat(calls) }
        nil
      end

      # @return [Object] as from a sidecar without clients
      def request(name, params, **)
        notify(name, params)
        ANSWERS.fetch(name).call(params)
      end

      # @return [Array<Sent>] everything since it was last cleared, in order
      def sent
        @lock.synchronize { @sent.dup }
      end

      def clear
        @lock.synchronize { @sent.clear }
      end
    end

    class << self
      # From now on nothing is sent. Rails does this in the test environment.
      def on
        Realtime.client.replacement ||= Outbox.new
      end

      # From now on emits go to the sidecar again.
      def off
        Realtime.client.replacement = nil
      end

      # @return [Boolean]
      def on?
        !Realtime.client.replacement.nil?
      end

      # @return [Array<Sent>] emits, joins and so on since the start or {clear}
      def sent
        on.sent
      end

      # @return [Array<Sent>] of them the emits
      def emits
        sent.select { |call| call.name == "emit" }
      end

      def clear
        on.clear
      end

      # @return [Array<Sent>] the block's emits
      def capture
        outer = Realtime.client.replacement
        inner = Realtime.client.replacement = Outbox.new
        yield
        inner.sent.select { |call| call.name == "emit" }
      ensure
        Realtime.client.replacement = outer
      end
    end
  end
end
