# frozen_string_literal: true

require_relative "names"
require_relative "portable_regexp"

module Realtime
  # The namespaces that a handler is for:
  #
  # | | |
  # |---|---|
  # | `"/chat"` | that one |
  # | `"/room-*"` | all that fit; a star stands for any characters, also none |
  # | `%r{/room-(?<id>\d+)}` | all whose whole name it fits; see {PortableRegexp} |
  #
  # @api private
  class NamespacePattern
    # @return [String] the same for what means the same
    attr_reader :key
    # @return [String, nil] for hello's `expressions`; nil when {key} is for its `namespaces`
    attr_reader :expression

    # @param value [String, Symbol, Regexp, NamespacePattern]
    # @return [NamespacePattern]
    # @raise [ArgumentError]
    def self.of(value) = value.is_a?(NamespacePattern) ? value : new(value)

    def initialize(value)
      if value.is_a?(Regexp)
        @expression = PortableRegexp.translate(value)
        @whole = Regexp.new("\\A(?:#{value.source})\\z", value.options)
        @key = "~#{@expression}" # no name begins like that
        @shown = value.inspect
      else
        @key = Names.namespace(value)
        @whole = stars if @key.include?("*")
      end
    end

    # @return [Boolean] whether it is the name of one namespace
    def exact? = @whole.nil?

    # @param namespace [String]
    # @return [MatchData, nil] the stars of a name are its groups 1, 2 and so on
    def match(namespace) = @whole&.match(namespace)

    # The lowest is asked first: of names with stars the longest, then expressions.
    def rank = @expression ? 1 : -@key.size

    # For people.
    def to_s = @shown || @key

    private

    def stars
      Regexp.new("\\A#{@key.split("*", -1).map { |part| Regexp.escape(part) }.join("(.*)")}\\z", Regexp::MULTILINE)
    end
  end
end
