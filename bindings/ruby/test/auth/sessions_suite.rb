# frozen_string_literal: true

require_relative "../support/auth_app"

Rails.application.initialize!

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) do |t|
    t.string :name
    t.string :password_digest
  end
end

class User < ActiveRecord::Base
  disconnects_realtime on: :password_digest
end

class Guest < User; end

class LoginsController < ActionController::Base
  def create
    reset_session
    session[:user_id] = params[:id]
    cookies.signed[:signed] = "signed value"
    cookies.encrypted[:encrypted] = "encrypted value"
    head :ok
  end

  def destroy
    reset_session
    head :ok
  end

  def visit
    session[:seen] = true
    head :ok
  end

  def renew
    request.session_options[:renew] = true
    head :ok
  end

  def destroy_session
    session.destroy
    head :ok
  end
end

Rails.application.routes.draw do
  %w[create destroy visit renew destroy_session].each { |name| post name, to: "logins##{name}" }
end

class ApplicationHandler < Realtime::Handler
  authenticate { |request| User.find_by(id: request.session[:user_id]) }
end

class MemberHandler < ApplicationHandler
  namespace "/"

  def connect
    join "members" if current_user
  end

  on(:me) { current_user && [current_user.name, current_user.equal?(current_user)] }
  on(:request) { request.path }
end

class ReadingHandler < ApplicationHandler
  namespace "/"
  def connect
    self.data = { path: request.path, query: request.query_parameters, ip: request.remote_ip, url: request.url,
                  signed: cookies.signed[:signed], encrypted: cookies.encrypted[:encrypted],
                  agent: request.user_agent, seen: session[:seen] }
  end
end

class WritingHandler < ApplicationHandler
  namespace "/"
  def connect
    session[:seen] = "overwritten"
    cookies[:new] = "cookie"
  end
end

class OpenHandler < ApplicationHandler
  namespace "/"
  authenticate false
  on(:me) { current_user }
end

