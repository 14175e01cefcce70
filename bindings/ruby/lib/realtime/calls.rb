# frozen_string_literal: true

require_relative "errors"

module Realtime
  # The requests of this process that somebody waits for, by their ids.
  #
  # Not thread-safe: the connection has the lock, and waits on it for {Call#arrived}.
  class Calls
    # Ids of requests are 1 up to this one, and then 1 again; the reader has its own above.
    LAST_ID = (1 << 31) - 1

    # One of them. `resend` says whether it may be sent again after the connection was lost.
    Call = Struct.new(:id, :frame, :resend, :done, :error, :result, :arrived) do
      # @param error [Error, Hash, nil]
      # @param result [Object]
      def finish(error, result)
        self.done = true
        self.error = error
        self.result = result
        arrived.signal
      end

      # @return [Object] the result
      # @raise [Error] what the answer, or its absence, was turned into
      def outcome
        return result unless error
        raise error if error.is_a?(Error)

        raise RequestError.new(error["code"].to_s, error["message"].to_s, error["data"])
      end
    end

    def initialize
      @calls = {}
      @last_id = 0
    end

    # @yieldparam id [Integer]
    # @yieldreturn [String] the frame
    # @return [Call] a new one
    def place(resend)
      id = free_id
      @calls[id] = Call.new(id, yield(id), resend, false, nil, nil, ConditionVariable.new)
    end

    # @return [Call, nil] the one that this is the answer to, which is forgotten
    def take(id) = @calls.delete(id)

    # @return [Array<Call>]
    def all = @calls.values

    # @return [Array<Call>] all there were
    def clear
      all.tap { @calls.clear }
    end

    private

    def free_id
      loop do
        @last_id = (@last_id % LAST_ID) + 1
        return @last_id unless @calls.key?(@last_id)
      end
    end
  end
end
