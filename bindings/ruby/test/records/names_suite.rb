# frozen_string_literal: true

require_relative "../support/databases"
require "set"

# What rooms and users are called when they are records.
class NamesSuite < RecordSuite
  class Special < Order
  end

  def test_records_are_model_and_id
    order = Order.create!
    assert_equal ["Order:#{order.id}"], room(order)
    special = Special.create!(type: nil)
    assert_equal ["Order:#{special.id}"], room(special), "whichever subclass it is"
    assert_equal(["Order:#{order.id}"], to(users: order)["users"])
    assert_equal(["Order:#{order.id}"], to(except: [order])["except"])
    assert_equal ["Order:#{order.id}"], room(order.destroy!), "also when it has gone"
  end

  def test_a_list_is_several_rooms_and_a_list_in_it_one
    order = Order.create!
    assert_equal ["Order:#{order.id}", "lobby"], room([order, "lobby"])
    assert_equal ["Order:#{order.id}:lines"], room([[order, :lines]])
    assert_equal "Order:#{order.id}:lines:7", Realtime.room(order, :lines, 7)
    assert_equal(%w[a b], to { |all| all.to(["a"], "b") }["to"])
    assert_equal(["Order:#{order.id}:lines"], to { |all| all.to([[order, :lines]]) }["to"])
  end

  def test_relations_and_sets_are_their_members
    orders = Array.new(2) { Order.create! }
    names = orders.map { |order| "Order:#{order.id}" }
    assert_equal names, room(Order.order(:id))
    assert_equal [*names, "a"], room([Order.order(:id), "a"])
    assert_equal names, room(orders.to_set)
    assert_equal [], room(Order.none), "nobody, not everyone"
    assert_equal [], room([[]])
  end

  def test_rooms_to_join
    order = Order.create!
    Realtime.join(order, "a", [[order, :x]], users: 1)
    assert_equal ["Order:#{order.id}", "a", "Order:#{order.id}:x"], @link.frames.last.last["rooms"]
    admission = Realtime::Admission.new(Realtime.emitter, { "socket" => "s" })
    admission.join(order, %w[b c])
    admission.user = order
    assert_equal({ "rooms" => ["Order:#{order.id}", "b", "c"], "user" => "Order:#{order.id}" }, admission.grant)
  end

  def test_what_has_no_name
    assert_match(/not saved/, assert_raises(ArgumentError) { room(Order.new) }.message)
    assert_match(/not saved/, assert_raises(ArgumentError) { room([[Order.new(id: 7), :x]]) }.message)
    assert_raises(ArgumentError) { room(Object.new) }
    assert_raises(ArgumentError) { room([["a", nil]]) }
    assert_raises(ArgumentError) { room({ a: 1 }) }
    assert_raises(ArgumentError) { Realtime.room }
  end

  private

  def room(value)
    to(to: value)["to"]
  end

  def to(**whom)
    block_given? ? yield(Realtime.emitter.select).emit("a") : emit("a", **whom)
    @link.frames.last.last
  end
end
