# frozen_string_literal: true

# What happens when tabs connect, speak and leave. Any web worker may be given any of it, so nothing
# is remembered here: messages are in the database, and who is here is what the sidecar knows.

Realtime.on_connect do |socket, auth|
  name = auth.is_a?(Hash) ? auth["name"].to_s.squish : ""
  Realtime.reject("Please choose a name.") if name.empty?
  Realtime.reject("That name is too long.") if name.length > Message::NAME_LENGTH

  socket.data = { name: name }
  socket.broadcast.emit("joined", { id: socket.id, name: name })
end

Realtime.on_disconnect do |socket, _reason|
  socket.broadcast.emit("left", { id: socket.id, name: socket.data["name"] })
end

# A tab asks this each time it has connected: what did it miss, who is here, how old is the app?
Realtime.on("sync") do |_socket, last_id|
  {
    messages: Message.after(last_id).latest.reverse.map(&:as_event),
    people: Realtime.sockets.map { |each| { id: each.id, name: each.data["name"] } },
    booted_at: Chat::BOOTED_AT
  }
end

# The acknowledgement is the stored message, or what is wrong with it. A tab that heard neither sends
# the same key again; then this finds what was stored the first time.
Realtime.on("chat message") do |socket, text, key|
  message = Message.find_by(key: key.to_s) || Message.new(key: key.to_s, author: socket.data["name"], text: text.to_s)
  message.origin = socket.id
  message.new_record? && !message.save ? { error: message.errors.full_messages.to_sentence } : message.as_event
rescue ActiveRecord::RecordNotUnique # two workers had the same key at once
  Message.find_by!(key: key.to_s).as_event
end

# Worth nothing a second later, so it may be dropped rather than wait.
Realtime.on("typing") do |socket|
  socket.broadcast.volatile.emit("typing", { id: socket.id, name: socket.data["name"] })
end
