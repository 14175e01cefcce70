# frozen_string_literal: true

module Realtime
  # Finds arrays that claim more elements than their frame has bytes. msgpack-ruby (1.4 at least)
  # makes room for what a 32-bit array header claims before it looks at the elements: five bytes
  # would cost 32 GiB. Headers of maps and shorter ones do no such harm.
  #
  # Nearly every frame is let through by one scan for the header's first byte. Only where a byte of
  # that value is followed by too large a count, which may as well be text, the values are walked.
  #
  # @api private
  module ArrayLengths
    ARRAY32 = "\xDD".b.freeze

    # First byte => [bytes of its length field, bytes fixed besides]. Containers count elements, the others bytes.
    SIZES = {
      0xc4 => [1, 0], 0xc5 => [2, 0], 0xc6 => [4, 0],
      0xc7 => [1, 1], 0xc8 => [2, 1], 0xc9 => [4, 1],
      0xca => [0, 4], 0xcb => [0, 8],
      0xcc => [0, 1], 0xcd => [0, 2], 0xce => [0, 4], 0xcf => [0, 8],
      0xd0 => [0, 1], 0xd1 => [0, 2], 0xd2 => [0, 4], 0xd3 => [0, 8],
      0xd4 => [0, 2], 0xd5 => [0, 3], 0xd6 => [0, 5], 0xd7 => [0, 9], 0xd8 => [0, 17],
      0xd9 => [1, 0], 0xda => [2, 0], 0xdb => [4, 0],
      0xdc => [2, 0], 0xdd => [4, 0], 0xde => [2, 0], 0xdf => [4, 0]
    }.freeze
    private_constant :ARRAY32, :SIZES

    class << self
      # @param body [String] binary; one MessagePack value
      # @return [Boolean] whether every 32-bit array header in it can be true
      def plausible?(body)
        at = -1
        while (at = body.index(ARRAY32, at + 1))
          return walk(body) if count_at(body, at) > body.bytesize
        end
        true
      end

      private

      def count_at(body, offset)
        body.byteslice(offset + 1, 4).unpack1("N") || 0
      end

      # Reads headers in order; containers need no stack, as their elements follow one by one.
      def walk(body)
        at = 0
        while (first = body.getbyte(at))
          return false if first == 0xdd && count_at(body, at) > body.bytesize

          at += width(body, at, first)
        end
        true
      end

      def width(body, at, first)
        return 1 + (first & 0x1f) if first.between?(0xa0, 0xbf)

        length_bytes, fixed = SIZES[first]
        return 1 unless length_bytes

        counted = first.between?(0xdc, 0xdf) ? 0 : length(body, at + 1, length_bytes)
        1 + length_bytes + fixed + counted
      end

      def length(body, at, bytes)
        body.byteslice(at, bytes).each_byte.inject(0) { |sum, byte| (sum << 8) | byte }
      end
    end
  end
end
