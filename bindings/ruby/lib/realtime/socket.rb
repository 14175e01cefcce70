# frozen_string_literal: true

require_relative "errors"
require_relative "selection"

module Realtime
  # One client in one namespace, as handlers and {Realtime.sockets} see it.
  #
  # What a handler was told is there at once; the rest (rooms in an event handler, say) is asked of
  # the sidecar when it is first read, which waits at most config.emit_timeout and may raise
  # {NotConnected}. `emit` and `send` go to this client; `to`, `in`, `except` and `broadcast` leave
  # it out, as in Socket.IO.
  class Socket
    # What is known of the request that opened the client's session. Outside the connect hook
    # headers and query may be empty: keep what you need in {Socket#data}.
    Handshake = Struct.new(:headers, :query, :address, :url, :secure, :time, :dialect, :transport,
                           keyword_init: true) do
      # @api private
      def self.from(map)
        values = members.to_h { |name| [name, map[name.to_s]] }
        time = map["time"] || map["connected_at"]
        values[:time] = time.is_a?(Numeric) ? Time.at(time / 1000.0) : time
        new(**values, headers: map["headers"] || {}, query: map["query"] || {})
      end
    end

    # @return [String] public; addresses the client like a room
    attr_reader :id
    # @return [String]
    attr_reader :namespace
    # @return [MatchData, nil] what the pattern of the handler's namespace has captured
    attr_reader :namespace_match

    # @param emitter [Emitter]
    # @param info [Hash{String => Object}] what the link said of it
    # @param event [Deferred, nil] the event being handled
    def initialize(emitter, info, event: nil)
      @emitter = emitter
      @id = info["id"] || info["socket"]
      @namespace = info["namespace"] || "/"
      @info = info
      @event = event
    end

    # @return [Object, nil] what the connect hook gave, with string keys. Change it by `data=`;
    #   changing what this returns reaches nobody
    def data
      known("data")
    end

    def data=(value)
      set(data: value)
    end

    # @return [String, nil] as the connect hook named it
    def user
      known("user")
    end

    def user=(value)
      set(user: value)
    end

    # Replaces data or user.
    def set(**values)
      @emitter.set(@id, **values)
      values.each { |key, value| @info[key.to_s] = value }
    end

    # @return [String, nil] which login the client came with, as connect named it: a secret. Known
    #   in handlers only
    def login
      @info["login"]
    end

    # @return [Array<String>]
    def rooms
      known("rooms")
    end

    # @return [Handshake]
    def handshake
      @handshake ||= Handshake.from(@info["handshake"] || (@info.key?("address") ? @info : details))
    end

    # @return [String] the client's generation: "V09" (Socket.IO 0.7 to 0.9), "EIO3" (1.x, 2.x),
    #   "EIO4" (3.x, 4.x) or "Plain" (a bare WebSocket or EventSource)
    def dialect
      @info["dialect"] || handshake.dialect
    end

    # @return [String] "websocket", "polling", "jsonp", "htmlfile", "flashsocket" or "eventsource", at the
    #   time this was learned
    def transport
      @info["transport"] || handshake.transport
    end

    # @return [Boolean] whether the client came back with the rooms, user and data it had; in connect only
    def recovered
      @info["recovered"] || false
    end
    alias recovered? recovered

    # @see Realtime.emit
    def emit(event, *args)
      itself_selected.emit(event, *args)
    end

    # Emits the event "message". What Ruby calls `send` is `__send__`, or `public_send`.
    def send(*args)
      emit("message", *args)
    end

    # Emits that may be dropped: `socket.volatile.emit("tick")`.
    # @return [Selection]
    def volatile
      itself_selected.volatile
    end

    # Asks this client and waits for its acknowledgement.
    #
    # @param timeout [Numeric] seconds the client has
    # @return [Object, Array] the ack's argument; a list when it has several
    # @raise [TimeoutError] it did not answer
    # @raise [RequestError] "gone": it left
    # @raise [NotConnected]
    def call(event, *args, timeout:)
      replies = itself_selected.call(event, *args, timeout: timeout)
      return replies.values.first if replies.any?
      raise TimeoutError, "socket #{@id} did not acknowledge #{event} within #{timeout} s" if replies.timed_out?

      raise RequestError.new("gone", "socket #{@id} has left")
    end
    alias emit_with_ack call

    # Acknowledges the event being handled, from any thread, now or (with {Realtime.defer}) later.
    # Takes precedence over the handler's value; a second ack does nothing.
    def ack(*args)
      raise Error, "socket.ack is for the socket an event handler was given" unless @event

      @event.ack(*args)
    end

    # The rooms' members but this client.
    # @return [Selection]
    def to(*rooms)
      broadcast.to(*rooms)
    end
    alias in to

    # Everyone in the namespace but the rooms' members and this client.
    # @return [Selection]
    def except(*rooms)
      broadcast.except(*rooms)
    end

    # Everyone in the namespace but this client.
    # @return [Selection]
    def broadcast
      Selection.new(@emitter, { "namespace" => @namespace, "except" => [@id] })
    end

    def join(*rooms)
      itself_selected.join(*rooms)
    end

    def leave(*rooms)
      itself_selected.leave(*rooms)
    end

    # @param close [Boolean] end the whole session, not only this namespace
    def disconnect(close: false)
      itself_selected.disconnect(close: close)
    end

    # @api private
    # @return [Socket] this client, as a handler gets it whose pattern has captured this
    def matched(match)
      return self if match.nil? && @namespace_match.nil?

      dup.tap { |each| each.namespace_match = match }
    end

    def inspect
      "#<#{self.class} #{@id} #{@namespace}>"
    end

    def ==(other)
      other.is_a?(Socket) && other.id == @id && other.namespace == @namespace
    end
    alias eql? ==

    def hash
      [@id, @namespace].hash
    end

    protected

    attr_writer :namespace_match

    private

    def itself_selected
      Selection.new(@emitter, { "namespace" => @namespace, "to" => [@id] })
    end

    def known(key)
      @info.key?(key) ? @info[key] : details[key]
    end

    def details
      @details ||= @emitter.describe(itself_selected) || {}
    end
  end
end
