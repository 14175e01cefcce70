# frozen_string_literal: true

require "test_helper"

# Tokens, as their bytes are: that the sidecar takes them is tested against it.
class TokenTest < RealtimeTest
  SECRET = "a secret of more than thirty-two bytes"

  def test_a_token_is_signed_text_of_header_and_claims
    header, claims, signature = Realtime::Token.new(config).connect(user: 7).split(".")
    assert_equal '{"alg":"HS256","typ":"JWT"}', decode(header)
    assert_equal base64(OpenSSL::HMAC.digest("SHA256", key, "#{header}.#{claims}")), signature
    refute_match(%r{[+/=]}, [header, claims, signature].join)
  end

  def test_a_connect_token_says_what_it_was_given
    time = Time.now.to_i
    claims = connect(user: 7, rooms: ["a", :b, 3], namespace: "/chat", expires_in: 60, login: "l", data: { at: 1.5 })
    assert_equal({ "aud" => "realtime.connect", "ns" => "/chat", "sub" => "7", "rooms" => %w[a b 3], "login" => "l",
                   "data" => { "at" => 1.5 } }, claims.except("iat", "exp"))
    assert_in_delta time, claims["iat"], 5
    assert_equal 60, claims["exp"] - claims["iat"]
  end

  def test_a_token_of_nobody
    assert_equal %w[aud ns iat exp], connect.keys
    assert_equal 600, connect.then { |claims| claims["exp"] - claims["iat"] }
  end

  def test_a_room_token_says_its_rooms
    claims = read(Realtime::Token.new(config).room("a", %w[b c], expires_in: 0.5))
    assert_equal({ "aud" => "realtime.room", "ns" => "/", "rooms" => %w[a b c] }, claims.except("iat", "exp"))
    assert_equal 1, claims["exp"] - claims["iat"], "never a token that has no time at all"
  end

  def test_data_is_as_a_browser_would_get_it
    data = { 1 => :x, "at" => Time.at(0), "list" => [nil, true, "ü"] }
    assert_equal({ "1" => "x", "at" => "1970-01-01T00:00:00.000Z", "list" => [nil, true, "ü"] },
                 connect(data: data)["data"])
    assert_equal false, connect(data: false)["data"]
    assert_raises(ArgumentError) { connect(data: "\xFF".b) }
    assert_raises(ArgumentError) { connect(data: Float::NAN) }
  end

  def test_what_makes_no_token
    tokens = Realtime::Token.new(config)
    assert_raises(ArgumentError) { tokens.room }
    assert_raises(ArgumentError) { tokens.room(nil) }
    assert_raises(ArgumentError) { tokens.connect(expires_in: 0) }
    assert_raises(ArgumentError) { tokens.connect(expires_in: -1) }
    assert_raises(ArgumentError) { tokens.connect(user: Object.new) }
    error = assert_raises(Realtime::TooLarge) { tokens.connect(data: "x" * 8192) }
    assert_match(/at most 8192/, error.message)
    error = assert_raises(Realtime::Error) { Realtime::Token.new(config(secret: nil)).connect }
    assert_match(/no secret to sign with/, error.message)
  end

  def test_the_newest_secret_signs_and_those_before_are_still_keys
    keys = Realtime::Token::Keys.of(config(secret: "new", previous_secrets: ["old", SECRET]))
    assert_equal [3, 32, key], [keys.uniq.size, keys.first.bytesize, keys.last]
  end

  def test_hello_brings_the_keys_whatever_the_process_is
    server = peer
    client(secret: SECRET).emitter.then { |emitter| emitter.emit(emitter.select, "a", []) }
    assert_equal ["emitter", [key], Encoding::BINARY], role_and_keys(server)
    client(secret: SECRET).start
    assert_equal ["handler", [key], Encoding::BINARY], role_and_keys(server)
    client.start
    refute server.link.hello.key?("keys"), "without a secret there are none"
  end

  def test_a_secret_that_cannot_be_read_keeps_nobody_from_connecting
    server = peer
    client(token_keys: -> { raise "no credentials" }).start
    refute server.link.hello.key?("keys")
    assert_match(/no keys for tokens: RuntimeError: no credentials/, @log.string)
  end

  private

  def config(**options)
    Realtime::Config.new(env: {}, root: @folder, secret: SECRET, **options)
  end

  def connect(**options)
    read(Realtime::Token.new(config).connect(**options))
  end

  def read(token)
    JSON.parse(decode(token.split(".")[1]))
  end

  # By RFC 5869 with one block, which 32 bytes need.
  def key
    extracted = OpenSSL::HMAC.digest("SHA256", "\0" * 32, SECRET)
    OpenSSL::HMAC.digest("SHA256", extracted, "realtime tokens\x01")
  end

  def decode(part)
    part.tr("-_", "+/").unpack1("m").force_encoding("UTF-8")
  end

  def base64(bytes)
    [bytes].pack("m0").tr("+/", "-_").delete("=")
  end

  def role_and_keys(server)
    hello = server.link.hello
    [hello["role"], hello["keys"], hello["keys"].first.encoding]
  end
end
