# frozen_string_literal: true

require "test_helper"
require "realtime/test_helper"

# The assertions an app's tests have, and what they say when they fail.
class TestingHelperTest < RealtimeTest
  include Realtime::TestHelper

  def teardown
    Realtime::Testing.off
    super
  end

  def test_each_test_begins_with_nothing
    assert_no_emits
    Realtime.emit("a")
    inside = Realtime::Testing.isolate { Realtime::Testing.emits }
    assert_empty inside
    assert_emits 1
  end

  def test_without_a_block_the_whole_test_is_looked_at_and_with_one_the_block
    Realtime.emit("a")
    assert_emits(1) { Realtime.emit("a") }
    assert_emits 2
    assert_emitted("a", count: 2)
    assert_no_emits { nil }
    assert_no_emits "b"
  end

  def test_filters_look_at_what_they_name_only
    Realtime.emit("order", { id: 7 }, to: %w[b a], namespace: "/shop", except: "s")
    assert_emitted "order"
    assert_emitted "order", to: %w[a b], namespace: "/shop", except: "s", volatile: false
    assert_emitted(/\Aord/)
    assert_no_emits "order", to: "a"
    assert_no_emits "order", namespace: "/"
    assert_no_emits "order", users: 7
    assert_no_emits "order", all: true
  end

  def test_everyone_nobody_and_users_are_told_apart
    Realtime.emit("e")
    Realtime.emit("n", to: nil)
    Realtime.emit("u", users: [7, 8])
    assert_emits(1, all: true)
    assert_emitted "e", all: true
    assert_emitted "n", to: []
    assert_emitted "u", users: [8, "7"]
  end

  def test_payloads_fit_by_value_and_by_pattern
    Realtime.emit("order", { id: 7, at: "10:30", lines: [{ sku: :a, count: 2 }] })
    assert_emitted "order", with: { id: 7, at: "10:30", lines: [{ "sku" => "a", "count" => 2 }] }
    assert_emitted "order", with: { id: Integer, at: /:/, lines: [{ sku: "a", count: 1..3 }] }
    assert_emitted "order", with: ->(order) { order["id"] == 7 }
    assert_no_emits "order", with: { id: 7 }
    Realtime.emit("two", 1, 2)
    assert_emitted "two", args: [1, 2]
    assert_no_emits "two", with: 1
  end

  def test_a_failure_lists_what_there_was
    Realtime.emit("order.updated", { id: 7 }, to: "orders")
    error = assert_raises(Minitest::Assertion) { assert_emitted "order.created", to: "orders", with: { id: 7 } }
    assert_equal <<~TEXT.chomp, error.message
      Expected "order.created" with #{{ id: 7 }.inspect} to: ["orders"] to be sent at least once, but it was 0 times.
      Emitted was:
        "order.updated" #{{ "id" => 7 }.inspect} to: ["orders"]
    TEXT
    error = assert_raises(Minitest::Assertion) { assert_emits(2) { nil } }
    assert_equal "Expected an event to be sent twice in the block, but it was 0 times.\nNothing was emitted.",
                 error.message
  end

  def test_what_no_emit_could_have_is_an_error_and_not_a_failure
    assert_raises(ArgumentError) { assert_emitted "a", room: "b" }
    assert_raises(ArgumentError) { assert_emitted "a", with: 1, args: [1] }
  end

  def test_joins_leaves_and_disconnects
    assert_joined("vip", "x", users: 7) { Realtime.join("vip", "x", "y", users: 7) }
    assert_left("vip", users: 7) { Realtime.leave("vip", users: 7) }
    assert_disconnected(users: 7, close: true) { Realtime.disconnect(users: 7, close: true) }
    assert_no_disconnects(users: 8)
    error = assert_raises(Minitest::Assertion) { assert_joined("gold") }
    assert_match(/Expected a join "gold" to be sent at least once.*join "vip" "x" "y" users: \["7"\]/m, error.message)
  end

  def test_captured_emits_are_filtered_and_stay
    found = capture_emits("b") { %w[a b b].each { |event| Realtime.emit(event, 1) } }
    assert_equal [["b", [1]], ["b", [1]]], (found.map { |emit| [emit.event, emit.args] })
    assert_emits 3
  end

  def test_a_batch_is_seen_as_its_emits
    Realtime.batch { 2.times { |n| Realtime.emit("n", n) } }
    assert_emits 2
    assert_emitted "n", with: 1
  end

  def test_questions_are_answered_as_a_test_wants
    assert_equal 0, Realtime.count
    Realtime::Testing.answer("count") { |params| { "count" => params["to"].size } }
    assert_equal 2, Realtime.count(to: %w[a b])
    Realtime::Testing.clear
    assert_equal 0, Realtime.count
  end

  def test_tests_in_threads_do_not_see_each_other
    ready = Thread::Queue.new
    go = Thread::Queue.new
    threads = Array.new(3) do |number|
      Thread.new do
        Realtime::Testing.isolate do
          ready << 1
          go.pop
          (number + 1).times { Realtime.emit("n", number) }
          # In a fiber too, as in an Enumerator.
          Enumerator.new { |yielder| yielder << Realtime.emit("n", number) }.next
          Realtime::Testing.emits.flat_map(&:args)
        end
      end
    end
    3.times { ready.pop }
    3.times { go << 1 }
    assert_equal [[0] * 2, [1] * 3, [2] * 4], threads.map(&:value)
    assert_no_emits
  end

  def test_a_thread_that_belongs_to_no_test_belongs_to_the_one_that_runs
    requests = Thread::Queue.new
    server = Realtime::Testing.isolate { Thread.new { loop { requests.pop.call } } }
    assert_emitted "from a server's thread" do
      done = Thread::Queue.new
      requests << -> { done << Realtime.emit("from a server's thread") }
      done.pop
    end
  ensure
    server.kill.join
  end

  def test_a_forked_child_has_an_outbox_too
    said = in_child do
      Realtime::Testing.isolate { Realtime.emit("a") || Realtime::Testing.emits.size }
    end
    assert_equal "1", said
    assert_no_emits
  end
end
