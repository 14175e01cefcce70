# frozen_string_literal: true

require "fileutils"
require "socket"

# How the tests' clients reach the other end. The same tests run both ways, by REALTIME_TEST_WAY:
# "socket" (the default) by the path of a Unix socket, as to a sidecar, and "library" by descriptors, as
# the server in this process gives them.
module Ways
  NAMES = %w[socket library].freeze

  # Taken out of the environment, where the server would find a variable that it does not know.
  NAME = ENV.delete("REALTIME_TEST_WAY") || "socket"
  raise "REALTIME_TEST_WAY is #{NAME.inspect}, which is none of #{NAMES.join(", ")}" unless NAMES.include?(NAME)

  # @return [Boolean]
  def self.library? = NAME == "library"

  # For one test.
  def self.at(path) = library? ? ByDescriptor.new(path) : ByPath.new(path)

  # A listener whose file goes with it.
  class UnixFile < UNIXServer
    def close
      return if closed?

      FileUtils.rm_f(path)
      super
    end
  end

  # A sidecar's.
  class ByPath
    def initialize(path)
      @path = path
    end

    # @return [Array<#accept, #close>] what the other end has to listen to
    def listen = [UnixFile.new(@path)]

    # @param client [Realtime::Client] reaches the other end from now on
    def lead(_client) = nil
  end

  # The library's: descriptors for this process, and a path for its children and other processes. To a
  # connection it is what a Native::Server is.
  class ByDescriptor
    # Gives pairs of sockets: one end to who connects, the other to who accepts.
    class Pairs
      def initialize
        @ends = Thread::Queue.new
      end

      def connect
        ours, theirs = UNIXSocket.pair
        @ends << ours
        theirs
      rescue ClosedQueueError
        [ours, theirs].each(&:close)
        raise Errno::ECONNREFUSED
      end

      def accept = @ends.pop || raise(IOError, "closed")

      def close
        @ends.close
        @ends.pop.close until @ends.empty?
      end
    end

    def initialize(path)
      @path = path
    end

    def listen = [@pairs = Pairs.new, UnixFile.new(@path)]

    def lead(client) = client.connection.move(self)

    def connect = @pairs ? @pairs.connect : raise(Errno::ECONNREFUSED)

    def to_s = "server in this process"
  end
end
