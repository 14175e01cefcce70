# frozen_string_literal: true

require_relative "calls"
require_relative "errors"
require_relative "fork"
require_relative "limits"
require_relative "outbox"
require_relative "place"
require_relative "protocol"
require_relative "reader"

module Realtime
  # This process's one connection to the sidecar, whether it is open at the moment or not: to its Unix
  # socket, or to the server in this process.
  #
  # Any thread may send. A frame is written by the thread that brought it, without waiting; what
  # the socket does not take, and everything while the sidecar is away, stays in the outbox for the
  # reader thread. That thread (Reader) opens, reads and reopens; it starts with the first frame.
  #
  # Concurrency: one lock guards the state below. Under it nothing waits: socket writes are
  # non-blocking. The critical sections cannot be interrupted (Timeout, Thread#kill), so that a
  # frame is never counted half.
  #
  # Fork: a child only closes its copy of the socket and starts afresh, with nothing of what the
  # parent had waiting.
  class Connection
    # Bytes written in one hold of the lock while a backlog is worked off.
    BURST_BYTES = 262_144

    # Seconds a request waits for its answer beyond what the sidecar was given for it.
    MARGIN = 1.0

    # @!attribute [r] counters  [Hash{Symbol => Integer}] what happened to frames in this process; never reset
    # @!attribute [r] boot      [String, nil] the sidecar run last connected to
    # @!attribute [r] limits    [Limits] as the sidecar told them last
    # @!attribute [r] receiver  [#take, nil] of {serve}; for the reader thread
    # @!attribute [r] server    [Native::Server, nil] of {move}
    attr_reader :counters, :boot, :limits, :receiver, :server

    # @param config [Config]
    # @param hello [#call] the params of hello; given whether this process is a handler
    def initialize(config, hello)
      @config = config
      @hello = hello
      start_afresh
    end

    # Sends a notification, now or when the sidecar is back. Never waits, never raises for a
    # sidecar that is away.
    #
    # @param params [Hash{String => Object}] wire values
    # @raise [TooLarge]
    def notify(name, params, volatile: false)
      frame = Protocol.notification(name, params, max_frame: @max_frame)
      exclusively { send_or_keep(frame, volatile ? :volatile : :emit) }
      nil
    end

    # Sends a request and waits for its answer.
    #
    # @param timeout [Numeric] seconds
    # @param resend [Boolean] whether it may be sent again after the connection was lost
    # @return [Object] the result
    # @raise [NotConnected, TimeoutError, RequestError, TooLarge]
    def request(name, params, timeout:, resend: false)
      call = nil
      exclusively { call = place_call(name, params, resend) }
      @lock.synchronize { await(call, clock + timeout) }
      call.done ? call.outcome : give_up(call, name, timeout)
    ensure
      exclusively { forget(call) } if call && !call.done
    end

    # Answers a request of the sidecar, on the connection it came by or not at all.
    def respond(stream, id, error, result)
      keep(stream, answer_frame(id, error, result))
    end

    # @api private -- sends a frame that means something on this stream only
    def keep(stream, frame)
      exclusively { send_or_keep(frame, :pinned, tag: stream) if stream.equal?(@stream) }
    end

    # Makes this process a handler: from now on requests of the sidecar go to the receiver.
    # Reconnects if the process was connected as an emitter. Does not wait.
    #
    # @param receiver [#take, #idle?, #reset]
    # @param server [Native::Server, nil] as of {move}
    def serve(receiver, server = @server)
      exclusively do
        @receiver = receiver
        move(server) unless server.equal?(@server)
        ensure_reader
        renew("serving")
      end
    end

    # From now on the other end is the server in this process, or with nil the sidecar's socket again.
    # Leaves the connection there is, in order. Does not wait.
    #
    # @param server [Native::Server, nil]
    def move(server)
      exclusively do
        @server = server
        renew("moving")
        @reader&.hurry
      end
    end

    # @return [Place] where the other end is
    def place = Place.new(@config, @server)

    # Takes up a changed hello: drains, closes and connects again, also when the old one is on its way.
    def renew(reason)
      exclusively { @stream ? @reader.renew(reason) : @outdated = reason }
    end

    # Has the reader look again: the receiver has become idle, for instance. Does not wait.
    def wake
      @reader&.wake if Process.pid == @pid
    end

    # Ends in order: nothing new is taken, what was taken is answered, what waits is written (for
    # at most config.flush_timeout once the rest is done), bye, close. Idempotent.
    #
    # @param timeout [Numeric] seconds for all of it
    def stop(timeout)
      return if Process.pid != @pid

      thread = @lock.synchronize { @thread }
      return unless thread&.alive?

      @reader.stop(clock + timeout)
      thread.join(timeout + MARGIN) || thread.kill
      exclusively { abandon_rest }
    end

    # @return [Boolean]
    def connected?
      Process.pid == @pid && !@stream.nil?
    end

    # Waits until connected (tests and scripts; emit does not need it).
    # @return [Boolean]
    def wait_until_connected(timeout)
      exclusively { ensure_reader }
      deadline = clock + timeout
      @lock.synchronize do
        @changed.wait(@lock, deadline - clock) until @stream || clock >= deadline
        !@stream.nil?
      end
    end

    # @api private -- in a forked child
    def after_fork
      @reader&.close_copies
      start_afresh
    end

    # ---- what the reader thread calls --------------------------------------------------------

    # @api private
    # @return [Array(Boolean, Hash)] whether as a handler, and hello
    def hello_params
      exclusively { @outdated = nil }
      handler = !@receiver.nil?
      [handler, @hello.call(handler)]
    end

    # The sidecar has greeted: frames may be written to this stream.
    # @api private
    # @return [String, nil] why what the app remembers of sockets may be wrong: "boot" after a new
    #   run of the sidecar, "disconnects" when it lost some that nobody here knows to be lost
    def opened(stream, greeting)
      exclusively do
        reset = reset_reason(greeting)
        @boot = greeting["boot"]
        @lost_disconnects = greeting["lost_disconnects"].to_i
        @max_frame = [greeting["max_frame"] || Protocol::MAX_FRAME, Protocol::MAX_FRAME].min
        @limits = Limits.new(greeting["limits"])
        @stream = stream
        @trouble = nil
        @counters[:connects] += 1
        renew(@outdated) if @outdated
        write_waiting
        @changed.broadcast
        reset
      end
    end

    # @api private -- the stream is gone, or could not be opened
    def lost(stream, trouble)
      exclusively do
        @trouble = trouble
        close_books if @stream && stream.equal?(@stream)
        @changed.broadcast
      end
    end

    # @api private
    # @return [Boolean] whether anything waits to be written
    def write_waiting
      exclusively do
        budget = BURST_BYTES
        while @stream && (entry = @outbox.first) && budget.positive?
          written = write(entry.written.zero? ? entry.frame : entry.frame.byteslice(entry.written..))
          break if written.zero?

          count_sent(entry) if entry.written.zero?
          @outbox.wrote(written)
          budget -= written
        end
        @changed.broadcast if @outbox.empty?
        !@outbox.empty?
      end
    end

    # @api private
    def waiting?
      !@outbox.empty?
    end

    # @api private
    def resolve(response)
      exclusively do
        call = @calls.take(response.id) or return
        call.finish(response.error, response.result)
      end
    end

    # @api private
    def count(counter)
      exclusively { @counters[counter] += 1 }
    end

    private

    # A process that is new counts all lost disconnects: they are lost while no process is there.
    def reset_reason(greeting)
      return "boot" if @boot && @boot != greeting["boot"]

      "disconnects" if greeting["lost_disconnects"].to_i > @lost_disconnects
    end

    def start_afresh
      @pid = Process.pid
      @lock = Mutex.new
      @changed = ConditionVariable.new
      @outbox = Outbox.new(@config.buffer_bytes)
      @calls = Calls.new
      @counters = Hash.new(0)
      @max_frame = Protocol::MAX_FRAME
      @limits = Limits::UNTOLD
      @lost_disconnects = 0
      @stream = @receiver = @reader = @thread = @server = @boot = @trouble = @outdated = nil
    end

    def exclusively(&block)
      # Process.daemon on Ruby 3.1 forks without telling Process._fork.
      after_fork if Process.pid != @pid
      return yield if @lock.owned?

      Thread.handle_interrupt(Object => :never) { @lock.synchronize(&block) }
    end

    def ensure_reader
      return if @thread&.alive?

      Fork.watch(self)
      @reader = Reader.new(self, @config)
      @thread = Thread.new(@reader) do |reader|
        Thread.current.name = "realtime.reader"
        reader.run
      ensure
        Fork.forget(self)
      end
    end

    def send_or_keep(frame, kind, tag: nil)
      ensure_reader
      written = @stream && @outbox.empty? ? write(frame) : 0
      if written.positive?
        @counters[:sent] += 1 unless kind == :pinned
        return if written == frame.bytesize
      end
      idle = @outbox.empty?
      @outbox.push(frame, kind, tag: tag, written: written).each do |dropped, count|
        @counters[:"dropped_#{dropped}"] += count
        @reader.dropping
      end
      @reader.wake if idle && @stream
    end

    # A failed write is noticed by the reader too, which sees the end of the stream; here it only
    # means that nothing was taken.
    def write(bytes)
      @stream.write(bytes)
    rescue *Stream::LOST
      @reader.wake
      0
    end

    def count_sent(entry)
      @counters[:sent] += 1 unless entry.kind == :pinned
    end

    def place_call(name, params, resend)
      call = @calls.place(resend) { |id| Protocol.request(id, name, params, max_frame: @max_frame) }
      send_or_keep(call.frame, :pinned, tag: call)
      call
    end

    def await(call, deadline)
      call.arrived.wait(@lock, deadline - clock) until call.done || clock >= deadline
    end

    def give_up(call, name, timeout)
      unsent = exclusively { forget(call) }
      raise not_connected if unsent || !@stream

      raise place.silent(name, timeout)
    end

    def not_connected = place.not_connected(@trouble)

    # @return [Boolean] whether its frame had not left yet
    def forget(call)
      @calls.take(call.id)
      @outbox.remove { |entry| entry.tag.equal?(call) && entry.written.zero? }.any?
    end

    def close_books
      @stream = nil
      drop_begun_frames
      settle_calls
    end

    # Answers belong to the connection they were asked on; of other frames the begun one is gone,
    # because it must not be sent twice, and the rest waits for the next connection.
    def drop_begun_frames
      @outbox.remove { |entry| entry.tag.is_a?(Stream) }
      begun = @outbox.remove { |entry| entry.written.positive? }
      @counters[:lost] += begun.count { |entry| entry.kind != :pinned }
    end

    # Requests that had not left wait on; of the others those that may be repeated go first on the
    # next connection, and the rest fail.
    def settle_calls
      again, failed = @calls.all.reject { |call| @outbox.tagged?(call) }.partition(&:resend)
      @outbox.prepend(again.map { |call| [call.frame, :pinned, call] })
      failed.each do |call|
        @calls.take(call.id)
        call.finish(place.lost(@trouble), nil)
      end
    end

    def answer_frame(id, error, result)
      Protocol.response(id, error, result, max_frame: @max_frame)
    rescue TooLarge => e
      Protocol.response(id, { "code" => "too_large", "message" => e.message }, nil)
    end

    # At exit: what could not be written any more.
    def abandon_rest
      @thread = @reader = @stream = @receiver = nil
      rest = @outbox.remove { true }.count { |entry| entry.kind != :pinned }
      @counters[:lost] += rest
      @calls.clear.each { |call| call.finish(not_connected, nil) }
      return if rest.zero?

      @config.logger.warn("realtime: #{rest} emits were not sent: no #{place}")
    end

    def clock
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
