# frozen_string_literal: true

require "test_helper"
require "json"
require "open3"
require "rbconfig"

# What is for RSpec is tested by RSpec itself: the specs in test/rspec, run as an app's are.
class RspecTest < RealtimeTest
  ROOT = File.expand_path("..", __dir__)

  def test_the_specs
    out, status = Open3.capture2e(RbConfig.ruby, "-Ilib", "-S", "rspec", "--no-color", "test/rspec", chdir: ROOT)
    assert_predicate status, :success?, out
    assert_match(/^[1-9]\d* examples, 0 failures$/, out)
  end
end
