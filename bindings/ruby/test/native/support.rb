# frozen_string_literal: true

require "test_helper"
require "realtime/native" # an autoload that is interrupted is another matter
require "support/polling_client"

# The server in this process, from the library that REALTIME_LIBRARY names.
class NativeTest < RealtimeTest
  # For every server here. What it says of itself is no news.
  OPTIONS = { listen: "127.0.0.1:0", drain_spread: "0s", log_level: "error" }.freeze

  def setup
    super
    @way = Ways::ByPath.new(@socket) # clients are told by start, and children have the path
    @pages = []
    @servers = []
  end

  def teardown
    @pages.each(&:close)
    super
    @servers.each(&:stop)
  end

  # A handler with a server of its own; the block puts its events.
  def app(here = client, **options)
    yield here.router if block_given?
    here.start(native: true, **OPTIONS, **options)
    here
  end

  # @return [Realtime::Native::Server] that no client owns
  def server(**options)
    Realtime::Native::Server.start({ **OPTIONS, config: "", socket: "", **options }).tap { |each| @servers << each }
  end

  def page(here, **options)
    PollingClient.new(here.native_server.port, **options).tap { |page| @pages << page }
  end

  # Runs a program in a process of its own, with PollingClient at hand.
  def start_program(text, env = {})
    libraries = %w[../../lib ..].map { |folder| "-I#{File.expand_path(folder, __dir__)}" }
    @output = File.join(@folder, "out.log")
    spawn({ "REALTIME_SOCKET" => @socket, "RUBYOPT" => nil, **env }, RbConfig.ruby, *libraries,
          "-rrealtime", "-rsupport/polling_client", "-e", text, in: File::NULL, %i[out err] => @output)
  end

  # @return [String] what it wrote, once it has ended well
  def finish_program(pid)
    _, status = Timeout.timeout(PATIENCE, nil, "the program did not end") { Process.wait2(pid) }
    assert_predicate status, :success?, File.read(@output)
    File.read(@output)
  end
end
