# frozen_string_literal: true

AUTH_LIBRARIES = %w[warden].freeze
require_relative "../support/auth_app"

Rails.application.config.middleware.use Warden::Manager do |manager|
  manager.default_scope = :member
  manager.failure_app = ->(_) { [401, {}, []] }
end
Warden::Manager.serialize_into_session { |name| name }
Warden::Manager.serialize_from_session { |name| name unless name == "gone" }

Rails.application.initialize!

class MembersController < ActionController::Base
  def create
    request.env["warden"].set_user(params[:name])
    head :ok
  end

  def destroy
    request.env["warden"].logout(:member)
    head :ok
  end
end

Rails.application.routes.draw do
  post "create", to: "members#create"
  post "destroy", to: "members#destroy"
end

class MemberHandler < Realtime::Handler
  namespace "/"
  authenticate :warden
end

# Warden as it is, without Devise, models and a database.
class WardenSuite < AuthSuite
  def test_the_default_scope_is_the_apps
    sign_in("ann")
    assert_equal "ann", connect(MemberHandler)["user"]
  end

  def test_who_cannot_be_found_any_more_is_nobody
    sign_in("gone")
    assert_nil connect(MemberHandler)["user"]
  end

  def test_the_apps_callbacks_do_not_run
    calls = []
    Warden::Manager.after_set_user { calls << 1 }
    sign_in("ann")
    calls.clear
    connect(MemberHandler)
    assert_empty calls
  end

  def test_logging_out_of_one_scope_ends_the_logins_sockets
    sign_in("ann")
    login = connect(MemberHandler)["login"]
    Realtime::Testing.clear
    browser.post "/destroy"
    assert_equal [login], ended_logins
    assert_nil connect(MemberHandler)["user"]
  end

  private

  def sign_in(name)
    browser.post "/create", params: { name: name }
  end
end
