# frozen_string_literal: true

require "test_helper"
require_relative "support/suites"

# Who clients are. What needs Rails is in suites under auth/.
class AuthTest < RealtimeTest
  include Suites

  %w[devise session_records warden].each do |suite|
    define_method("test_#{suite}") { assert_suite("test/auth/#{suite}_suite.rb") }
  end

  %w[cookie_store cache_store].each do |store|
    define_method("test_sessions_#{store}") do
      assert_suite("test/auth/sessions_suite.rb", "SESSION_STORE" => store)
    end
  end
end
