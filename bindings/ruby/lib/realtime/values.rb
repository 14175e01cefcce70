# frozen_string_literal: true

require "date"
require_relative "names"

module Realtime
  # Ruby values as the link carries them, taken at the moment of the call: what the caller changes
  # afterwards is not seen by clients.
  #
  # | Ruby | on the link | in a browser |
  # |---|---|---|
  # | nil true false Integer Float | the same | the same; NaN and infinities are null |
  # | String, Symbol | str | string |
  # | String in ASCII-8BIT (`"…".b`) | bin | an attachment: ArrayBuffer or Buffer |
  # | Array, Hash | the same, keys as strings | array, object |
  # | anything with as_json (all of it under Active Support) | what as_json gives | as `render json:` has it |
  # | Time, DateTime, Date, without Active Support | timestamp; Date is text | ISO 8601 |
  module Values
    # Integers that MessagePack has a form for.
    INTEGERS = (-(1 << 63)...(1 << 64))

    # As deep as the sidecar takes arguments, less what the frame around them uses.
    MAX_DEPTH = 60

    # What becomes of a value on its way to clients: how many attachments it has, and how many bytes its
    # texts and attachments have, which is the least that it will have there.
    class Tally
      attr_reader :attachments, :bytes

      def initialize
        @attachments = @bytes = 0
      end

      # @api private
      def add(string)
        @bytes += string.bytesize
        @attachments += 1 if string.encoding == Encoding::BINARY
        string
      end
    end

    class << self
      # @param value [Object]
      # @param tally [Tally, nil] to count in
      # @return [Object] built of nil, booleans, numbers, strings, arrays, hashes and times only
      # @raise [ArgumentError] for what has no form on the link, names the class
      def wire(value, tally = nil, depth = 0)
        case value
        when nil, true, false, Float then value
        when String then tally ? tally.add(value) : value
        when Integer then integer(value)
        when Symbol then value.name
        when Array then array(value, tally, depth)
        when Hash then hash(value, tally, depth)
        else other(value, tally, depth)
        end
      end

      # @see Names.text
      def text(value, what) = Names.text(value, what)

      # @see Names.list
      def texts(value, what) = Names.list(value, what)

      # @see Names.all
      def all_texts(values, what) = Names.all(values, what)

      private

      def integer(value)
        return value if INTEGERS.cover?(value)

        raise ArgumentError, "an Integer of more than 64 bits cannot be sent: send it as a String"
      end

      def array(values, tally, depth)
        deeper(depth)
        values.map { |value| wire(value, tally, depth + 1) }
      end

      def hash(values, tally, depth)
        deeper(depth)
        result = {}
        values.each_pair { |key, value| result[name(key)] = wire(value, tally, depth + 1) }
        result
      end

      def name(key)
        case key
        when Symbol then key.name
        when String then Names.utf8(key)
        else key.to_s
        end
      end

      def other(value, tally, depth)
        if value.respond_to?(:as_json)
          deeper(depth)
          return wire(value.as_json, tally, depth + 1)
        end

        case value
        when Time then value
        when DateTime then value.to_time
        when Date then value.iso8601
        else
          raise ArgumentError, "a #{value.class} cannot be sent: give a Hash or a String, or define as_json"
        end
      end

      def deeper(depth)
        raise ArgumentError, "values nested deeper than #{MAX_DEPTH}" if depth >= MAX_DEPTH
      end
    end
  end
end
