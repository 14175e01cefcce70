# frozen_string_literal: true

require_relative "support"
require_relative "../support/rails_app"

# bin/rails realtime:… in a real app, with the real sidecar.
class TasksTest < IntegrationTest
  HANDLER = <<~RUBY
    class ChatHandler < Realtime::Handler
      namespace "/chat"

      def connect
        socket.user = auth["name"]
        join "lobby"
      end

      on(:pid) { Process.pid }
    end
  RUBY
  FILES = { "app/realtime/chat_handler.rb" => HANDLER }.freeze

  def setup
    super
    skip "these processes reach the server by its socket, whichever way it runs" if Ways.library?
  end

  def teardown
    @app&.stop
    super
  end

  def test_check_finds_everything_well
    code, out = rails("realtime:check")
    assert_equal 0, code, out
    assert_equal %w[ok] * 6, out.scan(/^(ok|WRONG)/).flatten, out
    assert_match(%r{^ok    handlers: for / /chat; who may connect they decide$}, out)
  end

  def test_check_names_what_is_wrong_and_what_to_do
    @sidecar.kill
    code, out = rails("realtime:check", { "app/realtime/chat_handler.rb" => "class ChatHandler < Nothing; end\n",
                                          "config/realtime.yml" => "lisssten: :1\n" })
    assert_equal 1, code, out
    assert_match(/^WRONG configuration: .*lisssten: no such option/, out)
    assert_match(/^WRONG handlers: NameError: uninitialized constant .*Nothing/, out)
    assert_match(/^WRONG sidecar: .*realtime:start/, out)
    assert_match(/^ok    binary/, out)
  end

  def test_config_says_what_is_in_effect_and_why_but_no_secret
    code, out = rails("realtime:config", { "config/realtime.yml" => "handler_threads: 3\ntoken: abracadabra\n" })
    assert_equal 0, code, out
    assert_match(%r{^handler_threads: +3 +# .*/config/realtime\.yml$}, out)
    assert_match(/^socket: .* # REALTIME_SOCKET$/, out)
    assert_match(/^emit_timeout: +5\.0 +# default$/, out)
    assert_match(/^ping_interval: +25s +# default$/, out)
    refute_includes out, "abracadabra"
  end

  def test_work_handles_and_sockets_lists_who_is_there
    @app = RailsApp.new(@folder, FILES).start("bin/rails", "realtime:work", env: { "REALTIME_SOCKET" => @socket })
    page = browser(namespace: "/chat", auth: { name: "ann" })
    assert_equal [@app.pid], page.call("pid")
    code, out = rails("realtime:sockets", log: "sockets.log")
    assert_equal 0, code, out
    assert_match(%r{^#{page.id}  /chat +ann +.*lobby.* 127\.0\.0\.1 +EIO4 +polling +20\d\d-}, out)
    assert_match(/^1 connected$/, out)
    _, out = rails("realtime:sockets", log: "sockets.log", env: { "ROOM" => "other" })
    assert_match(/^0 connected$/, out)
  end

  def test_start_becomes_the_sidecar
    @sidecar.kill
    port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    @app = RailsApp.new(@folder, FILES.merge("config/realtime.yml" => "listen: 127.0.0.1:#{port}\n"))
                   .start("bin/rails", "realtime:start", env: { "REALTIME_SOCKET" => @socket })
    Timeout.timeout(RailsApp::PATIENCE, nil, File.read(@app.log)) { sleep(LOOK) until File.exist?(@socket) }
    assert_equal "realtime", File.read("/proc/#{@app.pid}/cmdline").split("\0").first if File.exist?("/proc")
    assert_equal 0, client.emitter.count(client.emitter.select)
  end

  private

  # @return [Array(Integer, String)] exit code, what it printed
  def rails(task, files = {}, log: nil, env: {})
    app = RailsApp.new(@folder, FILES.merge(files))
    app.define_singleton_method(:log) { File.join(File.dirname(super()), log) } if log
    app.start("bin/rails", task, env: { "REALTIME_SOCKET" => @socket, **env })
    [app.wait, File.read(app.log)]
  end
end
