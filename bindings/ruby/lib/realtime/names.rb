# frozen_string_literal: true

module Realtime
  # What rooms and users are called. Texts, symbols and integers are themselves; a record is its
  # model and id, "Order:7", whichever subclass of the model it is; an array inside a list is one
  # name, its parts joined: "Order:7:lines".
  #
  # | `to:` | rooms |
  # |---|---|
  # | `"a"`, `order` | "a"; "Order:7" |
  # | `["a", order]`, a relation, a Set | one for each |
  # | `[[order, :lines]]`, `Realtime.room(order, :lines)` | "Order:7:lines" |
  # | `nil`, `[]`, `[nil]` | none: nobody |
  module Names
    SEPARATOR = ":"

    class << self
      # A name of one: text, never an attachment. Bytes as Rack hands them over are taken for UTF-8.
      #
      # @param value [String, Symbol, Integer, Socket, #id] a record must be saved
      # @param what [String] for the error
      # @return [String]
      # @raise [ArgumentError]
      def text(value, what)
        case value
        when String then utf8(value)
        when Symbol then value.name
        when Integer then value.to_s
        when Socket then value.id
        else record(value, what)
        end
      end

      # The names in what a keyword was given.
      #
      # @param value [Object, Array, nil]
      # @return [Array<String>]
      # @raise [ArgumentError]
      def list(value, what)
        case value
        when String then [utf8(value)]
        when nil then []
        else several?(value) ? value.to_a.flat_map { |member| members(member, what) } : [text(value, what)]
        end
      end

      # The names in a method's arguments, each of which may be a list.
      #
      # @param values [Array]
      # @return [Array<String>]
      # @raise [ArgumentError]
      def all(values, what)
        values.flat_map { |value| list(value, what) }
      end

      # One name of several parts.
      #
      # @param parts [Array]
      # @return [String]
      # @raise [ArgumentError]
      def join(parts, what)
        raise ArgumentError, "#{what}: no name given" if parts.empty?

        parts.map { |part| text(part, what) }.join(SEPARATOR)
      end

      # The name of a namespace, which begins with a slash whether it was given or not; but "*" is all
      # of them.
      #
      # @return [String]
      # @raise [ArgumentError]
      def namespace(value)
        name = text(value, "namespace")
        name.start_with?("/") || name == "*" ? name : "/#{name}"
      end

      # @return [String]
      def utf8(string)
        return string unless string.encoding == Encoding::BINARY

        string.dup.force_encoding(Encoding::UTF_8)
      end

      private

      def members(value, what)
        case value
        when nil then []
        when Array then value.empty? ? [] : [join(value, what)]
        else several?(value) ? value.to_a.map { |member| text(member, what) } : [text(value, what)]
        end
      end

      # Relations say to_ary, sets do not.
      def several?(value)
        value.respond_to?(:to_ary) || (defined?(::Set) && value.is_a?(::Set))
      end

      def record(value, what)
        model = model_of(value) or
          raise ArgumentError, "#{what} must be a String, Symbol, Integer or a record, not #{value.class}"
        if value.id.nil? || (value.respond_to?(:new_record?) && value.new_record?)
          raise ArgumentError, "#{what}: this #{model} is not saved yet, so it has no name"
        end

        # Composite keys are arrays.
        [model, Array(value.id).join("_")].join(SEPARATOR)
      end

      def model_of(value)
        return unless value.respond_to?(:id)
        return value.class.polymorphic_name if value.class.respond_to?(:polymorphic_name)

        value.class.model_name.name if value.class.respond_to?(:model_name)
      end
    end
  end
end
