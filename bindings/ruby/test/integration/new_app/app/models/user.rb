# frozen_string_literal: true

class User < ApplicationRecord
  after_create { Realtime.emit("user.created", { id: id, name: name }, to: "users") }
end
