# frozen_string_literal: true

require "json"
require "openssl"
require_relative "errors"
require_relative "values"
require_relative "token/keys"

module Realtime
  # Makes the tokens by which the app says beforehand who a client is and which rooms it may follow:
  # JSON Web Tokens, HS256. The sidecar verifies them without asking the app; the keys go there in
  # hello. This file only signs, with the newest key.
  #
  # What a token says cannot be taken back before it expires: give it as long as a page needs to be
  # loaded and connect, or as long as a room may be followed after its right was lost.
  class Token
    # What a token is for, in its claim aud.
    CONNECT = "realtime.connect"
    ROOM = "realtime.room"

    # Bytes a token may have; the sidecar takes no longer ones.
    MAX_BYTES = 8192

    HEADER = { "alg" => "HS256", "typ" => "JWT" }.freeze
    private_constant :HEADER

    # @param config [Config] whose newest key signs
    def initialize(config)
      @config = config
    end

    # @see Realtime.token
    def connect(user: nil, rooms: [], namespace: "/", expires_in: 600, login: nil, data: nil)
      claims = { "aud" => CONNECT, "ns" => Names.namespace(namespace) }
      claims["sub"] = Values.text(user, "user") unless user.nil?
      rooms = Values.texts(rooms, "rooms")
      claims["rooms"] = rooms if rooms.any?
      claims["login"] = login if login
      claims["data"] = plain(Values.wire(data)) unless data.nil?
      sign(claims, expires_in)
    end

    # @see Realtime.room_token
    def room(*rooms, namespace: "/", expires_in: 86_400)
      rooms = Values.all_texts(rooms, "rooms")
      raise ArgumentError, "a room token needs a room" if rooms.empty?

      sign({ "aud" => ROOM, "ns" => Names.namespace(namespace), "rooms" => rooms }, expires_in)
    end

    private

    def sign(claims, expires_in)
      raise ArgumentError, "expires_in must be more than 0 seconds" unless expires_in.to_f.positive?

      now = Time.now.to_i
      claims = claims.merge("iat" => now, "exp" => (now + expires_in.to_f).ceil)
      text = "#{base64(json(HEADER))}.#{base64(json(claims))}"
      token = "#{text}.#{base64(OpenSSL::HMAC.digest("SHA256", key, text))}"
      return token if token.bytesize <= MAX_BYTES

      raise TooLarge, "a token of #{token.bytesize} bytes: at most #{MAX_BYTES}; put less into data and rooms"
    end

    def key
      Keys.of(@config).first or raise Error, "no secret to sign with: set Realtime.config.secret " \
                                             "(under Rails it is secret_key_base)"
    end

    def json(value)
      JSON.generate(value)
    rescue JSON::GeneratorError => e
      raise ArgumentError, "data cannot be put into a token: #{e.message}"
    end

    # As the link would carry it to a browser; bytes have no form in JSON.
    def plain(value)
      case value
      when Hash then value.transform_values { |each| plain(each) }
      when Array then value.map { |each| plain(each) }
      when Time then value.getutc.strftime("%FT%T.%LZ")
      when String then text(value)
      else value
      end
    end

    def text(value)
      return value unless value.encoding == Encoding::BINARY && !value.ascii_only?

      raise ArgumentError, "a token carries text, not bytes"
    end

    # Without padding, for URLs. Source: RFC 7515, section 2.
    def base64(bytes)
      [bytes].pack("m0").tr("+/", "-_").delete("=")
    end
  end
end
