# frozen_string_literal: true

# What somebody said, or the app itself (then it has no user). Wherever one is saved (a handler, a
# controller, a job, the console), every page of its room shows it once that is committed.
class Message < ApplicationRecord
  # How many a page begins with.
  HISTORY = 50

  TEXT_LENGTH = 2_000

  belongs_to :room
  belongs_to :user, optional: true

  validates :text, presence: true, length: { maximum: TEXT_LENGTH }
  validates :key, length: { maximum: 64 }

  # :current is the page that caused it, by its socket or by a request: it shows it already.
  broadcasts_realtime to: :room, with: :as_event, on: :create, except: :current, namespace: "/chat"
  # Without `with:` only the id goes out.
  broadcasts_realtime to: :room, on: :destroy, except: :current, namespace: "/chat"

  scope :latest, -> { order(id: :desc).limit(HISTORY) }
  scope :after, ->(id) { where("messages.id > ?", id.to_i) }

  def as_event
    { id: id, key: key, author: user&.name, text: text, at: created_at }
  end
end
