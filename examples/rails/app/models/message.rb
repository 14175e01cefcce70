# frozen_string_literal: true

# What somebody said. Wherever one is saved (a web worker, a job, the console), every tab shows it.
class Message < ApplicationRecord
  # How many a page begins with.
  HISTORY = 50

  NAME_LENGTH = 30
  TEXT_LENGTH = 2_000

  # The socket it came from, if any: that tab shows it already.
  attr_accessor :origin

  validates :author, presence: true, length: { maximum: NAME_LENGTH }
  validates :text, presence: true, length: { maximum: TEXT_LENGTH }

  after_create_commit { Realtime.emit("chat message", as_event, except: origin) }

  scope :latest, -> { order(id: :desc).limit(HISTORY) }
  scope :after, ->(id) { where("id > ?", id.to_i) }

  def as_event
    { id: id, key: key, author: author, text: text, at: created_at }
  end
end
