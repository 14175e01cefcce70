# frozen_string_literal: true

require "test_helper"

class ValuesTest < Minitest::Test
  Money = Struct.new(:cents) do
    def as_json(*) = { "cents" => cents, :currency => :EUR }
  end

  def test_plain_values_are_kept
    value = [nil, true, 1, -2.5, "text", { "a" => { "b" => [] } }]
    assert_equal value, wire(value)
  end

  def test_keys_become_text
    assert_equal({ "a" => 1, "1" => 2, "b" => 3 }, wire({ a: 1, 1 => 2, "b".b => 3 }))
    assert_equal Encoding::UTF_8, wire({ "b".b => 3 }).keys.first.encoding
  end

  def test_binary_strings_stay_attachments_at_any_depth
    assert_equal Encoding::BINARY, wire([{ a: "x".b }]).dig(0, "a").encoding
  end

  def test_as_json_is_asked_and_its_answer_looked_through
    assert_equal [{ "cents" => 5, "currency" => "EUR" }], wire([Money.new(5)])
  end

  def test_times_and_dates
    time = Time.at(0)
    assert_equal [time, time, "2026-11-20"], wire([time, time.to_datetime, Date.new(2026, 11, 20)])
  end

  def test_what_has_no_form_is_named
    assert_match(/Object/, assert_raises(ArgumentError) { wire(Object.new) }.message)
    assert_match(/64 bits/, assert_raises(ArgumentError) { wire(1 << 64) }.message)
  end

  def test_what_contains_itself_is_refused
    loop = []
    loop << loop
    assert_raises(ArgumentError) { wire(loop) }
  end

  def test_the_values_are_those_of_the_moment
    list = [1]
    taken = wire([list])
    list << 2
    assert_equal [[1]], taken
  end

  private

  def wire(value)
    Realtime::Values.wire(value)
  end
end
