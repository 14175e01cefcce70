# frozen_string_literal: true

require "test_helper"
require_relative "support/rails_app"

# A process that only handles, web processes that do not, and the database connections of both.
class RailsWorkTest < RealtimeTest
  # As `bin/rails realtime:work` runs it.
  WORK = ["bin/rails", "runner", "Realtime::Work.run"].freeze

  DATABASE = { "config/database.yml" => <<~YAML }.freeze
    production:
      adapter: sqlite3
      database: tmp/test.sqlite3
      pool: 3
  YAML

  # Active Record must be there before the app's class is.
  ACTIVE_RECORD = RailsApp::FILES["config/application.rb"].sub("class App", "require \"active_record/railtie\"\n\\0")

  FILES = {
    "config/application.rb" => ACTIVE_RECORD,
    "config/puma.rb" => "threads 2, 2\n",
    "tmp/keep.me" => "",
    "config/realtime.rb" => <<~RUBY,
      Realtime.on(:query) do
        busy = ActiveRecord::Base.connection_pool.stat[:busy]
        [ActiveRecord::Base.connection.select_value("select 1"), busy]
      end
      Realtime.on(:hold) do |socket|
        socket.emit("holding")
        IO.select([File.open("go", "r")])
        "held"
      end
    RUBY
    **DATABASE
  }.freeze

  def setup
    super
    @server = peer
  end

  def teardown
    [@web, @work].compact.each(&:stop)
    super
  end

  def test_a_process_handles_and_ends_when_it_is_told_to
    File.mkfifo(File.join(@folder, "go"))
    @work = app.start(*WORK, env: env)
    link = handler
    id = link.request("event", params("hold"))
    assert_equal "emit", link.take.name
    Process.kill("TERM", @work.pid)
    link.wait_drained
    File.write(File.join(@folder, "go"), "go")
    assert_equal [id, ["held"]], [link.take].map { |answer| [answer.id, answer.result] }.first
    assert_equal "bye", link.take.name
    @work.wait
    assert_match(%r{^realtime: handling / with 2 threads \(pid \d+\)$}, log(@work))
    assert_match(/^realtime: stopping after SIGTERM.*\n(.*\n)*realtime: stopped/, log(@work))
  ensure
    @work = nil
  end

  def test_a_second_signal_ends_it_at_once
    File.mkfifo(File.join(@folder, "go"))
    @work = app.start(*WORK, env: env)
    link = handler
    link.request("event", params("hold"))
    link.take
    Process.kill("INT", @work.pid)
    link.wait_drained
    Process.kill("INT", @work.pid)
    link.wait_closed
    @work.wait
  ensure
    @work = nil
  end

  def test_connections_go_back_to_the_pool
    @work = app.start(*WORK, env: env)
    link = handler
    assert_equal([[1, 0]] * 3, Array.new(3) { link.ask("event", params("query")).result.first })
  end

  def test_web_processes_leave_it_to_others
    @web = app.start("-S", "puma", "-b", "tcp://127.0.0.1:0", env: env.merge("REALTIME_HANDLE_IN_WEB" => "false"))
    wait_for_log("Use Ctrl-C")
    @web.stop
    assert_equal 0, @server.greeted_count
  end

  def test_a_server_says_when_its_threads_do_not_fit_the_pool
    @web = app.start("-S", "puma", "-b", "tcp://127.0.0.1:0", env: env)
    handler
    wait_for_log("share")
    assert_includes log(@web), "realtime: 2 web threads and 2 handler threads share 3 database connections: " \
                               "set `pool: 4` in config/database.yml, or handler_threads: 1 in config/realtime.yml"
  end

  private

  def app
    RailsApp.new(@folder, FILES)
  end

  def env = { "REALTIME_SOCKET" => @socket }

  def log(app) = File.read(app.log)

  def wait_for_log(text)
    Timeout.timeout(RailsApp::PATIENCE, nil, "not in the log: #{text}") { sleep(LOOK) until log(@web).include?(text) }
  end

  def handler
    link = @server.link(RailsApp::PATIENCE)
    assert_equal "handler", link.hello["role"]
    link
  rescue Timeout::Error
    flunk File.read(File.join(@folder, "out.log"))
  end

  def params(name)
    { "id" => "e", "socket" => "s1", "namespace" => "/", "event" => name, "args" => [] }
  end
end
