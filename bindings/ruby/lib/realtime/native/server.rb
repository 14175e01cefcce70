# frozen_string_literal: true

require "json"
require "socket"

module Realtime
  module Native
    # One server of this process, from its start to its end.
    #
    # Concurrency: any thread may call anything. What waits is done by a thread of its own, which the
    # caller joins: the handlers of signals run meanwhile, and a caller that is interrupted (Timeout,
    # Thread#kill, Interrupt) leaves nothing half done behind.
    #
    # Fork: a child has no server. It is not {#running?} there, and connects to nothing.
    class Server
      # @return [Hash{String => Object}] as it was given
      attr_reader :options
      # @return [Array<String>] where it listens: "127.0.0.1:8000", "unix:/run/app.sock"; empty before
      attr_reader :addresses

      # Starts one, and returns when it listens.
      #
      # @param options [Hash] of the server, as in its file: `listen: ":8000"`, `ping_interval: "25s"`
      # @return [Server]
      # @raise [Error] "config", "listen", "forked", "missing", "version"
      def self.start(options) = new(options).tap(&:start)

      # @see .start
      def initialize(options)
        @options = options.transform_keys(&:to_s).freeze
        @addresses = [].freeze
        @pid = Process.pid
        @lock = Mutex.new
        @over = false # nothing is to be started any more
        @running = false
      end

      # Once. A server that did not start cannot be started again.
      #
      # @return [nil]
      # @raise [Error]
      def start
        aside { begin_to_listen }.value
        started = true
        nil
      ensure
        abandon unless started # also when whoever waited for it was interrupted
      end

      # Opens a connection of the app.
      #
      # @return [::Socket] the caller's to close
      # @raise [Error] "state", "busy", "system", "forked"
      def connect
        Thread.handle_interrupt(Object => :never) do
          @lock.synchronize { running? ? ::Socket.for_fd(@library.connect(@handle)) : raise(ended) }
        end
      end

      # @return [Boolean] in this process
      def running? = @running && @pid == Process.pid

      # @return [Integer, nil] of the first address that has one
      def port = tcp&.slice(/\d+\z/)&.to_i

      # @return [String, nil] where clients connect, as this machine sees it: http://127.0.0.1:8000
      def url = tcp&.then { |address| "http://#{address.sub(/\A(0\.0\.0\.0|\[::\]):/, "localhost:")}" }

      # Ends it in order: clients are sent away, the app's connections hear of each and then bye. So
      # they should be read meanwhile. Idempotent; who comes second waits for the first.
      #
      # @param timeout [Numeric, nil] seconds for all of it; nil: as its options say
      # @return [nil]
      # @raise [Error] "timeout": it goes on ending
      def stop(timeout = nil)
        return if @pid != Process.pid

        @lock.synchronize do
          @over = true
          @ender ||= aside { finish(timeout) } if @handle
        end
        @ender&.value
        nil
      end

      # Ends it at once, as soon as it can be ended, without anybody who waits for that.
      #
      # @return [nil]
      def abandon = aside { stop(0) } && nil

      # For messages: where one looked for it.
      def to_s = "server in this process"

      private

      def aside(&work)
        Thread.new do
          Thread.current.name = "realtime.native"
          Thread.current.report_on_exception = false # who joins is told
          Thread.handle_interrupt(Object => :never, &work)
        end
      end

      def begin_to_listen
        @lock.synchronize do
          raise Error.new("state", "this server was started or stopped before: make another") if @over

          @over = true
          @library = Library.loaded
          listen(@library.create(document))
        end
      end

      def listen(handle)
        @library.start(handle)
        @handle = handle
        @addresses = listed.freeze
        @running = true
      ensure
        @library.free(handle) unless @handle
      end

      def document
        JSON.generate(@options)
      rescue JSON::JSONError, EncodingError => e
        raise Error.new("config", "the options are nothing that JSON can say: #{e.message}")
      end

      def listed = (0..).lazy.map { |index| @library.address(@handle, index) }.take_while(&:itself).to_a

      def finish(timeout)
        @running = false
        @library.stop(@handle, timeout ? (timeout * 1000).ceil : -1)
        @library.free(@handle)
      end

      def tcp = @addresses.find { |address| !address.start_with?("unix:") }

      def ended = Error.new("state", "there is no server in this process any more")
    end
  end
end
