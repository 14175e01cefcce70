# frozen_string_literal: true

require "test_helper"
require "realtime/handler"
require "open3"
require "rbconfig"

# Who clients are. What needs Rails is in suites under auth/, each run in a process of its own, since
# there is one Rails app per process.
class AuthTest < RealtimeTest
  # Seconds.
  SUITE = 300

  SUITES = { "sessions" => { "SESSION_STORE" => %w[cookie_store cache_store] }, "devise" => {},
             "session_records" => {}, "warden" => {} }.freeze

  SUITES.each do |suite, variants|
    environments = variants.flat_map { |name, values| values.map { |value| { name => value } } }
    environments = [{}] if environments.empty?
    environments.each do |environment|
      define_method(["test", suite, *environment.values].join("_")) do
        output = run_suite(suite, environment)
        assert_match(/ 0 failures, 0 errors, 0 skips/, output)
        refute_match(/^0 runs/, output)
      end
    end
  end

  private

  def run_suite(suite, environment)
    env = { "RUBYOPT" => nil, "REALTIME_SOCKET" => @socket, "TESTOPTS" => nil }.merge(environment)
    folder = File.expand_path("..", __dir__)
    output, = Timeout.timeout(SUITE) do
      Open3.capture2e(env, RbConfig.ruby, "-Ilib", "-Itest", "test/auth/#{suite}_suite.rb", chdir: folder)
    end
    output
  end
end
