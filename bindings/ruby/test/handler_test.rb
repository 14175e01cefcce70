# frozen_string_literal: true

require "test_helper"
require_relative "support/handled"

# Handler classes: what they declare, and what clients get for it.
class HandlerTest < Minitest::Test
  include Handled

  class ApplicationHandler < Realtime::Handler
    on(:version) { 1 }
    def connect = join("everyone")
  end

  class Chat < ApplicationHandler
    namespace "/chat"
    on(:message) { |text| text }
  end

  def test_connect_gives_and_refuses
    handler do
      def connect(auth)
        reject!("no", { code: 1 }) unless auth
        join "a", :b
        self.data = { name: auth["name"] }
      end
    end
    assert_equal [nil, { "rooms" => %w[a b], "data" => { "name" => "ann" } }], connect({ "name" => "ann" })
    assert_equal [{ "code" => "refused", "message" => "no", "data" => { "code" => 1 } }, nil], connect
    assert_equal ["connect"], @here.router.hooks
  end

  def test_connect_knows_auth_and_claims_and_an_event_does_not
    seen = []
    handler do
      define_method(:connect) { seen << [auth, claims, event_name] }
      on(:a) { seen << [auth, claims, event_name, event_id, attempt, event_args] }
    end
    connect({ "x" => 1 }, claims: { "sub" => "User:7" })
    perform(:a, 5, attempt: 2)
    assert_equal [{ "x" => 1 }, { "sub" => "User:7" }, nil], seen.first
    assert_equal [nil, nil, "a", "e1", 2, [5]], seen.last
  end

  def test_values_are_acknowledgements
    handler do
      on(:nothing) { nil }
      on(:value) { 7 }
      on(:several) { ack(1, 2) }
      on(:early) do
        socket.ack("early")
        "late"
      end
      on(:later) { defer }
      on(:left) { |text| return "left" if text }
    end
    assert_equal [], perform(:nothing)
    assert_equal [7], perform(:value)
    assert_equal [1, 2], perform(:several)
    assert_equal ["early"], perform(:early)
    assert_equal({ "defer" => true }, perform(:later))
    assert_equal ["left"], perform(:left, "x")
  end

  def test_arguments_are_as_many_as_a_method_takes
    handler do
      on(:two) { |one, two| [one, two] }
      on(:optional) { |one, two = 2| [one, two] }
      on(:any) { |one, *rest| [one, rest] }
      on :named
      def named(one, two) = [one, two]
    end
    assert_equal [[1, nil]], perform(:two, 1)
    assert_equal [[[1, 2], nil]], perform(:two, [1, 2]), "a list is one argument"
    assert_equal [[1, 2]], perform(:optional, 1)
    assert_equal [[1, [2, 3]]], perform(:any, 1, 2, 3)
    assert_equal [[1, 2]], perform(:named, 1, 2, 3)
    assert_equal [[nil, nil]], perform(:named)
  end

  def test_emits_go_where_the_socket_would_send_them
    handler do
      on :talk do
        emit "to me", 1
        broadcast.emit "to others"
        to("room").emit "to the room"
        join "vip"
      end
    end
    perform(:talk)
    assert_equal([["to me", ["s1"], []], ["to others", nil, ["s1"]], ["to the room", ["room"], ["s1"]]],
                 @outbox.sent.first(3).map { |sent| [sent.event, sent.to, sent.except] })
    assert_equal(["join", { "namespace" => "/", "to" => ["s1"], "rooms" => ["vip"] }], @outbox.sent.last.to_a)
  end

  def test_an_instance_lasts_for_one_event
    handler { on(:count) { @count = @count.to_i + 1 } }
    assert_equal [[1], [1]], [perform(:count), perform(:count)]
  end

  def test_on_any_hears_every_event_before_its_handler
    handler do
      before_event { (@heard = []) << "callback" }
      on_any { |event, *args| @heard << [event, args] }
      on(:named) { |arg| [@heard, arg] }
    end
    assert_equal [[["callback", ["named", [1]]], 1]], perform(:named, 1)
    assert_nil perform(:else, 1), "its value is no acknowledgement"
    @here.router.mount(Chat)
    assert_nil perform(:else, namespace: "/chat")
  end

  def test_on_any_may_end_the_event_or_acknowledge_it
    handler do
      on_any do |event|
        halt(error: "closed") if event == "shut"
        reject! "no" if event == "no"
        socket.ack("heard") if event == "else"
      end
      on(:shut) { "open" }
      on(:no) { "yes" }
    end
    assert_equal [{ "error" => "closed" }], perform(:shut)
    assert_nil perform(:no)
    assert_equal ["heard"], perform(:else)
  end

  def test_on_any_of_a_pattern_hears_events_of_other_classes
    heard = []
    handler { on(:here) { heard << "handler" } }
    listening = Class.new(Realtime::Handler) do
      namespace "/*"
      before_event { heard << "callback" }
      on_any { |event| event == "stop" ? halt(1) : heard << namespace_match[1] }
    end
    @here.router.mount(listening)
    @here.router.add(:any, proc { |_, event| heard << event }, namespace: "/*")
    perform(:here)
    assert_equal ["callback", "", "here", "handler"], heard
    assert_equal [1], perform(:stop)
  end

  def test_a_pattern_s_captures_are_at_hand_in_every_handler
    told = []
    made = Class.new(Realtime::Handler) do
      namespace %r{/room-(?<id>\d+)}
      define_method(:connect) { self.data = namespace_match[:id] }
      on(:id) { [namespace_match[:id], socket.namespace_match[1], data] }
      define_method(:disconnect) { |_reason| told << namespace_match[:id] }
    end
    @here.router.mount(made)
    @here.router.add(:event, proc { |socket| socket.namespace_match[1] }, namespace: "/*", event: "star")
    assert_equal({ "data" => "7" }, connect(nil, namespace: "/room-7").last)
    assert_equal [%w[7 7 7]], perform(:id, namespace: "/room-7", data: "7")
    assert_equal ["room-7"], perform(:star, namespace: "/room-7")
    call("disconnect", "namespace" => "/room-7", "reason" => "transport close")
    assert_equal ["7"], told
    assert_nil perform(:id, namespace: "/room-x")
  end

  def test_an_acknowledgement_of_more_than_clients_take_is_an_error
    handler { on(:much) { Array.new(11) { "x".b } } }
    error, = call("event", "event" => "much", "args" => [])
    assert_match(/11 binary values/, error["message"])
  end

  def test_a_reject_or_halt_in_an_event_is_no_acknowledgement
    handler do
      on(:reject) { reject! "no" }
      on(:halt) { halt }
      on(:answer) { halt({ error: "no" }) }
    end
    assert_equal [nil, nil], [perform(:reject), perform(:halt)]
    assert_equal [{ "error" => "no" }], perform(:answer)
    assert_empty @log.string
  end

  def test_a_halt_in_connect_refuses
    handler { before_connect { halt } }
    assert_equal "refused", connect.first["code"]
  end

  def test_disconnect_has_the_reason
    seen = []
    handler { define_method(:disconnect) { |reason| seen << [reason, socket.id, data] } }
    assert_equal [nil, nil], call("disconnect", { "reason" => "ping timeout", "data" => 1 })
    assert_equal [["ping timeout", "s1", 1]], seen
    assert_equal ["disconnect"], @here.router.hooks
  end

  def test_a_subclass_has_what_its_base_declares
    @here.router.mount(Chat)
    assert_equal({ "rooms" => ["everyone"] }, connect(namespace: "/chat").last)
    assert_equal [1], perform(:version, namespace: "/chat")
    assert_equal ["hi"], perform(:message, "hi", namespace: "/chat")
  end

  def test_the_app_serves_its_named_classes_that_name_a_namespace
    assert_includes Realtime::Handler.serving, Chat
    refute_includes Realtime::Handler.serving, ApplicationHandler
  end

  def test_a_class_that_is_not_what_its_name_stands_for_serves_nothing
    old = Class.new(Realtime::Handler) { namespace "/old" }
    self.class.const_set(:Old, old)
    assert_includes Realtime::Handler.serving, old
    self.class.send(:remove_const, :Old)
    refute_includes Realtime::Handler.serving, old
  end

  def test_a_namespace_has_one_class
    handler { on(:a) { 1 } }
    error = assert_raises(ArgumentError) { handler { on(:b) { 1 } } }
    assert_match(%r{both serve /: one class per namespace}, error.message)
    assert_equal [1], perform(:a), "the first still does"
  end

  def test_a_reloaded_class_takes_its_own_place
    @here.router.mount(Chat)
    again = Class.new(ApplicationHandler) do
      namespace "/chat"
      on(:message) { 2 }
      def self.name = Chat.name
    end
    @here.router.mount(again)
    assert_equal [2], perform(:message, namespace: "/chat")
  end

  def test_a_block_and_a_class_do_not_share_a_place
    handler { def connect = nil }
    @here.router.add(:event, proc { 1 }, event: "a")
    assert_equal [1], perform(:a), "another place is free"
    assert_raises(ArgumentError) { @here.router.add(:connect, proc {}) }
  end

  def test_mistakes_are_named
    assert_match(/define the method connect/, mistake { on(:connect) {} })
    assert_match(/needs a block or a method typing/, mistake { on :typing })
    assert_match(/needs a block or a method system/, mistake { on :system }, "everybody's methods are nobody's to call")
    assert_match(/needs a block or a method leave/, mistake { on :leave })
    nameless = Class.new(Realtime::Handler) { on(:a) {} }
    assert_match(/names no namespace/, assert_raises(ArgumentError) { @here.router.mount(nameless) }.message)
    assert_match(/abstract/, assert_raises(ArgumentError) { @here.router.mount(ApplicationHandler) }.message)
  end

  private

  def mistake(&body)
    assert_raises(ArgumentError) { handler(&body) }.message
  end
end
