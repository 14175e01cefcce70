# frozen_string_literal: true

require_relative "../../realtime"
require_relative "../testing"
require_relative "handshake"
require_relative "test_socket"

module Realtime
  module Testing
    # What tests of a handler do, in Minitest and RSpec: `connect`, `perform`, `disconnect`. The
    # handler runs as in a serving process, in the test's own thread and transaction; what it emits
    # is in the outbox. Includers say which `handler_class`.
    #
    # `Realtime.sockets`, `count` and a socket's `rooms` know the clients that the test connected.
    module HandlerDriver
      # Connects a client. Rejected ones are returned too: ask {TestSocket#rejected?}.
      #
      # @param user [Object, nil] who is signed in, in place of what `authenticate` would find
      # @param auth [Object] what the client sends to be let in, such as `{ token: "…" }`
      # @param session [Hash] the browser's session: `{ user_id: 7 }`. See also {#cookies}
      # @param headers [Hash] of the handshake
      # @param query [Hash] of the handshake
      # @param claims [Hash] what a valid token in `auth` would say
      # @param recovered [Boolean] whether it comes back with what it had
      # @param namespace [String] where the handler's is a pattern
      # @param dialect [String] its generation; see {Socket#dialect}
      # @param transport [String] see {Socket#transport}
      # @return [TestSocket]
      # @raise [ArgumentError] a namespace that the handler does not serve
      # @raise whatever the handler raises: its client would be sent away to try again
      def connect(user: nil, auth: nil, session: {}, headers: {}, query: {}, claims: nil, recovered: false,
                  address: "127.0.0.1", namespace: nil, dialect: "EIO4", transport: "websocket")
        serving = user ? signed_in(user) : handler_class
        router = Router.new.tap { |each| each.mount(serving) }
        dispatcher = TestDispatcher.new(Realtime.config, router, Realtime.emitter)
        client = { "dialect" => dialect, "transport" => transport }
        @socket = TestSocket.new(dispatcher, router, namespace_of(serving, namespace), client)
        remember(@socket)
        handshake = realtime_handshake.to_h(headers: headers, session: session, query: query, address: address)
                                      .merge(client)
        params = { "auth" => Values.wire(auth), "claims" => claims && Values.wire(claims), "handshake" => handshake }
        @socket.connect(params.compact.merge("recovered" => recovered))
      end

      # @return [TestSocket, nil] the one connected last
      attr_reader :socket

      # Sends an event of the client connected last.
      # @see TestSocket#perform
      def perform(event, *args)
        connected_socket.perform(event, *args)
      end

      # The client connected last leaves.
      # @see TestSocket#disconnect
      def disconnect(...)
        connected_socket.disconnect(...)
      end

      # What the browser of the next {#connect} has, as in controllers: `cookies.signed[:id] = 7`.
      def cookies
        realtime_handshake.cookies
      end

      private

      def connected_socket
        socket or raise ArgumentError, "connect first"
      end

      def realtime_handshake
        @realtime_handshake ||= Handshake.new
      end

      def namespace_of(serving, given)
        pattern = serving.namespace_pattern
        name = given ? Names.namespace(given) : pattern.key
        return name if pattern.exact? ? name == pattern.key : given && pattern.match(name)

        raise ArgumentError, "namespace: which of #{pattern}?" unless given

        raise ArgumentError, "#{serving.name} serves #{pattern}, not #{given}"
      end

      # The same handler, but for how it learns who is there.
      def signed_in(user)
        original = handler_class
        Class.new(original) do
          namespace original.namespace
          authenticate { user }
          define_singleton_method(:name) { original.name }
        end
      end

      def remember(socket)
        return @realtime_sockets << socket if @realtime_sockets

        known = @realtime_sockets = [socket]
        selected = ->(params) { known.each(&:follow).select { |each| each.selected?(params) } }
        Testing.answer("sockets") { |params| { "sockets" => selected[params].map(&:describe), "next" => nil } }
        Testing.answer("count") { |params| { "count" => selected[params].size } }
        Testing.answer("rooms") { |params| { "rooms" => selected[params].flat_map(&:rooms).tally } }
      end
    end
  end
end
