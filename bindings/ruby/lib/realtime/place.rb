# frozen_string_literal: true

require_relative "errors"
require_relative "stream"

module Realtime
  # Where a connection's other end is: at the Unix socket of a sidecar, or in this process. What a
  # connection says of it is said here.
  #
  # @api private
  class Place
    # @param config [Config] whose socket it is, as that is now
    # @param server [Native::Server, nil]
    def initialize(config, server)
      @config = config
      @server = server
    end

    # @return [::Socket] a new stream
    # @raise [SystemCallError, ArgumentError, Native::Error] nobody is there
    def connect = @server ? @server.connect : Stream.connect(@config.socket)

    # @return [Boolean] whether it is in this process
    def here? = !@server.nil?

    def to_s = @server&.to_s || "sidecar at #{@config.socket}"

    # The error of a request that could not be sent.
    def not_connected(trouble)
      advice = ": start one with `realtime run` or `realtime serve`, or set REALTIME_SOCKET to where it listens"
      NotConnected.new("no #{self} (#{trouble || "not connected yet"})#{advice unless here?}", socket_path: path)
    end

    # The error of one whose connection was lost.
    def lost(trouble)
      NotConnected.new("the connection to the #{self} was lost (#{trouble}) before it answered; " \
                       "the request may have taken effect", socket_path: path)
    end

    # The error of one that was not answered in time.
    def silent(name, timeout)
      TimeoutError.new("the #{self} did not answer #{name} within #{timeout} s; it may have taken effect",
                       socket_path: path)
    end

    private

    def path = (@config.socket unless here?)
  end
end
