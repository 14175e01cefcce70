# frozen_string_literal: true

require_relative "current_sockets"
require_relative "names"
require_relative "values"

module Realtime
  # Whom to reach, as a chain that reads like Socket.IO's and ends in a verb:
  #
  #   Realtime.of("/admin").to("a", "b").except(id).volatile.emit("tick", 1)
  #
  # Immutable: each step returns a new one, so a selection may be kept and shared.
  # A list that is given and empty, or nil, is nobody; what is not given is everyone.
  class Selection
    # Not given, as opposed to nil.
    EVERYONE = Object.new.tap { |mark| def mark.inspect = "everyone" }.freeze

    # @return [Hash{String => Object}] as the link names them
    attr_reader :params
    # @return [Boolean]
    attr_reader :volatile_set
    alias volatile? volatile_set
    # @return [Boolean] whether it is not to wait for a transaction
    attr_reader :now_set
    alias now? now_set

    # @api private
    def self.build(emitter, to: EVERYONE, users: EVERYONE, logins: EVERYONE, except: EVERYONE,
                   except_users: EVERYONE, namespace: nil, volatile: false, local: false, compress: true, all: false,
                   now: false)
      params = {}
      params["namespace"] = Names.namespace(namespace) if namespace
      # One line each, since this is on the way of every emit.
      params["to"] = Values.texts(to, "to") unless to.equal?(EVERYONE)
      params["users"] = Values.texts(users, "users") unless users.equal?(EVERYONE)
      params["logins"] = Values.texts(logins, "logins") unless logins.equal?(EVERYONE)
      params["except"] = Values.texts(CurrentSockets.put_in(except), "except") unless except.equal?(EVERYONE)
      params["except_users"] = Values.texts(except_users, "except_users") unless except_users.equal?(EVERYONE)
      params["local"] = true if local
      params["compress"] = false unless compress
      params["all"] = true if all
      new(emitter, params, volatile: volatile, now: now)
    end

    # @api private
    def initialize(emitter, params, volatile: false, now: false)
      @emitter = emitter
      @params = params.freeze
      @volatile_set = volatile
      @now_set = now
      freeze
    end

    # @param namespace [String] "/chat"; with stars, "/room-*", all that fit: for {emit}, {sockets}, {count}
    #   and {disconnect}
    # @return [Selection]
    def of(namespace)
      with("namespace" => Names.namespace(namespace))
    end

    # Adds rooms and socket ids. `to(nil)` and `to([])` add nobody, and nobody is not everyone.
    #
    # @param rooms [Array<String, Symbol, Integer, Socket, #id, Array>] see {Names}
    # @return [Selection]
    def to(*rooms)
      adding("to", rooms)
    end
    alias in to

    # Adds users, as the connect hook named them.
    # @return [Selection]
    def to_user(*users)
      adding("users", users)
    end

    # Leaves out rooms and socket ids; :current is the page that made this request.
    # @return [Selection]
    def except(*rooms)
      adding("except", rooms.map { |room| CurrentSockets.put_in(room) })
    end

    # Leaves out users.
    # @return [Selection]
    def except_user(*users)
      adding("except_users", users)
    end

    # Emits may be dropped when they cannot be sent at once.
    # @return [Selection]
    def volatile
      Selection.new(@emitter, @params, volatile: true, now: @now_set)
    end

    # Does not wait for the transaction or the batch it is said in.
    # @return [Selection]
    def now
      Selection.new(@emitter, @params, volatile: @volatile_set, now: true)
    end

    # This node's clients only.
    # @return [Selection]
    def local
      with("local" => true)
    end

    # Whether emits are worth compressing, where the sidecar compresses: `compress(false)` for what is
    # compressed already.
    # @return [Selection]
    def compress(worth = true) # rubocop:disable Style/OptionalBooleanParameter -- as Socket.IO has it
      worth ? without("compress") : with("compress" => false)
    end

    # Says that {#join}, {#leave} and {#disconnect} mean the whole namespace.
    # @return [Selection]
    def all
      with("all" => true)
    end

    # @see Realtime.emit
    def emit(event, *args)
      @emitter.emit(self, event, args)
    end

    # @see Realtime.emit!
    def emit!(event, *args, timeout: nil)
      @emitter.emit!(self, event, args, timeout: timeout)
    end

    # Emits the event "message". What Ruby calls `send` is `__send__`, or `public_send`.
    def send(*args)
      emit("message", *args)
    end

    # @see Realtime.call
    def call(event, *args, timeout:)
      @emitter.call(self, event, args, timeout: timeout)
    end
    alias emit_with_ack call

    # @see Realtime.join
    def join(*rooms)
      @emitter.join(self, rooms)
    end

    # @see Realtime.leave
    def leave(*rooms)
      @emitter.leave(self, rooms)
    end

    # @see Realtime.disconnect
    def disconnect(close: false)
      @emitter.disconnect(self, close: close)
    end

    # @see Realtime.sockets
    def sockets(limit: nil)
      @emitter.sockets(self, limit: limit)
    end

    # @see Realtime.count
    def count
      @emitter.count(self)
    end

    # @see Realtime.rooms
    def rooms
      @emitter.rooms(self)
    end

    # @see Realtime.server_emit
    def server_emit(event, *args)
      @emitter.server_emit(self, event, args)
    end

    # @return [Boolean] whether anything says whom {#join}, {#leave}, {#disconnect} mean
    def addressed?
      %w[to users logins all].any? { |key| @params.key?(key) }
    end

    private

    def with(more)
      Selection.new(@emitter, @params.merge(more), volatile: @volatile_set, now: @now_set)
    end

    def without(key)
      Selection.new(@emitter, @params.except(key), volatile: @volatile_set, now: @now_set)
    end

    def adding(key, values)
      with(key => ((@params[key] || []) + Values.all_texts(values, key)).uniq)
    end
  end
end
