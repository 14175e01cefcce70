# frozen_string_literal: true

require_relative "../limits"
require_relative "../protocol"
require_relative "../replies"

module Realtime
  module Testing
    # One emit, or join, leave, disconnect and so on: `name` says which, `params` has it all, as the
    # link's protocol names it.
    Sent = Struct.new(:name, :params) do
      def emit? = name == "emit"
      def event = params["event"]
      def args = params["args"]
      def namespace = params["namespace"] || "/"
      # nil is everyone, [] nobody
      def to = params["to"]
      def users = params["users"]
      def except = params["except"] || []
      def except_users = params["except_users"] || []
      # Of join and leave.
      def rooms = params["rooms"] || []
      def volatile? = params["volatile"] || false

      # For a failure message: "order.created" {"id"=>7} to: ["orders"]
      def to_s
        [*about, *whom].join(" ")
      end

      private

      def about
        return [event.inspect, *args&.map(&:inspect)] if emit?

        [name, *event&.inspect, *(rooms.map(&:inspect) if params.key?("rooms"))]
      end

      def whom
        said = params.slice("to", "users", "except", "except_users", "logins", "namespace", "volatile")
        said.map { |key, value| "#{key}: #{value.inspect}" }
      end
    end

    # What stands in for the connection: same methods, no waiting. Any number of threads may use it.
    class Outbox
      ANSWERS = {
        "emit" => ->(params) { { "id" => params["id"] } },
        "call" => ->(_) { { "acks" => [], "expected" => 0, "gone" => [], "timed_out" => false } },
        "sockets" => ->(_) { { "sockets" => [], "next" => nil } },
        "rooms" => ->(_) { { "rooms" => {} } },
        "stats" => ->(_) { {} }
      }.tap { |answers| answers.default = ->(_) { { "count" => 0 } } }.freeze
      private_constant :ANSWERS

      def initialize
        @lock = Mutex.new
        @sent = []
        @answers = {}
      end

      def notify(name, params, **)
        record(Outbox.read(name, params))
      end

      # @return [Object] as from a sidecar without clients, or as {#answer} was told
      def request(name, params, **)
        notify(name, params)
        (@lock.synchronize { @answers[name] } || ANSWERS[name]).call(params)
      end

      # @return [Limits] Socket.IO's own; no sidecar has told any
      def limits = Limits::UNTOLD

      # @see Testing.answer
      def answer(name, &block)
        @lock.synchronize { @answers[name.to_s] = block }
      end

      # @api private
      # @return [Array<Sent>] what a frame says, one by one, as the other side reads it
      def self.read(name, params)
        params = Protocol.round_trip(params)
        return [Sent.new(name, params)] unless name == "batch"

        params["emits"].map { |emit| Sent.new("emit", emit) }
      end

      # @api private
      # @param calls [Array<Sent>]
      # @return [nil]
      def record(calls)
        @lock.synchronize { @sent.concat(calls) }
        nil
      end

      # @return [Array<Sent>] everything since it was last cleared, in order
      def sent
        @lock.synchronize { @sent.dup }
      end

      # @return [Integer]
      def size
        @lock.synchronize { @sent.size }
      end

      # Forgets what was sent and what {#answer} was told.
      def clear
        @lock.synchronize do
          @sent.clear
          @answers.clear
        end
      end
    end
  end
end
