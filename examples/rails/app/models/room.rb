# frozen_string_literal: true

# Where people talk. Its rows remember who is here, so that a page can be rendered with it and is
# told of changes as of any other column's.
class Room < ApplicationRecord
  NAME_LENGTH = 30

  has_many :messages

  validates :name, presence: true, length: { maximum: NAME_LENGTH }
  validates :name, uniqueness: true, on: :create
  before_validation { self.name = name.to_s.squish }

  # Pages that list rooms follow "lobby" by a token; no handler knows of them.
  broadcasts_realtime to: "lobby", with: :as_event, on: %i[create update]
  # Those who are in the room joined it in ChatHandler.
  broadcasts_realtime to: :itself, with: :as_event, on: :update, namespace: "/chat"

  # What clients may see.
  def as_event
    { id: id, name: name, people: people, revision: revision }
  end

  # Asks the sidecar, which knows whom it holds, so that a tab that vanished or was never told of is
  # no ghost; somebody with two tabs is here once. Two workers at once take turns by the row they
  # both write first, and the revision tells a page which of two lists is the later one.
  def count_people
    transaction do
      Room.update_counters(id, revision: 1)
      reload
      update!(people: Realtime.of("/chat").to(self).sockets.map { |socket| socket.data["name"] }.uniq.sort)
    end
  end
end
