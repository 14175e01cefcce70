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
      @worker = nil
      @loaded = false
      @ending = nil
      @lock = Mutex.new
    end

    # Makes this process a handler, with the app's handlers loaded. Returns at once. Idempotent.
    #
    # @raise whatever the app's files raise; then it is no handler, so that nobody gets in who was
    #   not looked at
    def start
      load_handlers unless @loaded
      @lock.synchronize do
        return if @worker && @pid == Process.pid

        @pid = Process.pid
        @worker = Worker.new(@config, @router, @emitter, @connection)
        @worker.start
        @connection.serve(@worker)
      end
      nil
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
      worker, earlier = @lock.synchronize do
        mine = @worker if @pid == Process.pid
        @worker = nil
        [mine, @ending]
      end
      return end_later(worker) if worker&.own_thread?

      earlier&.join unless earlier == Thread.current
      finish(worker)
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

    # What the sidecar has to know of the handlers.
    def announcement = [@router.namespaces, @router.expressions, @router.hooks]

    def end_later(worker)
      @ending = Thread.new { finish(worker) }
      nil
    end

    def finish(worker)
      @connection.stop(worker ? @config.stop_timeout + @config.flush_timeout : @config.flush_timeout)
      worker&.stop(Connection::MARGIN)
      nil
    end

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
