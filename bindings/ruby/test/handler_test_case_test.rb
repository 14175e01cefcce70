# frozen_string_literal: true

require "test_helper"
require "realtime/handler_test_case"

# A handler, as a test of it sees it.
class BoardHandler < Realtime::Handler
  namespace "/boards"

  def connect
    reject!("no name", { code: 7 }) unless auth && auth["name"]
    raise IOError, "the database is away" if auth["name"] == "broken"

    socket.user = auth["name"]
    self.data = { name: auth["name"], by: socket.handshake.headers["x-by"] }
    self.data = about_client if socket.recovered?
    join "lobby"
  end

  on(:move) do |text|
    broadcast.to("lobby").emit("moved", text, data["name"])
    join "movers"
    { saved: text }
  end
  on(:who) { Realtime.sockets(to: "lobby", namespace: "/boards").map(&:user) }
  on(:rename) { |name| self.data = data.merge("name" => name) }
  on(:my_rooms) { rooms }
  rate_limit to: 1, within: 3600, by: -> { socket.user }, only: :knock
  on(:knock) { "come in" }
  on(:two) { ack(1, 2) }
  on(:later) { defer }
  on(:no) { reject! }
  on(:bye) { socket.disconnect }
  on(:fail) { raise ArgumentError, "an error of the app" }

  on(:client) { ack(socket.dialect, socket.transport) }

  def disconnect(reason) = broadcast.emit("left", reason)

  private

  def about_client = { dialect: socket.dialect, transport: socket.transport, recovered: socket.recovered }
end

# What tests of handlers can say, without Rails.
class HandlerTestCaseTest < Realtime::HandlerTestCase
  tests BoardHandler

  def teardown
    Realtime::Testing.off
    super
  end

  def test_a_client_is_let_in_with_what_connect_gave
    connect(auth: { name: :ann }, headers: { "X-By" => "test" })
    assert_connected
    assert_joined "lobby"
    assert_equal ["ann", { "name" => "ann", "by" => "test" }], [socket.user, socket.data]
    assert_raises(Minitest::Assertion) { assert_joined "other" }
    assert_raises(Minitest::Assertion) { assert_rejected }
  end

  def test_a_client_is_of_any_generation
    connect(auth: { name: "ann" }, dialect: "V09", transport: "htmlfile", recovered: true)
    assert_equal ["V09", "htmlfile", true], socket.data.values_at("dialect", "transport", "recovered")
    assert_equal %w[V09 htmlfile], perform(:client)
    assert_equal %w[V09 htmlfile], Realtime.sockets(namespace: "/boards").first.then { |it| [it.dialect, it.transport] }
  end

  def test_a_handler_is_tested_in_the_namespaces_it_serves
    assert_raises(ArgumentError) { connect(namespace: "/elsewhere") }
    pattern = Class.new(Realtime::Handler) do
      namespace %r{/room-(?<id>\d+)}
      on(:id) { namespace_match[:id] }
    end
    stub_handler_class(pattern) do
      assert_raises(ArgumentError) { connect }
      assert_raises(ArgumentError) { connect(namespace: "/room-x") }
      connect(namespace: "/room-7")
      assert_equal "7", perform(:id)
    end
  end

  # Two tests with a client of the same name: each may knock once.
  %w[one another].each do |test|
    define_method(:"test_rate_limits_count_from_the_start_of_#{test}_test") do
      connect(auth: { name: "ann" })
      assert_equal "come in", perform(:knock)
      assert_nil perform(:knock)
    end
  end

  def test_a_client_is_rejected_with_message_and_data
    connect
    assert_rejected
    assert_rejected "no name", data: { code: Integer }
    assert_raises(Minitest::Assertion) { assert_rejected "other" }
    assert_match(/it was rejected: no name/, assert_raises(Minitest::Assertion) { assert_connected }.message)
    assert_match(/not connected: no name/, assert_raises(ArgumentError) { perform(:move, "a") }.message)
  end

  def test_an_events_value_is_its_acknowledgement_and_its_emits_are_seen
    ann = connect(auth: { name: "ann" })
    assert_equal({ "saved" => "e4" }, perform(:move, :e4))
    assert_emitted "moved", args: %w[e4 ann], to: "lobby", except: ann.id, namespace: "/boards"
    assert_joined "lobby", "movers"
    assert_equal [1, 2], perform(:two)
    assert_equal :deferred, perform(:later)
    assert_predicate ann, :acknowledged?
    assert_nil perform(:no)
    refute_predicate ann, :acknowledged?
  end

  def test_what_one_event_does_to_the_client_the_next_one_sees
    connect(auth: { name: "ann" })
    perform(:rename, "anna")
    assert_equal "anna", socket.data["name"]
    perform(:move, "a1")
    assert_emitted "moved", args: %w[a1 anna]
    assert_equal %w[lobby movers], perform(:my_rooms)
    perform(:bye)
    assert_disconnected(to: socket.id, namespace: "/boards")
    refute_predicate socket, :connected?
  end

  def test_the_clients_of_a_test_are_known_to_the_code_under_test
    ann = connect(auth: { name: "ann" })
    connect(auth: { name: "bob" })
    assert_equal %w[ann bob], ann.perform(:who)
    Realtime.leave("lobby", users: "bob", namespace: "/boards")
    assert_equal 1, Realtime.count(to: "lobby", namespace: "/boards")
    assert_equal({ "lobby" => 1 }, Realtime.rooms(namespace: "/boards"))
    assert_equal 0, Realtime.count
  end

  def test_a_client_leaves
    connect(auth: { name: "ann" })
    disconnect
    assert_emitted "left", with: "transport close"
    assert_raises(ArgumentError) { disconnect }
  end

  def test_what_a_handler_raises_the_test_sees
    assert_raises(IOError) { connect(auth: { name: "broken" }) }
    connect(auth: { name: "ann" })
    assert_equal "an error of the app", assert_raises(ArgumentError) { perform(:fail) }.message
  end

  def test_an_event_that_nobody_handles_is_the_tests_mistake
    connect(auth: { name: "ann" })
    assert_equal '/boards has no handler for "mvoe"', assert_raises(ArgumentError) { perform(:mvoe) }.message
  end

  private

  def stub_handler_class(other)
    define_singleton_method(:handler_class) { other }
    yield
  ensure
    singleton_class.remove_method(:handler_class)
  end
end
