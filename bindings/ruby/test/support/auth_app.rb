# frozen_string_literal: true

# A Rails app in this process, with a database, sessions and a browser, for suites that run in a
# process of their own (see auth_test.rb): Rails is one per process.
ENV["RAILS_ENV"] = "test"

require "fileutils"
require "minitest/autorun"
require "tmpdir"

AUTH_ROOT = Dir.mktmpdir("realtime")
Minitest.after_run { FileUtils.remove_entry(AUTH_ROOT) }
ENV["DATABASE_URL"] = "sqlite3:#{AUTH_ROOT}/test.db"

require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_dispatch/testing/integration"
AUTH_LIBRARIES.each { |library| require library } if defined?(AUTH_LIBRARIES)
require "realtime-sidecar"
require "realtime/handler"

# Suites add routes, models and handlers.
class AuthApp < Rails::Application
  config.root = AUTH_ROOT
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "k" * 64
  config.logger = Logger.new(File.join(AUTH_ROOT, "test.log"))
  config.hosts.clear
  config.action_controller.allow_forgery_protection = false
  config.action_dispatch.show_exceptions = false
  config.cache_store = :memory_store
  config.session_store (ENV["SESSION_STORE"] || "cookie_store").to_sym, key: "_auth_session"
end

# Adds a file to the app, before it is initialized.
def write_file(path, text)
  path = File.join(AUTH_ROOT, path)
  FileUtils.mkdir_p(File.dirname(path))
  File.write(path, text)
end

# What suites share.
class AuthSuite < Minitest::Test
  def setup
    Realtime::Testing.clear
    ActiveRecord::Base.connection.tables.each { |table| ActiveRecord::Base.connection.execute("DELETE FROM #{table}") }
  end

  # @return [ActionDispatch::Integration::Session]
  def browser
    @browser ||= ActionDispatch::Integration::Session.new(Rails.application)
  end

  # Connects with the browser's cookies, through the real dispatcher.
  #
  # @return [Hash] the grant
  def connect(handler, **more)
    error, grant = ask_to_connect(handler, **more)
    assert_nil error
    grant
  end

  # As {#connect}, where it is to fail.
  #
  # @return [Hash] the error
  def failure(handler, **more)
    error, = ask_to_connect(handler, **more)
    refute_nil error
    error
  end

  # @return [Array] the acknowledgement
  def perform(handler, event, user:)
    error, ack = send_event(handler, event, user: user)
    assert_nil error
    ack
  end

  # @return [Array(Hash, Array)] error and acknowledgement
  def send_event(handler, event, user:)
    params = { "id" => "e", "socket" => "s" * 20, "namespace" => handler.namespace, "event" => event, "args" => [],
               "user" => user }
    dispatcher(handler).call("event", params.compact)
  end

  # @return [String] as the browser would send it
  def cookie
    browser.cookies.for(URI("http://www.example.com/"))
  end

  # @return [Array<Hash>] what was disconnected
  def disconnects
    Realtime::Testing.sent.select { |sent| sent.name == "disconnect" }.map(&:params)
  end

  # @return [Array<String>] names of logins that ended
  def ended_logins
    disconnects.flat_map { |params| params["logins"] || [] }
  end

  private

  def ask_to_connect(handler, claims: nil, recovered: false, headers: {}, secure: false)
    headers = { "host" => "www.example.com", "cookie" => cookie, "user-agent" => "Test" }.merge(headers)
    handshake = { "headers" => headers, "query" => {}, "address" => "203.0.113.9", "secure" => secure,
                  "url" => "/socket.io/?EIO=4&transport=polling", "time" => 0, "dialect" => "EIO4",
                  "transport" => "polling" }
    params = { "socket" => "s" * 20, "namespace" => handler.namespace, "claims" => claims, "recovered" => recovered,
               "handshake" => handshake }
    dispatcher(handler).call("connect", params.compact)
  end

  def dispatcher(handler)
    router = Realtime::Router.new
    router.mount(handler)
    Realtime::Dispatcher.new(Realtime.config, router, Realtime.emitter)
  end
end
