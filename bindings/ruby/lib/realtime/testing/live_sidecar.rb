# frozen_string_literal: true

require "fileutils"
require "socket"
require "tmpdir"
require "uri"
require_relative "../binary"

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

    # The real sidecar, started by a test: on a free port, in front of a server that runs already.
    # During a test this process is a handler of it, and emits go there.
    class LiveSidecar
      # Seconds for it to come up, and to end.
      PATIENCE = 15
      # Seconds between two looks.
      INTERVAL = 0.01
      private_constant :INTERVAL

      @running = {}

      class << self
        # @param upstream [String] host:port
        # @return [LiveSidecar] running; one for each upstream and process
        # @raise [Binary::Missing]
        # @raise [Error] it did not come up; the message has what it said
        def in_front_of(upstream)
          @running[[Process.pid, upstream]] ||= new(upstream).tap(&:start)
        end
      end

      # @return [String]
      attr_reader :url

      def initialize(upstream)
        @upstream = upstream
        @folder = Dir.mktmpdir("realtime")
        @socket = File.join(@folder, "realtime.sock")
        @log = File.join(@folder, "sidecar.log")
      end

      # Returns when clients can connect.
      def start
        @pid = spawn(*command, chdir: Realtime.config.root, in: File::NULL, %i[out err] => @log)
        owner = Process.pid
        at_exit { stop if Process.pid == owner }
        wait("it does not listen") { listening? }
      end

      # Ends it, and waits until it has.
      def stop
        return unless @pid

        Process.kill("TERM", @pid)
        wait("it does not end") { Process.wait(@pid, Process::WNOHANG) }
      rescue Errno::ESRCH, Errno::ECHILD
        nil # it has ended by itself
      ensure
        @pid = nil
        FileUtils.remove_entry(@folder, true)
      end

      # From now on emits go to this sidecar, and its clients' events come here.
      def begin_test
        @before = Realtime.client.replacement
        @socket_before = Realtime.config.socket
        Realtime.config.socket = @socket
        Realtime.client.replacement = Tee.new(Testing.outbox, Realtime.client.connection)
        Realtime.start
        raise Error, problem("this process cannot reach it") unless
          Realtime.client.connection.wait_until_connected(PATIENCE)
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

      def command
        port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
        @url = "http://127.0.0.1:#{port}"
        [{ "REALTIME_ENV" => "test" }, Binary.path, "serve", "--listen=127.0.0.1:#{port}", "--socket=#{@socket}",
         "--upstream=http://#{@upstream}", "--drain-spread=0s"]
      end

      def listening?
        address = URI(url)
        TCPSocket.new(address.host, address.port).close
        true
      rescue Errno::ECONNREFUSED
        raise Error, problem("it ended") if Process.wait(@pid, Process::WNOHANG)
      end

      def wait(otherwise)
        deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + PATIENCE
        until yield
          raise Error, problem(otherwise) if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

          sleep INTERVAL
        end
      end

      def problem(text)
        "the sidecar of system tests: #{text}. It said:\n#{File.read(@log)}"
      end
    end
  end
end
