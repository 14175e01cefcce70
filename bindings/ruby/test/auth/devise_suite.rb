# frozen_string_literal: true

AUTH_LIBRARIES = %w[devise devise/orm/active_record].freeze
require_relative "../support/auth_app"

Devise.setup do |config|
  config.secret_key = "d" * 64
  config.stretches = 1
  config.timeout_in = 30.minutes
  config.expire_all_remember_me_on_sign_out = true
end

# Devise looks at models while routes are drawn.
write_file "app/models/user.rb", <<~RUBY
  class User < ActiveRecord::Base
    devise :database_authenticatable, :rememberable, :timeoutable, :trackable
    disconnects_realtime on: %i[encrypted_password active]

    def active_for_authentication? = super && active
  end
RUBY
write_file "app/models/admin.rb", <<~RUBY
  class Admin < ActiveRecord::Base
    devise :database_authenticatable
  end
RUBY
write_file "config/routes.rb", <<~RUBY
  Rails.application.routes.draw do
    devise_for :users
    devise_for :admins
    get "/", to: "pages#show", as: :root
    post "/backdate", to: "pages#backdate"
  end
RUBY

Rails.application.initialize!

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) do |t|
    t.string :email, :encrypted_password, default: "", null: false
    t.boolean :active, default: true
    t.datetime :remember_created_at, :current_sign_in_at, :last_sign_in_at
    t.string :current_sign_in_ip, :last_sign_in_ip
    t.integer :sign_in_count, default: 0, null: false
    t.timestamps
  end
  create_table(:admins) { |t| t.string :email, :encrypted_password, default: "", null: false }
end

class ApplicationController < ActionController::Base; end

class PagesController < ApplicationController
  before_action :authenticate_user!, only: :show

  def show
    head :ok
  end

  def backdate
    request.env["devise.skip_timeoutable"] = true
    request.env["devise.skip_trackable"] = true
    session["warden.user.user.session"]["last_request_at"] = params[:at].to_i
    head :ok
  end
end

class DeviseHandler < Realtime::Handler
  namespace "/"
  authenticate :devise

  def connect
    reject!("sign in first") unless current_user
  end

  on(:me) { current_user&.email }
end

class AdminHandler < Realtime::Handler
  namespace "/admin"
  authenticate :devise, scope: :admin
end

class EnvHandler < Realtime::Handler
  namespace "/env"
  authenticate { |request| request.env["warden"].user(:user) }
end

class StrictHandler < Realtime::Handler
  namespace "/strict"
  authenticate { |request| request.env["warden"].authenticate!(scope: :user) }
end

class LogoutHandler < Realtime::Handler
  namespace "/logout"
  def connect = request.env["warden"].logout
end