# Logins that an app has made by hand, in the session.
class SessionsSuite < AuthSuite
  def setup
    super
    @user = User.create!(name: "ann", password_digest: "a")
    Realtime::Testing.clear
  end

  def test_the_sessions_user_names_the_socket
    sign_in
    grant = connect(MemberHandler)
    assert_equal ["User:#{@user.id}", ["members"]], grant.values_at("user", "rooms")
    assert_match(/\Asession:\h{64}\z/, grant["login"])
  end

  def test_a_visitor_without_a_session_has_no_name_and_no_login
    assert_equal({}, connect(MemberHandler))
  end

  def test_a_model_below_another_is_named_by_its_base
    guest = Guest.create!(name: "gil") # without a type column it is loaded as the base
    sign_in(guest)
    assert_equal "User:#{guest.id}", connect(MemberHandler)["user"]
    assert_equal ["User:#{guest.id}"], Realtime.user(guest).params["users"]
  end

  def test_a_login_of_another_browser_is_another_one
    sign_in
    first = connect(MemberHandler)["login"]
    @browser = nil
    sign_in
    refute_equal first, connect(MemberHandler)["login"]
  end

  def test_the_request_is_as_the_app_would_see_it
    sign_in
    browser.post "/visit"
    read = connect(ReadingHandler, secure: true)["data"]
    assert_equal({ "path" => "/socket.io/", "query" => { "EIO" => "4", "transport" => "polling" },
                   "ip" => "203.0.113.9", "url" => "https://www.example.com/socket.io/?EIO=4&transport=polling",
                   "signed" => "signed value", "encrypted" => "encrypted value", "agent" => "Test",
                   "seen" => true }, read)
  end

  def test_ipv6_and_ports_in_the_host
    sign_in
    %w[[::1]:3000 [::1] a.test:81].each do |host|
      read = connect(ReadingHandler, headers: { "host" => host })["data"]["url"]
      assert_equal "http://#{host}/socket.io/?EIO=4&transport=polling", read
    end
  end

  def test_what_a_handshake_writes_is_lost
    sign_in
    browser.post "/visit"
    before = stored
    connect(WritingHandler)
    assert_equal before, stored
    assert_equal true, connect(ReadingHandler)["data"]["seen"]
    assert_empty disconnects
  end

  def test_logging_out_ends_the_logins_sockets
    sign_in
    login = connect(MemberHandler)["login"]
    browser.post "/destroy"
    assert_equal [{ "logins" => [login], "close" => true }], disconnects
    assert_nil connect(MemberHandler)["user"]
  end

  def test_destroying_the_session_is_logging_out
    sign_in
    login = connect(MemberHandler)["login"]
    browser.post "/destroy_session"
    assert_equal [login], ended_logins
  end

  def test_a_login_ends_the_visitors_sockets
    browser.post "/visit"
    visitor = connect(MemberHandler)["login"]
    sign_in
    assert_equal [visitor], ended_logins
    refute_equal visitor, connect(MemberHandler)["login"]
  end

  def test_a_renewed_session_is_another_login
    sign_in
    before = connect(MemberHandler)["login"]
    browser.post "/renew"
    assert_equal [before], ended_logins
    refute_equal before, connect(MemberHandler)["login"]
  end

  def test_a_request_that_changes_no_login_ends_none
    sign_in
    Realtime::Testing.clear
    browser.post "/visit"
    assert_empty disconnects
  end

  def test_after_a_change_of_secrets_logins_have_both_names
    previous = Realtime.config.token_keys
    sign_in
    login = connect(MemberHandler)["login"]
    Realtime.config.token_keys = -> { ["new".b * 10, *previous.call] }
    browser.post "/destroy"
    assert_equal [2, true], [ended_logins.uniq.size, ended_logins.include?(login)]
  ensure
    Realtime.config.token_keys = previous
  end

  def test_an_event_has_the_user_of_now
    name = "User:#{@user.id}"
    assert_equal [["ann", true]], perform(MemberHandler, "me", user: name)
    @user.update!(name: "eve")
    assert_equal [["eve", true]], perform(MemberHandler, "me", user: name)
    @user.destroy!
    assert_equal [], perform(MemberHandler, "me", user: name)
  end

  def test_a_user_is_looked_up_once_for_an_event_and_not_unless_asked
    queries = 0
    count = ->(*, payload) { queries += 1 if payload[:sql].include?("SELECT \"users\"") }
    ActiveSupport::Notifications.subscribed(count, "sql.active_record") do
      perform(MemberHandler, "me", user: "User:#{@user.id}")
    end
    assert_equal 1, queries
  end

  def test_names_that_are_no_records_find_nobody
    ["42", "User", "User:", "User:#{@user.id}x", "Kernel:1", "Nothing:1", "File:/etc/passwd", nil, ""].each do |name|
      assert_nil Realtime::Users.find(name), name.inspect
    end
    assert_equal @user, Realtime::Users.find("User:#{@user.id}")
  end

  def test_without_authenticate_nobody_is_asked
    sign_in
    assert_equal({}, connect(OpenHandler))
    assert_empty OpenHandler.actions.select { |action| action.kind == :connect }
    refute_empty MemberHandler.actions.select { |action| action.kind == :connect }
  end

  def test_a_recovered_client_loses_the_user_who_signed_out
    assert_equal({ "user" => "" }, connect(MemberHandler, recovered: true))
  end

  def test_a_token_counts_where_the_session_knows_nobody
    claims = { "aud" => "realtime.connect", "sub" => "User:#{@user.id}", "login" => "phone", "rooms" => %w[a b],
               "data" => { "x" => 1 } }
    grant = connect(MemberHandler, claims: claims)
    assert_equal({ "user" => "User:#{@user.id}", "login" => "phone", "rooms" => %w[a b members],
                   "data" => { "x" => 1 } }, grant)
    sign_in
    refute_equal "phone", connect(MemberHandler, claims: claims)["login"], "the session comes first"
  end

  def test_a_third_partys_token_names_a_user_and_no_more
    claims = { "aud" => "shop", "sub" => "auth0|7", "login" => "x", "rooms" => ["admins"], "data" => 1 }
    assert_equal({ "user" => "auth0|7" }, connect(MemberHandler, claims: claims))
  end

  def test_a_token_of_a_user_who_is_gone_counts_for_nobody
    claims = { "aud" => "realtime.connect", "sub" => "User:#{@user.id}" }
    @user.destroy!
    assert_equal({}, connect(MemberHandler, claims: claims))
  end

  def test_the_request_is_known_in_connect_only
    error, = send_event(MemberHandler, "request", user: nil)
    assert_match(/known in connect only/, error["message"])
  end

  def test_a_change_of_password_ends_the_users_sockets
    @user.update!(name: "other")
    assert_empty disconnects
    @user.update!(password_digest: "b")
    assert_equal [everywhere], disconnects
    @user.destroy!
    assert_equal [everywhere] * 2, disconnects
  end

  def test_a_change_that_is_rolled_back_ends_nothing
    User.transaction do
      @user.update!(password_digest: "b")
      raise ActiveRecord::Rollback
    end
    assert_empty disconnects
  end

  def test_a_change_before_another_in_one_transaction_counts
    User.transaction do
      @user.update!(password_digest: "b")
      User.find(@user.id).update!(name: "other")
      @user.update!(name: "third")
      assert_empty disconnects
    end
    assert_equal [everywhere], disconnects
  end

  def test_disconnecting_a_user
    Realtime.user(@user).disconnect
    Realtime.user(@user).disconnect(close: false)
    Realtime.user("42").of("/chat").disconnect
    assert_equal [{ "users" => ["User:#{@user.id}"], "namespace" => "*", "close" => true, "reconnect" => false },
                  { "users" => ["User:#{@user.id}"] },
                  { "users" => ["42"], "namespace" => "/chat" }], disconnects
  end

  private

  def sign_in(user = @user)
    browser.post "/create", params: { id: user.id }
  end

  def everywhere
    { "users" => ["User:#{@user.id}"], "namespace" => "*", "close" => true, "reconnect" => true }
  end

  # All that a session leaves behind: the browser's cookies, the store.
  def stored
    cache = Rails.cache.instance_variable_get(:@data) if ENV["SESSION_STORE"] == "cache_store"
    [browser.cookies.to_hash, cache&.transform_values { |entry| entry.value.inspect }]
  end
end
