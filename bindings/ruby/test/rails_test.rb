# frozen_string_literal: true

require "test_helper"
require_relative "support/rails_app"

# A Rails app under Puma and outside it: which of its processes are handlers, emitters, or nothing.
class RailsTest < RealtimeTest
  SERVERS = {
    "rails_server" => %w[bin/rails server -p 0 -b 127.0.0.1],
    "puma" => %w[-S puma -b tcp://127.0.0.1:0]
  }.freeze
  PUMA = {
    "single" => [1, ""],
    "cluster" => [2, "workers 2\n"],
    "preloaded_cluster" => [2, "workers 2\npreload_app!\n"]
  }.freeze

  # Started as a user starts them. The others are from a nursery, which has Rails loaded when they begin; what
  # the gem goes by is the same, and that it is the same is seen here.
  WHOLE = %w[rails_server_single puma_cluster].freeze

  def setup
    super
    @server = peer
  end

  def teardown
    @app&.stop
    super
  end

  SERVERS.each do |server, command|
    PUMA.each do |kind, (handlers, config)|
      define_method(:"test_#{server}_#{kind}") do
        start(command, { "config/puma.rb" => "threads 1, 1\n#{config}" }, whole: WHOLE.include?("#{server}_#{kind}"))
        links = Array.new(handlers) { handler_link }
        pids = links.map { |link| ask_pid(link) }
        assert_equal handlers, pids.uniq.size
        refute_includes pids, @app.pid if handlers > 1
        stop_and_expect_bye(links)
        assert_equal 0, @server.greeted_count, "no other process connected"
      end
    end
  end

  def test_a_command_emits_and_does_nothing_else
    start(["bin/rails", "runner", 'Realtime.emit("from a job", Process.pid)'])
    link = @server.link(RailsApp::PATIENCE)
    assert_equal "emitter", link.hello["role"]
    assert_equal ["from a job", [@app.pid]], link.take.params.values_at("event", "args")
    assert_equal "bye", link.take.name
    @app.wait
  end

  def test_a_command_that_emits_nothing_does_not_connect
    start(%w[bin/rails runner 1])
    @app.wait
    assert_equal 0, @server.greeted_count
  end

  def test_the_test_environment_does_not_connect
    start(["bin/rails", "runner", 'Realtime.emit("a"); puts Realtime::Testing.emits.map(&:event)'],
          { "RAILS_ENV" => "test" })
    @app.wait
    assert_match(/^a$/, File.read(@app.log))
    assert_equal 0, @server.greeted_count
  end

  def test_handlers_are_loaded_again_when_their_file_changes
    start(SERVERS["puma"], { "config/puma.rb" => "threads 1, 1\n", "RAILS_ENV" => "development",
                             "config/realtime.rb" => 'Realtime.on("version") { 1 }' })
    link = handler_link
    assert_equal [1], ask(link, "version")
    @app.write("config/realtime.rb", 'Realtime.on("version") { 2 }')
    assert_equal [2], ask(link, "version")
  end

  def test_values_are_those_of_as_json
    start(["bin/rails", "runner", 'Realtime.emit("t", 1.day, Time.utc(2026), 1.5.to_d, "b".b)'])
    args = @server.link(RailsApp::PATIENCE).take.params["args"]
    assert_equal [86_400, "2026-01-01T00:00:00.000Z", "1.5", "b".b], args
    @app.wait
  end

  private

  # Runs one of Ruby's commands in the app. `more`: files (their names have a dot) and environment.
  def start(command, more = {}, whole: false)
    files, env = more.partition { |name, _| name.include?(".") }.map(&:to_h)
    @app = RailsApp.new(@folder, files)
    @app.start(*command, env: { "REALTIME_SOCKET" => @socket }.merge(env), whole: whole)
  end

  def handler_link
    Timeout.timeout(RailsApp::PATIENCE, nil, "no handler") do
      link = @server.link(RailsApp::PATIENCE) until link&.hello&.fetch("role") == "handler"
      link
    end
  rescue Timeout::Error
    flunk File.read(@app.log)
  end

  def ask_pid(link)
    (pid, in_executor, thread), = ask(link, "pid")
    assert_equal link.hello["pid"], pid
    assert in_executor
    assert_match(/\Arealtime\.worker\.\d\z/, thread)
    pid
  end

  def ask(link, event)
    link.ask("event", { "id" => "e", "socket" => "s", "namespace" => "/", "event" => event, "args" => [] }).result
  end

  def stop_and_expect_bye(links)
    @app.stop
    links.each { |link| assert_equal "bye", link.take.name, File.read(@app.log) }
  end
end
