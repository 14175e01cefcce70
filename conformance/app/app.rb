# frozen_string_literal: true

# The app behind the sidecar in the conformance tests, in Ruby. app.py is the same in Python.
#
# The first half is what the official Socket.IO protocol suite expects of a server; the second half
# gives the tests with real clients something to hold on to. It ends when its standard input does.

require "realtime"

["/", "/custom"].each do |namespace|
  Realtime.on_connect(namespace) do |socket, auth|
    reject auth["reject"], { code: 7 } if auth&.key?("reject")
    socket.user = auth["user"] if auth&.key?("user")
    socket.emit("auth", auth || {})
  end

  Realtime.on("message", namespace: namespace) { |socket, *args| socket.emit("message-back", *args) }
  Realtime.on("message-with-ack", namespace: namespace) { |_socket, *args| ack(*args) }
end

Realtime.on("join") do |socket, room|
  socket.join(room)
  room
end

Realtime.on("leave") do |socket, room|
  socket.leave(room)
  room
end

Realtime.on("say") { |socket, room, text| socket.to(room).emit("said", text) }
Realtime.on("shout") { |socket, text| socket.broadcast.emit("shouted", text) }
Realtime.on("everyone") { |_socket, text| Realtime.emit("heard", text) }
Realtime.on("to-user") { |_socket, user, text| Realtime.to_user(user).emit("personal", text) }
Realtime.on("ask-me") { |socket, question| socket.call("question", question, timeout: 2) }
Realtime.on("count") { |_socket, room| Realtime.count(to: room) }
Realtime.on("kick") { |socket, close| socket.disconnect(close: close) }
Realtime.on("fail") { |_socket| raise "as asked" }
Realtime.on("pid") { |_socket| Process.pid }

Realtime.start
$stdin.read
Realtime.stop
