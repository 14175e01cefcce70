# frozen_string_literal: true

require "test_helper"

# The generated handler, with users who are signed in in the ways that tests have.
class SignInTest < Realtime::HandlerTestCase
  tests ChatHandler

  test "by the app's own session" do
    connect session: { user_id: users(:ann).id }
    assert_connected
    assert_equal "User:#{users(:ann).id}", socket.user
    assert_equal({ "from" => "Ann", "text" => "hi" }, perform(:message, "hi"))
    assert_emitted "message", with: "Ann: hi", to: socket.id, namespace: "/chat"
  end

  test "by a user who is given" do
    connect user: users(:bob)
    assert_equal({ "from" => "Bob", "text" => "hi" }, perform(:message, "hi"))
  end

  test "not at all" do
    connect session: { user_id: 0 }
    assert_rejected "sign in first"
  end

  test "a user who was deleted meanwhile is not answered" do
    connect user: users(:bob)
    users(:bob).destroy!
    assert_nil perform(:message, "hi")
    assert_not_predicate socket, :acknowledged?
    assert_no_emits "message"
  end

  test "two at once" do
    ann = connect(user: users(:ann))
    bob = connect(user: users(:bob))
    assert_equal %w[Ann Bob], ([ann, bob].map { |each| each.perform(:message, "x")["from"] })
    assert_equal 2, Realtime.count(namespace: "/chat")
  end
end

# Another way in than the app's.
class RememberedHandler < ApplicationHandler
  namespace "/remembered"
  authenticate { |request| User.find_by(name: request.cookie_jar.signed[:remember]) }
end

class RememberedHandlerTest < Realtime::HandlerTestCase
  test "by a signed cookie" do
    cookies.signed[:remember] = "Ann"
    connect
    assert_connected
  end

  test "by a cookie that nobody signed" do
    connect headers: { "Cookie" => "remember=Ann" }
    assert_rejected
  end
end
