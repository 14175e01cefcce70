# frozen_string_literal: true

require "fileutils"
require "tmpdir"
require_relative "sidecar_program"

module Realtime
  module Testing
    # Both at once: what is sent goes out, and assertions see it too.
    Tee = Struct.new(:outbox, :connection) do
      def notify(name, params, **options)
        outbox.notify(name, params)
        connection.notify(name, params, **options)
      end

      def request(name, params, **options)
        outbox.notify(name, params)
        connection.request(name, params, **options)
      end

      def limits = connection.limits
    end

    # The real sidecar, started by a test: on a free port, in front of a server that runs already. A
    # process of its own, or, with config.native, in the test's process. During a test this process is a
    # handler of it, and emits go there.
    class LiveSidecar
      # Seconds until this process is connected to it.
      PATIENCE = 15

      @running = {}

      class << self
        # @param upstream [String] host:port
        # @return [LiveSidecar] running; one for each upstream and process
        # @raise [Binary::Missing]
        # @raise [Native::Error]
        # @raise [Error] it did not come up; the message has what it said
        def in_front_of(upstream)
          @running[[Process.pid, upstream]] ||= new(upstream).tap(&:start)
        end
      end

      def initialize(upstream)
        @upstream = upstream
        @folder = Dir.mktmpdir("realtime")
        @socket = File.join(@folder, "realtime.sock")
      end

      # @return [String]
      def url = @server.url

      # Returns when clients can connect.
      def start
        options = { socket: @socket, upstream: "http://#{@upstream}", drain_spread: "0s" }
        @server = Realtime.config.native ? hosted(options) : SidecarProgram.new(options, @folder)
        owner = Process.pid
        at_exit { stop if Process.pid == owner }
      end

      # Ends it, and waits until it has.
      def stop
        @server.stop
      ensure
        FileUtils.remove_entry(@folder, true)
      end

      # From now on emits go to this sidecar, and its clients' events come here.
      def begin_test
        @before = Realtime.client.replacement
        @socket_before = Realtime.config.socket
        Realtime.config.socket = @socket
        Realtime.client.replacement = Tee.new(Testing.outbox, Realtime.client.connection)
        Realtime.start(native: native? && @server)
        return if Realtime.client.connection.wait_until_connected(PATIENCE)

        problem = "this process cannot reach it"
        raise Error, native? ? "the server of system tests: #{problem}" : @server.problem(problem)
      end

      # Its clients are sent away, so that none is there when the next test begins.
      def end_test
        Realtime.disconnect(namespace: "*", all: true, close: true)
        Realtime.stop
      ensure
        Realtime.client.replacement = @before
        Realtime.config.socket = @socket_before
      end

      private

      def native? = @server.is_a?(Native::Server)

      def hosted(options)
        config = Realtime.config.file_path.to_s
        Native::Server.start({ listen: "127.0.0.1:0", env: "test", config: config, log_level: "warn", **options })
      end
    end
  end
end
