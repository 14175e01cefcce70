# frozen_string_literal: true

require_relative "../support/auth_app"

Rails.application.initialize!

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) { |t| t.string :name }
  create_table(:sessions) { |t| t.references :user }
  create_table(:orders) { |t| t.string :name }
end

class User < ActiveRecord::Base
  has_many :sessions, dependent: :destroy
end

class Session < ActiveRecord::Base
  belongs_to :user
end

class Order < ActiveRecord::Base; end

class Current < ActiveSupport::CurrentAttributes
  attribute :session
  delegate :user, to: :session, allow_nil: true
end

# What Rails 8 generates, in short.
class SessionsController < ActionController::Base
  content_security_policy { |policy| policy.script_src :self }
  before_action { Current.session = Session.find_by(id: cookies.signed[:session_id]) }

  def create
    record = User.find(params[:id]).sessions.create!
    cookies.signed.permanent[:session_id] = { value: record.id, httponly: true, same_site: :lax }
    head :ok
  end

  def destroy
    Current.session.destroy
    cookies.delete(:session_id)
    head :ok
  end

  def page
    @order = Order.first
    render inline: params[:template]
  end
end

Rails.application.config.content_security_policy_nonce_generator = ->(_) { "n0nce" }
Rails.application.env_config["action_dispatch.content_security_policy_nonce_generator"] = ->(_) { "n0nce" }
Rails.application.routes.draw do
  post "create", to: "sessions#create"
  post "destroy", to: "sessions#destroy"
  get "page", to: "sessions#page"
end

class SessionHandler < Realtime::Handler
  namespace "/"
  authenticate :session
end

# Logins that are records, and the page's tags.
class SessionRecordsSuite < AuthSuite
  def setup
    super
    @user = User.create!(name: "ann")
  end

  def test_the_record_names_user_and_login
    sign_in
    assert_equal({ "user" => "User:#{@user.id}", "login" => "Session:#{Session.last.id}" }, connect(SessionHandler))
  end

  def test_a_visitor_has_no_name
    assert_equal({}, connect(SessionHandler))
  end

  def test_a_cookie_that_was_not_signed_by_the_app_counts_for_nothing
    sign_in
    browser.cookies["session_id"] = Session.last.id.to_s
    assert_equal({}, connect(SessionHandler))
  end

  def test_logging_out_ends_the_logins_sockets
    sign_in
    login = connect(SessionHandler)["login"]
    browser.post "/destroy"
    assert_equal [{ "logins" => [login], "close" => true }], disconnects
    assert_equal({}, connect(SessionHandler))
  end

  def test_all_logins_of_a_user_may_end_at_once
    2.times { @user.sessions.create! }
    @user.sessions.destroy_all
    assert_equal 2, ended_logins.size
  end

  def test_a_login_whose_end_is_rolled_back_goes_on
    @user.sessions.create!
    User.transaction do
      @user.sessions.destroy_all
      raise ActiveRecord::Rollback
    end
    assert_empty disconnects
  end

  def test_it_is_said_once_however_often_it_is_declared
    3.times { Class.new(Realtime::Handler) { authenticate :session } }
    @user.sessions.create!.destroy
    assert_equal 1, disconnects.size
  end

  def test_a_model_that_is_not_there_is_an_error_at_once
    error = assert_raises(ArgumentError) { Class.new(Realtime::Handler) { authenticate :session, model: "Login" } }
    assert_match(/needs the model Login/, error.message)
  end

  def test_the_pages_tags_say_whose_page_it_is
    sign_in
    claims = token("<%= realtime_token_tag %>", "realtime-token", "/")
    assert_equal ["realtime.connect", "/", "User:#{@user.id}", "Session:#{Session.last.id}"],
                 claims.values_at("aud", "ns", "sub", "login")
    assert_equal 600, claims["exp"] - claims["iat"]
  end

  def test_a_visitors_page_names_nobody
    claims = token("<%= realtime_token_tag namespace: '/chat', rooms: ['lobby'], data: { a: 1 } %>", "realtime-token",
                   "/chat")
    assert_equal({ "aud" => "realtime.connect", "ns" => "/chat", "rooms" => ["lobby"], "data" => { "a" => 1 } },
                 claims.except("iat", "exp"))
  end

  def test_a_page_may_follow_rooms_of_records
    order = Order.create!(name: "x")
    claims = token("<%= realtime_room_tag @order, 'news' %>", "realtime-room", "/")
    assert_equal ["realtime.room", ["Order:#{order.id}", "news"]], claims.values_at("aud", "rooms")
    assert_equal 86_400, claims["exp"] - claims["iat"]
  end

  def test_script_tags_carry_the_nonce
    assert_equal ['<script src="/socket.io/socket.io.js" nonce="n0nce"></script>',
                  '<script src="/socket.io/realtime.js" nonce="n0nce"></script>'],
                 page("<%= realtime_tags %>").lines(chomp: true)
  end

  def test_script_tags_are_where_the_sidecar_answers
    Realtime.config.path = "rt"
    assert_equal ['<script src="/rt/socket.io.js" nonce="n0nce" defer="defer"></script>',
                  '<script src="/rt/realtime.js" nonce="n0nce" defer="defer"></script>'],
                 page("<%= realtime_tags defer: true %>").lines(chomp: true)
  ensure
    Realtime.config.path = "/socket.io/"
  end

  private

  def sign_in
    browser.post "/create", params: { id: @user.id }
  end

  def page(template)
    browser.get "/page", params: { template: template }
    browser.response.body
  end

  # @return [Hash] the claims of the one tag that the template makes
  def token(template, name, namespace)
    match = %r{\A<meta name="#{name}" content="([^"]+)" data-namespace="([^"]+)"( /)?>\z}.match(page(template))
    assert_equal namespace, match[2]
    JSON.parse(match[1].split(".")[1].tr("-_", "+/").unpack1("m"))
  end
end
