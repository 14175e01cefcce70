# frozen_string_literal: true

require_relative "../realtime"
require_relative "fork"

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
      # A web server has loaded the app. Idempotent.
      def web_server_loaded
        return if @seen

        @seen = true
        return Realtime.start if puma_worker?
        return wait_for_puma if puma?
        return Realtime.start if defined?(::Rails::Server)

        Realtime.config.logger.info("realtime: call Realtime.start in each process of this web server")
      end

      private

      def puma?
        defined?(::Puma::Launcher) || defined?(::Rack::Handler::Puma) || defined?(::Rackup::Handler::Puma)
      end

      def puma_worker?
        caller_locations.any? { |frame| frame.base_label == "spawn_worker" && CLUSTER.match?(frame.path) }
      end

      def wait_for_puma
        require "puma/plugin"
        Fork.in_child { Realtime.start if puma_worker? }
        ::Puma::Plugins.add_background(-> { Realtime.start unless cluster? })
      end

      # The launcher is nowhere to be asked for; this looks once, when the server starts.
      def cluster?
        ObjectSpace.each_object(::Puma::Launcher).any? { |each| each.config.options[:workers].to_i.positive? }
      end
    end
  end
end
