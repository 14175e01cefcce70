# frozen_string_literal: true

require_relative "../realtime"
require_relative "testing"
require_relative "testing/live_sidecar"

module Realtime
  # For tests in a real browser: the real sidecar, in front of the server that Capybara starts. What
  # is emitted goes to the browser, and what the browser sends is handled in the test's process.
  #
  #   class ApplicationSystemTestCase < ActionDispatch::SystemTestCase
  #     driven_by :selenium, using: :headless_chrome
  #     include Realtime::SystemTest
  #   end
  #
  # For RSpec: `config.include Realtime::SystemTest, type: :system`.
  #
  # The sidecar starts with the first test that needs it, on a free port of the loopback address, and
  # serves the following ones; it ends with the process. `Capybara.app_host` points to it during the
  # test. Without Capybara say where the app listens, and visit {#realtime_url}:
  #
  #   def realtime_upstream = "127.0.0.1:4000"
  #
  # The assertions of {TestHelper} see what is emitted, too.
  #
  # Needs the program (see {Binary}), or with REALTIME_NATIVE=1 the library, whose server is in the test's
  # own process; see {Native}. Not for tests that run at once in threads of one process: there
  # is one outbox or sidecar for all of them. Processes have one each.
  module SystemTest
    # Minitest's way; RSpec's is {.included}.
    def before_setup
      super
      start_realtime_sidecar
    end

    def after_teardown
      super
    ensure
      stop_realtime_sidecar
    end

    # @api private
    def self.included(base)
      return unless defined?(::RSpec::Core::ExampleGroup) && base <= ::RSpec::Core::ExampleGroup

      base.prepend_before { start_realtime_sidecar }
      base.append_after { stop_realtime_sidecar }
    end

    # @return [String] where clients connect and pages are: http://127.0.0.1:49152
    def realtime_url
      @realtime_sidecar.url
    end

    # @return [String] host:port of the app's server; Capybara's, which is started if it was not
    def realtime_upstream
      raise Error, "Realtime::SystemTest needs Capybara, or a method realtime_upstream" unless defined?(::Capybara)

      server = ::Capybara.current_session.server || capybara_server
      "#{server.host}:#{server.port}"
    end

    private

    # Once, although rspec-rails calls Minitest's hooks besides RSpec's own.
    def start_realtime_sidecar
      return if @realtime_sidecar

      @realtime_sidecar = Testing::LiveSidecar.in_front_of(realtime_upstream)
      @realtime_sidecar.begin_test
      return unless defined?(::Capybara)

      @capybara_host = ::Capybara.app_host
      ::Capybara.app_host = realtime_url
    end

    def stop_realtime_sidecar
      return unless @realtime_sidecar

      ::Capybara.app_host = @capybara_host if defined?(::Capybara)
      @realtime_sidecar.end_test
      @realtime_sidecar = nil
    end

    # A session whose driver needs no server (rack_test) has none.
    def capybara_server
      ::Capybara::Server.new(::Capybara.app, port: ::Capybara.server_port, host: ::Capybara.server_host).boot
    end
  end
end
