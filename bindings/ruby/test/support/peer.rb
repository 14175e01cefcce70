# frozen_string_literal: true

require "socket"
require "realtime/protocol"

# The other end of the link, for tests: listens, answers hello and what it is told to answer, and lets
# the test read every other frame. The frames are the real codec's.
class Peer
  # Seconds a test waits for a frame.
  PATIENCE = 60

  # One accepted connection.
  class Link
    attr_reader :hello, :closed

    def initialize(io, peer)
      @io = io
      @peer = peer
      @frames = Thread::Queue.new
      @decoder = Realtime::Protocol::Decoder.new
      @ids = 0
      @closed = Thread::Queue.new
      @asked = Thread::Queue.new
      @thread = Thread.new { run }
    end

    # The next frame, hello and pings aside.
    def take
      Timeout.timeout(PATIENCE, nil, "no frame came") { @frames.pop }
    end

    # Frames until one is called so.
    def take_named(name)
      loop do
        frame = take
        return frame if frame.respond_to?(:name) && frame.name == name
      end
    end

    # @return [Array<Symbol, Protocol…>] whatever came and was not taken
    def waiting
      Array.new(@frames.size) { @frames.pop }
    end

    def request(name, params)
      id = @ids += 1
      @io.write(Realtime::Protocol.request(id, name, params))
      id
    end

    # Sends a request and returns its response.
    def ask(name, params)
      id = request(name, params)
      loop do
        frame = take
        return frame if frame.is_a?(Realtime::Protocol::Response) && frame.id == id
      end
    end

    def notify(name, params)
      @io.write(Realtime::Protocol.notification(name, params))
    end

    def answer(request, result, error: nil)
      @io.write(Realtime::Protocol.response(request.id, error, result))
    end

    def write(bytes)
      @io.write(bytes)
    end

    def close
      @thread.kill
      @thread.join
      @io.close
    end

    # Waits until the worker has asked to be drained (and was answered).
    def wait_drained
      Timeout.timeout(PATIENCE, nil, "no drain was asked") { @asked.pop }
    end

    # Waits until the other side has closed.
    def wait_closed
      Timeout.timeout(PATIENCE, nil, "the connection stayed open") { @closed.pop }
    end

    private

    def run
      loop { @decoder.feed(@io.readpartial(65_536)) { |frame| got(frame) } }
    rescue SystemCallError, IOError
      @closed << true
    end

    def got(frame)
      return @frames << frame unless frame.is_a?(Realtime::Protocol::Request)

      case frame.name
      when "hello" then greet(frame)
      when "ping" then answer(frame, {})
      when "drain"
        answer(frame, {})
        @asked << frame.name
      else
        reply = @peer.answers[frame.name]
        answer(frame, reply.respond_to?(:call) ? reply.call(frame.params) : reply) if reply
        @frames << frame
      end
    end

    def greet(frame)
      @hello = frame.params
      return answer(frame, nil, error: @peer.refuse) if @peer.refuse

      answer(frame, { "protocol" => 1, "features" => [], "node" => "n", "boot" => @peer.boot, "server" => "peer",
                      "max_frame" => Realtime::Protocol::MAX_FRAME, "window" => 1024,
                      "heartbeat" => @peer.heartbeat, "lost_disconnects" => @peer.lost_disconnects,
                      "limits" => @peer.limits }.compact)
      @peer.greeted(self)
    end
  end

  attr_reader :boot, :heartbeat, :answers, :refuse, :lost_disconnects, :limits

  # @param way [#listen] of {Ways}
  # @param answers [Hash{String => Object, Proc}] results by method
  def initialize(way, boot: "boot1", heartbeat: 25_000, answers: {}, refuse: nil, lost_disconnects: 0,
                 limits: nil)
    @boot = boot
    @limits = limits
    @heartbeat = heartbeat
    @answers = answers
    @refuse = refuse
    @lost_disconnects = lost_disconnects
    @links = Thread::Queue.new
    @all = []
    @servers = way.listen
    @threads = @servers.map { |server| Thread.new { accept(server) } }
  end

  # The next connection that said hello.
  def link(patience = PATIENCE)
    Timeout.timeout(patience, nil, "nobody connected") { @links.pop }
  end

  # How many said hello and were not yet fetched.
  def greeted_count
    @links.size
  end

  def greeted(link)
    @links << link
  end

  # Everything goes, as if the sidecar had been killed.
  def close
    @threads.each { |thread| thread.kill.join }
    @servers.each(&:close)
    @all.each(&:close)
    @all.clear
  end

  private

  def accept(server)
    loop { @all << Link.new(server.accept, self) }
  rescue IOError
    nil
  end
end
