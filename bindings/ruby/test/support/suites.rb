# frozen_string_literal: true

require "open3"
require "rbconfig"
require_relative "nursery"

# Suites that run in a process of their own: there is one Rails app per process, and what they load changes how
# values look for all other tests. Another Rails than the installed one is tried by naming its folders in
# RUBYLIB, one suite by: ruby -Ilib -Itest test/auth/devise_suite.rb
module Suites
  FOLDER = File.expand_path("../..", __dir__)

  # Seconds.
  PATIENCE = 300

  # What the suites have loaded when they begin, where a nursery starts them.
  LIBRARIES = %w[active_record/railtie sqlite3].freeze

  # Nothing of how these tests were started is theirs.
  PLAIN = { "RUBYOPT" => nil, "TESTOPTS" => nil, "RAILS_ENV" => nil, "RACK_ENV" => nil }.freeze

  private

  # Runs a suite that has a Rails app.
  def assert_suite(path, env = {})
    log = File.join(@folder, "suite.log")
    libraries = %w[lib test].map { |folder| File.join(FOLDER, folder) }.push(*ENV.fetch("RUBYLIB", nil))
    env = { **PLAIN, "RUBYLIB" => libraries.join(File::PATH_SEPARATOR), "REALTIME_SOCKET" => @socket, **env }
    Nursery.with(*LIBRARIES).start([path], folder: FOLDER, env: env, log: log).wait
    assert_passed File.read(log)
  end

  # Runs a suite that is to find no Rails.
  def assert_plain_suite(path, env = {})
    env = { **PLAIN, "REALTIME_SOCKET" => @socket, **env }
    output, = Timeout.timeout(PATIENCE) do
      Open3.capture2e(env, RbConfig.ruby, "-Ilib", "-Itest", path, chdir: FOLDER)
    end
    assert_passed output
  end

  def assert_passed(output)
    assert_match(/ 0 failures, 0 errors, 0 skips/, output)
    refute_match(/^0 runs/, output)
  end
end
