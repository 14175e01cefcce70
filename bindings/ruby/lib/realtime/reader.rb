# frozen_string_literal: true

require_relative "stream"

module Realtime
  # The life of a connection, in one thread: open, greet, read, notice silence, leave in order,
  # wait with jitter, open again. Everything a Connection's users see goes through the Connection;
  # what is here belongs to the reader thread, except the requests to wake, renew and stop.
  class Reader
    # Seconds the sidecar has to accept and answer hello.
    HELLO_LIMIT = 5.0

    # Seconds between attempts: the first, the longest, and the longest when the sidecar refuses.
    BACKOFF = 0.05
    BACKOFF_MAX = 2.0
    BACKOFF_REFUSED = 30.0

    # Seconds without bytes after which the sidecar is asked for a sign of life, unless hello's
    # result names its own; and how many silent spans end the connection.
    HEARTBEAT = 15.0
    MISSES = 2

    # Seconds that handlers may take to finish before a connection is renewed under them.
    RENEW_LIMIT = 30.0

    # Seconds after an end in order in which the sidecar's absence is a restart like any other.
    RESTART_LIMIT = 5.0

    # The sidecar has ended in order.
    class Bye < EOFError; end
    private_constant :Bye

    # The id of hello, and of the reader's own requests: ids are unique per connection and
    # direction, and the connection's callers count upwards from 1.
    HELLO_ID = 0
    PING_ID = Protocol::MAX_ID
    DRAIN_ID = Protocol::MAX_ID - 1

    # Why and by when a connection is left. `asked`: the drain request went out; `drained`: it was
    # answered; `flush_by`: until when the rest may be written.
    Leave = Struct.new(:reason, :deadline, :final, :asked, :drained, :flush_by)
    private_constant :Leave

    # @param connection [Connection]
    # @param config [Config]
    def initialize(connection, config)
      @connection = connection
      @config = config
      @wake_reader, @wake_writer = IO.pipe
      @attempts = 0
      @leave = nil
      @dropping = false
      @hurry = false # not to pause
      # Until then the sidecar's absence is not worth a word: a server in this process may be about to start.
      @expected_by = config.native ? clock + RESTART_LIMIT : 0
    end

    # The thread's body: returns after stop.
    def run
      until finished?
        stream = open_stream
        stream ? serve(stream) : pause
      end
    ensure
      close_copies
    end

    # Any thread: look again at what there is to write, read or end.
    def wake
      @wake_writer.write_nonblock(".", exception: false)
    rescue IOError, SystemCallError
      nil # the reader is ending
    end

    # Any thread: do not pause before the next attempt, the other end is another.
    def hurry
      @hurry = true
      wake
    end

    # Any thread: leave this connection in order and open the next.
    def renew(reason)
      @leave ||= Leave.new(reason, clock + RENEW_LIMIT, false)
      wake
    end

    # Any thread: leave in order and end.
    #
    # @param deadline [Float] monotonic
    def stop(deadline)
      @leave = Leave.new("stopping", deadline, true, @leave&.asked, @leave&.drained)
      wake
    end

    # Any thread: frames are being dropped; the reader says so in the log, once per outage.
    def dropping
      @dropping ||= true
    end

    # Closes this process's copies of the descriptors.
    def close_copies
      @stream&.close
      [@wake_reader, @wake_writer].each(&:close)
    rescue *Stream::LOST
      nil
    end

    private

    def finished?
      return false unless @leave&.final

      @leave.flush_by ||= [clock + @config.flush_timeout, @leave.deadline].min
      !@connection.waiting? || clock >= @leave.flush_by
    end

    def open_stream
      @leave = nil unless @leave&.final
      @hurry = false
      @place = @connection.place
      @stream = Stream.new(@place.connect, clock)
    rescue SystemCallError, ArgumentError, Error => e
      failed(nil, e.message.sub(/ - connect\(2\).*/, ""))
      nil
    end

    def serve(stream)
      say_hello(stream)
      turn(stream) until left?(stream)
      expect_back
      failed(stream, "left: #{@leave.reason}")
    rescue Bye => e
      expect_back
      logger.info("realtime: #{e.message}; waiting for it to come back") unless @place.here?
      failed(stream, e.message)
      pause unless finished?
    rescue StandardError => e
      logger.error(e) unless [Error, *Stream::LOST].any? { |expected| e.is_a?(expected) }
      failed(stream, e.message)
      pause unless finished?
    ensure
      stream.close
    end

    # A fresh socket's buffer has room for hello.
    def say_hello(stream)
      @hello_by = clock + HELLO_LIMIT
      stream.handler, hello = @connection.hello_params
      stream.write(Protocol.request(HELLO_ID, "hello", hello))
    end

    # One turn: wait for bytes, room or a deadline, and do what is due.
    def turn(stream)
      writers = stream.greeting && @connection.waiting? ? [stream] : nil
      readable, writable = IO.select([stream, @wake_reader], writers, nil, wait_time(stream))
      drain_wake if readable&.include?(@wake_reader)
      stream.read(clock) { |frame| handle(stream, frame) } if readable&.include?(stream)
      @connection.write_waiting if writable
      watch_silence(stream)
    end

    def drain_wake
      @wake_reader.read_nonblock(4096, exception: false)
    end

    def wait_time(stream)
      due = stream.greeting ? stream.heard_at + (heartbeat(stream) * (stream.pings + 1)) : @hello_by
      due = [due, @leave.flush_by || @leave.deadline].min if @leave
      [due - clock, 0].max
    end

    def heartbeat(stream)
      milliseconds = stream.greeting["heartbeat"]
      milliseconds.to_f.positive? ? milliseconds / 1000.0 : HEARTBEAT
    end

    def watch_silence(stream)
      unless stream.greeting
        raise ProtocolError, "no answer to hello within #{HELLO_LIMIT} s" if clock >= @hello_by

        return
      end
      return if clock < stream.heard_at + (heartbeat(stream) * (stream.pings + 1))
      raise EOFError, "nothing heard for #{(clock - stream.heard_at).round} s" if stream.pings >= MISSES

      stream.pings += 1
      write(stream, Protocol.request(PING_ID, "ping", {}))
    end

    # Frames of the reader's own, in order with everybody's.
    def write(stream, frame)
      @connection.keep(stream, frame)
    end

    def handle(stream, frame)
      case frame
      when Protocol::Response then answered(stream, frame)
      when Protocol::Request then asked(stream, frame)
      else told(frame)
      end
    end

    def answered(stream, response)
      case response.id
      when HELLO_ID then greeted(stream, response)
      when DRAIN_ID then @leave&.drained = true
      when PING_ID then nil
      else @connection.resolve(response)
      end
    end

    def greeted(stream, response)
      if (error = response.error)
        @attempts = Float::INFINITY
        raise RequestError.new(error["code"].to_s, error["message"].to_s)
      end
      raise ProtocolError, "hello was answered with no map" unless response.result.is_a?(Hash)

      stream.greeting = response.result
      reset = @connection.opened(stream, response.result)
      logger.info { "realtime: connected to the #{@connection.place}" } if @attempts.positive?
      @attempts = 0
      @dropping = @told = false
      @expected_by = 0
      receiver&.reset(reset) if reset
      # It became a handler while this hello was under way.
      renew("serving") if receiver && !stream.handler
    end

    def asked(stream, request)
      return @connection.respond(stream, request.id, nil, {}) if request.name == "ping"

      case receiver&.take(stream, request)
      when nil then refuse(stream, request, "unknown_method", "no method #{request.name.inspect} here")
      when false then refuse(stream, request, "busy", "more requests than the window")
      end
    end

    def refuse(stream, request, code, message)
      @connection.respond(stream, request.id, { "code" => code, "message" => message }, nil)
    end

    def told(notification)
      params = notification.params
      case notification.name
      when "drain" then renew("the sidecar drains")
      when "bye" then raise Bye, "the sidecar said bye (#{params["reason"]})"
      when "rejected"
        @connection.count(:rejected)
        logger.warn { "realtime: the sidecar refused an emit: #{params["code"]}: #{params["message"]}" }
      end
    end

    # Leaving, step by step, asked once per turn: drain is asked and answered (handlers only),
    # handlers have answered what they hold, the rest is written, bye.
    #
    # @return [Boolean] whether the stream may be closed
    def left?(stream)
      leave = @leave or return false
      return finished? unless stream.greeting
      return false unless leave_finished?(stream, leave)

      stream.write(Protocol.notification("bye", { "reason" => leave.reason }))
      true
    end

    def leave_finished?(stream, leave)
      late = clock >= leave.deadline
      return false unless late || handlers_done?(stream, leave)

      leave.flush_by ||= [clock + @config.flush_timeout, leave.deadline].min
      !@connection.waiting? || clock >= leave.flush_by
    end

    def handlers_done?(stream, leave)
      return true unless receiver && stream.handler
      return leave.drained && receiver.idle? if leave.asked

      leave.asked = true
      write(stream, Protocol.request(DRAIN_ID, "drain", {}))
      false
    end

    def failed(stream, trouble)
      @connection.lost(stream, trouble)
      @attempts += 1
      return if @leave || @told || clock < @expected_by

      @told = true
      logger.warn("realtime: no #{@connection.place}: #{trouble}; trying again")
    end

    def expect_back
      @expected_by = clock + RESTART_LIMIT
    end

    def pause
      logger.warn("realtime: emits are being dropped, the buffer is full") if @dropping == true
      @dropping = :told if @dropping
      return pause_for(rand(0.5..1.0) * BACKOFF_REFUSED) if @attempts == Float::INFINITY

      pause_for(rand(0.5..1.0) * [BACKOFF * (2**[@attempts, 10].min), BACKOFF_MAX].min)
    end

    # Waits; only stop and another place end it early, so that a stream of emits does not turn it into a spin.
    def pause_for(seconds)
      deadline = clock + seconds
      while (left = deadline - clock).positive? && !finished? && !@hurry
        left = [left, @leave.flush_by - clock].min if @leave&.flush_by
        drain_wake if @wake_reader.wait_readable([left, 0].max)
      end
    end

    def receiver
      @connection.receiver
    end

    def logger
      @config.logger
    end

    def clock
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