# A real Devise app: sign in and out by its own controllers.
class DeviseSuite < AuthSuite
  def setup
    super
    @user = User.create!(email: "ann@example.com", password: "secret1")
    Realtime::Testing.clear
  end

  def test_who_signed_in_is_known
    sign_in
    assert_equal @user, User.find_by(sign_in_count: 1)
    grant = connect(DeviseHandler)
    assert_equal "User:#{@user.id}", grant["user"]
    assert_match(/\Asession:/, grant["login"])
    assert_equal grant.slice("user", "login"), connect(EnvHandler)
    assert_equal grant.slice("user", "login"), connect(StrictHandler)
  end

  def test_who_did_not_is_refused
    assert_equal "sign in first", refusal(DeviseHandler)
    assert_equal "unauthorized", refusal(StrictHandler)
    assert_equal({}, connect(EnvHandler))
  end

  def test_connecting_leaves_no_trace
    sign_in
    browser.post "/backdate", params: { at: Time.now.to_i - 600 }
    before = traces
    [DeviseHandler, EnvHandler, StrictHandler].each { |handler| assert connect(handler)["user"] }
    assert_equal before, traces
    assert_in_delta Time.now.to_i - 600, before.last, 60
  end

  def test_a_session_that_timed_out_is_nobodys
    sign_in
    browser.post "/backdate", params: { at: Time.now.to_i - 1801 }
    assert_equal "sign in first", refusal(DeviseHandler)
    assert_nil connect(EnvHandler)["user"]
    assert_empty disconnects, "a handshake logs nobody out"
  end

  def test_who_is_remembered_does_not_time_out
    sign_in(remember_me: "1")
    browser.post "/backdate", params: { at: Time.now.to_i - 1801 }
    assert_equal "User:#{@user.id}", connect(DeviseHandler)["user"]
  end

  def test_an_account_that_is_not_active_is_nobodys
    sign_in
    @user.update_columns(active: false)
    assert_equal "sign in first", refusal(DeviseHandler)
  end

  def test_an_event_asks_whether_the_account_is_active
    name = "User:#{@user.id}"
    assert_equal ["ann@example.com"], perform(DeviseHandler, "me", user: name)
    @user.update_columns(active: false)
    assert_empty perform(DeviseHandler, "me", user: name)
  end

  def test_a_token_of_an_account_that_is_not_active_counts_for_nobody
    claims = { "aud" => "realtime.connect", "sub" => "User:#{@user.id}" }
    assert_equal "User:#{@user.id}", connect(DeviseHandler, claims: claims)["user"]
    @user.update_columns(active: false)
    assert_equal "sign in first", refusal(DeviseHandler, claims: claims)
  end

  def test_after_a_change_of_password_the_other_sessions_are_nobodys
    sign_in
    User.find(@user.id).update!(password: "changed")
    assert_equal [["User:#{@user.id}"]], (disconnects.filter_map { |params| params["users"] })
    assert_equal "sign in first", refusal(DeviseHandler)
  end

  def test_signing_out_ends_the_logins_sockets
    sign_in
    login = connect(DeviseHandler)["login"]
    Realtime::Testing.clear
    browser.delete "/users/sign_out"
    assert_includes ended_logins, login
    assert_equal "sign in first", refusal(DeviseHandler)
  end

  def test_a_session_that_times_out_in_a_request_ends_its_sockets
    sign_in
    login = connect(DeviseHandler)["login"]
    browser.post "/backdate", params: { at: Time.now.to_i - 1801 }
    Realtime::Testing.clear
    browser.get "/"
    assert_includes ended_logins, login
  end

  def test_requests_of_who_stays_signed_in_end_nothing
    sign_in
    Realtime::Testing.clear
    browser.get "/"
    assert_equal 200, browser.status
    assert_empty disconnects
  end

  def test_a_scope_is_one_of_its_own
    admin = Admin.create!(email: "root@example.com", password: "secret2")
    sign_in
    assert_nil connect(AdminHandler)["user"]
    browser.post "/admins/sign_in", params: { admin: { email: admin.email, password: "secret2" } }
    assert_equal "Admin:#{admin.id}", connect(AdminHandler)["user"]
    assert_equal "User:#{@user.id}", connect(DeviseHandler)["user"]
  end

  def test_a_handshake_cannot_log_out
    sign_in
    assert_match(/a handshake is for reading/, failure(LogoutHandler)["message"])
  end

  private

  def sign_in(remember_me: "0")
    credentials = { email: @user.email, password: "secret1", remember_me: remember_me }
    browser.post "/users/sign_in", params: { user: credentials }
    assert_equal 302, browser.status
  end

  def refusal(handler, **more)
    error = failure(handler, **more)
    assert_equal "refused", error["code"], error["message"]
    error["message"]
  end

  # What being seen changes: cookies, the row, when the session was last used.
  def traces
    handshake = Realtime::Socket::Handshake.from("headers" => { "cookie" => cookie }, "url" => "/")
    session = Realtime::Auth::HandshakeRequest.build(handshake).session
    [browser.cookies.to_hash, User.connection.select_one("SELECT * FROM users"),
     session["warden.user.user.session"]["last_request_at"]]
  end
end
