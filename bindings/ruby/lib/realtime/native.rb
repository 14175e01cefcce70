# frozen_string_literal: true

require_relative "errors"
require_relative "native/library"
require_relative "native/server"
require_relative "web_server"

module Realtime
  # The server in this process: no second program, the same ports, options and clients.
  #
  #   Realtime.start(native: true, listen: ":8000")
  #
  # For one process: development, tests, small deployments. A server that forks (a Puma cluster) has
  # the sidecar beside it.
  #
  # The library (librealtime) is loaded by the first start and not before: what is loaded before a
  # fork does not work in the child. Consoles, jobs and forked children connect to the server's
  # Unix socket, as they do to the sidecar's.
  module Native
    # The server could not be started or did not do what was asked. The message is the library's own.
    class Error < Realtime::Error
      # @return [String] which kind: "config", "listen", "forked", "busy", "state", "argument", "handle",
      #   "system", "timeout", "internal"; "missing" when there is no library to load, and "version" when
      #   it is another one's than this gem's
      attr_reader :code

      def initialize(code, message)
        super(message)
        @code = code
      end
    end

    # Whether the settings want the server in this process. One of several that a web server has
    # forked is none for it: each would have clients of its own, and the ports only the first.
    #
    # @param config [Config]
    # @return [Boolean]
    def self.by_setting?(config)
      return false unless config.native
      return true unless WebServer.forks?

      config.logger.error("realtime: `native` is on, but this web server forks its workers, and each would have " \
                          "clients of its own: it is not done, and the sidecar is looked for at #{config.socket}. " \
                          "Start that (`realtime run`, `realtime serve`), or run one process (workers 0)")
      false
    end
  end
end
