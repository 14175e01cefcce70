# frozen_string_literal: true

class GreetingJob < ApplicationJob
  def perform(user)
    Realtime.emit("hello", user.name, users: user)
  end
end
