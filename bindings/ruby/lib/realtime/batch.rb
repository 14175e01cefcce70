# frozen_string_literal: true

require_relative "errors"
require_relative "execution"

module Realtime
  # A `Realtime.batch { … }` that runs: what is told in it waits for its end, as it would for a
  # transaction's (see {TransactionLog}), and goes as one.
  class Batch
    # Emits the sidecar takes in one.
    LIMIT = 4096

    KEY = :realtime_batch
    private_constant :KEY

    # @return [Batch, nil] of this piece of work
    def self.current
      Execution[KEY]
    end

    # @return [Symbol] :open, :committed, or :rolled_back when its block raised
    attr_reader :fate

    def initialize
      @fate = :open
      @emits = 0
    end

    # @return the block's value
    def run(&block)
      value = Execution.with(KEY, self, &block)
      @fate = :committed
      value
    ensure
      @fate = :rolled_back if @fate == :open
    end

    # One emit more.
    #
    # @raise [TooLarge]
    def count
      raise TooLarge, "a batch of more than #{LIMIT} emits: the sidecar takes no more at once" if @emits >= LIMIT

      @emits += 1
    end
  end
end
