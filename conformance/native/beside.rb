# frozen_string_literal: true

require "fiddle"
require "json"
require "net/http"
require "realtime"
require "socket"

# Servers beside the one of the binding, by the functions of realtime.h themselves: made, started, spoken
# to, ended. What they do that they should not is raised.
#
# Concurrency: any thread may call; Fiddle lets others run meanwhile.
module Beside
  HANDLE = -3
  STATE = -4
  FORKED = -6
  PATIENCE = 10 # seconds for a server to answer
  STOP = 5_000 # milliseconds

  CONFIG = JSON.generate(listen: "127.0.0.1:0", socket: "", env: "test", config: "", log_level: "error")
  HELLO = Realtime::Protocol.request(1, "hello", { "protocol" => [1, 1], "role" => "emitter" }).freeze

  FUNCTIONS = {
    rt_new: [Fiddle::TYPE_VOIDP],
    rt_start: [Fiddle::TYPE_INT],
    rt_address: [Fiddle::TYPE_INT, Fiddle::TYPE_INT, Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T],
    rt_connect: [Fiddle::TYPE_INT],
    rt_stop: [Fiddle::TYPE_INT, Fiddle::TYPE_INT],
    rt_free: [Fiddle::TYPE_INT],
    rt_errmsg: [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T]
  }.freeze

  class << self
    # Loads the library, which must not be before the forks of a forking server.
    def load
      library = Fiddle.dlopen(ENV.fetch("REALTIME_LIBRARY"))
      @functions = FUNCTIONS.to_h do |name, types|
        [name, Fiddle::Function.new(library[name.to_s], types, Fiddle::TYPE_INT)]
      end
    end

    # @return [Integer] what the function returned
    def call(name, *args) = @functions.fetch(name).call(*args)

    # The whole life of a server with some connections of the app.
    #
    # @param turn [Integer] lives differ
    # @return [Integer] connections there were
    def live(turn)
      server = done(call(:rt_new, CONFIG))
      expect(STATE, :rt_connect, server)
      done(call(:rt_start, server))
      misuse(server)
      connections = Array.new(1 + (turn % 3)) { greet(UNIXSocket.for_fd(done(call(:rt_connect, server)))) }
      visit(address(server))
      connections.first.close if turn.odd? # the others end with the server
      end_of(server)
      connections.reject(&:closed?).each { |connection| hear_out(connection) }
      connections.size
    end

    # Greets as an app does. Of any server.
    #
    # @param connection [BasicSocket]
    # @return [BasicSocket] the same
    def greet(connection)
      connection.write(HELLO)
      answer = frames(connection) { |frame| frame }
      raise "hello was answered #{answer.inspect}" if answer.error || !answer.result.key?("boot")

      connection
    end

    private

    def end_of(server)
      done(call(:rt_stop, server, STOP))
      expect(0, :rt_stop, server, STOP)
      expect(STATE, :rt_connect, server)
      done(call(:rt_free, server))
      expect(HANDLE, :rt_free, server)
    end

    def misuse(server)
      expect(STATE, :rt_start, server)
      expect(STATE, :rt_free, server)
      expect(HANDLE, :rt_connect, 1 << 30)
    end

    # A client that is there when the server ends.
    def visit(address)
      answer = Net::HTTP.get_response(URI("http://#{address}/socket.io/?EIO=4&transport=polling"))
      raise "a client was answered #{answer.code}" unless answer.code == "200"
    end

    # To the end, which must come after a goodbye.
    def hear_out(connection)
      names = []
      frames(connection) do |frame|
        names << frame.name if frame.is_a?(Realtime::Protocol::Notification)
        nil
      end
      raise "the last that was heard is #{names.last.inspect}" unless names.last == "bye"
    ensure
      connection.close
    end

    # Reads until the block gives something, which it returns, or the end.
    def frames(connection)
      decoder = Realtime::Protocol::Decoder.new
      loop do
        raise "nothing was heard for #{PATIENCE} s" unless connection.wait_readable(PATIENCE)

        decoder.feed(connection.readpartial(4096)) { |frame| (found = yield(frame)) && (return found) }
      end
    rescue EOFError
      nil
    end

    def address(server)
      buffer = Fiddle::Pointer.malloc(256, Fiddle::RUBY_FREE)
      done(call(:rt_address, server, 0, buffer, buffer.size))
      buffer.to_s
    end

    def expect(code, name, *args)
      got = call(name, *args)
      raise "#{name}#{args} gave #{got}, not #{code}" unless got == code
    end

    def done(code)
      return code unless code.negative?

      buffer = Fiddle::Pointer.malloc(4096, Fiddle::RUBY_FREE)
      call(:rt_errmsg, buffer, buffer.size)
      raise "error #{code}: #{buffer}"
    end
  end
end
