# frozen_string_literal: true

require "test_helper"

class UserTest < ActiveSupport::TestCase
  test "blocking somebody ends all their sockets" do
    assert_disconnected(users: users(:ada), close: true) { users(:ada).update!(blocked_at: Time.current) }
  end

  test "a name belongs to one" do
    assert_equal users(:ada), User.named(" Ada ")
    assert_predicate User.named("Emmy"), :persisted?
    assert_equal ["Name can't be blank"], User.named(" ").errors.full_messages
  end
end
