# frozen_string_literal: true

require_relative "support"
require "support/rails_app"

# Web servers with REALTIME_NATIVE=1 and nothing else changed.
class NativeWebTest < NativeTest
  PUMA = %w[-S puma -b tcp://127.0.0.1:0].freeze
  ENVIRONMENT = { "REALTIME_NATIVE" => "1", "REALTIME_LISTEN" => "127.0.0.1:0" }.freeze

  # An app without Rails.
  RACKUP = <<~RUBY
    require "realtime"
    Realtime.on("pid") { [Process.pid] }
    Realtime.serve
    run ->(_env) { [200, { "content-type" => "text/plain" }, [Process.pid.to_s]] }
  RUBY

  def teardown
    @app&.stop
    super
  end

  def test_puma_is_one_process_with_all_on_one_port
    start(PUMA, { "config/puma.rb" => "threads 1, 1\n" })
    assert_one_process_with_everything
    page = client_page
    assert_equal "web", emitted_by_a_request(page), "a request's emit arrives, and the request through the server"
    other = client
    other.emitter.emit!(other.emitter.select, "job", [])
    assert_equal ["job"], page.take[:data]
    @app.stop
    page.wait_closed
    assert_match(/msg=stopped/, log)
  end

  # Without Rails, which would be loaded twice: Puma replaces its process by a new one.
  def test_a_restart_of_puma_ends_in_order_and_starts_again
    start(PUMA, { "config/puma.rb" => "threads 1, 1\n", "config.ru" => RACKUP }, whole: true)
    page = client_page
    Process.kill("USR2", @app.pid)
    page.wait_closed
    eventually("it did not start again") { log.scan("msg=listening").size == 2 }
    assert_match(/msg=stopped.*msg=listening/m, log)
    assert_one_process_with_everything("/")
  end

  def test_a_cluster_of_puma_says_why_not_and_looks_for_the_sidecar
    server = peer
    start(PUMA, { "config/puma.rb" => "workers 1\nthreads 1, 1\n" })
    link = server.link(RailsApp::PATIENCE)
    assert_equal "handler", link.hello["role"]
    refute_equal @app.pid, link.hello["pid"]
    assert_match(/`native` is on, but this web server forks.*#{@socket}.*realtime serve/, log)
    refute_match(/msg=listening/, log)
  end

  def test_webrick_of_rails
    start(%w[bin/rails server -u webrick -b 127.0.0.1 -p] << free_port.to_s)
    assert_one_process_with_everything
  end

  def test_webrick_of_rackup_without_rails
    start(["-S", "rackup", "-s", "webrick", "-o", "127.0.0.1", "-p", free_port.to_s], { "config.ru" => RACKUP },
          whole: true)
    assert_one_process_with_everything("/")
  end

  def test_a_port_that_is_taken_is_said
    taken = server
    start(PUMA, { "config/puma.rb" => "threads 1, 1\n" }, { "REALTIME_LISTEN" => taken.addresses.first })
    eventually { log.include?("no server in this process") }
    assert_match(/no events: .*#{taken.addresses.first} is taken/, log)
  end

  def test_commands_load_nothing
    start(["bin/rails", "runner", "Realtime.emit('a'); puts Realtime::Native::Library.loaded?"],
          {}, { "REALTIME_FLUSH_TIMEOUT" => "1ms" })
    @app.wait
    assert_match(/^false$/, log)
  end

  private

  def start(command, files = {}, env = {}, whole: false)
    @app = RailsApp.new(@folder, files)
    @app.start(*command, env: { "REALTIME_SOCKET" => @socket, **ENVIRONMENT, **env }, whole: whole)
  end

  def log = File.read(@app.log)

  def free_port = TCPServer.open("127.0.0.1", 0) { |each| each.addr[1] }

  # Of the server's.
  def port
    Timeout.timeout(RailsApp::PATIENCE) { sleep(LOOK) until log.include?("msg=listening") }
    log.scan(/msg=listening address=127\.0\.0\.1:(\d+)/).last.first.to_i
  rescue Timeout::Error
    flunk log
  end

  def client_page = PollingClient.new(port).tap { |page| @pages << page }

  def assert_one_process_with_everything(path = "/emit")
    assert_equal [@app.pid], client_page.call("pid").flatten.first(1)
    assert_equal "200", Net::HTTP.get_response("127.0.0.1", path, port).code, log
  end

  def emitted_by_a_request(page)
    Net::HTTP.get_response("127.0.0.1", "/emit", port)
    page.take[:data].first
  end
end
