# frozen_string_literal: true

require_relative "../realtime"
require_relative "fork"
require_relative "pool"
require_relative "web_server"

module Realtime
  # Finds the moment a web process begins to serve, and makes it a handler then.
  #
  # Only a process that answers requests may take events: not a console, a job or a migration, and
  # not the master of a Puma cluster, whose forked workers do the serving. Rails says when a web
  # server loads the app; but under `rails server` Puma has not read its configuration by then, so
  # whether it will fork is not known. Hence:
  #
  # - a single process waits for Puma's background hook, which comes once the server starts;
  # - a worker starts when it is seen, by its call stack, that Puma's cluster forked it: at the
  #   fork if the app was preloaded, else when the worker loads the app.
  #
  # Hooks in config/puma.rb would be simpler, but need a line there, and the worker's hook runs
  # before the worker has loaded the app and its handlers. Where this file sees nothing (another
  # forking server), call Realtime.start in each process after the fork.
  module Serving
    CLUSTER = %r{/puma/cluster}
    private_constant :CLUSTER

    @seen = false

    class << self
      # A web server has loaded the app. Idempotent. Handlers are loaded at once, so that a mistake
      # in them is seen where the server is started, and before it forks.
      def web_server_loaded
        return if @seen

        @seen = true
        return unless Realtime.config.handle_in_web

        Realtime.load_handlers
        return start if puma_worker? || WebServer.webrick?
        return wait_for_puma if puma?
        return start if defined?(::Rails::Server)

        Realtime.config.logger.warn("realtime: this web server is none whose processes are known here: " \
                                    "call Realtime.start in each of them, or events are not handled")
      end

      # @return [Integer] threads of this process that answer requests
      def web_threads
        launcher = WebServer.puma
        return launcher.config.options[:max_threads].to_i if launcher

        Integer(ENV.fetch("RAILS_MAX_THREADS", nil), exception: false) || 1
      end

      private

      # With a server in this process that stands in front of the web server, unless it is said where else.
      def start
        native = Native.by_setting?(Realtime.config)
        Realtime.start(native: native, **(native ? in_front : {}))
        Pool.warn_of_shortage(web_threads: web_threads)
      end

      def in_front
        address = WebServer.address unless Realtime.config.said?(:upstream)
        address ? { upstream: address } : {}
      end

      def puma?
        defined?(::Puma::Launcher) || defined?(::Rack::Handler::Puma) || defined?(::Rackup::Handler::Puma)
      end

      def puma_worker?
        caller_locations.any? { |frame| frame.base_label == "spawn_worker" && CLUSTER.match?(frame.path) }
      end

      def wait_for_puma
        require "puma/plugin"
        Fork.in_child { start if puma_worker? }
        ::Puma::Plugins.add_background(-> { start_beside_puma unless WebServer.forks? })
      end

      # In a thread of Puma's, whose end nobody would notice.
      def start_beside_puma
        start
        # A restart is an exec, at which no process says goodbye.
        WebServer.before_restart { Realtime.stop } if Realtime.native_server
      rescue Native::Error => e
        Realtime.config.logger.error("realtime: no server in this process, and no events: #{e.message}")
      end
    end
  end
end
