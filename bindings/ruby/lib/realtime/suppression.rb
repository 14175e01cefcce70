# frozen_string_literal: true

require_relative "execution"

module Realtime
  # Whether this piece of work keeps silent, for imports, seeds and repairs.
  module Suppression
    KEY = :realtime_suppressed
    private_constant :KEY

    class << self
      # In the block, and in blocks within it, nothing is told to clients.
      def suppress(&block)
        Execution.with(KEY, true, &block)
      end

      # @return [Boolean]
      def on?
        Execution[KEY] || false
      end
    end
  end
end
