# frozen_string_literal: true

# What a room's page says. Any web worker may be given any of it, so nothing is remembered here: the
# database has the messages, and the sidecar knows who is where.
class ChatHandler < ApplicationHandler
  namespace "/chat"

  # Of one tab, in one worker.
  rate_limit to: 8, within: 10, only: :message, with: -> { { error: "Not so fast" } }
  rate_limit to: 5, within: 1, only: :typing

  rescue_from(ActiveRecord::RecordInvalid) { |error| { error: error.message } }

  def connect
    room = Room.find_by(id: auth["room"].to_s) if auth.is_a?(Hash)
    reject!("no such room") unless room

    join room
    self.data = { name: current_user.name, room: room.id }
  end

  def disconnect(_reason)
    room&.count_people
  end

  # A page says this each time it has connected. What did it miss, who is here, how old is the app?
  on :enter do |last_id|
    room.count_people
    missed = room.messages.includes(:user).after(last_id.to_s).latest.reverse
    { messages: missed.map(&:as_event), room: room.as_event, booted_at: Chat::BOOTED_AT }
  end

  # The acknowledgement is the stored message, or what is wrong with it. A page that heard neither
  # sends the same key again, and finds what was stored the first time.
  on :message do |text, key|
    stored = room.messages.create_or_find_by!(user: current_user, key: key.to_s) { |new| new.text = text.to_s }
    stored.as_event
  end

  # Worth nothing a second later, so it may be dropped rather than wait.
  on :typing do
    to(room).except_user(current_user).volatile.emit("typing", current_user.name)
  end

  private

  def room
    @room ||= Room.find_by(id: data["room"])
  end
end
