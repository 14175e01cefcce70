# frozen_string_literal: true

# The app behind the sidecar in the conformance tests, in Ruby. app.py is the same in Python.
#
# The first part is what the official Socket.IO protocol suite expects of a server; the second gives the
# tests with real clients something to hold on to; the third is for clients of all generations, with
# words that the app itself originates. It ends when its standard input does.

require "realtime"

["/", "/custom"].each do |namespace|
  Realtime.on_connect(namespace) do |socket, auth|
    # Clients before 3.x say in the handshake's query what later ones say in auth.
    claims = auth || socket.handshake.query
    words = claims["reject"] || claims["reject #{namespace}"]
    reject words, { code: 7 } if words
    socket.user = claims["user"] if claims.key?("user")
    socket.emit("auth", auth || {})
    socket.emit("welcome-back", socket.id) if socket.recovered?
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
Realtime.on("fail") { |_socket| raise "as asked" }
Realtime.on("pid") { |_socket| Process.pid }

WORDS = "é 漢字 👩‍🚀"
PICTURE = { "name" => WORDS, "parts" => [[0, 127, 128, 255].pack("C*"), { "deep" => "".b }] }.freeze

["/", "/custom"].each do |namespace|
  Realtime.on("who-am-i", namespace: namespace) do |socket|
    { id: socket.id, dialect: socket.dialect, transport: socket.transport }
  end
  Realtime.on("kick", namespace: namespace) { |socket, close| socket.disconnect(close: close) }
end

Realtime.on("greet") { |socket| socket.emit("greeting", WORDS, { "of" => [1, nil, { WORDS => true }] }) }
Realtime.on("characters") { |_socket, text| text.codepoints }
Realtime.on("show") { |socket| socket.emit("picture", PICTURE, "beside it") }
Realtime.on("recognise") { |_socket, value| value == PICTURE && value["parts"][0].encoding == Encoding::BINARY }
Realtime.on("ask") { |socket, *question| socket.call("question", *question, timeout: 5) }
Realtime.on("ask-all") { |_socket, room, question| Realtime.call("question", question, to: room, timeout: 20).values }
Realtime.on("ask-for-picture") { |socket| socket.call("picture-please", timeout: 5) == PICTURE }
Realtime.on("count-to") { |socket, n| n.times { |i| socket.emit("number", i) } }
Realtime.on("write") { |socket, length| socket.emit("letter", WORDS * (length / WORDS.bytesize)) }
Realtime.on("read") { |_socket, letter| [letter.bytesize, letter == WORDS * (letter.bytesize / WORDS.bytesize)] }
Realtime.on("send-me") { |socket, *args| socket.send(*args) }
Realtime.on("hint") { |socket| socket.volatile.emit("hint", WORDS) }
Realtime.on("personal") { |_socket, id, text| Realtime.emit("personal", text, to: id) }
Realtime.on("relay") { |socket, room, *args| socket.to(room).emit("relayed", *args) }
Realtime.on("publish") { |_socket, room| Realtime.emit("published", PICTURE, WORDS, to: room) }
Realtime.on("watch") { |socket, id| socket.join("watch #{id}") }
Realtime.on_disconnect { |socket, reason| Realtime.emit("gone", reason, to: "watch #{socket.id}") }
Realtime.on_any { |socket, event, *args| socket.emit("caught", event, *args) if event.start_with?("any ") }

Realtime.start
$stdin.read
Realtime.stop
