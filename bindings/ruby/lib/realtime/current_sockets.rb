# frozen_string_literal: true

require_relative "execution"

module Realtime
  # The sockets of the page that made this request, so that `except: :current` can leave it out: it
  # knows already what it asked for.
  #
  # The page's script names them in a header. The middleware reads it, jobs enqueued meanwhile carry
  # it on, and in an event handler it is the socket whose event is handled. Where nobody is known,
  # nobody is left out.
  #
  # A client may name any socket there; all that comes of it is that this one is not told of what
  # the client itself does.
  module CurrentSockets
    HEADER = "HTTP_X_REALTIME_SOCKET"

    # Ids taken from one header; a page has one socket per namespace.
    LIMIT = 8

    # As the sidecar makes them.
    ID = /\A[A-Za-z0-9_-]{20}\z/

    # Between two ids in the header.
    SEPARATOR = /\s*,\s*/

    KEY = :realtime_current_sockets
    private_constant :SEPARATOR, :KEY

    # Rack middleware. Outermost, so that what other middlewares emit is known to be the page's too.
    class Middleware
      def initialize(app)
        @app = app
      end

      def call(env)
        header = env[HEADER] or return @app.call(env)

        CurrentSockets.with(CurrentSockets.parse(header)) { @app.call(env) }
      end
    end

    class << self
      # @return [Array<String>] ids; may be empty
      def ids
        socket = Invocation.current&.socket
        socket ? [socket.id] : (Execution[KEY] || [])
      end

      # Runs the block with these sockets as the current ones.
      #
      # @param ids [Array<String>, nil]
      def with(ids, &block)
        Execution.with(KEY, ids, &block)
      end

      # @param header [String]
      # @return [Array<String>] what has the form of an id, the rest is ignored
      def parse(header)
        header.strip.split(SEPARATOR).grep(ID).first(LIMIT)
      end

      # Puts the ids in the place of :current.
      #
      # @api private
      def put_in(except)
        return ids if except == :current
        return except unless except.is_a?(Array) && except.include?(:current)

        ids + (except - [:current])
      end

      # A piece of work has ended: the next one in this thread must not inherit its page.
      def reset
        Execution[KEY] = nil
      end
    end

    # For ActiveJob::Base: a job has the sockets that were current when it was enqueued, retries too.
    module Job
      # The key beside a job's arguments.
      KEY = "realtime_sockets"

      def self.included(base)
        base.around_perform do |job, work|
          # A job that was never enqueued runs as part of what called it.
          job.realtime_sockets ? CurrentSockets.with(job.realtime_sockets, &work) : work.call
        end
      end

      # @return [Array<String>, nil] nil before it was enqueued
      attr_reader :realtime_sockets

      def serialize
        ids = @realtime_sockets || CurrentSockets.ids
        ids.empty? ? super : super.merge(KEY => ids)
      end

      def deserialize(data)
        super
        @realtime_sockets = Array(data[KEY])
      end
    end
  end
end
