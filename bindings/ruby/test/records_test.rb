# frozen_string_literal: true

require "test_helper"
require "open3"
require "rbconfig"

# Emits and Active Record. The suites are under records/, each run in a process of its own, since
# what they load changes how values look for all other tests. Another Rails than the installed one
# is tried by naming its folders in RUBYLIB.
class RecordsTest < RealtimeTest
  # Seconds.
  SUITE = 300

  %w[transactions transactional_tests broadcasts names values app].each do |suite|
    define_method("test_#{suite}") { assert_suite(suite) }
  end

  # Rails 6.1 and 7.0 can keep connections in two ways.
  def test_transactions_with_a_connection_handler_for_each_role
    assert_suite("transactions", "LEGACY_HANDLERS" => "1")
  end

  private

  def assert_suite(suite, more = {})
    output = run_suite(suite, more)
    assert_match(/ 0 failures, 0 errors, 0 skips/, output)
    refute_match(/^0 runs/, output)
  end

  def run_suite(suite, more)
    env = { "RUBYOPT" => nil, "TESTOPTS" => nil, "RAILS_ENV" => nil, "RACK_ENV" => nil, "REALTIME_SOCKET" => @socket }
    folder = File.expand_path("..", __dir__)
    output, = Timeout.timeout(SUITE) do
      Open3.capture2e(env.merge(more), RbConfig.ruby, "-Ilib", "-Itest", "test/records/#{suite}_suite.rb",
                      chdir: folder)
    end
    output
  end
end
