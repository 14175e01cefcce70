# frozen_string_literal: true

require "socket"
require "uri"
require_relative "../binary"
require_relative "../errors"

module Realtime
  module Testing
    # The sidecar's program, run by a test as a process of its own.
    #
    # @api private
    class SidecarProgram
      # Seconds for it to come up, and to end.
      PATIENCE = 15
      # Seconds between two looks.
      INTERVAL = 0.01
      private_constant :PATIENCE, :INTERVAL

      # @return [String]
      attr_reader :url

      # Returns when clients can connect.
      #
      # @param options [Hash] the sidecar's own, without listen
      # @param folder [String] where it writes its log
      # @raise [Binary::Missing]
      # @raise [Error] it did not come up; the message has what it said
      def initialize(options, folder)
        @log = File.join(folder, "sidecar.log")
        address = TCPServer.open("127.0.0.1", 0) { |server| "127.0.0.1:#{server.addr[1]}" }
        @url = "http://#{address}"
        flags = { listen: address, **options }.map { |name, value| "--#{name.to_s.tr("_", "-")}=#{value}" }
        @pid = spawn({ "REALTIME_ENV" => "test" }, Binary.path, "serve", *flags,
                     chdir: Realtime.config.root, in: File::NULL, %i[out err] => @log)
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
      end

      # @return [String] with all that it said
      def problem(text) = "the sidecar of system tests: #{text}. It said:\n#{File.read(@log)}"

      private

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
    end
  end
end
