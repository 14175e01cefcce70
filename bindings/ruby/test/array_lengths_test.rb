# frozen_string_literal: true

require "test_helper"

class ArrayLengthsTest < Minitest::Test
  def test_text_that_looks_like_a_header_passes
    assert plausible("\u0740\u0741\u0742\u0743 text")
    assert plausible(["\xDD\xFF\xFF\xFF\xFF".b, { "\u0740" => ["\u0740" * 300] }, 0xdd, 1.5, Time.at(0)])
  end

  def test_a_header_that_lies_is_found_behind_every_kind_of_value
    [nil, 7, 70_000, -1, 1.5, "a" * 20, "a" * 300, "b".b * 300, [1], { "a" => 1 }].each do |before|
      body = "\x92".b << MessagePack.pack(before) << "\xDD\xFF\xFF\xFF\xF0".b
      refute Realtime::ArrayLengths.plausible?(body), "after #{before.inspect}"
    end
  end

  private

  def plausible(value)
    Realtime::ArrayLengths.plausible?(Realtime::Protocol.notification("x", { "v" => value }).byteslice(4..))
  end
end
