# frozen_string_literal: true

require_relative "../realtime"
require_relative "fork"

module Realtime
  # Finds the moment a web process begins to serve, and makes it a handler then.
  #
  # Only a process that answers requests may take events: not a console, a job or a migration, and
  # not the master of a cluster, whose forked workers do the serving. Two ways lead there:
  #
  # - `plugin :realtime` in config/puma.rb: Puma says when. Exact, with any Puma from 5 on.
  # - Without it, by signs: Rails loads config.ru or runs `rails server`. At that moment it may be
  #   unknown whether Puma will fork. So a single process waits for Puma's background hook, which
  #   comes once the server starts; and a forked child starts when Puma's cluster forked it, which
  #   its call stack shows.
  module Serving
    CLUSTER = %r{/puma/cluster}

    @mode = nil

    class << self
      # The plugin is in charge; signs do not count.
      def by_plugin
        @mode = :plugin
      end

      # A web server has loaded the app. Idempotent.
      def web_server_loaded
        return if @mode

        @mode = :signs
        return Realtime.start if puma_worker?
        return by_puma if defined?(::Puma::Plugins)
        return Realtime.start if defined?(::Rails::Server)

        Realtime.config.logger.info("realtime: call Realtime.start in each process of this web server, after it forked")
      end

      # @return [Boolean] whether Puma's launcher runs a cluster in this process or its parents
      def cluster?
        defined?(::Puma::Launcher) && ObjectSpace.each_object(::Puma::Launcher).any?(&:clustered?)
      end

      private

      def by_puma
        Fork.in_child { Realtime.start if @mode == :signs && puma_worker? }
        ::Puma::Plugins.add_background(-> { Realtime.start unless cluster? })
      end

      def puma_worker?
        caller_locations.any? { |frame| frame.base_label == "spawn_worker" && CLUSTER.match?(frame.path) }
      end
    end
  end
end
