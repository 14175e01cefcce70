# frozen_string_literal: true

require "securerandom"
require_relative "../dispatcher"

module Realtime
  module Testing
    # Runs handlers as a serving process does, but for what they raise: that is the test's.
    class TestDispatcher < Dispatcher
      private

      def report(exception, _context)
        raise exception
      end
    end

    # A client in a test, as the sidecar would have it: what connect gave it and what was done to it
    # since. Made by a handler test's `connect`.
    class TestSocket
      # @return [String]
      attr_reader :id, :namespace
      # @return [String, nil] as connect named it
      attr_reader :user
      # @return [String, nil] which login it came with, opaque
      attr_reader :login
      # @return [Object, nil] with string keys
      attr_reader :data
      # @return [Array<String>] besides its own id
      attr_reader :rooms
      # @return [Hash, nil] the connect error that the client was given: "message", perhaps "data"
      attr_reader :error

      # @param dispatcher [Dispatcher]
      # @param router [Router] to tell an event without handler
      # @param client [Hash] "dialect" and "transport"
      def initialize(dispatcher, router, namespace, client)
        @dispatcher = dispatcher
        @router = router
        @namespace = namespace
        @client = client
        @id = SecureRandom.alphanumeric(Emitter::ID_CHARACTERS)
        @rooms = []
        @events = 0
        @state = :new
      end

      # Whether it was let in and nothing has disconnected it since.
      def connected? = @state == :connected

      # Whether connect refused it.
      def rejected? = @state == :rejected

      # Whether the last event was acknowledged, if only with nothing.
      def acknowledged? = @acknowledged

      # @api private
      # @param params [Hash] auth, handshake, claims, recovered
      # @return [self]
      def connect(params)
        error, grant = call("connect", params)
        raise Error, error["message"] if error && error["code"] != "refused"
        return refused(error) if error

        @state = :connected
        @rooms = grant["rooms"] || []
        @user, @data, @login = grant.values_at("user", "data", "login")
        follow
        self
      end

      # Sends an event, as the client would, and returns when its handler has.
      #
      # @param args [Array] as JSON carries them: symbols arrive as strings
      # @return [Object, nil] what the client's acknowledgement has: its argument, or the list when
      #   there are several; :deferred when it comes later
      # @raise [ArgumentError] there is no handler for it, or the client is not connected
      # @raise whatever the handler raises and does not rescue
      def perform(event, *args)
        event = event.to_s
        raise ArgumentError, "this client is not connected#{": #{error["message"]}" if error}" unless connected?
        raise ArgumentError, "#{namespace} has no handler for #{event.inspect}" unless handled?(event)

        about = { "id" => "event-#{@events += 1}", "event" => event, "args" => Values.wire(args), "ack" => true }
        _, ack = call("event", of_client.merge(about))
        follow
        acknowledgement(ack)
      end

      # Leaves, as a client does that closes its page.
      def disconnect(reason = "transport close")
        raise ArgumentError, "this client is not connected" unless connected?

        @state = :gone
        call("disconnect", of_client.merge("rooms" => rooms, "reason" => reason))
        nil
      end

      # @api private
      # @return [Hash] as the answer to the link's question for sockets has it
      def describe
        { "id" => id, "namespace" => namespace, "rooms" => rooms, "user" => user, "data" => data,
          "address" => "127.0.0.1", "secure" => false, "connected_at" => 0, **@client }
      end

      # @api private
      # @param params [Hash] of a selection
      def selected?(params)
        connected? && namespace == (params["namespace"] || "/") && !excepted?(params) &&
          (!(params["to"] || params["users"] || params["logins"]) || named?(params))
      end

      # Takes over what was sent about this client since the last time.
      #
      # @api private
      def follow
        sent = Testing.sent
        sent.drop(@seen || 0).each { |call| apply(call) }
        @seen = sent.size
      end

      def inspect = "#<#{self.class} #{id} #{namespace} #{@state}>"

      private

      def refused(error)
        @state = :rejected
        @error = error.except("code")
        self
      end

      def call(name, params)
        @seen = Testing.sent.size
        params = { "socket" => id, "namespace" => namespace }.merge(params)
        @dispatcher.call(name, Protocol.round_trip(params)).map { |part| Protocol.round_trip(part) }
      end

      def of_client
        { "user" => user, "data" => data, "login" => login, **@client }.compact
      end

      def handled?(event)
        @router.find(:event, namespace, event) || @router.listeners(namespace).any?
      end

      def acknowledgement(ack)
        @acknowledged = !ack.nil?
        return :deferred if ack.is_a?(Hash)

        ack && ack.size > 1 ? ack : ack&.first
      end

      def apply(call)
        params = call.params
        return apply_set(params) if call.name == "set"
        return unless %w[join leave disconnect].include?(call.name) && selected?(params)

        case call.name
        when "join" then @rooms |= call.rooms
        when "leave" then @rooms -= call.rooms
        else @state = :disconnected
        end
      end

      def apply_set(params)
        return unless params["socket"] == id

        @user = params["user"] if params.key?("user")
        @data = params["data"] if params.key?("data")
      end

      def excepted?(params)
        ((params["except"] || []) & own_names).any? || params["except_users"]&.include?(user)
      end

      def named?(params)
        ((params["to"] || []) & own_names).any? || params["users"]&.include?(user) || params["logins"]&.include?(login)
      end

      def own_names
        [id, *rooms]
      end
    end
  end
end
