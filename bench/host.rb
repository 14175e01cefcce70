# frozen_string_literal: true

# The app of the comparison of ways to its clients, in Ruby: it echoes, and emits as often as it is asked to.
#
#   ruby -I ../bindings/ruby/lib host.rb library ADDRESS            the server inside, listening there
#   ruby -I ../bindings/ruby/lib host.rb socket                     the sidecar of REALTIME_SOCKET
#   ruby host.rb post ADDRESS EMIT_URL                              puma there, and bench/posts
#
# REALTIME_LIBRARY names the library.

# The handlers, with whatever emits.
def handlers(emit)
  {
    "echo" => ->(value) { value },
    "publish" => ->(count, text) { count.times { emit.call(text) } && nil }
  }
end

# What a web app has for it: one keep-alive connection for each thread of its server.
class Posts
  TYPE = { "Content-Type" => "application/json" }.freeze
  JSON_ANSWER = { "content-type" => "application/json" }.freeze

  def initialize(url)
    @url = URI(url)
    @handlers = handlers(method(:emit))
  end

  def emit(text)
    client = Thread.current[:emits] ||= Net::HTTP.start(@url.host, @url.port)
    answer = client.post(@url.path, JSON.generate({ room: "all", event: "news", args: [text] }), TYPE)
    raise "an emit was answered #{answer.code}: #{answer.body}" unless answer.code == "204"
  end

  # Rack.
  def call(env)
    said = JSON.parse(env["rack.input"].read)
    value = @handlers.fetch(said["event"]).call(*said["args"])
    [200, JSON_ANSWER, [JSON.generate([value])]]
  end

  def serve(address)
    host, _, port = address.rpartition(":")
    server = Puma::Server.new(self)
    server.add_tcp_listener(host, Integer(port))
    server.run
    server
  end
end

def serve_posts(address, url)
  %w[json net/http puma puma/server].each { |name| require name }
  server = Posts.new(url).serve(address)
  -> { server.stop(true) }
end

def serve_binding(**options)
  require "realtime"
  Realtime.on_connect { |socket| socket.join("all") }
  handlers(->(text) { Realtime.emit("news", text, to: "all") }).each do |event, handler|
    Realtime.on(event) { |_socket, *args| handler.call(*args) }
  end
  Realtime.start(**options)
  -> { Realtime.stop }
end

way, address, url = ARGV
stop = case way
       when "library" then serve_binding(native: true, listen: address, log_level: "warn")
       when "socket" then serve_binding
       else serve_posts(address, url)
       end
over = Queue.new
%w[TERM INT].each { |signal| Signal.trap(signal) { over << signal } }
over.pop
stop.call
