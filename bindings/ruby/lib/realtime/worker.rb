# frozen_string_literal: true

require_relative "dispatcher"

module Realtime
  # Runs handlers: takes the sidecar's requests from the reader thread and answers each from one of
  # a few threads. Order per socket is the sidecar's doing: it has one unanswered request per
  # socket, so threads need none among themselves.
  #
  # Limits: as many waiting and running requests as hello's window says; more are answered busy.
  class Worker
    Job = Struct.new(:stream, :request)
    private_constant :Job

    # @param connection [#respond, #wake] answers go there
    def initialize(config, router, emitter, connection)
      @config = config
      @router = router
      @dispatcher = Dispatcher.new(config, router, emitter)
      @connection = connection
      @jobs = Thread::Queue.new
      @held = 0 # of the window
      @unfinished = 0 # what must be done before a bye: the answers' writing too
      @lock = Mutex.new
      @threads = []
    end

    # Starts the threads. Once per worker.
    def start
      @threads = Array.new(@config.handler_threads) do |number|
        Thread.new do
          Thread.current.name = "realtime.worker.#{number + 1}"
          while (job = @jobs.pop)
            perform(job)
          end
        end
      end
    end

    # Called by the reader thread; never waits.
    #
    # @param request [Protocol::Request]
    # @return [Boolean, nil] false when the window is full, nil for a method that is none of ours
    def take(stream, request)
      return unless Dispatcher::METHODS.include?(request.name)

      @lock.synchronize do
        return false if @held >= @config.window

        @held += 1
        @unfinished += 1
      end
      @jobs << Job.new(stream, request)
      true
    end

    # Called by the reader thread: what is known of sockets may be wrong now.
    #
    # @param reason [String] "boot" or "disconnects"
    def reset(reason)
      return if @router.resets.empty?

      @lock.synchronize { @unfinished += 1 }
      @jobs << Job.new(nil, reason)
    end

    # @return [Boolean] whether everything taken has been answered
    def idle?
      @lock.synchronize { @unfinished.zero? }
    end

    # @return [Boolean] whether a handler is what calls
    def own_thread?
      @threads.include?(Thread.current)
    end

    # Ends the threads: lets them finish what was taken, until the deadline, then ends them.
    #
    # @param timeout [Numeric] seconds
    def stop(timeout)
      @jobs.close
      deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + timeout
      @threads.each do |thread|
        next if thread == Thread.current

        left = [deadline - Process.clock_gettime(Process::CLOCK_MONOTONIC), 0].max
        thread.join(left) || thread.kill
      end
    end

    private

    def perform(job)
      return @dispatcher.reset(job.request) unless job.stream

      request = job.request
      error, result = @dispatcher.call(request.name, request.params)
      # Before the answer: as soon as it is written the sidecar may give the next one.
      @lock.synchronize { @held -= 1 }
      @connection.respond(job.stream, request.id, error, result)
    ensure
      @lock.synchronize { @unfinished -= 1 }
      @connection.wake
    end
  end
end
