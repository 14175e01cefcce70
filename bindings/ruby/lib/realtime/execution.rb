# frozen_string_literal: true

module Realtime
  # Values of the piece of work that runs at the moment: one request, one job, one handler. Active
  # Support says whether that is a thread or a fiber where it can (Rails 7); else it is the fiber.
  module Execution
    class << self
      # @param key [Symbol]
      def [](key)
        isolated? ? ActiveSupport::IsolatedExecutionState[key] : Thread.current[key]
      end

      def []=(key, value)
        if isolated?
          ActiveSupport::IsolatedExecutionState[key] = value
        else
          Thread.current[key] = value
        end
      end

      # Runs the block with a value, then puts back what was there.
      def with(key, value)
        outer = self[key]
        self[key] = value
        yield
      ensure
        self[key] = outer
      end

      private

      def isolated?
        defined?(::ActiveSupport::IsolatedExecutionState)
      end
    end
  end
end
