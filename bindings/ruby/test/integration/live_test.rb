# frozen_string_literal: true

require_relative "support"
require "open3"

# Tests with the real sidecar, or with the server in their process, as RSpec runs them. Minitest's and
# Capybara's are in new_app.
class LiveTest < RealtimeTest
  def test_rspec
    path = File.join(__dir__, "live_spec.rb")
    native = { "REALTIME_NATIVE" => Ways.library?.to_s }
    out, status = Open3.capture2e(native, RbConfig.ruby, "-Ilib", "-S", "rspec", "--no-color", path,
                                  chdir: File.expand_path("../..", __dir__))
    assert_predicate status, :success?, out
    assert_match(/^4 examples, 0 failures$/, out)
  end
end
