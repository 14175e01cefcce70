# frozen_string_literal: true

require "test_helper"

class ChatHandlerTest < Realtime::HandlerTestCase
  setup { @room = rooms(:general) }

  def enter(user, room = @room)
    connect(user: users(user), auth: { room: room.id }).tap { |socket| socket.perform(:enter, 0) }
  end

  test "who is not signed in stays out" do
    connect auth: { room: @room.id }
    assert_rejected "sign in first"
  end

  test "the session of the pages counts here" do
    connect auth: { room: @room.id }, session: { user_id: users(:ada).id }
    assert_joined @room
    assert_equal "User:#{users(:ada).id}", socket.user
  end

  test "who was shown out has no session any more" do
    users(:ada).update!(blocked_at: Time.current)
    connect auth: { room: @room.id }, session: { user_id: users(:ada).id }
    assert_rejected "sign in first"
  end

  test "there must be such a room" do
    [nil, "1", { room: 77 }, { room: { id: 1 } }].each do |auth|
      connect user: users(:ada), auth: auth
      assert_rejected "no such room"
    end
  end

  test "a message is stored, acknowledged, and told to the others" do
    ada = enter(:ada)
    answer = assert_difference("@room.messages.count") { perform(:message, "lunch?", "key-1") }
    assert_equal ["lunch?", "Ada", "key-1"], answer.values_at("text", "author", "key")
    assert_emitted "message.created", to: @room, namespace: "/chat", except: ada.id, with: answer
  end

  test "a message that was sent twice is stored once" do
    enter(:ada)
    first = perform(:message, "lunch?", "key-1")
    assert_no_difference("Message.count") { assert_equal first, perform(:message, "lunch?", "key-1") }
    assert_emits 1, "message.created"
  end

  test "what is wrong with a message is its acknowledgement" do
    enter(:ada)
    assert_match(/blank/, perform(:message, " ", "key-1")["error"])
    assert_no_emits "message.created"
  end

  test "who talks too fast is told to wait" do
    enter(:ada)
    answers = Array.new(9) { |n| perform(:message, "quick", "key-#{n}") }
    assert_equal(([nil] * 8) + ["Not so fast"], answers.map { |answer| answer["error"] })
  end

  test "typing is told to others, and may be dropped" do
    enter(:ada)
    perform(:typing)
    assert_emitted "typing", to: @room, except_users: users(:ada), namespace: "/chat", volatile: true, with: "Ada"
  end

  test "who enters hears what was missed" do
    connect user: users(:ben), auth: { room: @room.id }
    assert_equal ["Hello"], perform(:enter, 0)["messages"].map { |message| message["text"] }
    assert_empty perform(:enter, messages(:hello).id)["messages"]
  end

  test "somebody with two tabs is here once, and leaves with the last" do
    tabs = [enter(:ada), enter(:ada)]
    enter(:ben)
    enter(:ben, rooms(:kitchen))
    assert_equal [%w[Ada Ben], %w[Ben]], people

    tabs.first.disconnect
    assert_equal [%w[Ada Ben], %w[Ben]], people
    assert_emitted("room.updated", to: "lobby", with: { id: 1, name: "General", people: ["Ben"], revision: Integer }) do
      tabs.last.disconnect
    end
  end

  private

  def people
    Room.order(:id).map(&:people)
  end
end
