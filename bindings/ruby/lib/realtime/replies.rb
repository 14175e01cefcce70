# frozen_string_literal: true

module Realtime
  # What clients acknowledged to a call, in the order it came: pairs of a socket's id and the list
  # of its arguments.
  class Replies
    include Enumerable

    # @return [Integer] sockets that were asked
    attr_reader :expected
    # @return [Array<String>] ids of sockets that left before they answered
    attr_reader :gone

    # @param result [Hash{String => Object}] the link's answer
    def initialize(result)
      @acks = result["acks"]
      @expected = result["expected"]
      @gone = result["gone"] || []
      @timed_out = result["timed_out"] || false
    end

    # @yieldparam socket_id [String]
    # @yieldparam args [Array]
    def each(&block)
      return enum_for(:each) { @acks.size } unless block

      @acks.each(&block)
      self
    end

    # @return [Array] each ack as one value: its argument, or the list when there are several
    def values
      @acks.map { |_, args| args.size > 1 ? args : args.first }
    end

    # @return [Boolean] whether somebody who is still there did not answer in time
    def timed_out?
      @timed_out
    end

    # @return [Boolean] whether everyone answered
    def complete?
      @acks.size == @expected
    end
  end
end
