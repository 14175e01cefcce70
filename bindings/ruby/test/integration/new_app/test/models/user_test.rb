# frozen_string_literal: true

require "test_helper"

# The assertions, in transactional tests and with Active Job.
class UserTest < ActiveSupport::TestCase
  include ActiveJob::TestHelper

  test "each test begins with nothing" do
    assert_no_emits
  end

  test "what waits for a commit is seen after it" do
    assert_emitted "user.created", to: "users", with: ->(user) { user["name"] == "Eve" } do
      User.create!(name: "Eve")
    end
    User.transaction do
      User.create!(name: "Eve")
      assert_emits 1, "user.created"
    end
    assert_emits 2, "user.created"
  end

  test "what was rolled back was never emitted" do
    assert_no_emits do
      User.transaction do
        User.create!(name: "Eve")
        raise ActiveRecord::Rollback
      end
    end
  end

  test "jobs" do
    perform_enqueued_jobs { GreetingJob.perform_later(users(:ann)) }
    assert_emitted "hello", users: users(:ann), with: "Ann"
  end
end
