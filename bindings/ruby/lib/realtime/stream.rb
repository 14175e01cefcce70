# frozen_string_literal: true

require "socket"
require_relative "protocol"

module Realtime
  # One open socket to the sidecar: bytes out without waiting, frames in. Its reader is one thread;
  # writers hold the connection's lock.
  class Stream
    READ_BYTES = 65_536

    # What a socket that has gone away raises.
    LOST = [SystemCallError, IOError].freeze

    # @return [Hash, nil] what the sidecar answered to hello, once it did
    attr_accessor :greeting
    # @return [Boolean] whether hello said handler
    attr_accessor :handler
    # @return [Float] monotonic time of the last bytes read
    attr_reader :heard_at
    # @return [Integer] pings sent since
    attr_accessor :pings

    # @param path [String] of a Unix socket
    # @return [::Socket] connected
    # @raise [SystemCallError, ArgumentError] nobody listens there; the path is too long for a socket
    def self.connect(path)
      socket = ::Socket.new(:UNIX, :STREAM)
      # Non-blocking: a listener whose queue is full must not hold the thread.
      socket.connect_nonblock(::Socket.sockaddr_un(path))
      socket
    rescue IO::WaitWritable
      socket.close
      raise Errno::ECONNREFUSED, "its queue is full"
    rescue StandardError
      socket&.close
      raise
    end

    # @param io [IO] a connected stream socket; owned from now on
    def initialize(io, now)
      @io = io
      @decoder = Protocol::Decoder.new
      @bytes = String.new(capacity: READ_BYTES)
      @heard_at = now
      @pings = 0
    end

    def to_io
      @io
    end

    # Reads what is there, at most READ_BYTES, and yields its frames.
    #
    # @raise [EOFError, SystemCallError, IOError] the sidecar is gone
    # @raise [ProtocolError] what it sent breaks the rules
    def read(now, &block)
      got = @io.read_nonblock(READ_BYTES, @bytes, exception: false)
      return if got == :wait_readable
      raise EOFError, "closed by the sidecar" if got.nil?

      @heard_at = now
      @pings = 0
      @decoder.feed(@bytes, &block)
    end

    # @return [Integer] bytes taken, 0 when the socket is full
    # @raise [SystemCallError, IOError]
    def write(bytes)
      written = @io.write_nonblock(bytes, exception: false)
      written == :wait_writable ? 0 : written
    end

    # Closes this process's copy only: no shutdown, which a forked parent's copy would feel.
    def close
      @io.close
    rescue *LOST
      nil
    end

    def closed?
      @io.closed?
    end
  end
end
