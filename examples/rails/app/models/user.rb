# frozen_string_literal: true

# Who speaks. `update!(blocked_at: Time.now)` shows somebody out, wherever it is said.
class User < ApplicationRecord
  NAME_LENGTH = 30

  has_many :messages

  validates :name, presence: true, length: { maximum: NAME_LENGTH }

  disconnects_realtime on: :blocked_at

  # @return [User] perhaps with errors
  def self.named(name)
    create_or_find_by(name: name.to_s.squish)
  end

  # @return [User, nil]
  def self.of_session(session)
    user = find_by(id: session[:user_id]) if session[:user_id]
    user if user&.allowed?
  end

  def allowed?
    blocked_at.nil?
  end

  # Devise's word, by which handlers ask at each event.
  alias active_for_authentication? allowed?
end
