# frozen_string_literal: true

require "minitest/mock"
require_relative "support"
require_relative "../support/rails_app"
require "realtime/handler"

# What tests of tokens share.
module TokenTests
  SECRET = "a secret of more than thirty-two bytes"

  private

  def tokens(secret: SECRET)
    Realtime::Token.new(Realtime::Config.new(env: {}, root: @folder, secret: secret))
  end

  # As if it had been made a day ago.
  def yesterday(&block)
    Time.stub(:now, Time.now - 86_400, &block)
  end

  def code(page)
    page.refused["data"]["code"]
  end
end

# The sidecar lets in by token alone.
class TokenModeTest < IntegrationTest
  include TokenTests

  def sidecar_options = { options: { connect: "token" } }

  def test_a_token_lets_in_with_all_that_it_says
    serve
    token = tokens.connect(user: 7, rooms: %w[a b], data: { "name" => "ann" }, login: "phone")
    page = browser(auth: { token: token })
    (user, data, login, rooms), = page.call("me")
    assert_equal ["7", { "name" => "ann" }, "phone", %w[a b]], [user, data, login, (rooms - [page.id]).sort]
  end

  def test_what_is_no_token_is_refused_with_the_reason
    serve
    assert_equal "token_required", code(browser)
    assert_equal "token_invalid", code(browser(auth: { token: tokens(secret: "another one").connect }))
    assert_equal "token_invalid", code(browser(auth: { token: tokens.connect(namespace: "/chat") }))
    assert_equal "token_invalid", code(browser(auth: { token: tokens.room("a") }))
    assert_equal "token_expired", code(browser(auth: { token: yesterday { tokens.connect } }))
  end

  def test_a_token_by_the_secret_of_before_still_counts
    old = tokens(secret: "the one of before").connect(user: 7)
    serve(previous_secrets: ["the one of before"])
    assert_equal "7", browser(auth: { token: old }).call("me").first.first
  end

  def test_the_keys_of_a_process_that_only_emits_count_too
    here = client(secret: SECRET)
    here.emitter.emit!(here.emitter.select, "hello", [])
    assert browser(auth: { token: tokens.connect }).id
  end

  def test_the_login_of_a_token_ends_its_connection
    here = serve
    page = browser(auth: { token: tokens.connect(login: "phone") })
    other = browser(auth: { token: tokens.connect(login: "desk") })
    here.emitter.disconnect(here.emitter.select(logins: "phone"), close: true)
    page.wait_closed
    assert_equal 1, here.emitter.count(here.emitter.select)
    assert other.call("me")
  end

  private

  def serve(**options)
    app(secret: SECRET, **options) do |router|
      router.add(:event, proc { |socket| [socket.user, socket.data, socket.login, socket.rooms] }, event: "me")
    end
  end
end

# The app is asked, and tokens say what it need not find out.
class TokensBesideTheAppTest < IntegrationTest
  include TokenTests

  def test_a_room_token_joins_whoever_lets_in
    here = app(secret: SECRET) { |router| router.add(:connect, proc { |socket| socket.join("own") }) }
    page = browser(auth: { room_tokens: [tokens.room("order:7"), tokens.room("a", "b")] })
    rooms = here.emitter.rooms(here.emitter.select)
    assert_equal %w[a b order:7 own], rooms.keys.reject { |room| room == page.id }.sort
  end

  def test_a_room_token_that_does_not_count_refuses
    app(secret: SECRET)
    expired = yesterday { tokens.room("a", expires_in: 60) }
    assert_equal "room_token_expired", code(browser(auth: { room_tokens: [expired] }))
    assert_equal "room_token_invalid", code(browser(auth: { room_tokens: [tokens.connect] }))
  end

  def test_a_handler_is_told_what_a_token_says
    handler = Class.new(Realtime::Handler) do
      namespace "/"
      authenticate :token
      before_connect { reject!("sign in first") unless claims }
      on(:me) { [socket.user, socket.data, socket.login] }
    end
    app(secret: SECRET) { |router| router.mount(handler) }
    token = tokens.connect(user: 7, login: "phone", data: { a: 1 }, rooms: ["r"])
    page = browser(auth: { token: token })
    assert_equal [["7", { "a" => 1 }, "phone"]], page.call("me")
    assert_equal "sign in first", browser(auth: { token: "my own" }).refused["message"]
  end

  def test_a_user_is_disconnected_in_every_namespace
    here = app(secret: SECRET) do |router|
      ["/", "/chat"].each { |name| router.add(:connect, proc { |socket| socket.user = 7 }, namespace: name) }
    end
    pages = ["/", "/chat"].map { |name| browser(namespace: name) }
    Realtime::UserSelection.new(here.emitter, { "users" => ["7"] }).disconnect(reconnect: true)
    pages.each(&:wait_closed)
  end
