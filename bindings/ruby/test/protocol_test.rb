# frozen_string_literal: true

require "test_helper"
require "base64"
require "json"
require "time"

# The codec, against the vectors that all languages share.
class ProtocolTest < Minitest::Test
  Protocol = Realtime::Protocol
  VECTORS = JSON.parse(File.read(File.expand_path("../../../conformance/vectors/rpc.json", __dir__)))

  VECTORS.each do |vector|
    wire = vector["wire"]&.b || [vector["wire_hex"]].pack("H*")
    name = vector["name"].gsub(/\W+/, "_")

    if vector["error"]
      define_method(:"test_refuses_#{name}") do
        error = assert_raises(Realtime::ProtocolError) { decode(wire) }
        assert_equal vector["error"].to_sym, error.fault
      end
      next
    end

    define_method(:"test_reads_#{name}") { assert_equal frame(vector["value"]), decode(wire) }

    define_method(:"test_reads_byte_by_byte_#{name}") { assert_equal frame(vector["value"]), decode(*wire.each_char) }

    next if vector["canonical"] == false

    define_method(:"test_writes_#{name}") { assert_equal wire, encode(frame(vector["value"])) }
  end

  def test_two_frames_in_one_read_come_in_order
    bytes = Protocol.notification("a", {}) + Protocol.notification("b", {})
    decoder = Protocol::Decoder.new
    names = []
    decoder.feed(bytes) { |frame| names << frame.name }
    assert_equal %w[a b], names
  end

  def test_a_frame_over_the_limit_is_not_written
    assert_raises(Realtime::TooLarge) { Protocol.notification("a", { "x" => "y" * 100 }, max_frame: 100) }
  end

  def test_the_length_is_refused_before_the_frame_is_there
    decoder = Protocol::Decoder.new(max_frame: 10)
    error = assert_raises(Realtime::ProtocolError) { decoder.feed([11].pack("N")) { flunk } }
    assert_equal :length, error.fault
  end

  private

  def decode(*chunks)
    frames = []
    decoder = Protocol::Decoder.new
    chunks.each { |chunk| decoder.feed(chunk) { |frame| frames << frame } }
    assert_equal 1, frames.size
    frames.first
  end

  def encode(frame)
    case frame
    when Protocol::Request then Protocol.request(*frame)
    when Protocol::Response then Protocol.response(*frame)
    else Protocol.notification(*frame)
    end
  end

  def frame(value)
    case value.fetch("kind")
    when "request" then Protocol::Request.new(value["id"], value["method"], plain(value["params"]))
    when "response" then Protocol::Response.new(value["id"], plain(value["error"]), plain(value["result"]))
    when "notification" then Protocol::Notification.new(value["method"], plain(value["params"]))
    else raise "unknown kind #{value["kind"]}"
    end
  end

  # The vectors' words for what JSON has no form for.
  def plain(value)
    case value
    when Array then value.map { |element| plain(element) }
    when Hash
      return Base64.strict_decode64(value["$bin"]).b if value.key?("$bin")
      return Time.iso8601(value["$time"]) if value.key?("$time")

      value.transform_values { |inner| plain(inner) }
    else value
    end
  end
end
