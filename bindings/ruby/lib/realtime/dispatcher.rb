# frozen_string_literal: true

require_relative "admission"
require_relative "answers"
require_relative "errors"
require_relative "values"

module Realtime
  # From one request of the sidecar to its answer: finds the handler, runs it in the app's
  # surroundings (config.around, tags in the log, a notification), makes its value or its exception
  # an answer. Knows nothing of threads and connections, so tests of handlers use it as it is.
  class Dispatcher
    METHODS = %w[connect event disconnect server_event].freeze

    # Characters of an exception's message that go to the sidecar's log.
    MESSAGE_CHARACTERS = 500

    # What is said of its socket with every event.
    TOLD = %w[namespace user data rooms login dialect transport].freeze

    # What an event comes to that only listeners have heard.
    UNHANDLED = Unanswered.new("no handler but on_any").freeze
    private_constant :TOLD, :UNHANDLED

    def initialize(config, router, emitter)
      @config = config
      @router = router
      @emitter = emitter
    end

    # Never raises, whatever a handler raises: the thread it runs in is one of few, and `exit` in a
    # handler would otherwise end just that, silently.
    #
    # @param name [String] of METHODS
    # @param params [Hash] as the link's protocol has them
    # @return [Array(Hash, Object)] the error or nil, the result or nil
    def call(name, params)
      deferred = Deferred.new(@emitter, params["id"], handling: true) if name == "event"
      answer = nil
      around { answer = tagged(params) { outcome(name, params, deferred) } }
      answer || [internal("config.around did not run its block"), nil]
    rescue Exception => e # rubocop:disable Lint/RescueException -- see above
      [failure(name, params, e, deferred&.handled), nil]
    end

    # What the app remembers of sockets may be wrong now.
    #
    # @param reason [String] "boot" or "disconnects"
    def reset(reason)
      @router.resets.each do |handler|
        around { Invocation.new.run(handler, reason) }
      rescue Exception => e # rubocop:disable Lint/RescueException -- as in call
        report(e, method: "reset")
      end
    end

    private

    def around(&work)
      @config.around ? @config.around.call(&work) : work.call
    end

    def tagged(params, &work)
      logger = @config.logger
      return work.call unless logger.respond_to?(:tagged)

      logger.tagged(*["realtime", params["namespace"], params["socket"]].compact, &work)
    end

    # Inside of what surrounds it, so that an error's report still has its context, and a refusal is
    # not mistaken for an error.
    def outcome(name, params, deferred)
      [nil, send(name, params, deferred)]
    rescue Refused => e
      [refusal(name, params, e), nil]
    rescue Exception => e # rubocop:disable Lint/RescueException -- as in call
      [failure(name, params, e, deferred&.handled), nil]
    end

    def connect(params, _)
      socket = Admission.new(@emitter, params)
      found = @router.find(:connect, socket.namespace) or return socket.grant

      auth = params["auth"]
      refused = nil
      told("connect", params, found.handler, auth: auth) do |payload|
        socket = socket.matched(found.match)
        invocation = Invocation.new(socket: socket, auth: auth, claims: params["claims"])
        raise Refused if invocation.run(found.handler, socket, auth) == false

        payload[:user] = socket.user
      rescue Refused => e
        refused = e
        payload[:refused] = e.message
      end
      refused ? raise(refused) : socket.grant
    end

    def event(params, deferred)
      name = params["event"]
      named = @router.find(:event, params["namespace"], name)
      listeners = @router.listeners(params["namespace"], named)
      first = named || listeners.first or return

      told("event", params, first.handler, event: name) do |payload|
        value = heard(named, listeners, params, deferred)
        payload[:unanswered] = value.reason if value.is_a?(Unanswered)
        early = deferred.handled
        early ? arguments(early) : ack(value)
      end
    end

    # Every on_any, then the event's own handler, whose value is the event's; a listener's is none. A
    # class's on_any may end the event before that.
    def heard(named, listeners, params, deferred)
      socket = Socket.new(@emitter, of_socket(params), event: deferred)
      name = params["event"]
      args = params["args"] || []
      about = { deferred: deferred, attempt: params["attempt"] || 1, event: name }
      listeners.each do |listener|
        came_to = invoke(listener, socket, about, name, *args)
        return came_to if came_to && listener.handler.is_a?(Handler::Action)
      end
      named ? invoke(named, socket, about, *args) : UNHANDLED
    end

    def invoke(found, socket, about, *args)
      socket = socket.matched(found.match)
      Invocation.new(socket: socket, **about).run(found.handler, socket, *args)
    end

    # nil means "no handler" on the link, so a handler's nil is an ack without arguments.
    def ack(value)
      case value
      when nil then []
      when Unanswered then nil
      when Ack then arguments(value.args)
      when Deferred then { "defer" => true }
      else arguments([value])
      end
    end

    # Too large an acknowledgement is the handler's mistake, to be reported with it.
    def arguments(args)
      Values.wire(args, tally = Values::Tally.new).tap { @emitter.limits.check_args(tally) }
    end

    def disconnect(params, _)
      found = @router.find(:disconnect, params["namespace"]) or return

      socket = Socket.new(@emitter, of_socket(params)).matched(found.match)
      told("disconnect", params, found.handler, reason: params["reason"]) do
        Invocation.new(socket: socket).run(found.handler, socket, params["reason"])
      end
      nil
    end

    def server_event(params, _)
      found = @router.find(:server_event, params["namespace"] || Router::DEFAULT, params["event"]) or return

      Invocation.new.run(found.handler, *params["args"])
      nil
    end

    # @yieldparam payload [Hash] may be added to
    def told(name, params, handler, **more)
      return yield({}) unless @config.instrument

      payload = { namespace: params["namespace"], socket: params["socket"], user: params["user"],
                  handler: (handler.handler if handler.is_a?(Handler::Action)), **more }
      @config.instrument.call("#{name}.realtime", payload) { yield payload }
    end

    # What the sidecar told; also that there is none, when it told none.
    def of_socket(params)
      { "user" => nil, "data" => nil }.merge(params.slice(*TOLD), "id" => params["socket"])
    end

    # Only a connect hook can refuse; elsewhere it is an error like any other.
    def refusal(name, params, refused)
      return failure(name, params, refused) unless name == "connect"

      error = { "code" => "refused", "message" => refused.message }
      error["data"] = Values.wire(refused.data) unless refused.data.nil?
      error
    rescue ArgumentError => e
      failure(name, params, e)
    end

    # @param ack [Array, nil] what the handler had acknowledged before it raised: still goes out
    def failure(name, params, exception, ack = nil)
      report(exception, method: name, **params.slice("event", "namespace", "socket").transform_keys(&:to_sym))
      error = internal("#{exception.class}: #{exception.message}")
      error["data"] = { "ack" => Values.wire(ack) } if ack
      error
    end

    def internal(message)
      { "code" => "internal", "message" => message[0, MESSAGE_CHARACTERS] }
    end

    def report(exception, context)
      @config.logger.error do
        about = context.map { |key, value| "#{key}=#{value.inspect}" }.join(" ")
        "realtime: a handler raised #{about}: #{exception.full_message(highlight: false)}"
      end
      [@config.error_reporter, @config.on_error].compact.each { |each| each.call(exception, context) }
    rescue StandardError => e
      @config.logger.error("realtime: on_error raised #{e.class}: #{e.message}")
    end
  end
end