end

# A whole app in two processes: who logs in and out by HTTP is known, and forgotten, by socket.
class LoginTest < IntegrationTest
  FILES = {
    "config/application.rb" => <<~RUBY,
      require "rails"
      require "active_record/railtie"
      require "action_controller/railtie"
      require "realtime-sidecar"

      class App < Rails::Application
        config.root = File.expand_path("..", __dir__)
        config.load_defaults 6.1
        config.eager_load = true
        config.secret_key_base = "x" * 64
        config.logger = Logger.new($stderr)
        config.hosts.clear
        config.action_controller.allow_forgery_protection = false
      end
    RUBY
    "config/routes.rb" => <<~RUBY,
      Rails.application.routes.draw do
        post "login", to: "logins#create"
        post "logout", to: "logins#destroy"
        post "password", to: "logins#password"
      end
    RUBY
    "config/puma.rb" => "workers 2\nthreads 1, 1\npreload_app!\n", # which is loaded once for both
    "app/models/user.rb" => <<~RUBY,
      class User < ActiveRecord::Base
        disconnects_realtime on: :password
      end
    RUBY
    "app/controllers/logins_controller.rb" => <<~RUBY,
      class LoginsController < ActionController::Base
        def create
          reset_session
          session[:user_id] = User.find_by!(name: params[:name]).id
          head :ok
        end

        def destroy
          reset_session
          head :ok
        end

        def password
          User.transaction { User.find(session[:user_id]).update!(password: "new") }
          head :ok
        end
      end
    RUBY
    "config/realtime.rb" => "",
    "app/realtime/chat_handler.rb" => <<~RUBY
      class ChatHandler < Realtime::Handler
        namespace "/"
        authenticate { |request| User.find_by(id: request.session[:user_id]) }
        before_connect { reject!("sign in first") unless current_user }
        on(:me) { current_user.name }
      end
    RUBY
  }.freeze

  class << self
    # @return [String, nil] the file of users
    attr_accessor :database
  end

  def sidecar_options
    @upstream = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    { upstream: "127.0.0.1:#{@upstream}" }
  end

  def setup
    super
    skip "these processes reach the server by its socket, whichever way it runs" if Ways.library?
    @env = { "REALTIME_SOCKET" => @socket, "DATABASE_URL" => "sqlite3:#{@folder}/app.db" }
    @app = RailsApp.new(@folder, FILES)
    make_database
    @app.start(*%W[-S puma -b tcp://127.0.0.1:#{@upstream}], env: @env)
  end

  def teardown
    @app&.stop
    super
  end

  def test_who_logs_out_is_closed_and_others_stay
    ann = log_in("ann")
    bob = log_in("bob")
    pages = [ann, ann, bob].map { |cookie| page(cookie) }
    assert_equal [["ann"], ["ann"], ["bob"]], (pages.map { |page| page.call("me") })
    nobody = post("/logout", ann)
    pages.first(2).each(&:wait_closed)
    assert_equal ["bob"], pages.last.call("me")
    assert_equal "sign in first", page(nobody).refused["message"]
  end

  def test_a_change_of_password_closes_all_of_the_users
    cookies = Array.new(2) { log_in("ann") }
    pages = cookies.map { |cookie| page(cookie) }
    post("/password", cookies.first)
    pages.each(&:wait_closed)
    assert_equal ["ann"], page(cookies.first).call("me"), "whoever is signed in comes back"
  end

  def test_another_process_disconnects_a_user
    pages = %w[ann bob].map { |name| page(log_in(name)) }
    run_code("Realtime.user(User.find_by(name: 'ann')).disconnect")
    pages.first.wait_closed
    assert_equal ["bob"], pages.last.call("me")
  end

  private

  # Once, for the tests to copy.
  def make_database
    path = "#{@folder}/app.db"
    return File.binwrite(path, self.class.database) if self.class.database

    run_code("ActiveRecord::Schema.define { create_table(:users) { |t| t.string :name; t.string :password } }; " \
             "%w[ann bob].each { |name| User.create!(name: name) }")
    self.class.database = File.binread(path)
  end

  def run_code(code)
    RailsApp.new(@folder, FILES).tap { |app| app.start("bin/rails", "runner", code, env: @env) }.wait
  end

  # @return [String] the cookie
  def log_in(name)
    post("/login?name=#{name}", nil)
  end

  def post(path, cookie)
    headers = { "Cookie" => cookie }.compact
    response = Net::HTTP.start("127.0.0.1", @sidecar.port, read_timeout: 60) { |http| http.post(path, "", headers) }
    assert_equal "200", response.code, File.read(@app.log)
    response["Set-Cookie"][/\A[^;]+/]
  end

  def page(cookie)
    browser(headers: { "Cookie" => cookie })
  end
end
