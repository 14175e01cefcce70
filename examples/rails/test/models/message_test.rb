# frozen_string_literal: true

require "test_helper"

class MessageTest < ActiveSupport::TestCase
  setup { @room = rooms(:general) }

  test "its room is told once it is committed" do
    Message.transaction do
      @room.messages.create!(text: "hi", user: users(:ben))
      assert_no_emits
    end
    assert_emitted "message.created", to: @room, namespace: "/chat", with: ->(message) { message["author"] == "Ben" }
  end

  test "nobody is told of what was rolled back" do
    assert_no_emits do
      Message.transaction(requires_new: true) do
        @room.messages.create!(text: "oops")
        raise ActiveRecord::Rollback
      end
    end
  end

  test "of a deleted one nothing but the id is told" do
    message = messages(:hello)
    assert_emitted("message.destroyed", to: @room, with: { id: message.id }) { message.destroy! }
  end
end
