# frozen_string_literal: true

require "forwardable"
require_relative "realtime/client"
require_relative "realtime/users"

# Real-time events for Ruby apps: emit from any process and thread, handle what clients send.
#
#   Realtime.emit("order.paid", { id: 7 }, to: "orders")
#   Realtime.on("chat message") { |socket, text| socket.broadcast.emit("chat message", text) }
#
# Verbs without a bang never wait and never raise because the sidecar is away: what they say is kept
# (8 MiB) and sent when it is back. emit! and questions (call, sockets, count, rooms, stats) wait,
# at most config.emit_timeout or the timeout they are given.
#
# Keywords that say whom: `to:` rooms, socket ids and records, `users:`, `except:`, `except_users:`,
# `namespace:`. Absent `to:` is everyone; nil or [] is nobody. `volatile: true` may be dropped,
# `local: true` stays on this node, `compress: false` is not worth compressing.
module Realtime
  class << self
    extend Forwardable

    # @return [Selection] the chains begin here: `Realtime.to("room").emit(…)`
    def_delegators :everyone, :of, :to, :in, :to_user, :except, :except_user, :volatile, :local, :compress

    # @!method batch { … }          Sends the block's emits as one: all or none, in order.
    # @!method stats                @return [Hash] the sidecar's counters
    # @!method set(socket_id, data:, user:)  Replaces what the connect hook gave.
    def_delegators :emitter, :batch, :stats, :set

    # @!method start(native: nil, **options)  Makes this process a handler, see {Client#start};
    #   `start(native: true, listen: ":8000")` with the server in this process.
    # @!method native_server        @return [Native::Server, nil] that runs in this process
    # @!method stop                 Drains and closes, in order.
    # @!method config               @return [Config]
    # @!method load_handlers        Finds handler classes, as {start} does; again when there are new ones.
    def_delegators :client, :config, :emitter, :router, :start, :stop, :serving?, :load_handlers,
                   :native_server

    # For config.ru of an app without Rails, after its handlers were loaded: makes each process of
    # this web server a handler when it begins to serve, as {Serving} finds out.
    def serve = Serving.web_server_loaded

    # @return [Client] this process's own
    def client
      @client || CLIENT_LOCK.synchronize { @client ||= own_client }
    end

    # One room of several parts: `Realtime.room(order, :lines)` is "Order:7:lines". See {Names}.
    #
    # @raise [ArgumentError] a record that is not saved
    # @return [String]
    def room(*parts) = Names.join(parts, "room")

    # In the block nothing is told to clients: no emit, join, leave, disconnect, set or server_emit,
    # nor what records that are saved in it broadcast. emit! returns nil. Questions are asked, acks
    # are given. Counts for this thread (or fiber), and for blocks within.
    def suppress(&block) = Suppression.suppress(&block)

    # @return [Array<String>] the sockets that `except: :current` leaves out; see {CurrentSockets}
    def current_sockets = CurrentSockets.ids

    # @yieldparam config [Config]
    def configure = yield(config)

    # Sends an event to clients; in a database transaction after its commit, never on rollback (see
    # {Transactions}), as join, leave, disconnect, set and server_emit do, in order with them.
    # `now: true` and volatile emits do not wait.
    #
    # @param event [String, Symbol]
    # @param args [Array] taken as they are now; see {Values}
    # @raise [ArgumentError] an unknown keyword, a value that cannot be sent, an event of Socket.IO's own
    # @raise [TooLarge] more than ten binary values, more bytes than the sidecar takes; also when more
    #   than config.buffer_bytes wait for a commit
    # @return [nil]
    def emit(event, *args, **whom)
      emitter.emit(emitter.select(**whom), event, args)
    end

    # Emits the event "message": `Realtime.send("hello", to: "lobby")`. Object#send is `__send__` here, and
    # `public_send`.
    #
    # @see emit
    # @return [nil]
    def send(*args, **whom) = emit("message", *args, **whom)

    # Sends an event and waits until the sidecar has taken it. Taken once, also when the connection
    # was lost in between.
    #
    # @param timeout [Numeric] seconds; config.emit_timeout
    # @raise [InTransaction] unless `now: true`
    # @raise [NotConnected, TimeoutError, RequestError]
    # @return [String] the emit's id
    def emit!(event, *args, timeout: nil, **whom)
      emitter.emit!(emitter.select(**whom), event, args, timeout: timeout)
    end

    # Asks clients and waits for their acknowledgements.
    #
    # @param timeout [Numeric] seconds the clients have
    # @raise [InTransaction] unless `now: true`
    # @raise [NotConnected, TimeoutError, RequestError]
    # @return [Replies]
    def call(event, *args, timeout:, **whom)
      emitter.call(emitter.select(**whom), event, args, timeout: timeout)
    end
    alias emit_with_ack call

    # Moves clients into rooms: `Realtime.join("vip", users: 7)`. Needs to:, users: or all: true.
    def join(*rooms, **whom) = emitter.join(emitter.select(**whom), rooms)

    # Moves clients out of rooms.
    def leave(*rooms, **whom) = emitter.leave(emitter.select(**whom), rooms)

    # Disconnects clients from their namespace; with `close: true` ends their sessions.
    def disconnect(close: false, **whom) = emitter.disconnect(emitter.select(**whom), close: close)

    # @param limit [Integer, nil]
    # @return [Array<Socket>]
    def sockets(limit: nil, **whom) = emitter.sockets(emitter.select(**whom), limit: limit)

    # One user's clients: `Realtime.user(current_user).emit("hi")`. What it disconnects, it ends
    # everywhere; see {UserSelection}.
    #
    # @param user [#id, String, Integer] a record, or the name that connect gave
    # @return [UserSelection]
    def user(user) = UserSelection.new(emitter, { "users" => [Values.text(user, "user")] })

    # A token that says who a client is, for `auth.token`: the sidecar verifies it by itself. With
    # `connect: token` it lets in, names the user and joins the rooms without a question; otherwise
    # connect is told what it says, as `claims`.
    #
    # @param user [#id, String, Integer, nil]
    # @param rooms [Array] as of `to:`
    # @param expires_in [Numeric] seconds; then it lets nobody in, and who came by it is asked again
    # @param login [String, nil] which login it belongs to, 256 bytes; ends with it
    # @param data [Object] the socket's
    # @raise [Error] there is no secret to sign with
    # @raise [TooLarge] over 8 KiB
    # @return [String]
    def token(user: nil, rooms: [], namespace: "/", expires_in: 600, login: nil, data: nil)
      Token.new(config).connect(user: user, rooms: rooms, namespace: namespace, expires_in: expires_in,
                                login: login, data: data)
    end

    # A token that lets a client follow rooms, for `auth.room_tokens`: it is joined to them when it
    # connects, whoever lets it in.
    #
    # @param rooms [Array] as of `to:`, at least one
    # @param expires_in [Numeric] seconds; looked at when a client connects, not while it is connected
    # @raise [Error] there is no secret to sign with
    # @return [String]
    def room_token(*rooms, namespace: "/", expires_in: 86_400)
      Token.new(config).room(*rooms, namespace: namespace, expires_in: expires_in)
    end

    # @return [Integer]
    def count(**whom) = emitter.count(emitter.select(**whom))

    # @return [Hash{String => Integer}] the rooms of those selected, with their sizes
    def rooms(**whom) = emitter.rooms(emitter.select(**whom))

    # Sends an event to the {on_server_event} handlers of every other process, of every node; not to
    # those of this one, which knows it. At most once each, and there is no answer.
    def server_emit(event, *args, **whom) = emitter.server_emit(emitter.select(**whom), event, args)

    # Handles a client's event. The block's value is the acknowledgement, if the client wants one:
    # nil is an empty one, any other value its argument, `ack(a, b)` several, `defer` comes later.
    #
    # @param namespace [String, Regexp] "/chat"; "/room-*" or %r{/room-(?<id>\d+)} for all that fit, whose
    #   captures are `socket.namespace_match`
    # @yieldparam socket [Socket]
    # @yieldparam args [Array] what the client sent
    def on(event, namespace: "/", &block) = router.add(:event, block, namespace: namespace, event: event)

    # Hears every event of the namespace, before its own handler: `|socket, event, *args|`. The block's
    # value means nothing; where there is no other handler nothing is acknowledged, unless the block
    # says `socket.ack`. Several are called one after the other.
    def on_any(namespace: "/", &block) = router.add(:any, block, namespace: namespace)

    # Decides who may join a namespace: return and the client is in; `reject "message", data` (or
    # false) and it is not. `socket.join`, `socket.user=` and `socket.data=` hold before it hears.
    #
    # @yieldparam socket [Admission]
    # @yieldparam auth [Object, nil] what the client sent to be let in
    def on_connect(namespace = "/", &block) = router.add(:connect, block, namespace: namespace)

    # Called once for each client that was let in, with the reason it left: `|socket, reason|`.
    def on_disconnect(namespace = "/", &block) = router.add(:disconnect, block, namespace: namespace)

    # Called when what the app remembers of sockets may be wrong: the sidecar is a new run ("boot")
    # or had to drop disconnects ("disconnects"). Rebuild it from {sockets}.
    def on_reset(&block) = router.add(:reset, block)

    # Handles what other processes say by {server_emit}.
    def on_server_event(event, namespace: "/", &block)
      router.add(:server_event, block, namespace: namespace, event: event)
    end

    # @return [Ack] a handler's value: an acknowledgement with these arguments
    def ack(*args) = Ack.new(args)

    # @return [Deferred] a handler's value: the acknowledgement comes later, by `ack` on it
    def defer = (Invocation.current or raise Error, "defer outside an event handler").defer

    # @param id [String] of a {Deferred}; from any process
    # @return [Deferred]
    def deferred(id) = Deferred.new(emitter, id)

    # Refuses a client, in a connect hook.
    # @raise [Refused]
    def reject(message = "refused", data = nil) = raise(Refused.new(message, data))

    private

    def everyone = emitter.select

    def own_client
      at_exit { @client&.stop }
      Client.new(handlers: -> { Handler.serving.each { |each| router.mount(each) } })
    end
  end

  CLIENT_LOCK = Mutex.new
  private_constant :CLIENT_LOCK

  autoload :Native, "realtime/native"
  autoload :Broadcasts, "realtime/broadcasts"
  autoload :Serving, "realtime/serving"
  autoload :Auth, "realtime/auth"
  autoload :PageHelper, "realtime/page_helper"
  autoload :Testing, "realtime/testing"
  autoload :Work, "realtime/work"
  autoload :TestHelper, "realtime/test_helper"
  autoload :HandlerTestCase, "realtime/handler_test_case"
  autoload :SystemTest, "realtime/system_test"
end

require_relative "realtime/railtie" if defined?(Rails::Railtie)
