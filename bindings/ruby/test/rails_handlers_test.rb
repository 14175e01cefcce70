# frozen_string_literal: true

require "test_helper"
require "net/http"
require_relative "support/rails_app"

# Handler classes in a Rails app as it is developed: autoloaded, reloaded, in the executor, logged.
class RailsHandlersTest < RealtimeTest
  # Reloads in the test of reloads; requests and events go on meanwhile.
  RELOADS = 8

  DEVELOPMENT = <<~RUBY
    Rails.application.configure do
      config.eager_load = false
      config.cache_classes = false
      config.filter_parameters += [:pin]
    end
  RUBY

  # Two threads for handlers; /version is answered by reloaded code too.
  FILES = {
    "config/puma.rb" => "threads 2, 2\n",
    "config/environments/development.rb" => DEVELOPMENT,
    "config/realtime.rb" => "",
    "config/routes.rb" => <<~RUBY,
      Rails.application.routes.draw { get "/version", to: ->(_) { [200, {}, [Version::TEXT]] } }
    RUBY
    "app/models/version.rb" => "module Version; TEXT = '1'; end\n",
    "app/models/current.rb" => "class Current < ActiveSupport::CurrentAttributes; attribute :seen; end\n",
    "app/realtime/application_handler.rb" => <<~RUBY,
      class ApplicationHandler < Realtime::Handler
        def connect(auth) = (reject!("who are you?") unless auth)
      end
    RUBY
    "app/realtime/chat_handler.rb" => <<~RUBY
      class ChatHandler < ApplicationHandler
        namespace "/chat"
        on(:version) { Version::TEXT }
        on :surroundings do
          Rails.logger.info "inside"
          [Rails.application.executor.active?, Current.seen, (Current.seen = 1)]
        end
        on(:raise) { raise "broken" }
      end
    RUBY
  }.freeze

  def setup
    super
    @server = peer
  end

  def teardown
    @app&.stop
    super
  end

  def test_a_class_handles_and_is_logged_like_a_controller
    link = start
    assert_equal [["/", "/chat"], ["connect"]], link.hello.values_at("namespaces", "hooks")
    assert_equal "refused", connect(link, nil).error["code"]
    assert_equal({}, connect(link, { "name" => "ann", "token" => "s3cret", "pin" => "1234" }).result)
    assert_equal [[true, nil, 1]], Array.new(2) { ask(link, "surroundings") }.uniq.first, "Current is reset"
    assert_equal "internal", event(link, "raise").error["code"]
    assert_logged(%r{^\[realtime\] \[/chat\] \[s1\] inside$})
    assert_logged(/\[s1\] ChatHandler#surroundings \(\d+\.\d+ms\)$/)
    assert_logged(/ChatHandler#connect refused: who are you\? \(/)
    assert_logged(/ChatHandler#connect accepted \{.*"name"\s*=>\s*"ann".*\[FILTERED\]/)
    assert_logged(/ChatHandler#raise raised RuntimeError \(/)
    refute_match(/s3cret|1234/, log)
  end

  def test_classes_come_change_and_go
    link = start
    assert_equal ["1"], ask(link, "version")
    write("app/models/version.rb", "module Version; TEXT = '2'; end\n")
    assert_equal ["2"], ask(link, "version")
    # A class more is a hello more: the connection is renewed.
    write("app/realtime/board_handler.rb", <<~RUBY)
      class BoardHandler < ApplicationHandler
        namespace "/board"
        on(:ping) { :pong }
      end
    RUBY
    assert_equal ["2"], ask(link, "version")
    link = @server.link(RailsApp::PATIENCE)
    assert_equal ["/", "/board", "/chat"], link.hello["namespaces"]
    assert_equal ["pong"], ask(link, "ping", "/board")
    FileUtils.rm(File.join(@folder, "app/realtime/board_handler.rb"))
    ask(link, "version")
    assert_equal ["/", "/chat"], @server.link(RailsApp::PATIENCE).hello["namespaces"]
  end

  def test_a_mistake_in_a_class_leaves_the_old_code_in_place
    link = start
    ask(link, "version")
    write("app/realtime/chat_handler.rb", "class ChatHandler < ApplicationHandler\n")
    assert_equal "internal", event(link, "version").error["code"]
    assert_equal "refused", connect(link, nil).error["code"]
    write("app/realtime/chat_handler.rb", FILES["app/realtime/chat_handler.rb"].sub("Version::TEXT", "3"))
    assert_equal [3], ask(link, "version")
  end

  # The reloader waits for who runs, and who comes waits for the reloader: nobody for ever. After each change more
  # come at once than there are threads for handlers and for requests, so that both wait for both.
  def test_code_is_reloaded_while_events_and_requests_run
    link = start
    seen = (2..RELOADS).map do |version|
      write("app/models/version.rb", "module Version; TEXT = '#{version}'; end\n")
      requests = Array.new(3) { Thread.new { get("/version") } }
      ids = Array.new(4) { |socket| link.request("event", params("version", "/chat").merge("socket" => "s#{socket}")) }
      answers = Array.new(ids.size) { link.take }
      assert_equal ids.sort, answers.map(&:id).sort
      requests.each { |request| assert request.join(RailsApp::PATIENCE), "a request hangs" }
      [answers.last.result, requests.map(&:value)].flatten.uniq
    end
    assert_equal (2..RELOADS).map { |version| [version.to_s] }, seen
  end

  def test_a_server_with_a_mistake_in_its_handlers_does_not_start
    app("config/realtime.rb" => "Realtime.on(:connect_to_nothing)\n")
    @app.wait
    assert_match(/a handler needs a block/, log)
    assert_equal 0, @server.greeted_count
  end

  private

  def app(files = {})
    @port = free_port
    @app = RailsApp.new(@folder, FILES.merge(files))
    @app.start("-S", "puma", "-b", "tcp://127.0.0.1:#{@port}",
               env: { "REALTIME_SOCKET" => @socket, "RAILS_ENV" => "development" })
  end

  def start(files = {})
    app(files)
    @server.link(RailsApp::PATIENCE)
  rescue Timeout::Error
    flunk log
  end

  # Nobody else is given it meanwhile, most likely.
  def free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
  end

  def write(path, text)
    @app.write(path, text)
  end

  # @return [String] what the app answers
  def get(path)
    response = Net::HTTP.get_response(URI("http://127.0.0.1:#{@port}#{path}"))
    response.code == "200" ? response.body : response.code
  end

  def log = File.read(@app.log)

  def assert_logged(pattern)
    assert_match pattern, log
  end

  def params(name, namespace)
    { "id" => "e", "socket" => "s1", "namespace" => namespace, "event" => name, "args" => [] }
  end

  def event(link, name, namespace = "/chat")
    link.ask("event", params(name, namespace))
  end

  def ask(link, name, namespace = "/chat")
    response = event(link, name, namespace)
    assert_nil response.error, -> { log }
    response.result
  end

  def connect(link, auth)
    link.ask("connect", { "socket" => "s1", "namespace" => "/chat", "auth" => auth,
                          "handshake" => { "headers" => {}, "query" => {} } })
  end
end
