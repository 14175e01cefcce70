# frozen_string_literal: true

require "test_helper"

# The app without scripts.
class PagesTest < ActionDispatch::IntegrationTest
  include ActiveJob::TestHelper

  def sign_in(name = "Ada")
    post session_path, params: { user: { name: name } }
    follow_redirect!
  end

  test "pages are for those who are signed in" do
    get root_path
    assert_redirected_to new_session_path
    sign_in
    assert_select "#rooms .room", 2
  end

  test "who was shown out stays out" do
    users(:ada).update!(blocked_at: Time.current)
    post session_path, params: { user: { name: "Ada" } }
    assert_select "#refusal", "You were shown out."
  end

  test "signing out ends the login's sockets" do
    sign_in
    assert_disconnected(logins: Realtime::Auth::Login.names_of_session(session.id), close: true) do
      delete session_path
    end
    get root_path
    assert_redirected_to new_session_path
  end

  test "the list of rooms may be followed without a handler" do
    sign_in
    assert_select "meta[name=realtime-room]", 1
    assert_emitted("room.created", to: "lobby", with: { id: Integer, name: "Music", people: [], revision: 0 }) do
      post rooms_path, params: { room: { name: " Music " } }
    end
  end

  test "a job tells of a new room" do
    sign_in
    perform_enqueued_jobs { post rooms_path, params: { room: { name: "Music" } } }
    assert_emitted "message.created", to: rooms(:general),
                                      with: ->(message) { message["text"] == "Ada opened the room Music." }
  end

  test "a message by the form" do
    sign_in
    post room_messages_path(rooms(:general)), params: { message: { text: "without scripts" } }
    follow_redirect!
    assert_select ".message .text", "without scripts"
    assert_emitted "message.created", to: rooms(:general)
  end

  test "the page that deletes a message is not told" do
    sign_in
    delete message_path(messages(:hello)), headers: { "X-Realtime-Socket" => "s" * 20 }, as: :json
    assert_response :no_content
    assert_emitted "message.destroyed", except: "s" * 20, with: { id: messages(:hello).id }
  end

  test "nobody deletes what others said" do
    sign_in "Ben"
    assert_raises(ActiveRecord::RecordNotFound) { delete message_path(messages(:hello)) }
    assert_no_emits "message.destroyed"
  end
end
