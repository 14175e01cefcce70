# frozen_string_literal: true

module Realtime
  # A handler's value that is several ack arguments: `Realtime.ack(a, b)`.
  Ack = Struct.new(:args)

  # A handler's value that is no acknowledgement at all, and why. The client's own timeout tells it.
  # @api private
  Unanswered = Struct.new(:reason)

  # The right to acknowledge one event later, from any thread; by its id from any process
  # (`Realtime.deferred(id).ack("done")`, in a job for instance).
  class Deferred
    # @return [String] the event's id: stable, can be stored
    attr_reader :id

    # @param handling [Boolean] whether the handler is still running here, so that an early ack can
    #   go out as its answer
    def initialize(emitter, id, handling: false)
      @emitter = emitter
      @id = id
      @handling = handling
      @lock = Mutex.new
    end

    # Sends the acknowledgement. The first one counts. Never waits, never raises for a client or a
    # sidecar that is gone.
    #
    # @return [nil]
    def ack(*args)
      @lock.synchronize do
        return if @args

        @args = args
        return if @handling
      end
      @emitter.ack(@id, args)
      nil
    end

    # The handler has returned.
    #
    # @api private
    # @return [Array, nil] what was acknowledged meanwhile
    def handled
      @lock.synchronize do
        @handling = false
        @args
      end
    end
  end

  # What a handler's block is run in: its bare words. One per call of a handler. A handler that is a
  # class has its words from here too.
  class Invocation
    CURRENT = :realtime_invocation
    private_constant :CURRENT

    # @return [Realtime::Socket, nil] nil in server events
    attr_reader :socket
    # @return [Deferred, nil] the event being handled, if it is one of a client
    attr_reader :deferred
    # @return [Integer] 1, or more when the event was given before to a process that died
    attr_reader :attempt

    # @return [String, nil] the event's name
    attr_reader :event
    # @return [Object, nil] what the client sent to be let in, in a connect hook
    attr_reader :auth
    # @return [Hash, nil] what a valid token in it says
    attr_reader :claims

    # @return [Invocation, nil] of this thread
    def self.current
      Thread.current[CURRENT]
    end

    def initialize(socket: nil, deferred: nil, attempt: 1, event: nil, auth: nil, claims: nil)
      @socket = socket
      @deferred = deferred
      @attempt = attempt
      @event = event
      @auth = auth
      @claims = claims
    end

    # @return [String, nil] unique over restarts of the sidecar, the same when the event is given
    #   again: make your work idempotent by it
    def event_id
      @deferred&.id
    end

    # @see Realtime.reject
    def reject(message = "refused", data = nil)
      Realtime.reject(message, data)
    end

    # @see Realtime.ack
    def ack(*args)
      Ack.new(args)
    end

    # @see Realtime.defer
    def defer
      @deferred or raise Error, "only a client's event can be acknowledged later"
    end

    # @api private
    # @param handler [Proc, Handler::Action]
    def run(handler, *args)
      outer = Thread.current[CURRENT]
      Thread.current[CURRENT] = self
      handler.is_a?(Proc) ? instance_exec(*args, &handler) : handler.call(self, *args)
    ensure
      Thread.current[CURRENT] = outer
    end
  end
end
