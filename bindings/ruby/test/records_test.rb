# frozen_string_literal: true

require "test_helper"
require_relative "support/suites"

# Emits and Active Record. The suites are under records/.
class RecordsTest < RealtimeTest
  include Suites

  def test_without_rails
    assert_plain_suite("test/records/without_rails.rb")
  end

  # Rails 6.1 and 7.0 can keep connections in two ways.
  def test_transactions_with_a_connection_handler_for_each_role
    assert_plain_suite("test/records/transactions_suite.rb", "LEGACY_HANDLERS" => "1")
  end

  def test_in_rails
    assert_suite("test/records/in_rails.rb")
  end
end
