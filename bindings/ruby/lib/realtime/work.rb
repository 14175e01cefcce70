# frozen_string_literal: true

require_relative "../realtime"
require_relative "pool"

module Realtime
  # A process that handles events and does nothing else: what `bin/rails realtime:work` runs.
  #
  # It may stand beside web processes that handle too, or alone with `handle_in_web: false`. Several
  # may run. TERM and INT end it in order: it takes nothing new, finishes and answers what it has
  # (config.stop_timeout at most), and returns. A second signal ends the process at once.
  module Work
    SIGNALS = %w[TERM INT].freeze

    # Seconds to wait for the sidecar before saying that there is none yet.
    PATIENCE = 5
    private_constant :PATIENCE

    class << self
      # Loads the app, handles events until told to end. For the main thread.
      #
      # @param threads [Integer, nil] config.handler_threads
      # @param out [IO] told when it is ready, and when it ends
      # @return [nil] after a signal
      # @raise whatever the app's files raise
      def run(threads: nil, out: $stdout)
        @out = out
        Realtime.config.handler_threads = threads if threads
        asked, before = trap_signals
        serve
        say("stopping after SIG#{asked.pop}")
        Realtime.stop
        say("stopped")
      ensure
        before&.each { |signal, handler| trap(signal, handler || "DEFAULT") }
      end

      private

      # In a signal's context there are no locks, so that the rest is the main thread's.
      def trap_signals
        asked = Thread::Queue.new
        again = false
        before = SIGNALS.to_h do |signal|
          handler = proc do
            exit!(1) if again
            again = true
            asked << signal
          end
          [signal, trap(signal, handler)]
        end
        [asked, before]
      end

      def serve
        ::Rails.application.eager_load! if defined?(::Rails) && ::Rails.application
        Realtime.start(native: false) # a server in the web's process is reached by its socket
        Pool.warn_of_shortage(web_threads: 0)
        connected = Realtime.client.connection.wait_until_connected(PATIENCE)
        say("no sidecar at #{Realtime.config.socket} yet; waiting for it") unless connected
        say("handling #{Realtime.router.served.join(" ")} with #{Realtime.config.handler_threads} threads")
      end

      def say(message)
        @out.puts("realtime: #{message} (pid #{Process.pid})")
        @out.flush
      end
    end
  end
end
