# frozen_string_literal: true

require_relative "answers"
require_relative "errors"
require_relative "handler/authentication"
require_relative "handler/callbacks"
require_relative "handler/declarations"
require_relative "handler/rate_limit"
require_relative "handler/rescues"

module Realtime
  # What clients of one namespace send, as a class, the way a controller is what browsers ask:
  #
  #   class ChatHandler < ApplicationHandler
  #     namespace "/chat"
  #     before_event :require_member, except: :ping
  #     rescue_from(ActiveRecord::RecordInvalid) { |error| { error: error.message } }
  #
  #     def connect
  #       reject!("sign in first") unless current_user
  #       join "lobby"
  #     end
  #
  #     on :message do |text|
  #       to("lobby").emit("message", text)
  #       { saved: true } # the acknowledgement, if the client wants one
  #     end
  #
  #     on :typing # calls the method of that name
  #     def typing = broadcast.volatile.emit("typing", data["name"])
  #
  #     def disconnect(reason) = Presence.remove(socket.id)
  #   end
  #
  # One class serves one namespace, or all that fit a pattern; base classes name none (see {Declarations}).
  # What a base class declares, its subclasses have: callbacks, rescues, events, connect.
  #
  # Arguments are what the client sent, so any number of any kind: as in JavaScript, missing ones
  # are nil and those too many are dropped. An event's value is its acknowledgement: nil is one
  # without arguments, any other value its argument, `ack(a, b)` has several, `defer` comes later.
  #
  # Every connect, event and disconnect has an instance of its own, in a thread of its own: instance
  # variables last for one of them. What must last longer belongs in {#data} or the database; the
  # next event of the same client may be given to another process.
  class Handler
    extend Callbacks
    extend Declarations
    extend RateLimit::Declaration
    extend Rescues
    include Authentication
    extend Authentication::ClassMethods

    # What {#halt} throws to.
    HALT = Object.new.freeze
    private_constant :HALT

    # @api private
    # @param invocation [Invocation]
    def initialize(invocation)
      @invocation = invocation
    end

    # @return [Realtime::Socket] the client; an {Admission} in connect
    def socket = @invocation.socket

    # @return [Object, nil] what the client sent to be let in; in connect only
    def auth = @invocation.auth

    # @return [Hash, nil] what a valid token in `auth.token` says; in connect only
    def claims = @invocation.claims

    # What a namespace's pattern has captured: `namespace_match[:id]` for `namespace %r{/room-(?<id>\d+)}`,
    # `namespace_match[1]` for `namespace "/room-*"`.
    #
    # @return [MatchData, nil] nil where the namespace is named exactly
    def namespace_match = socket.namespace_match

    # @return [String, nil] nil in connect and disconnect
    def event_name = @invocation.event

    # @return [String, nil] unique for ever, and the same when the event is given again: make your
    #   work idempotent by it
    def event_id = @invocation.event_id

    # @return [Integer] 1, or more when the event was given before to a process that died
    def attempt = @invocation.attempt

    # @return [Array] what the client sent; in connect `[auth]`, in disconnect `[reason]`
    def event_args = @args

    # @return [Object, nil] what connect gave, with string keys; changed by `data=` only
    def data = socket.data

    def data=(value)
      socket.data = value
    end

    # @return [Array<String>]
    def rooms = socket.rooms

    def join(*rooms) = socket.join(*rooms)
    def leave(*rooms) = socket.leave(*rooms)

    # To this client.
    def emit(event, *args) = socket.emit(event, *args)

    # Asks this client and waits for its answer. @see Socket#call
    def call(event, *args, timeout:) = socket.call(event, *args, timeout: timeout)

    # @return [Selection] everyone in the namespace but this client
    def broadcast = socket.broadcast

    # @return [Selection] the members of these rooms but this client
    def to(*rooms) = socket.to(*rooms)
    alias in to

    # @return [Ack] a value that acknowledges with these arguments
    def ack(*args) = @invocation.ack(*args)

    # @return [Deferred] a value that says: the acknowledgement comes later
    def defer = @invocation.defer

    # Ends this. In connect the client is refused and gets exactly these words as its connect error.
    # An event is not acknowledged: Socket.IO has no acknowledgement that says no, and an empty one
    # would look like a yes. To answer, `halt(error: "…")`.
    #
    # @raise [Refused]
    def reject!(message = "refused", data = nil)
      raise Refused.new(message, data)
    end

    # Ends this event, from a callback too, and acknowledges it with these arguments; without any it
    # is not acknowledged. In connect it refuses.
    def halt(*args)
      raise Refused if @kind == :connect

      value, *more = args
      throw HALT, Unanswered.new("halted") if args.empty?
      throw HALT, more.empty? && [Ack, Deferred, Unanswered].include?(value.class) ? value : Ack.new(args)
    end

    # @api private
    # @param kind [Symbol] :connect, :event or :disconnect
    # @param action [Symbol, nil] the method; nil when there are only callbacks and listeners
    # @param args [Array]
    # @param listener [Symbol, nil] the method of on_any
    def process(kind, action, args, listener: nil)
      @kind = kind
      @args = args
      catch(HALT) do
        through_callbacks(self.class.callbacks(kind, event_name)) do
          perform(listener, [event_name, *args]) if listener
          action && perform(action, args)
        end
      rescue Refused => e
        kind == :event ? Unanswered.new(e.message) : raise
      rescue StandardError => e
        rescued(e)
      end
    end

    private

    def perform(action, args)
      send(action, *Declarations.fitting(method(action).parameters, args))
    end

    # Each callback has the ones after it, and the event itself, inside.
    def through_callbacks(callbacks, &action)
      callback, *inner = callbacks
      return action.call unless callback

      callback.run(self) { through_callbacks(inner, &action) }
    end

    # In connect a rescue is no way in: what it makes of the error, the client stays out.
    def rescued(error)
      rescuer = self.class.rescuer(error) or raise error

      value = rescuer.is_a?(Symbol) ? perform(rescuer, [error]) : instance_exec(error, &rescuer)
      raise Refused if @kind == :connect

      value
    end
  end
end
