# frozen_string_literal: true

require_relative "admission"
require_relative "answers"
require_relative "errors"

module Realtime
  # Runs handlers: takes the sidecar's requests from the reader thread and answers each from one of
  # a few threads. Order per socket is the sidecar's doing: it has one unanswered request per
  # socket, so threads need none among themselves.
  #
  # Limits: as many waiting and running requests as hello's window says; more are answered busy.
  class Worker
    # Characters of an exception's message that go to the sidecar's log.
    MESSAGE_CHARACTERS = 500

    METHODS = %w[connect event disconnect server_event].freeze

    Job = Struct.new(:stream, :request)
    private_constant :Job

    # @param connection [#respond, #wake] answers go there
    def initialize(config, router, emitter, connection)
      @config = config
      @router = router
      @emitter = emitter
      @connection = connection
      @jobs = Thread::Queue.new
      @held = 0 # of the window
      @unfinished = 0 # what must be done before a bye: the answers' writing too
      @lock = Mutex.new
      @threads = []
    end

    # Starts the threads. Once per worker.
    def start
      @threads = Array.new(@config.handler_threads) do |number|
        Thread.new do
          Thread.current.name = "realtime.worker.#{number + 1}"
          while (job = @jobs.pop)
            perform(job)
          end
        end
      end
    end

    # Called by the reader thread; never waits.
    #
    # @param request [Protocol::Request]
    # @return [Boolean, nil] false when the window is full, nil for a method that is none of ours
    def take(stream, request)
      return unless METHODS.include?(request.name)

      @lock.synchronize do
        return false if @held >= @config.window

        @held += 1
        @unfinished += 1
      end
      @jobs << Job.new(stream, request)
      true
    end

    # Called by the reader thread: what is known of sockets may be wrong now.
    #
    # @param reason [String] "boot" or "disconnects"
    def reset(reason)
      return if @router.resets.empty?

      @lock.synchronize { @unfinished += 1 }
      @jobs << Job.new(nil, reason)
    end

    # @return [Boolean] whether everything taken has been answered
    def idle?
      @lock.synchronize { @unfinished.zero? }
    end

    # Ends the threads: lets them finish what was taken, until the deadline, then ends them.
    #
    # @param timeout [Numeric] seconds
    def stop(timeout)
      @jobs.close
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + timeout
      @threads.each do |thread|
        next if thread == Thread.current

        left = [deadline - Process.clock_gettime(Process::CLOCK_MONOTONIC), 0].max
        thread.join(left) || thread.kill
      end
    end

    private

    def perform(job)
      return run_resets(job.request) unless job.stream

      error, result = outcome(job.request)
      # Before the answer: as soon as it is written the sidecar may give the next one.
      @lock.synchronize { @held -= 1 }
      @connection.respond(job.stream, job.request.id, error, result)
    ensure
      @lock.synchronize { @unfinished -= 1 }
      @connection.wake
    end

    # A handler must not take its thread down, whatever it raises: the thread is one of few, and
    # `exit` in a handler would otherwise end just that, silently.
    def outcome(request)
      deferred = Deferred.new(@emitter, request.params["id"], handling: true) if request.name == "event"
      [nil, around { answer(request, deferred) }]
    rescue Refused => e
      [refusal(request, e), nil]
    rescue Exception => e # rubocop:disable Lint/RescueException -- see above
      [failure(request, e, deferred&.handled), nil]
    end

    def around(&work)
      @config.around ? @config.around.call(&work) : work.call
    end

    def answer(request, deferred)
      params = request.params
      case request.name
      when "connect" then connect(params)
      when "event" then event(params, deferred)
      when "disconnect" then disconnect(params)
      when "server_event" then server_event(params)
      end
    end

    def connect(params)
      socket = Admission.new(@emitter, params)
      handler = @router.find(:connect, socket.namespace)
      value = Invocation.new(socket: socket).run(handler, socket, params["auth"]) if handler
      raise Refused if value == false

      socket.grant
    end

    def event(params, deferred)
      name = params["event"]
      named = @router.find(:event, params["namespace"], name)
      handler = named || @router.find(:any, params["namespace"]) or return

      socket = Socket.new(@emitter, of_socket(params), event: deferred)
      invocation = Invocation.new(socket: socket, deferred: deferred, attempt: params["attempt"] || 1)
      args = params["args"] || []
      value = invocation.run(handler, socket, *(named ? args : [name, *args]))
      early = deferred.handled
      early ? Values.wire(early) : ack(value)
    end

    # nil means "no handler" on the link, so a handler's nil is an ack without arguments.
    def ack(value)
      case value
      when nil then []
      when Ack then Values.wire(value.args)
      when Deferred then { "defer" => true }
      else [Values.wire(value)]
      end
    end

    def disconnect(params)
      handler = @router.find(:disconnect, params["namespace"]) or return

      socket = Socket.new(@emitter, of_socket(params))
      Invocation.new(socket: socket).run(handler, socket, params["reason"])
      nil
    end

    def server_event(params)
      handler = @router.find(:server_event, params["namespace"] || Router::DEFAULT, params["event"]) or return

      Invocation.new.run(handler, *params["args"])
      nil
    end

    # User and data are as the sidecar told them, also when it told none.
    def of_socket(params)
      { "user" => nil, "data" => nil }.merge(params.slice("namespace", "user", "data", "rooms"),
                                             "id" => params["socket"])
    end

    def run_resets(reason)
      @router.resets.each do |handler|
        around { Invocation.new.run(handler, reason) }
      rescue Exception => e # rubocop:disable Lint/RescueException -- as in outcome
        report(e, method: "reset")
      end
    end

    # Only a connect hook can refuse; elsewhere it is an error like any other.
    def refusal(request, refused)
      return failure(request, refused) unless request.name == "connect"

      error = { "code" => "refused", "message" => refused.message }
      error["data"] = Values.wire(refused.data) unless refused.data.nil?
      error
    rescue ArgumentError => e
      failure(request, e)
    end

    # @param ack [Array, nil] what the handler had acknowledged before it raised: still goes out
    def failure(request, exception, ack = nil)
      about = request.params.slice("event", "namespace", "socket").transform_keys(&:to_sym)
      report(exception, method: request.name, **about)
      error = { "code" => "internal", "message" => "#{exception.class}: #{exception.message}"[0, MESSAGE_CHARACTERS] }
      error["data"] = { "ack" => Values.wire(ack) } if ack
      error
    end

    def report(exception, context)
      @config.logger.error do
        about = context.map { |key, value| "#{key}=#{value.inspect}" }.join(" ")
        "realtime: a handler raised #{about}: #{exception.full_message(highlight: false)}"
      end
      @config.on_error&.call(exception, context)
    rescue StandardError => e
      @config.logger.error("realtime: on_error raised #{e.class}: #{e.message}")
    end
  end
end
