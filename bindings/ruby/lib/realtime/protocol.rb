# frozen_string_literal: true

require "msgpack"
require_relative "array_lengths"
require_relative "errors"

module Realtime
  # The frames of the app link as values, and their bytes. Pure: no socket, no thread, no clock.
  #
  # Shape: u32 big-endian length, then one MessagePack array:
  #   [0, id, method, params]   a request
  #   [1, id, error, result]    its response
  #   [2, method, params]       a notification
  # params travels as an array that holds one map; here it is that map.
  #
  # @see docs/protocol/rpc.md
  module Protocol
    REQUEST = 0
    RESPONSE = 1
    NOTIFICATION = 2

    # The range of protocol versions this code speaks, as hello says it.
    VERSIONS = [1, 1].freeze

    # Bytes after the length: the hard limit of the protocol.
    MAX_FRAME = (1 << 24) - 1

    # Containers within containers, the frame's own array counted.
    MAX_DEPTH = 64

    # uint32.
    MAX_ID = (1 << 32) - 1
    IDS = (0..MAX_ID)

    HEADER_BYTES = 4

    # MessagePack's own timestamp type; every other extension is kept as it came.
    TIMESTAMP = -1

    private_constant :HEADER_BYTES, :TIMESTAMP, :IDS

    # @!attribute id      [Integer] uint32, unique among the sender's unanswered requests
    # @!attribute name    [String] the method
    # @!attribute params  [Hash{String => Object}]
    Request = Struct.new(:id, :name, :params)

    # @!attribute error   [Hash, nil] {"code", "message", "data"?}
    # @!attribute result  [Object]
    Response = Struct.new(:id, :error, :result)

    Notification = Struct.new(:name, :params)

    # A value that was packed before, for any place in a frame: what its maker changes afterwards is
    # not seen, and its size is known.
    class Packed
      # @return [String]
      attr_reader :bytes

      def initialize(bytes)
        @bytes = bytes.freeze
        freeze
      end

      def bytesize
        @bytes.bytesize
      end

      # Called by the packer.
      def to_msgpack(packer)
        packer.buffer << @bytes
        packer
      end
    end

    FACTORY = MessagePack::Factory.new.tap do |factory|
      factory.register_type(TIMESTAMP, Time,
                            packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
    end.freeze
    private_constant :FACTORY

    class << self
      # @return [String] the bytes of a request, length included
      # @raise [TooLarge]
      def request(id, name, params, max_frame: MAX_FRAME)
        frame([REQUEST, id, name, [params]], max_frame)
      end

      # @return [String] the bytes of a response, length included
      # @raise [TooLarge]
      def response(id, error, result, max_frame: MAX_FRAME)
        frame([RESPONSE, id, error, result], max_frame)
      end

      # @return [String] the bytes of a notification, length included
      # @raise [TooLarge]
      def notification(name, params, max_frame: MAX_FRAME)
        frame([NOTIFICATION, name, [params]], max_frame)
      end

      # @param value [Object] what {Values.wire} returned
      # @return [Packed]
      def pack(value)
        Packed.new(FACTORY.dump(value))
      end

      # @param value [Object] what {Values.wire} returned
      # @return [Object] the value as the other side reads it
      def round_trip(value)
        FACTORY.load(FACTORY.dump(value))
      end

      private

      def frame(array, max_frame)
        body = FACTORY.dump(array)
        return [body.bytesize].pack("N") << body if body.bytesize <= max_frame

        raise TooLarge, "a frame of #{body.bytesize} bytes; the sidecar takes at most #{max_frame}"
      end
    end

    # Bytes in, frames out. One per connection, used by one thread.
    #
    # Limits: the length is checked before the frame is awaited, counts inside it against the bytes
    # that are there before anything is built, and depth against MAX_DEPTH. After an error the
    # decoder is useless: close its connection.
    class Decoder
      # @param max_frame [Integer] bytes
      def initialize(max_frame: MAX_FRAME)
        @max_frame = max_frame
        @buffer = String.new(capacity: 16_384, encoding: Encoding::BINARY)
        @unpacker = FACTORY.unpacker(allow_unknown_ext: true)
      end

      # Adds bytes and yields the frames that are complete now, in order.
      #
      # @param bytes [String] copied; may be reused by the caller
      # @yieldparam frame [Request, Response, Notification]
      # @raise [ProtocolError]
      def feed(bytes)
        @buffer << bytes
        offset = 0
        while (length = frame_length(offset)) && @buffer.bytesize - offset - HEADER_BYTES >= length
          body = @buffer.byteslice(offset + HEADER_BYTES, length)
          offset += HEADER_BYTES + length
          yield decode(body)
        end
      ensure
        @buffer = @buffer.byteslice(offset, @buffer.bytesize) if offset&.positive?
      end

      private

      def frame_length(offset)
        return if @buffer.bytesize - offset < HEADER_BYTES

        length = @buffer.byteslice(offset, HEADER_BYTES).unpack1("N")
        return length if length.between?(1, @max_frame)

        raise ProtocolError.new("a frame of #{length} bytes; allowed are 1 to #{@max_frame}", :length)
      end

      def decode(body)
        # Neither of these builds anything, so a count that lies cannot make us allocate for it.
        raise ProtocolError.new("an array longer than its frame", :syntax) unless ArrayLengths.plausible?(body)

        pass(body, :skip)
        raise ProtocolError.new("bytes after the frame's array", :trailing) unless @unpacker.buffer.empty?

        value = pass(body, :read)
        check_depth(value, 1)
        shape(value)
      rescue EOFError
        raise ProtocolError.new("a frame that ends early", :syntax)
      rescue MessagePack::StackError
        raise too_deep
      rescue MessagePack::UnpackError, ArgumentError, RangeError => e
        raise ProtocolError.new("a frame that is not MessagePack: #{e.message}", :syntax)
      end

      def pass(body, step)
        @unpacker.reset
        @unpacker.feed(body)
        @unpacker.public_send(step)
      end

      # Elements after those we know are ignored: a newer peer may add some.
      def shape(value)
        case value
        in [REQUEST, IDS => id, String => name, [Hash => params], *] if text_keys?(params)
          Request.new(id, name, params)
        in [RESPONSE, IDS => id, nil | Hash => error, result, *] if error.nil? || error["code"].is_a?(String)
          Response.new(id, error, result)
        in [NOTIFICATION, String => name, [Hash => params], *] if text_keys?(params)
          Notification.new(name, params)
        else
          raise ProtocolError.new("a frame that is no request, response or notification", :shape)
        end
      end

      def text_keys?(params)
        params.each_key.all?(String)
      end

      def check_depth(value, depth)
        return unless value.is_a?(Array) || value.is_a?(Hash)
        raise too_deep if depth > MAX_DEPTH

        elements = value.is_a?(Hash) ? value.each_value : value
        elements.each { |element| check_depth(element, depth + 1) }
      end

      def too_deep
        ProtocolError.new("values nested deeper than #{MAX_DEPTH}", :depth)
      end
    end
  end
end
