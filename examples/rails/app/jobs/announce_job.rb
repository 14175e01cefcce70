# frozen_string_literal: true

# Tells the first room of a new one. A job speaks to clients as everything else does: it saves a message.
class AnnounceJob < ApplicationJob
  def perform(room, user)
    Room.first.messages.create!(text: "#{user.name} opened the room #{room.name}.")
  end
end
