# frozen_string_literal: true

require_relative "../support/records_app"
require "set"

# Values as a Rails app has them, as clients get them.
class ValuesSuite < RecordsAppSuite
  Point = Struct.new(:x, :y)

  class Money
    def initialize(cents) = @cents = cents
    def as_json(*) = { "cents" => @cents, :scan => "\xff".b }
  end

  def test_numbers_and_times
    assert_equal "19.99", value(BigDecimal("19.99"))
    assert_nil value(BigDecimal("NaN"))
    assert_equal 86_400, value(1.day)
    assert_equal "2026-01-01T00:00:00.000Z", value(Time.utc(2026))
    assert_equal "2026-01-01T01:00:00.000+01:00", value(Time.utc(2026).in_time_zone("Berlin"))
    assert_equal "2026-01-01", value(Date.new(2026))
    assert_equal "2026-01-01T00:00:00.000+00:00", value(DateTime.new(2026))
    assert_equal "1..3", value(1..3)
  end

  def test_collections
    assert_equal [1, 2], value(Set[1, 2])
    assert_equal({ "x" => 1, "y" => { "a" => "b" } }, value(Point.new(1, { a: :b })))
    assert_equal({ "a" => { "b" => [1] } }, value({ a: { b: [1] } }.with_indifferent_access))
    assert_equal [0, 2], value([0, 2].each)
    assert_equal({ "k" => 1 }, value(ActiveSupport::OrderedOptions.new.merge!(k: 1)))
  end

  def test_records_and_relations_are_what_as_json_says
    order = Order.create!(total: "1.5", state: "new")
    row = { "id" => order.id, "total" => "1.5", "state" => "new", "scan" => nil,
            "created_at" => order.created_at.as_json, "updated_at" => order.updated_at.as_json }
    assert_equal row, value(order)
    assert_equal [row], value(Order.all)
    assert_equal({ "orders" => [{ "id" => order.id }] }, value({ orders: Order.all.map { |each| each.slice(:id) } }))
  end

  def test_texts
    assert_equal "<b>&amp;</b>", value("<b>".html_safe << "&" << "</b>".html_safe)
    assert_equal "text", value("text".inquiry)
    assert_equal "<p>hi</p>", value(ActionText::Content.new("<p>hi</p>"))
    assert_equal "sym", value(:sym)
    assert_equal "é", value("é".encode("ISO-8859-1"))
    assert_equal "frozen", value("frozen")
  end

  def test_binary_strings_are_attachments_at_any_depth
    bytes = "\xff\x00".b.freeze
    assert_equal bytes, value(bytes)
    found = value({ a: [{ b: bytes }, Point.new(bytes, Money.new(1))] })
    assert_equal [bytes, bytes, "\xff".b], [found["a"][0]["b"], found["a"][1]["x"], found["a"][1]["y"]["scan"]]
    assert_equal [Encoding::BINARY] * 2, [found["a"][0]["b"].encoding, found["a"][1]["y"]["scan"].encoding]
    scan = value(Order.create!(scan: bytes).slice(:scan))["scan"]
    assert_equal [bytes, Encoding::BINARY], [scan, scan.encoding]
  end

  def test_the_same_in_a_transaction_and_a_batch
    values = [BigDecimal("1.5"), 1.day, Set[1], "\xff".b, Money.new(5)]
    Realtime.emit("a", *values)
    Order.transaction { Realtime.emit("a", *values) }
    Realtime.batch { Realtime.emit("a", *values) }
    assert_equal 1, emits.map(&:args).uniq.size
    assert_equal 3, emits.size
  end

  private

  def value(value)
    Realtime.emit("a", value)
    emits.last.args.first
  end
end
