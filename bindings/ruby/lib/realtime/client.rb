# frozen_string_literal: true

require_relative "config"
require_relative "connection"
require_relative "emitter"
require_relative "router"
require_relative "token"
require_relative "version"
require_relative "worker"

module Realtime
  # One app process towards one sidecar: configuration, handlers, connection and handler threads,
  # wired. `Realtime` itself holds the process's own; more are for tests and unusual programs.
  class Client
    # As many characters as surely fit in one of hello's texts.
    TEXT_CHARACTERS = 64
    private_constant :TEXT_CHARACTERS

    # @return [Config]
    attr_reader :config
    # @return [Router]
    attr_reader :router
    # @return [Emitter]
    attr_reader :emitter
    # @return [Connection]
    attr_reader :connection
    # @return [#notify, #request, nil] takes the connection's place (Realtime::Testing)
    attr_accessor :replacement

    # @param options [Hash] as of {Config}
    def initialize(**options)
      @config = Config.new(**options)
      @router = Router.new
      @connection = Connection.new(@config, method(:hello))
      @emitter = Emitter.new(@config) { @replacement || @connection }
      @worker = @own = nil
      @loaded = false
      @ending = nil
      @lock = Mutex.new
    end

    # Makes this process a handler, with the app's handlers loaded. Returns at once, or, with a server
    # in this process, when that listens. Idempotent.
    #
    # @param native [Boolean, Native::Server, nil] true starts the server in this process; nil does what
    #   config.native says. A server that runs already is used, and is its owner's to stop
    # @param options [Hash] the server's own, as in its file: `listen: ":8000"`. What is not said here is
    #   as its environment and file say
    # @raise [ArgumentError] options without native
    # @raise [Native::Error] the server does not start; then nothing has
    # @raise whatever the app's files raise; then it is no handler, so that nobody gets in who was
    #   not looked at
    def start(native: nil, **options)
      wanted = native.nil? ? Native.by_setting?(@config) : native
      raise ArgumentError, "#{options.keys.join(", ")}: options of the server, which need native: true" if
        options.any? && !wanted

      load_handlers unless @loaded
      @lock.synchronize do
        next check_again(native, options) if serving?

        @pid = Process.pid
        begin_to_serve(wanted, options)
      end
      nil
    end

    # @return [Native::Server, nil] that runs in this process
    def native_server
      server = @connection.server
      server if server&.running?
    end

    # Loads the app's handlers, again when their code was reloaded: config.handlers puts them into
    # the router, in place of those it put there before, which hold until it is done.
    #
    # @raise whatever the app's files raise
    def load_handlers
      @router.replace { @config.handlers&.call }
      @loaded = true
      handlers_changed
    end

    # Loads them again, in a process that has.
    def reload_handlers
      load_handlers if @loaded
    end

    # Ends in order: drains, lets handlers finish, writes what waits, says bye. Takes at most
    # config.stop_timeout, and a process that only emits at most config.flush_timeout.
    # What is emitted afterwards opens a new connection.
    #
    # A handler may call it; then it returns at once, and the rest follows when the handler has
    # returned, since to wait for itself it would wait long.
    def stop
      worker, server, earlier = @lock.synchronize { [*let_go, @ending] }
      return end_later(worker, server) && nil if worker&.own_thread?

      earlier&.join unless earlier == Thread.current
      # The server's end goes on although whoever waits for it is interrupted.
      server ? end_later(worker, server).join : finish(worker, nil)
      nil
    end

    # @return [Boolean] whether this process is a handler
    def serving?
      !@worker.nil? && @pid == Process.pid
    end

    # Tells the sidecar when handlers came or went after the process began to serve (a reload).
    def handlers_changed
      return if !serving? || @announced == announcement

      @connection.renew("handlers changed")
    end

    private

    # @return [Array(Worker, Native::Server)] what this process has to end, each or nil
    def let_go
      mine = [@worker, @own] if @pid == Process.pid
      @worker = @own = nil
      mine || [nil, nil]
    end

    # What the sidecar has to know of the handlers.
    def announcement = [@router.namespaces, @router.expressions, @router.hooks]

    def begin_to_serve(wanted, options)
      @worker = nil
      server = Native::Server.new(server_options(options)) if wanted == true
      server&.start
      @own = server
      # Not where interrupts are masked: its threads would inherit that.
      @worker = Worker.new(@config, @router, @emitter, @connection).tap(&:start)
      @connection.serve(@worker, *(server || wanted || nil))
    ensure
      # Interrupted in between: nobody would end it.
      server&.abandon unless @worker
    end

    # What the server would not find out, or not as this process does.
    def server_options(options)
      own = { "socket" => @config.socket, "env" => @config.environment, "config" => @config.file_path.to_s,
              "token" => @config.token }
      own.compact.merge(options.transform_keys(&:to_s))
    end

    # Started a second time: nothing to do, unless something else is wanted.
    def check_again(native, options)
      return unless native == true
      return if @own && (options.empty? || @own.options == server_options(options))

      what = @own ? "the server in this process has other options" : "this process handles for a #{@connection.place}"
      raise Native::Error.new("state", "#{what}: Realtime.stop comes first")
    end

    def end_later(worker, server)
      @ending = Thread.new { finish(worker, server) }
    end

    def finish(worker, server)
      deadline = clock + @config.stop_timeout
      end_server(server) if server
      @connection.stop(worker ? deadline - clock + @config.flush_timeout : @config.flush_timeout)
      worker&.stop(server ? [deadline - clock, Connection::MARGIN].max : Connection::MARGIN)
      @connection.move(nil)
      nil
    end

    # What was said until now reaches its clients: a question that is answered comes behind it all.
    # Then they are sent away, and handlers hear of each by the connection that is still open.
    def end_server(server)
      @connection.request("ping", {}, timeout: @config.flush_timeout)
    rescue ConnectionError
      nil # what is lost is counted, and said, by the connection
    ensure
      begin
        server.stop(@config.stop_timeout)
      rescue Native::Error => e
        @config.logger.error("realtime: #{e.message}")
      end
    end

    def clock = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    def hello(handler)
      params = {
        "protocol" => Protocol::VERSIONS, "features" => [], "role" => handler ? "handler" : "emitter",
        "app" => short(@config.app), "language" => "ruby #{RUBY_VERSION}", "version" => VERSION,
        "pid" => Process.pid, "generation" => short(@config.generation)
      }
      params["token"] = @config.token if @config.token
      keys = Token::Keys.for_hello(@config)
      params["keys"] = keys if keys.any?
      handler ? params.merge(handler_params) : params
    end

    # Hello takes texts of 256 bytes; of a long path the end says more.
    def short(text)
      text[-TEXT_CHARACTERS..] || text
    end

    def handler_params
      @announced = announcement
      namespaces, expressions, hooks = @announced
      params = { "namespaces" => namespaces | @config.namespaces, "hooks" => hooks, "window" => @config.window }
      params["expressions"] = expressions if expressions.any?
      params["redeliver"] = @config.redeliver if @config.redeliver.positive?
      params
    end
  end
end
