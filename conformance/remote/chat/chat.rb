# frozen_string_literal: true

# The server's side of chat.html in Ruby. It ends when its standard input does.

require "realtime"

Realtime.on_connect { |socket| socket.send("Welcome") }
Realtime.on("message") { |_socket, text| Realtime.send(text) }

Realtime.start
$stdin.read
Realtime.stop
