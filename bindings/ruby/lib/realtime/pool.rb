# frozen_string_literal: true

module Realtime
  # Whether a process's threads find a database connection each: those that answer requests and
  # those that handle events share one pool, and who comes too late waits and then fails.
  module Pool
    class << self
      # @param web_threads [Integer] of this process; 0 where it only handles
      # @return [String, nil] what is wrong and what to set; nil when it fits, or when there is no
      #   Active Record here
      def shortage(web_threads:, handler_threads: Realtime.config.handler_threads)
        size = connections or return
        needed = web_threads + handler_threads
        return if needed <= size

        threads = [("#{web_threads} web threads" if web_threads.positive?), "#{handler_threads} handler threads"]
        fewer = size - web_threads
        "#{threads.compact.join(" and ")} share #{size} database connections: set `pool: #{needed}` in " \
          "config/database.yml#{", or handler_threads: #{fewer} in config/realtime.yml" if fewer.positive?}"
      end

      # Says so in the log.
      def warn_of_shortage(web_threads:)
        message = shortage(web_threads: web_threads)
        Realtime.config.logger.warn("realtime: #{message}") if message
      end

      private

      # Asks the configuration only; nothing connects. nil is also "as many as it takes".
      def connections
        return unless defined?(::ActiveRecord::Base)

        ::ActiveRecord::Base.connection_pool.size
      rescue ::ActiveRecord::ActiveRecordError
        nil
      end
    end
  end
end
