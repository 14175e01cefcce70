# frozen_string_literal: true

require_relative "pattern"

module Realtime
  module Testing
    # What a test looks for among what was sent. What is not given is not looked at.
    #
    # - `event` its name, or a Regexp
    # - `with` the payload, the event's only argument; `args` the list of all: see {Pattern}
    # - `to`, `users`, `except`, `except_users` exactly these, in any order, named as emit names
    #   them (records too); nil or [] is an emit to nobody
    # - `all: true` an emit to everyone
    # - `namespace`, `volatile`
    # - `rooms` of a join or leave: at least these
    # - `close` of a disconnect
    class Query
      # Not given, as opposed to nil.
      ANY = Object.new.tap { |mark| def mark.inspect = "anything" }.freeze

      LISTS = %w[to users except except_users logins].freeze
      private_constant :LISTS

      # @param name [String] emit, join, leave, disconnect…
      # @raise [ArgumentError] an unknown keyword
      def initialize(name = "emit", event: ANY, with: ANY, args: ANY, volatile: ANY, rooms: ANY, close: ANY, **whom)
        raise ArgumentError, "with: is the payload, args: the list of all arguments; give one" unless
          with.equal?(ANY) || args.equal?(ANY)

        @name = name
        @event = event.is_a?(Symbol) ? event.name : event
        @args = with.equal?(ANY) ? args : [with]
        @more = { volatile: volatile, close: close }.reject { |_, value| value.equal?(ANY) }
        @rooms = rooms.equal?(ANY) ? [] : Values.texts(rooms, "rooms")
        @all = whom[:all]
        @whom = Realtime.emitter.select(**whom).params.except("all")
      end

      # @param sent [Array<Sent>]
      # @return [Array<Sent>] those that fit
      def select(sent)
        sent.select { |call| match?(call) }
      end

      # @param sent [Sent]
      # @return [Boolean]
      def match?(sent)
        sent.name == @name && event?(sent) && whom?(sent) && rooms?(sent) && more?(sent) && args?(sent)
      end

      # For a failure message, after "expected".
      def to_s
        parts = [@event.equal?(ANY) ? noun : @event.inspect]
        parts.concat(@rooms.map(&:inspect))
        parts << "with #{expected_args}" unless @args.equal?(ANY)
        parts << "all: true" if @all
        parts.concat(@whom.merge(@more).map { |key, value| "#{key}: #{value.inspect}" })
        parts.join(" ")
      end

      private

      def noun
        @name == "emit" ? "an event" : "a #{@name}"
      end

      def expected_args
        return @args.inspect unless @args.is_a?(Array)

        @args.map { |arg| arg.respond_to?(:description) ? arg.description : arg.inspect }.join(", ")
      end

      def event?(sent)
        @event.equal?(ANY) || @event === sent.event # rubocop:disable Style/CaseEquality -- a Regexp too
      end

      def args?(sent)
        @args.equal?(ANY) || Pattern.match?(@args, sent.args)
      end

      def rooms?(sent)
        (@rooms - sent.rooms).empty?
      end

      def more?(sent)
        @more.all? { |key, value| (sent.params[key.name] || false) == value }
      end

      def whom?(sent)
        return false if @all && (sent.to || sent.users)

        @whom.all? do |key, value|
          case key
          when *LISTS then sent.params[key]&.sort == value.sort
          when "namespace" then sent.namespace == value
          else sent.params[key] == value
          end
        end
      end
    end

    # The sentences of failures, the same in Minitest and RSpec.
    module Words
      NAMES = { 1 => "once", 2 => "twice" }.freeze
      private_constant :NAMES

      class << self
        # @param count [Integer, Range]
        def times(count)
          return NAMES.fetch(count) { "#{count} times" } unless count.is_a?(Range)
          return "at least #{times(count.begin)}" if count.end.nil?
          return "at most #{times(count.max)}" if count.begin.nil? || count.begin.zero?

          "#{count.begin} to #{count.max} times"
        end

        # @param sent [Array<Sent>]
        # @return [String] what there was instead, a line each
        def list(sent)
          return "Nothing was emitted." if sent.empty?

          ["Emitted was:", *sent.map { |call| "  #{call}" }].join("\n")
        end
      end
    end
  end
end
