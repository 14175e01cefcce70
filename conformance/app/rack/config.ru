# frozen_string_literal: true

# A web app whose workers are the handlers, as in production: puma with workers, preloaded or not.
# ../wsgi.py is the same in Python, and says what for.

require "digest"
require "realtime"
require "realtime/serving"

Realtime.on("number") do |socket, n|
  sleep 0.01 # as long as a query takes, so that who kills this process meets it at work
  socket.emit("seen", n, Process.pid)
end

PIECE = ((0..255).to_a.pack("C*") * 256).freeze # 64 KiB
DOWNLOAD = 8 * (1 << 20)

# Five server-sent events, a fifth of a second between two.
class Events
  def each
    5.times do |n|
      yield "data: #{n}\n\n"
      sleep 0.2
    end
  end
end

# Repeats the piece.
class Download
  def each
    (DOWNLOAD / PIECE.bytesize).times { yield PIECE }
  end
end

def text(body, status = 200)
  [status, { "content-type" => "text/plain", "content-length" => body.bytesize.to_s }, [body]]
end

def upload(input)
  digest = Digest::SHA256.new
  while (piece = input.read(PIECE.bytesize))
    digest << piece
  end
  text(digest.hexdigest)
end

# What the railtie calls when a web server loads a Rails app.
Realtime::Serving.web_server_loaded

run(lambda do |env|
  case env["PATH_INFO"]
  when "/" then text(Process.pid.to_s)
  when "/events" then [200, { "content-type" => "text/event-stream", "cache-control" => "no-cache" }, Events.new]
  when "/download"
    [200, { "content-type" => "application/octet-stream", "content-length" => DOWNLOAD.to_s }, Download.new]
  when "/upload" then upload(env["rack.input"])
  else text("not here", 404)
  end
end)
